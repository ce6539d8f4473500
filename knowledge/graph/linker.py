"""`Linker`: labels of the term graph found in text, without tripping over words that only contain or resemble them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.graph.boundaries import (
    HAN,
    case_fit,
    ends_at,
    han_windows,
    latin_windows,
    needs_segmentation,
    on_cuts,
    stands_in,
)
from knowledge.graph.names import KIND_ORDER, Names, Reading
from knowledge.graph.normal import fold, normalize, spread
from knowledge.language import detect_language
from knowledge.types import Language, Mention, User

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph


_NEAR = 24
"""Characters around an ambiguous name that are looked at for the name of a class."""
_NAMED, _NAMED_AROUND, _NEIGHBOUR, _NEIGHBOUR_AROUND, _CLASS = 3.0, 2.0, 1.0, 1.0, 2.0
_MARGIN = 1.0
"""By how much the best candidate of an ambiguous name must lead; else it stays open."""
_FUZZY_SHARE = 4
"""At most one letter in so many may be wrong in a suggestion."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place where a label may be meant that is written a little otherwise. It is never taken for a mention."""

    start: int
    end: int
    text: str
    concept: str
    label: str
    score: float


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
    beside: str = ""

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
        self._names = Names(graph)

    def after(self, graph: TermGraph) -> Linker:
        """The linker of a graph made from this one's by `TermGraph.after`: as one built anew, but soon ready."""
        after: Linker = object.__new__(Linker)
        after.graph = graph
        after._names = self._names.after(graph, graph.changed)
        return after

    @property
    def lying(self) -> int:
        """How many concepts' names are kept apart from those for which the automaton was built."""
        return self._names.lying

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
        apart = spread(text)
        if apart is None:
            return self._found(text, user)
        links = []
        for link in self._found(apart.text, user):
            place = apart.original(link.start, link.end)
            if place is not None:
                links.append(replace(link, start=place[0], end=place[1], text=text[slice(*place)]))
        return links

    def _found(self, text: str, user: User | None) -> list[Link]:
        """The links of a text whose NFKC is no longer than itself."""
        normal, folded = normalize(text), fold(text)
        cuts: list[int] | None = None
        found: list[Link] = []
        for all_readings, start, end in self._names.found_in(normal):
            readings = self._visible(all_readings, user)
            if not readings:
                continue
            after = ends_at(normal, start, end)
            if after is None:
                continue
            if needs_segmentation(normal, start, end):
                cuts = cuts if cuts is not None else self._names.cuts(normal)
                if not on_cuts(cuts, normal, start, end):
                    continue
            link = _cased(folded, text, start, end, after, readings)
            if link is not None:
                found.append(link)
        links = self._read_in_language(_with_parts(_leftmost_longest(found), folded), text)
        return [
            replace(link, beside=normal[max(0, link.start - _NEAR) : link.end + _NEAR]) if link.ambiguous else link
            for link in links
        ]

    def resolve(self, links: Iterable[Link], others: Iterable[Iterable[Link]] = ()) -> list[Link]:
        """The links, where an ambiguous one means the candidate for which clearly more speaks than for any other.

        What speaks for one: it is named elsewhere in the text, or in `others` (question, passages), without ambiguity;
        a neighbour of it in the graph is; the name of its class stands beside the link.
        """
        links = list(links)
        if not any(link.ambiguous for link in links):
            return links
        certain = {link.concept for link in links if not link.ambiguous}
        around = {link.concept for group in others for link in group if not link.ambiguous and not link.weak}
        return [self._decided(link, certain, around) for link in links]

    def _decided(self, link: Link, certain: set[str], around: set[str]) -> Link:
        if not link.ambiguous:
            return link
        scored = sorted(
            ((self._evidence(reading.concept, link, certain, around), reading) for reading in link.readings),
            key=lambda one: -one[0],
        )
        (best, reading), (second, _) = scored[:2]
        return replace(link, readings=(reading,)) if best - second >= _MARGIN else link

    def _evidence(self, concept: str, link: Link, certain: set[str], around: set[str]) -> float:
        """How much speaks for a candidate of an ambiguous link."""
        found = _NAMED * (concept in certain) + _NAMED_AROUND * (concept in around)
        if certain or around:
            near = self.graph.neighbours(concept)
            found += _NEIGHBOUR * (not near.isdisjoint(certain)) + _NEIGHBOUR_AROUND * (not near.isdisjoint(around))
        names = (name.text for one in self.graph.types_of(concept) for name in self.graph.class_names(one))
        return found + _CLASS * any(stands_in(normalize(name), link.beside) for name in names)

    def suggest(self, text: str, user: User | None = None, *, limit: int = 20) -> list[Suggestion]:
        """Places where a label is written with a letter or two wrong, best first. For looking at, never for linking."""
        taken = [(link.start, link.end) for link in self.find(text, user)]
        found: dict[tuple[int, int], Suggestion] = {}
        normal = normalize(text)
        for start, end in (*latin_windows(text), *han_windows(normal, self._names.han_ends)):
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            piece = normal[start:end]
            for distance, number in self._names.near(piece)[:3]:
                readings = self._visible(self._names.readings(number), user)
                if readings and distance and distance * _FUZZY_SHARE <= len(piece):
                    score = 1 - distance / len(piece)
                    first = readings[0]
                    found[start, end] = Suggestion(start, end, text[start:end], first.concept, first.label, score)
                    break
            if len(found) >= limit:
                break
        best: list[Suggestion] = []
        for one in sorted(found.values(), key=lambda one: (-one.score, one.start)):
            if all(one.end <= other.start or other.end <= one.start for other in best):
                best.append(one)
        return best

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


def _cased(folded: str, text: str, start: int, end: int, after: int, readings: tuple[Reading, ...]) -> Link | None:
    """The link, if capitals in the text agree with those of the labels."""
    surface = folded[start:end]
    plural = after > end
    strengths = [
        (
            reading,
            "no" if "case" in reading.exact and fold(reading.label) != surface else case_fit(reading.label, surface),
        )
        for reading in readings
        if not (plural and "number" in reading.exact)
    ]
    kept = tuple(reading for reading, strength in strengths if strength == "firm")
    weak = not kept
    if weak:
        kept = tuple(reading for reading, strength in strengths if strength == "weak")
    if not kept:
        return None
    return Link(start, after, text[start:after], kept, weak, plural)


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
    if not link.text[:1].isupper() or HAN.match(link.text):
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
    return reading.language not in (language, None), KIND_ORDER[reading.kind]
