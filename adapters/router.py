"""Which version answers whom: by group, by a share of the users, the same user always alike."""

from __future__ import annotations

import hashlib

from knowledge.catalog import Catalog
from knowledge.catalog.versions import Channel, Choice, Line
from knowledge.types import User


class Router:
    """Reads the catalog for every question, so that a change takes effect at once in every process."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def choose(self, user: User, wanted: Channel | None = None) -> Choice:
        """The version for `user`: of the line of the first of their groups that has one, else of everybody's.

        `wanted` asks for stable or canary outright, as a header of a request may; without a canary it is stable.
        """
        lines = {line.name: line for line in self._catalog.versions.lines({"", *user.groups})}
        name = next((group for group in sorted(user.groups) if group in lines), "")
        line = lines.get(name, Line())
        if line.canary and (wanted == "canary" or (wanted is None and in_canary(line, user.name))):
            return Choice(line.canary, line.name, "canary")
        return Choice(line.stable, line.name, "stable")


def in_canary(line: Line, user: str) -> bool:
    """Whether this user is among the line's share.

    A hash over line, canary and user decides: the same user gets the same answer every time, a larger share keeps those
    who were in, and each canary meets other users.
    """
    digest = hashlib.sha256(f"{line.name}\n{line.canary}\n{user.casefold()}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < line.share
