"""Which rows are nearly the same, and which belong together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import cast

import pytest
from harbour import add_document

from app.datasets.by_model import spread, written
from app.datasets.from_documents import DocumentExamples
from app.datasets.near import components, near_pairs, normalized, numbers
from app.datasets.quality import stands_in
from app.wiring import Workspace
from knowledge.likeness import ALIKE, shingles_of
from knowledge.protocols import Generator
from knowledge.types import User

WORDS = "the boat comes in at night and waits at the north buoy until the pilot has answered by radio twice".split()


def test_near_pairs_are_exactly_those_that_share_enough() -> None:
    texts = [" ".join(WORDS[:end]) for end in (3, 8, 10, 14, 17, 18, 19)] + ["something else that nobody said before"]
    sets = [shingles_of(text) for text in texts]
    wanted = {
        (one, other)
        for one, other in combinations(range(len(texts)), 2)
        if sets[one] and sets[other] and len(sets[one] & sets[other]) >= ALIKE * len(sets[one] | sets[other])
    }
    assert set(near_pairs(texts)) == wanted
    assert wanted


def test_members_that_are_joined_by_others_belong_together() -> None:
    together = components([("b", "c"), ("d",), ("e", "f")], [("a", "c")])
    assert [together(each) for each in "abcdefg"] == ["a", "a", "a", "d", "e", "e", "g"]


@pytest.mark.parametrize(
    ("words", "text", "there"),
    [
        ("12 m", "| North | 12 m |", True),
        ("bold words", "**bold** words", True),
        ("13 m", "12 m", False),
        ("", "12 m", False),
    ],
)
def test_words_that_stand_in_a_text(words: str, text: str, *, there: bool) -> None:
    assert stands_in(words, text) is there


def test_numbers_and_wording() -> None:
    assert numbers("3,000 CNY on 2024-05-01") == {"3000", "2024-05-01"}
    assert normalized("Ａ b，C!") == normalized("a B c")


def test_questions_of_the_model_are_spread_over_the_documents() -> None:
    class Named:
        def __init__(self, name: str) -> None:
            self.id = name

    passages = [(Named(name), number) for name in "ab" for number in range(3)]
    assert [(d.id, n) for d, n in spread(passages, 4)] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]  # type: ignore[arg-type,comparison-overlap]


def test_what_the_model_writes_counts_only_when_it_stands_in_the_passage(workspace: Workspace) -> None:
    class Scribe:
        """Writes what it is told to, as a model might."""

        def __init__(self, *texts: str) -> None:
            self.texts = iter(texts)

        def stream(self, *_: object, **__: object) -> Iterator[str]:
            yield next(self.texts)

    for number in range(4):
        add_document(
            workspace, f"passage{number}", f"The pilot of boat {number} lives beside the {WORDS[number]} lock. " * 2
        )
    scribe = Scribe(
        '{"question": "When does the office open?", "answer": "8:30"}',
        '{"question": "Where does the pilot live?", "answer": "beside the mill"}',
        '{"question": "Is it the boat lock?", "answer": "lock"}',
        "no JSON",
        '{"question": "Where does the pilot live?", "answer": "beside the in lock"}',
    )
    examples = DocumentExamples(workspace.catalog, User(""))
    found = list(written(examples, cast("Generator", scribe), 5, 0.0, lambda *_: None))
    assert [(each.source.id, each.answer) for each in found] == [("guide", "8:30"), ("passage3", "beside the in lock")]
    assert examples.left_out["unverified"] == 3
