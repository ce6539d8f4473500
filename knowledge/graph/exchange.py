"""The term graph from files and to files. Statements that we do not understand survive both ways."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pyoxigraph import Quad

from knowledge.errors import InvalidInput
from knowledge.files import sync_file, sync_folder
from knowledge.graph.importing import ImportOptions, ImportPreview, plan_import
from knowledge.graph.reading import FORMATS, write
from knowledge.graph.store import TermGraph
from knowledge.graph.tbx import write_tbx
from knowledge.graph.term_export import TABLE_FORMATS, write_table

if TYPE_CHECKING:
    from knowledge.catalog import Catalog


RDF_FORMATS = ("ttl", "nt", "nq", "trig", "rdf", "jsonld")
EXPORT_FORMATS = (*RDF_FORMATS, *TABLE_FORMATS, "tbx")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, counted in statements. `revision` is the newest one afterwards; `changed`: it is new."""

    revision: str
    added: int
    removed: int
    concepts: int
    changed: bool
    preview: ImportPreview


def import_file(
    catalog: Catalog,
    path: Path,
    author: str,
    comment: str = "",
    *,
    replace: bool = False,
    dry_run: bool = False,
    options: ImportOptions | None = None,
    day: date | None = None,
) -> ImportReport:
    """Bring what a file says into the catalog's graph, as one revision by `author`.

    Whatever the file describes is afterwards as the file describes it; what it does not mention stays. `replace`: the
    graph becomes the file. A file that says nothing new makes no revision. `day`: the quality check's findings about
    what is touched stand in the preview. Raises InvalidInput, naming file and line, for one that cannot be read;
    nothing is changed then.
    """
    path = Path(path)
    options = options or ImportOptions()
    parent = catalog.revisions.current_id()
    if replace:
        options = dataclasses.replace(options, replace=True)
    plan = plan_import(TermGraph.load(catalog, parent), path, options, day=day)
    changed = bool(plan.added or plan.removed)
    if changed and not dry_run:
        revision = catalog.revisions.append(
            plan.added, plan.removed, author=author, comment=comment or f"import of {path.name}", parent=parent
        )
        parent = revision.id
    return ImportReport(parent, len(plan.added), len(plan.removed), plan.preview.concepts, changed, plan.preview)


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
    """Write statements to a path or a binary stream; a path's file is complete or not there.

    RDF holds everything; a table or TBX holds concepts only, with what it has columns or categories for.
    """
    if not isinstance(target, Path):
        if format is None:
            raise InvalidInput("export: name the format when writing to a stream")
        _writer(format)(quads, target)
        return
    write_to = _writer(format or target.suffix.lower().lstrip("."))
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as stream:
            write_to(quads, stream)
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidInput(f"{target}: cannot be written: {error.strerror or error}") from error


def _writer(name: str) -> Callable[[Iterable[Quad], IO[bytes]], None]:
    """What writes a format. Raises InvalidInput for an unknown one."""
    name = name.lower()
    if name in TABLE_FORMATS:
        return lambda quads, stream: write_table(quads, stream, name)
    if name == "tbx":
        return write_tbx
    if name not in FORMATS:
        raise InvalidInput(f"format {name!r} is not known; known: {', '.join(EXPORT_FORMATS)}")
    rdf_format = FORMATS[name]
    return lambda quads, stream: write(quads, stream, rdf_format)
