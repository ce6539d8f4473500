"""What all commands share: where options may stand, how errors, Ctrl-C and broken pipes end, and how fast help is."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import failures
from knowledge.errors import Damaged, InvalidInput, NotFound, NotPermitted, Unavailable

REPOSITORY = Path(__file__).parents[3]
MAIN = [sys.executable, "-c", "from app.cli.main import main; main()"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--workspace", "WS", "users", "list"],
        ["users", "--workspace", "WS", "list"],
        ["users", "list", "--workspace", "WS"],
        ["--workspace", "nowhere", "users", "list", "--workspace", "WS"],
        ["--config", "WS/plumbline.toml", "users", "list"],
        ["users", "list", "--config", "WS/plumbline.toml", "--debug"],
    ],
)
def test_common_options_before_and_after_the_command(plumbline, workspace: Path, arguments: list[str]) -> None:
    ended = plumbline(*(argument.replace("WS", str(workspace)) for argument in arguments))
    assert (ended.code, ended.out) == (0, "")


def test_version(plumbline) -> None:
    assert plumbline("--help").code == 0


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InvalidInput("a: wrong"), 2, "a: wrong"),
        (NotFound("a: gone"), 1, "a: gone"),
        (NotPermitted("no"), 4, "no"),
        (Unavailable("later"), 1, "later"),
        (Damaged("broken\nreally"), 1, "broken really"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), 1, "/x/y: No space left on device; free some space"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), 1, "/x: Permission denied"),
        (sqlite3.OperationalError("database or disk is full"), 1, "free some space"),
        (sqlite3.OperationalError("attempt to write a readonly database"), 1, "who owns"),
        (sqlite3.OperationalError("database is locked"), 1, "another process"),
        (sqlite3.DatabaseError("database disk image is malformed"), 1, "doctor"),
        (MemoryError(), 1, "out of memory"),
        (KeyError("x"), 1, "internal error: KeyError: 'x'; run again with --debug"),
    ],
)
def test_whatever_goes_wrong_is_one_line(error: Exception, code: int, said: str) -> None:
    failure = failures.explained(error)
    assert failure.exit_code == code
    assert failure.text.startswith("plumbline: error: ")
    assert said in failure.text
    assert "\n" not in failure.text


def test_wrapped_database_errors_are_understood() -> None:
    import sqlalchemy.exc

    cause = sqlite3.OperationalError("database or disk is full")
    assert "free some space" in failures.explained(sqlalchemy.exc.OperationalError("INSERT", {}, cause)).text


def test_debug_adds_the_traceback(plumbline) -> None:
    assert "Traceback" not in plumbline("doctor").err
    ended = plumbline("doctor", "--debug")
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1].startswith("plumbline: error: ")


def test_interrupt_is_one_line_and_130(plumbline, workspace: Path, monkeypatch) -> None:
    from app.audit import Audit

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Audit, "verify", interrupted)
    ended = plumbline("audit", "verify", "--workspace", workspace)
    assert (ended.code, ended.out, ended.err) == (130, "", "plumbline: interrupted\n")


# --- as a process of its own ------------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom app.cli.main import run\nrun(['--help'])\n"
        "heavy = {'pydantic', 'sqlalchemy', 'numpy', 'rich', 'structlog', 'torch', 'streamlit', 'langchain_core'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_broken_pipe_is_silent(workspace: Path) -> None:
    process = subprocess.Popen(
        [*MAIN, "config", "show", "--workspace", str(workspace)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode == 141


def test_ctrl_c_of_a_real_process(workspace: Path) -> None:
    process = subprocess.Popen(
        [*MAIN, "check", "-", "--workspace", str(workspace)],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_until_reading_stdin(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"plumbline: interrupted\n")


def wait_until_reading_stdin(pid: int) -> None:
    """Wait until the process waits in a read, as Linux tells."""
    where = Path(f"/proc/{pid}/wchan")
    if not where.exists():
        pytest.skip("needs Linux's /proc")
    while "pipe" not in where.read_text():
        time.sleep(0.05)


def test_names_that_are_no_text_can_be_printed(workspace: Path) -> None:
    code = (
        "from app.cli.main import run\nfrom app.cli.output import print_text\nrun(['--help'])\nprint_text('a\\udcffb')"
    )
    ended = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert ended.stdout.endswith("a\\udcffb\n")
