"""How well the words of a text fit a relation: those around two names, a list key, a column's head."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from knowledge.alignment.contexts import TOPIC_RANK as _TOPIC_RANK
from knowledge.alignment.contexts import Context
from knowledge.alignment.direction import PASSIVE, beyond_doubt, literally, may_name, passive, turned_round
from knowledge.alignment.draft import Slot, Unit
from knowledge.alignment.profiles import Profiles
from knowledge.alignment.wording import Bag, Cue, Wordings, bag, is_direction, joined, tokens
from knowledge.graph.types import Relation

MIN_SCORE = 0.3
"""Below, the words of a sentence say nothing about a relation."""

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
_OPENING = re.compile(r"\s*(?:at|with|for)\s+(?:only\s+|just\s+|about\s+|nearly\s+)?", re.IGNORECASE)
_OPENING_SCORE = 0.8
_COPULA = re.compile(r"\W*(?:is|was|are|were|as|being|[是为任]|担任|作为)")


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a context words a relation."""

    score: float = 0.0
    exact: bool = False
    vague: bool = False
    size: float = 0.0
    certain: bool = False


class Fitting:
    """How well words fit the relations of one graph. Built once per revision; safe from many threads."""

    def __init__(self, words: Wordings, profiles: Profiles, relations: Mapping[str, Relation]) -> None:
        self._words = words
        self._profiles = profiles
        self._relations = relations

    def of(
        self, relation: Relation, context: Context, subject: Slot | None, target: Slot, *, subject_first: bool
    ) -> Fit:
        """How well the context words the relation."""
        best, certain = Fit(), False
        either = (
            subject is not None
            and subject.link is not None
            and target.link is not None
            and self._profiles.swappable(relation, subject.link.concept, target.link.concept)
        )
        for cue in self._words.of(relation.id):
            if cue.subject_first is not None and cue.subject_first != subject_first:
                continue
            if cue.subject_first is not None and context.near and literally(cue, context):
                best = max(best, Fit(1.0, exact=True, vague=cue.bare, size=self._words.size(cue)), key=order)
                certain |= not turned_round(cue, context)
                continue
            undirected = cue.subject_first is None
            if cue.bare or (undirected and either and not may_name(cue, context, subject_first=subject_first)):
                continue
            if undirected and subject is None and not subject_first:
                continue
            score = self._cue_score(relation, cue, context, subject_first=subject_first)
            if score:
                best = max(best, Fit(score, size=score * self._words.size(cue)), key=order)
            certain |= either and beyond_doubt(cue, context, subject_first=subject_first)
        return replace(best, certain=True) if certain else best

    def opening(self, unit: Unit, subject: str, relation: Relation, target: Slot) -> Fit:
        """How well "At 1.5 kg it …" fits the one relation that measures such things of the subject."""
        said = target.quantity
        if said is None or not _OPENING.fullmatch(unit.text[: target.start - unit.start]):
            return Fit()
        alike = [other for other in self._relations.values() if self._profiles.gauges(other, subject, said)]
        return Fit(_OPENING_SCORE) if [other.id for other in alike] == [relation.id] else Fit()

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

    def named(self, relation: Relation, written: str) -> float:
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


def order(fit: Fit) -> tuple[bool, bool, float, float]:
    """By what fits are compared: the greater, the better."""
    return fit.exact, not fit.vague, fit.score, fit.size
