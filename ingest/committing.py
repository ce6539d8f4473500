"""Embedding and committing beside the preparing of the next documents: the model never waits for desensitizing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from ingest.preparing import Prepared
from ingest.reuse import KnownVectors
from knowledge.catalog import Catalog
from knowledge.embedding import embedded_hash
from knowledge.likeness import sketch
from knowledge.protocols import Embedder, Vectors
from knowledge.types import DocumentRecord

_BATCHES_AT_ONCE = 24
"""Batches of chunks collected before they are embedded: enough that texts of like length meet in one batch."""
_IN_HAND = 2
"""Collections that are embedded or wait for it; with more, whoever prepares waits, so that memory stays bounded."""


class Committer:
    """Takes prepared documents; in threads of its own embeds and commits them in batches, in order.

    `told` is called from one of them with how many chunks are committed so far.
    """

    def __init__(
        self, catalog: Catalog, embedder: Embedder, batch_size: int, told: Callable[[int], None] | None = None
    ) -> None:
        self._catalog = catalog
        self._embedder = embedder
        self._known_vectors = KnownVectors(catalog, embedder.fingerprint)
        self._enough = batch_size * _BATCHES_AT_ONCE
        self._enough_to_begin = batch_size * 2
        self._told = told
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="committing")
        self._in_hand: deque[Future[None]] = deque()
        self._written: Future[None] | None = None
        self._collected: list[Prepared] = []
        self._chunks = 0

    def add(self, prepared: Prepared) -> None:
        """Take a document. Raises what went wrong with one before it."""
        self._collected.append(prepared)
        idle = all(future.done() for future in self._in_hand)
        if sum(len(each.texts) for each in self._collected) >= (self._enough_to_begin if idle else self._enough):
            self._hand_over()

    def finish(self) -> None:
        """Wait until all are committed. Raises what went wrong."""
        self._hand_over()
        while self._in_hand:
            self._in_hand.popleft().result()
        if self._written is not None:
            self._written.result()
        self._thread.shutdown()
        self._writing.shutdown()

    def stop(self) -> None:
        """End early: what is being embedded is still committed, the rest forgotten."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._writing.shutdown(wait=True)

    def _hand_over(self) -> None:
        while len(self._in_hand) >= _IN_HAND or (self._in_hand and self._in_hand[0].done()):
            self._in_hand.popleft().result()
        if self._collected:
            self._in_hand.append(self._thread.submit(self._embed, tuple(self._collected)))
            self._collected.clear()

    def _embed(self, waiting: Sequence[Prepared]) -> None:
        """Embed these, then let them be committed while the next are embedded: a commit waits for the disk."""
        vectors = self._vectors(waiting)
        if self._written is not None:
            self._written.result()
        self._written = self._writing.submit(self._commit, waiting, vectors)

    def _commit(self, waiting: Sequence[Prepared], vectors: Vectors) -> None:
        """All of them in one transaction: the disk is waited for once."""
        records, start = [], 0
        for prepared in waiting:
            end = start + len(prepared.texts)
            records.append(
                DocumentRecord(
                    prepared.document,
                    prepared.text,
                    prepared.chunks,
                    vectors[start:end],
                    prepared.desensitized,
                    self._embedder.fingerprint,
                    tuple(map(embedded_hash, prepared.texts)),
                    sketch(prepared.text),
                    prepared.quality,
                    prepared.paragraphs,
                )
            )
            start = end
        self._catalog.documents.put_all(records)
        self._chunks += sum(len(prepared.chunks) for prepared in waiting)
        if self._told is not None:
            self._told(self._chunks)

    def _vectors(self, waiting: Sequence[Prepared]) -> Vectors:
        """The vectors of all texts that wait, in order; only those are embedded that no chunk had before."""
        known = self._known_vectors.of(waiting)
        texts = [text for prepared in waiting for text in prepared.texts]
        fresh = list(dict.fromkeys(text for text in texts if text not in known))
        known |= zip(fresh, self._embedder.embed_passages(fresh), strict=True)
        if not texts:
            return np.zeros((0, self._embedder.dimension), dtype=np.float32)
        return np.stack([known[text] for text in texts])
