"""What our recognizers share: boundaries that hold beside Chinese, a check of each match, context in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import Any, ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.presidio import EntityRecognizer, NlpArtifacts, RecognizerResult

LANGUAGE = "xx"
"""spaCy's code for many languages: each recognizer serves Chinese and English at once."""
LEFT = r"(?<![0-9A-Za-z])"
RIGHT = r"(?![0-9A-Za-z])"
"""Boundaries of a value. `\\b` is none beside a Han character, which counts as a word character too."""
SURE = 1.0
LIKELY = 0.8
PLAUSIBLE = 0.6


class ViewArtifacts(NlpArtifacts):
    """Presidio's carrier of what is known about a text: here the view that all recognizers match on."""

    def __init__(self, view: TextView) -> None:
        nothing: Any = []  # no language model runs here, and no recognizer asks for its tokens
        super().__init__(nothing, nothing, nothing, nothing, nlp_engine=None, language=LANGUAGE)
        self.view = view


class Recognizer(EntityRecognizer):
    """A kind of data found by patterns. Subclasses name `entity` and `patterns` and decide in `accept`."""

    entity: ClassVar[str]
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = ()
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """For each pattern words in lower case of which every match has one: a text without any is not searched for it."""
    numbers_only: ClassVar[bool] = False
    """Whether every match has six digits, with but marks of numbers between them, and at most 40 characters around
    them: then only stretches around numbers (`TextView.numbers`) are searched."""

    def __init__(self) -> None:
        super().__init__(supported_entities=[self.entity], supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing needs loading."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """The values in `text` with their scores, in order of patterns and places."""
        if self.entity not in entities:
            return []
        view = nlp_artifacts.view if isinstance(nlp_artifacts, ViewArtifacts) else TextView(text)
        return [RecognizerResult(self.entity, start, end, score) for start, end, score in self.find(view)]

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """Start, end and score (0 to 1) of each value. A pattern's group `value`, if it has one, is the value."""
        for pattern, needed in zip_longest(self.patterns, self.one_of):
            if needed and not view.has_any(needed):
                continue
            named = "value" in pattern.groupindex
            for match in view.matches(pattern, near_numbers=self.numbers_only):
                score = self.accept(match, view)
                if score:
                    start, end = match.span("value") if named else match.span()
                    yield start, end, score

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """How sure it is that this match is a value of the kind; 0 if it is none."""
        del match, view
        return SURE

    @staticmethod
    def canonical(value: str) -> str:
        """The value in its plain form, so that different spellings get the same pseudonym."""
        return re.sub(r"[\s\-·.()]+", "", value).upper()

    @staticmethod
    def generalized(value: str) -> str | None:
        """What no longer names anybody; None where nothing useful is left."""
        del value
        return None


def digits(text: str) -> str:
    """The digits of `text`."""
    return re.sub(r"\D", "", text)


def is_date(value: str) -> bool:
    """Whether eight digits, yyyymmdd, are a day of the calendar."""
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return False
    return True


def looks_like_day(value: str) -> bool:
    """Whether a number is what dates without marks look like: a day of these two centuries as yyyymmdd."""
    return re.fullmatch(r"(?:19|20)\d{6}", value) is not None and is_date(value)


def words(*alternatives: str) -> re.Pattern[str]:
    """A pattern for context: Chinese words anywhere, English ones not inside other words (text is in lower case)."""
    return re.compile("|".join(rf"(?<![a-z]){word}(?![a-z])" if word[0].isascii() else word for word in alternatives))


SERIAL = words(
    *"流水 序号 序列号 订单 单号 编号 条码 条形码 批次 批号 工单 凭证 货号 物料".split(),
    *"合同号 快递 运单 发票号 图号 版本 端口 计数".split(),
    *"order serial batch barcode sku tracking counter part invoice ticket".split(),
    *"commit sequence lot item build revision job epic".split(),
)
"""Words that call a number something harmless; they count when they stand right before it."""
