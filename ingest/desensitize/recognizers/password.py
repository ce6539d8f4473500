"""Passwords: in URLs, after the word for them, and in table columns with that head."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LIKELY, SURE, Recognizer

_WORDS = ("密码", "口令", "password", "passwd", "passphrase", "pwd", "passcode")
_NAMES = "|".join(_WORDS)
_NAMED = "(?:{}|(?:(?<![a-z])|(?<=[_-]))(?:{}))".format(
    *("|".join(word for word in _WORDS if word.isascii() is latin) for latin in (False, True))
)
"""English words not inside others; Chinese ones also right behind letters: root密码."""
_URL = re.compile(
    r"(?<![0-9A-Za-z])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@\"'<>|]{0,64}:"
    r"(?P<value>[^\s@/\"'<>|\ue000]{1,128})@(?=[0-9A-Za-z\[])"
)
_ASSIGNED = re.compile(
    rf"(?i){_NAMED}(?P<key_quote>[\"'`]?)"
    r"[ \t]{0,4}(?P<sign>[:=]{1,2}>?)[ \t]{0,4}(?P<quote>[\"'`“]?)(?P<value>[!-~]{4,64})"
)
_SAID = re.compile(
    rf"(?i){_NAMED}[ \t]{{0,2}}(?:is|was|为|是|改为|重置为|设为|set to|reset to)"
    r"[ \t]{0,2}[:：]?[ \t]?(?P<quote>[\"'`“]?)(?P<value>[!-~]{6,64})"
)
_BESIDE = re.compile(rf"(?i){_NAMED}[ \t]{{0,2}}(?P<quote>[\"'`“「『【《（( ])[ \t]?(?P<value>[!-~]{{6,64}})")
_GLUED = re.compile(r"(?:密码|口令)(?P<quote>)(?P<value>[!-~]{8,64})")
"""Chinese needs no blank between: root密码Kq…"""
_FOR_WHAT = re.compile(
    r"(?i)(?<![a-z])(?:password|passwd|passphrase|passcode) (?:for|of|to|on)(?: [a-z0-9'-]{1,20}){1,6} ?[:=] ?"
    r"(?P<quote>[\"'`“]?)(?P<value>[!-~]{6,64})"
)
_QUOTED = re.compile(
    rf"(?i)(?:{_NAMES})[\"'`]?[ \t]{{0,4}}[:=]{{1,2}}[ \t]{{0,4}}([\"'`])(?P<value>[^\"'`\n]{{4,64}})\1"
)
_BASIC = re.compile(r"(?i)authorization[\"']?[ \t]*[:=][ \t]*[\"']?basic[ \t]+(?P<value>[A-Za-z0-9+/]{6,200}={0,2})")
_HEAD = re.compile(rf"(?:^|[^a-z])(?:{_NAMES})(?:$|[^a-z规策要])")
_PLACEHOLDER = re.compile(
    r"[*•x.#-]{3,}|<.*|\$.*|\{\{.*|%.*%|your.*|change[_-]?(?:me|it|this)!?|(?:insert|replace|enter|put|set)[_-].*|https?:.*"
    r"|(?:none|null|nil|true|false|empty|required|optional|encrypted|hidden|changed"
    r"|reset|expired|policy|string|str|text|password|passwd|pwd|varchar.*|char.*)",
    re.IGNORECASE,
)
_LENGTH_RULE = re.compile(r"\s*(?:位|个字符|字符|characters|chars|digits|letters|天|days|次)")
_STRONG = re.compile(
    r"(?=\S*\d)(?=\S*[A-Za-z])(?:(?=\S*[!@#$%^&*_+=?~])|(?=\S*[a-z]\S*[A-Z]|\S*[A-Z]\S*[a-z])(?=\S{8}))"
)
"""Letters, digits, and marks or both cases: right beside the word a password, not the next word of a sentence."""
_ENDS = ",;.:)]}>\"'`、"
_CUT = re.compile(r"[,;&|](?=\s|[A-Za-z_-]+[=:]|$)|[|\ue000]|\\[nrt]")
_SHORTEST = 4
_SHORTEST_SAID = 6


class Password(Recognizer):
    """What stands after `password:`; after `password is` only when it looks like one."""

    entity = "PASSWORD"

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """In URLs, assignments, sentences and table columns."""
        for pattern, words in ((_URL, ("://",)), (_QUOTED, _WORDS), (_BASIC, ("authorization",))):
            for match in pattern.finditer(view.plain) if view.has_any(words) else ():
                if not _PLACEHOLDER.fullmatch(match["value"]):
                    yield *match.span("value"), SURE
        if view.has_any(_WORDS):
            yield from self._named(view)

    def _named(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """What stands behind a word for passwords."""
        for match in _ASSIGNED.finditer(view.plain):
            yield from self._value(
                match, view, explicit=bool(match["quote"] or match["key_quote"]) or "=" in match["sign"]
            )
        for match in _SAID.finditer(view.plain):
            yield from self._value(match, view, explicit=bool(match["quote"]))
        for match in chain.from_iterable(pattern.finditer(view.plain) for pattern in (_BESIDE, _GLUED, _FOR_WHAT)):
            if _STRONG.match(match["value"]):
                yield from self._value(match, view, explicit=False)
        for start, end in view.cells(_HEAD):
            if end - start >= _SHORTEST_SAID and _looks_random(view.plain[start:end]):
                yield start, end, LIKELY

    @staticmethod
    def _value(match: re.Match[str], view: TextView, *, explicit: bool) -> Iterator[tuple[int, int, float]]:
        start = match.start("value")
        value = _ended(match["value"], view.text[start : match.end()], match["quote"])
        if (
            len(value) < _SHORTEST
            or _PLACEHOLDER.fullmatch(value)
            or _LENGTH_RULE.match(view.plain, start + len(value))
        ):
            return
        if explicit or (len(value) >= _SHORTEST_SAID and _looks_random(value)):
            yield start, start + len(value), SURE

    @staticmethod
    def canonical(value: str) -> str:
        """The password."""
        return value


def _ended(value: str, original: str, quote: str) -> str:
    """The value without what follows it: a closing quote, a full-width mark, the next assignment, end punctuation."""
    closing = {"“": "”", "(": ")", "「": "」", " ": ""}.get(quote, quote)
    if closing and closing in value:
        return value[: value.index(closing)]
    foreign = next((place for place, character in enumerate(original) if character > "\x7f"), len(value))
    value = value[:foreign]
    cut = _CUT.search(value)
    return (value[: cut.start()] if cut else value).rstrip(_ENDS)


def _looks_random(value: str) -> bool:
    """No single word: it has a digit, or a mark, or capitals inside, and is one piece."""
    if " " in value or "/" in value:
        return False
    return (
        any(map(str.isdigit, value))
        or re.search(r"[^A-Za-z-]", value) is not None
        or re.search(r"[a-z][A-Z]", value) is not None
    )
