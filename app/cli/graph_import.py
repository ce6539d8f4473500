"""What `plumbline graph import` takes and says: the options of a table, the report of a dry run, what was done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.output import one_line, print_json, print_table, print_text, remark
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.cli.common import Run
    from app.terms.views import ImportView
    from knowledge.graph.importing import ConceptChange, ImportOptions, ImportPreview

_SHOWN = 20
_NONE = "none yet"
_NAMES = {"added": "new", "changed": "changed", "merged": "joined by name"}


def options(
    *,
    replace: bool,
    merge: bool | None,
    mapping: Path | None,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
) -> ImportOptions:
    """The options as the library takes them. Raises InvalidInput for a mapping that does not read."""
    from knowledge.graph.importing import ImportOptions
    from knowledge.graph.mapping import mapping_from

    told = None
    if mapping is not None:
        try:
            told = mapping_from(mapping.read_text(encoding="utf-8"))
        except OSError as error:
            raise InvalidInput(f"{mapping}: cannot be read: {error.strerror or error}") from error
        except (InvalidInput, UnicodeDecodeError) as error:
            raise InvalidInput(f"{mapping}: {error}") from error
    separator = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    return ImportOptions(replace, merge, told, sheet, encoding, separator)


def tell_plan(run: Run, preview: ImportPreview, revision: str) -> None:
    """What a dry run found: what would become of which concept, and what is wrong where."""
    added, removed = preview.statements_added, preview.statements_removed
    if run.json:
        counts = {"revision": revision, "changed": bool(added or removed), "added": added, "removed": removed}
        print_json({**counts, **_found(preview), "preview": preview.to_json()})
        return
    rows = [
        (_NAMES[group], change.line, change.name, change.concept, _statements(change))
        for group in ("added", "changed", "merged")
        for change in getattr(preview, group)[:_SHOWN]
    ]
    print_table(("", "line", "name", "concept", "statements"), rows)
    for group, name in _NAMES.items():
        if preview.counts[group] > _SHOWN:
            remark(f"{preview.counts[group] - _SHOWN} more {name}; --json lists more of them")
    _print_problems(preview)
    counted = f"would be added {added} statements, removed {removed}; {_in_file(preview)}"
    print_text(f"{counted}; revision {revision or _NONE}")


def tell(run: Run, done: ImportView, *, asked: bool) -> None:
    """What an import did, and what is wrong in which line; in one line, too, that it waits for approval.

    `asked`: it was to wait, so that the four-eyes rule is not the reason.
    """
    if run.json:
        counts = {"revision": done.revision, "changed": done.approved, "added": done.added, "removed": done.removed}
        print_json({**counts, **_found(done.preview), "proposal": done.proposal, "approved": done.approved})
        return
    _print_problems(done.preview)
    if done.proposal and not done.approved:
        counted = f"it adds {done.added} statements, removes {done.removed}; {_in_file(done.preview)}"
        whose = "approval" if asked else "somebody else's approval (four eyes)"
        print_text(f"{done.proposal} waits for {whose}; {counted}")
    else:
        counted = f"added {done.added} statements, removed {done.removed}; {_in_file(done.preview)}"
        print_text(f"{counted}; revision {done.revision or _NONE}")


def _found(preview: ImportPreview) -> dict[str, Any]:
    return {"concepts": preview.concepts, "problems": [problem.to_json() for problem in preview.problems]}


def _print_problems(preview: ImportPreview) -> None:
    for problem in preview.problems[:_SHOWN]:
        place = f"line {problem.line}: " if problem.line else ""
        column = f"{problem.column}: " if problem.column else ""
        remark(f"{problem.severity}: {place}{column}{one_line(problem.message)}")
    if preview.counts["problems"] > _SHOWN:
        remark(f"{preview.counts['problems'] - _SHOWN} more problems; --json lists more of them")


def _in_file(preview: ImportPreview) -> str:
    groups = ", ".join(f"{preview.counts[key]} {name}" for key, name in _NAMES.items())
    return f"{preview.concepts} concepts in the file ({groups})"


def _statements(change: ConceptChange) -> str:
    return f"+{len(change.added)} -{len(change.removed)}"
