"""Who does what to whom, in the words of the graph and in many others: what is true stays, whoever is named first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph

HERE = Path(__file__).parent
GROVE = tomllib.loads((HERE / "grove.toml").read_text(encoding="utf-8"))
MEADOW = tomllib.loads((HERE / "meadow.toml").read_text(encoding="utf-8"))


def checker_of(name: str) -> Checker:
    graph = TermGraph.from_files([HERE / name])
    return Checker(graph, Linker(graph), today=lambda: date(2026, 3, 1))


@pytest.fixture(scope="module")
def grove() -> Checker:
    return checker_of("grove.ttl")


def written(relation: str, kind: str, *, exchanged: bool = False) -> Iterator[str]:
    """The sentences of one relation with the names filled in."""
    told = GROVE[relation]
    for text in told[kind]:
        names = [name_of(concept, text) for concept in told["fact"]]
        first, second = reversed(names) if exchanged else names
        yield text.format(a=first, b=second)


NAMES = {
    "alder": ("Alderwick Press", "桤林印务"),
    "birch": ("Birchgate Mills", "桦门纸业"),
    "cedar": ("Cedarlane Optics", "雪松光学"),
    "dogwood": ("Dogwood Foundry", "茱萸铸造"),
    "elm": ("Elmstead Dairy", "榆庄乳业"),
}


def name_of(concept: str, text: str) -> str:
    english, chinese = NAMES[concept]
    return english if text.isascii() else chinese


def touched(checker: Checker, texts: Iterable[str]) -> list[str]:
    """Those texts that are changed or called wrong."""
    reports = [checker.check(text) for text in texts]
    return [
        report.draft
        for report in reports
        if report.answer != report.draft or any(finding.kind == "contradicted" for finding in report.findings)
    ]


@pytest.mark.parametrize("kind", ["told", "open"])
@pytest.mark.parametrize("relation", list(GROVE))
def test_a_true_direction_stays_in_any_words(grove: Checker, relation: str, kind: str) -> None:
    assert touched(grove, written(relation, kind)) == []


def test_the_wrong_direction_is_found_where_the_verb_stands_before_its_object(grove: Checker) -> None:
    texts = [text for relation in GROVE for text in written(relation, "told", exchanged=True)]
    assert len(touched(grove, texts)) >= 0.9 * len(texts)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("verb", list(MEADOW["verbs"]))
def test_true_forms_of_other_verbs_stay(meadow: Checker, verb: str, language: str) -> None:
    told = MEADOW["verbs"][verb]
    first, second = told["pair"][:2] if language == "zh" else told["pair"][2:]
    words = {"v": told["zh"], **told["en"]} if "zh" in told else {}
    texts = told.get(f"{language}_own", MEADOW[language])
    assert touched(meadow, (text.format(a=first, b=second, **words) for text in texts)) == []


@pytest.fixture(scope="module")
def meadow() -> Checker:
    return checker_of("meadow.ttl")


def test_true_sentences_about_other_firms_stay() -> None:
    told = tomllib.loads((HERE / "quay.toml").read_text(encoding="utf-8"))
    assert touched(checker_of("quay.ttl"), told["true"]) == []
