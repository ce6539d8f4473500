"""Keyword search: tantivy (BM25) over the words of chunks.

Each chunk carries its document's number and access key, so that a search is narrowed by a required clause, and a
document is taken out by its number. Word statistics are those of all chunks, hidden ones too: scores are for ordering,
not for showing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.catalog.documents import KeywordRow, VisibleSet
from knowledge.cutting import is_filler, words
from knowledge.errors import Damaged
from knowledge.protocols import Vectors

LOCK_FILES = frozenset({".tantivy-meta.lock", ".tantivy-writer.lock"})
"""Files in the folder that hold nothing."""
REWRITTEN_FILES = frozenset({"meta.json", ".managed.json"})
"""The only files that a change of the index replaces; all others are immutable."""

TITLE_WEIGHT = 1.5
EXPANSION_WEIGHT = 0.4

_WRITER_BYTES = 64 * 1024 * 1024
_LONGEST_QUERY = 96  # different words; a pasted page would otherwise be searched word by word


@dataclass(frozen=True, slots=True)
class KeywordHits:
    """Chunk rows with BM25 scores, best first.

    `coverage` is the share of what was searched that the chunk holds, rarer words counting more, in [0, 1]. `across` is
    the same of what may stand in any language, numbers and codes: it is for chunks in another than the question's.
    """

    rows: NDArray[np.int64]
    scores: Vectors
    coverage: Vectors
    across: Vectors


@dataclass(frozen=True, slots=True)
class IndexedDocuments:
    """The documents that an index holds, ordered by `numbers`, with the access keys that they were put in by."""

    numbers: NDArray[np.int64]
    access_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeywordFilter:
    """What may be found; `clause` is a query of tantivy's, None when nothing may be found."""

    clause: Any


def write_keywords(folder: Path, added: Iterable[KeywordRow], removed: Iterable[int] = ()) -> None:
    """Bring the index in `folder`, made when there is none, to hold `added` and none of the document numbers `removed`.

    Existing files stay as they are, except the small lists of what belongs to the index. Raises Damaged when the index
    cannot be read.
    """
    import tantivy

    folder.mkdir(parents=True, exist_ok=True)
    schema = _schema()
    try:
        exists = tantivy.Index.exists(str(folder))
        index = tantivy.Index.open(str(folder)) if exists else tantivy.Index(schema, path=str(folder))
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        gone = [int(number) for number in removed]
        if gone:
            writer.delete_documents_by_query(tantivy.Query.term_set_query(schema, "number", gone))
        for row in added:
            writer.add_document(_document(row))
        writer.commit()
        writer.wait_merging_threads()
    except ValueError as error:
        raise Damaged(f"{folder}: keyword index cannot be written: {error}; run `plumbline rebuild`") from error


class KeywordIndex:
    """The keyword index of one generation. Safe from many threads."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self._schema = _schema()

    @classmethod
    def load(cls, folder: Path) -> KeywordIndex:
        """The index in `folder`. Raises Damaged."""
        import tantivy

        try:
            return cls(tantivy.Index.open(str(folder)).searcher())
        except ValueError as error:
            raise Damaged(f"{folder}: keyword index cannot be read: {error}; run `plumbline rebuild`") from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def prepare(self, visible: VisibleSet, indexed: IndexedDocuments) -> KeywordFilter:
        """The clause that lets only chunks of `visible` be found; serves many searches.

        It names access keys; documents that were removed or whose labels changed since they were indexed, usually none,
        are named one by one.
        """
        may = np.isin(indexed.numbers, visible.numbers, assume_unique=True)
        keys = sorted(set(visible.access_keys))
        by_key = np.isin(np.array(indexed.access_keys, dtype=np.str_), np.array(keys, dtype=np.str_))
        if not may.any():
            return KeywordFilter(None)
        more, less = indexed.numbers[may & ~by_key], indexed.numbers[by_key & ~may]
        if may.sum() <= more.size + less.size:  # a narrow scope: naming its documents is shorter than naming all others
            keys, more, less = [], indexed.numbers[may], less[:0]
        return KeywordFilter(self._permit(keys, more, less))

    def search(self, text: str, permitted: KeywordFilter, limit: int, *, expansions: Sequence[str] = ()) -> KeywordHits:
        """Permitted chunks that hold words of `text`, or, counting less, of `expansions`."""
        asked = list(dict.fromkeys(_searched(text)))[:_LONGEST_QUERY]
        added = dict.fromkeys(word for expansion in expansions for word in _searched(expansion))
        more = [word for word in added if word not in asked][:_LONGEST_QUERY]
        clauses = [self._word(word, 1.0) for word in asked] + [self._word(word, EXPANSION_WEIGHT) for word in more]
        rarity = {word: max(self._rarity("body", word), self._rarity("title", word)) for word in asked}
        figures = sum(value for word, value in rarity.items() if any(map(str.isdigit, word)))
        return self._run(clauses, permitted, limit, sum(rarity.values()), figures)

    def search_concepts(self, concepts: Sequence[str], permitted: KeywordFilter, limit: int) -> KeywordHits:
        """Permitted chunks that were linked to these concepts; rarer concepts count more."""
        clauses = [self._term("concepts", concept, 1.0) for concept in concepts]
        whole = sum(self._rarity("concepts", concept) for concept in concepts)
        return self._run(clauses, permitted, limit, whole)

    def holds(self, text: str) -> bool:
        """Whether the words of `text` stand in the index: all in one chunk, or a single one in any (removed too)."""
        from tantivy import Occur, Query

        asked = list(dict.fromkeys(words(text)))
        if len(asked) == 1:
            return any(self._searcher.doc_freq(field, asked[0]) for field in ("body", "title"))
        clauses = [(Occur.Must, self._word(word, 1.0)) for word in asked]
        return bool(asked) and bool(self._searcher.search(Query.boolean_query(clauses), 1, count=False).hits)

    def _run(
        self, clauses: Sequence[Any], permitted: KeywordFilter, limit: int, whole: float, figures: float = 0.0
    ) -> KeywordHits:
        """`whole` is about what a chunk with everything that is searched scores, `figures` one with all its numbers."""
        from tantivy import Occur, Query

        if not clauses or permitted.clause is None:
            none = np.zeros(0, dtype=np.float32)
            return KeywordHits(none.astype(np.int64), none, none, none)
        anything = Query.boolean_query([(Occur.Should, clause) for clause in clauses])
        query = Query.boolean_query([(Occur.Must, anything), (Occur.Must, permitted.clause)])
        found = self._searcher.search(query, limit, count=False).hits
        rows = np.array(self._searcher.fast_field_values("row", [place for _, place in found]), dtype=np.int64)
        scores = np.array([score for score, _ in found], dtype=np.float32)
        # Rows break ties, so that equal input gives equal output
        order = np.lexsort((rows, -scores))
        coverage = np.minimum(scores[order] / max(whole, 1e-6), 1.0)
        # A number that stands in many chunks tells little: it is held against a word that stands in one
        rarest = math.log(1 + self._searcher.num_docs / 1.5)
        across = np.minimum(scores[order] / max(figures, rarest), 1.0) if figures else coverage
        return KeywordHits(rows[order], scores[order], coverage, np.maximum(across, coverage))

    def _rarity(self, field: str, value: str) -> float:
        """BM25's inverse document frequency, which is a word's score in a chunk of average length."""
        count, holding = self._searcher.num_docs, self._searcher.doc_freq(field, value)
        return math.log(1 + max(count - holding + 0.5, 0.5) / (holding + 0.5))

    def _word(self, word: str, weight: float) -> Any:
        from tantivy import Query

        return Query.disjunction_max_query(
            [self._term("body", word, weight), self._term("title", word, weight * TITLE_WEIGHT)], tie_breaker=0.3
        )

    def _term(self, field: str, value: Any, weight: float) -> Any:
        from tantivy import Query

        return Query.boost_query(Query.term_query(self._schema, field, value, index_option="freq"), weight)

    def _permit(self, keys: Sequence[str], more: NDArray[np.int64], less: NDArray[np.int64]) -> Any:
        from tantivy import Occur, Query

        terms = [(Occur.Should, self._term("access", _key(key), 1.0)) for key in keys]
        if more.size:
            terms.append((Occur.Should, Query.term_set_query(self._schema, "number", more.tolist())))
        clause = Query.boolean_query(terms)
        if less.size:
            taken = Query.term_set_query(self._schema, "number", less.tolist())
            clause = Query.boolean_query([(Occur.Must, clause), (Occur.MustNot, taken)])
        return Query.const_score_query(clause, 0.0)


def word_shares(question: str, texts: Sequence[str]) -> list[float]:
    """For each text the share of the question's words that it holds; words that are rarer among the texts count more.

    It is what `KeywordHits.coverage` is, for texts that stand in no index.
    """
    held = [set(words(text)) for text in texts]
    rarity = {}
    for word in dict.fromkeys(_searched(question)):
        holding = sum(word in each for each in held)
        rarity[word] = math.log(1 + max(len(texts) - holding + 0.5, 0.5) / (holding + 0.5))
    whole = sum(rarity.values())
    return [sum(value for word, value in rarity.items() if word in each) / max(whole, 1e-6) for each in held]


def _searched(text: str) -> list[str]:
    """The words that a search is about: not those that shape a question, unless there are no others."""
    found = words(text)
    return [word for word in found if not is_filler(word)] or found


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    builder.add_unsigned_field("number", indexed=True)
    builder.add_text_field("access", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("concepts", tokenizer_name="raw", index_option="basic")
    # Words come cut and joined by blanks; no positions, for no phrases are searched
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("title", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(row: KeywordRow) -> Any:
    import tantivy

    document = tantivy.Document()
    document.add_unsigned("row", row.row)
    document.add_unsigned("number", row.number)
    document.add_text("access", _key(row.access_key))
    document.add_text("body", " ".join(words(row.text)))
    document.add_text("title", " ".join(words(f"{row.title}\n{row.heading}")))
    for concept in row.concepts:
        document.add_text("concepts", concept)
    return document


def _key(access_key: str) -> str:
    """An access key as an index word, which cannot be empty."""
    return f"key-{access_key}"
