"""Bytes to text in whatever encoding they are: Unicode, Chinese, Japanese, Korean, Cyrillic, Greek or Western.

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
_EXPECTED = {"gb18030": 0.15, "big5hkscs": 0.05}
"""Where little text leaves it open: what a company that works in Chinese and English most likely has."""
_PLAIN_SHARE = 0.8
_PROVES_UTF8 = 10
_BROKEN_SHARE = 20
"""At most one broken character in so many foreign ones may be damage; more mean another encoding."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\ue000-\uf8ff]")
_CJK_MARKS = frozenset("　、。·ˉ—～‖…‘’“”〔〕〈〉《》「」『』〖〗【】！（），．：；？％＋－／０１２３４５６７８９")
_WRITTEN = re.compile(
    r"[\t\n\r -~\u00a0-\u017f\u0370-\u045f\u2010-\u2026\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uff9f]"
)
_CANDIDATES = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1252", "cp1251", "koi8_r", "cp1253", "cp1250")
_UTF16 = ("utf-16-le", "utf-16-be")
"""Chinese alone has no zero bytes that would show it."""
_ALPHABETS = frozenset({"cp1251", "koi8_r", "cp1253"})
_FREQUENT = {
    "gb18030": (
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
        "过发后作里用道行所然家种事"
        "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想日意无力它"
        "与长把机十民第公此已工使情明"
        "性知全三又关点正业外将两高间由问很最重并物应文体政等产或新己制身果加月话合回特代内信表化给"
        "位次度门任常先通教提立及比员"
        "解水名真处走义各入几口认条平系气题活更别打变四总电数安少报才结反受量再务接必件计管期市直资"
        "金指统区至便决费申请规定"
    ),
    "big5hkscs": (
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年"
        "過發後作里用道行所然家種"
        "事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想日意無力"
        "它與長把機十民第公此已工使"
        "情明性知全三又關點正業外將兩高間由問很最重並物應文體政等產或新己制身果加月話合回特代內信表"
        "化給位次度門任常先通教提立"
        "及比員解水名真處走義各入幾口認條平系氣題活更別打變四總電數安少報才結反受量再務接必件計管期"
        "市直資金指統區至便決費申請規定"
    ),
    "cp949": (
        "이다는을의가에고하지를은로한사도기인리어자대부아서시일그나해수보있정들과장제전라주여상원것"
        "만구비조성게스공된할없위동무선"
        "관면소안경마와생실방신문당되니습까합입합세십오요데내모"
    ),
    "cp1251": "оеаинтсрвлкмдпуяыьгзбчй",
    "koi8_r": "оеаинтсрвлкмдпуяыьгзбчй",
    "cp1253": "αοιετσνηυρπκμλςάίόέήύώ",
    "cp1252": "éèàäöüßçêëïîôûñóáíúæøåÄÖÜ",
    "cp1250": "ąęłśżźćńŁŚŻŹĆŃřěůťďňőű",
}
_QUOTES = frozenset("“”‘’„–—…•«»° \u00a0№")
_CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäöüßÄÖÜőűŐŰľĺŕôţşăâî")
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


def larger_set(declared: str) -> str:
    """What files call GB2312 and Latin-1 is in practice the larger set of characters."""
    name = declared.lower()
    return {
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "iso-8859-1": "cp1252",
        "big5": "big5hkscs",
        "shift_jis": "cp932",
    }.get(name, name)


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
    """UTF-16 without its mark, told by zero bytes; the byte order that gives characters people write is right."""
    scored = [
        (_likeness(text), name, text) for name in ("utf-16-le", "utf-16-be") if (text := _strict(_even(data), name))
    ]
    best, name, text = max(scored, default=(0.0, "", ""))
    if best < _PLAIN_SHARE:
        raise Unreadable("binary data under a text name")
    return text, name


def _even(data: bytes) -> bytes:
    return data[: len(data) // 2 * 2]


def _likeness(text: str) -> float:
    """The share of characters of scripts that people write; 0 when there are control characters among them."""
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) * 50 > len(sample):
        return 0.0
    return len(_WRITTEN.findall(sample)) / max(1, len(sample))


def _best(data: bytes) -> tuple[str, str]:
    """The candidate whose characters are the likeliest; the order decides ties."""
    sample = data[:_SAMPLE]
    scores: list[tuple[float, str]] = []
    for name in (*_CANDIDATES, *(_UTF16 if len(data) % 2 == 0 else ())):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            text = decoder.decode(sample)
        except UnicodeDecodeError:
            continue
        scores.append((_score(text, name) + _EXPECTED.get(name, 0.0), name))
    score, name = max(scores, key=lambda pair: pair[0], default=(0.0, ""))
    if score < _ENOUGH:
        raise Unreadable("binary data, or text in an unknown encoding")
    text = data.decode(name, errors="replace")
    return _checked(text), name


def _score(text: str, name: str) -> float:
    """How likely the characters beyond ASCII are in this encoding, up to 1.5; control and private ones count against.

    The share of those that are usual in it, plus half the share of those that are frequent in its language: the sets of
    Chinese, Japanese and Korean overlap so much that only frequencies tell them apart.
    """
    likely = _judge(name)
    frequent = _frequent(name)
    foreign = right = wrong = common = 0
    for place, character in enumerate(text):
        if character <= "\x7f":
            wrong += character < " " and character not in "\t\n\r\x0c\x1b"
            continue
        foreign += 1
        common += character in frequent
        if likely(text, place):
            right += 1
        elif _CONTROL.match(character):
            wrong += 1
    return (right - 2 * wrong + common / 2) / max(1, foreign)


def _judge(name: str) -> Callable[[str, int], bool]:
    if name in {"cp1252", "cp1250"}:
        return _western_here if name == "cp1252" else _central_here
    if name in _ALPHABETS:
        return _cased_here
    if name in _UTF16:
        return lambda text, place: _is_han(text[place]) or text[place] in _CJK_MARKS
    level = _level_one({"big5hkscs": "big5"}.get(name, name))
    return lambda text, place: text[place] in level or text[place] in _CJK_MARKS


def _western_here(text: str, place: int) -> bool:
    """An accented letter or a quotation mark that does not stand in the middle of others: those are Chinese misread."""
    return text[place] in _WESTERN and _stands_alone(text, place)


def _central_here(text: str, place: int) -> bool:
    return (text[place] in _CENTRAL or text[place] in _QUOTES) and _stands_alone(text, place)


def _stands_alone(text: str, place: int) -> bool:
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    between_letters = before.isalpha() and after.isalpha()
    return (before <= "\x7f" or after <= "\x7f") and (text[place].isalpha() or not between_letters)


def _cased_here(text: str, place: int) -> bool:
    """A letter of the alphabet among its like, and no capital behind a small one, as in the wrong code page."""
    before = text[place - 1] if place else " "
    after = text[place + 1] if place + 1 < len(text) else " "
    character = text[place]
    is_letter = "\u0370" <= character <= "\u045f" and character.isalpha()
    among_latin = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
    return (is_letter and not among_latin and not (character.isupper() and before.islower())) or character in _QUOTES


@cache
def _frequent(name: str) -> frozenset[str]:
    """The characters that make up about half of what is written in the language of an encoding."""
    if name in {"cp932", "euc_jp"}:
        return frozenset(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7), 0x30FC)))
    if name in _UTF16:
        return frozenset(_FREQUENT["gb18030"] + _FREQUENT["big5hkscs"])
    return frozenset(_FREQUENT.get(name, ""))


def _is_han(character: str) -> bool:
    return character in _level_one("gb18030") or character in _level_one("big5")


@cache
def _level_one(name: str) -> frozenset[str]:
    """The usual characters of a double-byte set: the first level of GB 2312, Big5 and JIS X 0208 with kana, Hangul."""
    low_and_high = (*range(0x40, 0x7F), *range(0x80, 0xFF))
    ranges: dict[str, list[tuple[Iterable[int], Iterable[int]]]] = {
        "gb18030": [(range(0xB0, 0xD8), range(0xA1, 0xFF))],
        "big5": [(range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF)))],
        "euc_jp": [(range(0xB0, 0xD0), range(0xA1, 0xFF)), ((0xA4, 0xA5), range(0xA1, 0xF7))],
        "cp949": [(range(0xB0, 0xC9), range(0xA1, 0xFF))],
        "cp932": [(range(0x88, 0x98), low_and_high), ((0x82,), range(0x9F, 0xF2)), ((0x83,), range(0x40, 0x97))],
    }
    pairs = (bytes((lead, trail)) for leads, trails in ranges[name] for lead in leads for trail in trails)
    found = (pair.decode(name, errors="ignore") for pair in pairs)
    return frozenset(character for text in found for character in text if character > "\x7f")
