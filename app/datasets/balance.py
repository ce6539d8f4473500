"""How rows are spread over languages, kinds and sources, and the same rows drawn so that they are spread evenly."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from app.datasets.types import KEYS, How, Key

Row = Mapping[str, Any]
"""A row as it stands in a file of a dataset."""


def balance(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """How many rows there are of each language, kind and source, the most first."""
    all_of = list(rows)
    return {key: dict(Counter(value_of(row, key) for row in all_of).most_common()) for key in KEYS}


def value_of(row: Row, key: Key) -> str:
    """The class of a row."""
    if key == "source":
        origin = row.get("origin", {})
        return str(origin.get("title") or origin.get("id") or row.get("source", ""))
    return str(row.get({"language": "lang", "kind": "kind"}[key], ""))


def resampled(rows: Sequence[Row], key: Key, how: How, seed: int = 0) -> list[dict[str, Any]]:
    """Rows drawn so that no class outweighs the others; the same seed draws the same.

    `down`: no class has more than the smallest one, or of sources, which are many, than their median. `up`: every class
    has as many as the largest one (of sources: as their median at least), rows of the others stand there several times
    under ids of their own.
    """
    classes: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        classes[value_of(row, key)].append(row)
    sizes = sorted(len(members) for members in classes.values())
    if not sizes:
        return []
    edge = sizes[0] if how == "down" else sizes[-1]
    wanted = int(median(sizes)) if key == "source" else edge
    drawn: list[dict[str, Any]] = []
    for name in sorted(classes):
        # Each class draws for itself: rows of another one that come or go change nothing here
        chance = random.Random(f"{seed}/{name}")  # noqa: S311 - nothing secret is drawn
        members = classes[name]
        if how == "down":
            drawn += map(dict, chance.sample(members, min(wanted, len(members))))
            continue
        drawn += map(dict, members)
        times: Counter[str] = Counter()
        for row in chance.choices(members, k=max(0, wanted - len(members))):
            times[row["id"]] += 1
            drawn.append({**row, "id": f"{row['id']}+{times[row['id']]}"})
    return sorted(drawn, key=lambda row: str(row["id"]))
