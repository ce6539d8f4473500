"""`workspace.datasets`: making datasets, looking through them, striking rows out; all of it audited.

Whoever reads a dataset must have all access labels that it was made with; for others it does not exist. `user` None is
whoever works at the machine itself, who may all.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import structlog

from app.datasets import folder as disk
from app.datasets import samples
from app.datasets.balance import resampled
from app.datasets.erasing import There, erase
from app.datasets.gathering import Gathering
from app.datasets.quality import Report, examine
from app.datasets.types import (
    FORMS,
    FROM,
    KEYS,
    PARTS,
    Candidate,
    DatasetRow,
    Datasheet,
    How,
    Key,
    Recipe,
    RowPage,
    StruckRow,
    TooFew,
)
from app.datasets.window import Windows, measure_drift
from app.datasets.writing import Formats, parts_of, rows_of
from knowledge.errors import Damaged, InvalidInput, NotFound, NotPermitted, Unavailable
from knowledge.files import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.datasets.drift import DriftReport
    from app.wiring import Workspace
    from knowledge.protocols import Embedder
    from knowledge.types import User

Told = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is (None: unknown)."""
LEASE = "datasets"
DRIFT = "drift"
"""The kind of run under which measured drift is kept."""
AUTOMATIC = "automatic"
"""Who takes out what was deleted, as the audit log names it."""
_WAIT = 10.0
_SHORT_WAIT = 2.0
_log = structlog.get_logger(__name__)


class Datasets:
    """The datasets of a workspace. Safe from many threads and processes."""

    def __init__(self, workspace: Workspace, formats: Formats, clock: Callable[[], float] = time.time) -> None:
        self._workspace = workspace
        self._formats = formats
        self._clock = clock

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self._workspace.folder / "datasets"

    # --- looking ------------------------------------------------------------------------------------------------

    def list(self, user: User | None = None) -> Sequence[Datasheet]:
        """The datasheets of all that the user may read, the newest first."""
        found = [disk.read_sheet(file.parent) for file in self.folder.glob(f"[!.]*/{disk.SHEET}")]
        return sorted((sheet for sheet in found if _may_read(sheet, user)), key=lambda sheet: -sheet.created_at)

    def get(self, name: str, user: User | None = None) -> Datasheet:
        """One datasheet. Raises NotFound."""
        folder = self.folder / disk.checked_name(name)
        sheet = disk.read_sheet(folder) if (folder / disk.SHEET).is_file() else None
        if sheet is None or not _may_read(sheet, user):
            raise NotFound(f"{name}: no such dataset; `plumbline train datasets` lists them")
        return sheet

    def rows(
        self,
        name: str,
        user: User | None = None,
        *,
        part: str = "",
        kind: str = "",
        language: str = "",
        search: str = "",
        offset: int = 0,
        limit: int = 50,
    ) -> RowPage:
        """Rows of a part, kind and language ("": of all) in which `search` stands, from `offset` on."""
        self.get(name, user)
        found: list[DatasetRow] = []
        for each in PARTS if not part else (part,):
            found += [disk.shown(row, each) for row in disk.read_part(self.folder / name, each)]
        wanted = [row for row in found if kind in {"", row.kind} and language in {"", row.language}]
        words = search.strip().casefold()
        wanted = [row for row in wanted if words in f"{row.question}\n{row.answer}\n{row.rejected}".casefold()]
        return RowPage(tuple(wanted[offset : offset + limit]), len(wanted))

    def struck(self, name: str, user: User | None = None) -> Sequence[StruckRow]:
        """What was struck out, the newest first."""
        self.get(name, user)
        return disk.read_struck(self.folder / name)

    def drift(
        self, name: str, user: User | None = None, *, days: float | None = None, told: Told = lambda *_: None
    ) -> DriftReport:
        """How much what was asked and came in in the last `days` differs from the window of a dataset; it is kept.

        Without `days` as `[adaptation] window_days` says. Raises Unavailable when the embedding model is not there.
        """
        sheet = self.get(name, user)
        window = days or self._workspace.settings.adaptation.window_days
        report = measure_drift(self._workspace, self.folder / name, sheet, now=self._clock(), days=window, told=told)
        runs = self._workspace.catalog.runs
        # Names of concepts may be for few; the numbers are not
        runs.finish(runs.start(DRIFT), {key: value for key, value in report.to_json().items() if key != "terms"})
        return report

    def drifts(self, user: User | None = None, limit: int = 50) -> Sequence[Mapping[str, Any]]:
        """What was measured before, newest first, as JSON without the terms; of datasets that the user may read."""
        readable = {sheet.name for sheet in self.list(user)}
        runs = self._workspace.catalog.runs.list(kind=DRIFT, limit=limit)
        return [run.report for run in runs if run.report.get("dataset") in readable]

    # --- making -------------------------------------------------------------------------------------------------

    def make(
        self,
        name: str,
        recipe: Recipe,
        *,
        by: str,
        user: User | None = None,
        at_least: int = 1,
        told: Told = lambda *_: None,
    ) -> Datasheet:
        """A new dataset. Raises InvalidInput for a name that is taken and a recipe that cannot be, TooFew when less
        than `at_least` rows that are no replay are left after the checks; NotPermitted for labels that are not the
        user's.
        """
        disk.checked_name(name)
        self._check(recipe, user)
        with self._alone(), disk.making(self.folder / name) as folder:
            report, gathering = Report(), Gathering(self._workspace, self._formats, recipe, self._clock())
            candidates = list(self._candidates(gathering, recipe, told))
            kept = examine(candidates, gathering.checks(), report, lambda at: told("checking", at, len(candidates)))
            for reason, count in gathering.left_out().items():
                report.drop(reason, count=count)
            fresh = sum(candidate.source.kind != "replay" for candidate in kept)
            if not kept or (fresh < at_least and at_least > 1):
                reasons = ", ".join(f"{reason} {entry['count']}" for reason, entry in report.dropped.items())
                found = f"{fresh} of {at_least} examples" if kept else "nothing to learn from"
                raise TooFew(f"{name}: {found} ({reasons or 'no examples there'})", fresh)
            rows = rows_of(kept, recipe.form, gathering.alike())
            parts: dict[str, Sequence[Mapping[str, Any]]] = {**parts_of(rows, self._formats)}
            if recipe.balance:
                parts["train"] = resampled(parts["train"], recipe.balance, recipe.how, recipe.seed)
            sheet = Datasheet(
                name=name,
                form=recipe.form,
                created_at=self._clock(),
                created_by=by,
                access=tuple(sorted(recipe.access)),
                recipe=recipe.to_json(),
                sources=_sources(kept),
                graph_revision=self._workspace.graph().revision,
                policy=self._workspace.desensitizer.fingerprint,
                window={"since": recipe.since, "until": gathering.began},
                quality=report.to_json(),
                reference=self._kept_sample(folder, recipe, gathering.began, told),
                **_NOT_COUNTED,
            )
            self._write(folder, parts, sheet)
        self.erase_deleted()  # what was deleted since it was read
        return self._noted("dataset.make", by, name, {"rows": len(kept), "access": sorted(recipe.access)})

    def resample(
        self, name: str, new_name: str, key: Key, how: How, *, by: str, user: User | None = None, seed: int = 0
    ) -> Datasheet:
        """A new dataset whose training part is drawn from another one's, so that no class outweighs the others."""
        sheet = self.get(name, user)
        disk.checked_name(new_name)
        _check_drawing(key, how)
        with self._alone(), disk.making(self.folder / new_name) as folder:
            parts: dict[str, Sequence[Mapping[str, Any]]] = {
                part: disk.read_part(self.folder / name, part) for part in PARTS
            }
            parts["train"] = resampled(parts["train"], key, how, seed)
            recipe = {**sheet.recipe, "resampled_from": name, "balance": key, "how": how, "seed": seed}
            if sheet.reference:
                shutil.copyfile(self.folder / name / samples.FILE, folder / samples.FILE)
            fresh = replace(sheet, name=new_name, created_at=self._clock(), created_by=by, recipe=recipe)
            self._write(folder, parts, fresh)
        self.erase_deleted()
        return self._noted("dataset.make", by, new_name, {"resampled_from": name, "key": key, "how": how})

    # --- changing -----------------------------------------------------------------------------------------------

    def strike(self, name: str, ids: Collection[str], *, by: str, reason: str, user: User | None = None) -> Datasheet:
        """Rows out of the parts; they are kept with who, when and why. Raises InvalidInput, see `folder.strike`."""
        self.get(name, user)
        clean = self._workspace.desensitizer.desensitize(reason.strip())[0]
        if not clean:
            raise InvalidInput(f"{name}: say why the rows are struck out")
        with self._alone():
            disk.strike(self.folder / name, ids, {"at": self._clock(), "by": by, "reason": clean})
            self._count_again(name)
        return self._noted("dataset.strike", by, name, {"rows": sorted(ids), "reason": clean})

    def put_back(self, name: str, ids: Collection[str], *, by: str, user: User | None = None) -> Datasheet:
        """Rows that were struck out into their parts again."""
        self.get(name, user)
        with self._alone():
            disk.settle(self.folder / name)
            disk.put_back(self.folder / name, ids)
            self._count_again(name)
        return self._noted("dataset.put_back", by, name, {"rows": sorted(ids)})

    def remove(self, name: str, *, by: str, user: User | None = None) -> None:
        """The whole dataset for good; versions that were trained on it keep their held-back rows."""
        self.get(name, user)
        with self._alone():
            # Renamed first: a kill leaves something hidden, which the next one that is made removes
            gone = self.folder / f"{disk.MAKING}removed-{name}"
            (self.folder / name).rename(gone)
            shutil.rmtree(gone)
        self._workspace.audit.append("dataset.remove", by, {}, subject=name)

    def erase_deleted(self) -> None:
        """Take out of all datasets what was made from conversations and documents that are no longer there, and from
        answers over such documents: rows, what the datasheet says of them, and the numbers kept for drift. A dataset
        without a row to train on goes.

        What a version has learnt it keeps, with its held-back rows, until it is trained anew. While another one is
        being made this is left to its maker.
        """
        if not any(self.folder.glob(f"[!.]*/{disk.SHEET}")):
            return
        try:
            with self._workspace.catalog.leases.hold(LEASE, wait=_SHORT_WAIT):
                there = There.of(self._workspace.catalog)
                for file in sorted(self.folder.glob(f"[!.]*/{disk.SHEET}")):
                    try:
                        self._erase(file.parent, there)
                    except Damaged as error:  # who opens it is told so; the others are erased from all the same
                        _log.warning("not_erased_from_a_dataset", dataset=file.parent.name, reason=str(error))
        except Unavailable:
            _log.info("erasing_left_to_the_maker_of_a_dataset")

    # --- inside -------------------------------------------------------------------------------------------------

    def _erase(self, folder: Path, there: There) -> None:
        sheet = disk.read_sheet(folder)
        done = erase(folder, sheet, there)
        if done is None:
            return
        if not disk.read_part(folder, "train"):
            self.remove(sheet.name, by=AUTOMATIC)
            return
        fresh, erased = done
        disk.write_sheet(folder, fresh)
        if not sheet.problem:  # or else files that somebody altered would count as right
            self._count_again(sheet.name)
        self._workspace.audit.append("dataset.erase", AUTOMATIC, {"rows": erased}, subject=sheet.name)

    def _check(self, recipe: Recipe, user: User | None) -> None:
        from app.accounts.names import checked_groups

        checked_groups(recipe.access)
        unknown = [each for each in recipe.sources if each not in FROM]
        if unknown:
            raise InvalidInput(f"{unknown[0]}: nothing to make examples from; there are {', '.join(FROM)} and files")
        if recipe.form not in FORMS:
            raise InvalidInput(f"{recipe.form}: no such form; there are {', '.join(FORMS)}")
        if not set(recipe.languages) <= {"zh", "en"} or not recipe.languages:
            raise InvalidInput(f"{', '.join(recipe.languages)}: the languages are zh and en")
        if not 0 <= recipe.replay_share < 1 or bool(recipe.replay) != (recipe.replay_share > 0):
            raise InvalidInput(f"replay {recipe.replay_share:g}: give older datasets and a share of 0.1 or so of them")
        if recipe.balance:
            _check_drawing(recipe.balance, recipe.how)
        if user is not None and not recipe.access <= user.labels:
            raise NotPermitted(f"{', '.join(sorted(recipe.access - user.labels))}: not an access label of yours")
        for name in recipe.replay:
            sheet = self.get(name, user)
            if not set(sheet.access) <= recipe.access:
                raise InvalidInput(f"{name}: was made with more access labels, {', '.join(sheet.access)}")

    def _candidates(self, gathering: Gathering, recipe: Recipe, told: Told) -> Iterator[Candidate]:
        fresh: list[Candidate] = []
        for what, found in gathering.sources(told):
            for candidate in found:
                fresh.append(candidate)
                told(what, len(fresh), None)
        yield from fresh
        older = [row for name in recipe.replay for row in disk.read_part(self.folder / name, "train")]
        yield from gathering.replayed(older, fresh)

    def _kept_sample(self, folder: Path, recipe: Recipe, until: float, told: Told) -> dict[str, Any]:
        """The window's samples into the folder; questions are without vectors where no embedding model is at hand."""
        windows = Windows(self._workspace, recipe.access, told)
        found = windows.take(recipe.since, until, self._embedder)
        samples.write(folder, found)
        return {**{name: samples.told(one) for name, one in found.items()}, "sha256": sha256_of(folder / samples.FILE)}

    def _embedder(self) -> Embedder | None:
        try:
            return self._workspace.embedder
        except Unavailable:  # the datasheet tells, and so does who asks for drift
            return None

    def _write(self, folder: Path, parts: Mapping[str, Sequence[Mapping[str, Any]]], sheet: Datasheet) -> None:
        """All files into a folder that is being made, read again as training does. Raises Damaged for a leak."""
        for part in PARTS:
            disk.write_part(folder, part, parts[part])
        read = self._formats.read_dataset(folder)
        leaking = self._formats.leaks(read)
        if leaking:
            raise Damaged(f"{sheet.name}: {leaking[0]} stands in more than one part; report this")
        disk.write_sheet(folder, replace(sheet, **disk.counted(folder), sha256=read.sha256))

    def _count_again(self, name: str) -> None:
        folder = self.folder / name
        read = self._formats.read_dataset(folder)
        sheet = disk.read_sheet(folder)
        disk.write_sheet(folder, replace(sheet, **disk.counted(folder), sha256=read.sha256))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._workspace.catalog.leases.hold(LEASE, wait=_WAIT):
            yield

    def _noted(self, action: str, by: str, name: str, detail: dict[str, Any]) -> Datasheet:
        self._workspace.audit.append(action, by, detail, subject=name)
        return disk.read_sheet(self.folder / name)


_NOT_COUNTED: dict[str, Any] = {"parts": {}, "sha256": "", "files": {}, "balance": {}}
"""What is counted when the files are there."""


def _may_read(sheet: Datasheet, user: User | None) -> bool:
    return user is None or set(sheet.access) <= user.labels


def _check_drawing(key: str, how: str) -> None:
    if key not in KEYS or how not in {"down", "up"}:
        raise InvalidInput(f"{key} {how}: rows are drawn by {', '.join(KEYS)}, down or up")


def _sources(candidates: Sequence[Candidate]) -> tuple[Mapping[str, Any], ...]:
    """Each source with how many rows came from it, the most first."""
    times = Counter((each.source.kind, each.source.id) for each in candidates)
    first = {(each.source.kind, each.source.id): each.source for each in reversed(candidates)}
    return tuple({**asdict(first[key]), "rows": count} for key, count in times.most_common())
