"""What a text states: (subject, relation, object), read from prose, lists and tables by the graph's own wordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from knowledge.alignment.contexts import TOPIC_RANK as _TOPIC_RANK
from knowledge.alignment.contexts import Context, Surroundings, groups_of, paired
from knowledge.alignment.direction import PASSIVE, beyond_doubt, literally, may_name, passive, turned_round
from knowledge.alignment.draft import Draft, Slot, Unit
from knowledge.alignment.modality import Modality, clause_ends, modality_of, own_modalities, told_of_then
from knowledge.alignment.profiles import Profiles
from knowledge.alignment.wording import Bag, Cue, Wordings, bag, is_direction, joined, tokens
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Relation

if TYPE_CHECKING:
    from knowledge.alignment.memory import Memory

MIN_SCORE = 0.3
"""Below, the words of a sentence say nothing about a relation."""

_RESPECTIVELY = re.compile(r"\brespectively\b|\bin\s+that\s+order\b|分别|各自", re.IGNORECASE)
_EXTRA, _STRANGE = 0.1, 0.5
"""What a word between subject and object costs that the wording lacks: any word; one that other relations own."""

_UNSPECIFIC = 0.4
"""What is left of a score when only the common words of a wording are there."""

_TELLING = 0.7

_ANY_KEY = frozenset(
    tokens("date time day month year number amount value figure unit name type item")
    + tokens("日期 时间 数量 金额 数值 数字 名称 编号 类型")
)
"""Keys that name a kind of value and no relation: "Date: 2024-02-20" may be any date of a policy."""
_APPOSED = re.compile(r"\s*[,，(（]?\s*(?:the\s+)?", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\W*(?:the|its?|this|that|these|those|they|their|he|she|his|her|both|for|at|in|on|under|with|since|from|as|to"
    r"|by|of|there|here|please|note|today|currently|now|also|and|but|yes|no|according|upstream|downstream|you|we|our"
    r"|contact|ask|see|every|each|any|all|up|within|after|before|when|while|where|then)\b",
    re.IGNORECASE,
)
"""How an English sentence begins that may be about what was named before; a noun would be a subject of its own."""
_OPENING = re.compile(r"\s*(?:at|with|for)\s+(?:only\s+|just\s+|about\s+|nearly\s+)?", re.IGNORECASE)
_OPENING_SCORE = 0.8
_COPULA = re.compile(r"\W*(?:is|was|are|were|as|being|[是为任]|担任|作为)")


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


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a context words a relation."""

    score: float = 0.0
    exact: bool = False
    vague: bool = False
    size: float = 0.0
    certain: bool = False


class ClaimReader:
    """Reads claims with the wordings of one graph. Built once per revision; safe from many threads."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self._words = Wordings(graph)
        self.profiles = Profiles(graph)
        self._relations = {relation.id: relation for relation in graph.relations()}
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
                    fit = self._fit(relation, context, subject, target, subject_first=subject_first)
                    if relation.literal and not fit.exact:
                        fit = max(fit, self._opening(unit, subject.link.concept, relation, target), key=_order)
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
        fits: dict[str, _Fit] = {}  # the words are the same for every topic
        for place, topic in enumerate(unit.topics):
            for target in group if topic not in here else ():
                for relation in self._fitting(topic, target, names if target.link else quantities):
                    if not self._refers(unit, relation, target):
                        continue
                    if relation.id not in fits:
                        fits[relation.id] = max(
                            self._fit(relation, context, None, target, subject_first=True),
                            self._fit(relation, turned, None, target, subject_first=False),
                            key=_order,
                        )
                    fit = fits[relation.id]
                    if relation.literal and not fit.exact:
                        fit = max(fit, self._opening(unit, topic, relation, target), key=_order)
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
                    score = self._key_score(relation, unit.key)
                    if score >= MIN_SCORE:
                        fit = _Fit(score, exact=score == 1.0)
                        context = Context(key, key, key, ("", "", ""), near=True, rank=place)
                        size, joint = len(unit.slots), unit.slots[0].start
                        yield self._claim(unit, topic, relation, target, None, fit, context, size, joint)

    def _key_score(self, relation: Relation, written: str) -> float:
        """How well a list key or column head names a relation."""
        content = {word for word in tokens(written) if not is_direction(word)}
        if not content:
            return 0.0
        said, best = bag(written), 0.0
        for cue in self._words.of(relation.id):
            words = {word for word in cue.words if not is_direction(word)}
            if content == words:
                return 1.0
            match = self._words.matched((tuple(words), said))
            if not match.found or content <= _ANY_KEY:
                continue
            score = 2 * match.found / (sum(map(self._words.weight, content)) + match.whole)
            if words and (content <= words or words <= content):
                # "Administrator" for "system administrator", "地点" for "办公地点"
                score = max(score, 0.85)
            best = max(best, min(score, 0.95))
        if best < MIN_SCORE and not content <= _ANY_KEY:
            best = self._inside_words(relation, written)
        return best

    def _inside_words(self, relation: Relation, written: str) -> float:
        """Chinese keys may be part of a word of the relation, or the other way round: 上限 and 上限金额."""
        bare = re.sub(r"[^㐀-鿿]", "", written)
        if len(bare) < 2:  # noqa: PLR2004 - single characters match anything
            return 0.0
        for cue in self._words.of(relation.id):
            label = "".join(cue.middle) if cue.subject_first is None else ""
            if len(label) > 1 and (bare in label or label in bare):
                return 0.7
        return 0.0

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

    def _fit(
        self, relation: Relation, context: Context, subject: Slot | None, target: Slot, *, subject_first: bool
    ) -> _Fit:
        """How well the context words the relation."""
        best, certain = _Fit(), False
        either = (
            subject is not None
            and subject.link is not None
            and target.link is not None
            and self.profiles.swappable(relation, subject.link.concept, target.link.concept)
        )
        for cue in self._words.of(relation.id):
            if cue.subject_first is not None and cue.subject_first != subject_first:
                continue
            if cue.subject_first is not None and context.near and literally(cue, context):
                best = max(best, _Fit(1.0, exact=True, vague=cue.bare, size=self._words.size(cue)), key=_order)
                certain |= not turned_round(cue, context)
                continue
            undirected = cue.subject_first is None
            if cue.bare or (undirected and either and not may_name(cue, context, subject_first=subject_first)):
                continue
            if undirected and subject is None and not subject_first:
                continue
            score = self._cue_score(relation, cue, context, subject_first=subject_first)
            if score:
                best = max(best, _Fit(score, size=score * self._words.size(cue)), key=_order)
            certain |= either and beyond_doubt(cue, context, subject_first=subject_first)
        return replace(best, certain=True) if certain else best

    def _opening(self, unit: Unit, subject: str, relation: Relation, target: Slot) -> _Fit:
        """How well "At 1.5 kg it …" fits the one relation that measures such things of the subject."""
        said = target.quantity
        if said is None or not _OPENING.fullmatch(unit.text[: target.start - unit.start]):
            return _Fit()
        alike = [other for other in self._relations.values() if self.profiles.gauges(other, subject, said)]
        return _Fit(_OPENING_SCORE) if [other.id for other in alike] == [relation.id] else _Fit()

    def _cue_score(self, relation: Relation, cue: Cue, context: Context, *, subject_first: bool) -> float:
        parts = (cue.before, context.before), (cue.middle, context.middle), (cue.after, context.after)
        if cue.subject_first is None:
            places = [context.middle]
            if context.rank < _TOPIC_RANK or _COPULA.match(context.literal[2]):
                places.append(context.after)
            if subject_first or not [word for word in context.middle.words if not is_direction(word)]:
                places.append(context.before)
            if context.near and subject_first:
                places.append(joined(context.before, context.middle))
            match = max((self._words.matched((cue.middle, place)) for place in places), key=lambda match: match.found)
        else:
            match = self._words.matched(*parts)
        if not match.best:
            return 0.0
        score = match.found / match.whole / (1.0 + self._strangers(relation, cue, context.middle))
        if cue.subject_first is not None and passive(cue) != (not PASSIVE.isdisjoint(context.middle.words)):
            score *= 0.6
        return score if match.best >= _TELLING * match.peak else score * _UNSPECIFIC

    def _strangers(self, relation: Relation, cue: Cue, middle: Bag) -> float:
        """What the words between subject and object cost that are none of the wording's."""
        cost = 0.0
        for word in middle.words:
            if word in cue.words or is_direction(word):
                continue
            users = self._words.users(word)
            owned = users and relation.id not in users and self._words.weight(word) >= _TELLING
            cost += _STRANGE if owned else _EXTRA
        return cost

    def _claim(
        self,
        unit: Unit,
        subject: str,
        relation: Relation,
        target: Slot,
        slot: Slot | None,
        fit: _Fit,
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


def _order(fit: _Fit) -> tuple[bool, bool, float, float]:
    return fit.exact, not fit.vague, fit.score, fit.size


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
