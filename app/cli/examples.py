"""`plumbline train examples` and `train datasets`: training examples from this workspace's data."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.common import Run, command, group, operator
from app.cli.output import print_json, print_table, print_text, remark, shortened
from app.cli.progress import steps
from app.cli.train import train_commands
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.datasets import Datasheet, Recipe
    from app.wiring import Workspace

datasets = group("datasets", "Datasets for training: looked through, struck out, drawn anew.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
RowsArgument = Annotated[list[str], typer.Argument(metavar="ROW...", show_default=False, help="Ids of rows.")]


def register(_app: typer.Typer) -> None:
    """Add the group below `plumbline train`, where `examples` stands already."""
    train_commands.add_typer(datasets)


@command(train_commands, "examples", json=True)
def examples(
    run: Run,
    name: NameArgument,
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="feedback, documents, graph, or a CSV or JSONL file; may be repeated.",
            show_default="feedback, documents and graph",
        ),
    ] = None,
    form: Annotated[str, typer.Option(help="triple, chat or preference.")] = "triple",
    access: Annotated[str, typer.Option(help="Access labels, as A,B.", show_default="what everyone may see")] = "",
    languages: Annotated[str, typer.Option("--lang", help="Languages, as zh,en.")] = "zh,en",
    since: Annotated[str, typer.Option(help="Only newer feedback and documents: 2026-11-01.", show_default="all")] = "",
    passage: Annotated[bool, typer.Option("--passage/--no-passage", help="With the passage as input.")] = True,
    model: Annotated[bool, typer.Option("--model", help="The answer model writes questions too.")] = False,
    passages: Annotated[int, typer.Option(min=1, help="With --model: about so many passages.")] = 20,
    max_words: Annotated[int, typer.Option(min=1, help="Longest answer in words and Han characters.")] = 300,
    min_words: Annotated[int, typer.Option(min=1, help="Shortest answer.")] = 1,
    balance: Annotated[
        str, typer.Option(help="Draw the training part evenly by language, kind or source.", show_default="as it is")
    ] = "",
    how: Annotated[str, typer.Option(help="With --balance: down or up.")] = "down",
    replay: Annotated[str, typer.Option(help="Older datasets to go over again, as A,B.", show_default="none")] = "",
    replay_share: Annotated[float, typer.Option(help="With --replay: their share of the rows.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The same seed draws the same.")] = 0,
) -> None:
    """Make a dataset for `plumbline train lora NAME`, checked and split, with a datasheet."""
    from app.datasets import Limits, Recipe

    chosen = list(sources or ())
    recipe = Recipe(
        files=tuple(_file(each) for each in chosen if _is_file(each)),
        access=frozenset(_parts(access)),
        form=form,  # type: ignore[arg-type] # checked when it is made
        languages=tuple(_parts(languages)),  # type: ignore[arg-type] # likewise
        since=_seconds(since),
        context=passage,
        model=model,
        model_passages=passages,
        limits=Limits(min_answer=min_words, max_answer=max_words),
        balance=balance,  # type: ignore[arg-type] # likewise
        how=how,  # type: ignore[arg-type] # likewise
        replay=tuple(_parts(replay)),
        replay_share=replay_share if replay else 0.0,
        seed=seed,
        **({"sources": tuple(each for each in chosen if not _is_file(each))} if chosen else {}),
    )
    with run.open() as workspace:
        sheet = _made(workspace, name, recipe)
    _tell(run, sheet)


@command(datasets, "list", json=True)
def list_datasets(run: Run) -> None:
    """All datasets, the newest first."""
    with run.open() as workspace:
        found = workspace.datasets.list()
    if run.json:
        print_json({"datasets": [_brief(sheet) for sheet in found]})
        return
    rows = [
        (sheet.name, sheet.form, *sheet.parts.values(), sheet.struck, ",".join(sheet.access), _time(sheet.created_at))
        for sheet in found
    ]
    print_table(("dataset", "form", "train", "validation", "test", "struck", "access", "made"), rows)


@command(datasets, "show", json=True)
def show(
    run: Run,
    name: NameArgument,
    part: Annotated[str, typer.Option(help="train, validation or test.", show_default="all")] = "",
    kind: Annotated[str, typer.Option(help="Such as graph.fact.", show_default="all")] = "",
    search: Annotated[str, typer.Option(help="Words that stand in the row.", show_default="all")] = "",
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many rows.")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="Show so many rows.")] = 20,
) -> None:
    """The datasheet with the quality report, and some of the rows."""
    from app.datasets.types import PARTS

    if part and part not in PARTS:
        raise InvalidInput(f"--part {part}: there are {', '.join(PARTS)}")
    with run.open() as workspace:
        sheet = workspace.datasets.get(name)
        page = workspace.datasets.rows(name, part=part, kind=kind, search=search, offset=offset, limit=limit)
        struck = workspace.datasets.struck(name)
    if run.json:
        rows = [asdict(row) for row in page.rows]
        print_json(
            {**sheet.to_json(), "rows": rows, "rows_found": page.total, "struck_rows": list(map(asdict, struck))}
        )
        return
    _print_sheet(sheet)
    for row in page.rows:
        print_text(f"{row.id} [{row.part}, {row.kind}] {shortened(row.question, 100)} → {shortened(row.answer, 100)}")
    if page.total > len(page.rows):
        remark(f"{len(page.rows)} of {page.total} rows")


@command(datasets, "strike", json=True)
def strike(
    run: Run,
    name: NameArgument,
    rows: RowsArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
) -> None:
    """Strike rows out: nobody trains on them any more."""
    with run.open() as workspace:
        sheet = workspace.datasets.strike(name, rows, by=operator(), reason=reason)
    _tell(run, sheet)


@command(datasets, "put-back", json=True)
def put_back(run: Run, name: NameArgument, rows: RowsArgument) -> None:
    """Put rows back that were struck out."""
    with run.open() as workspace:
        sheet = workspace.datasets.put_back(name, rows, by=operator())
    _tell(run, sheet)


@command(datasets, "resample", json=True)
def resample(
    run: Run,
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", show_default=False)],
    by: Annotated[str, typer.Option(help="language, kind or source.")] = "language",
    how: Annotated[str, typer.Option(help="down or up.")] = "down",
    seed: Annotated[int, typer.Option(help="The same seed draws the same.")] = 0,
) -> None:
    """A new dataset whose training part is drawn so that no class outweighs the others."""
    with run.open() as workspace:
        sheet = workspace.datasets.resample(
            name,
            new_name,
            by,  # type: ignore[arg-type] # checked there
            how,  # type: ignore[arg-type] # likewise
            by=operator(),
            seed=seed,
        )
    _tell(run, sheet)


@command(datasets, "remove")
def remove(run: Run, name: NameArgument) -> None:
    """Remove a dataset for good."""
    with run.open() as workspace:
        workspace.datasets.remove(name, by=operator())
    remark(f"{name}: removed")


# --- inside -------------------------------------------------------------------------------------------------------


def _made(workspace: Workspace, name: str, recipe: Recipe) -> Datasheet:
    with steps() as told:
        return workspace.datasets.make(name, recipe, by=operator(), told=told)


def _tell(run: Run, sheet: Datasheet) -> None:
    if run.json:
        print_json(sheet.to_json())
    else:
        _print_sheet(sheet)


def _print_sheet(sheet: Datasheet) -> None:
    parts = ", ".join(f"{part} {count}" for part, count in sheet.parts.items())
    seen = f"access {', '.join(sheet.access)}" if sheet.access else "what everyone may see"
    print_text(f"{sheet.name}: {parts}; {sheet.struck} struck out; {seen}")
    for key in ("language", "kind"):
        print_text(f"{key}: {', '.join(f'{name} {count}' for name, count in sheet.balance[key].items())}")
    measures = sheet.quality["measures"]
    print_text(f"quality: {', '.join(f'{name} {share:.1%}' for name, share in measures.items())}")
    for reason, entry in sheet.quality["dropped"].items():
        kinds = ", ".join(f"{kind} {count}" for kind, count in entry.get("kinds", {}).items())
        print_text(f"left out: {entry['count']} {reason}{f' ({kinds})' if kinds else ''}: {entry['meaning']}")
    if sheet.problem:
        remark(f"{sheet.name}: {sheet.problem}")


def _brief(sheet: Datasheet) -> dict[str, Any]:
    """A datasheet without its long lists."""
    value = sheet.to_json()
    value["sources"] = len(sheet.sources)
    value["balance"] = {key: counts for key, counts in value["balance"].items() if key != "source"}
    return value


def _is_file(source: str) -> bool:
    return Path(source).suffix.lower() in {".csv", ".jsonl"}


def _file(source: str) -> Path:
    file = Path(source)
    if not file.is_file():
        raise InvalidInput(f"{source}: no such file; check the path")
    return file


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _seconds(day: str) -> float:
    if not day:
        return 0.0
    try:
        return datetime.fromisoformat(day).astimezone().timestamp()
    except ValueError as error:
        raise InvalidInput(f"--since {day}: write a day as 2026-11-01") from error


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
