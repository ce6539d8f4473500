"""Bytes to text in whatever encoding they are: UTF-8, UTF-16, GB18030, Big5, Shift-JIS or Western European.

A statistical guesser is unreliable on the short Chinese texts that companies have. Here each candidate that decodes
without error is scored by how many of its characters are ones that people write in that encoding, for the double-byte
sets their first level, which was chosen by frequency when they were made.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from functools import cache

from ingest.types import Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000
_ENOUGH = 0.5
_PLAIN_SHARE = 0.8
_PROVES_UTF8 = 10
_BROKEN_SHARE = 20
"""At most one broken character in so many foreign ones may be damage; more mean another encoding."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ue000-\uf8ff]")
_CJK_MARKS = frozenset("　、。·ˉ—～‖…‘’“”〔〕〈〉《》「」『』〖〗【】！（），．：；？％＋－／０１２３４５６７８９")
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœŒšŠžŽ“”‘’„–—…•€£©®°§«»²³µ½¼·")


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text and the name of its encoding; `declared` is tried before guessing. Raises Unreadable for binary data."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _decoded(data, name), name
    if b"\x00" in data:
        return _utf16(data)
    if declared is not None and (text := _strict(data, declared)) is not None:
        return text, declared
    if (text := _strict(data, "utf-8")) is not None:
        return _checked(text), "utf-8"
    if (text := _nearly_utf8(data)) is not None:
        return text, "utf-8 with damaged characters"
    return _best(data)


def _checked(text: str) -> str:
    # a few stray control characters are harmless, many mean that this is no text
    if len(_CONTROL.findall(text[:_SAMPLE])) > max(2, len(text[:_SAMPLE]) // 50):
        raise Unreadable("binary data under a text name")
    return text


def _decoded(data: bytes, name: str) -> str:
    try:
        return _checked(data.decode(name))
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:
            raise Unreadable(f"damaged {name} text") from error
        return _checked(data[: error.start].decode(name))  # cut off in the last character


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _nearly_utf8(data: bytes) -> str | None:
    """Text that is UTF-8 but for a few broken bytes, which other encodings would turn into nonsense throughout."""
    text = data.decode("utf-8", errors="replace")
    foreign = sum(1 for character in text if character > "\x7f")
    broken = text.count("�")
    return text if foreign >= _PROVES_UTF8 and broken * _BROKEN_SHARE <= foreign else None


def _utf16(data: bytes) -> tuple[str, str]:
    even = data[: len(data) // 2 * 2]
    scored = []
    for name in ("utf-16-le", "utf-16-be"):
        text = _strict(even, name)
        if text and len(_CONTROL.findall(text)) * 50 <= len(text):
            plain = sum(1 for character in text if character < "\x7f" or _is_han(character) or character in _CJK_MARKS)
            scored.append((plain / len(text), name, text))
    if not scored or max(scored)[0] < _PLAIN_SHARE:
        raise Unreadable("binary data under a text name")
    _, name, text = max(scored)
    return text, name


def _is_han(character: str) -> bool:
    return character in _level_one("gb18030") or character in _level_one("big5")


def _best(data: bytes) -> tuple[str, str]:
    """The candidate whose characters are the likeliest; the order decides ties."""
    sample = data[:_SAMPLE]
    scores: list[tuple[float, str]] = []
    for name in ("gb18030", "big5hkscs", "cp932", "cp1252"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            text = decoder.decode(sample)
        except UnicodeDecodeError:
            continue
        scores.append((_score(text, name), name))
    score, name = max(scores, key=lambda pair: pair[0], default=(0.0, ""))
    if score < _ENOUGH:
        raise Unreadable("binary data, or text in an unknown encoding")
    text = data.decode(name, errors="replace")
    return _checked(text), name


def _score(text: str, name: str) -> float:
    """The share of characters beyond ASCII that are usual in this encoding; control and private ones count against."""
    likely = _judge(name)
    foreign = right = wrong = 0
    for place, character in enumerate(text):
        if character <= "\x7f":
            wrong += character < " " and character not in "\t\n\r\x0c\x1b"
            continue
        foreign += 1
        if likely(text, place):
            right += 1
        elif _CONTROL.match(character):
            wrong += 1
    return (right - 2 * wrong) / max(1, foreign)


def _judge(name: str) -> Callable[[str, int], bool]:
    if name == "cp1252":
        return _western_here
    level = _level_one({"big5hkscs": "big5"}.get(name, name))
    return lambda text, place: text[place] in level or text[place] in _CJK_MARKS


def _western_here(text: str, place: int) -> bool:
    """An accented letter or a quotation mark that does not stand in the middle of others: those are Chinese misread."""
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    return text[place] in _WESTERN and (before <= "\x7f" or after <= "\x7f")


@cache
def _level_one(name: str) -> frozenset[str]:
    """The frequent characters of a double-byte set: the first level of GB 2312, of Big5, of JIS X 0208 with kana."""
    low_and_high = (*range(0x40, 0x7F), *range(0x80, 0xFF))
    ranges: dict[str, list[tuple[Iterable[int], Iterable[int]]]] = {
        "gb18030": [(range(0xB0, 0xD8), range(0xA1, 0xFF))],
        "big5": [(range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF)))],
        "cp932": [(range(0x88, 0x98), low_and_high), ((0x82,), range(0x9F, 0xF2)), ((0x83,), range(0x40, 0x97))],
    }
    pairs = (bytes((lead, trail)) for leads, trails in ranges[name] for lead in leads for trail in trails)
    found = (pair.decode(name, errors="ignore") for pair in pairs)
    return frozenset(character for text in found for character in text if character > "\x7f")
