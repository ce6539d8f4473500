"""Concepts that may be one, and those that only look so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.graph import TermGraph
from knowledge.graph.duplicates import duplicates

Make = Callable[[str], TermGraph]


def concept(name: str, *labels: str) -> str:
    return f"ex:{name} skos:prefLabel {', '.join(labels)} ."


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ('"Travel Desk"@en', '"travel-desk"@en', True),
        ('"travel desks"@en', '"Travel desk"@en', True),
        ('"差旅 平台"@zh', '"差旅平台"@zh', True),
        ('"差旅平臺"@zh', '"差旅平台"@zh', True),
        ('"Meridian"@en', '"Meridien"@en', False),
        ('"account manager"@en', '"acount manager"@en', False),
        ('"recieve desk"@en', '"receive desk"@en', False),
    ],
)
def test_names_that_look_like_one(graph_of: Make, first: str, second: str, same: bool) -> None:
    graph = graph_of("\n".join([concept("a", first), concept("b", second), concept("c", '"something else"@en')]))
    assert [(one.first[-1], one.second[-1], one.same) for one in duplicates(graph, lambda _: True)] == [
        ("a", "b", same)
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('"FlowBox Sensor 4"@en', '"FlowBox Sensor 5"@en'),
        ('"北京分公司"@zh', '"南京分公司"@zh'),
        ('"port"@en', '"sort"@en'),
        ('"Travel Desk"@en', '"Travel Team"@en'),
        ('"---"@en', '"…"@en'),
    ],
)
def test_names_of_different_things(graph_of: Make, first: str, second: str) -> None:
    assert duplicates(graph_of("\n".join([concept("a", first), concept("b", second)])), lambda _: True) == []


def test_only_what_is_seen_and_in_use_counts_and_each_pair_comes_once(graph_of: Make) -> None:
    graph = graph_of(
        """ex:a skos:prefLabel "Travel Desk"@en, "差旅台"@zh ; skos:altLabel "Travel-Desk"@en .
        ex:b skos:prefLabel "travel desk"@en, "差旅台"@zh .
        ex:c skos:altLabel "Travel Desk"@en . ex:c owl:deprecated true .
        ex:d skos:altLabel "Travel Desk"@en . ex:e skos:hiddenLabel "Travel Desk"@en ."""
    )
    found = duplicates(graph, lambda one: not one.endswith("d"))
    assert [(one.first[-1], one.second[-1]) for one in found] == [("a", "b")]
    assert (found[0].first_label, found[0].second_label) == ("Travel Desk", "travel desk")


@pytest.mark.parametrize("said", ["ex:a owl:differentFrom ex:b .", "ex:b owl:differentFrom ex:a ."])
def test_what_the_graph_tells_apart_is_no_duplicate(graph_of: Make, said: str) -> None:
    two = "\n".join([concept("a", '"Travel Desk"@en'), concept("b", '"travel-desk"@en')])
    assert len(duplicates(graph_of(two), lambda _: True)) == 1
    assert duplicates(graph_of(f"{two}\n{said}"), lambda _: True) == []
