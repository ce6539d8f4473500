"""JSON Web Tokens, RFC 7519."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import SURE, Recognizer


class JsonWebToken(Recognizer):
    """Three parts of base64url, the first of which is a JSON object with an algorithm."""

    entity = "JWT"
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"(?<![0-9A-Za-z_.-])eyJ[\w-]{8,2000}\.[\w-]{4,8000}(?:\.[\w-]{10,2000})?(?![\w-])", re.ASCII),
    )

    def accept(self, match: re.Match[str], view: TextView) -> float:
        """Sure when the head can be read."""
        del view
        head = match.group().partition(".")[0]
        try:
            decoded = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        except (binascii.Error, ValueError, RecursionError):
            return 0.0
        return SURE if isinstance(decoded, dict) and "alg" in decoded else 0.0

    @staticmethod
    def canonical(value: str) -> str:
        """The token."""
        return value
