"""`plumbline graph sync`: the term graph follows a SPARQL store of the company."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Run, command, operator
from app.cli.graph import graph
from app.cli.output import print_json_line, print_text, remark
from knowledge.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.graph.endpoint import Endpoint, Followed


def register(_app: typer.Typer) -> None:
    """Nothing to add: the command stands in the group that `app.cli.graph` adds."""


@command(graph, "sync", json=True)
def sync_graph(
    run: Run,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="SPARQL query endpoint.", show_default="[terms] endpoint")
    ] = None,
    every: Annotated[
        float | None, typer.Option(min=1, help="Go on, and look again after so many seconds.", show_default="once")
    ] = None,
) -> None:
    """Take over what changed in a SPARQL 1.1 store since the last time, as a revision.

    What was edited here stays, unless the store changed it as well. A password is read from
    PLUMBLINE_TERMS__ENDPOINT_PASSWORD.
    """
    with run.open() as workspace:
        store = _endpoint(workspace, endpoint)
        seen = ""
        while True:
            try:
                seen = _once(run, workspace, store, seen)
            except Unavailable as error:
                if every is None:
                    raise
                remark(f"{error}; trying again in {every:g} s")
            if every is None:
                return
            time.sleep(every)


def _endpoint(workspace: Workspace, given: str | None) -> Endpoint:
    from knowledge.graph.endpoint import Endpoint

    settings = workspace.settings.terms
    url = given or settings.endpoint
    if not url:
        raise InvalidInput("graph sync: no endpoint; give --endpoint URL or set [terms] endpoint")
    password = settings.endpoint_password
    return Endpoint(url, settings.endpoint_user, password.get_secret_value() if password else "")


def _once(run: Run, workspace: Workspace, store: Endpoint, seen: str) -> str:
    """One look at the store; gives the name of its content, so that the next look can be a short one."""
    from knowledge.graph.endpoint import follow

    content = store.revision()
    if content != seen:
        done = follow(workspace.catalog, store)
        if done.changed:
            details = {"endpoint": store.name, "added": done.added, "removed": done.removed}
            workspace.audit.append("graph.sync", operator(), details, subject=done.revision)
            if any(workspace.catalog.documents.list()):
                workspace.pipeline().relink()  # so that chunks are found by the concepts of the new revision
        _tell(run, done)
    return content


def _tell(run: Run, done: Followed) -> None:
    if run.json:
        print_json_line(
            {"revision": done.revision, "changed": done.changed, "added": done.added, "removed": done.removed}
        )
    else:
        print_text(f"added {done.added} statements, removed {done.removed}; revision {done.revision or 'none yet'}")
