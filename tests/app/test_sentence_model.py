"""A small real model behind the checker: whatever it says, in the form asked for or not, the text stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.generators import load_generator
from adapters.model_catalog import ModelCatalog
from app.sentence_writer import ModelSentenceWriter
from app.settings import load_settings
from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

pytestmark = pytest.mark.model
PORT = Path(__file__).parents[1] / "knowledge" / "alignment" / "harbour.ttl"
TEXT = "Crates for Buoyant Freight are packed at night by people of Skiff Lines."


def test_a_real_model_reads_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    generator = load_generator("smollm2-135m-instruct-q4", "llama.cpp", ModelCatalog.load(), context_tokens=1024)
    try:
        model = ModelSentenceWriter(lambda: generator)
        names, relations = ["Buoyant Freight", "Skiff Lines"], ["acquired", "supplies"]
        said = model.triples(TEXT, names, relations, "en", 0)
        assert said
        assert said == model.triples(TEXT, names, relations, "en", 0)
        settings = load_settings(tmp_path, environment={"PLUMBLINE_ALIGNMENT__MODEL": "on"}).alignment
        graph = TermGraph.from_files([PORT])
        report = Checker(graph, Linker(graph), settings=settings, model_reader=model).check(TEXT)
    finally:
        generator.close()
    assert report.answer == TEXT
    assert {finding.rule for finding in report.findings} <= {"supported.model", "unsupported.model"}
