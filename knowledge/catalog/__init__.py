"""The catalog: one SQLite file that holds everything a workspace knows; all else can be rebuilt from it.

`from knowledge.catalog import Catalog`. One module per table family: documents, runs (with quarantine), sources,
schedules, source_runs, leases, generations, revisions, accounts, sessions, conversations, feedback, versions, audit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knowledge.catalog.database import Catalog

__all__ = ["Catalog"]


def __getattr__(name: str) -> Any:
    """`Catalog`, imported when first asked for: SQLAlchemy is not loaded by `import knowledge.catalog`."""
    if name == "Catalog":
        from knowledge.catalog.database import Catalog

        return Catalog
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
