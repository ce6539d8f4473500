"""Turning whatever went wrong into one line and an exit code."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass

import typer

from knowledge.errors import PlumblineError

FAILED = 1
WRONG_USAGE = 2


@dataclass(frozen=True, slots=True)
class Failure:
    """What is printed on stderr, and the exit code."""

    text: str
    exit_code: int


def explained(error: Exception) -> Failure:
    """One line that says what, where and what to do; help for a command that was called without arguments."""
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, PlumblineError):
        return _line(str(error), error.exit_code)
    return _line(_unplanned(error), FAILED)


def _unplanned(error: Exception) -> str:
    if isinstance(error, typer.Abort):
        return "aborted"
    if isinstance(error, MemoryError):
        return "out of memory; close other programs, or use smaller models and files"
    stored = _database_error(error)
    if stored is not None:
        return stored
    if isinstance(error, OSError):
        return _system_error(error)
    return f"internal error: {type(error).__name__}: {error}; run again with --debug and report it"


def _line(text: str, exit_code: int) -> Failure:
    return Failure(f"plumbline: error: {' '.join(text.split())}", exit_code)


def _usage(error: typer.TyperException) -> Failure:
    context = getattr(error, "ctx", None)
    if context is not None and type(error).__name__ == "NoArgsIsHelpError":
        return Failure(error.format_message(), error.exit_code)
    place = "plumbline" if context is None else context.command_path
    return _line(f"{error.format_message().rstrip('.')}; see `{place} --help`", error.exit_code)


def _database_error(error: Exception) -> str | None:
    """What SQLite said, whether it comes wrapped or not."""
    cause = getattr(error, "orig", None) or error
    if not isinstance(cause, sqlite3.Error):
        return None
    text = str(cause)
    if "full" in text:
        return f"catalog: {text}; free some space and run the command again, nothing committed is lost"
    if "readonly" in text or "unable to open" in text:
        return f"catalog: {text}; check who owns the workspace's files"
    if "locked" in text:
        return f"catalog: {text} by another process for too long; try again, or end that process"
    if "malformed" in text or "not a database" in text:
        return f"catalog: {text}; `plumbline doctor` says more, `plumbline restore FILE --force` brings a backup back"
    return f"catalog: {text}"


def _system_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    hint = "; free some space and run the command again" if error.errno == errno.ENOSPC else ""
    return f"{where}{error.strerror or error}{hint}"
