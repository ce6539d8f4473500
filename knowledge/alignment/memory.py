"""What the units of a text say, kept while the text is looked at again: after an edit, or while it is being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from knowledge.alignment.claims import Claim
from knowledge.alignment.draft import Slot, Unit


class Memory:
    """What the units of one text say, while the text is looked at again and again. For one thread."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], tuple[Unit, list[Claim]]] = {}

    def claims(self, unit: Unit, read: Callable[[Unit], list[Claim]]) -> list[Claim]:
        """The claims of a unit; read only if none with the same words, names and topics was read before."""
        key = _alike(unit)
        if key not in self._known:
            self._known[key] = unit, read(unit)
        old, claims = self._known[key]
        if (old.start, old.number) == (unit.start, unit.number):
            return claims
        here = {slot: unit.slots[number] for number, slot in enumerate(old.slots)}
        moved = unit.start - old.start
        return [
            replace(
                claim,
                unit=unit.number,
                target=here[claim.target],
                subject_slot=here[claim.subject_slot] if claim.subject_slot else None,
                joint=claim.joint + moved,
            )
            for claim in claims
        ]


def _alike(unit: Unit) -> tuple[Any, ...]:
    """What units have in common that say the same."""
    slots = tuple((slot.start - unit.start, slot.end - unit.start, *_meant(slot)) for slot in unit.slots)
    return unit.text, unit.key, unit.topics, slots


def _meant(slot: Slot) -> tuple[Any, ...]:
    """What a slot means beyond its letters: "about" may stand before the unit."""
    link, quantity = slot.link, slot.quantity
    return (link.readings, link.weak, link.part) if link else (quantity.bound if quantity else "",)
