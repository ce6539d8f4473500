"""Passwords: what is accepted, and how they are hashed and verified."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from knowledge.catalog.accounts import account_key
from knowledge.errors import Damaged, InvalidInput

SHORTEST = 8
LONGEST = 1024

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
# Each hash takes 64 MiB and a core: sign-ins queue instead of starving the answers
_at_once = threading.BoundedSemaphore(2)

NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$K8wkXFYVRgbE8zRiVH9yFw$7BT6drAvz0S0TTYKBpdNdnEQGT5cFLRHN5GyNfwPRiY"
"""A hash that no password is known for: unknown names are verified against it and so take as long as known ones."""


def checked_password(password: str, name: str) -> str:
    """The password, if it is long enough and not among the first ones that a guesser tries.

    There are no rules about kinds of characters. Raises InvalidInput; the message never holds the password.
    """
    found = _normal(password)
    if len(found) < SHORTEST:
        raise InvalidInput(f"password: too short, use at least {SHORTEST} characters (several words are good)")
    if len(found) > LONGEST:
        raise InvalidInput(f"password: too long, use at most {LONGEST} characters")
    simple = found.casefold()
    if simple in _common() or len(set(simple)) == 1 or simple == account_key(name):
        raise InvalidInput("password: among the first ones that are guessed; choose another one")
    return found


def hash_password(password: str) -> str:
    """The encoded argon2id hash (64 MiB, 3 passes, 1 lane) with its own random salt."""
    with _at_once:
        return _hasher.hash(_normal(password))


def verify_password(encoded: str, password: str) -> bool:
    """Whether the password made this hash. Raises Damaged when it is no argon2 hash."""
    with _at_once:
        try:
            # What is longer than any accepted password cannot be right, but must cost the same
            return _hasher.verify(encoded, _normal(password[: LONGEST + 1]))
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            raise Damaged(
                "the stored password of this account cannot be read; set it with `plumbline users password`"
            ) from error


def needs_new_hash(encoded: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(encoded)


def _normal(password: str) -> str:
    # The same letters typed on different keyboards must be the same password
    return unicodedata.normalize("NFC", password)


@cache
def _common() -> frozenset[str]:
    text = files("app.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.casefold() for line in text.splitlines() if line and not line.startswith("#"))
