"""Training as a run of the workspace: seen by others while it goes on, taken up again after a kill."""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.model_catalog import ModelCatalog
from adapters.training.examples import Dataset, read_dataset, write_rows
from adapters.training.gguf_export import EXPORTED, export_gguf
from adapters.training.plan import PLAN, Plan, Step, Trained
from adapters.training.torch_models import model_shape, on_threads
from adapters.training.trainer import foresee, train
from knowledge.catalog import Catalog
from knowledge.catalog.runs import FAILED, Run
from knowledge.errors import PlumblineError, Unavailable

if TYPE_CHECKING:
    from adapters.training.gguf_merging import MergedGguf
    from adapters.training.merging import Merged

KIND = "training"
HELD_BACK = "held-back.jsonl"
"""The rows that were held back, kept with the version: it can be evaluated when the dataset is gone."""
_RUN = "run.json"
_STOP = "stop"
_NOTED_EVERY = 2.0
_EXPORTABLE = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


@dataclass(frozen=True, slots=True)
class Made:
    """What a run made: its id, the folder with the files of the version, and the training's own result."""

    run: str
    folder: Path
    trained: Trained


class TrainingRuns:
    """The trainings of a workspace; they work in hidden folders below `folder`."""

    private = frozenset({HELD_BACK})
    """Files of a version that stay in the workspace."""

    def __init__(self, catalog: Catalog, folder: Path, models: ModelCatalog, threads: int = 0) -> None:
        self._catalog = catalog
        self._folder = folder
        self._models = models
        self._threads = threads

    def usual(self, base: str) -> Plan:
        """The plan for a base that nothing else is known of."""
        return Plan(base)

    def going_on(self, version: Path, base: str, adapter: Path | None) -> Plan:
        """As the version in that folder was trained, going on from its adapter."""
        file = version / PLAN
        plan = Plan.from_json(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else Plan(base)
        return replace(plan, from_adapter=str(adapter) if adapter is not None else "")

    def fitting(self, plan: Plan, path: Path) -> Dataset:
        """The dataset that lies there. Raises Unavailable when it cannot be trained on here."""
        dataset = read_dataset(path)
        expected = foresee(plan, dataset, self._models)
        if not expected.fits:
            raise Unavailable(f"{path.name}: cannot be trained on here: {expected.told()}")
        return dataset

    def merge(self, base: str, version: Path, folder: Path) -> Merged:
        """Base and adapter of the version in a folder as one model in another; see `adapters.training.merging`."""
        from adapters.training.merging import merge

        return merge(base, version, self._models, folder)

    def merge_gguf(self, base: str, version: Path, folder: Path, kind: str) -> MergedGguf:
        """The same as one quantized GGUF file; see `adapters.training.gguf_merging`."""
        from adapters.training.gguf_merging import merge_gguf

        return merge_gguf(base, version, self._models, folder, kind)

    def make(self, plan: Plan, dataset: Dataset, told: Callable[[Step], None], name: str = "") -> Made:
        """Train and export; the same plan and dataset go on where a killed or interrupted training stopped.

        `name` is that of the version to come, for those who watch.

        Raises Unavailable when another process is at it.
        """
        folder = self._folder / f".training-{_key(plan, dataset)}"
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            run = self._run_of(folder)
            report: dict[str, Any] = {"plan": plan.to_json(), "dataset": dataset.to_json(), "folder": folder.name}
            report |= {"name": name, "curve": []}
            (folder / _STOP).unlink(missing_ok=True)
            try:
                with on_threads(self._threads):
                    trained = train(plan, dataset, folder / "made", self._models, self._noting(run, report, told))
                self._complete(folder / "made", plan, dataset)
            except (PlumblineError, KeyboardInterrupt) as error:
                reason = str(error) or "interrupted; the same command goes on with it"
                self._catalog.runs.finish(run, report, state=FAILED, message=reason)
                raise
            except RuntimeError as error:  # what torch raises, for want of memory above all
                reason = f"the training broke off ({str(error).splitlines()[0]}); with less memory: --batch-size 1"
                self._catalog.runs.finish(run, report, state=FAILED, message=reason)
                raise Unavailable(f"{plan.base}: {reason}") from error
            report |= {"metrics": dict(trained.metrics), "curve": [step.to_json() for step in trained.curve]}
            self._catalog.runs.finish(run, report)
            return Made(run, folder / "made", trained)

    def forget(self, made: Made) -> None:
        """Remove what is left of a run whose files were taken over."""
        for file in made.folder.parent.iterdir():
            file.unlink()
        made.folder.parent.rmdir()

    def stop(self, run: Run) -> None:
        """Ask a training that goes on to stop after its next step; whichever process does it."""
        if self.alive(run):
            (self._folder / str(run.report["folder"]) / _STOP).touch()

    def alive(self, run: Run) -> bool:
        """Whether a process is at this training just now; one that has not told its folder yet counts as alive."""
        if not run.report.get("folder"):
            return True
        folder = self._folder / str(run.report["folder"])
        if not folder.is_dir():
            return False
        try:
            with _alone(folder):
                return False
        except Unavailable:
            return True

    def _run_of(self, folder: Path) -> str:
        """The id of the run that stopped in this folder, or of a new one."""
        file = folder / _RUN
        if file.is_file():
            return str(json.loads(file.read_text(encoding="utf-8"))["run"])
        run = self._catalog.runs.start(KIND)
        file.write_text(json.dumps({"run": run}), encoding="utf-8")
        return run

    def _noting(self, run: str, report: dict[str, Any], told: Callable[[Step], None]) -> Callable[[Step], None]:
        """`told`, with the curve put into `report` and now and then into the catalog, for those who watch."""
        before = self._catalog.runs.get(run)
        earlier = before.report.get("curve", []) if before is not None else []
        noted = 0.0

        def note(step: Step) -> None:
            nonlocal noted
            if (self._folder / report["folder"] / _STOP).exists():
                raise Unavailable("the training was stopped; the same command goes on with it")
            if not report["curve"]:
                # What was done after the last checkpoint before a kill is done again
                report["curve"] = [point for point in earlier if point["number"] < step.number]
            report["curve"].append(step.to_json())
            if time.monotonic() - noted >= _NOTED_EVERY:
                noted = time.monotonic()
                self._catalog.runs.note(run, report)
            told(step)

        return note

    def _complete(self, made: Path, plan: Plan, dataset: Dataset) -> None:
        """The plan, the held-back rows, and the adapter for llama.cpp where it can be had."""
        (made / PLAN).write_text(json.dumps(plan.to_json(), indent=1), encoding="utf-8")
        if dataset.test:
            write_rows(made / HELD_BACK, dataset.test)
        shape = model_shape(plan.base, self._models)
        if exportable(plan, shape.architecture):
            export_gguf(made, shape)


def exportable(plan: Plan, architecture: str) -> bool:
    """Whether llama.cpp can use what this plan makes on a base of this architecture."""
    return plan.method in {"lora", "dpo"} and architecture in EXPORTED and set(plan.targets) <= _EXPORTABLE


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(f"{folder.name}: another process trains this just now; wait for it") from error
        yield


def _key(plan: Plan, dataset: Dataset) -> str:
    text = json.dumps([plan.to_json(), dataset.sha256], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
