"""Retrieved passages as second witness: what they say about a subject, beside or against the graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge.alignment.claims import Claim, ClaimReader
from knowledge.alignment.draft import Draft, Slot, Unit, read_draft
from knowledge.alignment.grounding import Grounds
from knowledge.alignment.modality import clause_around, modality_of
from knowledge.alignment.quantities import Quantity
from knowledge.alignment.quantity_comparing import comparable, differs, same, stands_among
from knowledge.alignment.synonyms import FAMILIES_OF
from knowledge.alignment.wording import Bag, bag, is_direction, joined
from knowledge.graph.linker import Link, Linker
from knowledge.types import Language, Passage, User
from knowledge.words import content_words

_REFERRING = frozenset(
    (
        "team unit group company department division organisation organization product system policy count "
        "total number compris consist amount share percent percentag rate ratio "
        "比例 占比 比率 团队 部门 小组 公司 单位 产品 系统 办法 制度 规定 共 总共 共有 共计 "
        "合计 现有 达 数量 "
    ).split()
)
"""Words that only point at the subject or say that something is counted."""


_CLEAR = 0.75
"""How well the words of a passage must fit a relation to count as stating it."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A quantity in a passage with the words of its clause."""

    quantity: Quantity
    words: Bag
    passage: str


@dataclass(frozen=True, slots=True)
class Witness:
    """What the passages say to one quantity of the text: `right` when exactly one other value is said instead."""

    status: str  # "supported", "contradicted" or "silent"
    passage: str = ""
    right: Quantity | None = None


class Passages:
    """The passages of one check, read once."""

    def __init__(
        self,
        passages: Sequence[Passage],
        linker: Linker,
        reader: ClaimReader,
        user: User | None,
        language: Language | None,
    ) -> None:
        self._passages = passages
        self._drafts: list[tuple[Passage, Draft]] = [
            (passage, read_draft(passage.text, linker, user, language)) for passage in passages
        ]
        self._reader = reader
        self._about: dict[str, list[_Said]] = {}
        self._names: dict[str, set[tuple[str, str]]] = {}
        for passage, draft in self._drafts:
            self._read(passage, draft)
        self._claims: dict[tuple[int, int], frozenset[tuple[str, str, str]]] = {}
        self._words: list[set[str]] | None = None

    @property
    def links(self) -> list[list[Link]]:
        """The names in each passage."""
        return [draft.links for _, draft in self._drafts]

    @cached_property
    def grounds(self) -> Grounds:
        """The passages as what whole sentences may stand on."""
        return Grounds(draft for _, draft in self._drafts)

    def __len__(self) -> int:
        return len(self._passages)

    # --- quantities -----------------------------------------------------------------------------------------------

    def quantity(self, subject: str, said: Quantity, words: Bag) -> Witness:
        """What the passages say about a quantity that the text states of `subject` with these words around it.

        Contradicted only by exactly one value of the same kind, said of the subject with at least one of the words.
        """
        about = [told for told in self._about.get(subject, ()) if comparable(said, told.quantity)]
        for told in about:
            if same(said, told.quantity):
                return Witness("supported", told.passage)
        if not about or not said.dimension:
            return Witness("silent")
        content = frozenset(word for word in words.words if not is_direction(word) and word not in _REFERRING)
        families = frozenset(number for word in content for number in FAMILIES_OF.get(word, ()))
        alike = [told for told in about if not content or content & told.words.words or families & told.words.families]
        values = {(told.quantity.value, told.quantity.year, told.quantity.month, told.quantity.day) for told in alike}
        rest = {(told.quantity.value, told.quantity.year, told.quantity.month, told.quantity.day) for told in about}
        if (
            len(values) == 1
            and differs(said, alike[0].quantity)
            and (content or len(rest) == 1)
            and not self.states(said)
        ):
            return Witness("contradicted", alike[0].passage, alike[0].quantity)
        return Witness("silent")

    def states(self, said: Quantity) -> str:
        """The id of a passage that has the value at all, "" when none has: it may be meant for what we do not read."""
        for passage, draft in self._drafts:
            if stands_among(said, draft.quantities):
                return passage.id
        return ""

    # --- names ----------------------------------------------------------------------------------------------------

    def says(self, claim: Claim) -> str:
        """The id of a passage that states the same as a claim, read like the text itself; "" when none does."""
        for number, (passage, draft) in enumerate(self._drafts):
            for unit in draft.units:
                joined_here = claim.subject in _about(unit) and any(_names(slot, claim.object) for slot in unit.slots)
                if joined_here and (claim.subject, claim.relation, claim.object) in self._told(number, unit):
                    return passage.id
        return ""

    def _told(self, number: int, unit: Unit) -> frozenset[tuple[str, str, str]]:
        """What a unit of a passage states in clear words, read when it is first asked for."""
        key = number, unit.number
        if key not in self._claims:
            self._claims[key] = frozenset(
                (told.subject, told.relation, told.object)
                for told in self._reader.read_unit(unit)
                if told.modality == "asserted" and (told.exact or (told.near and told.score >= _CLEAR))
            )
        return self._claims[key]

    def together(self, subject: str, concept: str) -> str:
        """The id of a passage with a sentence about `subject` that names `concept`; "" when there is none."""
        for name, passage in sorted(self._names.get(subject, ())):
            if name == concept:
                return passage
        return ""

    # --- whole sentences ------------------------------------------------------------------------------------------

    def coverage(self, sentence: str) -> float:
        """The share of a sentence's content words that the passage nearest to it has; 1.0 for one without any."""
        wanted = set(content_words(sentence))
        if not wanted:
            return 1.0
        if self._words is None:
            self._words = [set(content_words(passage.text)) for passage in self._passages]
        return max((len(wanted & words) / len(wanted) for words in self._words), default=0.0)

    # --- reading --------------------------------------------------------------------------------------------------

    def _read(self, passage: Passage, draft: Draft) -> None:
        main = next((link.concept for link in draft.links if not link.ambiguous and not link.weak), None)
        for unit in draft.units:
            here = [
                slot.link.concept for slot in unit.slots if slot.link and not slot.link.ambiguous and not slot.link.weak
            ]
            subjects = dict.fromkeys(
                [*here[:1], *([main] if main else []), *unit.topics[:1]]
                if not here
                else [*here, *([main] if main else [])]
            )
            for slot in unit.slots:
                self._note(passage, unit, slot, subjects)

    def _note(self, passage: Passage, unit: Unit, slot: Slot, subjects: Iterable[str]) -> None:
        place = slot.start - unit.start, slot.end - unit.start
        if modality_of(unit.plain, *place) in ("historical", "negated", "hedged", "asked"):
            return
        if slot.quantity is None:
            for subject in subjects:
                self._names.setdefault(subject, set()).update((concept, passage.id) for concept in slot.concepts)
            return
        first, last = clause_around(unit.text, *place)
        words = joined(bag(unit.key), bag(unit.text[first : place[0]]), bag(unit.text[place[1] : last]))
        for subject in subjects:
            self._about.setdefault(subject, []).append(_Said(slot.quantity, words, passage.id))


def _about(unit: Unit) -> set[str]:
    """What a unit may be about: the concepts that it names, or that were named before it."""
    return {slot.link.concept for slot in unit.slots if slot.link}.union(unit.topics)


def _names(slot: Slot, concept: str) -> bool:
    return slot.link is not None and slot.link.concept == concept


def words_around(unit: Unit, slot: Slot) -> Bag:
    """The words of the clause around a slot, without names and quantities."""
    place = slot.start - unit.start, slot.end - unit.start
    first, last = clause_around(unit.text, *place)
    rest = list(unit.text)
    for other in unit.slots:
        rest[other.start - unit.start : other.end - unit.start] = " " * (other.end - other.start)
    clause = re.sub(r"\[\d+\]", " ", "".join(rest)[first:last])
    return joined(bag(unit.key), bag(clause))
