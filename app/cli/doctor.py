"""`plumbline doctor` and `plumbline rebuild`: is everything whole, and making it whole again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from app.cli.common import Run, command, operator
from app.cli.output import print_json, print_text, remark
from knowledge.errors import Damaged

if TYPE_CHECKING:
    from app.settings import Settings
    from app.wiring import Workspace
    from knowledge.catalog.health import Problem

_SPACE_NEEDED = 1024**3
_GIBIBYTE = 1024**3


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "doctor", json=True)(doctor)
    command(app, "rebuild")(rebuild)


def doctor(run: Run) -> int:
    """Find what is not whole, and how to mend it.

    Looks at the catalog, the indexes, the models, the audit log and the disk. Exit code 0: no problem.
    """
    from sqlalchemy.exc import DatabaseError

    from knowledge.catalog.health import RESTORE, Problem

    documents = chunks = 0
    settings = run.settings()
    try:
        with run.open() as workspace:
            problems = list(_problems(workspace))
            if not any(problem.fix == RESTORE for problem in problems):
                documents = workspace.catalog.documents.count()
                chunks = workspace.catalog.documents.count_chunks()
    except (Damaged, DatabaseError) as error:
        what = str(error.orig) if isinstance(error, DatabaseError) else str(error)
        problems = [Problem(what, str(settings.workspace / "catalog.sqlite"), RESTORE)]
    if run.json:
        rows = [asdict(problem) for problem in problems]
        print_json({"ok": not problems, "documents": documents, "chunks": chunks, "problems": rows, "ocr": _ocr()})
    else:
        remark(_engine(settings))
        remark(_ocr() or "no OCR: install tesseract (with chi_sim and chi_tra) to read scans and images")
        print_text(f"{documents} documents, {chunks} chunks")
        for problem in problems:
            print_text(f"problem: {problem.what} ({problem.where}); {problem.fix}")
        print_text("ok" if not problems else f"problems: {len(problems)}")
    return 1 if problems else 0


def rebuild(run: Run) -> None:
    """Make the indexes anew.

    They come from the catalog; nothing is embedded again.
    """
    with run.open() as workspace:
        with workspace.catalog.leases.hold("writer", wait=30):
            workspace.store.rebuild()
        workspace.audit.append("rebuild", operator())
    remark("the indexes were rebuilt")


def _problems(workspace: Workspace) -> Iterator[Problem]:
    from knowledge.catalog.health import Problem, check_catalog

    damaged = check_catalog(workspace.catalog)
    yield from damaged
    if damaged:  # what is built on a damaged catalog would only confuse
        return
    yield from workspace.store.check()
    yield from _model_problems(workspace)
    verdict = workspace.audit.verify()
    if not verdict.ok:
        yield Problem(verdict.problem, "audit log", "compare with a backup; somebody changed the log")
    free = shutil.disk_usage(workspace.folder).free
    if free < _SPACE_NEEDED:
        yield Problem(f"only {free / _GIBIBYTE:.1f} GiB of disk are free", str(workspace.folder), "free some space")


def _model_problems(workspace: Workspace) -> Iterator[Problem]:
    from knowledge.catalog.health import Problem

    settings = workspace.settings
    for name in (settings.embedding.model, settings.answer.model):
        fix = f"plumbline models pull {name}"
        if workspace.models.path(name) is None:
            yield Problem("the model has not been pulled, or its file was changed", name, fix)
            continue
        for problem in workspace.models.verify(name):
            yield Problem(problem, name, fix)


def _ocr() -> str:
    """The program that reads scans and images, with its languages; empty when there is none, which is no problem."""
    from ingest.loaders.ocr import engine

    return str(engine() or "")


def _engine(settings: Settings) -> str:
    """Which back end would write answers, and why."""
    from app.wiring import chosen_backend

    return chosen_backend(settings)
