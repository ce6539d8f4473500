"""The desensitizing policy as the people who may edit it work with it: save, see what that changes, do it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.desensitize import Action, Policy
from knowledge.errors import InvalidInput, NotPermitted
from knowledge.protocols import Progress
from knowledge.types import Document, FoundValues, Role, RunReport, User

if TYPE_CHECKING:
    from app.wiring import Workspace
    from ingest.desensitize.policy_file import StoredPolicy

EDITORS = frozenset({Role.OPERATOR, Role.ADMIN})
"""Roles that may see and edit the policy."""
LONGEST_EXAMPLE = 2000
_RUNS = 400


@dataclass(frozen=True, slots=True)
class Shown:
    """A value found in an example: what the policy puts in its place `now`, and what each action would."""

    kind: str
    value: str
    now: str
    instead: dict[Action, str]


@dataclass(frozen=True, slots=True)
class Due:
    """Documents that were made under another policy (or model, or splitter) than now; of `lost` the file is gone."""

    files: tuple[Path, ...]
    documents: int
    lost: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many values of a kind the runs of one day (UTC, ISO date) took out."""

    day: str
    kind: str
    count: int


class Policies:
    """The policy of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(self) -> StoredPolicy:
        """The policy as it stands in its file now."""
        return self._workspace.policy_file.read()

    def version(self) -> str:
        """The mark of the policy's file as it is now; "" while there is none."""
        return self._workspace.policy_file.version()

    def save(self, policy: Policy, version: str, user: User) -> StoredPolicy:
        """Put `policy` in the place of the one of `version`; what changed is in the audit log.

        Raises NotPermitted for other roles, PolicyChangedMeanwhile when somebody else was first.
        """
        allow(user)
        before = self.read()
        stored = self._workspace.policy_file.save(policy, version, self._workspace.catalog.begin())
        self._workspace.audit.append("desensitize.policy", user.name, {"changed": changes(before.policy, policy)})
        return stored

    def affected(self, before: Policy, after: Policy) -> int:
        """How many documents a change from one to the other would do again."""
        documents = self._workspace.catalog.documents.list()
        before, after = self._in_force(before), self._in_force(after)
        return sum(_for(before, one).fingerprint != _for(after, one).fingerprint for one in documents)

    def _in_force(self, policy: Policy) -> Policy:
        return policy.strict() if self._workspace.settings.desensitize.strict else policy

    def due(self) -> Due:
        """What would be done again now, file by file."""
        from ingest.pipeline import made_otherwise

        workspace = self._workspace
        embedder = workspace.models.fingerprint(workspace.settings.embedding.model)
        every = workspace.catalog.documents.list()
        documents = made_otherwise(every, embedder, workspace.desensitizer, workspace.settings.ingest)
        found = {
            (one.source_root, path): self._workspace.original(one.source_root, path)
            for one in documents
            for path in [one.metadata.get("container") or one.path]
        }
        files = tuple(sorted({path for path in found.values() if path is not None}))
        lost = sum(found[one.source_root, one.metadata.get("container") or one.path] is None for one in documents)
        return Due(files, len(documents), lost)

    def redo(self, user: User, progress: Progress) -> RunReport:
        """Do again what is due. Raises InvalidInput when nothing is."""
        allow(user)
        files = self.due().files
        if not files:
            raise InvalidInput("no document is to be done again")
        report = self._workspace.pipeline().run(files, progress=progress)
        detail = {"documents": report.documents.to_json(), "access": None}
        self._workspace.audit.append("ingest", user.name, detail, subject=report.run_id)
        return report

    def look(self, path: Path, user: User, progress: Progress) -> RunReport:
        """What the policy finds in the files at `path`, whether they are documents already or not; stores nothing."""
        allow(user)
        if not path.exists():
            raise InvalidInput(f"{path}: no such file or folder on the server; check the path")
        clean = self._workspace.desensitizer.desensitize_path(str(path))
        self._workspace.audit.append("desensitize.dry_run", user.name, subject=clean)
        return self._workspace.pipeline().run([path], dry_run=True, again=True, progress=progress)

    def sources(self) -> dict[str, int]:
        """The ingested sources with the numbers of their documents."""
        return dict(sorted(Counter(one.source_root for one in self._workspace.catalog.documents.list()).items()))

    def labels(self) -> list[str]:
        """The access labels that documents have."""
        return sorted({label for one in self._workspace.catalog.documents.list() for label in one.access})

    def counts(self) -> list[DayCount]:
        """What ingestion took out, day by day, oldest first."""
        found: Counter[tuple[str, str]] = Counter()
        for run in self._workspace.catalog.runs.list(kind="ingest", limit=_RUNS):
            day = datetime.fromtimestamp(run.started_at, UTC).date().isoformat()
            for kind, count in dict(run.report.get("desensitized", {})).items():
                found[day, kind] += count
        return [DayCount(day, kind, count) for (day, kind), count in sorted(found.items())]

    def example(self, text: str, policy: Policy) -> tuple[str, list[Shown]]:
        """`text` under `policy`, and for each value what every action makes of it. The vault hears nothing of it.

        Raises InvalidInput for a text longer than 2,000 characters.
        """
        if len(text) > LONGEST_EXAMPLE:
            raise InvalidInput(f"the example has {len(text)} characters; the most is {LONGEST_EXAMPLE}, shorten it")
        like = self._workspace.desensitizer
        policy = self._in_force(policy)
        clean, spans = like.untold(policy).desensitize(text)
        now = {(span.start, span.end): span.replacement for span in spans}
        everything = policy.model_copy(
            update={"entities": {}, "keep_domains": (), "keep_values": (), "colleagues": Action.PSEUDONYM}
        )
        by_action = {
            action: {
                (span.start, span.end): span
                for span in like.untold(everything.model_copy(update={"default": action})).desensitize(text)[1]
            }
            for action in Action
            if action is not Action.KEEP
        }
        shown = []
        for place, span in by_action[Action.PSEUDONYM].items():
            instead = {action: spans[place].replacement for action, spans in by_action.items() if place in spans}
            value = text[place[0] : place[1]]
            shown.append(Shown(span.type, value, now.get(place, value), {Action.KEEP: value} | instead))
        return clean, shown


def allow(user: User) -> None:
    """Raises NotPermitted unless `user` may edit the policy."""
    if user.role not in EDITORS:
        raise NotPermitted(f"{user.name}: only operators and administrators may see the policy")


def changes(before: Policy, after: Policy) -> list[str]:
    """What differs, as places in the policy file: `entities.PERSON: pseudonym -> tag`; lists are not repeated."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    found = []
    for key in new:
        if key == "entities":
            kinds = sorted(set(old[key]) | set(new[key]))
            found += [
                f"entities.{kind}: {before.action(kind).value} -> {after.action(kind).value}"
                for kind in kinds
                if before.action(kind) is not after.action(kind)
            ]
        elif old[key] != new[key]:
            said = isinstance(new[key], str)
            found.append(f"{key}: {old[key]} -> {new[key]}" if said else f"{key}: changed")
    return found


def readable(found: Iterable[FoundValues], user: User) -> tuple[list[FoundValues], int]:
    """Of a dry run's findings those in files that `user` may read, and how many values there are in others."""
    mine, others = [], 0
    for one in found:
        if not one.access or user.groups.intersection(one.access):
            mine.append(one)
        else:
            others += one.count
    return mine, others


def _for(policy: Policy, document: Document) -> Policy:
    path = document.metadata.get("container") or document.path
    return policy.for_document(Path(document.source_root) / path, path, document.access)
