"""The parts of the Terms page that need no page: lines of a form, places in a drawing, marks, differences."""

import math
import re
from pathlib import Path
from typing import get_args

import pytest

from app.terms.views import GraphDiff
from app.ui.terms import address
from app.ui.terms.differences import difference
from app.ui.terms.layout import placed
from app.ui.terms.lines import edited_texts, lines_to_names, lines_to_texts, names_to_lines
from app.ui.terms.marks import changed_text, ids_of_issues, issue_text, without_signs
from app.ui.texts import words
from knowledge.catalog.proposals import ProposalState
from knowledge.graph import vocabulary as words_of
from knowledge.graph.changes import ConceptForm, Kind, LabelForm, TextForm
from knowledge.graph.differing import FieldChange, Name, Value
from knowledge.graph.exchange import EXPORT_FORMATS
from knowledge.graph.mapping import USES
from knowledge.graph.quality import RULES, Issue
from knowledge.types import LabelKind, Verdict

FORM = ConceptForm(
    id="urn:a",
    labels=(
        LabelForm(text="差旅平台", language="zh-Hans"),
        LabelForm(text="Meridian", language="en"),
        LabelForm(text="MT", kind="alternative", language=""),
        LabelForm(text="Reise@Werk", kind="alternative", language="de"),
        LabelForm(text="42", kind="alternative", language=""),
    ),
)
COLUMNS = ("zh", "en", None)


def all_lines(form: ConceptForm) -> dict[tuple[str, str | None], str]:
    kinds = ("preferred", "alternative", "hidden", "deprecated", "forbidden")
    return {(kind, column): names_to_lines(form, kind, column) for kind in kinds for column in COLUMNS}


def test_names_as_lines_and_back_are_the_same() -> None:
    lines = all_lines(FORM)
    assert lines["alternative", None] == "Reise@Werk@de\n42"
    assert set(lines_to_names(FORM, lines)) == set(FORM.labels)


def test_a_changed_line_has_the_tag_of_its_column() -> None:
    lines = all_lines(FORM) | {
        ("preferred", "zh"): "差旅系统",
        ("alternative", None): "Dienstreise@de\nall text @ home",
    }
    found = lines_to_names(FORM, lines)
    assert LabelForm(text="差旅系统", language="zh") in found
    assert LabelForm(text="Dienstreise", kind="alternative", language="de") in found
    assert LabelForm(text="all text @ home", kind="alternative") in found
    assert LabelForm(text="MT", kind="alternative") in found


def test_texts_and_sources() -> None:
    before = (TextForm(text="Handbook", language="en"),)
    assert lines_to_texts(before, "Handbook\n\n ISO 9001 ") == (*before, TextForm(text="ISO 9001"))
    assert edited_texts([(" one ", "en"), ("", "zh"), ("one", "en")]) == (TextForm(text="one", language="en"),)


def test_a_drawing_puts_neighbours_around_the_middle() -> None:
    edges = [("m", "a"), ("b", "m"), ("a", "a1"), ("a", "a2"), ("x", "y")]
    found = placed("m", ["m", "a", "b", "a1", "a2", "x", "y"], edges)
    assert found["m"] == (0.0, 0.0)
    assert set(found) == {"m", "a", "b", "a1", "a2"}, "what is not joined to the middle is left out"
    assert math.dist(found["m"], found["a1"]) > math.dist(found["m"], found["a"])
    assert len(set(found.values())) == len(found)
    assert placed("m", ["m"], []) == {"m": (0.0, 0.0)}


def test_an_address_holds_any_id() -> None:
    assert address.link(concept="urn:x#a/b&c=d?é") == "/terms?concept=urn%3Ax%23a%2Fb%26c%3Dd%3F%C3%A9"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("the old plan", "the new plan", "the <del>old</del><ins>new</ins> plan"),
        ("差旅平台", "差旅系统", "差旅<del>平台</del><ins>系统</ins>"),
        ("<b>", "<i>", "&lt;<del>b</del><ins>i</ins>&gt;"),
        (
            "it books and pays trips",
            "what one needs abroad",
            "<del>it books and pays trips</del> → <ins>what one needs abroad</ins>",
        ),
    ],
)
def test_changed_text_marks_words_and_signs(before: str, after: str, shown: str) -> None:
    assert changed_text(before, after) == shown


def test_a_difference_is_named_in_the_pages_language() -> None:
    label = "http://www.w3.org/2004/02/skos/core#prefLabel"
    change = FieldChange(
        subject=Name(id="urn:a", en="Meridian", zh="子午"),
        field=label,
        field_name="prefLabel",
        language="en",
        added=(Value(text="<New>"),),
    )
    shown = difference(GraphDiff(older="a", newer="b", added=1, removed=0, fields=(change,)), words("zh"))
    assert "首选名称 (英文)" in shown
    assert "子午" in shown
    assert "&lt;New&gt;" in shown


def test_a_difference_says_yes_and_calls_its_fields_in_the_order_of_a_concept() -> None:
    subject = Name(id="urn:a", en="Meridian", zh="子午")
    fields = (
        (words_of.TYPE, "", Value(id=words_of.CONCEPT, text="Concept")),
        (words_of.DEPRECATED, "", Value(text="true")),
        (words_of.SKOS + "prefLabel", "en", Value(text="Meridian")),
        (words_of.SKOS + "prefLabel", "zh", Value(text="子午")),
    )
    changes = tuple(
        FieldChange(subject=subject, field=field, field_name=field, language=language, added=(value,))
        for field, language, value in fields
    )
    shown = difference(GraphDiff(older="a", newer="b", added=4, removed=0, fields=changes), words("zh"))
    titles = re.findall(r"<th>(.*?)</th>", shown)
    assert titles == ["首选名称 (中文)", "首选名称 (英文)", "类别", "停用"]
    assert re.findall(r"<ins><span>(.*?)</span></ins>", shown)[-2:] == ["概念", "是"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_is_said_in_both_languages(language: str) -> None:
    for rule in RULES:
        assert words(language).has(f"quality_title.{rule}"), rule
    issue = Issue(rule="missing_language", severity="warning", concept="urn:a", message="m", values={"language": "zh"})
    assert issue_text(issue, words("en")) == "has no preferred label in Chinese"


def test_an_issue_calls_what_it_speaks_of_by_name() -> None:
    said = {"relation": "urn:owner", "values": "urn:a, urn:b, Lucy"}
    issue = Issue(rule="several_values", severity="error", concept="urn:c", message="m", values=said)
    names = {one: Name(id=one, en=one[-1:].upper(), zh=f"{one[-1:]}组") for one in ("urn:a", "urn:b")}
    names["urn:owner"] = Name(id="urn:owner", en="owner", zh="负责团队")
    assert ids_of_issues([issue]) >= {"urn:owner", "urn:a", "urn:b", "urn:c"}
    assert issue_text(issue, words("en"), names) == "has several values of owner, which allows one: A, B, Lucy"
    assert "a组、b组、Lucy" in issue_text(issue, words("zh"), names)


def test_every_sentence_that_the_page_says_exists() -> None:
    folder = Path(address.__file__).parent
    named = {
        key for file in folder.glob("*.py") for key in re.findall(r"\"(terms\.[a-z_0-9]+)\"", file.read_text("utf-8"))
    }
    assert {key for key in named - {"terms.css"} if not words("en").has(key)} == set()
    made = [
        *(f"kind_{kind}" for kind in get_args(LabelKind)),
        *(f"change_{kind}" for kind in get_args(Kind)),
        *(f"state_{state}" for state in get_args(ProposalState)),
        *(f"verdict_{verdict}" for verdict in get_args(Verdict)),
        *(f"use_{use}" for use in USES),
        *(f"format_{name}" for name in EXPORT_FORMATS),
    ]
    assert [key for key in made if not words("en").has(f"terms.{key}")] == []


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("| ", " | book trips | Travel |", ("", " · book trips · Travel")),
        ("| Order | ", " | 9 |", ("Order · ", " · 9")),
        ("| Order | Price |", "", ("Order · Price", "")),
        ("- since then ", " is new", ("since then ", " is new")),
        ("a | b ", " c", ("a | b ", " c")),
        ("", "", ("", "")),
    ],
)
def test_signs_of_tables_and_lists_are_not_shown(before: str, after: str, shown: tuple[str, str]) -> None:
    assert without_signs(before, after) == shown
