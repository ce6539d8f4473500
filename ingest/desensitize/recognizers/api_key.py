"""API keys: by the prefixes that providers give them, or by what the text calls them and how random they look."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LIKELY, SURE, Recognizer

_PREFIXED = (
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12,26}|AKID[0-9A-Za-z]{13,40}|AIza[\w-]{35}|ya29\.[\w-]{20,300}"
    r"|gh[pousr]_[0-9A-Za-z]{30,80}|github_pat_\w{40,100}|glpat-[\w-]{16,40}|xox[abeprs]-[0-9A-Za-z-]{10,90}|xapp-[0-9A-Za-z-]{20,120}"
    r"|sk-(?:proj-|ant-|or-|svcacct-)?[\w-]{18,200}|(?:sk|pk|rk)_(?:live|test)_[0-9A-Za-z]{16,120}|whsec_[0-9A-Za-z]{20,80}"
    r"|hf_[0-9A-Za-z]{28,60}|npm_[0-9A-Za-z]{30,60}|pypi-[\w-]{40,250}|dop_v1_[0-9a-f]{64}|SG\.[\w-]{16,40}\.[\w-]{20,80}"
    r"|key-[0-9a-f]{32}|AC[0-9a-f]{32}|shp(?:at|ss|ca)_[0-9a-f]{32}|ntn_[0-9A-Za-z]{30,60}|lin_api_[0-9A-Za-z]{30,60}"
)
_NAMES = (
    r"(?:api|access|secret|auth|app|client|private|signing|encryption|account|master|subscription|license)"
    r"[ _-]?(?:key|secret|token)s?(?:[ _-]?(?:id|key))?"
    r"|accesskey(?:id|secret)?|appsecret|secret|token|bearer|密钥|秘钥|令牌|访问码"
)
_WORDS = ("key", "secret", "token", "bearer", "密钥", "秘钥", "令牌", "访问码")
"""Each of `_NAMES` holds one of these."""
_PLACEHOLDER = re.compile(
    r"your|example|placeholder|changeme|replace|dummy|sample|xxxx|\*\*\*|<|\$\{|\.\.\.|0000000|1234567", re.IGNORECASE
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_CAPITALS = re.compile("A[KS]IA")
"""Of these one in thirty has no digit."""
_FEWEST_CHARACTERS = 6
_RANDOM_ENOUGH = 3.0
_HEX_RANDOM_ENOUGH = 2.5


def entropy(text: str) -> float:
    """Bits per character, by the frequencies of the characters themselves (Shannon)."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


class ApiKey(Recognizer):
    """Known prefixes, values of at least 16 random characters after a name such as `api_key =`, and 32 hexadecimal
    digits right behind such a name.
    """

    entity = "API_KEY"
    one_of = ((), _WORDS, _WORDS)
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"(?P<prefixed>)(?<![0-9A-Za-z_-])(?P<value>{_PREFIXED})(?![0-9A-Za-z_])", re.ASCII),
        re.compile(
            rf"(?i)(?:(?<![a-z])|(?<=_))(?:{_NAMES})(?![a-z])[\"'`]?[ \t]{{0,4}}"
            rf"(?:[:=]{{1,2}}>?|为|是|is)[ \t]{{0,4}}(?:bearer )?[\"'`“]?"
            r"(?P<value>[0-9A-Za-z+/_.=~-]{16,200})(?![0-9A-Za-z])"
        ),
        re.compile(
            rf"(?i)(?:(?<![a-z])|(?<=_))(?:(?:{_NAMES})[ \t]{{1,4}}|(?:密钥|秘钥|令牌|访问码))"
            r"(?P<value>[0-9a-f]{32,128})(?![0-9A-Za-z])"
        ),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Placeholders of manuals, identifiers and words stay."""
        del view
        value = match["value"]
        if _PLACEHOLDER.search(value) or len(set(value)) < _FEWEST_CHARACTERS:
            return 0.0
        if "prefixed" in match.re.groupindex:
            numbered = any(map(str.isdigit, value))
            return SURE if numbered or (_CAPITALS.match(value) and entropy(value) >= _RANDOM_ENOUGH) else 0.0
        if _UUID.fullmatch(value) or not any(map(str.isdigit, value)):
            return 0.0
        is_hex = re.fullmatch(r"[0-9a-fA-F]+", value) is not None
        return LIKELY if entropy(value) >= (_HEX_RANDOM_ENOUGH if is_hex else _RANDOM_ENOUGH) else 0.0

    @staticmethod
    def canonical(value: str) -> str:
        """The key."""
        return value
