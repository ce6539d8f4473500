"""A sign of life of loaders that go page by page: each one gives the file another `Limits.seconds`."""

from __future__ import annotations

from collections.abc import Callable

_beat: Callable[[], None] | None = None


def beat() -> None:
    """Say that the reading goes on. Without a listener nothing happens."""
    if _beat is not None:
        _beat()


def listen(listener: Callable[[], None] | None) -> None:
    """Let `listener` be called at each beat in this process."""
    global _beat  # noqa: PLW0603 - one reader per process
    _beat = listener
