"""The policy: what happens to each kind of personal data and secret."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from importlib import resources
from pathlib import Path
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
    """Values that stay as they are, however they are written: a public hotline, a shared mailbox."""

    @field_validator("entities")
    @classmethod
    def _known(cls, entities: dict[str, Action]) -> dict[str, Action]:
        if unknown := sorted(set(entities) - set(ENTITIES)):
            raise ValueError(f"unknown kind {unknown[0]!r}; known: {', '.join(sorted(ENTITIES))}")
        return entities

    @field_validator("keep_domains")
    @classmethod
    def _domains(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.strip().lower().removeprefix("@").strip(".") for domain in domains)

    def action(self, entity: str) -> Action:
        """What happens to values of this kind."""
        return self.entities.get(entity, self.default)

    @property
    def fingerprint(self) -> str:
        """Equal for policies that do the same."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


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
