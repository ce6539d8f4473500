"""`Checker`: a text held true to the term graph. The whole story of a check is `Checker.check`.

Rewrite only what is contradicted; mark what is merely unsupported; when in doubt, leave the text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from knowledge.alignment import metrics
from knowledge.alignment.claims import ClaimReader
from knowledge.alignment.draft import Draft, Slot, read_draft
from knowledge.alignment.explanations import Edition, explain
from knowledge.alignment.memory import Memory
from knowledge.alignment.modality import only_dated
from knowledge.alignment.model_reading import SentenceReader, unread
from knowledge.alignment.passages import Passages, words_around
from knowledge.alignment.quantities import find_quantities
from knowledge.alignment.readings import ClaimReading, in_words, readings
from knowledge.alignment.relations import Judgement, RelationJudge
from knowledge.alignment.repair import Repair
from knowledge.alignment.rewriting import TRIES, SentenceWriter, acceptable
from knowledge.alignment.terms import TermCheck, TermFinding
from knowledge.graph.linker import Linker
from knowledge.graph.store import TermGraph
from knowledge.types import AlignmentReport, Edit, Finding, FindingKind, Language, MentionResult, Passage, User, Verdict

if TYPE_CHECKING:
    from knowledge.alignment.grounding import Doubt
    from knowledge.protocols import Embedder

_ROUNDS = 3
_SENTENCES = {"off": 0, "bounded": 1, "on": 5}
PASSAGE = "passage "
"""How evidence begins that names a passage by its id."""

T = TypeVar("T", Finding, Edit)


class CheckSettings(Protocol):
    """What may be set: whether to edit at all, and whether good but not preferred names are replaced too."""

    @property
    def edit(self) -> bool:
        """False: only findings."""

    @property
    def prefer_preferred(self) -> bool:
        """True: alternative labels are replaced by preferred ones."""

    @property
    def model(self) -> Literal["off", "bounded", "on"]:
        """Whether a model may write sentences anew and read them: none, one of a text, or up to five."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings of a checker that is used by itself."""

    edit: bool = True
    prefer_preferred: bool = False
    model: Literal["off", "bounded", "on"] = "off"


@dataclass(frozen=True, slots=True)
class _Examined:
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


class Checker:
    """Checks texts against one revision of the graph. Deterministic, without any model; safe from many threads."""

    def __init__(
        self,
        graph: TermGraph,
        linker: Linker,
        embedder: Embedder | None = None,
        settings: CheckSettings | None = None,
        today: Callable[[], date] = date.today,
        suggesting: Callable[[], Collection[str]] | None = None,
        edition: Callable[[], Edition] = Edition,
        writer: SentenceWriter | None = None,
        model_reader: SentenceReader | None = None,
    ) -> None:
        """`suggesting` tells which rules may not edit at present; what they would change becomes a finding's reason.

        `edition` tells what the graph's revision is called; reasons and evidence name it. `writer` is the last resort
        for sentences in which no name or number alone can be put right, and `model_reader` for sentences of which
        nothing else reads what they state (it only marks); `CheckSettings.model` says for how many.
        """
        self._graph = graph
        self._linker = linker
        self._embedder = embedder
        self._settings: CheckSettings = settings or Defaults()
        self._today = today
        self._suggesting: Callable[[], Collection[str]] = suggesting or frozenset
        self._edition = edition
        self._writer = writer
        self._model_reader = model_reader
        self._reader = ClaimReader(graph)

    def check(
        self,
        text: str,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        user: User | None = None,
        language: Language | None = None,
    ) -> AlignmentReport:
        """What the graph and the passages say to a text, and the text with what is contradicted put right.

        `user` None: no restriction by access (one's own graph); otherwise concepts that the user may not see take no
        part and leave no trace. `language` is that of the explanations, by default the text's own. Checking the
        result again changes nothing.
        """
        return self.checking(passages, question, user, language)(text)

    def checking(
        self,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        user: User | None = None,
        language: Language | None = None,
        *,
        with_model: bool = True,
    ) -> Callable[[str], AlignmentReport]:
        """`check` for several texts one after another, with passages and question read once. For one thread.

        `with_model` False: no model is asked, whatever the settings say.
        """
        check = _Check(self, passages, question or "", user, language)
        has_model = self._writer is not None or self._model_reader is not None
        sentences = _SENTENCES[self._settings.model] if with_model and has_model else 0

        def checked(text: str) -> AlignmentReport:
            first = check.examine(text)
            edits, last = check.repair(first) if self._settings.edit else ((), first)
            if sentences and self._settings.edit and self._writer is not None:
                more, last = check.rewrite(last, self._writer, sentences)
                edits += more
            told = check.read_by_model(first, self._model_reader, sentences) if self._model_reader else []
            return self._report(first, last, edits, check, told)

        return checked

    def read(
        self,
        text: str,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        user: User | None = None,
        language: Language | None = None,
    ) -> list[ClaimReading]:
        """The claims that `check` reads in a text, with what decided about each; arguments as for `check`."""
        seen = _Check(self, passages, question or "", user, language).examine(text)
        return readings(self._graph, seen.draft, seen.judgements, language or seen.draft.language)

    def _report(
        self, first: _Examined, last: _Examined, edits: tuple[Edit, ...], check: _Check, by_model: Sequence[Finding]
    ) -> AlignmentReport:
        draft, edition = first.draft, self._edition()
        language = check.language or draft.language
        findings = _ordered([*first.findings, *check.unsupported(first), *by_model])
        accuracy, coverage = metrics.relation_measures(first.judgements)
        sentences = [draft.text[start:end] for start, end in draft.sentences]
        return AlignmentReport(
            verdict=_verdict(findings),
            answer=last.draft.text,
            draft=draft.text,
            findings=tuple(_dated(finding, edition, language) for finding in findings),
            edits=tuple(_dated(edit, edition, language) for edit in edits),
            mentions=tuple(
                MentionResult(start=link.start, end=link.end, concept=link.concept, label_kind=link.readings[0].kind)
                for link in draft.links
                if not link.weak
            ),
            term_coverage=metrics.term_coverage(draft.links),
            relation_accuracy=accuracy,
            relation_coverage=coverage,
            contextual_consistency=metrics.contextual_consistency(sentences, check.passages),
            similarity=metrics.similarity(draft.text, check.passage_texts, self._embedder),
            graph_revision=self._graph.revision,
        )


class _Check:
    """One call of `Checker.check`: the question and the passages, read once for all rounds."""

    def __init__(
        self, checker: Checker, passages: Sequence[Passage], question: str, user: User | None, language: Language | None
    ) -> None:
        self._graph, self._linker, self._reader = checker._graph, checker._linker, checker._reader  # noqa: SLF001
        self._user, self.language = user, language
        self._terms = TermCheck(self._graph, user, prefer_preferred=checker._settings.prefer_preferred)  # noqa: SLF001
        self._judge = RelationJudge(self._graph, self._reader.profiles, user, checker._today())  # noqa: SLF001
        self.passages = Passages(passages, self._linker, self._reader, user, None)
        self._question = question
        self._memory = Memory()
        self._suggesting = checker._suggesting()  # noqa: SLF001
        self.passage_texts = [passage.text for passage in passages]
        asked = [link for link in self._linker.find(question, user) if not link.ambiguous and not link.weak]
        self._asked = [link.concept for link in asked]
        self._asked_quantities = find_quantities(question)
        self._context = [asked, *self.passages.links]

    # --- looking --------------------------------------------------------------------------------------------------

    def examine(self, text: str) -> _Examined:
        """Protect, link, read claims, check terms, relations and quantities, and plan what could be put right."""
        draft = read_draft(text, self._linker, self._user, None, self._context, self._asked)
        language = self.language or draft.language
        terms = self._terms.check(draft, language)
        judgements = self._judge.judge(self._reader.read(draft, self._memory))
        repair = Repair(self._graph, draft, language, self._asked, self._asked_quantities)
        findings = [_term_finding(draft, term) for term in terms]
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
        findings.extend(_ambiguous(draft))
        told = _with_reasons(findings, repairs)
        allowed = [edits for edits in repairs if not any(edit.rule in self._suggesting for edit in edits)]
        return _Examined(draft, _ordered(told), tuple(judgements), tuple(allowed))

    def _relation(
        self, draft: Draft, judgement: Judgement, judgements: Sequence[Judgement], repair: Repair
    ) -> tuple[Finding | None, list[Edit]]:
        """What one claim comes to, with the passages as second witness."""
        claim = judgement.claim
        if judgement.status == "unsupported" or not _stands(draft, judgement):
            return None, []
        if judgement.status == "supported":
            return self._claim_finding(draft, "supported", judgement), []
        if claim.target.quantity is not None:
            told = self.passages.states(claim.target.quantity)
            if told:
                return self._claim_finding(draft, "conflict", judgement, told), []
            return self._claim_finding(draft, "contradicted", judgement), repair.quantity(judgement)
        told = self.passages.says(claim) or self._only_named(judgement)
        if told:
            return self._claim_finding(draft, "conflict", judgement, told), []
        return self._claim_finding(draft, "contradicted", judgement), repair.name(judgement, judgements)

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
        from knowledge.alignment.modality import modality_of

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
                            (_finding(draft, "supported", slot, (subject,), (f"passage {witness.passage}",)), [])
                        )
                        break
                    if witness.status == "contradicted":
                        finding = _finding(draft, "contradicted", slot, (subject,), (f"passage {witness.passage}",))
                        found.append((finding, repair.witnessed(subject, said, witness)))
                        break
        return found

    def _claim_finding(self, draft: Draft, kind: FindingKind, judgement: Judgement, passage: str = "") -> Finding:
        claim = judgement.claim
        language = self.language or draft.language
        evidence = [in_words(self._graph, fact, language) for fact in judgement.facts]
        if passage:
            evidence.append(f"passage {passage}")
        concepts = (claim.subject, claim.object) if claim.target.link else (claim.subject,)
        return _finding(draft, kind, claim.target, concepts, tuple(evidence), claim.relation)

    # --- marking --------------------------------------------------------------------------------------------------

    def unsupported(self, seen: _Examined) -> list[Finding]:
        """What neither graph nor passages bear out. It is marked, not edited, so the repairs need not know of it."""
        draft = seen.draft
        settled = {(finding.start, finding.end) for finding in seen.findings}
        found: list[Finding] = []
        for judgement in seen.judgements:
            target = judgement.claim.target
            if (target.start, target.end) not in settled and _clear(judgement):
                finding = self._silent(draft, judgement)
                if finding is not None:
                    found.append(finding)
                    settled.add((target.start, target.end))
        if len(self.passages):
            asked = read_draft(self._question, self._linker, self._user, None)
            places = [*settled, *(_subject_places(seen.judgements))]
            read = [judgement.claim.target.start for judgement in seen.judgements if judgement.claim.score >= _FAIR]
            doubts = self.passages.grounds.doubts(draft, places, read, asked)
            found += [self._doubt(draft, doubt) for doubt in doubts]
        return found

    def read_by_model(self, seen: _Examined, reader: SentenceReader, most: int) -> list[Finding]:
        """What up to `most` sentences state that only a model can read, as far as the graph speaks of it."""
        draft, graph = seen.draft, self._graph
        read = [judgement.claim for judgement in seen.judgements]
        settled = [(finding.start, finding.end) for finding in seen.findings]
        found: list[Finding] = []
        for sentence in islice(unread(graph, self._reader.profiles, draft, read, settled), most):
            spoken = draft.language_at(sentence.unit.start, sentence.unit.end)
            names = [draft.text[slot.start : slot.end] for slot in sentence.slots]
            relations = [graph.label(relation.id, spoken) for relation in sentence.relations]
            for attempt in range(TRIES):
                claims = sentence.claims(reader.triples(sentence.text, names, relations, spoken, attempt))
                if claims is not None:
                    found += [
                        self._by_model(draft, judgement) for judgement in self._judge.judge(claims) if judgement.facts
                    ]
                    break
        return found

    def _by_model(self, draft: Draft, judgement: Judgement) -> Finding:
        """Supported, or a mark: a reading that nobody checked is no ground to call a sentence wrong."""
        kind: FindingKind = "supported" if judgement.status == "supported" else "unsupported"
        rule, language = f"{kind}.model", self.language or draft.language
        finding = self._claim_finding(draft, kind, judgement)
        return finding.model_copy(update={"rule": rule, "reason": explain(rule, language)})

    def _silent(self, draft: Draft, judgement: Judgement) -> Finding | None:
        """What a claim comes to that the graph says nothing about: a passage may bear it out."""
        claim = judgement.claim
        if claim.target.quantity is not None:
            # The passages were asked about all quantities already
            return None if len(self.passages) else self._unborne(draft, judgement)
        told = self.passages.says(claim) or self.passages.together(claim.subject, claim.object)
        if told:
            return self._claim_finding(draft, "supported", judgement, told)
        return self._unborne(draft, judgement)

    def _unborne(self, draft: Draft, judgement: Judgement) -> Finding:
        rule, language = "unsupported.claim", self.language or draft.language
        finding = self._claim_finding(draft, "unsupported", replace(judgement, facts=()))
        return finding.model_copy(update={"rule": rule, "reason": explain(rule, language)})

    def _doubt(self, draft: Draft, doubt: Doubt) -> Finding:
        rule, language = f"unsupported.{doubt.reason}", self.language or draft.language
        finding = _finding(draft, "unsupported", Slot(doubt.start, doubt.end))
        return finding.model_copy(update={"rule": rule, "reason": explain(rule, language, text=finding.text)})

    # --- putting right --------------------------------------------------------------------------------------------

    def repair(self, first: _Examined) -> tuple[tuple[Edit, ...], _Examined]:
        """Apply what can be put right, look again, and keep only what made the text better.

        Gives the edits that stand and the last look. An edit's offsets count the text that it was made in.
        """
        kept: list[Edit] = []
        now = first
        for _ in range(_ROUNDS):
            if not now.repairs:
                break
            edits, after = self._better(now)
            if after is None:
                break
            kept.extend(edits)
            now = after
        if now.repairs and kept:
            # Something would be changed by the next check: rather leave all as it was
            return (), first
        return tuple(kept), now

    def _better(self, now: _Examined) -> tuple[list[Edit], _Examined | None]:
        """All repairs together if that helps, else those that help one by one; (…, None) if none does."""
        together = _without_overlap(now.repairs)
        edits = [edit for repair in together for edit in repair]
        after = self.examine(applied(now.draft.text, edits))
        if after.errors < now.errors and not after.repairs:
            return edits, after
        good: list[tuple[Edit, ...]] = []
        best, errors = None, now.errors
        for repair in together:
            trial = self.examine(applied(now.draft.text, [edit for one in [*good, repair] for edit in one]))
            if trial.errors < errors:
                good.append(repair)
                best, errors = trial, trial.errors
        return [edit for repair in good for edit in repair], best

    def rewrite(self, now: _Examined, writer: SentenceWriter, most: int) -> tuple[tuple[Edit, ...], _Examined]:
        """Up to `most` sentences that disagree with the graph, written anew by a model, where that makes them right."""
        kept: list[Edit] = []
        asked: set[str] = set()
        for _ in range(most):
            wrong = next((each for each in now.findings if _told_by_graph(each) and each.sentence not in asked), None)
            if wrong is None:
                break
            asked.add(wrong.sentence)
            edit, after = self._rewritten(now, wrong, writer)
            if edit is not None:
                kept.append(edit)
                now = after
        return tuple(kept), now

    def _rewritten(self, now: _Examined, wrong: Finding, writer: SentenceWriter) -> tuple[Edit | None, _Examined]:
        start, end = now.draft.sentence_around(wrong.start, wrong.end)
        sentence = now.draft.text[start:end]
        language = self.language or now.draft.language
        spoken = now.draft.language_at(start, end)
        facts = tuple(wrong.evidence)
        for attempt in range(TRIES):
            draft = writer.rewritten(sentence, facts, spoken, attempt)
            if not acceptable(sentence, draft, facts, self._linker, self._user):
                continue
            edit = Edit(
                kind="sentence", start=start, end=end, before=sentence, after=draft, rule="sentence.rewritten",
                reason=explain("sentence.rewritten", language), evidence=facts, confidence=0.7,
            )  # fmt: skip
            after = self.examine(applied(now.draft.text, [edit]))
            if after.errors < now.errors and not after.repairs and after.supported > now.supported:
                return edit, after
        return None, now


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits made; their offsets all count `text`, and they do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.after + text[edit.end :]
    return text


def _without_overlap(repairs: Sequence[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """Repairs in the order of the text; of those that touch the same place only the first."""
    chosen: list[tuple[Edit, ...]] = []
    taken: list[tuple[int, int]] = []
    for repair in sorted(repairs, key=lambda repair: (repair[0].start, repair[0].end)):
        if any(a < edit.end and edit.start < b for edit in repair for a, b in taken):
            continue
        chosen.append(repair)
        taken.extend((edit.start, edit.end) for edit in repair)
    return chosen


def _stands(draft: Draft, judgement: Judgement) -> bool:
    """Whether a claim is asserted of today. Who did what to whom is as wrong of last year, and then only marked."""
    claim = judgement.claim
    if claim.modality == "asserted":
        return True
    dated = judgement.reversed and claim.modality == "historical"
    return dated and only_dated(draft.units[claim.unit].plain)


def _dated(told: T, edition: Edition, language: Language) -> T:
    """A finding or edit whose reason and evidence from the graph name the graph's edition."""
    evidence = [part if part.startswith(PASSAGE) else edition.dated(part, language) for part in told.evidence]
    of_graph = told.reason and not told.rule.startswith(("quantity.passage", "unsupported"))
    reason = edition.dated(told.reason, language) if of_graph else told.reason
    return told.model_copy(update={"evidence": tuple(evidence), "reason": reason})


def _told_by_graph(finding: Finding) -> bool:
    """Whether the graph says what is right where a finding is wrong."""
    return finding.kind == "contradicted" and any(not part.startswith(PASSAGE) for part in finding.evidence)


_FAIR = 0.5
"""How well words must fit a relation for the sentence to count as read."""

_SURE = 0.75
"""How well words must fit a relation before the lack of a fact is worth a mark."""


def _clear(judgement: Judgement) -> bool:
    """Whether a claim that the graph does not know is read without doubt and asserted."""
    claim = judgement.claim
    sure = claim.exact or (claim.near and claim.score >= _SURE)
    return judgement.silent and sure and not claim.vague and claim.modality == "asserted"


def _subject_places(judgements: Sequence[Judgement]) -> list[tuple[int, int]]:
    """Where the subjects of what the graph speaks about stand: it vouches for them."""
    slots = [judgement.claim.subject_slot for judgement in judgements if judgement.status != "unsupported"]
    return [(slot.start, slot.end) for slot in slots if slot is not None]


def _term_finding(draft: Draft, term: TermFinding) -> Finding:
    slot = Slot(term.link.start, term.link.end, link=term.link)
    return _finding(draft, term.kind if term.kind == "forbidden" else "deprecated", slot, slot.concepts)


def _with_reasons(findings: Sequence[Finding], repairs: Sequence[tuple[Edit, ...]]) -> list[Finding]:
    """The findings, each with the rule and the reason of the edit that is made or suggested in its place."""
    edits = [edit for repair in repairs for edit in repair]
    told = []
    for finding in findings:
        edit = next((edit for edit in edits if edit.start < finding.end and finding.start < edit.end), None)
        wrong = finding.kind in ("contradicted", "deprecated", "forbidden")
        told.append(
            finding.model_copy(update={"rule": edit.rule, "reason": edit.reason}) if edit and wrong else finding
        )
    return told


def _ambiguous(draft: Draft) -> list[Finding]:
    """Names that more than one concept may be meant by."""
    return [
        _finding(draft, "ambiguous", slot, slot.concepts)
        for unit in draft.units
        for slot in unit.slots
        if slot.link is not None and slot.link.ambiguous and not slot.link.weak
    ]


def _finding(
    draft: Draft,
    kind: FindingKind,
    slot: Slot,
    concepts: tuple[str, ...] = (),
    evidence: tuple[str, ...] = (),
    predicate: str | None = None,
) -> Finding:
    start, end = draft.sentence_around(slot.start, slot.end)
    return Finding(
        kind=kind,
        start=slot.start,
        end=slot.end,
        text=draft.text[slot.start : slot.end],
        concepts=concepts,
        predicate=predicate,
        evidence=evidence,
        sentence=draft.text[start:end],
    )


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.start, finding.end, finding.kind)))


def _named(slots: Sequence[Slot]) -> list[str]:
    return [slot.link.concept for slot in slots if slot.link and not slot.link.ambiguous and not slot.link.weak]


def _verdict(findings: Sequence[Finding]) -> Verdict:
    kinds = {finding.kind for finding in findings}
    if "contradicted" in kinds:
        return "contradicted"
    if kinds & {"unsupported", "conflict", "ambiguous"}:
        return "unsupported"
    return "supported" if "supported" in kinds else "nothing_to_check"
