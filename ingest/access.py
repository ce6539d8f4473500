"""Which access labels a document gets: by the folder that it lies in, from a file that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from knowledge.catalog.labels import checked_labels
from knowledge.catalog.sources import checked_rule_path
from knowledge.errors import InvalidInput

FILE_NAME = "access.yaml"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Path prefixes relative to the source's root, with the labels of what lies under them; the longest match wins."""

    rules: Mapping[str, frozenset[str]]

    def rule_for(self, *paths: str) -> str | None:
        """The prefix of the rule that holds for a document, which may be known by several paths; None if none does."""
        matching = [prefix for prefix in self.rules if any(_is_under(path, prefix) for path in paths)]
        return max(matching, key=len) if matching else None

    def labels(self, path: str) -> frozenset[str]:
        """The labels of the document at `path`; none, which means for everyone who is signed in, if no rule matches."""
        rule = self.rule_for(path)
        return frozenset() if rule is None else self.rules[rule]


def _is_under(path: str, prefix: str) -> bool:
    """Whole path components count: `hr` holds `hr/plan.md` but not `hr-public/plan.md`."""
    return not prefix or path == prefix or path.startswith(f"{prefix}/")


def merged(rules: AccessRules | None, more: Mapping[str, Iterable[str]]) -> AccessRules | None:
    """The rules with `more` of them over those of the same path; None without any.

    Raises InvalidInput for a path or a label that cannot be used.
    """
    if not more:
        return rules
    place = Path("the source's rules")
    added = {_prefix(place, path): checked_labels(labels) for path, labels in more.items()}
    return AccessRules({**(rules.rules if rules is not None else {}), **added})


def load_access(path: Path) -> AccessRules:
    """The rules in a YAML file: `folder/or/file: [label, …]`, an empty list for everyone.

    Raises InvalidInput for anything else, because a rule that is misread would open what it should close.
    """
    try:
        values: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput(f"{path}: no such access file") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path}: cannot be read as YAML; write `folder: [label]` lines") from error
    if not isinstance(values, dict | None):
        raise InvalidInput(f"{path}: holds no mapping; write `folder: [label]` lines")
    return AccessRules({_prefix(path, key): _labels(path, key, value) for key, value in (values or {}).items()})


def _prefix(path: Path, key: Any) -> str:
    if not isinstance(key, str):
        raise InvalidInput(f"{path}: {key!r}: a path must be text; put it into quotes")
    try:
        return checked_rule_path(key)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error


def _labels(path: Path, key: str, value: Any) -> frozenset[str]:
    labels = [value] if isinstance(value, str) else value
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InvalidInput(f"{path}: {key!r}: write its labels as a list of words: [finance, audit]")
    try:
        return checked_labels(labels)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {key!r}: {error}") from error
