"""Who may read what a source holds, when its rules change: at once, and without reading or embedding anything again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.access import merged
from ingest.survey import survey
from knowledge.catalog.documents import CONTAINER
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.holdings import Holdings
    from knowledge.catalog import Catalog
    from knowledge.catalog.sources import Source
    from knowledge.types import Document


def relabel(
    catalog: Catalog, holdings: Holdings, source: Source, exclude: Sequence[str], rename: Callable[[str], str]
) -> int:
    """Give the documents of a source the labels that hold for them now; gives how many got others.

    Labels that were set by hand stay. Where the source's folder is not there, only its own rules are looked at.
    Raises InvalidInput for rules that cannot be used.
    """
    root = holdings.root_of(source)
    wanted = _surveyed(catalog, holdings, root, exclude, rename) if root.is_dir() else _ruled(catalog, source, root)
    changed = 0
    for document, labels in wanted:
        if document.access != labels:
            try:
                catalog.documents.set_access(document.id, labels)
            except NotFound:  # a run took it away meanwhile
                continue
            changed += 1
    catalog.decisions.enforce()  # what somebody decided by hand in the meantime
    return changed


def _surveyed(
    catalog: Catalog, holdings: Holdings, root: Path, exclude: Sequence[str], rename: Callable[[str], str]
) -> Iterator[tuple[Document, frozenset[str]]]:
    """As a run would find them: with what the source itself tells of its readers."""
    for candidate in survey(catalog, [root], exclude, None, None, rename, holdings).candidates:
        for document in (*([candidate.known] if candidate.known is not None else []), *candidate.members):
            yield document, candidate.labels


def _ruled(catalog: Catalog, source: Source, root: Path) -> Iterator[tuple[Document, frozenset[str]]]:
    """By what the catalog knows alone: a share that is not mounted now must not keep open what somebody closes."""
    rules = merged(None, source.rules)
    by_hand = catalog.decisions.set_by_hand()
    for document in catalog.documents.list(source_root=str(root)) if rules is not None else ():
        path = document.metadata.get(CONTAINER) or document.path
        rule = rules.rule_for(path) if rules is not None else None
        if rules is not None and rule is not None and (document.source_root, path) not in by_hand:
            yield document, rules.rules[rule]
