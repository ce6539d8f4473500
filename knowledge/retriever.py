"""From a question to ranked chunks: dense, keyword and concept hits, fused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from knowledge.catalog import Catalog
from knowledge.catalog.documents import StoredChunk, newness
from knowledge.centring import Centres
from knowledge.errors import Unavailable
from knowledge.fusion import FOREIGN_SHARE, Signals, Weights, fused
from knowledge.index_reader import Snapshot
from knowledge.index_store import IndexStore
from knowledge.keyword_index import KeywordHits, word_shares
from knowledge.language import detect_language
from knowledge.likeness import shingles_of, word_for_word
from knowledge.protocols import Embedder, Reranker, Vectors
from knowledge.types import Chunk, Document, DocumentRecord, Hit, Mention, User
from knowledge.vector_index import VectorHits

_RERANKED = 20
_HELD_COMPARED = 300
"""Chunks that are held out because other documents repeat them, and that count inside a narrow scope nevertheless."""
# Paragraphs of two versions of a policy have centred cosines of .76 to .91; a chunk and the nearest one of another
# document .65 in the median
_SAME_SUBJECT = 0.75
_ABOUT_EQUAL = 0.05


class RetrievalKnobs(Protocol):
    """The settings that are read here; see `RetrievalSettings` in app/settings.py."""

    @property
    def candidates(self) -> int:
        """Hits taken from each search."""
        ...

    @property
    def dense_weight(self) -> float:
        """Weight of nearness."""
        ...

    @property
    def keyword_weight(self) -> float:
        """Weight of shared words."""
        ...

    @property
    def concept_weight(self) -> float:
        """Weight of shared concepts."""
        ...


class ConceptLinker(Protocol):
    """Finds concepts in text; `knowledge.graph.Linker` is one."""

    def link(self, text: str, user: User | None = None) -> Sequence[Mention]:
        """Mentions of concepts that `user` may see."""
        ...

    def expand(self, mentions: Sequence[Mention], user: User | None = None) -> Sequence[str]:
        """Labels of the mentioned concepts in all languages."""
        ...


@dataclass(frozen=True, slots=True)
class RankedChunk:
    """A found chunk with what speaks for it; `score` orders (knowledge/fusion.py).

    `similarity` is the plain cosine of question and chunk, `relevance` the centred one (knowledge/centring.py), which
    tells better whether the chunk answers at all; `coverage` and `concept_coverage` are the shares of the question's
    words and concepts. Ranks count from 1; None: that search did not find it. `keyword_score` is BM25 over all chunks,
    hidden ones too: for operators only. `copies` are ids of other documents in which the same text was found.
    """

    chunk: Chunk
    document: Document
    score: float
    similarity: float | None = None
    keyword_score: float | None = None
    keyword_rank: int | None = None
    dense_rank: int | None = None
    concept_rank: int | None = None
    relevance: float = 0.0
    coverage: float = 0.0
    concept_coverage: float = 0.0
    copies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    """What one search said of a chunk."""

    rank: int | None = None
    score: float | None = None
    share: float = 0.0
    across: float = 0.0


_NOT_FOUND = _Found()


class Retriever:
    """Finds chunks that a person may read. Safe from many threads."""

    def __init__(
        self,
        catalog: Catalog,
        store: IndexStore,
        embedder: Embedder,
        linker: ConceptLinker | None = None,
        reranker: Reranker | None = None,
        settings: RetrievalKnobs | None = None,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._embedder = embedder
        self._linker = linker
        self._reranker = reranker
        self._settings = settings or _DEFAULTS
        self._weights = Weights(
            self._settings.dense_weight, self._settings.keyword_weight, self._settings.concept_weight
        )

    def retrieve(
        self,
        question: str,
        user: User,
        limit: int = 10,
        *,
        expansions: Sequence[str] = (),
        concepts: Sequence[str] = (),
        scope: Sequence[str] | None = None,
    ) -> list[RankedChunk]:
        """At most `limit` chunks that `user` may read, best first; access narrows each search from inside.

        `scope` narrows it further, to documents named by id, path or folder (None: all that the user may read).
        `concepts` are ids of concepts in the question, `expansions` their labels, which keyword search takes too,
        counting less; where neither is given, the linker finds them. Without a published index, or for a blank
        question, []. Raises Unavailable when the index was made with another embedding model.
        """
        centres = self._store.centres(self._embedder)
        snapshot = self._store.reader().snapshot(centres)
        if snapshot is None or not question.strip():
            return []
        self._check_model(snapshot)
        if not (concepts or expansions):
            concepts, expansions = self._linked(question, user)
        permitted = snapshot.permitted(user, scope)
        limit_each = self._settings.candidates
        language = detect_language(question)
        vector = self._embedder.embed_queries([question])[0]
        near = snapshot.vectors.search(vector, language, permitted.vectors, limit_each)
        keyword = _by_row(snapshot.keywords.search(question, permitted.keywords, limit_each, expansions=expansions))
        concept = _by_row(snapshot.keywords.search_concepts(concepts, permitted.keywords, limit_each))
        beside = () if scope is None else self._catalog.documents.held_rows(user, scope, _HELD_COMPARED)
        stored = self._catalog.documents.stored_chunks({*near.rows.tolist(), *keyword, *concept, *beside})
        keyword |= _read(question, stored, [row for row in beside if row not in keyword])
        compared = _compare(vector, language, stored, centres)
        dense = _exact_ranks(near, compared)
        ranked = [
            self._ranked(each, compared, dense.get(row), keyword.get(row, _NOT_FOUND), concept.get(row, _NOT_FOUND))
            for row, each in sorted(stored.items())
        ]
        ranked.sort(key=lambda each: -each.score)
        _newer_first(ranked, {each.chunk.id: compared.centred[row] for row, each in stored.items()})
        return _without_copies(self._rerank(question, ranked), limit)

    def rank(self, question: str, user: User, records: Sequence[DocumentRecord]) -> list[RankedChunk]:
        """All chunks of documents that stand in no index, best first, with scores that compare with `retrieve`'s."""
        concepts, _ = self._linked(question, user)
        centres = self._store.centres(self._embedder)
        vector = self._embedder.embed_queries([question])[0]
        stored = {each.row: each for each in _loose(records)}
        compared = _compare(vector, detect_language(question), stored, centres)
        shares = word_shares(question, [each.chunk.text for each in stored.values()])
        ranked = []
        for row, each in stored.items():
            held = sum(concept in each.chunk.concepts for concept in concepts) / max(len(concepts), 1)
            found = _Found(share=shares[row]), _Found(share=held)
            ranked.append(self._ranked(each, compared, None, *found))
        return sorted(ranked, key=lambda each: -each.score)

    def search(self, question: str, user: User, limit: int = 10, *, scope: Sequence[str] | None = None) -> list[Hit]:
        """At most `limit` hits that `user` may read, best first, within `scope` as for `retrieve`."""
        found = self.retrieve(question, user, limit, scope=scope)
        alike = self._catalog.documents.alike({ranked.document.id for ranked in found}, user)
        return [_hit(rank, ranked, alike.get(ranked.document.id, ())) for rank, ranked in enumerate(found, start=1)]

    def warm_up(self) -> None:
        """Load model and index, so that the first question is not slow."""
        self._embedder.embed_queries(["warm up"])
        self._store.reader().snapshot(self._store.centres(self._embedder))

    def _check_model(self, snapshot: Snapshot) -> None:
        """Vectors of different models cannot be compared; nothing would say so later."""
        made_by, asks = snapshot.embedder, self._embedder.fingerprint
        if made_by and made_by != asks:
            raise Unavailable(
                f"the documents were embedded with another model ({made_by[:12]}) than the one in the settings "
                f"({asks[:12]}); set [embedding] model back, or run `plumbline ingest` on all documents"
            )

    def _linked(self, question: str, user: User) -> tuple[Sequence[str], Sequence[str]]:
        """Ids of the concepts in the question, and their labels."""
        mentions = self._linker.link(question, user) if self._linker else ()
        if not self._linker or not mentions:
            return (), ()
        return tuple(dict.fromkeys(mention.concept for mention in mentions)), self._linker.expand(mentions, user)

    def _ranked(
        self, stored: StoredChunk, compared: _Comparison, dense_rank: int | None, keyword: _Found, concept: _Found
    ) -> RankedChunk:
        foreign = stored.chunk.language != compared.language
        held = max(keyword.across, FOREIGN_SHARE) if foreign else keyword.share
        signals = Signals(compared.relevance[stored.row], held, concept.share)
        return RankedChunk(
            chunk=stored.chunk,
            document=stored.document,
            score=fused(signals, self._weights),
            similarity=compared.similarity[stored.row],
            keyword_score=keyword.score,
            keyword_rank=keyword.rank,
            dense_rank=dense_rank,
            concept_rank=concept.rank,
            relevance=signals.relevance,
            coverage=signals.coverage,
            concept_coverage=signals.concepts,
        )

    def _rerank(self, question: str, ranked: list[RankedChunk]) -> list[RankedChunk]:
        """The first candidates in the order of the cross-encoder, where there is one."""
        head, tail = ranked[:_RERANKED], ranked[_RERANKED:]
        if self._reranker is None or not head:
            return ranked
        scores = self._reranker.rerank(question, [candidate.chunk.text for candidate in head])
        order = sorted(range(len(head)), key=lambda place: -scores[place])
        return [head[place] for place in order] + tail


@dataclass(frozen=True, slots=True)
class _Defaults:
    candidates: int = 40
    dense_weight: float = 1.0
    keyword_weight: float = 1.0
    concept_weight: float = 0.5


_DEFAULTS = _Defaults()


@dataclass(frozen=True, slots=True)
class _Comparison:
    """How near each chunk (by row) is to the question in `language`, and its vector without its language."""

    language: str
    similarity: Mapping[int, float]
    relevance: Mapping[int, float]
    centred: Mapping[int, Vectors]


def _loose(records: Sequence[DocumentRecord]) -> Iterator[StoredChunk]:
    """The chunks of documents that have no place in an index, numbered in order."""
    row = 0
    for record in records:
        for chunk, vector in zip(record.chunks, record.vectors, strict=True):
            yield StoredChunk(row, chunk, record.document, vector)
            row += 1


def _compare(vector: Vectors, language: str, stored: Mapping[int, StoredChunk], centres: Centres) -> _Comparison:
    """Compare the question's vector with those of the catalog, which are not rounded."""
    question = centres.of_question(vector, language)
    similarity: dict[int, float] = {}
    relevance: dict[int, float] = {}
    centred: dict[int, Vectors] = {}
    for spoken in sorted({each.chunk.language for each in stored.values()}):
        rows = [row for row, each in stored.items() if each.chunk.language == spoken]
        plain = np.stack([stored[row].vector for row in rows])
        moved = centres.of_passages(plain, spoken)
        similarity |= zip(rows, (plain @ vector).tolist(), strict=True)
        relevance |= zip(rows, (moved @ question).tolist(), strict=True)
        centred |= zip(rows, moved, strict=True)
    return _Comparison(language, similarity, relevance, centred)


def _newer_first(ranked: list[RankedChunk], vectors: Mapping[str, Vectors]) -> None:
    """Let a chunk pass those right before it that look like an older version of it and score about the same."""
    for start in range(1, min(len(ranked), _RERANKED)):
        place = start
        while place and _replaces(ranked[place], ranked[place - 1], vectors):
            ranked[place - 1], ranked[place] = ranked[place], ranked[place - 1]
            place -= 1


def _without_copies(ranked: Sequence[RankedChunk], limit: int) -> list[RankedChunk]:
    """The first `limit` chunks that differ; of those whose words all stand in another one, the newest is kept.

    Only word for word: texts that differ in one number or name may be about different things.
    """
    kept: list[tuple[RankedChunk, frozenset[int]]] = []
    for chunk in ranked:
        said = shingles_of(chunk.chunk.text)
        place = next((at for at, (_, other) in enumerate(kept) if word_for_word(said, other)), None)
        if place is not None:
            kept[place] = _merged(kept[place], (chunk, said))
        elif len(kept) < limit:
            kept.append((chunk, said))
        else:
            break
    return [chunk for chunk, _ in kept]


def _merged(
    one: tuple[RankedChunk, frozenset[int]], other: tuple[RankedChunk, frozenset[int]]
) -> tuple[RankedChunk, frozenset[int]]:
    """The one that says more, of equal ones the newer, in the place of the better one and knowing of the other."""
    best, more = sorted((other, one), key=lambda each: (len(each[1]), newness(each[0].document)))
    documents = {best[0].document.id, more[0].document.id, *best[0].copies, *more[0].copies}
    return replace(more[0], copies=frozenset(documents - {more[0].document.id}), score=one[0].score), more[1]


def _replaces(chunk: RankedChunk, other: RankedChunk, vectors: Mapping[str, Vectors]) -> bool:
    dates = other.document.effective_date, chunk.document.effective_date
    if not all(dates) or dates[0] >= dates[1] or other.score - chunk.score > _ABOUT_EQUAL:
        return False
    return float(vectors[chunk.chunk.id] @ vectors[other.chunk.id]) >= _SAME_SUBJECT


def _exact_ranks(near: VectorHits, compared: _Comparison) -> dict[int, int]:
    """Ranks of dense hits by the catalog's vectors: those of a graph segment were found by rounded ones."""
    rows = [row for row in near.rows.tolist() if row in compared.relevance]
    rows.sort(key=lambda row: (-compared.relevance[row], row))
    return {row: rank for rank, row in enumerate(rows, start=1)}


def _read(question: str, stored: Mapping[int, StoredChunk], rows: Sequence[int]) -> dict[int, _Found]:
    """What the words of chunks that stand in no index say."""
    there = [row for row in rows if row in stored]
    shares = word_shares(question, [stored[row].chunk.text for row in there])
    return {row: _Found(share=share) for row, share in zip(there, shares, strict=True)}


def _by_row(hits: KeywordHits) -> dict[int, _Found]:
    found = zip(hits.rows.tolist(), hits.scores.tolist(), hits.coverage.tolist(), hits.across.tolist(), strict=True)
    return {row: _Found(rank, *said) for rank, (row, *said) in enumerate(found, start=1)}


def _hit(rank: int, ranked: RankedChunk, alike: Sequence[Document]) -> Hit:
    """`alike` are documents that are nearly the same, the newest first."""
    mine = newness(ranked.document)
    newer = [document.id for document in alike if newness(document) > mine]
    return Hit(
        rank=rank,
        score=ranked.score,
        document_id=ranked.document.id,
        path=ranked.document.path,
        title=ranked.document.title,
        page=ranked.chunk.page,
        heading=ranked.chunk.heading,
        chunk_id=ranked.chunk.id,
        text=ranked.chunk.text,
        older_versions=len(alike) - len(newer),
        newer_version=newer[0] if newer else None,
        copies=len(ranked.copies),
    )
