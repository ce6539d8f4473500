"""`plumbline demo`: a demo company to try everything on."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command
from app.cli.ingest import WITH_QUARANTINE
from app.cli.output import print_table, remark
from app.cli.progress import Begin, several
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.demo import DemoAccount
    from app.settings import Settings
    from app.wiring import Workspace
    from knowledge.types import RunReport

FOLDER = Path("plumbline-demo")
ACCOUNTS = "users.yaml"
POLICY = "policy.yaml"
PEOPLE = "directory.csv"
BY = "demo"
"""Whom the audit log names."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo")(demo)


def demo(
    run: Run,
    no_ui: Annotated[bool, typer.Option("--no-ui", help="Stop before the pages are started.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port of the pages.", show_default="8501, or [ui] port")
    ] = None,
) -> int:
    """Try everything on a demo company.

    Makes its workspace, reads its documents and starts the pages; what is done already is skipped.
    """
    from app.demo import demo_folder, read_accounts

    folder = (run.workspace or FOLDER).expanduser().absolute()
    report = prepare(run.settings(folder))
    remark(
        f"The demo company is ready in {folder}: {report.documents.added} documents added, "
        f"{report.documents.updated} updated, {report.documents.unchanged} unchanged."
    )
    for entry in report.quarantine:
        remark(f"quarantined: {entry.path}: {entry.reason}")
    _print_accounts(read_accounts(demo_folder() / ACCOUNTS))
    if no_ui:
        return WITH_QUARANTINE if report.documents.quarantined else 0
    from app.ui.server import run as serve

    # Read again, because the settings file may have been written just now
    return serve(run.settings(folder), port)


def prepare(settings: Settings) -> RunReport:
    """The demo company in the workspace of these settings: accounts, terms, models and documents.

    What is there already is left alone. The answer model is fetched while documents are read.
    """
    from app.demo import demo_folder, import_terms, read_accounts
    from app.wiring import open_workspace

    company = demo_folder()
    workspace = open_workspace(_with_policy(settings, company), create=True)
    try:
        accounts = read_accounts(company / ACCOUNTS)
        _refuse_own(workspace, accounts)
        _write_settings(settings.workspace, company)
        _add_accounts(workspace, accounts)
        import_terms(workspace, company / "terms.ttl")
        report = _ingest(workspace, company)
        workspace.store.centres(workspace.embedder)  # measured once, so that the first question is not slow
        workspace.audit.append("ingest", BY, {"documents": report.documents.to_json()}, subject=report.run_id)
    finally:
        workspace.close()
    return report


def _refuse_own(workspace: Workspace, accounts: Sequence[DemoAccount]) -> None:
    """Accounts whose passwords everybody knows must not get into a workspace that somebody works with."""
    known = {account.user.name for account in workspace.accounts.all()}
    ours = known.intersection(account.name for account in accounts)
    if not ours and (known or workspace.catalog.documents.count()):
        raise InvalidInput(f"{workspace.folder}: is a workspace of your own; give the demo another with --workspace")


def _with_policy(settings: Settings, company: Path) -> Settings:
    """The settings with the company's desensitizing policy and directory of people, unless they name some."""
    wanted = settings.desensitize
    given = {
        "policy": wanted.policy or _name_in(company, POLICY),
        "directory": wanted.directory or _name_in(company, PEOPLE),
    }
    return settings.model_copy(update={"desensitize": wanted.model_copy(update=given)})


def _name_in(company: Path, name: str) -> Path | None:
    return Path(name) if (company / name).is_file() else None


def _write_settings(folder: Path, company: Path) -> None:
    """The company's policy and people, and the first time a plumbline.toml that puts them in force."""
    from app.cli.config_text import commented_settings
    from app.settings import CONFIG_NAME

    values: dict[str, dict[str, str]] = {"desensitize": {}}
    for key, name in (("policy", POLICY), ("directory", PEOPLE)):
        if (company / name).is_file():
            if not (folder / name).exists():  # it may have been changed since
                shutil.copyfile(company / name, folder / name)
            values["desensitize"][key] = name
    if not (folder / CONFIG_NAME).exists():
        (folder / CONFIG_NAME).write_text(commented_settings(values), encoding="utf-8")


def _ingest(workspace: Workspace, company: Path) -> RunReport:
    models = workspace.settings
    access = company / "access.yaml"
    with several() as begin:
        for name in (models.embedding.model, models.answer.model):
            if workspace.models.path(name) is None:
                remark(f"Fetching the model {name}, once; it stays in the cache folder")
        _fetch(workspace, models.embedding.model, begin)
        answer_model = _Background(workspace, models.answer.model, begin)
        if not workspace.catalog.documents.count():
            remark("Reading the demo company's documents, about a minute")
        report = workspace.pipeline().run(
            [company / "documents"],
            access_file=access if access.is_file() else None,
            progress=begin("reading documents", "items"),
        )
        answer_model.wait()
    return report


def _add_accounts(workspace: Workspace, accounts: Sequence[DemoAccount]) -> None:
    known = {account.user.name for account in workspace.accounts.all()}
    for account in accounts:
        if account.name not in known:
            workspace.accounts.add(
                account.name,
                account.password,
                role=account.role,
                groups=account.groups,
                display_name=account.display_name,
                language=account.language,
                by=BY,
            )


def _fetch(workspace: Workspace, name: str, begin: Begin) -> None:
    if workspace.models.path(name) is None:
        workspace.models.pull(name, begin(name, "bytes"))


class _Background:
    """Fetches a model beside other work. Ctrl-C ends it with the program; it goes on there the next time."""

    def __init__(self, workspace: Workspace, name: str, begin: Begin) -> None:
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(workspace, name, begin), daemon=True)
        self._thread.start()

    def _run(self, workspace: Workspace, name: str, begin: Begin) -> None:
        try:
            _fetch(workspace, name, begin)
        except Exception as error:  # noqa: BLE001 - raised again by `wait` in the thread that asked for it
            self._error = error

    def wait(self) -> None:
        """Return when the model is there; raises what went wrong."""
        self._thread.join()
        if self._error is not None:
            raise self._error


def _print_accounts(accounts: Sequence[DemoAccount]) -> None:
    rows = [
        (account.name, account.password, account.role.value, ",".join(sorted(account.groups)), account.display_name)
        for account in accounts
    ]
    print_table(("name", "password", "role", "groups", "display name"), rows)
