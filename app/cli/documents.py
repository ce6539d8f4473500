"""`plumbline documents`: what the workspace holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.common import Run, command, group, operator, user_named
from app.cli.output import print_json, print_table, print_text, remark
from app.cli.users import split_list
from knowledge.errors import InvalidInput, NotFound

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
def list_documents(
    run: Run,
    user: UserOption = None,
    search: Annotated[str, typer.Option("--search", help="Only with this in path or title.")] = "",
    label: Annotated[str | None, typer.Option("--label", help='Only with this access label; "": with none.')] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Only of this format, as pdf.")] = None,
    state: Annotated[Literal["pending", "indexed"] | None, typer.Option("--state", help="Only in this state.")] = None,
    noted: Annotated[bool, typer.Option("--noted", help="Only with a note on their quality.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.", show_default="all")] = None,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Leave out the first.")] = 0,
) -> None:
    """All documents by path, or those that fit."""
    from knowledge.catalog.listing import Wanted

    wanted = Wanted(search.strip(), format=format_, access=label, state=state, noted=noted)
    with run.open() as workspace:
        reader = _reader(workspace, user)
        family = workspace.catalog.documents
        if wanted == Wanted():
            found = family.list(reader, limit=limit, offset=offset)
        else:
            fitting, _ = workspace.catalog.listing.page(None, wanted, limit=None)
            seen = (family.get(row.id, reader) for row in fitting)
            found = [document for document in seen if document][offset:][:limit]
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
def remove(
    run: Run,
    which: Annotated[list[str], typer.Argument(metavar="ID|PATH...", show_default=False)],
    keep_out: Annotated[bool, typer.Option("--keep-out", help="Later runs leave these files out.")] = False,
) -> None:
    """Remove documents from the catalog and every index; the files stay where they are.

    Without --keep-out the next run over their folder brings them back.
    """
    with run.open() as workspace:
        ids = [_found(workspace, one, None).id for one in which]
        removal = workspace.managed_documents.remove(ids, operator(), keep_out=keep_out)
    remark(f"removed {removal.documents} documents")
    if not removal.erased:
        remark("another run is writing; what the indexes still hold of them goes when it is done")


@command(documents, "access")
def access(
    run: Run,
    which: Annotated[list[str], typer.Argument(metavar="ID|PATH...", show_default=False)],
    labels: Annotated[
        str | None, typer.Option("--set", help='Groups that may read these, as A,B; "": every signed-in user.')
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Back to what access.yaml and sources say.")] = False,
) -> None:
    """Change who may read documents, from the next question on and in all later runs."""
    if (labels is None) is not rules:
        raise InvalidInput('documents access: give either --set A,B (or --set "") or --rules')
    with run.open() as workspace:
        ids = [_found(workspace, one, None).id for one in which]
        wanted = None if labels is None else split_list(labels)
        count = sum(workspace.managed_documents.set_access(one, wanted, operator()) for one in ids)
    remark(f"changed who may read {count} documents" if labels is not None else "rules decide from the next run on")


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
