"""Continual learning: when what comes in calls for another version, and what is prepared then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.errors import NotFound

if TYPE_CHECKING:
    from app.wiring import Workspace


def dataset_of(workspace: Workspace, name: str = "") -> str:
    """The dataset of that name, or that a version was trained on; without a name, that of the version in service.

    Where the base is in service: the newest dataset. Raises NotFound.
    """
    if name and "@" not in name:
        return workspace.datasets.get(name).name
    version = name or workspace.adaptation.line().stable
    if version:
        of = str(workspace.adaptation.get(version).dataset.get("name", ""))
        if of not in {sheet.name for sheet in workspace.datasets.list()}:
            raise NotFound(f"{version}: its dataset {of or '(unknown)'} is not in the workspace; name another one")
        return of
    newest = next(iter(workspace.datasets.list()), None)
    if newest is None:
        raise NotFound("there is no dataset to compare with; make one with `plumbline train examples NAME`")
    return newest.name
