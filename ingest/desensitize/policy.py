"""The policy: what happens to each kind of personal data and secret."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from importlib import resources
from pathlib import Path, PurePath
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ingest.desensitize.entities import ENTITIES
from knowledge.errors import InvalidInput

_BUILT_IN = "default_policy.yaml"


class Action(StrEnum):
    """What stands in the place of a value."""

    KEEP = "keep"
    """The value itself."""
    MASK = "mask"
    """The value with its middle starred: an ID card keeps its first 6 and last 4, others up to 3 and 4."""
    PSEUDONYM = "pseudonym"
    """⟨PHONE·k3f9a2⟩: the same for the same value everywhere in the workspace."""
    TAG = "tag"
    """⟨PHONE⟩: what it was, but not which."""
    GENERALIZE = "generalize"
    """What is left when it no longer names anybody: an ID card's region and birth year, a network for an address, the
    domain of an e-mail, the bank of a card. Kinds for which there is no such thing are tagged."""
    REMOVE = "remove"
    """Nothing."""


class Titles(StrEnum):
    """When a surname with a title is a person."""

    KNOWN = "known"
    """When somebody of that surname stands in the same document, or is a colleague who becomes a pseudonym."""
    ALWAYS = "always"
    NEVER = "never"


class Override(BaseModel):
    """Other actions for documents with one of `labels`, under one of `sources`, or, where both are given, with both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = ()
    """Access labels; a document with any of them is meant."""
    sources: tuple[str, ...] = ()
    """Folders: absolute paths, or paths inside a source (`hr` holds `hr/plan.md`)."""
    default: Action | None = None
    entities: dict[str, Action] = Field(default_factory=dict)
    colleagues: Action | None = None

    @field_validator("entities")
    @classmethod
    def _known(cls, entities: dict[str, Action]) -> dict[str, Action]:
        return _checked_kinds(entities)

    def meets(self, location: PurePath, path: str, labels: frozenset[str]) -> bool:
        """Whether it is for the document at `location` (absolute), `path` inside its source, with these labels."""
        by_label = not self.labels or not labels.isdisjoint(self.labels)
        by_source = not self.sources or any(_is_under(location, path, source) for source in self.sources)
        return by_label and by_source and bool(self.labels or self.sources)


def _is_under(location: PurePath, path: str, source: str) -> bool:
    wanted = PurePath(source)
    return location.is_relative_to(wanted) if wanted.is_absolute() else PurePath(path).is_relative_to(wanted)


def _checked_kinds(kinds: dict[str, Action]) -> dict[str, Action]:
    if unknown := sorted(set(kinds) - set(ENTITIES)):
        raise ValueError(f"unknown kind {unknown[0]!r}; known: {', '.join(sorted(ENTITIES))}")
    return kinds


class Policy(BaseModel):
    """A policy as its file says it. Unknown keys and kinds are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(1, ge=1, le=1)
    default: Action = Action.PSEUDONYM
    """For kinds that `entities` does not name."""
    entities: dict[str, Action] = Field(default_factory=dict)
    keep_domains: tuple[str, ...] = ()
    """E-mail domains of the company, subdomains included: its own work addresses stay readable."""
    keep_values: tuple[str, ...] = ()
    """Values that stay as they are, however they are written: a public hotline, a shared mailbox, a product's name."""
    find: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Values that are always found, by kind: a name that no list has, a code name."""
    titles: Titles = Titles.KNOWN
    """Which surnames before a title (王总, 李经理) are taken for a person."""
    colleagues: Action = Action.KEEP
    """For the names and work contacts of people in the company's directory; `pseudonym` is the strict choice."""
    overrides: tuple[Override, ...] = ()
    """Other actions by source and access label; later ones win."""

    @field_validator("entities")
    @classmethod
    def _known(cls, entities: dict[str, Action]) -> dict[str, Action]:
        return _checked_kinds(entities)

    @field_validator("find")
    @classmethod
    def _known_lists(cls, values: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        _checked_kinds(dict.fromkeys(values, Action.KEEP))
        return values

    @field_validator("keep_domains")
    @classmethod
    def _domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.strip().lower().removeprefix("@").strip(".") for domain in domains)

    def action(self, entity: str) -> Action:
        """What happens to values of this kind."""
        return self.entities.get(entity, self.default)

    def strict(self) -> Policy:
        """The same without exceptions for the company's own people and addresses."""
        overrides = tuple(one.model_copy(update={"colleagues": None}) for one in self.overrides)
        return self.model_copy(update={"colleagues": Action.PSEUDONYM, "keep_domains": (), "overrides": overrides})

    def for_document(self, location: PurePath, path: str, labels: frozenset[str]) -> Policy:
        """What applies to one document: this policy with the overrides that meet it, and no overrides any more."""
        meeting = [override for override in self.overrides if override.meets(location, path, labels)]
        return self.under(*meeting)

    def under(self, *overrides: Override) -> Policy:
        """This policy as these exceptions change it, in their order, and without any of its own any more."""
        changed: dict[str, Any] = {"overrides": (), "entities": dict(self.entities)}
        for override in overrides:
            if override.default is not None:
                changed["default"] = override.default
                changed["entities"] = {}
            changed["entities"] = {**changed["entities"], **override.entities}
            if override.colleagues is not None:
                changed["colleagues"] = override.colleagues
        return self.model_copy(update=changed)

    @property
    def fingerprint(self) -> str:
        """Equal for policies that do the same to every document."""
        actions = {entity: self.action(entity) for entity in ENTITIES}
        rest = self.model_dump_json(exclude={"default", "entities", "version"})
        text = f"{json.dumps(actions, sort_keys=True)}\n{rest}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_policy(path: Path | None = None) -> Policy:
    """The policy in a YAML file; the built-in one when no path is given.

    Raises InvalidInput with the place of what is wrong.
    """
    try:
        source = resources.files("ingest.desensitize") / _BUILT_IN if path is None else path
        values: Any = yaml.safe_load(source.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput(f"{path}: no such policy file; [desensitize] policy names it") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: the policy cannot be read: {error}") from error
    except yaml.YAMLError as error:
        where = (
            f", line {error.problem_mark.line + 1}"
            if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark
            else ""
        )
        raise InvalidInput(f"{path}{where}: the policy is no valid YAML") from error
    try:
        return Policy.model_validate(values or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
