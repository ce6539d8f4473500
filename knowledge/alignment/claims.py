"""What a text states: (subject, relation, object), read from prose, lists and tables by the graph's own wordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.alignment.contexts import Context, Surroundings, groups_of, paired
from knowledge.alignment.draft import Draft, Slot, Unit
from knowledge.alignment.fitting import MIN_SCORE, Fit, Fitting, order
from knowledge.alignment.modality import Modality, clause_ends, modality_of, own_modalities, told_of_then
from knowledge.alignment.profiles import Profiles
from knowledge.alignment.wording import Wordings, bag, joined, tokens
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Relation

if TYPE_CHECKING:
    from knowledge.alignment.memory import Memory

_RESPECTIVELY = re.compile(r"\brespectively\b|\bin\s+that\s+order\b|分别|各自", re.IGNORECASE)
_APPOSED = re.compile(r"\s*[,，(（]?\s*(?:the\s+)?", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\W*(?:the|its?|this|that|these|those|they|their|he|she|his|her|both|for|at|in|on|under|with|since|from|as|to"
    r"|by|of|there|here|please|note|today|currently|now|also|and|but|yes|no|according|upstream|downstream|you|we|our"
    r"|contact|ask|see|every|each|any|all|up|within|after|before|when|while|where|then)\b",
    re.IGNORECASE,
)
"""How an English sentence begins that may be about what was named before; a noun would be a subject of its own."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement read from a text.

    `score` in (0, 1] tells how well the words fit the relation. `near`: nothing stands between subject and object.
    `rank`: how likely the subject is the one meant, 0 the likeliest. `exact`: the words are a phrase of the graph,
    letter by letter. `known`: the graph has the object in this relation. `vague`: no word of content was needed.
    `size`: how much the words weigh that were found. `group` names or quantities are joined by "and" and the like to
    one whose first stands at `joint`. `beside`: what is named directly before or after the object ("CFO Jane Doe").
    """

    unit: int
    subject: str
    relation: str
    target: Slot
    object: str
    subject_slot: Slot | None
    score: float
    near: bool
    exact: bool
    modality: Modality = "asserted"
    group: int = 1
    rank: int = 0
    known: bool = False
    vague: bool = False
    size: float = 0.0
    joint: int = 0
    beside: tuple[str, ...] = ()
    certain: bool = False

    @property
    def topic(self) -> bool:
        """Whether the subject comes from the context."""
        return self.subject_slot is None


class ClaimReader:
    """Reads claims with the wordings of one graph. Built once per revision; safe from many threads."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self._words = Wordings(graph)
        self.profiles = Profiles(graph)
        self._relations = {relation.id: relation for relation in graph.relations()}
        self._fit = Fitting(self._words, self.profiles, self._relations)
        self._own = {relation.id: own_modalities(_texts(relation)) for relation in graph.relations()}

    def read(self, draft: Draft, memory: Memory | None = None) -> list[Claim]:
        """Every claim that the words allow, competing ones included, in the order of the text.

        `memory` keeps what units say: those that are the same in the next draft are not read again.
        """
        if memory is None:
            return [claim for unit in draft.units for claim in self.read_unit(unit)]
        return [claim for unit in draft.units for claim in memory.claims(unit, self.read_unit)]

    def read_unit(self, unit: Unit) -> list[Claim]:
        """The claims of one unit of a draft."""
        if not unit.slots:
            return []
        if unit.key:
            return list(self._keyed(unit))
        groups = groups_of(replace(unit, slots=self._telling(unit.slots)))
        around = Surroundings(unit, groups, [unit.start + place for place in clause_ends(unit.text)])
        if _RESPECTIVELY.search(unit.text):
            pairs = paired(groups)
            if pairs:
                return list(self._respectively(unit, groups, pairs, around))
        return _one_direction(_without_guesses(list(self._prose(unit, groups, around))))

    def _telling(self, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
        """Without words that name a relation here, though a concept is called so too: the president of X is Y."""
        return tuple(slot for slot in slots if slot.link is None or not self._names_relation(slot, len(slots)))

    def _names_relation(self, slot: Slot, slots: int) -> bool:
        if slot.link is None or slots < 3:  # noqa: PLR2004 - subject, object and the word in question
            return slot.link is not None and slot.link.weak and self._words.is_name(slot.link.text)
        return self._words.is_name(slot.link.text)

    # --- prose ----------------------------------------------------------------------------------------------------

    def _prose(self, unit: Unit, groups: Sequence[list[Slot]], around: Surroundings) -> Iterator[Claim]:
        for number, group in enumerate(groups):
            for other, subjects in enumerate(groups):
                context = around.between(other, number) if other != number else None
                if context is not None:
                    yield from self._pairs(unit, subjects, group, context, subject_first=other < number)
            yield from self._about_topics(unit, groups, group, around.around(number))
            if len(group) == 2:  # noqa: PLR2004 - "A and B are compatible", "A与B对接"
                for claim in self._pairs(unit, group[:1], group[1:], around.inside(number), subject_first=True):
                    if self._relations[claim.relation].symmetric:
                        yield claim

    def _pairs(
        self, unit: Unit, subjects: Sequence[Slot], targets: Sequence[Slot], context: Context, *, subject_first: bool
    ) -> Iterator[Claim]:
        size = len(subjects) * len(targets)
        names, quantities = self._candidates(context)
        for subject in subjects:
            if subject.link is None or subject.link.ambiguous:
                continue
            for target in targets:
                for relation in self._fitting(subject.link.concept, target, names if target.link else quantities):
                    fit = self._fit.of(relation, context, subject, target, subject_first=subject_first)
                    if relation.literal and not fit.exact:
                        fit = max(fit, self._fit.opening(unit, subject.link.concept, relation, target), key=order)
                    if fit.score < MIN_SCORE or (_doubtful(subject, target) and not fit.exact):
                        continue
                    yield self._claim(
                        unit, subject.link.concept, relation, target, subject, fit, context, size, targets[0].start
                    )

    def _about_topics(
        self, unit: Unit, groups: Sequence[list[Slot]], group: Sequence[Slot], context: Context
    ) -> Iterator[Claim]:
        here = {slot.link.concept for slots in groups for slot in slots if slot.link}
        _, before, after = context.literal
        turned = replace(
            context, before=context.middle, middle=context.after, after=bag(""), literal=(before, after, "")
        )
        names, quantities = self._candidates(context)
        fits: dict[str, Fit] = {}  # the words are the same for every topic
        for place, topic in enumerate(unit.topics):
            for target in group if topic not in here else ():
                for relation in self._fitting(topic, target, names if target.link else quantities):
                    if not self._refers(unit, relation, target):
                        continue
                    if relation.id not in fits:
                        fits[relation.id] = max(
                            self._fit.of(relation, context, None, target, subject_first=True),
                            self._fit.of(relation, turned, None, target, subject_first=False),
                            key=order,
                        )
                    fit = fits[relation.id]
                    if relation.literal and not fit.exact:
                        fit = max(fit, self._fit.opening(unit, topic, relation, target), key=order)
                    if fit.score >= MIN_SCORE and not _doubtful(target):
                        ranked = replace(context, rank=context.rank + place)
                        yield self._claim(unit, topic, relation, target, None, fit, ranked, len(group), group[0].start)

    def _refers(self, unit: Unit, relation: Relation, target: Slot) -> bool:
        """Whether a sentence may be about what was named before it: it begins neither with a noun nor with a name."""
        first = re.match(r"[\W_]*([A-Za-z][A-Za-z'-]*)", unit.text)
        if first is None or first.end() > target.start - unit.start or _REFERENCE.match(unit.text):
            return True
        words = tokens(first[1])
        return not words or relation.id in self._words.users(words[0])

    # --- "respectively" -------------------------------------------------------------------------------------------

    def _respectively(
        self, unit: Unit, groups: Sequence[list[Slot]], pairs: Sequence[tuple[int, int]], around: Surroundings
    ) -> Iterator[Claim]:
        for first, second in pairs:
            context = around.between(first, second, far=True)
            if context is None:
                continue
            context = replace(context, literal=("", "", ""))
            for one, other in zip(groups[first], groups[second], strict=True):
                yield from _one_direction(
                    [
                        *self._pairs(unit, [one], [other], context, subject_first=True),
                        *self._pairs(unit, [other], [one], context, subject_first=False),
                    ]
                )

    # --- lists and tables -----------------------------------------------------------------------------------------

    def _keyed(self, unit: Unit) -> Iterator[Claim]:
        key = bag(unit.key)
        keyed = [self._relations[name] for name in sorted(self._words.relations_with(key))]
        for number, target in enumerate(unit.slots):
            if number and target.quantity is not None:
                continue
            for place, topic in enumerate(unit.topics):
                for relation in self._fitting(topic, target, keyed):
                    score = self._fit.named(relation, unit.key)
                    if score >= MIN_SCORE:
                        fit = Fit(score, exact=score == 1.0)
                        context = Context(key, key, key, ("", "", ""), near=True, rank=place)
                        size, joint = len(unit.slots), unit.slots[0].start
                        yield self._claim(unit, topic, relation, target, None, fit, context, size, joint)

    # --- relations ------------------------------------------------------------------------------------------------

    def _candidates(self, context: Context) -> tuple[list[Relation], list[Relation]]:
        """The relations that the words around a pair may mean: for names, and for quantities."""
        named = self._words.relations_with(joined(context.before, context.middle, context.after))
        both = (named | self.profiles.bare, named | self.profiles.measuring)
        names, quantities = ([self._relations[name] for name in sorted(each)] for each in both)
        return names, quantities

    def _fitting(self, subject: str, target: Slot, candidates: Iterable[Relation]) -> Iterator[Relation]:
        """Those relations of which subject and target may be the two sides."""
        return (relation for relation in candidates if self.profiles.fits(relation, subject, target))

    def _claim(
        self,
        unit: Unit,
        subject: str,
        relation: Relation,
        target: Slot,
        slot: Slot | None,
        fit: Fit,
        context: Context,
        group: int,
        joint: int,
    ) -> Claim:
        said = target.link.concept if target.link else target.quantity.text if target.quantity else ""
        start, end = target.start, target.end
        if slot is not None and context.near:
            start, end = min(start, slot.start), max(end, slot.end)
        modality = modality_of(unit.plain, start - unit.start, end - unit.start, self._own[relation.id])
        if modality == "asserted" and target.link is not None and told_of_then(unit.plain):
            modality = "historical"
        return Claim(
            unit=unit.number,
            subject=subject,
            relation=relation.id,
            target=target,
            object=said,
            subject_slot=slot,
            score=fit.score,
            near=context.near,
            exact=fit.exact,
            modality=modality,
            group=group,
            rank=context.rank,
            known=target.link is None or self.profiles.known_object(relation, said),
            vague=fit.vague,
            size=fit.size,
            joint=joint,
            beside=_beside(unit, target),
            certain=fit.certain,
        )


def _beside(unit: Unit, target: Slot) -> tuple[str, ...]:
    """Concepts named directly before or after a slot, with nothing but a comma or bracket between."""
    found: list[str] = []
    for other in unit.slots:
        if other.link is None or other is target:
            continue
        first, second = (other, target) if other.start < target.start else (target, other)
        if _APPOSED.fullmatch(unit.text[first.end - unit.start : max(0, second.start - unit.start)]):
            found.extend(other.concepts)
    return tuple(found)


def _texts(relation: Relation) -> list[str]:
    return [text.text for text in (*relation.labels, *relation.phrases)]


def _doubtful(*slots: Slot) -> bool:
    """Whether one of the names may be no name at all, or only a part of another one."""
    return any(slot.link is not None and (slot.link.weak or slot.link.part) for slot in slots)


def _without_guesses(claims: Sequence[Claim]) -> list[Claim]:
    """Without claims about an earlier topic in which a name takes part that this very sentence says the same of.

    "A is owned by B. C is owned by D." does not say that A is owned by C.
    """
    told = {
        (claim.relation, slot.start)
        for claim in claims
        if claim.subject_slot is not None
        for slot in (claim.subject_slot, claim.target)
    }
    return [
        claim
        for claim in claims
        if claim.subject_slot is not None or claim.exact or (claim.relation, claim.target.start) not in told
    ]


def _one_direction(claims: list[Claim]) -> list[Claim]:
    """For two names and a relation that could go both ways, only the better worded direction."""
    best: dict[tuple[int, int, str], tuple[bool, float]] = {}
    for claim in claims:
        key = _pair_key(claim)
        if key is not None:
            best[key] = max(best.get(key, (False, 0.0)), (claim.exact, claim.score))
    kept = []
    for claim in claims:
        key = _pair_key(claim)
        if key is None or (claim.exact, claim.score + 1e-9) >= best[key]:
            kept.append(claim)
    return kept


def _pair_key(claim: Claim) -> tuple[int, int, str] | None:
    if claim.subject_slot is None or claim.target.link is None:
        return None
    first, second = sorted((claim.subject_slot.start, claim.target.start))
    return first, second, claim.relation
