"""A model may read what a sentence states where the wordings of the graph do not; that is marked and never edited.

The model only chooses among numbered names that stand in the sentence and numbered relations that may join them, so no
new name can come in. The graph judges its choice, and never a direction: that takes the graph's own wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Protocol

from knowledge.alignment.claims import Claim
from knowledge.alignment.draft import Draft, Slot, Unit
from knowledge.alignment.modality import modality_of
from knowledge.alignment.profiles import Profiles
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Relation
from knowledge.types import Language

_MOST_NAMES, _MOST_RELATIONS = 5, 12
"""A sentence with more of them is not asked about: a choice among so many is a guess."""
_SCORE = 0.5
_LINE = re.compile(r"\(?\s*(\d{1,2})\s*[|,]\s*(\d{1,2})\s*[|,]\s*(\d{1,2})\s*\)?")


class SentenceReader(Protocol):
    """Reads with a model what one sentence states."""

    def triples(
        self, sentence: str, names: Sequence[str], relations: Sequence[str], language: Language, attempt: int
    ) -> str:
        """Lines of "name | relation | name" by their numbers, counted from 1, or "none"; `attempt` counts from 0."""
        ...


@dataclass(frozen=True, slots=True)
class Unread:
    """A sentence of which nothing was read, with the names in it and the relations that may join two of them."""

    unit: Unit
    text: str
    slots: tuple[Slot, ...]
    relations: tuple[Relation, ...]

    def claims(self, answer: str) -> list[Claim] | None:
        """What a model's answer says that the sentence states; None when the answer is not in the form asked for."""
        lines = [line.strip() for line in answer.strip().splitlines() if line.strip()]
        if [line.lower().rstrip(".") for line in lines] == ["none"]:
            return []
        triples = [match for line in lines if (match := _LINE.fullmatch(line))]
        if not lines or len(triples) < len(lines):
            return None
        chosen = [(int(one), int(relation), int(other)) for one, relation, other in (each.groups() for each in triples)]
        names, relations = range(1, len(self.slots) + 1), range(1, len(self.relations) + 1)
        if any(
            one not in names or other not in names or one == other or relation not in relations
            for one, relation, other in chosen
        ):
            return None
        return [self._claim(*each) for each in dict.fromkeys(chosen)]

    def _claim(self, one: int, relation: int, other: int) -> Claim:
        subject, target = self.slots[one - 1], self.slots[other - 1]
        return Claim(
            unit=self.unit.number,
            subject=subject.concepts[0],
            relation=self.relations[relation - 1].id,
            target=target,
            object=target.concepts[0],
            subject_slot=subject,
            score=_SCORE,
            near=False,
            exact=False,
        )


def unread(
    graph: TermGraph, profiles: Profiles, draft: Draft, read: Sequence[Claim], settled: Sequence[tuple[int, int]]
) -> Iterator[Unread]:
    """The sentences worth asking a model about, in the order of the text.

    They assert something of two to five certain names, no claim that fits fairly well was `read` from them, and
    nothing in them is `settled` by a finding.
    """
    known = {claim.unit for claim in read if claim.score >= _SCORE}
    for unit in draft.units:
        slots = _names(unit)
        if unit.key or unit.number in known or not 1 < len(slots) <= _MOST_NAMES:
            continue
        if any(unit.start <= start < unit.end for start, _ in settled):
            continue
        if any(modality_of(unit.plain, *_place(unit, slot)) != "asserted" for slot in slots):
            continue
        relations = tuple(_joining(graph, profiles, slots))
        if 0 < len(relations) <= _MOST_RELATIONS:
            yield Unread(unit, unit.text, slots, relations)


def _names(unit: Unit) -> tuple[Slot, ...]:
    """The first place of each concept that is named without doubt; none where a name is doubtful."""
    links = [slot for slot in unit.slots if slot.link is not None and not slot.link.weak]
    if any(slot.link is None or slot.link.ambiguous or slot.link.part for slot in links):
        return ()
    return tuple({slot.concepts[0]: slot for slot in reversed(links)}.values())[::-1]


def _place(unit: Unit, slot: Slot) -> tuple[int, int]:
    return slot.start - unit.start, slot.end - unit.start


def _joining(graph: TermGraph, profiles: Profiles, slots: Sequence[Slot]) -> Iterator[Relation]:
    for relation in sorted(graph.relations(), key=lambda relation: relation.id):
        if not relation.literal and any(
            profiles.fits(relation, one.concepts[0], other) for one, other in permutations(slots, 2)
        ):
            yield relation
