"""From a dataset to a registered model version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from adapters.training.examples import Dataset
    from adapters.training.plan import Plan, Step
    from app.wiring import Workspace
    from knowledge.catalog.versions import ModelVersion


def dataset_path(workspace: Workspace, name: str) -> Path:
    """Where a dataset lies: a path, or the name of one in the workspace's `datasets/`.

    Raises InvalidInput for a path at which there is nothing, NotFound for such a name.
    """
    for place in (Path(name), workspace.folder / "datasets" / name):
        if place.exists():
            return place
    if Path(name).suffix == ".jsonl" or len(Path(name).parts) > 1:
        raise InvalidInput(f"{name}: no such file or folder; check the path")
    known = workspace.folder / "datasets"
    raise NotFound(f"{name}: no such dataset; give a JSONL file, a folder, or the name of one in {known}")


def train(
    workspace: Workspace,
    dataset: Dataset,
    plan: Plan,
    *,
    by: str,
    name: str = "",
    number: str = "",
    settings: dict[str, Any] | None = None,
    told: Callable[[Step], None] = lambda _: None,
) -> ModelVersion:
    """Train, export and register a version of that name (without one: the base's); nobody is answered by it yet.

    A training that was killed goes on where it stopped when it is called again with the same plan and dataset.
    """
    from app.adaptation import checked_settings

    family = name or plan.base
    checked_settings(workspace.settings.answer, settings or {})  # before hours are spent
    number = workspace.registry.numbered(family, number)
    made = workspace.trainings.make(plan, dataset, told, family if name else "")
    version = workspace.adaptation.register(
        family,
        made.folder,
        base=plan.base,
        method=plan.method,
        by=by,
        number=number,
        settings=settings,
        dataset=dataset.to_json(),
        run=made.run,
        metrics=dict(made.trained.metrics),
    )
    workspace.trainings.forget(made)
    return version
