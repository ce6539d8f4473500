"""Continual learning: when what comes in calls for another version, and what is prepared then.

Nothing here is answered to anybody: a candidate waits until a person promotes it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import structlog

from app.datasets import Datasheet, DriftReport, Limits, Recipe, TooFew
from knowledge.catalog.runs import FAILED, Run
from knowledge.errors import InvalidInput, NotFound, PlumblineError

if TYPE_CHECKING:
    from adapters.training.plan import Plan
    from app.wiring import Workspace
    from knowledge.catalog.versions import ModelVersion

Allowed = Literal["prepare", "train"]
Decision = Literal["too_soon", "no_drift", "few_examples", "prepared", "trained"]

KIND = "continual"
"""The kind of its runs, and the lease that only one process has."""
AUTOMATIC = "automatic"
"""Who prepares and trains on a schedule, as the audit log names it."""
EVERY = 86_400.0
"""Seconds between two looks of the schedule: drift is not measured more often."""
_DAY = 86_400.0
_LOOK_SECONDS = 60.0
_DATED = re.compile(r"-\d{8}(-\d+)?$")
_log = structlog.get_logger(__name__)

Told = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Continued:
    """What was decided and done. `reason` says why in words; `drift` is the verdict, "" where it was not measured.

    `dataset` is what the window was compared with, `prepared` the new dataset, `version` the candidate, and `gate` what
    stands against promoting it, "" when nothing does.
    """

    at: float
    dataset: str
    decision: Decision
    reason: str
    drift: str = ""
    prepared: str = ""
    version: str = ""
    gate: str = ""

    @property
    def fired(self) -> bool:
        """Whether a dataset was prepared."""
        return bool(self.prepared)

    def to_json(self) -> dict[str, Any]:
        """Everything."""
        return {"fired": self.fired, **asdict(self)}


class Continual:
    """Watches what comes in, and prepares the next version when there is enough of another kind."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.time) -> None:
        self._workspace = workspace
        self._settings = workspace.settings.adaptation
        self._clock = clock

    def dataset_of(self, name: str = "") -> str:
        """The dataset of that name, or that a version was trained on; without a name, that of the version in service.

        Where the base is in service: the newest dataset. Raises NotFound.
        """
        if name and "@" not in name:
            return self._workspace.datasets.get(name).name
        version = name or self._workspace.adaptation.line().stable
        sheets = self._workspace.datasets.list()
        if version:
            of = str(self._workspace.adaptation.get(version).dataset.get("name", ""))
            if of not in {sheet.name for sheet in sheets}:
                raise NotFound(f"{version}: its dataset {of or '(unknown)'} is not in the workspace; name another one")
            return of
        if not sheets:
            raise NotFound("there is no dataset to compare with; make one with `plumbline train examples NAME`")
        return sheets[0].name

    def run(
        self,
        name: str = "",
        *,
        by: str,
        allowed: Allowed | None = None,
        force: bool = False,
        told: Told = lambda *_: None,
    ) -> Continued:
        """Prepare a dataset if the trigger fires, and train and evaluate a candidate if that is allowed.

        The trigger: the last one was prepared `min_interval_days` ago or more, what comes in drifted, and there are
        `min_examples` new ones; `force` fires it without the first two. Without `allowed` as the settings say; a person
        may always prepare. Raises Unavailable when another process is at it, or the training cannot fit.
        """
        may = allowed or ("train" if self._settings.continual == "train" else "prepare")
        dataset = self.dataset_of(name)
        with self._workspace.catalog.leases.hold(KIND):
            runs = self._workspace.catalog.runs
            run = runs.start(KIND)
            try:
                done = self._decide(dataset, by, may, told, force=force)
            except (PlumblineError, KeyboardInterrupt) as error:
                runs.finish(run, {"dataset": dataset}, state=FAILED, message=str(error) or "interrupted")
                raise
            runs.finish(run, done.to_json())
        return done

    def latest(self, limit: int = 20) -> list[Run]:
        """What was decided before, newest first."""
        return list(self._workspace.catalog.runs.list(kind=KIND, limit=limit))

    def due(self) -> bool:
        """Whether the schedule is to look again: it is allowed to, there is a dataset, and a day has passed."""
        if self._settings.continual == "off" or not self._workspace.datasets.list():
            return False
        before = self.latest(1)
        return not before or self._clock() - before[0].started_at >= EVERY

    # --- inside -------------------------------------------------------------------------------------------------

    def _decide(self, dataset: str, by: str, may: Allowed, told: Told, *, force: bool) -> Continued:
        now, needed = self._clock(), self._settings.min_examples
        waited = (now - self._prepared_at()) / _DAY
        if not force and waited < self._settings.min_interval_days:
            reason = (
                f"the last one was prepared {waited:.1f} days ago, at least {self._settings.min_interval_days:g} pass"
            )
            return Continued(now, dataset, "too_soon", reason)
        report = self._workspace.datasets.drift(dataset, told=told)
        if not force and report.verdict != "drift":
            return Continued(now, dataset, "no_drift", _no_drift(report), report.verdict)
        base = self._workspace.datasets.get(dataset)
        fresh = self._free_name(dataset, now)
        try:
            sheet = self._workspace.datasets.make(fresh, self._recipe(base, report), by=by, at_least=needed, told=told)
        except TooFew as error:
            reason = f"{error.count} new examples passed the checks, at least {needed} are needed"
            return Continued(now, dataset, "few_examples", reason, report.verdict)
        why = "forced" if force else f"drift in {_drifted(report)}"
        parts = ", ".join(f"{part} {count}" for part, count in sheet.parts.items())
        done = Continued(now, dataset, "prepared", f"{why}; {fresh}: {parts}", report.verdict, fresh)
        if may == "prepare":
            return done
        version = self._trained(fresh, by, told)
        return replace(done, decision="trained", version=version.id, gate=self._evaluated(version, by, told))

    def _prepared_at(self) -> float:
        """When one was prepared last; long ago when none was."""
        return next((run.started_at for run in self.latest(500) if run.report.get("fired")), 0.0)

    def _recipe(self, base: Datasheet, report: DriftReport) -> Recipe:
        """As the dataset before was made, but of the window, with so much of the older examples again."""
        share = self._settings.replay_share
        kept = {key: base.recipe[key] for key in ("form", "context", "balance", "how", "seed") if key in base.recipe}
        return Recipe(
            sources=("feedback", "documents"),
            access=frozenset(base.access),
            languages=tuple(base.recipe["languages"]),
            limits=Limits(**base.recipe["limits"]),
            since=report.window_now[0],
            replay=(base.name,) if share else (),
            replay_share=share,
            **kept,
        )

    def _free_name(self, dataset: str, now: float) -> str:
        day = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d")
        stem = f"{_DATED.sub('', dataset)[:50]}-{day}"
        taken = {sheet.name for sheet in self._workspace.datasets.list()}
        numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (stem, *numbered) if name not in taken)

    def _trained(self, dataset: str, by: str, told: Told) -> ModelVersion:
        """A candidate that goes on from the version in service, as that one was trained."""
        from app.training import train

        stable = self._workspace.adaptation.line().stable
        version = self._workspace.adaptation.get(stable) if stable else None
        trainings = self._workspace.trainings
        plan = trainings.usual(self._workspace.settings.answer.model) if version is None else self._plan_of(version)
        rows = trainings.fitting(plan, self._workspace.datasets.folder / dataset)
        return train(
            self._workspace,
            rows,
            plan,
            by=by,
            name=_DATED.sub("", dataset) if version is None else version.name,
            settings=dict(version.settings) if version is not None else None,
            told=lambda step: told("training", step.number, step.of),
        )

    def _plan_of(self, version: ModelVersion) -> Plan:
        registry = self._workspace.registry
        folder, adapter = registry.verified(version), registry.adapter(version)
        return self._workspace.trainings.going_on(folder, version.base, adapter.folder if adapter is not None else None)

    def _evaluated(self, version: ModelVersion, by: str, told: Told) -> str:
        """What stands against promoting it after comparing it with the version in service."""
        from app.comparison import compare

        try:
            report = compare(
                self._workspace, version.id, by=by, progress=lambda done, total: told("evaluating", done, total)
            )
        except InvalidInput as error:  # too few sources to hold any back: a person says on which questions
            return str(error)
        return str(report["gate"])


class ContinualSchedule:
    """Looks now and then whether it is time, and begins a process of its own then: training takes hours."""

    def __init__(self, continual: Continual, begin: Callable[[], int], look_seconds: float = _LOOK_SECONDS) -> None:
        self._continual = continual
        self._begin = begin
        self._look_seconds = look_seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._run_forever, name="plumbline-continual", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a process that was begun goes on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def run_due(self) -> bool:
        """Begin if it is time; gives whether it was."""
        if not self._continual.due():
            return False
        _log.info("continual_begun", pid=self._begin())
        return True

    def _run_forever(self) -> None:
        while not self._stop.wait(self._look_seconds):
            try:
                self.run_due()
            except PlumblineError as error:  # the catalog is busy, a datasheet damaged; there is another look soon
                _log.warning("continual_not_begun", reason=str(error))


def _no_drift(report: DriftReport) -> str:
    if report.verdict in {"steady", "small"}:
        return f"what came in is of the same kind as what {report.dataset} was made from"
    most = max((each.now for each in report.measures), default=0)
    return f"whether there is drift cannot be said ({report.verdict.replace('_', ' ')}; {most} texts came in)"


def _drifted(report: DriftReport) -> str:
    return ", ".join(f"{each.name} of {each.subject}" for each in report.measures if each.verdict == "drift")
