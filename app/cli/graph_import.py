"""What `plumbline graph import` says: the options of a table, and the report of a dry run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.output import one_line, print_table, print_text, remark
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.graph.exchange import ImportReport
    from knowledge.graph.importing import ConceptChange, ImportOptions

_SHOWN = 20
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


def as_json(report: ImportReport, *, dry_run: bool) -> dict[str, Any]:
    """The report's JSON; a dry run tells every concept and problem."""
    told: dict[str, Any] = {
        "revision": report.revision,
        "changed": report.changed,
        "added": report.added,
        "removed": report.removed,
        "concepts": report.concepts,
        "problems": [problem.to_json() for problem in report.preview.problems],
    }
    if dry_run:
        told["preview"] = report.preview.to_json()
    return told


def show(report: ImportReport, *, dry_run: bool) -> None:
    """The report for people: problems by line, with a dry run also what would become of which concept."""
    preview = report.preview
    if dry_run:
        rows = [
            (_NAMES[group], change.line, change.name, change.concept, _statements(change))
            for group in ("added", "changed", "merged")
            for change in getattr(preview, group)[:_SHOWN]
        ]
        print_table(("", "line", "name", "concept", "statements"), rows)
        for group, name in _NAMES.items():
            if preview.counts[group] > _SHOWN:
                remark(f"{preview.counts[group] - _SHOWN} more {name}; --json lists more of them")
    for problem in preview.problems[:_SHOWN]:
        place = f"line {problem.line}: " if problem.line else ""
        column = f"{problem.column}: " if problem.column else ""
        remark(f"{problem.severity}: {place}{column}{one_line(problem.message)}")
    if preview.counts["problems"] > _SHOWN:
        remark(f"{preview.counts['problems'] - _SHOWN} more problems; --json lists more of them")
    groups = ", ".join(f"{preview.counts[key]} {name}" for key, name in _NAMES.items())
    print_text(
        f"{'would be ' if dry_run else ''}added {report.added} statements, removed {report.removed}; "
        f"{report.concepts} concepts in the file ({groups}); "
        f"revision {report.revision or 'none yet'}"
    )


def _statements(change: ConceptChange) -> str:
    return f"+{len(change.added)} -{len(change.removed)}"
