"""A part that takes long to make: the next one is made aside while the old one is used, then put in its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillAtWork
from typing import Generic, TypeVar

import structlog

from knowledge.errors import PlumblineError

T = TypeVar("T")

_log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds that a reader waits for the newest one; small ones are ready by then, and nobody wonders about an old one."""


class Swapped(Generic[T]):
    """One part by the key of what it was made from. Safe from many threads; only one is made at a time."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._made: tuple[str, T] | None = None
        self._making: Future[T] | None = None
        self._renewing = False
        self._in_vain: str | None = None

    @property
    def newest(self) -> T | None:
        """The newest part that is ready; None before the first one is."""
        made = self._made
        return None if made is None else made[1]

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

    def renew(self, key: str, make: Callable[[], T], onto: Callable[[T, str], T]) -> None:
        """Make the part for `key` once more, aside, and put it in the place of the one that is there.

        For a part that grows slower the more often it was made from the one before. `onto` brings it to the key that is
        used by then, where that is another one. Does nothing while one is being made so, nor again for a key that it
        went wrong with: the part that is there is as good, and stays.
        """
        with self._lock:
            if self._renewing or self._in_vain == key:
                return
            self._renewing = True
        threading.Thread(target=self._renew, args=(key, make, onto), daemon=True).start()

    def _renew(self, key: str, make: Callable[[], T], onto: Callable[[T, str], T]) -> None:
        in_vain: str | None = key
        try:
            part = make()
            while not self._put(key, part):
                key, part = self._brought(part, onto)
            in_vain = None
        except PlumblineError as error:  # nobody waits for it
            _log.warning("renewal_failed", reason=str(error))
        finally:
            with self._lock:
                self._renewing, self._in_vain = False, in_vain

    def _put(self, key: str, part: T) -> bool:
        with self._lock:
            if self._made is None or self._made[0] != key:
                return False
            self._made = (key, part)
            return True

    def _brought(self, part: T, onto: Callable[[T, str], T]) -> tuple[str, T]:
        with self._lock:
            key = "" if self._made is None else self._made[0]
        return key, onto(part, key)
