"""What to change, if anything: one span for one value, only where exactly one value is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from knowledge.alignment.claims import Claim
from knowledge.alignment.draft import Draft, Slot
from knowledge.alignment.explanations import explain, stated
from knowledge.alignment.passages import Witness
from knowledge.alignment.protection import is_protected
from knowledge.alignment.quantities import Quantity
from knowledge.alignment.quantity_comparing import stands_among
from knowledge.alignment.quantity_writing import rewritten
from knowledge.alignment.relations import Judgement
from knowledge.alignment.terms import fitted
from knowledge.alignment.values import fact_quantity
from knowledge.graph.linker import Link
from knowledge.graph.store import TermGraph
from knowledge.types import Edit, Language


class Repair:
    """Plans edits for contradicted claims of one draft. `language` is that of explanations.

    `asked` and `asked_quantities` are what the question names: the user's own words are not put right.
    """

    def __init__(
        self,
        graph: TermGraph,
        draft: Draft,
        language: Language,
        asked: Iterable[str] = (),
        asked_quantities: Sequence[Quantity] = (),
    ) -> None:
        self._graph = graph
        self._draft = draft
        self._language = language
        self._asked = frozenset(asked)
        self._asked_quantities = asked_quantities

    def name(self, judgement: Judgement, judgements: Sequence[Judgement]) -> list[Edit]:
        """Edits that put the right name in the place of a wrong one; [] when it is not certain enough.

        Refused where the question already takes the wrong name for granted, where the name is taken up again
        elsewhere without being explained, and in protected places.
        """
        claim = judgement.claim
        if judgement.reversed:
            return [] if judgement.borrowed or claim.modality != "asserted" else self._turned(claim)
        link = claim.target.link
        left = self._left_over(judgement, judgements)
        if link is None or len(left) != 1:
            return []
        right = left[0]
        if claim.object in self._asked or self._taken_up(claim, judgements) or self._stands_beside(right, link):
            return []
        if right in self._graph and self._graph.deprecated(right):
            return []
        spoken = self._draft.language_at(link.start, link.end)
        name = self._graph.preferred(right, spoken)
        if name is None or not self._editable(link.start, link.end):
            return []
        start, end, after = fitted(self._draft.text, link, link.readings[0].label, name)
        return [self._edit("relation", "relation.value", claim, start, end, after, right, name)]

    def quantity(self, judgement: Judgement) -> list[Edit]:
        """The edit that puts the graph's number or date in the place of a wrong one, written alike."""
        claim = judgement.claim
        said = claim.target.quantity
        if said is None or len(judgement.facts) != 1 or not self._may_replace(said):
            return []
        true = fact_quantity(self._graph, judgement.facts[0])
        after = self._written(said, true)
        if after is None:
            return []
        return [self._edit("quantity", "quantity.value", claim, said.start, said.end, after, None, after)]

    def witnessed(self, subject: str, said: Quantity, witness: Witness) -> list[Edit]:
        """The edit that puts a passage's number or date in the place of a wrong one."""
        if witness.right is None or not self._may_replace(said):
            return []
        after = self._written(said, witness.right)
        if after is None:
            return []
        name = self._graph.label(subject, self._language)
        reason = explain("quantity.passage", self._language, subject=name, before=said.text, after=after)
        return [
            Edit(
                kind="quantity", start=said.start, end=said.end, before=said.text, after=after, concept=subject,
                rule="quantity.passage", reason=reason, evidence=(f"passage {witness.passage}",), confidence=0.9,
            )
        ]  # fmt: skip

    # --- helpers --------------------------------------------------------------------------------------------------

    def _written(self, said: Quantity, true: Quantity | None) -> str | None:
        if true is None:
            return None
        after = rewritten(said, true, self._draft.language_at(said.start, said.end))
        return after if after and after != said.text else None

    def _turned(self, claim: Claim) -> list[Edit]:
        """Both names exchanged, where each stands once in the sentence."""
        one, other = claim.subject_slot, claim.target
        if one is None or one.link is None or other.link is None or claim.group > 1:
            return []
        draft = self._draft
        sentence = draft.sentence_around(min(one.start, other.start), max(one.end, other.end))
        for slot in (one, other):
            if not self._editable(slot.start, slot.end) or not self._once(slot, sentence):
                return []
        if one.link.readings[0].kind in ("deprecated", "forbidden") or other.link.readings[0].kind in (
            "deprecated",
            "forbidden",
        ):
            return []
        rule = "relation.direction"
        edits = []
        for slot, instead in ((one, other), (other, one)):
            if slot.link is None or instead.link is None:
                return []
            start, end, after = fitted(draft.text, slot.link, slot.link.readings[0].label, instead.link.text)
            right = replace(claim, subject=claim.object, object=claim.subject)
            name = self._graph.label(claim.subject, self._language)
            edits.append(self._edit("relation", rule, right, start, end, after, instead.link.concept, name))
        return sorted(edits, key=lambda edit: edit.start)

    def _once(self, slot: Slot, sentence: tuple[int, int]) -> bool:
        return (
            sum(link.concept in slot.concepts for link in self._draft.links if sentence[0] <= link.start < sentence[1])
            == 1
        )

    def _may_replace(self, said: Quantity) -> bool:
        return self._editable(said.start, said.end) and not stands_among(said, self._asked_quantities)

    def _editable(self, start: int, end: int) -> bool:
        return not is_protected(self._draft.protected, self._draft.text, start, end)

    def _left_over(self, judgement: Judgement, judgements: Sequence[Judgement]) -> list[str]:
        """The right values that may stand here: of "A and B" only those that are not said already."""
        claim = judgement.claim
        if claim.group == 1:
            return list(judgement.right)
        said = {
            other.claim.object
            for other in judgements
            if other.status == "supported"
            and (other.claim.subject, other.claim.relation) == (claim.subject, claim.relation)
        }
        wrong = [
            other
            for other in judgements
            if other.status == "contradicted"
            and (other.claim.subject, other.claim.relation) == (claim.subject, claim.relation)
        ]
        left = [right for right in judgement.right if right not in said]
        if claim.subject_slot is not None and not said and len(wrong) == 1:
            return left  # "A and B are owned by C and D respectively": one subject, one object
        return left if said and len(wrong) == 1 else []

    def _stands_beside(self, right: str, link: Link) -> bool:
        """Whether the right name stands next to the place already: "Texas, United States"."""
        text = self._draft.text
        return any(
            other.concept == right
            and not re.search(r"[^\s,，、(（)）/]", text[min(link.end, other.end) : max(link.start, other.start)])
            for other in self._draft.links
        )

    def _taken_up(self, claim: Claim, judgements: Sequence[Judgement]) -> bool:
        """Whether the wrong name stands elsewhere in the text without a true statement that explains it."""
        explained = {
            place
            for judgement in judgements
            if judgement.status == "supported"
            for place in (
                judgement.claim.target.start,
                judgement.claim.subject_slot.start if judgement.claim.subject_slot else -1,
            )
        }
        return any(
            link.concept == claim.object and link.start != claim.target.start and link.start not in explained
            for link in self._draft.links
        )

    def _edit(
        self, kind: str, rule: str, claim: Claim, start: int, end: int, after: str, concept: str | None, value: str
    ) -> Edit:
        graph, language = self._graph, self._language
        subject, relation = graph.label(claim.subject, language), graph.label(claim.relation, language)
        before = self._draft.text[start:end]
        reason = explain(rule, language, relation=relation, subject=subject, before=before, after=value)
        return Edit(
            kind=kind,
            start=start,
            end=end,
            before=before,
            after=after,
            concept=concept,
            rule=rule,
            reason=reason,
            evidence=(stated(subject, relation, value),),
            confidence=round(min(1.0, 0.6 + 0.4 * claim.score), 2),
        )
