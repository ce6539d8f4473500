"""Placeholders: the same value gets the same one in a workspace, and without its key nobody can tell which."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from pathlib import Path

from ingest.desensitize.entities import ENTITIES
from knowledge.errors import InvalidInput

KEY_NAME = "pseudonyms.key"
_KEY_BYTES = 32
_CODE_LENGTH = 6
"""Six characters of base 32 are a thousand million codes: ten thousand values share one with probability 0.05."""

_WORDS = "|".join(sorted(set(ENTITIES.values()), key=len, reverse=True))
_GENERAL = r"ID \d\d \d{4}|EMAIL @[a-z0-9.-]{1,80}|IP [0-9a-f.:]{3,30}/(?:16|48)|CARD \d{6}|IBAN [A-Z]{2}|BORN \d{4}"
PLACEHOLDER = re.compile(rf"⟨(?:(?:{_WORDS})(?:·[a-z2-7]{{{_CODE_LENGTH}}})?|{_GENERAL})⟩")
"""What `tag`, `pseudonym` and `generalize` write, and nothing that a whole value could hide in. Text that matches is
never looked at again."""


def workspace_key(folder: Path) -> bytes:
    """The secret key of the workspace whose keys lie in `folder`; made there, readable by its owner only, if missing.

    Raises InvalidInput when the file holds no key.
    """
    path = folder / KEY_NAME
    try:
        return _checked(path.read_bytes(), path)
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = os.urandom(_KEY_BYTES)
    fresh = folder / f".{KEY_NAME}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.hex().encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # unlike a rename it fails when another process was first
    except FileExistsError:
        key = _checked(path.read_bytes(), path)
    finally:
        fresh.unlink()
    return key


def _checked(stored: bytes, path: Path) -> bytes:
    try:
        key = bytes.fromhex(stored.decode("ascii").strip())
    except ValueError as error:
        raise InvalidInput(
            f"{path}: holds no key; restore it from a backup, or remove it to begin with new pseudonyms"
        ) from error
    if len(key) != _KEY_BYTES:
        raise InvalidInput(f"{path}: the key has {len(key)} bytes instead of {_KEY_BYTES}; restore it from a backup")
    return key


def pseudonym(key: bytes, entity: str, value: str) -> str:
    """The placeholder of a value (in its plain form): HMAC-SHA-256 under `key`, 30 bits of it as text."""
    digest = hmac.new(key, f"{entity}\n{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    code = base64.b32encode(digest[:5]).decode("ascii").lower()[:_CODE_LENGTH]
    return f"⟨{ENTITIES[entity]}·{code}⟩"


def tag(entity: str) -> str:
    """The placeholder that says only what stood there."""
    return f"⟨{ENTITIES[entity]}⟩"
