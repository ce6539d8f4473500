"""`Sources` and `Schedules`: where documents come from and when, for the command line, the pages and the library."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from knowledge.catalog.schedule_times import next_times, schedule_for
from knowledge.catalog.schedules import Schedule
from knowledge.catalog.source_runs import RunLine, RunPhase, SourceRun, Trigger
from knowledge.catalog.sources import ACCESS_FIELDS, Source, SourceKind, checked_rule_path
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Result

if TYPE_CHECKING:
    from app.wiring import Workspace
    from knowledge.types import Document, User

_BEGIN_SECONDS = 30.0
_WRITER_WAIT = 60.0
_PROBED, _SHOWN = 1000, 5
"""Items that a look at a source counts, and shows."""


class Probe(Result):
    """What a look at a source found: how many `items` (with `more` behind), and the paths of the first."""

    items: int
    more: bool
    first: tuple[str, ...]


class Rule(Result):
    """Who may read what lies at `path` in a source ("" for all of it); no `labels`: everyone who is signed in.

    `own`: it stands in the source's own file of rules, not in the catalog. `documents` counts files that it decides on.
    """

    path: str
    labels: tuple[str, ...]
    own: bool
    documents: int


class Ground(Result):
    """Why a document has its readers.

    Set by "hand"; for a `path` by a "rule" set here, one in the "file" of the source, or in that of a "folder" that is
    no source; by the "permissions" that the source tells; or because all of the "source" has them.
    """

    kind: Literal["hand", "rule", "file", "folder", "permissions", "source"]
    source: str = ""
    path: str = ""


class Sources:
    """The sources of a workspace. Safe from many threads.

    A source is named by its name or id; NotFound is raised when there is none. `by` is who does it, for the audit log.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._catalog = workspace.catalog

    # --- defining -----------------------------------------------------------------------------------------------

    def list(self) -> Sequence[Source]:
        """All sources by name."""
        return self._catalog.sources.list()

    def get(self, name: str) -> Source:
        """The source of this name or id."""
        return self._catalog.sources.get(name)

    def add(
        self,
        location: str,
        *,
        name: str = "",
        kind: SourceKind | None = None,
        options: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        access: Sequence[str] = (),
        access_file: str = "",
        permissions: Mapping[str, Sequence[str]] | None = None,
        by: str = "",
    ) -> Source:
        """A new source; nothing is fetched yet. `kind` and `name` are taken from the location when they are not given.

        Raises InvalidInput for what cannot work, and for a secret that would be stored in clear.
        """
        source = self._defined(
            location,
            name=name,
            kind=kind,
            options=dict(options or {}),
            secrets=dict(secrets or {}),
            include=tuple(include),
            exclude=tuple(exclude),
            access=tuple(sorted(access)),
            access_file=_absolute(access_file) if access_file else "",
            permissions=None if permissions is None else {who: tuple(sorted(to)) for who, to in permissions.items()},
            created_by=by,
        )
        self._refuse_twice(source)
        stored = self._catalog.sources.add(source)
        self._note("source.added", by, stored, location=stored.location, access=list(stored.access))
        return stored

    def probe(self, location: str, *, kind: SourceKind | None = None, name: str = "", **fields: Any) -> Probe:
        """What a source with this definition (as for `add`) holds now; nothing is fetched, and nothing kept.

        Raises InvalidInput for what cannot work, Unavailable when it cannot be reached.
        """
        source = self._defined(location, kind=kind, name=name, **fields)
        paths = list(self._workspace.source_runner.probe(source, _PROBED + 1))
        return Probe(items=min(len(paths), _PROBED), more=len(paths) > _PROBED, first=tuple(paths[:_SHOWN]))

    def _defined(self, location: str, *, kind: SourceKind | None, name: str, **fields: Any) -> Source:
        chosen = kind or self._workspace.kind_of_source(location)
        place = _absolute(location) if chosen == "folder" else location
        source = Source(name=name or _name_from(location), kind=chosen, location=place, **fields)
        self._workspace.check_source(source)
        return source

    def change(self, name: str, *, by: str = "", **fields: Any) -> Source:
        """Another definition of a source, in force from its next run on; `fields` are those of `Source`.

        Who may read what is known of it already holds at once.

        The kind stays, and the place of a folder: its documents belong to that place.
        """
        before = self.get(name)
        fixed = {"id", "kind", "created_at", "created_by", *(["location"] if before.kind == "folder" else [])}
        unknown = fields.keys() - Source.model_fields.keys() | (fields.keys() & fixed)
        if unknown:
            raise InvalidInput(f"source {name!r}: {min(unknown)!r} cannot be changed; add another one")
        source = Source.model_validate({**before.model_dump(), **fields})
        self._workspace.check_source(source)
        self._catalog.sources.change(source)
        if fields.keys() & ACCESS_FIELDS:
            self._workspace.source_runner.relabel(source)
        self._note("source.changed", by, source, fields=sorted(fields), access=list(source.access))
        return source

    def set_rule(self, name: str, path: str, labels: Iterable[str] | None, *, by: str = "") -> int:
        """Who may read what lies at `path` (a folder or a file, "" for all) in a source, from the next question on.

        The longest path wins, over the source's own rules too; no labels open it to everyone, None takes the rule away.
        Gives how many documents have other readers now; nothing is read or embedded again, and labels that were set by
        hand stay. Raises InvalidInput for a path or a label that cannot be used.
        """
        source = self.get(name)
        wanted = None if labels is None else sorted(set(labels))
        place = checked_rule_path(path)
        before = self._catalog.sources.set_rule(source.id, place, wanted)
        changed = self._workspace.source_runner.relabel(self.get(source.id))
        self._note("source.rule", by, source, path=place, before=before, after=wanted, documents=changed)
        return changed

    def rules(self, name: str) -> Sequence[Rule]:
        """The rules of access of a source by path: its own, and over them those that were set here.

        Raises InvalidInput for a file of rules that cannot be used.
        """
        source = self.get(name)
        holding = self._workspace.holdings.of(self._workspace.holdings.root_of(source))
        found = holding.rules if holding is not None else None
        if found is None:
            return []
        counts = Counter(found.rule_for(path) for path in self.paths(name))
        return [
            Rule(path=path, labels=tuple(sorted(labels)), own=path not in source.rules, documents=counts[path])
            for path, labels in sorted(found.rules.items())
        ]

    def paths(self, name: str, user: User | None = None) -> Sequence[str]:
        """The paths of the files of a source that became documents, in order, as far as they are listed to `user`."""
        root = str(self._workspace.holdings.root_of(self.get(name)))
        return self._catalog.listing.file_paths(user, root)

    def ground_of(self, source_root: str, path: str) -> Ground | None:
        """Why the file at a path (of a document, or of the archive that it lies in) has the readers that it has.

        None for what was uploaded, and for what has the labels that were given when it was read. Raises InvalidInput
        for a file of rules that cannot be used.
        """
        if (source_root, path) in self._catalog.decisions.set_by_hand():
            return Ground(kind="hand")
        holding = self._workspace.holdings.of(Path(source_root))
        if holding is not None and not holding.source:
            return None
        rules = holding.rules if holding is not None else self._workspace.holdings.own_rules(Path(source_root))
        place = self._workspace.original(source_root, path) if rules is not None else None
        names = [path, *([place.relative_to(source_root).as_posix()] if place is not None else [])]
        rule = rules.rule_for(*names) if rules is not None else None
        if holding is None:
            return None if rule is None else Ground(kind="folder", path=rule)
        source = self.get(holding.source)
        if rule is not None:
            return Ground(kind="rule" if rule in source.rules else "file", source=source.name, path=rule)
        return Ground(kind="source" if source.permissions is None else "permissions", source=source.name)

    def remove(self, name: str, *, keep_documents: bool = False, by: str = "") -> int:
        """Forget a source, its schedules and runs; gives how many documents went with it.

        Its documents go too, because nobody would refresh them or notice that they are gone where they came from;
        with `keep_documents` they stay as they are. Raises Unavailable while the source is being run.
        """
        source = self.get(name)
        with self._catalog.leases.hold(f"source:{source.id}"):
            ids: Sequence[str] = ()
            if not keep_documents:
                ids = [document.id for document in self.documents(source.id)]
                with self._catalog.leases.hold("writer", wait=_WRITER_WAIT):
                    root = str(self._workspace.holdings.root_of(source))
                    for entry in self._catalog.quarantine.list(source_root=root):
                        self._catalog.quarantine.remove(entry.path, root)
                    self._catalog.documents.remove(ids)
                    self._workspace.store.publish(erase=True)
                if source.kind != "folder":
                    shutil.rmtree(self._workspace.holdings.root_of(source).parent, ignore_errors=True)
            self._catalog.sources.remove(source.id)
        self._workspace.datasets.erase_deleted()
        self._note("source.removed", by, source, documents=len(ids))
        return len(ids)

    def _refuse_twice(self, source: Source) -> None:
        for other in self.list():
            if other.kind == source.kind == "folder" and other.location == source.location:
                raise InvalidInput(f"{source.location}: is the source {other.name!r} already; change that one")

    # --- running ------------------------------------------------------------------------------------------------

    def run_now(
        self,
        name: str,
        *,
        by: str = "",
        allow_empty: bool = False,
        trigger: Trigger = "manual",
        begun: Callable[[str], None] | None = None,
        told: Callable[[RunPhase, int, int], None] = lambda *_: None,
    ) -> SourceRun:
        """Run a source and wait until it is over; `state` of what is given tells how it ended.

        Raises Unavailable when it is being run already. `begun` hears the run's id at once, `told` how many items of
        each phase are done, of how many (0: not known).
        """
        return self._workspace.run_source(
            self.get(name), trigger, allow_empty=allow_empty, begun=begun, told=told, by=by or "library"
        )

    def start(self, name: str, *, by: str = "", allow_empty: bool = False) -> str:
        """Begin a run in the background of this process; gives its id as soon as it has begun.

        Raises Unavailable when the source is being run already.
        """
        source = self.get(name)
        begun = threading.Event()
        ids: list[str] = []
        problems: list[Exception] = []

        def first(run_id: str) -> None:
            ids.append(run_id)
            begun.set()

        def work() -> None:
            try:
                self.run_now(source.id, by=by, allow_empty=allow_empty, begun=first)
            except Exception as error:  # noqa: BLE001 - the frame of a thread: it is raised by who waits, or noted in the run
                problems.append(error)
            finally:
                begun.set()

        threading.Thread(target=work, name=f"plumbline-run-{source.name}", daemon=True).start()
        if not begun.wait(_BEGIN_SECONDS):
            raise Unavailable(f"source {source.name!r}: the run has not begun yet; look at its runs in a moment")
        if ids:
            return ids[0]
        raise problems[0]

    def runs(self, name: str | None = None, limit: int = 50) -> Sequence[SourceRun]:
        """The latest runs of one source or of all, newest first, as they are now, whichever process makes them."""
        return self._catalog.source_runs.list(None if name is None else self.get(name).id, limit)

    def run(self, run_id: str) -> SourceRun:
        """One run as it is now. Raises NotFound."""
        return self._catalog.source_runs.get(run_id)

    def log(self, run_id: str, after: int = 0) -> Sequence[RunLine]:
        """A run's log from the line behind number `after` on. Raises NotFound."""
        self.run(run_id)
        return self._catalog.source_runs.lines(run_id, after)

    # --- documents ----------------------------------------------------------------------------------------------

    def documents(self, name: str, user: User | None = None) -> Sequence[Document]:
        """The documents of a source that `user` may see (None: all), by path."""
        root = self._workspace.holdings.root_of(self.get(name))
        return self._catalog.documents.list(user, source_root=str(root))

    def of(self, document: Document) -> Source | None:
        """The source that a document comes from, if it comes from one."""
        roots = {str(self._workspace.holdings.root_of(source)): source for source in self.list()}
        return roots.get(document.source_root)

    def _note(self, action: str, by: str, source: Source, **detail: Any) -> None:
        self._workspace.audit.append(action, by or "library", {"name": source.name, **detail}, subject=source.id)


class Schedules:
    """When the sources of a workspace are run. Safe from many threads."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.time) -> None:
        self._workspace = workspace
        self._catalog = workspace.catalog
        self._clock = clock

    def list(self, source: str | None = None) -> Sequence[Schedule]:
        """All schedules, or those of one source, the next first."""
        return self._catalog.schedules.list(None if source is None else self._catalog.sources.get(source).id)

    def get(self, schedule_id: str) -> Schedule:
        """The schedule of this id. Raises NotFound."""
        return self._catalog.schedules.get(schedule_id)

    def add(self, source: str, *, every: str = "", cron: str = "", by: str = "") -> Schedule:
        """Run a source `every` so often ("90s", "15m", "6h", "2d", "1w"), the first time at once, or by `cron`
        ("0 6 * * 1-5", in the machine's time zone). Raises InvalidInput unless exactly one of the two is given.
        """
        found = self._catalog.sources.get(source)
        schedule = schedule_for(found.id, every, cron, self._clock())
        stored = self._catalog.schedules.add(schedule.model_copy(update={"source": found.name, "created_by": by}))
        detail = {"source": found.name, "every": every, "cron": stored.cron}
        self._workspace.audit.append("schedule.added", by or "library", detail, subject=stored.id)
        return stored

    def remove(self, schedule_id: str, *, by: str = "") -> None:
        """Forget a schedule; a run that is going on ends as it would. Raises NotFound."""
        schedule = self.get(schedule_id)
        self._catalog.schedules.remove(schedule_id)
        detail = {"source": schedule.source}
        self._workspace.audit.append("schedule.removed", by or "library", detail, subject=schedule_id)

    def next_times(self, schedule: Schedule, count: int = 3) -> Sequence[float]:
        """The next times of a schedule in seconds since 1970; the first is in the past when it is due."""
        return next_times(schedule, count)


def _absolute(path: str) -> str:
    """The path from the root on, without `..`; links in it stay what they are."""
    return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - resolve() would follow links


def _name_from(location: str) -> str:
    """A short name: the last part of the path, or the host."""
    plain = location.partition("://")[2] or location
    plain = plain.partition("?")[0].rpartition("@")[2].rstrip("/").removesuffix(".git")
    last = plain.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in last)
    return kept.strip("._-")[:64].strip("._-") or "source"
