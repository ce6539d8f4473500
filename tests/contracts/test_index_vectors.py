"""What dense search promises, whichever way a segment is searched."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.catalog.documents import VisibleSet
from knowledge.centring import Centres
from knowledge.errors import Damaged
from knowledge.protocols import Vectors
from knowledge.vector_index import Segment, VectorIndex, write_segment

DIMENSION = 32
COUNT = 600
OFFSETS = {"en": 3.0, "zh": -3.0}  # what the "language" adds to each vector


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _texts(language: str, seed: int = 0) -> Vectors:
    """Vectors of texts; equal seeds say the same things in both languages."""
    meaning = np.random.default_rng(seed).normal(size=(COUNT, DIMENSION))
    meaning[:, 0] += OFFSETS[language] * 4
    return _unit(meaning)


def _documents(numbers: Sequence[int]) -> VisibleSet:
    """Ten chunks in each document; document n has the rows 10n … 10n + 9."""
    table = np.array(numbers, dtype=np.int64)
    return VisibleSet(1, table, table * 10, np.full(len(table), 10), ("",) * len(table), np.zeros(len(table)))


ALL = _documents(range(2 * COUNT // 10))
CENTRES = {language: _texts(language).mean(axis=0) for language in OFFSETS}


class VectorIndexContract:
    hnsw_from: int
    recall: float

    @pytest.fixture
    def segments(self, tmp_path: Path) -> list[Segment]:
        centres = Centres(CENTRES, CENTRES)
        return [
            write_segment(
                tmp_path,
                language,
                language,
                np.arange(COUNT) + start,
                _texts(language),
                centres,
                hnsw_from=self.hnsw_from,
            )
            for start, language in ((0, "en"), (COUNT, "zh"))
        ]

    @pytest.fixture
    def index(self, tmp_path: Path, segments: list[Segment]) -> VectorIndex:
        return VectorIndex.load(tmp_path, segments, Centres(CENTRES, CENTRES))

    def test_text_finds_itself_and_its_translation_first(self, index: VectorIndex) -> None:
        permitted = index.prepare(ALL)
        found = [
            set(index.search(_texts("en")[row], "en", permitted, 2).rows) == {row, COUNT + row} for row in range(50)
        ]
        assert np.mean(found) >= self.recall

    def test_scores_fall_and_are_cosines(self, index: VectorIndex) -> None:
        hits = index.search(_texts("zh")[3], "zh", index.prepare(ALL), 40)
        assert len(hits.rows) == len(hits.scores) == 40
        assert (np.diff(hits.scores) <= 0).all()
        assert hits.scores[0] == pytest.approx(1, abs=0.02)
        assert len(set(hits.rows.tolist())) == 40

    @pytest.mark.parametrize("numbers", [[], [3], [3, 61], list(range(0, 120, 2)), list(range(119))])
    def test_only_permitted_rows_and_all_of_them(self, index: VectorIndex, numbers: list[int]) -> None:
        permitted = index.prepare(_documents(numbers))
        rows = {row for number in numbers for row in range(10 * number, 10 * number + 10)}
        found = index.search(_texts("en")[0], "en", permitted, 2 * COUNT).rows.tolist()
        assert set(found) <= rows
        assert len(found) == len(set(found))
        # A graph cannot promise the very last of many
        assert len(found) >= len(rows) * (1 if len(rows) <= 30 else self.recall)

    def test_filter_does_not_cost_recall(self, index: VectorIndex) -> None:
        permitted = index.prepare(_documents(range(0, 120, 3)))
        rows = [row for row in range(COUNT) if (row // 10) % 3 == 0]
        found = [index.search(_texts("en")[row], "en", permitted, 1).rows[0] in {row, row + COUNT} for row in rows]
        assert np.mean(found) >= self.recall

    def test_equal_searches_give_equal_hits(self, index: VectorIndex) -> None:
        permitted = index.prepare(ALL)
        first, second = (index.search(_texts("en")[5], "en", permitted, 30) for _ in range(2))
        assert first.rows.tolist() == second.rows.tolist()

    def test_nothing_indexed_finds_nothing(self, tmp_path: Path) -> None:
        index = VectorIndex.load(tmp_path, [], Centres({}, {}))
        assert not index.search(_texts("en")[0], "en", index.prepare(ALL), 5).rows.size

    @pytest.mark.parametrize("file", [0, 1])
    @pytest.mark.parametrize("harm", ["missing", "empty", "cut"])
    def test_unreadable_files_are_damaged(self, tmp_path: Path, segments: list[Segment], file: int, harm: str) -> None:
        path = tmp_path / segments[0].files[file]
        data = path.read_bytes()
        path.unlink()
        if harm != "missing":
            path.write_bytes(data[: len(data) // 2 if harm == "cut" else 0])
        with pytest.raises(Damaged, match="plumbline rebuild"):
            VectorIndex.load(tmp_path, segments, Centres(CENTRES, CENTRES))

    def test_wrong_count_is_damaged(self, tmp_path: Path, segments: list[Segment]) -> None:
        wrong = Segment(segments[0].name, segments[0].kind, "en", COUNT - 1)
        with pytest.raises(Damaged, match="600 vectors for 599 chunks"):
            VectorIndex.load(tmp_path, [wrong], Centres(CENTRES, CENTRES))


class TestFlat(VectorIndexContract):
    hnsw_from = 10**9
    recall = 1.0


class TestGraph(VectorIndexContract):
    hnsw_from = 1
    recall = 0.95
