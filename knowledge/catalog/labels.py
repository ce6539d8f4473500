"""Access labels: what they may look like, and the key that names a set of them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from knowledge.errors import InvalidInput

EVERYONE = ""
"""The access key of a document without labels."""

PERSONAL = "user:"
"""Labels that begin so belong to one account; no group may be named so."""

_LABEL = re.compile(r"[^\W_](?:[\w .·/:@+-]{0,62}[\w])?")


def checked_labels(labels: Iterable[str]) -> frozenset[str]:
    """The labels as a set. They compare whole and by case.

    Raises InvalidInput for a label that could be read as a list or a pattern (comma, `*`, `%`, quotes, blanks at an
    end) or that is longer than 64 characters.
    """
    found = frozenset(labels)
    for label in sorted(found):
        if not _LABEL.fullmatch(label):
            raise InvalidInput(
                f"access label {label!r}: use 1 to 64 letters, digits, blanks or . · / : @ + - _, beginning with a "
                "letter or digit"
            )
    return found


def personal_label(name: str) -> str:
    """The label of what only the account of this name may read; every account has its own without being given it.

    Equal for names that mean the same account. Names that are no label, or could be mistaken for a mark, are hashed.
    """
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    label = f"{PERSONAL}{plain}"
    if _LABEL.fullmatch(label) and not plain.startswith("+"):
        return label
    return f"{PERSONAL}+{hashlib.sha256(plain.encode()).hexdigest()[:32]}"


def access_key(labels: Iterable[str]) -> str:
    """A name for this set of labels, equal for equal sets; EVERYONE for none."""
    ordered = sorted(set(labels))
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:24] if ordered else EVERYONE
