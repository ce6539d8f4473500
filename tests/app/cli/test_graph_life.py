"""`plumbline graph propose|review|history|diff|rollback|release|usage|candidates` as a shell sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.wiring import open_workspace
from tests.app.terms.conftest import GRAPH

MERIDIAN = "urn:ex:meridian"


@pytest.fixture
def call(plumbline: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    file = tmp_path / "terms.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    folder = tmp_path / "w"
    workspace = open_workspace(Settings(workspace=folder), create=True)
    workspace.accounts.add("mei", "correct horse battery", role="knowledge_manager")
    workspace.accounts.add("tom", "correct horse battery", role="knowledge_manager")
    workspace.accounts.add("eve", "correct horse battery")
    workspace.close()

    def run(*arguments: str, **more: Any) -> Any:
        return plumbline("graph", *arguments, "--workspace", folder, **more)

    assert run("import", str(file)).code == 0
    return run


def test_a_change_from_form_to_release(call: Callable[..., Any]) -> None:
    change = json.loads(call("propose", "--form", MERIDIAN, "--user", "mei").out)
    change["form"]["labels"].append({"text": "MRD", "kind": "alternative", "language": "en"})
    made = call("propose", "-", "--comment", "people say so", "--user", "mei", "--json", stdin=json.dumps(change))
    assert made.code == 0, made.err
    name = made.json["id"]

    assert [row["id"] for row in call("review", "--json").json["proposals"]] == [name]
    shown = call("review", name)
    assert "+ Meridian: altLabel@en MRD" in shown.out
    refused = call("review", name, "--approve", "--user", "mei")
    assert (refused.code, "four eyes" in refused.err) == (4, True)
    assert call("review", name, "--say", "looks right", "--user", "tom").code == 0
    approved = call("review", name, "--approve", "--user", "tom", "--json")
    assert (approved.code, approved.json["number"]) == (0, 2)

    assert [row["number"] for row in call("history", "--json").json["revisions"]] == [2, 1]
    assert "MRD" in call("diff", "1").out
    assert call("search", "MRD", "--json").json["concepts"][0]["concept"] == MERIDIAN
    assert call("release", "2026.1", "--comment", "first").code == 0
    assert [row["name"] for row in call("release", "--json").json["releases"]] == ["2026.1"]
    assert call("rollback", "1", "--json").json["state"] == "approved"
    assert call("search", "MRD", "--json").json["concepts"] == []
    assert call("diff", "2026.1", "--json").json["removed"] == 1


def test_shortcuts_and_deciding(call: Callable[..., Any]) -> None:
    preview = call("propose", "--delete", "urn:ex:travel", "--dry-run", "--json")
    assert preview.json["diff"]["removed"] > 2
    first = call("propose", "--deprecate", "urn:ex:tripdesk", "--replacement", MERIDIAN, "--comment", "x", "--json")
    second = call("propose", "--merge", "urn:ex:tripdesk", "--into", MERIDIAN, "--comment", "x", "--draft", "--json")
    assert (first.json["kind"], second.json["state"]) == ("deprecate", "draft")
    assert call("review", first.json["id"], "--reject", "--reason", "no").code == 0
    assert call("review", second.json["id"], "--submit").code == 0
    assert call("review", second.json["id"], "--withdraw").code == 0
    states = {row["id"]: row["state"] for row in call("review", "--state", "all", "--json").json["proposals"]}
    assert states == {"p1": "approved", first.json["id"]: "rejected", second.json["id"]: "withdrawn"}  # p1: the import


def test_where_a_concept_stands(call: Callable[..., Any]) -> None:
    assert call("usage", MERIDIAN, "--json").json["documents"] == 0
    assert call("candidates", "--mine", "--json").json == {"candidates": []}
    made = call("propose", "--delete", "urn:ex:travel", "--comment", "x", "--json")
    assert call("impact", made.json["id"], "--json").json["answers_examined"] == 0


def test_kept_queries(call: Callable[..., Any]) -> None:
    text = "SELECT ?n { <urn:ex:meridian> skos:prefLabel ?n }"
    assert "kept as 'names'" in call("query", text, "--save", "names", "--share", "--user", "mei").err
    assert len(call("query", "--saved", "names", "--user", "tom", "--json").json["rows"]) == 2
    listed = call("queries", "--user", "tom", "--json").json["queries"]
    assert [(row["owner"], row["name"], row["own"]) for row in listed] == [("mei", "names", False)]
    assert call("queries", "--remove", "names", "--user", "mei", "--json").json == {"queries": []}


def test_possible_duplicates(call: Callable[..., Any]) -> None:
    change = {"kind": "create", "form": {"labels": [{"text": "meridien", "kind": "preferred", "language": "en"}]}}
    made = call("propose", "-", "--comment", "x", "--json", stdin=json.dumps(change)).json
    assert call("duplicates", "--json").json == {"duplicates": []}, "it is proposed only"
    assert call("review", made["id"], "--approve").code == 0
    pairs = call("duplicates", "--json").json["duplicates"]
    assert [{pair["first_label"], pair["second_label"]} for pair in pairs] == [{"Meridian", "meridien"}]
    assert call("duplicates", "--user", "eve").code == 4
    one, other = (pairs[0][side]["id"] for side in ("first", "second"))
    assert call("apart", one, one).code == 2
    assert call("apart", one, "urn:none").code == 1
    assert "revision" in call("apart", one, other).out
    assert call("duplicates", "--json").json == {"duplicates": []}
    assert call("apart", one, other).code == 2, "the graph says so already"


def test_watching_undoing_and_rights(call: Callable[..., Any]) -> None:
    assert call("watch", MERIDIAN, "--user", "eve").code == 0
    made = call("propose", "--deprecate", MERIDIAN, "--comment", "gone soon", "--user", "mei", "--json").json
    assert call("review", made["id"], "--approve").code == 0
    told = call("watched", "--user", "eve", "--json").json["watched"]
    assert [[change["comment"] for change in one["changes"]] for one in told] == [["gone soon"]]
    assert "gone soon" in call("watched", "--seen", "--user", "eve").out
    assert call("watched", "--user", "eve", "--json").json["watched"][0]["changes"] == []
    assert call("unwatch", MERIDIAN, "--user", "eve").code == 0
    assert call("watched", "--user", "eve", "--json").json == {"watched": []}

    assert call("undo", "2", "--json").json["state"] == "approved"
    assert call("history", "--json").json["revisions"][0]["comment"] == "undo #2"

    assert call("rights", "tom", "--languages", "zh", "--json").json["languages"] == ["zh"]
    refused = call("propose", "--delete", MERIDIAN, "--comment", "x", "--user", "tom")
    assert (refused.code, "texts in zh only" in refused.err) == (4, True)
    rows = call("rights", "--json").json["rights"]
    assert {row["name"]: row["languages"] for row in rows} == {"mei": [], "tom": ["zh"]}
    assert "all" in call("rights", "tom", "--everything").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("propose",), 2, "give one of"),
        (("propose", "--delete", "a", "--deprecate", "b"), 2, "give one of"),
        (("propose", "--delete", MERIDIAN), 2, "comment: it is empty"),
        (("propose", "--delete", MERIDIAN, "--replacement", "x"), 2, "goes with"),
        (("propose", "--delete", "urn:ex:falcon", "--comment", "x", "--user", "mei"), 1, "no such concept"),
        (("propose", "--delete", MERIDIAN, "--comment", "x", "--user", "eve"), 4, "only knowledge managers"),
        (("propose", "none.json", "--comment", "x"), 2, "no such file"),
        (("propose", "--form", "urn:ex:nothing"), 1, "no such concept"),
        (("review", "p9"), 1, "no such proposal"),
        (("review", "--approve"), 2, "name a PROPOSAL"),
        (("review", "p1", "--approve", "--reject"), 2, "at most one"),
        (("review", "--state", "lost"), 2, "choose draft"),
        (("review", "--user", "eve"), 4, "only knowledge managers"),
        (("history", "--concept", "urn:ex:nothing"), 1, "no such concept"),
        (("history", "--user", "nobody"), 4, "unknown or disabled"),
        (("diff", "99"), 1, "no such revision"),
        (("rollback", "1"), 2, "newest revision already"),
        (("release", "12"), 2, "release"),
        (("usage", "urn:ex:nothing"), 1, "no such concept"),
        (("impact", "p9"), 1, "no such proposal"),
        (("candidates", "7", "--accept"), 1, "no such candidate"),
        (("candidates", "7"), 2, "give a NUMBER with"),
        (("query",), 2, "give one of QUERY"),
        (("query", "ASK {}", "--share"), 2, "give one of QUERY"),
        (("query", "--saved", "none"), 1, "none of that name"),
        (("watch", MERIDIAN), 4, "only somebody with an account"),
        (("rights", "--languages", "zh"), 2, "give a NAME"),
        (("rights", "mei", "--user", "tom"), 4, "only admins"),
        (("undo", "99"), 1, "no such revision"),
        (("news",), 2, "give NAME and ADDRESS"),
        (("news", "eve", "here"), 2, "not an address"),
        (("news", "nobody", "x@corp.example"), 1, "no such account"),
        (("news", "--send"), 2, "no mail server is set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line(call: Callable[..., Any], arguments: tuple[str, ...], code: int, words: str) -> None:
    ended = call(*arguments)
    assert ended.code == code
    assert words in ended.err
    assert len(ended.err.strip().splitlines()) == 1


@pytest.mark.parametrize("text", ["", "[]", '{"kind": "explode"}', '{"kind": "delete"}', "{"])
def test_a_change_that_does_not_read(call: Callable[..., Any], text: str) -> None:
    ended = call("propose", "-", "--comment", "x", stdin=text)
    assert ended.code == 2
    assert ended.err.startswith("plumbline: error: change:")
