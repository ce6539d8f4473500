"""Names of persons, Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LIKELY, PLAUSIBLE, Recognizer

_HEADS = re.compile(
    "姓名|名字|联系人|负责人|经办|收件人|收货人|处理人|报修人|申请人|审批人|签字|客户名称|员工$|客户$|责任人|主持|记录人|"
    r"(?:^|[^a-z])(?:name|contact|owner|customer|employee|person|attendee|manager|assignee|author)s?(?:$|[^a-z])"
)


class Person(Recognizer):
    """Each language by its own means on the whole text, because documents mix them."""

    entity = "PERSON"

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """Chinese names first, then those in Latin letters."""
        from ingest.desensitize.names import chinese, english

        cells = list(view.columns(_HEADS))
        heads = frozenset(start for start, _ in cells)
        for start, end in cells:
            if chinese.could_be_name(view.plain[start:end]):
                yield start, end, LIKELY
        for start, end, value in chinese.find_names(view.plain, heads) if view.has_han else ():
            yield start, end, LIKELY if value > 1 else PLAUSIBLE
        for start, end, _ in english.find_names(view.plain, heads):
            yield start, end, PLAUSIBLE

    @staticmethod
    def canonical(value: str) -> str:
        """In lower case, with single blanks."""
        return " ".join(value.lower().split())
