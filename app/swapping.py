"""A part that takes long to make: the next one is made aside while the old one is used, then put in its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillAtWork
from typing import Generic, TypeVar

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that a reader waits for the newest one; small ones are ready by then, and nobody wonders about an old one."""


class Swapped(Generic[T]):
    """One part by the key of what it was made from. Safe from many threads; only one is made at a time."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._made: tuple[str, T] | None = None
        self._making: Future[T] | None = None

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The part for `key`; where it takes longer than one's patience to make, the one before meanwhile.

        The very first one is waited for. What goes wrong while it is made is raised to whoever waits, and the next
        caller tries again.
        """
        until = time.monotonic() + self._patience
        while True:
            with self._lock:
                made = self._made
                if made is not None and made[0] == key:
                    return made[1]
                making = self._making
                if making is None:
                    making = self._making = Future()
                    threading.Thread(target=self._make, args=(key, make, making), daemon=True).start()
            if made is None:
                making.result()
                continue
            try:
                making.result(timeout=max(0.0, until - time.monotonic()))
            except StillAtWork:
                return made[1]

    def _make(self, key: str, make: Callable[[], T], promise: Future[T]) -> None:
        try:
            part = make()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            with self._lock:
                self._making = None
            promise.set_exception(error)
            return
        with self._lock:
            self._made, self._making = (key, part), None
        promise.set_result(part)
