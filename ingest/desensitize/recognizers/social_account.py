"""WeChat, QQ and other messenger accounts: only where the text says what they are."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LIKELY, Recognizer

_BETWEEN = r"(?:号码?|id|账号|帐号|no\.?|number)?[ \t]{0,2}(?:[:=]|是|为|is|\()?[ \t]{0,2}[\"'“]?"


class SocialAccount(Recognizer):
    """A WeChat name of 6 to 20 characters or a QQ number of 5 to 11 digits behind the word for it."""

    entity = "SOCIAL_ACCOUNT"
    one_of = (("微信", "wechat", "weixin", "wx", "vx"), ("qq",), ("@",))
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            rf"(?i)(?:微信|wechat|weixin|(?<![a-z])wx(?:id)?|(?<![a-z])vx){_BETWEEN}(?P<value>[A-Za-z][-\w]{{5,19}})(?![\w@.-])",
            re.ASCII,
        ),
        re.compile(rf"(?i)(?<![a-z])qq{_BETWEEN}(?P<value>[1-9]\d{{4,10}})(?!\d|[.,]\d|[年月日人元个])"),
        re.compile(
            rf"(?i)(?<![a-z])(?:telegram|skype|whatsapp|line|twitter|weibo|微博|钉钉|抖音){_BETWEEN}(?P<value>@[A-Za-z][\w.]{{3,30}})",
            re.ASCII,
        ),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Names need a digit or a mark, or a sign between, so that the next English word is none."""
        del view
        value = match["value"]
        between = match.group()[: match.start("value") - match.start()]
        told = re.search(r"号|id|[:=是为@]", between, re.IGNORECASE) is not None or value.startswith("@")
        return LIKELY if value.isdigit() or (told and not _WORD.fullmatch(value)) or re.search(r"[\d_]", value) else 0.0

    @staticmethod
    def canonical(value: str) -> str:
        """In lower case."""
        return value.lower()


_WORD = re.compile(
    r"(?:official|account|number|payment|group|login|work|enterprise|channel|miniprogram|mini|version|wechat|support)",
    re.IGNORECASE,
)
