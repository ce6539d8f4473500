"""Where the concepts of a drawing stand: the one in the middle, its neighbours around it, theirs further out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

_RING = 190.0
"""How far a ring of neighbours is from the one inside it, in units of the drawing."""
_SPACE = 64.0
"""How much of a ring's length each concept needs."""


def placed(center: str, nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """(x, y) of each node, the centre at (0, 0); the same graph is always drawn the same way.

    Each node stands within the sector of the one through which it was reached first; what cannot be reached from the
    centre is left out.
    """
    children = _tree(center, nodes, edges)
    weights: dict[str, int] = {}
    _weigh(center, children, weights)
    rings = _rings(center, children)
    parents = {child: node for node, below in children.items() for child in below}
    found = {center: (0.0, 0.0)}
    sectors = {center: (0.0, 2 * math.pi)}
    radius = 0.0
    for ring in rings[1:]:
        radius = max(radius + _RING, len(ring) * _SPACE / (2 * math.pi))
        for node in ring:
            parent = parents[node]
            start, end = sectors[node] = _sector(node, children[parent], sectors[parent], weights)
            angle = (start + end) / 2
            # Wider than high: names lie, they do not stand
            found[node] = (round(1.25 * radius * math.cos(angle), 1), round(0.8 * radius * math.sin(angle), 1))
    return found


def _tree(center: str, nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """For each node those that are reached through it, nearest first."""
    joined: dict[str, set[str]] = {node: set() for node in nodes}
    for one, other in edges:
        if one in joined and other in joined:
            joined[one].add(other)
            joined[other].add(one)
    order = {node: place for place, node in enumerate(nodes)}
    children: dict[str, list[str]] = {center: []}
    ahead = [center]
    while ahead:
        behind, ahead = ahead, []
        for node in behind:
            for other in sorted(joined.get(node, ()), key=order.__getitem__):
                if other not in children:
                    children[other] = []
                    children[node].append(other)
                    ahead.append(other)
    return children


def _weigh(node: str, children: Mapping[str, Sequence[str]], weights: dict[str, int]) -> int:
    weights[node] = sum(_weigh(child, children, weights) for child in children[node]) or 1
    return weights[node]


def _rings(center: str, children: Mapping[str, Sequence[str]]) -> list[list[str]]:
    rings = [[center]]
    while rings[-1]:
        rings.append([child for node in rings[-1] for child in children[node]])
    return rings[:-1]


def _sector(
    node: str, siblings: Sequence[str], around: tuple[float, float], weights: Mapping[str, int]
) -> tuple[float, float]:
    """The part of its parent's sector that is a node's own, by how much hangs on it."""
    start, end = around
    step = (end - start) / sum(weights[each] for each in siblings)
    before = sum(weights[each] for each in siblings[: siblings.index(node)])
    return start + before * step, start + (before + weights[node]) * step
