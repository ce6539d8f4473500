"""What a text states: (subject, relation, object) read from sentences, lists and tables by the graph's own wordings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge.alignment.draft import Draft, Slot, Unit
from knowledge.alignment.modality import Modality, clause_ends, modality_of
from knowledge.alignment.quantities import Quantity, bare_year
from knowledge.alignment.wording import Cue, Wordings, is_direction, matched, plain, tokens
from knowledge.graph.store import TermGraph
from knowledge.graph.types import Relation

MIN_SCORE = 0.3
"""Below, the words of a sentence say nothing about a relation."""

_CONNECTOR = re.compile(r"^[》”’\"]?\s*(?:,|，|、|/|&|;|；|\band\b|\bor\b|和|与|及|以及|或|或者|跟|同)+\s*(?:\b(?:and|or|the|also)\b\s*|和|以及|及)*[《“‘\"]?\s*$", re.IGNORECASE)
_RESPECTIVELY = re.compile(r"\brespectively\b|\bin\s+that\s+order\b|分别|各自", re.IGNORECASE)
_RELATIVE = re.compile(r"^\s*[,，]?\s*(?:\(|（)?\s*(?:which|that|who|whose|它|后者|该)", re.IGNORECASE)
_CITATION = re.compile(r"\[\d{1,3}\]")
_CROWD = 3
"""A sentence with more names than this many per kind is read with more care."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement read from a text.

    `score` in (0, 1] tells how well the words fit the relation. `near`: nothing stands between subject and object.
    `topic`: the subject is not named in the sentence. `exact`: the words are a phrase of the graph, letter by letter.
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

    @property
    def topic(self) -> bool:
        """Whether the subject comes from the context."""
        return self.subject_slot is None


@dataclass(frozen=True, slots=True)
class _Context:
    """The words around a pair: before the first of the two, between them, after the second."""

    before: Counter[str]
    middle: Counter[str]
    after: Counter[str]
    literal: tuple[str, str, str]
    near: bool


class ClaimReader:
    """Reads claims with the wordings of one graph. Built once per revision; safe from many threads."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self._words = Wordings(graph)
        self._profiles = _Profiles(graph)
        self._relations = {relation.id: relation for relation in graph.relations()}

    def read(self, draft: Draft) -> list[Claim]:
        """Every claim that the words allow, competing ones included, in the order of the text."""
        return [claim for unit in draft.units for claim in self._unit(unit)]

    def _unit(self, unit: Unit) -> list[Claim]:
        if not unit.slots:
            return []
        if unit.key:
            return list(self._keyed(unit))
        groups = _groups(unit)
        if _RESPECTIVELY.search(unit.text):
            pairs = _paired(groups)
            if pairs:
                return list(self._respectively(unit, groups, pairs))
        claims = list(self._prose(unit, groups))
        return _one_direction(claims)

    # --- prose ----------------------------------------------------------------------------------------------------

    def _prose(self, unit: Unit, groups: list[list[Slot]]) -> Iterator[Claim]:
        ends = [unit.start + place for place in clause_ends(unit.text)]
        for number, group in enumerate(groups):
            for other, subjects in enumerate(groups):
                if other == number:
                    continue
                context = _between(unit, groups, other, number, ends)
                if context is not None:
                    yield from self._pairs(unit, subjects, group, context, subject_first=other < number)
            if len(group) > 1 and not unit.topics:
                pass
            context = _around(unit, groups, number, ends)
            yield from self._about_topics(unit, groups, group, context)
        for group in groups:
            if len(group) > 1:
                yield from self._inside(unit, groups, group, ends)

    def _inside(self, unit: Unit, groups: list[list[Slot]], group: list[Slot], ends: list[int]) -> Iterator[Claim]:
        """Names joined by "and" may be subject and object all the same: "A and B are compatible", "A与B对接"."""
        first, second = group[0], group[-1]
        if len(group) != 2:  # noqa: PLR2004 - a pair
            return
        number = groups.index(group)
        start = groups[number - 1][-1].end if number else unit.start
        stop = groups[number + 1][0].start if number + 1 < len(groups) else unit.end
        context = _context(unit, (start, first.start), (first.end, second.start), (second.end, stop), ends, near=True)
        for claim in self._pairs(unit, [first], [second], context, subject_first=True):
            if self._relations[claim.relation].symmetric:
                yield claim

    def _pairs(
        self, unit: Unit, subjects: Sequence[Slot], targets: Sequence[Slot], context: _Context, *, subject_first: bool
    ) -> Iterator[Claim]:
        for subject in subjects:
            if subject.link is None or subject.link.ambiguous:
                continue
            for target in targets:
                for relation in self._fitting(subject.link.concept, target, context):
                    score, exact = self._score(relation, context, subject_first=subject_first)
                    if subject.link.weak and not exact:
                        continue
                    if score >= MIN_SCORE:
                        yield self._claim(
                            unit, subject.link.concept, relation, target, subject, score, context.near, exact, len(subjects) * len(targets)
                        )

    def _about_topics(
        self, unit: Unit, groups: list[list[Slot]], group: list[Slot], context: _Context
    ) -> Iterator[Claim]:
        here = {slot.link.concept for slots in groups for slot in slots if slot.link}
        for topic in unit.topics:
            if topic in here:
                continue
            for target in group:
                for relation in self._fitting(topic, target, context):
                    score, exact = self._score(relation, context, subject_first=True)
                    if score >= MIN_SCORE:
                        yield self._claim(unit, topic, relation, target, None, score, False, exact, len(group))  # noqa: FBT003

    # --- "respectively" -------------------------------------------------------------------------------------------

    def _respectively(
        self, unit: Unit, groups: list[list[Slot]], pairs: list[tuple[int, int]]
    ) -> Iterator[Claim]:
        ends = [unit.start + place for place in clause_ends(unit.text)]
        for first, second in pairs:
            context = _between(unit, groups, first, second, ends, far=True)
            if context is None:
                continue
            middle = Counter(context.middle) + Counter({"分别": 0})
            context = replace(context, middle=middle, literal=("", "", ""))
            for one, other in zip(groups[first], groups[second], strict=True):
                yield from self._pairs(unit, [one], [other], context, subject_first=True)
                yield from self._pairs(unit, [other], [one], context, subject_first=False)

    # --- lists and tables -----------------------------------------------------------------------------------------

    def _keyed(self, unit: Unit) -> Iterator[Claim]:
        key = Counter(tokens(unit.key))
        for target in unit.slots:
            if target.quantity is not None and len(unit.slots) > 1 and target is not unit.slots[0]:
                continue
            for topic in unit.topics:
                for relation in self._fitting(topic, target, None, set(key)):
                    score = self._key_score(relation, key, unit.key)
                    if score >= MIN_SCORE:
                        yield self._claim(unit, topic, relation, target, None, score, True, score == 1.0, len(unit.slots))  # noqa: FBT003

    def _key_score(self, relation: Relation, key: Counter[str], written: str) -> float:
        """How well a list key or column head names a relation."""
        content = {word for word in key if not is_direction(word)}
        if not content:
            return 0.0
        best = 0.0
        for cue in self._words.of(relation.id):
            words = {word for word in cue.words if not is_direction(word)}
            if not words:
                continue
            shared = sum(self._words.weight(word) for word in words & content)
            if not shared:
                continue
            ours, theirs = sum(map(self._words.weight, content)), sum(map(self._words.weight, words))
            score = 2 * shared / (ours + theirs)
            # "Administrator" for "system administrator", "地点" for "办公地点"
            if content <= words or words <= content:
                score = max(score, 0.85)
            if content == words:
                score = 1.0
            best = max(best, score)
        if best < MIN_SCORE and re.search(r"[㐀-鿿]", written):
            best = self._inside_words(relation, written)
        return best

    def _inside_words(self, relation: Relation, written: str) -> float:
        """Chinese keys may be part of a word of the relation, or the other way round: 上限 and 上限金额."""
        bare = re.sub(r"[^㐀-鿿]", "", written)
        if len(bare) < 2:  # noqa: PLR2004 - single characters match anything
            return 0.0
        for cue in self._words.of(relation.id):
            if cue.subject_first is None:
                label = "".join(cue.middle)
                if bare in label or label in bare:
                    return 0.7
        return 0.0

    # --- relations ------------------------------------------------------------------------------------------------

    def _fitting(
        self, subject: str, target: Slot, context: _Context | None, words: set[str] | None = None
    ) -> Iterator[Relation]:
        if context is not None:
            words = set(context.before) | set(context.middle) | set(context.after)
        names = self._words.relations_with(words or ())
        if context is not None:
            names |= self._profiles.bare
        for name in sorted(names):
            relation = self._relations[name]
            if self._profiles.fits(relation, subject, target):
                yield relation

    def _score(self, relation: Relation, context: _Context, *, subject_first: bool) -> tuple[float, bool]:
        """How well the context words the relation, and whether it is a phrase letter by letter."""
        best, exact = 0.0, False
        for cue in self._words.of(relation.id):
            if cue.subject_first is not None and cue.subject_first != subject_first:
                continue
            if cue.subject_first is not None and context.near and _literally(cue, context):
                return 1.0, True
            if cue.bare:
                continue
            score = self._cue_score(cue, context)
            best = max(best, score)
        return best, exact

    def _cue_score(self, cue: Cue, context: _Context) -> float:
        words = self._words
        if cue.subject_first is None:
            found, whole = max(
                matched(cue.middle, place, words) for place in (context.before, context.middle, context.after)
            )
            if found < whole:
                together = context.before + context.middle if context.near else context.middle
                found = max(found, matched(cue.middle, together, words)[0])
            extra = _extra(context.middle, cue.words, words)
        else:
            before, middle, after = (
                matched(part, place, words)
                for part, place in (
                    (cue.before, context.before),
                    (cue.middle, context.middle),
                    (cue.after, context.after),
                )
            )
            found, whole = before[0] + middle[0] + after[0], before[1] + middle[1] + after[1]
            if not any(
                not is_direction(word) and place[word]
                for part, place in ((cue.before, context.before), (cue.middle, context.middle), (cue.after, context.after))
                for word in part
            ):
                return 0.0
            extra = _extra(context.middle, cue.words, words)
            if ("by" in cue.middle) != bool(context.middle["by"]) or ("被" in cue.words) != bool(
                context.middle["被"] or context.before["被"]
            ):
                found *= 0.6
        if not whole:
            return 0.0
        return found / whole / (1.0 + 0.1 * extra)

    def _claim(
        self,
        unit: Unit,
        subject: str,
        relation: Relation,
        target: Slot,
        slot: Slot | None,
        score: float,
        near: bool,
        exact: bool,
        group: int,
    ) -> Claim:
        said = target.link.concept if target.link else target.quantity.text if target.quantity else ""
        places = [target.start, target.end] + ([slot.start, slot.end] if slot else [])
        modality = modality_of(unit.text, target.start - unit.start, target.end - unit.start)
        if modality == "asserted" and slot is not None:
            modality = modality_of(unit.text, min(places) - unit.start, max(places) - unit.start) if near else modality
        return Claim(unit.number, subject, relation.id, target, said, slot, score, near, exact, modality, group)


class _Profiles:
    """What kinds of things stand on either side of each relation: as declared, or else as the facts show."""

    def __init__(self, graph: TermGraph) -> None:
        self._graph = graph
        self.bare = {
            relation.id for relation in graph.relations() if any(not _content(text.text) for text in relation.phrases)
        }
        self._seen = lru_cache(maxsize=1 << 14)(self._read_seen)

    def fits(self, relation: Relation, subject: str, target: Slot) -> bool:
        """Whether subject and target may be the two sides of the relation."""
        graph = self._graph
        if not graph.fits(subject, relation.domain) or (not relation.domain and not self._has(subject, relation)):
            return False
        if target.link is not None:
            if relation.literal:
                return False
            return any(concept != subject and self._in_range(relation, concept) for concept in target.concepts)
        return relation.literal and target.quantity is not None and self._measures(relation, subject, target.quantity)

    def _has(self, subject: str, relation: Relation) -> bool:
        return any(fact.relation == relation.id for fact in self._graph.facts(subject))

    def _in_range(self, relation: Relation, concept: str) -> bool:
        if relation.range:
            return self._graph.fits(concept, relation.range)
        types, objects = self._seen(relation.id)
        own = self._graph.types_of(concept)
        return concept in objects or not own or not types or not own.isdisjoint(types)

    def _read_seen(self, relation: str) -> tuple[frozenset[str], frozenset[str]]:
        objects = {fact.object for fact in self._graph.facts_in(relation) if not fact.literal}
        types = {kind for concept in objects for kind in self._graph.types_of(concept)}
        return frozenset(types), frozenset(objects)

    def _measures(self, relation: Relation, subject: str, said: Quantity) -> bool:
        from knowledge.alignment.relations import true_quantities

        values = true_quantities(self._graph, relation, subject)
        return any(_same_family(said, value) for value in values)


_TIME = frozenset({"time", "months", "business days"})
_MONEY = frozenset({"CNY", "USD", "EUR", "GBP", "JPY", "HKD", "SGD", "CHF"})


def _same_family(said: Quantity, true: Quantity) -> bool:
    """Whether a quantity may be a wrong way to state another: days for months, dollars for yuan, 1996 for a date."""
    if true.is_date:
        return said.is_date or bare_year(said) is not None
    if said.is_date:
        return False
    if said.unit is None or true.unit is None:
        return True
    one, other = said.unit.dimension, true.unit.dimension
    return one == other or {one, other} <= _TIME or {one, other} <= _MONEY


def _content(phrase: str) -> list[str]:
    bare = phrase.replace("{subject}", " ").replace("{object}", " ")
    return [word for word in tokens(bare) if not is_direction(word)]


# --- groups and contexts ----------------------------------------------------------------------------------------------


def _groups(unit: Unit) -> list[list[Slot]]:
    """Slots joined by "and", commas or 、 stand together; quantities only with quantities."""
    groups: list[list[Slot]] = []
    for slot in unit.slots:
        if groups:
            last = groups[-1][-1]
            between = unit.text[last.end - unit.start : slot.start - unit.start]
            alike = (last.link is None) == (slot.link is None)
            if alike and _CONNECTOR.match(_CITATION.sub("", between)):
                groups[-1].append(slot)
                continue
        groups.append([slot])
    return groups


def _paired(groups: list[list[Slot]]) -> list[tuple[int, int]]:
    """Neighbouring groups of equal size, at least two: their members belong together one by one."""
    sizes = [(number, len(group)) for number, group in enumerate(groups) if len(group) > 1]
    return [
        (one[0], other[0]) for one, other in zip(sizes, sizes[1:], strict=False) if one[1] == other[1]
    ]


def _between(
    unit: Unit, groups: list[list[Slot]], subject: int, target: int, ends: Iterable[int], *, far: bool = False
) -> _Context | None:
    """The words around two groups; None when the target comes first and something stands between them."""
    first, second = min(subject, target), max(subject, target)
    near = second - first == 1
    if not near and subject > target and not far:
        return None
    start = groups[first - 1][-1].end if first else unit.start
    stop = groups[second + 1][0].start if second + 1 < len(groups) else unit.end
    if near or far:
        middle = (groups[first][-1].end, groups[second][0].start)
    else:
        middle = (groups[second - 1][-1].end, groups[second][0].start)
    before = (start, groups[first][0].start) if near or far else (0, 0)
    return _context(unit, before, middle, (groups[second][-1].end, stop), ends, near=near or far)


def _around(unit: Unit, groups: list[list[Slot]], number: int, ends: Iterable[int]) -> _Context:
    """The words around one group, for a subject that the sentence does not name."""
    start = groups[number - 1][-1].end if number else unit.start
    stop = groups[number + 1][0].start if number + 1 < len(groups) else unit.end
    group = groups[number]
    return _context(unit, (0, 0), (start, group[0].start), (group[-1].end, stop), ends, near=False)


def _context(
    unit: Unit,
    before: tuple[int, int],
    middle: tuple[int, int],
    after: tuple[int, int],
    ends: Iterable[int],
    *,
    near: bool,
) -> _Context:
    text, base = unit.text, unit.start
    ends = list(ends)

    def piece(start: int, end: int) -> str:
        return _CITATION.sub("", text[max(0, start - base) : max(0, end - base)])

    first = _last_clause(before, ends) if before != (0, 0) else before
    last = _first_clause(after, ends)
    between = middle if near else _last_clause(_without_apposition(middle, text, base), ends)
    pieces = piece(*first) if first != (0, 0) else "", piece(*between), piece(*last)
    literal = plain(pieces[0]), plain(pieces[1]), plain(pieces[2])
    return _Context(
        Counter(tokens(pieces[0])), Counter(tokens(pieces[1])), Counter(tokens(pieces[2])), literal, near
    )


def _without_apposition(span: tuple[int, int], text: str, base: int) -> tuple[int, int]:
    """Without the comma of an English apposition: "its administrator, X"."""
    piece = text[span[0] - base : span[1] - base]
    bare = piece.rstrip()
    if bare.endswith(",") and re.search(r"[A-Za-z]\s*,$", bare):
        return span[0], span[0] + len(bare) - 1
    return span


def _last_clause(span: tuple[int, int], ends: Iterable[int]) -> tuple[int, int]:
    inside = [end for end in ends if span[0] <= end < span[1]]
    return (inside[-1] + 1, span[1]) if inside else span


def _first_clause(span: tuple[int, int], ends: Iterable[int]) -> tuple[int, int]:
    inside = [end for end in ends if span[0] <= end < span[1]]
    return (span[0], inside[0]) if inside else span


def _literally(cue: Cue, context: _Context) -> bool:
    """Whether the words are the phrase, letter by letter: the whole middle, and the edges of the rest."""
    before, middle, after = cue.literal
    said = context.literal
    return (
        middle == said[1].strip(" 》《")
        and (not before or said[0].endswith(before))
        and (not after or said[2].lstrip(" 》").startswith(after))
        and bool(before or middle or after)
    )


def _extra(middle: Counter[str], cue: Sequence[str], words: Wordings) -> int:
    """Content words between subject and object that the cue does not have."""
    return sum(1 for word in middle if word not in cue and not is_direction(word))


def _one_direction(claims: list[Claim]) -> list[Claim]:
    """For two names and a relation that could go both ways, only the better worded direction."""
    best: dict[tuple[int, int, str], tuple[float, int]] = {}
    for claim in claims:
        if claim.subject_slot is not None and claim.target.link is not None:
            pair = sorted((claim.subject_slot.start, claim.target.start))
            key = pair[0], pair[1], claim.relation
            best[key] = max(best.get(key, (0.0, 0)), (claim.score, claim.target.start))
    kept = []
    for claim in claims:
        if claim.subject_slot is not None and claim.target.link is not None:
            pair = sorted((claim.subject_slot.start, claim.target.start))
            top = best[pair[0], pair[1], claim.relation]
            if claim.score < top[0] - 1e-9:
                continue
        kept.append(claim)
    return kept
