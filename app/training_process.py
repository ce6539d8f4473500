"""A training in a process of its own, begun from a page: hours of work that outlive the page and its server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from knowledge.errors import InvalidInput, PlumblineError, Unavailable

if TYPE_CHECKING:
    from app.wiring import Workspace

_PROGRAM = (sys.executable, "-c", "from app.cli.main import main; main()")
_FLAGS = {"max_steps": "steps"}
_WITHOUT_OPTION = frozenset({"prompt_tokens", "from_adapter", "targets", "gradient_checkpointing"})
_ESTIMATE_SECONDS = 300


@dataclass(slots=True)
class Launch:
    """A training that was begun here. `problem` says why it ended, once it did without success."""

    dataset: str
    by: str
    process: subprocess.Popen[bytes]
    told: IO[bytes]

    @property
    def running(self) -> bool:
        """Whether its process still is there."""
        return self.process.poll() is None

    @property
    def problem(self) -> str:
        """The last line that it wrote, when it failed; else nothing."""
        if self.running or not self.process.returncode:
            return ""
        self.told.seek(0)
        lines = self.told.read().decode("utf-8", "replace").splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}"


def begin(workspace: Workspace, dataset: str, plan: Mapping[str, Any], *, name: str, by: str) -> Launch:
    """Train on a dataset of the workspace as `plan` (fields of `Plan`) says; the audit log names who began it."""
    told = tempfile.TemporaryFile()  # noqa: SIM115 - the process keeps writing to it
    process = subprocess.Popen(
        _command(workspace, dataset, plan, name),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=told,
        start_new_session=True,
    )
    workspace.audit.append("train.begin", by, {"plan": dict(plan), "name": name}, subject=dataset)
    return Launch(dataset, by, process, told)


def begin_continuing(workspace: Workspace) -> subprocess.Popen[bytes]:
    """`plumbline train continue` as the schedule calls it, in a process that outlives this one."""
    command = [*_PROGRAM, "train", "continue", "--scheduled", "--json", "--workspace", str(workspace.folder)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # its run in the catalog says how it ended
        start_new_session=True,
    )


def foresee(workspace: Workspace, dataset: str, plan: Mapping[str, Any], *, name: str) -> Mapping[str, Any]:
    """{"fits", "memory_bytes", "seconds"}, estimated in a process of its own, since that loads torch.

    Raises InvalidInput with what the command said when the plan or the dataset cannot be.
    """
    command = [*_command(workspace, dataset, plan, name), "--estimate", "--json"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ESTIMATE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("the estimate did not come in time; try again when the machine is less busy") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        raise _refused(done.returncode, lines[-1] if lines else f"exit code {done.returncode}")
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def _refused(code: int, line: str) -> PlumblineError:
    return InvalidInput(line) if code == 2 else Unavailable(line)  # noqa: PLR2004 - wrong usage, as everywhere


def _command(workspace: Workspace, dataset: str, plan: Mapping[str, Any], name: str) -> Sequence[str]:
    """`plumbline train lora` for this plan. A path cannot be given: only what is in the workspace's datasets."""
    place = workspace.datasets.folder / workspace.datasets.get(dataset).name
    options: list[str] = []
    for key, value in plan.items():
        if key not in _WITHOUT_OPTION:
            options += [f"--{_FLAGS.get(key, key).replace('_', '-')}", str(value)]
    if plan.get("targets"):
        options += ["--targets", ",".join(plan["targets"])]
    if plan.get("gradient_checkpointing"):
        options.append("--gradient-checkpointing")
    named = ["--name", name] if name else []
    return [*_PROGRAM, "train", "lora", str(place), "--workspace", str(workspace.folder), *named, *options]
