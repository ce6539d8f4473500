"""`plumbline models`: the named models, and fetching them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command, group
from app.cli.output import print_json, print_table, print_text, remark
from app.cli.progress import progress
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.model_catalog import ModelCatalog
    from app.settings import Settings

models = group("models", "Models: what there is, fetching, verifying.")

_MEBIBYTE = 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(models)


@command(models, "list", json=True)
def list_models(run: Run) -> None:
    """All models of the catalog, and which are here."""
    from app.wiring import open_models

    settings = run.settings()
    catalog = open_models(settings)
    used = set(_in_use(settings))
    if run.json:
        print_json(
            {
                "models": [
                    {
                        "name": entry.name,
                        "role": entry.role,
                        "format": entry.format,
                        "licence": entry.licence,
                        "languages": list(entry.languages),
                        "bytes": entry.bytes,
                        "verified": entry.verified,
                        "pulled": catalog.path(entry.name) is not None,
                        "in_use": entry.name in used,
                        "note": entry.note,
                    }
                    for entry in catalog.entries
                ]
            }
        )
        return
    rows = [
        (
            entry.name,
            entry.role,
            f"{entry.bytes / _MEBIBYTE:.0f} MiB",
            entry.licence,
            "in use" if entry.name in used else "",
            "here" if catalog.path(entry.name) is not None else "",
            entry.note if entry.verified else f"not verified; {entry.note}".rstrip("; "),
        )
        for entry in catalog.entries
    ]
    print_table(("name", "role", "size", "licence", "", "", "note"), rows)


@command(models, "pull")
def pull(
    run: Run,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", show_default="the models that the settings name")
    ] = None,
    needed_for_tests: Annotated[
        bool, typer.Option("--needed-for-tests", help="All models that the test suite uses.")
    ] = False,
) -> None:
    """Fetch models and check every byte; goes on where it stopped."""
    from app.wiring import open_models

    if names and needed_for_tests:
        raise InvalidInput("models pull: give names or --needed-for-tests, not both")
    settings = run.settings()
    catalog = open_models(settings)
    wanted = (
        [entry.name for entry in catalog.entries if entry.tests] if needed_for_tests else names or _in_use(settings)
    )
    for name in wanted:
        catalog.get(name)
    for name in dict.fromkeys(wanted):
        if catalog.path(name) is not None:
            remark(f"{name}: is here already")
            print_text(str(catalog.path(name)))
            continue
        remark(f"{name}: fetching {catalog.get(name).bytes / _MEBIBYTE:.0f} MiB")
        with progress(name, "bytes") as report:
            path = catalog.pull(name, report)
        print_text(str(path))


@command(models, "verify", json=True)
def verify(
    run: Run,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", show_default="all that are here")] = None,
) -> int:
    """Read every byte of models again and compare; exit code 1 when one is wrong."""
    from app.wiring import open_models

    catalog = open_models(run.settings())
    wanted = names or _here(catalog)
    for name in wanted:
        catalog.get(name)
    problems = {name: catalog.verify(name) for name in wanted}
    if run.json:
        print_json({"models": [{"name": name, "problems": found} for name, found in problems.items()]})
    else:
        for name, found in problems.items():
            for problem in found:
                print_text(problem)
            if not found:
                print_text(f"{name}: ok")
    return 1 if any(problems.values()) else 0


def _in_use(settings: Settings) -> Sequence[str]:
    return [settings.embedding.model, settings.answer.model]


def _here(catalog: ModelCatalog) -> Sequence[str]:
    return [entry.name for entry in catalog.entries if (catalog.home(entry.name) / "verified.json").is_file()]
