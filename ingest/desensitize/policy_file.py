"""The file that a workspace's policy stands in: read with a mark of its content, written only if that still holds."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingest.desensitize.entities import ENTITIES
from ingest.desensitize.policy import Policy, load_policy
from knowledge.errors import InvalidInput
from knowledge.files import sync_folder

POLICY_NAME = "policy.yaml"
"""Where the policy of a workspace stands whose settings name none."""
_HEAD = """\
# What happens to personal data and secrets before anything is stored: keep, mask, pseudonym, tag, generalize, remove.
# Written by the Policy page, which does not keep other comments. See docs/desensitizing.md.
"""
_NEW_FILE = 0o600


class PolicyChangedMeanwhile(InvalidInput):
    """Somebody else saved the policy since it was read."""


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy as it stands in its file; `version` is the SHA-256 of the file, "" while there is none."""

    policy: Policy
    version: str


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The policy at `path`. Where the file may be missing (`required` is false), the built-in policy holds."""

    path: Path
    required: bool

    def read(self) -> StoredPolicy:
        """The policy now. Raises InvalidInput with the place of what is wrong."""
        version = self.version()
        return StoredPolicy(load_policy(self.path if version or self.required else None), version)

    def version(self) -> str:
        """The SHA-256 of the file; "" when there is none."""
        try:
            return hashlib.sha256(self.path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise InvalidInput(f"{self.path}: the policy cannot be read: {error.strerror}") from error

    def stamp(self) -> tuple[int, int, int]:
        """Changes whenever the file does; costs one look at the folder. (0, 0, 0) when there is none."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            return 0, 0, 0
        return state.st_mtime_ns, state.st_size, state.st_ino

    def save(self, policy: Policy, version: str, alone: AbstractContextManager[Any]) -> StoredPolicy:
        """Put `policy` into the file, whole or not at all, if the file is still the one of `version`.

        `alone` keeps other writers out while it is entered. Raises PolicyChangedMeanwhile when the file is another one,
        InvalidInput when the policy would not be read again as it is or the file cannot be written.
        """
        content = as_yaml(policy)
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            mode = self.path.stat().st_mode & 0o777 if self.path.exists() else _NEW_FILE
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            if load_policy(beside) != policy:
                raise InvalidInput(f"{self.path}: these values cannot be written as YAML; nothing was changed")
            with alone:
                if self.version() != version:
                    raise PolicyChangedMeanwhile(f"{self.path}: was changed by somebody else; nothing was saved")
                beside.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise InvalidInput(f"{self.path}: cannot be written: {error.strerror or error}") from error
        finally:
            beside.unlink(missing_ok=True)
        return StoredPolicy(policy, hashlib.sha256(content.encode()).hexdigest())


def as_yaml(policy: Policy) -> str:
    """The policy as a file says it, kinds in the order in which they are listed, without what is empty."""
    values = policy.model_dump(mode="json", exclude_defaults=True)
    written = {"version": policy.version, "default": policy.default.value} | values
    written["entities"] = {kind: policy.entities[kind].value for kind in ENTITIES if kind in policy.entities}
    text: str = yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=110)
    return f"{_HEAD}{text}"
