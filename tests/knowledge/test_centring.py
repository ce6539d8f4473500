"""Language centres: made from parallel sentences, kept, and taken off."""

import csv

import numpy as np
import pytest

from knowledge.catalog import Catalog
from knowledge.centring import NO_CENTRES, SENTENCES, Centres, measure_centres
from knowledge.index_store import IndexStore
from knowledge.language import detect_language
from knowledge.protocols import Embedder


def test_sentences_are_parallel() -> None:
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["kind"] for row in rows} == {"question", "passage"}
    for row in rows:
        assert (detect_language(row["zh"]), detect_language(row["en"])) == ("zh", "en"), row


def test_centred_vectors_have_unit_length_and_no_language(embedder: Embedder) -> None:
    centres = measure_centres(embedder)
    vectors = embedder.embed_passages(["an English sentence", "another one"])
    moved = centres.of_passages(vectors, "en")
    assert np.linalg.norm(moved, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert not np.allclose(moved, vectors)
    assert np.allclose(centres.of_passages(vectors[0], "en"), moved[0])


def test_unknown_language_and_no_centres_leave_vectors_alone(embedder: Embedder) -> None:
    vector = embedder.embed_queries(["question"])[0]
    assert NO_CENTRES.of_question(vector, "zh") is vector
    assert measure_centres(embedder).of_question(vector, "fr") is vector


def test_vector_equal_to_its_centre_is_not_divided_by_nothing() -> None:
    centre = np.array([0.6, 0.8], dtype=np.float32)
    assert Centres({"en": centre}, {}).of_passages(centre, "en").tolist() == [0, 0]


def test_centres_are_embedded_once(catalog: Catalog, store: IndexStore, embedder: Embedder) -> None:
    made = store.centres(embedder)
    kept = catalog.centres.get(embedder.fingerprint)
    assert kept is not None
    for side in ("passages", "questions"):
        for language, vector in getattr(made, side).items():
            assert np.array_equal(getattr(kept, side)[language], vector)
    assert store.centres(embedder) is made
    assert catalog.centres.get("another model") is None
