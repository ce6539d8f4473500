"""Where log lines go: structured, to stderr and to the workspace's `logs/plumbline.log`; never to stdout.

Modules log through `logging` or structlog alike; both end here. Text that comes in must be desensitized already;
values under names such as "password" or "token" are masked in any case.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from app.settings import LoggingSettings

LOG_NAME = "plumbline.log"
OWN_ROOMS = ("app", "ingest", "adapters", "knowledge")
_LARGEST_LOG = 10 * 1024 * 1024
_SECRET_NAMES = ("password", "passwd", "token", "secret", "authorization", "cookie", "api_key")
_MASK = "***"
_OWN_WORDS = frozenset({"timestamp", "level", "logger", "run", "version"})
"""Values that we make ourselves, and that look like dates, hosts or hashes."""

Event = MutableMapping[str, Any]


def configure_logging(
    settings: LoggingSettings,
    *,
    workspace: Path | None = None,
    debug: bool = False,
    stream: IO[str] | None = None,
) -> None:
    """Send everything that is logged to stderr and, when it exists, to the workspace's log file.

    Our rooms log at `settings.level` (DEBUG with `debug`), libraries from WARNING on. On a terminal only warnings are
    shown, because progress bars tell the rest. May be called again; the last call counts.
    """
    stream = stream or sys.stderr
    level = logging.DEBUG if debug else logging.getLevelNamesMapping()[settings.level]
    shared = _shared_steps()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    console = logging.StreamHandler(stream)
    quiet = stream.isatty() and not debug and level == logging.INFO
    console.setLevel(logging.WARNING if quiet else level)
    console.setFormatter(_formatter(json_lines=settings.json_lines, colors=stream.isatty()))
    handlers: list[logging.Handler] = [console]
    if workspace is not None and workspace.is_dir():
        file = logging.FileHandler(_log_file(workspace), encoding="utf-8", delay=True)
        file.setLevel(level)
        file.setFormatter(_formatter(json_lines=settings.json_lines, colors=False))
        handlers.append(file)
    _install(handlers, level)


def use_standard_logging() -> None:
    """For use as a library: what our rooms log goes through `logging`, where the program decides what is shown.

    Nothing happens when structlog is configured already, by `configure_logging` or by the program itself. Without
    this structlog would print every line to stdout.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _mask_secrets,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _install(handlers: list[logging.Handler], level: int) -> None:
    root = logging.getLogger()
    for old in root.handlers[:]:
        if getattr(old, "plumbline", False):
            root.removeHandler(old)
            old.close()
    for handler in handlers:
        handler.plumbline = True  # type: ignore[attr-defined] # marks what the next call replaces
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for room in OWN_ROOMS:
        logging.getLogger(room).setLevel(level)
    logging.captureWarnings(capture=True)


def _shared_steps() -> list[structlog.types.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_secrets,
        _scrub,
    ]


def _formatter(*, json_lines: bool, colors: bool) -> logging.Formatter:
    renderer: structlog.types.Processor
    if json_lines:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_steps(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


_scrubber: Callable[[str], str] | None = None


def scrub_with(scrubber: Callable[[str], str]) -> None:
    """From now on run every text that is logged through `scrubber`, as questions and documents are."""
    global _scrubber  # noqa: PLW0603 - logging is one per process
    _scrubber = scrubber


def _scrub(_logger: Any, _method: str, event: Event) -> Event:
    if _scrubber is not None:
        for name, value in event.items():
            if isinstance(value, str) and name not in _OWN_WORDS:
                event[name] = _scrubber(value)
    return event


def _mask_secrets(_logger: Any, _method: str, event: Event) -> Event:
    for name, value in event.items():
        # Numbers under such names are counts: max_tokens, first_token
        if isinstance(value, str | bytes) and any(secret in name.lower() for secret in _SECRET_NAMES):
            event[name] = _MASK
    return event


def _log_file(workspace: Path) -> Path:
    """The log file; a large one is set aside first, in place of the one set aside before."""
    folder = workspace / "logs"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / LOG_NAME
    if file.is_file() and file.stat().st_size > _LARGEST_LOG:
        file.replace(file.with_suffix(".log.1"))
    return file
