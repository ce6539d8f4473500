"""One question from asking to answer: `Assistant.stream` is the main path, in the order in which things happen."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from app import prompts, texts
from app.answer import (
    Answer,
    AnswerEvent,
    EditEvent,
    Event,
    EvidenceEvent,
    ModelInfo,
    StageEvent,
    Timings,
    TokenEvent,
)
from app.settings import Settings, load_settings
from app.wiring import Workspace, open_workspace
from knowledge.errors import InvalidInput, NotFound, PlumblineError
from knowledge.types import (
    ANYONE,
    AlignmentReport,
    Chunk,
    Document,
    DocumentRecord,
    Hit,
    Language,
    Passage,
    RunReport,
    Span,
    User,
    is_document,
)

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

    from app.adaptation import Adaptation, Writer
    from app.attachment import Attachment
    from app.citations import Cited
    from app.continual import Continual
    from app.datasets import Datasets
    from app.documents import ManagedDocuments
    from app.evidence import Evidence
    from app.questions import Turn
    from app.sources import Schedules, Sources
    from app.terms import Terminology
    from app.trace import Trace
    from app.uploads import UploadResult, Uploads
    from knowledge.alignment.streaming import SentenceWatch
    from knowledge.catalog import Catalog
    from knowledge.catalog.versions import Channel
    from knowledge.protocols import Progress
    from knowledge.retriever import RankedChunk

MAX_QUESTION = 4000
"""Characters of a question; longer ones are refused rather than cut."""
_NEAREST = 3
_THOROUGH = 2
"""How many times the evidence is read for an answer that was not good enough."""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as one user may read it: desensitized text with its chunks."""

    document: Document
    text: str
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, where the answer will stand, and what it may be made from."""

    user: User
    conversation: str | None
    after: str
    scope: tuple[str, ...] | None
    attached: tuple[DocumentRecord, ...]
    writer: Writer


@dataclass(slots=True)
class _Understood:
    """A question made ready for searching."""

    asked: str
    question: str
    language: Language
    history: Sequence[Turn]
    search: str
    """As `question`, with names that some documents keep; never stored."""


class Assistant:
    """Answers questions from a workspace's documents, held true to its term graph. Safe from many threads.

    `user` is a name of the workspace's accounts, a `User`, or None: then only what every signed-in user may see is
    found. An unknown or disabled name raises NotPermitted.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.settings = workspace.settings

    @classmethod
    def open(cls, workspace: str | Path | None = None, settings: Settings | None = None) -> Self:
        """The assistant of an existing workspace; raises NotFound when there is none.

        Without `workspace` and `settings` it is the one that the command line would use in this folder.
        """
        if settings is None:
            settings = load_settings(None if workspace is None else Path(workspace))
        elif workspace is not None:
            settings = settings.model_copy(update={"workspace": Path(workspace).expanduser().absolute()})
        return cls(open_workspace(settings))

    # --- asking -------------------------------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        user: str | User | None = None,
        conversation: str | None = None,
        *,
        scope: Sequence[str] | None = None,
        attachment: Attachment | None = None,
    ) -> Answer:
        """The whole answer to `question`; in a conversation it is stored there and follow-ups are understood."""
        for event in self.stream(question, user, conversation, scope=scope, attachment=attachment):
            if isinstance(event, AnswerEvent):
                return event.answer
        raise AssertionError("a stream ends with its answer")

    def stream(
        self,
        question: str,
        user: str | User | None = None,
        conversation: str | None = None,
        *,
        language: Language | None = None,
        history: Sequence[Turn] = (),
        scope: Sequence[str] | None = None,
        attachment: Attachment | None = None,
        instead_of: str | None = None,
        thorough: bool = False,
        channel: Channel | None = None,
        version: str | None = None,
    ) -> Iterator[Event]:
        """The answer as it comes to be: stages, evidence, tokens of the draft, and last the checked answer. Between
        the tokens stands what the checker changes in the sentences that are finished.

        Closing the iterator stops the model. `language` overrides the language of the question; `history` holds
        earlier turns of a talk that is kept elsewhere than in a stored `conversation`. `scope` names the only documents
        to look into, by id, path or folder, out of those that the user may see; raises NotFound when one names none.
        `attachment` is read for this question only and kept nowhere; raises InvalidInput when it cannot be read.
        `instead_of` is a message of the conversation: the new one becomes another version of it. `thorough` reads
        twice as much before it answers, and takes about twice as long. `channel` asks for the stable version or the
        canary of the user's line outright; `version` names one ("": the base) whatever the lines say.
        """
        from app.chain import our_messages
        from app.evidence import answers_surely, relevance
        from app.trace import trace_of

        asker = self.user(user)
        within = self._scope(scope, asker)
        clock = _Clock()
        records: tuple[DocumentRecord, ...] = ()
        if attachment is not None:
            yield StageEvent("reading_file")
            records = self.workspace.attached(attachment.name, attachment.data)
        yield StageEvent("reading_question")
        conversations = self.workspace.conversations
        after = conversations.place(conversation, asker, instead_of) if conversation else ""
        writer = self.versions.writer(asker, channel) if version is None else self.versions.writer_of(version)
        asking = _Asking(asker, conversation, after, within, records, writer)
        earlier = conversations.history(conversation, asker, after=after) if conversation else history
        understood = self._understand(question, earlier, language, writer)

        yield StageEvent("searching")
        ranked = self._retrieve(understood.search, asking)
        evidence = self._select(understood.search, ranked, asking, thorough=thorough)
        clock.mark("retrieve")
        yield EvidenceEvent(evidence.citations(), understood.language)

        draft = ""
        prompt: Sequence[BaseMessage] = ()
        near = relevance(understood.search, ranked, evidence)
        # Whoever attaches a file means it; that "what is this about?" shares no word with it says nothing
        if near >= writer.settings.min_relevance or records:
            yield StageEvent("reading")
            sure = answers_surely(near, writer.settings.sure_relevance, understood.search, evidence)
            prompt = self._prompt(understood, evidence, sure=sure)
            watch = self._watch(evidence, understood, asker)
            for token in self._write(prompt, writer, clock):
                if not draft:
                    clock.first_token()
                    yield StageEvent("writing")
                draft += token
                yield TokenEvent(token)
                yield from _edits(watch.take(draft))
            yield from _edits(watch.take(draft, complete=True))
        clock.mark("generate")

        yield StageEvent("checking")
        trace = trace_of(evidence, our_messages(prompt), within)
        answer = self._conclude(understood, draft, evidence, asking, trace, clock)
        yield AnswerEvent(answer)

    def _write(self, prompt: Sequence[BaseMessage], writer: Writer, clock: _Clock) -> Iterator[str]:
        """The draft as the version's model writes it; a failure counts against the version."""
        from app.chain import answering

        try:
            yield from answering(self.versions.generator(writer), writer.settings.max_tokens).stream(prompt)
        except PlumblineError as error:
            self.versions.record(writer, clock.timings().total, error=type(error).__name__)
            raise

    def _understand(
        self, question: str, history: Sequence[Turn], language: Language | None, writer: Writer
    ) -> _Understood:
        """The question without personal data, complete without the conversation before it."""
        from app.questions import answer_language, leans_on_history

        asked = question.strip()
        if not asked:
            raise InvalidInput("the question is empty; type one")
        if len(asked) > MAX_QUESTION:
            raise InvalidInput(f"the question has {len(asked)} characters; the most is {MAX_QUESTION}, shorten it")
        desensitizer = self.workspace.desensitizer
        clean, _ = desensitizer.desensitize(asked)
        complete = self._rewrite(clean, history, writer) if leans_on_history(clean, history) else clean
        search = desensitizer.for_search(asked, complete)
        return _Understood(clean, complete, language or answer_language(clean, history), history, search)

    def _rewrite(self, question: str, history: Sequence[Turn], writer: Writer) -> str:
        """A follow-up as a question that stands alone; as it was asked when the model makes nothing of it."""
        from app.chain import rewriting
        from knowledge.language import detect_language

        last = history[-1]
        rewritten = rewriting(self.versions.generator(writer), detect_language(question)).invoke(
            {"earlier_question": last.question, "earlier_answer": last.answer[:200], "question": question}
        )
        return rewritten.strip() or question

    def _scope(self, scope: Sequence[str] | None, user: User) -> tuple[str, ...] | None:
        """The scope without blanks around its names, each of which names something that `user` may see."""
        if scope is None:
            return None
        names = tuple(name.strip().removeprefix("./") for name in scope)
        if not names or not all(name.strip("/") for name in names):
            raise InvalidInput("the scope names nothing; give folders, paths or ids of documents, or leave it out")
        for name in names:
            if not self.workspace.catalog.documents.count(user, scope=(name,)):
                raise NotFound(f"{name}: no such folder or document; `plumbline documents list` shows what there is")
        return names

    def _retrieve(self, question: str, asking: _Asking) -> list[RankedChunk]:
        """Chunks that the asker may see, best first; concepts of the question widen it with their other names."""
        from app.attachment import joined

        retriever = self.workspace.retriever()
        candidates, passages = self.settings.retrieval.candidates, asking.writer.settings.passages
        found = retriever.retrieve(question, asking.user, candidates, scope=asking.scope)
        if not asking.attached:
            return found
        return joined(retriever.rank(question, asking.user, asking.attached), found, passages)

    def _select(self, question: str, ranked: Sequence[RankedChunk], asking: _Asking, *, thorough: bool) -> Evidence:
        from app.evidence import WORTH, select

        settings, times = asking.writer.settings, _THOROUGH if thorough else 1
        evidence = select(
            question,
            ranked,
            budget=settings.evidence_tokens * times,
            limit=settings.passages * times,
            names=self.workspace.terms().linker.expand(question, asking.user),
            embedder=self.workspace.embedder,
            worth=WORTH / times,
        )
        return evidence if asking.scope or asking.attached else self._with_facts(question, evidence, asking.user)

    def _with_facts(self, question: str, evidence: Evidence, user: User) -> Evidence:
        """The evidence with what the term graph itself says to the question."""
        from app.facts import facts_for, with_facts
        from knowledge.language import detect_language

        terms, language = self.workspace.terms(), detect_language(question)
        facts = facts_for(question, terms.graph, terms.linker, language, user, datetime.now(UTC).date())
        return with_facts(evidence, facts, terms.graph.revision, language)

    def _prompt(self, understood: _Understood, evidence: Evidence, *, sure: bool) -> list[BaseMessage]:
        """What the model is asked. Only when it is not `sure` that the evidence answers may the model refuse: a small
        model refuses far too readily, and what it invents finds no support in the passages.
        """
        from app.chain import answer_prompt

        refusal = "" if sure else prompts.load("refusal", understood.language)
        return answer_prompt(understood.language).format_messages(
            sources=evidence.as_text(), question=understood.question, refusal=refusal
        )

    def _conclude(
        self,
        understood: _Understood,
        draft: str,
        evidence: Evidence,
        asking: _Asking,
        trace: Trace,
        clock: _Clock,
    ) -> Answer:
        """Citations and terms checked, the answer stored and audited; without support it says so."""
        from app.attachment import without_attached
        from app.citations import cite
        from app.evidence import other_names
        from app.refusals import answer_part

        told = answer_part(draft.strip(), understood.question)
        names = other_names(understood.question, evidence, self.workspace.terms().linker, asking.user)
        cited = cite(told, evidence, self.workspace.embedder, understood.question, names)
        abstained = not cited.citations
        if abstained:
            text = (texts.NOT_FOUND if evidence.passages else texts.NOTHING_THERE)[understood.language]
            report = AlignmentReport(
                verdict="nothing_to_check", answer=text, draft=text, graph_revision=self.workspace.graph().revision
            )
        else:
            report = self._align(cited, evidence, understood, asking.user)
        clock.mark("align")
        answer = Answer(
            id=uuid.uuid4().hex,
            question=understood.asked,
            answer=report.answer,
            abstained=abstained,
            citations=() if abstained else cited.citations,
            nearest=evidence.citations()[:_NEAREST] if abstained else (),
            alignment=report,
            model=self._model_info(asking.writer) if draft else ModelInfo(),
            timings_ms=clock.timings(),
            conversation=asking.conversation,
            language=understood.language,
            search_question=understood.question,
            follow_ups=self._follow_ups(report, without_attached(evidence), understood, asking.user),
            removed_markers=cited.removed,
            attached=asking.attached[0].document.path if asking.attached else "",
        )
        if asking.conversation:
            self.workspace.conversations.append(
                asking.conversation,
                asking.user,
                answer,
                documents=[item.document.id for item in without_attached(evidence).chunks],
                after=asking.after,
                trace=trace,
            )
        if draft:
            kept = answer.id if asking.conversation else ""
            self.versions.record(asking.writer, answer.timings_ms.total, message_id=kept)
        if not abstained:
            self._offer(report, without_attached(evidence), asking.user)
        used = sorted({each.document_id for each in answer.citations if is_document(each.document_id)})
        self.workspace.audit.append("ask", asking.user.name, {"question": answer.question, "documents": used})
        return answer

    def _align(self, cited: Cited, evidence: Evidence, understood: _Understood, user: User) -> AlignmentReport:
        """The answer held true to the term graph, with the evidence as second witness."""
        checker, language = self.workspace.terms().checker, understood.language
        return checker.check(cited.text, evidence.passages, understood.question, user=user, language=language)

    def _offer(self, report: AlignmentReport, evidence: Evidence, user: User) -> None:
        """What the answer shows to be missing in the term graph goes to the knowledge managers."""
        from app.graph_gaps import candidates

        catalog = self.workspace.catalog
        # A document may have been removed while the model wrote
        there = {item.document.id for item in evidence.chunks if catalog.documents.get(item.document.id, user)}
        found = candidates(report, evidence, self.workspace.graph(), there)
        if found:
            catalog.candidates.offer(found)

    def _watch(self, evidence: Evidence, understood: _Understood, user: User) -> SentenceWatch:
        """What checks the draft's sentences as they are finished; the model is busy writing then."""
        from knowledge.alignment.streaming import SentenceWatch

        checker, language = self.workspace.terms().checker, understood.language
        return SentenceWatch(checker.checking(evidence.passages, understood.question, user, language, with_model=False))

    def _model_info(self, writer: Writer) -> ModelInfo:
        generator = self.versions.generator(writer)
        return ModelInfo(
            version=writer.choice.version or f"{generator.model}+prompt.{prompts.VERSION}",
            base=generator.model,
            adapter=generator.adapter or None,
            backend=generator.backend,
        )

    def _follow_ups(
        self, report: AlignmentReport, evidence: Evidence, understood: _Understood, user: User
    ) -> tuple[str, ...]:
        from app.follow_ups import suggest

        return suggest(report, evidence, self.workspace.graph(), understood.question, understood.language, user)

    # --- everything else ----------------------------------------------------------------------------------------

    def understand(self, question: str, history: Sequence[Turn] = ()) -> str:
        """`question` as it is searched for: without personal data, complete without the turns before it."""
        return self._understand(question, history, None, self.versions.writer(ANYONE)).question

    def search(
        self, query: str, user: str | User | None = None, limit: int = 10, *, scope: Sequence[str] | None = None
    ) -> list[Hit]:
        """The best `limit` chunks for `query` that `user` may see, within `scope` as for `stream`."""
        if not query.strip():
            raise InvalidInput("the query is empty; type what to look for")
        asker = self.user(user)
        within = self._scope(scope, asker)
        desensitizer = self.workspace.desensitizer
        clean = desensitizer.for_search(query.strip(), desensitizer.desensitize(query.strip())[0])
        return self.workspace.retriever().search(clean, asker, limit, scope=within)

    def ingest(
        self, paths: Sequence[str | Path] | str | Path, access: Sequence[str] | None = None, **options: Any
    ) -> RunReport:
        """Bring files and folders into the workspace; `access` are the groups that may read them, none: everyone."""
        given = [paths] if isinstance(paths, str | Path) else paths
        labels = None if access is None else frozenset(access)
        report = self.workspace.pipeline().run([Path(path) for path in given], access=labels, **options)
        if report.run_id:  # a dry run has none and changes nothing
            detail = {"documents": report.documents.to_json(), "access": None if labels is None else sorted(labels)}
            self.workspace.audit.append("ingest", "library", detail, subject=report.run_id)
        return report

    def check(
        self,
        text: str,
        passages: Sequence[Passage] = (),
        question: str | None = None,
        *,
        user: str | User | None = None,
    ) -> AlignmentReport:
        """`text` held against the term graph and `passages`; no model is loaded.

        `user`: only against what that user may see; None: against the whole graph.
        """
        asker = None if user is None else self.user(user)
        return self.workspace.terms().checker.check(text, passages, question, user=asker)

    def desensitize(self, text: str) -> tuple[str, list[Span]]:
        """`text` without personal data and secrets, and what stood where."""
        return self.workspace.desensitizer.desensitize(text)

    @property
    def versions(self) -> Adaptation:
        """The model versions: training, evaluation, canary, promotion, rollback."""
        return self.workspace.adaptation

    @property
    def datasets(self) -> Datasets:
        """Training examples: made, looked through, struck out; drift against them."""
        return self.workspace.datasets

    @property
    def continual(self) -> Continual:
        """What prepares the next model version when what comes in calls for it."""
        return self.workspace.continual

    @cached_property
    def retriever(self) -> BaseRetriever:
        """Search as a LangChain retriever, for what every signed-in user may see; see `retriever_for`."""
        return self.retriever_for(None)

    def retriever_for(self, user: str | User | None, limit: int = 10) -> BaseRetriever:
        """Search as a LangChain retriever, for what `user` may see."""
        from app.chain import WorkspaceRetriever

        return WorkspaceRetriever(search=lambda query: self.search(query, user, limit))

    @cached_property
    def chain(self) -> Runnable[Any, Any]:
        """The main path as a LangChain Runnable: a question or `{"question", "user", "conversation"}` -> Answer;
        `stream` yields the events.
        """
        from app.chain import AnswerChain

        return AnswerChain(events=self.stream)

    @cached_property
    def checker(self) -> Runnable[Any, AlignmentReport]:
        """`check` as a LangChain Runnable, for the end of anybody's chain; see `CheckChain`."""
        from app.chain import CheckChain

        return CheckChain(check=self.check)

    @cached_property
    def terms(self) -> Terminology:
        """The term graph's life: search, proposals, history, releases, usage; see `Terminology`."""
        from app.terms import Terminology

        return Terminology(self.workspace, self.user, self.workspace.relinking)

    def user(self, user: str | User | None) -> User:
        """The account behind a name; raises NotPermitted when it is unknown or disabled."""
        if user is None:
            return ANYONE
        return user if isinstance(user, User) else self.workspace.accounts.user(user)

    def document(self, document_id: str, user: str | User | None = None) -> DocumentView:
        """A document that `user` may see; raises NotFound otherwise, with the same words as for a missing one."""
        documents = self.workspace.catalog.documents
        document = documents.get(document_id, self.user(user))
        if document is None:
            raise NotFound(f"{document_id}: no such document; `plumbline documents list` shows what there is")
        return DocumentView(document, documents.text(document.id), tuple(documents.chunks(document.id)))

    def original(self, document_id: str, user: str | User | None = None) -> Path:
        """The file as it was received, for a user who may see the document; NotFound when it has moved away."""
        document = self.document(document_id, user).document
        # What came out of an archive or mail lies in that file
        path = self.workspace.original(document.source_root, document.metadata.get("container") or document.path)
        if path is None:
            raise NotFound(f"{document.path}: the original is no longer where it was ingested from")
        return path

    @property
    def documents(self) -> ManagedDocuments:
        """What operators and administrators do with documents."""
        return self.workspace.managed_documents

    def warm_up(self) -> None:
        """Load everything that answering needs, so that the first question is as fast as the next.

        The index for searching terms is made meanwhile; nobody waits for it here.
        """
        from app.chain import system_messages

        self.terms.follow()
        threading.Thread(target=self.workspace.graph().prepare_search, name="term-search", daemon=True).start()
        self.workspace.retriever().warm_up()
        languages: tuple[Language, ...] = ("en", "zh")
        generator = self.versions.generator(self.versions.writer(ANYONE))
        for language in languages:
            generator.warm_up(system_messages(language))

    @cached_property
    def sources(self) -> Sources:
        """Where documents are fetched from, and the runs that fetch them."""
        from app.sources import Sources

        return Sources(self.workspace)

    @cached_property
    def schedules(self) -> Schedules:
        """When sources are run."""
        from app.sources import Schedules

        return Schedules(self.workspace)

    @cached_property
    def uploads(self) -> Uploads:
        """Documents that people add themselves."""
        from app.uploads import Uploads

        return Uploads(self.workspace)

    def upload(
        self,
        name: str,
        data: bytes | BinaryIO,
        folder: str = "personal",
        user: str | User | None = None,
        access: Sequence[str] | None = None,
        *,
        below: str = "",
        replace: bool = False,
        once: bool = False,
        progress: Progress | None = None,
    ) -> UploadResult:
        """A document that a person adds, kept in the workspace and searchable at once; see `Uploads.add`."""
        return self.uploads.add(
            name, data, folder, self.user(user), access, below=below, replace=replace, once=once, progress=progress
        )

    @property
    def catalog(self) -> Catalog:
        """The workspace's catalog."""
        return self.workspace.catalog

    def close(self) -> None:
        """Free models and close the catalog."""
        if "terms" in self.__dict__:
            self.terms.close()
        self.workspace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _edits(checked: AlignmentReport | None) -> Iterator[EditEvent]:
    if checked is not None and checked.edits:
        yield EditEvent(checked)


class _Clock:
    """Takes the time of each step in milliseconds."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._marks: dict[str, float] = {}

    def mark(self, step: str) -> None:
        now = time.perf_counter()
        self._marks[step] = (now - self._last) * 1000
        self._last = now

    def first_token(self) -> None:
        self._marks["first_token"] = (time.perf_counter() - self._start) * 1000

    def timings(self) -> Timings:
        total = (time.perf_counter() - self._start) * 1000
        return Timings(**{step: round(value, 1) for step, value in self._marks.items()}, total=round(total, 1))
