"""Values as people may look at them: with their middle starred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.desensitize.pseudonyms import tag
from knowledge.types import Span

_EXAMPLES = 3


def masked(value: str, entity: str) -> str:
    """The value with its middle starred: of an ID card 6 and 4 characters stay, of others at most 3 and 4."""
    if entity in {"PRIVATE_KEY", "JWT", "PASSWORD", "API_KEY"}:
        return tag(entity)
    if entity == "EMAIL_ADDRESS":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***＠{domain}"  # a full-width @, so that the rest is no address again
    head, tail = (6, 4) if entity == "CN_ID_CARD" else (min(3, len(value) // 4), min(4, len(value) // 4))
    return f"{value[:head]}{'*' * (len(value) - head - tail)}{value[len(value) - tail :]}"


def examples_of(text: str, spans: Sequence[Span]) -> dict[str, tuple[str, ...]]:
    """A few different values of `text` by kind, masked."""
    shown: dict[str, dict[str, None]] = {}
    for span in spans:
        values = shown.setdefault(span.type, {})
        if len(values) < _EXAMPLES:
            values.setdefault(masked(text[span.start : span.end], span.type))
    return {kind: tuple(values) for kind, values in shown.items()}


def together(some: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Examples of two texts as those of one."""
    return {
        kind: tuple(dict.fromkeys([*some.get(kind, ()), *more.get(kind, ())]))[:_EXAMPLES]
        for kind in dict.fromkeys([*some, *more])
    }
