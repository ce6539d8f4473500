"""Citation markers checked against the passages: the program decides what supports a sentence, never the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answer import Citation
from app.evidence import Evidence, source_text
from knowledge.language import detect_language
from knowledge.protocols import Embedder
from knowledge.sentences import Sentence, split_sentences
from knowledge.words import content_words

_VARIANTS = re.compile(
    r"[\[【［(（]\s*(?:资料|来源|source|sources|doc)?\s*(\d{1,2}(?:\s*[,，、]\s*\d{1,2})*)\s*[\]】］)）]", re.IGNORECASE
)
_MARKER = re.compile(r"\s*\[(\d{1,2})\]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_QUANTITY = re.compile(
    r"(?:19|20)\d{2}(?!\d)|\d[\d,.]*(?=\s*(?:[%元天年月日人个名次小时分周万亿倍]|[A-Z]{3}\b|days?|weeks?|months?|years?|hours?))"
)
_FIGURES = re.compile(r"\d+(?:[.,:/-]\d+)*\s*[年月日]?")
"""Numbers and dates: they are compared as such, whatever their notation, and do not count among the words."""
_SEPARATOR = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_CODES = re.compile(r"([A-Za-z][\w-]*?)(\d{2,6})\s*(?:[-–—~至到]|to|through)\s*\1(\d{2,6})")
"""From one code to another, as in KN5-2406 至 KN5-2409: those between them are told as well."""
_MOST_CODES = 100
_BELOW = re.compile(r"(?:不满|不足|不到|未满|少于|小于|less than|fewer than|under|below) ?(\d{1,4})(?![\d.])")
"""A bound that is not reached itself: who has not yet 10 years has up to 9."""
_NAME = re.compile(r"\b(?=\w*(?:[a-z][A-Z]|[A-Z]{2}[a-z]))[A-Za-z0-9]+")
"""What is a name by its form, in every language: a word with capitals inside."""
_QUOTED = re.compile(r"""(?<=["“「『])[^"“”「」『』]{2,40}(?=["”」』])""")
_CLAUSE = re.compile(r"[，；;]|,\s|\sand\s|而|\n")
_SUPPORT = 0.45
"""Share of a sentence's content words that must stand in a passage for the passage to support it."""
_SUPPORT_ACROSS = 0.80
"""Cosine between a sentence and the closest passage sentence, when they are in different languages."""
_SUPPORT_BY_FIGURES = 0.75
"""The same where the passage sentence has all the numbers, and there are some: they need no translation."""


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer with checked markers. `removed` counts markers that named no passage or one without support;
    `supported` is the share of its sentences that some passage supports, 1.0 for a text without any.
    """

    text: str
    citations: tuple[Citation, ...]
    removed: int
    supported: float


@dataclass(frozen=True, slots=True)
class _Source:
    """A passage to look in; `whole` is its text with title, heading and date."""

    marker: int
    document: str
    whole: str
    sentences: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class _Support:
    score: float
    quote: str
    partial: bool = False


def cite(draft: str, evidence: Evidence, embedder: Embedder, question: str = "", names: Sequence[str] = ()) -> Cited:
    """`draft` with only markers whose passage supports their sentence; a supported sentence without one gets one.

    Quantities and years of the question may be repeated in the answer; all other numbers must stand in the passage, so
    that an answer about the model 900 finds no support in a text about the model 300. Nothing supports a sentence with
    a name, as far as its form tells, that stands neither in a passage nor in the question, and no passage supports one
    that repeats words of the question of which not one stands in that passage: it speaks of something else. `names`
    are, for each passage, other names of what it speaks of (`other_names`): they count as standing in it.
    """
    text = _unify(draft, len(evidence.passages))
    sources = [
        _Source(passage.marker, item.document.id, f"{source_text(passage, item)} {more}", split_sentences(passage.text))
        for passage, item, more in zip(
            evidence.passages, evidence.chunks, names or [""] * len(evidence.passages), strict=True
        )
    ]
    asked = _numbers(" ".join(_QUANTITY.findall(question)))
    told = " ".join([question, *(source.whole for source in sources)])
    topic = set(content_words(_FIGURES.sub(" ", question)))
    pieces: list[str] = []
    quotes: dict[int, str] = {}
    removed = supported = 0
    position = 0
    sentences = split_sentences(text)
    for sentence in sentences:
        wanted = [int(number) for number in _MARKER.findall(sentence.text)]
        body = _MARKER.sub("", sentence.text)
        supports = {} if _invents(body, told) else _supports(body, sources, embedder, asked, topic)
        kept = [number for number in dict.fromkeys(wanted) if number in supports]
        removed += len(wanted) - len([number for number in wanted if number in supports])
        if not kept and supports:
            kept = [max(supports, key=lambda number: (supports[number].score, -number))]
        kept += [number for number in supports if supports[number].partial and number not in kept]
        for number in kept:
            quotes.setdefault(number, supports[number].quote)
        supported += bool(supports) or not content_words(body)
        pieces += [text[position : sentence.start], _with_markers(body, kept)]
        position = sentence.end
    pieces.append(text[position:])
    citations = tuple(evidence.citation(number, quotes[number]) for number in sorted(quotes))
    return Cited("".join(pieces), citations, removed, supported / len(sentences) if sentences else 1.0)


def _unify(draft: str, passages: int) -> str:
    """'【1】', '[1, 2]' and '（资料1）' as '[1]' and '[1][2]'; round brackets only when they name a source."""

    def rewrite(match: re.Match[str]) -> str:
        numbers = re.findall(r"\d+", match.group(1))
        round_bracket = match.group(0)[0] in "(（"
        named = re.search(r"资料|来源|source|doc", match.group(0), re.IGNORECASE)
        if round_bracket and not (named and all(int(number) <= passages for number in numbers)):
            return match.group(0)
        return "".join(f"[{number}]" for number in numbers)

    return _VARIANTS.sub(rewrite, draft)


def _with_markers(body: str, numbers: Sequence[int]) -> str:
    """Markers go before the closing mark in Chinese and English alike: 'five days [1].'"""
    if not numbers:
        return body
    markers = "".join(f"[{number}]" for number in numbers)
    match = re.search(r"[。！？；.!?;|]*\s*$", body)
    cut = match.start() if match else len(body)
    blank = " " if body[:cut] and body[cut - 1].isascii() and not body[cut - 1].isspace() else ""
    return f"{body[:cut]}{blank}{markers}{body[cut:]}"


def _supports(
    body: str, sources: Sequence[_Source], embedder: Embedder, asked: set[str], topic: set[str]
) -> dict[int, _Support]:
    """The passages that support `body`, by marker, with the passage sentence that does it best.

    Where none does alone, passages of one document may do it together; then those that are needed are cited.
    Else each clause may find its own support: "A has 24 months and B has 12".
    """
    found = _supports_whole(body, sources, embedder, asked, topic)
    clauses = _CLAUSE.split(body)
    if found or len(clauses) == 1:
        return found
    by_clause = [
        _supports_whole(clause, sources, embedder, asked, topic) for clause in clauses if content_words(clause)
    ]
    if not all(by_clause):
        return {}
    best = [max(each.items(), key=lambda pair: (pair[1].score, -pair[0])) for each in by_clause]
    return {marker: replace(support, partial=True) for marker, support in best}


def _supports_whole(
    body: str, sources: Sequence[_Source], embedder: Embedder, asked: set[str], topic: set[str]
) -> dict[int, _Support]:
    words = set(content_words(_FIGURES.sub(" ", body)))
    numbers = _numbers(body) - asked
    if not words and not numbers:
        return {}
    language = detect_language(body)
    found: dict[int, _Support] = {}
    for source in sources:
        if not numbers <= _told(source.whole):
            continue
        quote = _best_quote(source.sentences, words, numbers)
        if language == detect_language(source.whole):
            score = _overlap(words, source.whole)
            enough = score >= _SUPPORT and _overlap(words & topic, source.whole) > 0
        else:
            score, quote = _closest(body, source.sentences, embedder)
            same_figures = bool(numbers) and numbers <= _told(quote)
            enough = score >= (_SUPPORT_BY_FIGURES if same_figures else _SUPPORT_ACROSS)
        if enough:
            found[source.marker] = _Support(score, quote)
    return found or _together(words, numbers, sources, topic)


def _together(words: set[str], numbers: set[str], sources: Sequence[_Source], topic: set[str]) -> dict[int, _Support]:
    """Support by all shown passages of one document, bound to those that are needed for it."""
    documents: dict[str, list[_Source]] = {}
    for source in sources:
        documents.setdefault(source.document, []).append(source)
    for group in documents.values():
        whole = " ".join(source.whole for source in group)
        score = _overlap(words, whole)
        enough = score >= _SUPPORT and _overlap(words & topic, whole) > 0
        if len(group) > 1 and numbers <= _told(whole) and enough:
            return {
                source.marker: _Support(score, _best_quote(source.sentences, words, numbers), partial=True)
                for source in _needed(group, words, numbers)
            }
    return {}


def _needed(group: Sequence[_Source], words: set[str], numbers: set[str]) -> list[_Source]:
    """As few of the passages as have all the numbers among them; without numbers the one that tells most."""
    left = set(numbers)
    chosen: list[_Source] = []
    while left or not chosen:
        best = max(group, key=lambda each: (len(left & _told(each.whole)), _overlap(words, each.whole)))
        chosen.append(best)
        left -= _told(best.whole)
    return chosen


def _best_quote(sentences: Sequence[Sentence], words: set[str], numbers: set[str]) -> str:
    """The sentence with most of the numbers, then of the words."""
    return max(sentences, key=lambda each: (len(numbers & _told(each.text)), _overlap(words, each.text))).text


def _invents(body: str, told: str) -> bool:
    """Whether `body` has a name that nobody told. What stands in quotation marks may be a translation."""
    same_language = detect_language(body) == detect_language(told)
    names = _NAME.findall(body) + (_QUOTED.findall(body) if same_language else [])
    return any(_squeezed(name) not in _squeezed(told) for name in names)


def _squeezed(text: str) -> str:
    """`text` for looking names up in it, whatever their spacing and letter case."""
    return "".join(text.casefold().split())


def _numbers(text: str) -> set[str]:
    """The numbers in `text` without thousands separators and leading zeros: 2026-02-28 and 2026年2月28日 are alike."""
    between = [range(int(first), int(last)) for _, first, last in _CODES.findall(text)]
    codes = (str(number) for numbers in between if len(numbers) <= _MOST_CODES for number in numbers)
    return {number.lstrip("0") or "0" for number in _NUMBER.findall(_SEPARATOR.sub("", text))} | set(codes)


def _told(text: str) -> set[str]:
    """The numbers that a source tells, with those right below a bound: "不满 10 年" is "up to 9 years" too."""
    return _numbers(text) | {str(int(bound) - 1) for bound in _BELOW.findall(text)}


def _overlap(words: set[str], text: str) -> float:
    """Share of `words` in `text`, 1.0 of none; a Chinese word also counts when it stands inside a longer one."""
    if not words:
        return 1.0
    held = set(content_words(text))
    return sum(word in held or (not word.isascii() and word in text) for word in words) / len(words)


def _closest(body: str, sentences: Sequence[Sentence], embedder: Embedder) -> tuple[float, str]:
    """The best cosine between `body` and one of `sentences`, and that sentence."""
    vectors = embedder.embed_passages([body, *(sentence.text for sentence in sentences)])
    scores = vectors[1:] @ vectors[0]
    best = int(scores.argmax())
    return float(scores[best]), sentences[best].text
