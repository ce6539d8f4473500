"""Sentences that the passages do not bear out, found without a model. They are marked, never edited.

What can be seen without understanding: a number or a name that no passage has, a denial or the opposite of what the
nearest passage sentence says, and a sentence whose words no passage shares. Each fires seldom on sound sentences; what
a sentence means beyond that is for a judge model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from knowledge.alignment.draft import Draft
from knowledge.alignment.modality import clause_ends, denials, denies, modality_of
from knowledge.alignment.opposites import sides
from knowledge.alignment.protection import is_protected
from knowledge.alignment.quantities import Quantity
from knowledge.alignment.quantity_comparing import comparable, stands_among
from knowledge.alignment.synonyms import FAMILIES_OF
from knowledge.alignment.wording import is_direction, tokens
from knowledge.graph.linker import Link
from knowledge.graph.normal import normalize
from knowledge.language import detect_language
from knowledge.types import Language

Reason = Literal["number", "name", "denial", "opposite", "words"]

_FEWEST = 3
"""A sentence with fewer words of content states too little to be doubted for its words."""

_NEAREST, _CLOSEST = 3, 2
_ALIKE = 0.5
"""A passage sentence says about the same when it has that share of a sentence's words."""

_STRANGE, _FEWEST_STRANGE = 0.1, 6
"""A sentence of at least so many words of content that shares no more of them with all passages stands alone."""

_NAME = re.compile(r"(?<=[a-z0-9,;) ] )[A-Z][A-Za-z]*[a-z][A-Za-z]*(?:[-&][A-Z]?[A-Za-z]+)*")
"""A capitalised word inside a sentence; abbreviations in capitals may be spelled out in the source."""

_CALENDAR = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Q[1-4]|Mr|Ms|Mrs|Dr|English|Chinese",
)
_ABBREVIATED = re.compile(r"[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z]*")
_SHORT = 5
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "dys", "non", "mis")
_NEGATING = re.compile(rf"(?:{'|'.join(_PREFIXES)})([a-z]{{4,}})")
_ABOUT_SOURCES = re.compile(
    r"\b(?:documents?|sources?|passages?|evidence)\b.*\b(?:not|no|nothing)\b|\b(?:hope|glad|happy\s+to|let\s+me\s+know|contact|"
    r"please)\b|(?:文件|资料|原文|文档|材料)[^。]{0,12}(?:没有|未|不)|请|希望|如需|如有",
    re.IGNORECASE,
)
"""Sentences about the sources themselves, and courtesies."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place in the text that no passage bears out; offsets count characters of the text."""

    start: int
    end: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a passage with its comparable words."""

    text: str
    words: frozenset[str]
    language: Language


class Grounds:
    """The passages of one check, cut into sentences."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self._sentences: list[_Sentence] = []
        self._quantities: list[Quantity] = []
        self._concepts: set[str] = set()
        texts = []
        self._near: dict[frozenset[str], list[_Sentence]] = {}
        for draft in drafts:
            texts.append(normalize(draft.text))
            self._quantities += [replace(each, bound="") for each in draft.quantities]
            self._concepts |= {reading.concept for link in draft.links for reading in link.readings}
            for start, end in draft.sentences:
                text = draft.text[start:end]
                self._sentences.append(_Sentence(text, _content(text), detect_language(text)))
        self._text = "\n".join(texts)
        self._all = frozenset().union(*(sentence.words for sentence in self._sentences))
        self._all_families = _families(self._all)
        self._numbers = frozenset(re.findall(r"\d+(?:\.\d+)?", self._text.replace(",", "")))
        self._languages = frozenset(sentence.language for sentence in self._sentences)

    def doubts(
        self, draft: Draft, settled: Sequence[tuple[int, int]], read: Sequence[int], asked: Draft
    ) -> list[Doubt]:
        """What no passage bears out, at most one place a sentence, in the order of the text.

        `settled` are places that were found right or wrong already: their sentences are not judged again by their
        words, and the names and numbers in them count as known. `read` are places of claims: what could be read is not
        judged by its words either. `asked` is the question: what it names is given.
        """
        found = []
        for start, end in draft.sentences:
            doubt = self._doubt(draft, start, end, settled, read, asked)
            if doubt is not None:
                found.append(doubt)
        return found

    def _doubt(
        self,
        draft: Draft,
        start: int,
        end: int,
        settled: Sequence[tuple[int, int]],
        read: Sequence[int],
        asked: Draft,
    ) -> Doubt | None:
        text = draft.text[start:end]
        if text.endswith(("?", "？", ":", "：")) or text.startswith(("|", "#")) or _ABOUT_SOURCES.search(text):
            return None
        known = [place for place in settled if start <= place[0] < end]
        number = self._number(draft, start, end, known, asked)
        if number is not None:
            return number
        words, language = _content(text), detect_language(text)
        if len(words) < _FEWEST or language not in self._languages:
            return None
        name = self._name(draft, start, end, known, asked)
        if name is not None:
            return name
        if known or any(start <= place < end for place in read):
            return None
        doubt = self._wording(text, start, end, words)
        return doubt or (self._alone(draft, start, end) if self._languages == {language} else None)

    # --- numbers --------------------------------------------------------------------------------------------------

    def _number(
        self, draft: Draft, start: int, end: int, known: Sequence[tuple[int, int]], asked: Draft
    ) -> Doubt | None:
        for said in draft.quantities:
            if not start <= said.start < end or _touches(known, said.start, said.end) or said.bound == "range":
                continue
            if _counts_itself(said, draft.text[start : said.start], draft.text[said.end : end]):
                continue
            if not _told(draft, said.start, said.end, start, end):
                continue
            if not self._has_number(said) and not stands_among(said, asked.quantities):
                return Doubt(said.start, said.end, "number")
        return None

    def _has_number(self, said: Quantity) -> bool:
        """Whether a passage has the value, in any notation, or two of its values add up to it or differ by it."""
        digits = re.findall(r"\d+(?:\.\d+)?", said.text.replace(",", ""))
        # "over 10 %" stands on "about 10 %": here only the figure is looked for
        said = replace(said, bound="")
        if stands_among(said, self._quantities):
            return True
        if any(digit in self._numbers for digit in digits) and not self._other_unit(said):
            return True
        if said.is_date:
            return False
        values = {
            each.value * (each.unit.factor if each.unit else 1)
            for each in self._quantities
            if not each.is_date and comparable(said, each)
        }
        if said.dimension == "share":
            values.add(Decimal(100))  # "60 % is paid, so 40 % remain"
        wanted = said.value * (said.unit.factor if said.unit else 1)
        return any(wanted + other in values or wanted - other in values for other in values)

    def _other_unit(self, said: Quantity) -> bool:
        """Whether the passages have the figure only with other units: 20 days, where the text says 20 %."""
        if said.unit is None or said.is_date:
            return False
        figures = [each for each in self._quantities if each.value == said.value]
        return bool(figures) and all(each.unit is not None for each in figures)

    # --- names ----------------------------------------------------------------------------------------------------

    def _name(self, draft: Draft, start: int, end: int, known: Sequence[tuple[int, int]], asked: Draft) -> Doubt | None:
        given = self._concepts | {reading.concept for link in asked.links for reading in link.readings}
        linked = [link for link in draft.links if start <= link.start < end and not link.weak]
        for link in linked:
            if _told(draft, link.start, link.end, start, end) and self._strange(link, known, given):
                return Doubt(link.start, link.end, "name")
        if len(self._languages) > 1:
            return None  # what the graph does not know may be translated
        question = normalize(asked.text)
        for match in _NAME.finditer(draft.text, start, end):
            place = match.span()
            if _touches(known, *place) or any(link.start < place[1] and place[0] < link.end for link in linked):
                continue
            if not _told(draft, *place, start, end) or _CALENDAR.fullmatch(match[0]):
                continue
            if _ABBREVIATED.fullmatch(match[0]) and len(match[0]) <= _SHORT:
                continue
            parts = [normalize(part) for part in re.split(r"[-&]", match[0])]
            if not any(_stands_in(part, self._text) or _stands_in(part, question) for part in parts):
                return Doubt(*place, "name")
        return None

    def _strange(self, link: Link, known: Sequence[tuple[int, int]], given: set[str]) -> bool:
        """Whether no passage names any concept that a link may mean."""
        if _touches(known, link.start, link.end):
            return False
        if any(reading.concept in given for reading in link.readings):
            return False
        return not _stands_in(normalize(link.text), self._text)

    # --- words ----------------------------------------------------------------------------------------------------

    def _wording(self, text: str, start: int, end: int, words: frozenset[str]) -> Doubt | None:
        nearest = self._nearest(words)
        if self._denied(text):
            return Doubt(start, end, "denial")
        if self._opposite(words, nearest) and self._shared(words, nearest) >= _ALIKE:
            return Doubt(start, end, "opposite")
        return None

    def _alone(self, draft: Draft, start: int, end: int) -> Doubt | None:
        """A sentence about at most one thing whose other words no passage shares."""
        linked = [link for link in draft.links if start <= link.start < end and not link.weak]
        if len({link.concept for link in linked}) > 1:
            return None
        rest = list(draft.text[start:end])
        for link in linked:
            rest[link.start - start : link.end - start] = " " * (link.end - link.start)
        words = _content("".join(rest))
        shared = _share(words, self._all, self._all_families) if words else 1.0
        few = len(words) >= _FEWEST and shared == 0.0
        return Doubt(start, end, "words") if few or (len(words) >= _FEWEST_STRANGE and shared <= _STRANGE) else None

    def _denied(self, text: str) -> bool:
        """Whether a clause denies what the passage sentences nearest to it do not deny."""
        place = 0
        for stop in [*clause_ends(text), len(text)]:
            clause, place = text[place:stop], stop
            if denials(clause) != 1:
                continue  # "without it there would be no …" denies nothing
            words = _content(clause)
            nearest = self._nearest(words)[:_CLOSEST]
            if len(words) < _FEWEST:
                words, nearest = _content(text), self._nearest(_content(text))
            if self._shared(words, nearest) >= _ALIKE and not any(denies(sentence.text) for sentence in nearest):
                return True
        return False

    def _nearest(self, words: frozenset[str]) -> list[_Sentence]:
        """The passage sentences that share most words, the nearest first."""
        if words not in self._near:
            ranked = sorted(self._sentences, key=lambda sentence: -len(words & sentence.words))
            self._near[words] = ranked[:_NEAREST]
        return self._near[words]

    def _shared(self, words: frozenset[str], sentences: Iterable[_Sentence]) -> float:
        """The share of words that stand in the sentences, or others of their families."""
        there = frozenset().union(*(sentence.words for sentence in sentences))
        return _share(words, there, _families(there))

    def _opposite(self, words: frozenset[str], nearest: Sequence[_Sentence]) -> bool:
        """Whether a word's opposite stands in the nearest sentences, and neither the word nor one like it does."""
        there: set[tuple[int, bool]] = set()
        for sentence in nearest:
            there.update(side for word in sentence.words for side in sides().get(word, ()))
        near = frozenset().union(*(sentence.words for sentence in nearest))
        for word in words - self._all:
            for number, side in sides().get(word, ()):
                if (number, not side) in there and (number, side) not in there:
                    return True
            bare = _NEGATING.match(word)
            if (bare and bare[1] in near) or any(prefix + word in near for prefix in _PREFIXES):
                return True
        return False


def _families(words: Iterable[str]) -> frozenset[int]:
    return frozenset(number for word in words for number in FAMILIES_OF.get(word, ()))


def _share(words: frozenset[str], there: frozenset[str], families: frozenset[int]) -> float:
    """The share of words that are there, or others of their families, which those that are there belong to."""
    return sum(word in there or not families.isdisjoint(FAMILIES_OF.get(word, ())) for word in words) / len(words)


@lru_cache(maxsize=1 << 12)
def _content(text: str) -> frozenset[str]:
    return frozenset(word for word in tokens(text) if not is_direction(word) and not word[0].isdigit())


def _stands_in(name: str, text: str) -> bool:
    """Whether a name or, of Latin ones, its singular or a word that begins with it stands in a normalised text."""
    bare = name.removesuffix("'s").removesuffix("s") or name
    return bare in text


def _counts_itself(said: Quantity, before: str, after: str) -> bool:
    """Whether a small number written as a word counts what the sentence itself names, or a figure numbers a list."""
    if said.style == "word" or (said.style == "han" and said.dimension in ("piece", "times", "person")):
        return True
    return not before.strip(" *-(（") and said.unit is None and bool(re.match(r"\s?[.)）、．:：]", after))


def _told(draft: Draft, first: int, last: int, start: int, end: int) -> bool:
    """Whether a place is told as a fact, of today or of once, and not quoted, denied, asked or supposed."""
    if is_protected(draft.protected, draft.text, first, last):
        return False
    return modality_of(draft.text[start:end], first - start, last - start) in ("asserted", "hedged", "historical")


def _touches(places: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first < end and start < last for first, last in places)
