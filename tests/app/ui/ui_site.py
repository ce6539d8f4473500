"""A real workspace without models, and what tests put into it."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.answer import Answer, Citation, ModelInfo, Timings
from app.assistant import Assistant
from app.trace import Trace
from app.ui.runtime import Runtime
from knowledge.catalog.documents import document_id
from knowledge.types import AlignmentReport, Chunk, Document, DocumentRecord, Edit, Finding, User

PASSWORD = "plumb-line-2025"
POLICY = """# Travel

Employees book all business trips in Meridian. Economy class is the rule.

| Grade | Hotel limit (CNY) |
|---|---|
| Staff | 600 |
| Manager | 800 |
"""
DRAFT = "Business trips are booked in **TripDesk** [1]. Premium economy is possible."


@dataclass(frozen=True)
class Site:
    """The workspace with what tests need to know of it."""

    shared: Runtime
    folder: Path

    @property
    def assistant(self) -> Assistant:
        return self.shared.assistant

    def user(self, name: str) -> User:
        return self.assistant.workspace.accounts.user(name)

    def token(self, name: str) -> str:
        return self.assistant.workspace.accounts.start_session(self.user(name))

    def document(self, path: str, title: str, text: str, access: tuple[str, ...] = ()) -> str:
        """Put a document into the catalog, its file beside the workspace."""
        root = self.folder.parent / "documents"
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        found = document_id(str(root), path)
        pieces = [piece for piece in text.split("\n\n") if piece.strip()]
        chunks = tuple(
            Chunk(f"{found}-{number}", found, number, piece, title, number + 1, "en", 40)
            for number, piece in enumerate(pieces)
        )
        document = Document(
            found, path, title, frozenset(access), "en", format="md", source_root=str(root), content_hash=path,
            text_hash=path, fingerprint="test",
        )  # fmt: skip
        vectors = np.eye(384, dtype=np.float32)[: len(chunks)]
        self.assistant.catalog.documents.put(DocumentRecord(document, text, chunks, vectors))
        return found

    def citation(self, document: str, marker: int = 1, **changes: object) -> Citation:
        values = {
            "marker": marker,
            "document_id": document,
            "title": "Travel policy",
            "path": "policies/travel.md",
            "page": 2,
            "heading": "Travel › Booking",
            "chunk_id": f"{document}-1",
            "quote": "Employees book all business trips in Meridian.",
        }
        return Citation.model_validate(values | changes)

    def answered(
        self,
        name: str,
        citations: tuple[Citation, ...],
        *,
        conversation: str | None = None,
        instead_of: str | None = None,
        trace: Trace | None = None,
        **changes: object,
    ) -> tuple[str, str]:
        """Store an answer that the checker has edited, in a new conversation without one; gives their ids."""
        start = DRAFT.index("TripDesk")
        text = DRAFT.replace("TripDesk", "Meridian")
        edit = Edit(
            kind="deprecated", start=start, end=start + 8, before="TripDesk", after="Meridian", rule="term.deprecated"
        )
        doubt = "Premium economy is possible."
        finding = Finding(kind="unsupported", start=DRAFT.index(doubt), end=len(DRAFT), text=doubt)
        stored = self.assistant.workspace.conversations
        user = self.user(name)
        conversation = conversation or stored.create(user).id
        values: dict[str, object] = {
            "id": uuid.uuid4().hex,
            "question": "How do I book a trip?",
            "answer": text,
            "abstained": False,
            "citations": citations,
            "alignment": AlignmentReport(
                verdict="supported", answer=text, draft=DRAFT, edits=(edit,), findings=(finding,), graph_revision="r1"
            ),
            "model": ModelInfo(version="m+prompt.1", base="m", backend="openvino"),
            "timings_ms": Timings(total=4100),
            "conversation": conversation,
            "follow_ups": ("What is the hotel limit?",),
        }
        answer = Answer.model_validate(values | changes)
        after = stored.place(conversation, user, instead_of)
        message = stored.append(conversation, user, answer, after=after, trace=trace)
        return conversation, message
