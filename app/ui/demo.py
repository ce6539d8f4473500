"""What the pages know of the demo company: its accounts for the sign-in page, and questions to begin with."""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import InvalidInput, NotFound
from knowledge.types import Language

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.demo import DemoAccount

log = logging.getLogger(__name__)

_KINDS = ("single_fact", "table", "renamed", "cross_lingual")
"""Kinds of questions to begin with: none needs rights, each shows another strength."""
_LONGEST_QUESTION = 80


def demo_accounts(assistant: Assistant) -> list[DemoAccount]:
    """The demo company's accounts that can sign in here; none unless this workspace holds the demo company."""
    from app.demo import read_accounts

    folder = _demo_folder(assistant)
    if folder is None:
        return []
    try:
        accounts = read_accounts(folder / "users.yaml")
    except InvalidInput as error:
        log.warning("no demo accounts are shown: %s", error)
        return []
    able = {account.user.name for account in assistant.workspace.accounts.all() if not account.disabled}
    return [account for account in accounts if account.name in able]


def demo_questions(assistant: Assistant, language: Language) -> list[str]:
    """A few questions of different kinds that everyone's documents answer; none outside the demo company."""
    folder = _demo_folder(assistant)
    return [] if folder is None else list(_questions(folder / "queries.jsonl", language))


def _demo_folder(assistant: Assistant) -> Path | None:
    """The demo company's folder if documents of this workspace come from it."""
    from app.demo import demo_folder

    try:
        folder = demo_folder()
    except NotFound:
        return None
    documents = assistant.catalog.documents.list(source_root=str(folder / "documents"), limit=1)
    return folder if documents else None


@cache
def _questions(file: Path, language: Language) -> tuple[str, ...]:
    """The first short question of each kind that any account can have answered, without one before it."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        alone = row.get("answerable") and not row.get("follows")
        if alone and row.get("lang") == language and len(row["question"]) <= _LONGEST_QUESTION:
            found.setdefault(row.get("kind", ""), row["question"])
    return tuple(found[kind] for kind in _KINDS if kind in found)
