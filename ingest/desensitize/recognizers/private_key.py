"""Private keys in PEM and PuTTY form, RFC 7468."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.recognizers.base import Recognizer


class PrivateKey(Recognizer):
    """From the BEGIN line to the END line; without one, as far as the lines look like base64."""

    entity = "PRIVATE_KEY"
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(
            r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[^-]{0,20000}?-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            r"|(?:\s*[A-Za-z0-9+/=:, .-]{16,100}(?=\s|$)){0,400})"
        ),
        re.compile(r"PuTTY-User-Key-File-\d:(?:(?!PuTTY-User-Key-File)[^\0]){0,6000}?Private-MAC: ?[0-9a-f]{40,64}"),
    )

    @staticmethod
    def canonical(value: str) -> str:
        """The key without its line ends."""
        return re.sub(r"\s+", "", value)
