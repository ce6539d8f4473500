"""International bank account numbers, ISO 13616: country, length and MOD 97."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers.base import LEFT, RIGHT, SURE, Recognizer

_LENGTHS = dict(
    pair.split(":")
    for pair in (
        "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 "
        "EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 "
        "IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 "
        "NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SC:31 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 "
        "TN:24 TR:26 UA:29 VA:22 VG:24 XK:20"
    ).split()
)
"""Country to length."""
_END = re.compile(RIGHT)


class Iban(Recognizer):
    """Plain or in groups of four."""

    entity = "IBAN_CODE"
    patterns: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(rf"(?i){LEFT}[A-Z]{{2}}\d\d[A-Z0-9]{{11,30}}{RIGHT}"),
        re.compile(rf"(?i){LEFT}[A-Z]{{2}}\d\d(?:[ -][A-Z0-9]{{4}}){{2,7}}(?:[ -][A-Z0-9]{{1,3}})?{RIGHT}"),
    )

    def find(self, view: TextView) -> Iterator[tuple[int, int, float]]:
        """As many letters and digits as the country's numbers have: the next word may look like a last group."""
        for pattern in self.patterns:
            for match in view.matches(pattern):
                length = int(_LENGTHS.get(match.group()[:2].upper(), 0))
                places = [place for place, one in enumerate(match.group(), match.start()) if one.isalnum()]
                if 0 < length <= len(places):
                    end = places[length - 1] + 1
                    if _END.match(view.plain, end) and _verified(view.plain[match.start() : end]):
                        yield match.start(), end, SURE

    @staticmethod
    def generalized(value: str) -> str | None:
        """Its country."""
        return f"⟨IBAN {value[:2].upper()}⟩"


def _verified(value: str) -> bool:
    plain = Iban.canonical(value)
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1
