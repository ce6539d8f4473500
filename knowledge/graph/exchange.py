"""The term graph from files and to files. Statements that we do not understand survive both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyoxigraph import BlankNode, NamedNode, Quad

from knowledge.errors import InvalidInput
from knowledge.files import sync_file, sync_folder
from knowledge.graph.reading import format_named, format_of, read_file, write

if TYPE_CHECKING:
    from knowledge.catalog import Catalog


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, counted in statements. `revision` is the newest one afterwards; `changed`: it is new."""

    revision: str
    added: int
    removed: int
    concepts: int
    changed: bool


def import_file(
    catalog: Catalog, path: Path, author: str, comment: str = "", *, replace: bool = False, dry_run: bool = False
) -> ImportReport:
    """Bring what a file says into the catalog's graph, as one revision by `author`.

    Whatever the file describes is afterwards as the file describes it; what it does not mention stays. `replace`: the
    graph becomes the file. A file that says nothing new makes no revision. Raises InvalidInput, naming file and line,
    for one that cannot be read; nothing is changed then.
    """
    path = Path(path)
    told = read_file(path)
    if not told:
        raise InvalidInput(f"{path}: no statements in it")
    parent = catalog.revisions.current_id()
    present = catalog.revisions.quads(parent) if parent else set()
    removed = present - told if replace else _outdated(present, told)
    added = told - present
    concepts = len({quad.subject for quad in told if _describes_concept(quad)})
    changed = bool(added or removed)
    if changed and not dry_run:
        revision = catalog.revisions.append(
            added, removed, author=author, comment=comment or f"import of {path.name}", parent=parent
        )
        parent = revision.id
    return ImportReport(parent, len(added), len(removed), concepts, changed)


def export(
    catalog: Catalog,
    target: Path | IO[bytes],
    format: str | None = None,  # noqa: A002
    *,
    revision: str | None = None,
) -> int:
    """Write the graph as of a revision (default: the newest); gives the number of statements.

    The format is told by name, or by the ending of `target` when that is a path. Raises InvalidInput for an unknown
    one.
    """
    wanted = revision if revision is not None else catalog.revisions.current_id()
    quads = catalog.revisions.quads(wanted) if wanted else set()
    export_quads(quads, target, format)
    return len(quads)


def export_quads(quads: Iterable[Quad], target: Path | IO[bytes], format: str | None = None) -> None:  # noqa: A002
    """Write statements to a path or a binary stream; a path's file is complete or not there."""
    if not isinstance(target, Path):
        if format is None:
            raise InvalidInput("export: name the format when writing to a stream")
        write(quads, target, format_named(format))
        return
    rdf_format = format_named(format) if format else format_of(target)
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as stream:
            write(quads, stream, rdf_format)
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidInput(f"{target}: cannot be written: {error.strerror or error}") from error


def _describes_concept(quad: Quad) -> bool:
    from knowledge.graph import vocabulary as words

    return quad.predicate.value == words.TYPE and quad.object == NamedNode(words.CONCEPT)


def _outdated(present: set[Quad], told: set[Quad]) -> set[Quad]:
    """Present statements about subjects that `told` describes and that it no longer makes.

    Blank nodes are gone with the last statement that mentions them.
    """
    described = {quad.subject for quad in told}
    gone = {quad for quad in present - told if quad.subject in described}
    if not gone:
        return gone
    while True:
        kept = present - gone
        mentioned = {quad.object for quad in kept} | {quad.object for quad in told}
        lost = {quad.object for quad in gone if isinstance(quad.object, BlankNode)} - mentioned
        orphans = {quad for quad in kept - told if quad.subject in lost}
        if not orphans:
            return gone
        gone |= orphans
