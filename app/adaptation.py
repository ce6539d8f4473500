"""Model versions from training to canary and back: what the command line, the pages and programs call.

Which version answers is read from the catalog for every question, so that a change takes effect at once in every
process, and an answer under way goes on with the version that began it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.settings import AnswerSettings
from knowledge.catalog.versions import Channel, Choice, Line, ModelVersion, VersionEvent, VersionUsage, VersionUse
from knowledge.errors import InvalidInput, NotFound, NotPermitted

if TYPE_CHECKING:
    from pathlib import Path

    from app.wiring import Workspace
    from knowledge.protocols import Generator
    from knowledge.types import User

AUTOMATIC = "automatic"
"""Who takes a canary back on thresholds, as events and audit log name it."""
BASE = "base"
"""How a command line names the bare base."""
_JUDGED_VOTES = 5
_ADJUSTABLE = frozenset(AnswerSettings.model_fields) - {"model", "backend", "quantize", "context_tokens"}
"""What a version may set of `[answer]`: all that does not load another model."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes an answer: the router's choice, and the settings with the version's own over them."""

    choice: Choice
    settings: AnswerSettings


@dataclass(frozen=True, slots=True)
class Closed:
    """Why the gate is closed: a key of `_CLOSED` and what its sentence names; `against` "" is the base."""

    key: str
    values: Mapping[str, Any]


_CLOSED: Mapping[str, str] = {
    "not_evaluated": "it was not evaluated: run `plumbline train evaluate {version}`",
    "other": "it was compared with {compared}, and {against} is in service: evaluate it again",
    "few": (
        "its evaluation has {questions} held-back questions and {documents} over documents, and the gate needs "
        "{needed} of either: ask more with `plumbline train evaluate {version} --dataset DATASET` or `--eval FOLDER`"
    ),
    "gain": "its F1 is {gain} against {against}, and the gate needs {needed}",
    "documents": "its F1 over documents is {gain} against {against}, and the gate needs {needed}",
    "forgot": "it forgot {forgot} of the general questions, and {allowed} are allowed",
}


class Adaptation:
    """The model versions of a workspace. Safe from many threads."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._settings = workspace.settings.adaptation

    # --- looking --------------------------------------------------------------------------------------------------

    def list(self) -> Sequence[ModelVersion]:
        """All versions, newest first."""
        return self._workspace.registry.list()

    def get(self, version_id: str) -> ModelVersion:
        """The version of that id, or the newest of a name. Raises NotFound."""
        return self._workspace.registry.get(version_id)

    def lines(self) -> Sequence[Line]:
        """All business lines for which something was set."""
        return self._workspace.catalog.versions.lines()

    def line(self, name: str = "") -> Line:
        """A business line; one for which nothing was set has neither a stable version nor a canary."""
        return self._workspace.catalog.versions.line(name) or Line(name)

    def usage(self, *, line: str | None = None, since: float = 0.0) -> Sequence[VersionUsage]:
        """What became of the questions that each version was to answer."""
        return self._workspace.catalog.versions.usage(line, since)

    def events(self, limit: int = 100) -> Sequence[VersionEvent]:
        """Who registered, evaluated, promoted or took back what, newest first."""
        return self._workspace.catalog.versions.events(limit)

    # --- changing -------------------------------------------------------------------------------------------------

    def register(
        self,
        name: str,
        made: Path,
        *,
        base: str,
        method: str,
        by: str,
        number: str = "",
        settings: dict[str, Any] | None = None,
        **about: Any,
    ) -> ModelVersion:
        """A new version from the files in `made`, which are taken over; without `number` the next one of that name.

        `settings` go over `[answer]`. Raises InvalidInput for a number that is taken or settings that cannot be.
        """
        from app import prompts

        checked = checked_settings(self._workspace.settings.answer, settings or {})
        number = self._workspace.registry.numbered(name, number)
        version = ModelVersion(
            id=f"{name}@{number}",
            name=name,
            number=number,
            base=base,
            method=method,
            folder=f"{name}/{number}",
            prompt=str(prompts.VERSION),
            settings=checked,
            created_by=by,
            **about,
        )
        version = self._workspace.registry.add(version, made)
        self._audit("versions.register", by, version.id, {"base": base, "method": method})
        return version

    def canary(self, version_id: str, share: float, *, line: str = "", by: str) -> Line:
        """From now on a share (above 0, up to 1) of the line's users are answered by the version.

        Raises NotFound, InvalidInput for a share that cannot be or the version that is stable already.
        """
        version = self.get(version_id)
        if not 0 < share <= 1:
            raise InvalidInput(f"share {share:g}: give a share above 0 and up to 1, such as 0.1")
        checked_line(line)
        self._workspace.registry.verified(version)

        def change(before: Line) -> Line:
            if before.stable == version.id:
                raise InvalidInput(f"{version.id}: is the stable version of {told(line)} already")
            return replace(before, canary=version.id, share=share)

        return self._change(line, change, "canary", version.id, by, f"share {share:g}")

    def promote(self, version_id: str, *, line: str = "", by: str, force: str = "") -> Line:
        """From now on all users of the line are answered by the version.

        Raises NotPermitted with the reason when its evaluation does not open the gate; `force` is a reason to open it
        all the same, which is kept.
        """
        version = self.get(version_id)
        checked_line(line)
        self._workspace.registry.verified(version)
        current = self.line(line).stable
        closed = self.gate(version, current)
        if closed and not force.strip():
            raise NotPermitted(f"{version.id}: is not promoted, {closed}; or give a reason with --force")

        def change(before: Line) -> Line:
            if before.stable == version.id:
                raise InvalidInput(f"{version.id}: is the stable version of {told(line)} already")
            return replace(before, stable=version.id, canary="", share=0.0, before=(*before.before, before.stable))

        reason = f"forced: {force.strip()} ({closed})" if closed else ""
        return self._change(line, change, "promote", version.id, by, reason)

    def rollback(self, *, line: str = "", by: str, reason: str = "") -> Line:
        """Take the line's canary back; without one, bring back the stable version before this one.

        Raises NotFound when there is neither.
        """
        taken = self.line(line)
        if not taken.canary and not taken.before:
            raise NotFound(f"{told(line)}: nothing to roll back, the base answers and has no canary")

        def change(before: Line) -> Line:
            if before.canary:
                return replace(before, canary="", share=0.0)
            if not before.before:
                raise NotFound(f"{told(line)}: was rolled back by somebody else just now")
            return replace(before, stable=before.before[-1], before=before.before[:-1])

        return self._change(line, change, "rollback", taken.canary or taken.stable, by, reason)

    def gate(self, version: ModelVersion, against: str) -> str:
        """Why the version may not take the place of `against` ("": the base), in words; empty when it may."""
        closed = self.closed(version, against)
        if closed is None:
            return ""
        values = {**closed.values, "against": closed.values.get("against") or BASE}
        return _CLOSED[closed.key].format_map(values)

    def closed(self, version: ModelVersion, against: str) -> Closed | None:
        """As `gate`, for who says it in another language; None when the version may take the place.

        The held-back questions count, and those over documents, where at least `min_questions` of them were asked.
        """
        found, settings = version.evaluation, self._settings
        if not found:
            return Closed("not_evaluated", {"version": version.id})
        if found["against"] != (against or BASE):
            return Closed("other", {"compared": found["against"], "against": against})
        documents = found.get("documents", {})
        counted = {"gain": (found["questions"], found), "documents": (documents.get("questions", 0), documents)}
        judged = {key: part for key, (count, part) in counted.items() if count >= settings.min_questions}
        if not judged:
            asked, over = (count for count, _ in counted.values())
            values = {"questions": asked, "documents": over, "needed": settings.min_questions, "version": version.id}
            return Closed("few", values)
        for key, part in judged.items():
            gain = part["difference"]["f1"]["mean"]
            if gain < settings.min_gain:
                needed = f"{settings.min_gain:+.3f}"
                return Closed(key, {"gain": f"{gain:+.3f}", "against": against, "needed": needed})
        forgot = -found["difference"]["general"]["mean"] if found["difference"].get("general") else 0.0
        if forgot > settings.max_forgetting:
            return Closed("forgot", {"forgot": f"{forgot:.0%}", "allowed": f"{settings.max_forgetting:.0%}"})
        return None

    # --- answering ------------------------------------------------------------------------------------------------

    def writer(self, user: User, channel: Channel | None = None) -> Writer:
        """Who answers `user`; `channel` asks for stable or canary outright."""
        choice = self._workspace.router.choose(user, channel)
        return Writer(choice, self._settings_of(choice.version))

    def writer_of(self, version_id: str) -> Writer:
        """A version ("": the base) outside any line, as for an evaluation."""
        return Writer(Choice(version_id), self._settings_of(version_id))

    def generator(self, writer: Writer) -> Generator:
        """The model that writes, loaded when it is first needed."""
        return self._workspace.generator_of(writer.choice.version)

    def record(self, writer: Writer, total_ms: float, *, error: str = "", message_id: str = "") -> None:
        """Note an answer or a failure, and take a canary back that is worse than the thresholds allow."""
        choice = writer.choice
        use = VersionUse(choice.version, choice.line, choice.channel, round(total_ms, 1), error, message_id)
        self._workspace.catalog.versions.record(use)
        if choice.channel == "canary":
            self.judge(choice.line)

    def judge(self, line: str) -> str:
        """Take the line's canary back when it crossed a threshold; gives the reason, or nothing."""
        current = self.line(line)
        if not current.canary:
            return ""
        found = {each.channel: each for each in self.usage(line=line, since=current.changed_at) if _of(each, current)}
        reason = self._worse(found.get("canary"), found.get("stable"))
        if reason:
            self.rollback(line=line, by=AUTOMATIC, reason=reason)
        return reason

    def _worse(self, canary: VersionUsage | None, stable: VersionUsage | None) -> str:
        settings = self._settings
        if canary is None:
            return ""
        votes = canary.up + canary.down
        if votes >= _JUDGED_VOTES and canary.down / votes > settings.max_down_share:
            return f"{canary.down} of {votes} thumbs are down"
        if canary.asked < settings.judge_after:
            return ""
        if canary.errors / canary.asked > settings.max_error_share:
            return f"{canary.errors} of {canary.asked} answers failed"
        usual = stable.median_ms if stable is not None and stable.asked >= settings.judge_after else None
        if usual and canary.median_ms and canary.median_ms > settings.max_slowdown * usual:
            return f"its median answer takes {canary.median_ms:.0f} ms, the stable one's {usual:.0f} ms"
        return ""

    # --- inside ---------------------------------------------------------------------------------------------------

    def _settings_of(self, version_id: str) -> AnswerSettings:
        answer = self._workspace.settings.answer
        return answer.model_copy(update=dict(self.get(version_id).settings)) if version_id else answer

    def _change(
        self, line: str, change: Callable[[Line], Line], action: str, version: str, by: str, reason: str
    ) -> Line:
        done = self._workspace.catalog.versions.change_line(
            line, change, action=action, version=version, by=by, reason=reason
        )
        self._audit(f"versions.{action}", by, version or BASE, {"line": line, "reason": reason})
        return done

    def _audit(self, action: str, by: str, subject: str, detail: dict[str, Any]) -> None:
        self._workspace.audit.append(action, by, detail, subject=subject)


def checked_settings(answer: AnswerSettings, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a version; raises InvalidInput for keys that it may not set and values that cannot be."""
    from pydantic import ValidationError

    wrong = sorted(settings.keys() - _ADJUSTABLE)
    if wrong:
        raise InvalidInput(f"--set {wrong[0]}: a version may set {', '.join(sorted(_ADJUSTABLE))}")
    try:
        checked = AnswerSettings.model_validate({**answer.model_dump(), **settings})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"--set {first['loc'][0]}: {first['msg']}, found {first['input']!r}") from error
    return {key: getattr(checked, key) for key in settings}


def checked_line(line: str) -> str:
    """The name of a business line, which is that of a group; raises InvalidInput when it cannot be one."""
    from app.accounts.names import checked_groups

    checked_groups([line] if line else [])
    return line


def told(line: str) -> str:
    """A business line in words."""
    return f"line {line}" if line else "everybody's line"


def _of(usage: VersionUsage, line: Line) -> bool:
    return usage.version == (line.canary if usage.channel == "canary" else line.stable)
