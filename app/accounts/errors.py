"""The one error of signing in that a page shows in its own way."""

from __future__ import annotations

import math

from knowledge.errors import NotPermitted


class TooManyAttempts(NotPermitted):
    """Signing in is locked for a while; `retry_after` is in whole seconds, at least 1."""

    def __init__(self, seconds: float) -> None:
        self.retry_after = max(1, math.ceil(seconds))
        super().__init__(f"too many failed sign-ins; try again in {math.ceil(self.retry_after / 60)} min")
