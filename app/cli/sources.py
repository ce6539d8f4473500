"""`plumbline sources`: where documents are fetched from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from app.cli.common import Run, command, group, operator
from app.cli.ingest import WITH_QUARANTINE
from app.cli.output import print_json, print_result, print_table, print_text, remark
from app.cli.progress import Progress, several
from app.cli.users import split_list
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.assistant import Assistant
    from knowledge.catalog.source_runs import SourceRun
    from knowledge.catalog.sources import Source, SourceKind

sources = group("sources", "Where documents are fetched from.")

SourceArgument = Annotated[str, typer.Argument(metavar="SOURCE", show_default=False, help="Its name or id.")]
EmptyOption = Annotated[
    bool, typer.Option("--allow-empty", help="Also when nothing is left in the source: its documents are removed.")
]
_LATEST = 5


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(sources)


@command(sources, "add")
def add(
    run: Run,
    location: Annotated[
        str,
        typer.Argument(
            metavar="LOCATION",
            show_default=False,
            help="Folder, Git repository, https://site, imaps://server, SQL address, s3://bucket/path …",
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="A short name.", show_default="from the location")] = "",
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="folder, store, git, website, imap or sql.", show_default="from the location"),
    ] = None,
    option: Annotated[list[str] | None, typer.Option("--option", metavar="NAME=VALUE", show_default=False)] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", metavar="NAME=env:VARIABLE|file:PATH", show_default=False, help="Never stored."),
    ] = None,
    include: Annotated[list[str] | None, typer.Option("--include", metavar="PATTERN", show_default="all")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", metavar="PATTERN", show_default="none")] = None,
    access: Annotated[
        str | None, typer.Option("--access", help="Groups that may read it, as A,B.", show_default="every user")
    ] = None,
    access_file: Annotated[
        str, typer.Option("--access-file", help="YAML that gives groups to paths.", show_default="its access.yaml")
    ] = "",
    permission: Annotated[
        list[str] | None,
        typer.Option(
            "--permission",
            metavar="READER=A,B",
            show_default=False,
            help="Groups for what the source lets READER read (a POSIX group, a column's value, * for everyone).",
        ),
    ] = None,
) -> None:
    """Add a source; `sources run` or a schedule fetches its documents."""
    with run.assistant() as assistant:
        source = assistant.sources.add(
            location,
            name=name,
            kind=_kind(kind),
            options=dict(_pair(text, "--option") for text in option or ()),
            secrets=dict(_pair(text, "--secret") for text in secret or ()),
            include=include or (),
            exclude=exclude or (),
            access=split_list(access or ""),
            access_file=access_file,
            permissions=_permissions(permission),
            by=operator(),
        )
    print_text(f"{source.name}\t{source.id}")
    remark(f"Next: plumbline sources run {source.name}, or plumbline schedule add {source.name} --every 6h")


@command(sources, "rule")
def rule(
    run: Run,
    source: SourceArgument,
    path: Annotated[str, typer.Argument(metavar="PATH", show_default=False, help='Folder or file in it; "" for all.')],
    access: Annotated[
        str | None, typer.Option("--access", help='Groups that may read it, as A,B; "" for every user.')
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the rule away.")] = False,
) -> None:
    """Who may read a folder or file of a source, from the next question on; the longest path wins."""
    if (access is None) != remove:
        raise InvalidInput('sources rule: give either --access A,B (--access "" for every user), or --remove')
    with run.assistant() as assistant:
        changed = assistant.sources.set_rule(
            source, path, None if access is None else split_list(access), by=operator()
        )
    remark(f"{changed} documents have other readers now")


@command(sources, "list", json=True)
def list_sources(run: Run) -> None:
    """All sources with their latest run."""
    with run.assistant() as assistant:
        found = [(source, assistant.sources.runs(source.id, limit=1)) for source in assistant.sources.list()]
    if run.json:
        print_json({"sources": [{**one.to_json(), "last_run": _first_json(runs)} for one, runs in found]})
        return
    rows = [
        (source.name, source.kind, source.location, ",".join(source.access), _told(runs[0]) if runs else "never run")
        for source, runs in found
    ]
    print_table(("name", "kind", "location", "access", "last run"), rows)


@command(sources, "show", json=True)
def show(run: Run, source: SourceArgument) -> None:
    """One source: its definition, its latest runs, and the log of the last one."""
    with run.assistant() as assistant:
        found = assistant.sources.get(source)
        runs = assistant.sources.runs(found.id, limit=_LATEST)
        lines = assistant.sources.log(runs[0].id) if runs else ()
        count = len(assistant.sources.documents(found.id))
    if run.json:
        latest = {"runs": [one.to_json() for one in runs], "log": [line.to_json() for line in lines]}
        print_json({**found.to_json(), "documents": count, **latest})
        return
    for line in _definition(found, count):
        print_text(line)
    for one in runs:
        print_text(f"run {one.id}: {_told(one)}")
    for entry in lines:
        print_text(f"  {_time(entry.at)}  {entry.text}")


@command(sources, "remove")
def remove(
    run: Run,
    source: SourceArgument,
    keep_documents: Annotated[
        bool, typer.Option("--keep-documents", help="Its documents stay as they are; nothing refreshes them.")
    ] = False,
) -> None:
    """Forget a source with its schedules; its documents go too, from the catalog and every index."""
    with run.assistant() as assistant:
        removed = assistant.sources.remove(source, keep_documents=keep_documents, by=operator())
    remark(f"removed the source and {removed} documents; the files at their origin are untouched")


@command(sources, "run", json=True)
def run_source(run: Run, source: SourceArgument, allow_empty: EmptyOption = False) -> int:
    """Fetch and ingest what is new in a source. Exit code 3: done, but some files are in quarantine."""
    with run.assistant() as assistant:
        ended = run_with_progress(assistant, source, allow_empty=allow_empty)
    if run.json:
        print_result(ended)
    else:
        print_text(f"{ended.source}: {_told(ended)}")
    return exit_code(ended)


def run_with_progress(assistant: Assistant, source: str, *, allow_empty: bool = False) -> SourceRun:
    """Run a source here and now; its log goes to stderr when it is over."""
    with several() as begin:
        bars: dict[str, Progress] = {}

        def told(phase: str, done: int, total: int) -> None:
            if phase not in bars:
                bars[phase] = begin(phase, "items")
            bars[phase](done, total or None)

        ended = assistant.sources.run_now(source, by=operator(), allow_empty=allow_empty, told=told)
    for line in assistant.sources.log(ended.id):
        remark(line.text)
    return ended


def exit_code(ended: SourceRun) -> int:
    """0 done, 1 not done, 3 done with files in quarantine."""
    if ended.state != "done":
        return 1
    return WITH_QUARANTINE if ended.report["ingested"]["documents"]["quarantined"] else 0


def _kind(text: str | None) -> SourceKind | None:
    from knowledge.catalog.sources import SourceKind

    known = get_args(SourceKind)
    if text is not None and text not in known:
        raise InvalidInput(f"--kind {text!r}: not known; one of {', '.join(known)}")
    return cast("SourceKind | None", text)


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInput(f"{option} {name!r}: write it as NAME=VALUE")
    return name.strip(), value


def _permissions(given: Sequence[str] | None) -> dict[str, list[str]] | None:
    if given is None:
        return None
    return {reader: split_list(labels) for reader, labels in (_pair(text, "--permission") for text in given)}


def _definition(source: Source, documents: int) -> list[str]:
    values = source.to_json()
    lines = [f"{source.name} ({source.id}): {source.kind} {source.location}, {documents} documents"]
    skipped = {"id", "name", "kind", "location", "created_at", "created_by"}
    return lines + [f"{key}: {value}" for key, value in values.items() if key not in skipped and value]


def _told(run: SourceRun) -> str:
    """A run in one line."""
    if run.state == "running":
        numbers = f" {run.done} of {run.total}" if run.total else f" {run.done}" if run.done else ""
        return f"running since {_time(run.started_at)}, {run.phase}{numbers}"
    if run.state != "done":
        return f"{run.state} {_time(run.started_at)}: {run.message or 'its process ended'}"
    counts = run.report["ingested"]["documents"]
    numbers = ", ".join(f"{key} {value}" for key, value in counts.items() if value)
    return f"done {_time(run.started_at)}: {numbers or 'nothing there'}"


def _first_json(runs: Sequence[SourceRun]) -> dict[str, object] | None:
    return runs[0].to_json() if runs else None


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
