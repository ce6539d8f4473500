"""Hardware addresses of network devices (MAC-48)."""

from __future__ import annotations

import re
from typing import ClassVar

from ingest.desensitize.recognizers.base import Recognizer


class MacAddress(Recognizer):
    """Six pairs of hexadecimal digits with one kind of separator, or three groups of four with dots."""

    entity = "MAC_ADDRESS"
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z:-])"),
        re.compile(r"(?<![0-9A-Za-z.])(?=[0-9A-Fa-f.]*[A-Fa-f])(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?![0-9A-Za-z.])"),
    )

    @staticmethod
    def canonical(value: str) -> str:
        """Its twelve digits in lower case."""
        return re.sub(r"[^0-9A-Fa-f]", "", value).lower()
