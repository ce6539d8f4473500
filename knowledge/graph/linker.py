"""`Linker`: labels of the term graph found in text, without tripping over words that only contain or resemble them."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from knowledge.graph.normal import fold, normalize
from knowledge.language import detect_language
from knowledge.types import LabelKind, Language, Mention, User

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph
    from knowledge.graph.types import Label

_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_HAN_LATIN = re.compile(r"(?<=[㐀-鿿豈-﫿]) ?(?=[A-Za-z0-9])|(?<=[A-Za-z0-9]) ?(?=[㐀-鿿豈-﫿])")
_SAFE_HAN = 4
"""Han labels of that many characters hardly ever occur by chance across word boundaries."""

_ACRONYM = 5
_MIN_PLURAL = 3
_PLURALS = ("s", "es")
_KIND_ORDER: dict[LabelKind, int] = {"preferred": 0, "alternative": 1, "hidden": 2, "deprecated": 3, "forbidden": 4}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a mention: as this concept, by that kind of label."""

    concept: str
    label: str
    kind: LabelKind
    language: Language | None


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a text where labels stand, with every concept that it may mean.

    `weak`: written in lower case although the label is a capitalised name ("security" for a team called Security);
    it is a mention only where something else asks for one. `plural`: written with a plural ending. `part`: it may be
    only a part of a longer name that the graph does not know ("Alpena" in "Alpena Country Airport").
    """

    start: int
    end: int
    text: str
    readings: tuple[Reading, ...]
    weak: bool = False
    plural: bool = False
    part: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether more than one concept may be meant."""
        return len(self.readings) > 1

    @property
    def concept(self) -> str:
        """The concept, or the first one that may be meant."""
        return self.readings[0].concept

    def mention(self) -> Mention:
        """This link as it travels between rooms."""
        first = self.readings[0]
        candidates = tuple(reading.concept for reading in self.readings) if self.ambiguous else ()
        return Mention(self.start, self.end, self.text, first.concept, first.kind, first.language, candidates)


class Linker:
    """Finds the labels of one graph. Its automaton is built once; safe from many threads."""

    def __init__(self, graph: TermGraph) -> None:
        self.graph = graph
        self._entries = _patterns(graph)
        self._patterns = list(self._entries)
        self._readings = [self._entries[pattern] for pattern in self._patterns]
        self._lock = threading.Lock()

    # --- finding --------------------------------------------------------------------------------------------------

    def link(self, text: str, user: User | None = None, *, context: Sequence[str] = ()) -> list[Mention]:
        """Mentions in order, without overlap. What the user may not see takes no part.

        `context` holds other texts (question, passages) that may tell which concept an ambiguous name means; a name
        that stays ambiguous comes with all `candidates`.
        """
        links = [link for link in self.find(text, user) if not link.weak]
        return [link.mention() for link in self.resolve(links, [self.find(other, user) for other in context])]

    def find(self, text: str, user: User | None = None) -> list[Link]:
        """All links, weak and ambiguous ones included, leftmost and longest first, without overlap."""
        if not self._patterns:
            return []
        normal, folded = normalize(text), fold(text)
        cuts: list[int] | None = None
        found: list[Link] = []
        for index, start, end in self._automaton.find_matches_as_indexes(normal, overlapping=True):
            readings = self._visible(self._readings[index], user)
            if not readings:
                continue
            ending = _ending(normal, start, end)
            if ending is None:
                continue
            if _needs_segmentation(normal, start, end):
                cuts = cuts if cuts is not None else self._cuts(normal)
                if not _on_cuts(cuts, normal, start, end):
                    continue
            link = _cased(folded, text, start, end, ending, readings)
            if link is not None:
                found.append(link)
        return self._read_in_language(_with_parts(_leftmost_longest(found), folded), text)

    def resolve(self, links: Iterable[Link], others: Iterable[Iterable[Link]] = ()) -> list[Link]:
        """The links, where an ambiguous one means the only candidate that is named elsewhere without ambiguity."""
        links = list(links)
        certain = {link.concept for link in links if not link.ambiguous}
        around = {link.concept for group in others for link in group if not link.ambiguous and not link.weak}
        return [_decided(_decided(link, certain), around) for link in links]

    def expand(self, mentions_or_text: Iterable[Mention] | str, user: User | None = None) -> list[str]:
        """Other names of the concepts mentioned, in both languages, old ones included, in a fixed order."""
        if isinstance(mentions_or_text, str):
            mentions: Iterable[Mention] = self.link(mentions_or_text, user)
        else:
            mentions = mentions_or_text
        names: dict[str, None] = {}
        written = set()
        for mention in mentions:
            written.add(normalize(mention.text))
            for concept in mention.candidates or (mention.concept,):
                if self.graph.visible(concept, user):
                    for label in self.graph.labels_of(concept):
                        if label.kind != "forbidden":
                            names.setdefault(label.text)
        return [name for name in names if normalize(name) not in written]

    # --- parts ----------------------------------------------------------------------------------------------------

    def _visible(self, readings: tuple[Reading, ...], user: User | None) -> tuple[Reading, ...]:
        seen = tuple(reading for reading in readings if self.graph.visible(reading.concept, user))
        if len({reading.concept for reading in seen}) > 1:
            # The name of a concept out of use means the one that replaces it, where that one is known by it too
            heirs = {reading.concept for reading in seen}
            seen = tuple(reading for reading in seen if not heirs.intersection(self.graph.successors(reading.concept)))
        return seen

    def _read_in_language(self, links: list[Link], text: str) -> list[Link]:
        """One reading per concept: the kind that the label has in the text's language."""
        if not any(len(link.readings) > 1 for link in links):
            return links
        language = detect_language(text)
        return [replace(link, readings=_one_per_concept(link.readings, language)) for link in links]

    @cached_property
    def _automaton(self) -> Any:
        from ahocorasick_rs import AhoCorasick

        with self._lock:
            return AhoCorasick(self._patterns)

    @cached_property
    def _cutter(self) -> Any:
        """A word cutter that knows the graph's short names."""
        import rjieba

        with self._lock:
            cutter = rjieba.Jieba()
            for pattern in self._patterns:
                if len(pattern) < _SAFE_HAN and _HAN.search(pattern):
                    cutter.add_word(pattern, None, None)
            return cutter

    def _cuts(self, text: str) -> list[int]:
        cuts, place = [0], 0
        for word in self._cutter.cut(text):
            place += len(word)
            cuts.append(place)
        return cuts


def _patterns(graph: TermGraph) -> dict[str, tuple[Reading, ...]]:
    """What to look for, in normal form, with what it may mean."""
    found: dict[str, dict[Reading, None]] = defaultdict(dict)
    for concept in graph.concepts():
        for label in graph.labels_of(concept):
            for form in _forms(label):
                found[form].setdefault(Reading(concept, label.text, label.kind, label.language))
    return {form: tuple(sorted(readings, key=_reading_order)) for form, readings in sorted(found.items())}


def _reading_order(reading: Reading) -> tuple[str, int, str, str]:
    return reading.concept, _KIND_ORDER[reading.kind], reading.language or "", reading.label


def _forms(label: Label) -> set[str]:
    text = normalize(label.text)
    if len(text) < 2 or not re.search(r"\w", text) or text.isdigit():  # noqa: PLR2004 - one letter is no name
        return set()
    forms = {text}
    if _HAN.search(text):
        # People write 鼎信ERP系统 with blanks around ERP and without
        forms |= {_HAN_LATIN.sub("", text), _HAN_LATIN.sub(" ", text)}
    elif re.search(r"[^aeiou\W]y$", text):
        forms.add(text[:-1] + "ies")
    return forms


def _ending(text: str, start: int, end: int) -> int | None:
    """Where the mention ends, a plural ending included; None when it does not stand on Latin word boundaries."""
    if _latin(text[start]) and not _opens(text, start):
        return None
    if not _latin(text[end - 1]) or _closes(text, end):
        return end
    if end - start >= _MIN_PLURAL and text[end - 1].isalpha():
        for plural in _PLURALS:
            after = end + len(plural)
            if text.startswith(plural, end) and (after == len(text) or _closes(text, after)):
                return after
    return None


def _latin(char: str) -> bool:
    return char.isalnum() and not _HAN.match(char)


def _opens(text: str, start: int) -> bool:
    before = text[start - 1] if start else " "
    if _latin(before) or before in "_@#":
        return False
    # "X-ray" holds no "ray", and "a.b" no "b"
    return not (before in "-./" and start > 1 and _latin(text[start - 2]) and before != "/")


def _closes(text: str, end: int) -> bool:
    after = text[end] if end < len(text) else " "
    if _latin(after) or after == "_":
        return False
    return not (
        after in "-.@"
        and end + 1 < len(text)
        and (text[end + 1].isdigit() or (after in ".@" and _latin(text[end + 1])))
    )


def _needs_segmentation(text: str, start: int, end: int) -> bool:
    return end - start < _SAFE_HAN and bool(_HAN.match(text[start]) or _HAN.match(text[end - 1]))


def _on_cuts(cuts: list[int], text: str, start: int, end: int) -> bool:
    def cut(place: int) -> bool:
        at = bisect_left(cuts, place)
        return at < len(cuts) and cuts[at] == place

    return (not _HAN.match(text[start]) or cut(start)) and (not _HAN.match(text[end - 1]) or cut(end))


def _cased(folded: str, text: str, start: int, end: int, ending: int, readings: tuple[Reading, ...]) -> Link | None:
    """The link, if capitals in the text agree with those of the labels."""
    surface = folded[start:end]
    strengths = [(reading, _case(reading.label, surface)) for reading in readings]
    kept = tuple(reading for reading, strength in strengths if strength == "firm")
    weak = not kept
    if weak:
        kept = tuple(reading for reading, strength in strengths if strength == "weak")
    if not kept:
        return None
    return Link(start, ending, text[start:ending], kept, weak, ending > end)


def _case(label: str, surface: str) -> str:
    """How well the capitals agree: "firm", "weak" or "no"."""
    letters = [char for char in label if char.isalpha() and not _HAN.match(char)]
    if not letters or not any(char.isupper() for char in letters):
        return "firm"
    if not any(char.isupper() for char in surface):
        if " " not in label and len(label) <= _ACRONYM and all(char.isupper() for char in letters):
            return "no"
        words = re.findall(r"[^\W\d_]+", label)
        capitalised = all(word[:1].isupper() and word[1:].islower() for word in words if len(word) > _MIN_PLURAL)
        return "weak" if capitalised and not _HAN.search(label) else "firm"
    if len(label) <= _ACRONYM and " " not in label and all(char.isupper() for char in letters):
        return "firm" if sum(map(str.isupper, surface)) == len(letters) else "no"
    return "firm"


def _leftmost_longest(links: list[Link]) -> list[Link]:
    chosen: list[Link] = []
    free = 0
    # Among equals a firm link wins over a weak one; a weak one must not hide a firm one that begins inside it
    for link in sorted(links, key=lambda link: (link.start, -link.end, link.weak)):
        if link.start >= free:
            chosen.append(link)
            free = link.end
        elif chosen and chosen[-1].weak and not link.weak:
            chosen[-1] = link
            free = link.end
    return chosen


_NAME_GOES_ON = re.compile(r" (?P<next>[A-Z][\w'’-]*)")
_IN_BRACKETS = re.compile(r"[A-Z][\w'’.-]* \($")
_HEADS = frozenset(
    "team department group division unit office system platform portal tool app service policy rules plan project "
    "programme program product company inc ltd llc gmbh ag plc co corp corporation".split()
)
"""What follows a name without changing what it names."""


def _with_parts(links: list[Link], text: str) -> list[Link]:
    """The links, those marked that a capitalised word continues, or that stand in brackets after one."""
    starts = {link.start for link in links}
    return [replace(link, part=True) if _continues(link, text, starts) else link for link in links]


def _continues(link: Link, text: str, starts: set[int]) -> bool:
    if not link.text[:1].isupper() or _HAN.match(link.text):
        return False
    after = _NAME_GOES_ON.match(text, link.end)
    if after and after.start("next") not in starts and after["next"].lower() not in _HEADS:
        return True
    return (
        bool(_IN_BRACKETS.search(text[max(0, link.start - 40) : link.start])) and text[link.end : link.end + 1] == ")"
    )


def _one_per_concept(readings: tuple[Reading, ...], language: Language) -> tuple[Reading, ...]:
    best: dict[str, Reading] = {}
    for reading in readings:
        known = best.get(reading.concept)
        if known is None or _fit(reading, language) < _fit(known, language):
            best[reading.concept] = reading
    return tuple(best[concept] for concept in sorted(best))


def _fit(reading: Reading, language: Language) -> tuple[bool, int]:
    return reading.language not in (language, None), _KIND_ORDER[reading.kind]


def _decided(link: Link, known: set[str]) -> Link:
    if not link.ambiguous:
        return link
    meant = [reading for reading in link.readings if reading.concept in known]
    return replace(link, readings=(meant[0],)) if len(meant) == 1 else link
