"""The graph of a catalog's revision: loaded from the first revision on, or made from that of an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyoxigraph import Quad, Store

from knowledge.errors import Damaged
from knowledge.graph.merging import composed
from knowledge.graph.quads import Patch
from knowledge.graph.reading import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.catalog import Catalog
    from knowledge.catalog.revisions import Revision
    from knowledge.graph.store import TermGraph


def store_of(catalog: Catalog, revision: str) -> Store:
    """The statements as of a revision. Raises NotFound, and Damaged for a revision that does not read."""
    # From revision to revision within the store: a million statements as objects would cost seconds and gigabytes
    store = Store()
    number = catalog.revisions.get(revision).number
    for step in catalog.revisions.since(0):
        if step.number > number:
            break
        for quad in _read(step, step.removed):
            store.remove(quad)
        store.bulk_extend(_read(step, step.added))
    return store


def follow(graph: TermGraph, catalog: Catalog, revision: str, most: int) -> TermGraph | None:
    """The graph as of a later revision, made from an earlier one; None where more than `most` statements differ.

    None as well where the earlier one is not of this catalog.
    """
    here, there = catalog.revisions.number(graph.revision), catalog.revisions.number(revision)
    if here is None or there is None or there < here:
        return None
    steps = [one for one in catalog.revisions.since(here) if one.number <= there]
    if sum(one.added.count("\n") + one.removed.count("\n") for one in steps) > most:
        return None
    if not steps:
        return graph
    changes = (Patch(frozenset(_read(step, step.added)), frozenset(_read(step, step.removed))) for step in steps)
    return graph.after(composed(changes), revision)


def _read(step: Revision, lines: str) -> Iterator[Quad]:
    try:
        yield from read_lines(lines)
    except SyntaxError as error:
        raise Damaged(
            f"revision {step.id} of the term graph does not read; bring the catalog back with `plumbline restore`"
        ) from error
