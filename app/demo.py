"""The demo company: where it lies, its accounts, and its term graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import InvalidInput, NotFound
from knowledge.types import Language, Role

if TYPE_CHECKING:
    from app.wiring import Workspace


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of a demo company, password in the clear: it protects nothing real."""

    name: str
    display_name: str
    role: Role
    groups: frozenset[str]
    language: Language
    password: str


def demo_folder() -> Path:
    """The folder of the demo company: beside the code in a checkout, inside the package when installed."""
    for folder in (Path(__file__).parents[1] / "examples", Path(__file__).parent / "demo_company"):
        if (folder / "queries.jsonl").is_file():
            return folder
    raise NotFound("the demo company's files are missing; install Plumbline again or run from a checkout")


def read_accounts(file: Path) -> list[DemoAccount]:
    """The accounts of a `users.yaml`; raises InvalidInput naming the file when it cannot be read."""
    import yaml

    try:
        rows: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(rows, dict):
            rows = rows["users"]
        return [
            DemoAccount(
                name=row["name"],
                display_name=row.get("display_name", row["name"]),
                role=Role(row.get("role", "employee")),
                groups=frozenset(row.get("groups") or ()),
                language=row.get("language", "en"),
                password=str(row.get("password", "")),
            )
            for row in rows
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{file}: cannot be read as a list of accounts: {error}") from error


def import_terms(workspace: Workspace, file: Path) -> None:
    """Make `file` the workspace's term graph; nothing happens when it is so already."""
    from knowledge.graph.exchange import import_file

    import_file(workspace.catalog, file, author="demo", comment=f"import of {file.name}")
