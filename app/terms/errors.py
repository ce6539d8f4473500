"""What can stand in the way of an approval besides wrong input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.errors import NotPermitted, PlumblineError

if TYPE_CHECKING:
    from app.terms.views import ConflictView
    from knowledge.graph.differing import Name


class Conflicted(PlumblineError):
    """Others changed the same fields since the proposal was made; `conflicts` shows them, somebody has to choose."""

    def __init__(self, proposal: str, conflicts: tuple[ConflictView, ...]) -> None:
        fields = ", ".join(sorted({f"{each.subject.en}: {each.field_name}" for each in conflicts})[:5])
        super().__init__(
            f"{proposal}: {len(conflicts)} fields were changed differently meanwhile ({fields}); "
            "choose mine, theirs or both for each (`plumbline graph review show` lists them)"
        )
        self.conflicts = conflicts


class BeyondReach(NotPermitted):
    """A change of what is not somebody's to change: of `name`, and where that is the reason a text in `language`."""

    def __init__(self, message: str, name: Name, language: str | None) -> None:
        super().__init__(message)
        self.name = name
        self.language = language
