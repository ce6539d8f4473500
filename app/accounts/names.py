"""What names of accounts and groups may look like; anything that could be read as a list or a pattern is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import cast

from knowledge.catalog.labels import PERSONAL, checked_labels
from knowledge.errors import InvalidInput
from knowledge.types import Language, Role

_NAME = re.compile(r"[\w.@+-]{1,64}")
_LONGEST_DISPLAY_NAME = 100
_LANGUAGES = ("zh", "en")


def checked_name(name: str) -> str:
    """An account name: letters and digits of any script, `.`, `_`, `-`, `@`, `+`; at most 64 characters."""
    found = unicodedata.normalize("NFKC", name).strip()
    if not _NAME.fullmatch(found):
        raise InvalidInput(f"account name {name!r}: use 1 to 64 letters, digits or . _ - @ +, without blanks")
    return found


def checked_display_name(name: str) -> str:
    """A name to be shown: one line of at most 100 characters."""
    found = name.strip()
    if len(found) > _LONGEST_DISPLAY_NAME or any(unicodedata.category(letter).startswith("C") for letter in found):
        raise InvalidInput(f"display name {name!r}: use one line of at most {_LONGEST_DISPLAY_NAME} printed characters")
    return found


def checked_role(role: str) -> Role:
    """The role of that name. Raises InvalidInput and names the known ones."""
    try:
        return Role(role)
    except ValueError as error:
        raise InvalidInput(f"role {role!r}: not known; one of {', '.join(known.value for known in Role)}") from error


def checked_groups(groups: Iterable[str]) -> frozenset[str]:
    """The groups as a set; they compare whole and by case, as the access labels of documents do.

    Raises InvalidInput also for what looks like somebody's personal label: that is given to nobody else.
    """
    found = checked_labels(groups)
    for group in sorted(found):
        if group.casefold().startswith(PERSONAL):
            raise InvalidInput(f"group {group!r}: names that begin with {PERSONAL!r} belong to one account each")
    return found


def checked_language(language: str) -> Language:
    """`zh` or `en`."""
    if language not in _LANGUAGES:
        raise InvalidInput(f"language {language!r}: not known; one of {', '.join(_LANGUAGES)}")
    return cast("Language", language)
