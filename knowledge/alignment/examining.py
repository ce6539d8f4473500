"""One look at a text: what the graph and the passages say to it, and what could be put right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.alignment.claims import ClaimReader
from knowledge.alignment.draft import Draft, Slot, read_draft
from knowledge.alignment.findings import PASSAGE, ambiguous, finding_at, ordered, term_finding, with_reasons
from knowledge.alignment.memory import Memory
from knowledge.alignment.modality import modality_of, only_dated
from knowledge.alignment.passages import Passages, words_around
from knowledge.alignment.quantities import find_quantities
from knowledge.alignment.readings import in_words
from knowledge.alignment.relations import Judgement, RelationJudge
from knowledge.alignment.repair import Repair
from knowledge.alignment.terms import TermCheck
from knowledge.graph.linker import Linker
from knowledge.graph.store import TermGraph
from knowledge.types import Edit, Finding, FindingKind, Language, Passage, User


@dataclass(frozen=True, slots=True)
class Examined:
    """One look at one text: what was found, and what could be done about it."""

    draft: Draft
    findings: tuple[Finding, ...]
    judgements: tuple[Judgement, ...]
    repairs: tuple[tuple[Edit, ...], ...]

    @property
    def errors(self) -> int:
        """Findings that an edit should make fewer."""
        return sum(finding.kind in ("contradicted", "deprecated", "forbidden") for finding in self.findings)

    @property
    def supported(self) -> int:
        """Findings that must not become fewer."""
        return sum(finding.kind == "supported" for finding in self.findings)


class Examination:
    """One call of `Checker.check`: the question and the passages, read once for all looks at the text."""

    def __init__(
        self,
        graph: TermGraph,
        linker: Linker,
        reader: ClaimReader,
        passages: Sequence[Passage],
        question: str,
        user: User | None,
        language: Language | None,
        *,
        day: date,
        suggesting: Collection[str],
        prefer_preferred: bool,
    ) -> None:
        """`suggesting`: rules that may not edit; `language` is that of reasons and evidence, None: the text's own."""
        self.graph, self.linker, self.reader = graph, linker, reader
        self.question, self.user, self.language = question, user, language
        self.passages = Passages(passages, linker, reader, user, None)
        self.passage_texts = [passage.text for passage in passages]
        self.judge = RelationJudge(graph, reader.profiles, user, day)
        self._terms = TermCheck(graph, user, prefer_preferred=prefer_preferred)
        self._memory = Memory()
        self._suggesting = suggesting
        asked = [link for link in linker.find(question, user) if not link.ambiguous and not link.weak]
        self._asked = [link.concept for link in asked]
        self._asked_quantities = find_quantities(question)
        self._context = [asked, *self.passages.links]

    def examine(self, text: str) -> Examined:
        """Protect, link, read claims, check terms, relations and quantities, and plan what could be put right."""
        draft = read_draft(text, self.linker, self.user, None, self._context, self._asked)
        language = self.language or draft.language
        terms = self._terms.check(draft, language)
        judgements = self.judge.judge(self.reader.read(draft, self._memory))
        repair = Repair(self.graph, draft, language, self._asked, self._asked_quantities)
        findings = [term_finding(draft, term) for term in terms]
        repairs: list[tuple[Edit, ...]] = [(term.edit,) for term in terms if term.edit is not None]
        checked: set[int] = set()
        for judgement in judgements:
            finding, edits = self._relation(draft, judgement, judgements, repair)
            if finding is not None:
                findings.append(finding)
                checked.add(judgement.claim.target.start)
            if edits:
                repairs.append(tuple(edits))
        for finding, edits in self._quantities(draft, checked, repair):
            findings.append(finding)
            if edits:
                repairs.append(tuple(edits))
        findings.extend(ambiguous(draft))
        told = with_reasons(findings, repairs)
        allowed = [edits for edits in repairs if not any(edit.rule in self._suggesting for edit in edits)]
        return Examined(draft, ordered(told), tuple(judgements), tuple(allowed))

    def _relation(
        self, draft: Draft, judgement: Judgement, judgements: Sequence[Judgement], repair: Repair
    ) -> tuple[Finding | None, list[Edit]]:
        """What one claim comes to, with the passages as second witness."""
        claim = judgement.claim
        if judgement.status == "unsupported" or not _stands(draft, judgement):
            return None, []
        if judgement.status == "supported":
            return self.claim_finding(draft, "supported", judgement), []
        if claim.target.quantity is not None:
            told = self.passages.states(claim.target.quantity)
            if told:
                return self.claim_finding(draft, "conflict", judgement, told), []
            return self.claim_finding(draft, "contradicted", judgement), repair.quantity(judgement)
        told = self.passages.says(claim) or self._only_named(judgement)
        if told:
            return self.claim_finding(draft, "conflict", judgement, told), []
        return self.claim_finding(draft, "contradicted", judgement), repair.name(judgement, judgements)

    def _only_named(self, judgement: Judgement) -> str:
        """A passage that names the text's value beside the subject, while none names the graph's."""
        claim = judgement.claim
        if judgement.reversed or any(self.passages.together(claim.subject, right) for right in judgement.right):
            return ""
        return self.passages.together(claim.subject, claim.object)

    def _quantities(self, draft: Draft, checked: set[int], repair: Repair) -> list[tuple[Finding, list[Edit]]]:
        """Quantities that the graph knows nothing about, against the passages."""
        if not len(self.passages):
            return []
        found: list[tuple[Finding, list[Edit]]] = []
        for unit in draft.units:
            subjects = list(dict.fromkeys([*_named(unit.slots), *unit.topics]))[:2]
            for slot in unit.slots:
                said = slot.quantity
                if said is None or slot.start in checked or not subjects:
                    continue
                if modality_of(unit.plain, slot.start - unit.start, slot.end - unit.start) != "asserted":
                    continue
                words = words_around(unit, slot)
                for subject in subjects:
                    witness = self.passages.quantity(subject, said, words)
                    if witness.status == "supported":
                        found.append(
                            (finding_at(draft, "supported", slot, (subject,), (PASSAGE + witness.passage,)), [])
                        )
                        break
                    if witness.status == "contradicted":
                        finding = finding_at(draft, "contradicted", slot, (subject,), (PASSAGE + witness.passage,))
                        found.append((finding, repair.witnessed(subject, said, witness)))
                        break
        return found

    def claim_finding(self, draft: Draft, kind: FindingKind, judgement: Judgement, passage: str = "") -> Finding:
        """A finding about what a claim says, with the graph's facts and a passage as evidence."""
        claim = judgement.claim
        language = self.language or draft.language
        evidence = [in_words(self.graph, fact, language) for fact in judgement.facts]
        if passage:
            evidence.append(PASSAGE + passage)
        concepts = (claim.subject, claim.object) if claim.target.link else (claim.subject,)
        return finding_at(draft, kind, claim.target, concepts, tuple(evidence), claim.relation)


def _stands(draft: Draft, judgement: Judgement) -> bool:
    """Whether a claim is asserted of today. Who did what to whom is as wrong of last year, and then only marked."""
    claim = judgement.claim
    if claim.modality == "asserted":
        return True
    dated = judgement.reversed and claim.modality == "historical"
    return dated and only_dated(draft.units[claim.unit].plain)


def _named(slots: Sequence[Slot]) -> list[str]:
    return [slot.link.concept for slot in slots if slot.link and not slot.link.ambiguous and not slot.link.weak]
