"""`plumbline documents`: what the workspace holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, group, operator, user_named
from app.cli.output import print_json, print_table, print_text, remark
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.types import Document, User

documents = group("documents", "Documents in the workspace.")

WhichArgument = Annotated[str, typer.Argument(metavar="ID|PATH", show_default=False)]
UserOption = Annotated[str | None, typer.Option("--user", help="Only what this user may see.", show_default="all")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(documents)


@command(documents, "list", json=True)
def list_documents(run: Run, user: UserOption = None) -> None:
    """All documents by path."""
    with run.open() as workspace:
        found = workspace.catalog.documents.list(_reader(workspace, user))
    if run.json:
        print_json({"documents": [_summary(document) for document in found]})
        return
    rows = [
        (document.id, document.path, document.title, document.state, ",".join(sorted(document.access)))
        for document in found
    ]
    print_table(("id", "path", "title", "state", "access"), rows)


@command(documents, "show", json=True)
def show(run: Run, which: WhichArgument, user: UserOption = None) -> None:
    """One document: its desensitized text and chunks."""
    with run.open() as workspace:
        document = _found(workspace, which, _reader(workspace, user))
        members = _members(workspace, document, _reader(workspace, user))
        text = _text_with_attachments(workspace, document, members)
        chunks = workspace.catalog.documents.chunks(document.id)
    if not run.json:
        access = ", ".join(sorted(document.access)) or "every signed-in user"
        remark(f"{document.path} ({document.id}), {document.state}, {len(chunks)} chunks, readable by {access}")
        print_text(text)
        return
    print_json(
        {
            "document_id": document.id,
            "path": document.path,
            "title": document.title,
            "state": document.state,
            "access": sorted(document.access),
            "text": text,
            "chunks": [
                {"chunk_id": chunk.id, "heading": chunk.heading, "page": chunk.page, "text": chunk.text}
                for chunk in chunks
            ],
            "members": [{"document_id": one.id, "path": one.path, "title": one.title} for one in members],
        }
    )


@command(documents, "remove")
def remove(run: Run, which: Annotated[list[str], typer.Argument(metavar="ID|PATH...", show_default=False)]) -> None:
    """Remove documents from the catalog and every index; the files stay where they are."""
    with run.open() as workspace:
        named = [_found(workspace, one, None) for one in which]
        found = [one for document in named for one in (document, *_members(workspace, document, None))]
        ids = list(dict.fromkeys(document.id for document in found))
        # The same lease as ingestion, which publishes too
        with workspace.catalog.leases.hold("writer", wait=30):
            workspace.catalog.documents.remove(ids)
            workspace.store.publish(erase=True)
        for document in found:
            workspace.audit.append("document.removed", operator(), {"path": document.path}, subject=document.id)
    remark(f"removed {len(ids)} documents")


def _reader(workspace: Workspace, name: str | None) -> User | None:
    """The named user; without a name all documents are shown, as to every operator of the machine."""
    return None if name is None else user_named(workspace, name)


def _found(workspace: Workspace, which: str, user: User | None) -> Document:
    family = workspace.catalog.documents
    document = family.get(which, user) or family.by_path(which, user=user)
    if document is None:
        raise NotFound(f"{which}: no such document; `plumbline documents list` shows ids and paths")
    return document


def _members(workspace: Workspace, document: Document, user: User | None) -> list[Document]:
    """The documents that lie in this one, when it is an archive, mail or mailbox."""
    inside = workspace.catalog.documents.list(user, prefix=f"{document.path}!/", source_root=document.source_root)
    return [one for one in inside if one.metadata.get("container") == document.path]


def _text_with_attachments(workspace: Workspace, document: Document, members: list[Document]) -> str:
    """The document's text; that of a mail with its attachments, as a mail program shows them together."""
    documents = workspace.catalog.documents
    text = documents.text(document.id)
    if document.format not in {"eml", "msg"}:
        return text
    return "\n\n".join([text, *(f"## {one.path}\n\n{documents.text(one.id)}" for one in members)])


def _summary(document: Document) -> dict[str, Any]:
    return {
        "document_id": document.id,
        "path": document.path,
        "title": document.title,
        "state": document.state,
        "access": sorted(document.access),
        "language": document.language,
        "format": document.format,
        "bytes": document.bytes,
        "ingested_at": datetime.fromtimestamp(document.ingested_at, UTC).isoformat(timespec="seconds"),
    }
