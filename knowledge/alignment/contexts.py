"""The words around two names in a sentence, cut into what stands before, between and after them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.alignment.draft import Slot, Unit
from knowledge.alignment.wording import Bag, bag, plain

_CONNECTOR = re.compile(
    r"^[》”’\"]?\s*(?:,|，|、|/|&|;|；|\band\b|\bor\b|和|与|及|以及|或|或者|跟|同)+\s*"
    r"(?:\b(?:and|or|the|also)\b\s*|和|以及|及)*[《“‘\"]?\s*$",
    re.IGNORECASE,
)
_CITATION = re.compile(r"\[\d{1,3}\]")
TOPIC_RANK = 3
"""The rank of what the sentence does not name itself."""
_COUNTED = frozenset({"person", "piece"})
_RELATIVE = re.compile(r"\s*,?\s*(?:which|who|that)\b(?=\s+\w)", re.IGNORECASE)
_ASIDE = re.compile(r"[（(][^（）()\n]{0,60}[）)]")


@dataclass(frozen=True, slots=True)
class Context:
    """The words around a pair: before the first of the two, between them, after the second.

    `near`: no other name and no end of a clause stands between the two. `rank`: how likely the subject is meant, 0 the
    likeliest: named in the same clause, then the first name of the clause before, then others. `between`: all that
    stands between the two, clause ends and quantities included; "" when that holds another name.
    """

    before: Bag
    middle: Bag
    after: Bag
    literal: tuple[str, str, str]
    near: bool
    rank: int
    between: str = ""


def groups_of(unit: Unit) -> list[list[Slot]]:
    """Slots joined by "and", 、 or the commas of a list stand together; quantities only with quantities."""
    groups: list[list[Slot]] = []
    joints: list[list[str]] = []
    for slot in unit.slots:
        if groups:
            last = groups[-1][-1]
            between = _CITATION.sub("", unit.text[last.end - unit.start : slot.start - unit.start])
            alike = (last.link is None) == (slot.link is None)
            if alike and _CONNECTOR.match(between):
                groups[-1].append(slot)
                joints[-1].append(between)
                continue
        groups.append([slot])
        joints.append([])
    return [part for group, joint in zip(groups, joints, strict=True) for part in _parted(group, joint)]


def _parted(group: list[Slot], joints: Sequence[str]) -> list[list[Slot]]:
    """A group, or its members one by one where commas end clauses: "sponsored by A, and B is the owner"."""
    commas = [joint for joint in joints if re.search(r"[,，;；]", joint)]
    enumerated = any(re.search(r"、|/|&|\b(?:and|or)\b|[和与及或跟同]", joint) for joint in joints)
    if commas and (not enumerated or len(joints) == 1):
        return [[slot] for slot in group]
    return [group]


def paired(groups: Sequence[Sequence[Slot]]) -> list[tuple[int, int]]:
    """Neighbouring groups of equal size, at least two: their members belong together one by one."""
    sizes = [(number, len(group)) for number, group in enumerate(groups) if len(group) > 1]
    return [(one[0], other[0]) for one, other in pairwise(sizes) if one[1] == other[1]]


def _end(group: Sequence[Slot]) -> int:
    """Where a group ends; what its last quantity counts ("24 staff") tells what is said and stands behind it."""
    said = group[-1].quantity
    counted = said is not None and said.unit is not None and said.unit.dimension in _COUNTED
    return said.number[1] if said is not None and counted and said.number[1] else group[-1].end


class Surroundings:
    """The contexts of one unit's groups."""

    def __init__(self, unit: Unit, groups: Sequence[Sequence[Slot]], ends: Iterable[int]) -> None:
        self._unit = unit
        self._groups = groups
        self._ends = list(ends)

    def between(self, subject: int, target: int, *, far: bool = False) -> Context | None:
        """The words around two groups; None when the target comes first and something stands between them."""
        groups, unit = self._groups, self._unit
        first, second = min(subject, target), max(subject, target)
        adjacent = second - first == 1
        if not adjacent and not far and (subject > target or self._relative(second - 1)):
            return None
        relative = adjacent and subject < target and self._relative(first)
        start = _end(groups[first - 1]) if first else unit.start
        stop = groups[second + 1][0].start if second + 1 < len(groups) else unit.end
        if adjacent or far:
            middle = (_end(groups[first]), groups[second][0].start)
        else:
            middle = (_end(groups[second - 1]), groups[second][0].start)
        before = (start, groups[first][0].start) if adjacent or far else (0, 0)
        if relative:
            middle = (middle[0] + relative, middle[1])
        same_clause = far or not self._ends_within(middle[0], groups[second][0].start)
        near = (adjacent and same_clause) or far
        rank = 0 if near else 1 if self._opens_clause(subject) else 2
        context = self._context(
            before, middle, (_end(groups[second]), stop), whole=adjacent or far, near=near, rank=rank
        )
        named = any(slot.link is not None for group in groups[first + 1 : second] for slot in group)
        whole = "" if named else self._piece(groups[first][-1].end + relative, groups[second][0].start)
        return replace(context, between=plain(whole))

    def around(self, number: int) -> Context:
        """The words around one group, for a subject that the sentence does not name."""
        groups, unit = self._groups, self._unit
        start = _end(groups[number - 1]) if number else unit.start
        stop = groups[number + 1][0].start if number + 1 < len(groups) else unit.end
        group = groups[number]
        return self._context(
            (0, 0), (start, group[0].start), (_end(group), stop), whole=False, near=False, rank=TOPIC_RANK
        )

    def inside(self, number: int) -> Context:
        """The words around and between the first and the last slot of one group."""
        groups, unit = self._groups, self._unit
        group = groups[number]
        start = groups[number - 1][-1].end if number else unit.start
        stop = groups[number + 1][0].start if number + 1 < len(groups) else unit.end
        places = (start, group[0].start), (group[0].end, group[-1].start), (group[-1].end, stop)
        return self._context(*places, whole=True, near=True, rank=0)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _relative(self, number: int) -> int:
        """How long the ", which" after a group is: what follows is said of its last name, of no other; 0 for none."""
        match = _RELATIVE.match(self._unit.text, self._groups[number][-1].end - self._unit.start)
        return len(match[0]) if match else 0

    def _opens_clause(self, number: int) -> bool:
        """Whether a group is the first name of its clause."""
        return number == 0 or self._ends_within(self._groups[number - 1][-1].end, self._groups[number][0].start)

    def _ends_within(self, start: int, stop: int) -> bool:
        return any(start <= end < stop for end in self._ends)

    def _context(
        self,
        before: tuple[int, int],
        middle: tuple[int, int],
        after: tuple[int, int],
        *,
        whole: bool,
        near: bool,
        rank: int,
    ) -> Context:
        first = self._last_clause(before) if before != (0, 0) else before
        between = middle if whole else self._last_clause(self._without_apposition(middle))
        last = self._first_clause(after)
        pieces = self._piece(*first) if first != (0, 0) else "", self._piece(*between), self._piece(*last)
        literal = plain(pieces[0]), plain(pieces[1]), plain(pieces[2])
        return Context(bag(pieces[0]), bag(pieces[1]), bag(pieces[2]), literal, near, rank)

    def _piece(self, start: int, end: int) -> str:
        base = self._unit.start
        return _ASIDE.sub(" ", _CITATION.sub("", self._unit.text[max(0, start - base) : max(0, end - base)]))

    def _without_apposition(self, span: tuple[int, int]) -> tuple[int, int]:
        """Without the comma of an English apposition: "its administrator, X"."""
        bare = self._unit.text[span[0] - self._unit.start : span[1] - self._unit.start].rstrip()
        if bare.endswith(",") and re.search(r"[A-Za-z]\s*,$", bare):
            return span[0], span[0] + len(bare) - 1
        return span

    def _last_clause(self, span: tuple[int, int]) -> tuple[int, int]:
        inside = [end for end in self._ends if span[0] <= end < span[1]]
        return (inside[-1] + 1, span[1]) if inside else span

    def _first_clause(self, span: tuple[int, int]) -> tuple[int, int]:
        inside = [end for end in self._ends if span[0] <= end < span[1]]
        return (span[0], inside[0]) if inside else span
