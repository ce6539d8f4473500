"""`plumbline graph import|export|check|search|sync`: tables, mappings, dry runs, templates, and wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROWS = "编号,中文,英文,上位\na,玛瑙,Agate,b\nb,宝石,Gem,a\nc,,,\nd,碧玉,Jasper,Nothing\n"
HEAD = "@prefix ex: <urn:ex:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . "


@pytest.fixture
def home(plumbline, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert plumbline("init", home).code == 0
    return home


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "terms.csv"
    file.write_bytes(ROWS.encode("gb18030"))
    return file


def test_a_dry_run_tells_what_would_be_done_and_what_is_wrong(plumbline, home: Path, table: Path) -> None:
    ended = plumbline("graph", "import", table, "--dry-run", "--workspace", home)
    assert ended.code == 0
    assert "would be added" in ended.out
    assert "4 new, 0 changed, 0 joined by name" in ended.out
    assert "error: line 5: 上位: nothing is called 'Nothing'" in ended.err
    assert "warning: line 2:" in ended.err, "the circle of broader concepts"
    told = plumbline("graph", "import", table, "--dry-run", "--workspace", home, "--json").json
    assert told["preview"]["encoding"] == "gb18030"
    assert {problem["rule"] for problem in told["problems"]} >= {"unknown_target", "broader_cycle"}
    assert plumbline("graph", "search", "Agate", "--workspace", home, "--json").json == {"concepts": []}


def test_import_search_check_export(plumbline, home: Path, table: Path, tmp_path: Path) -> None:
    told = plumbline("graph", "import", table, "--workspace", home, "--json").json
    assert told["changed"]
    found = plumbline("graph", "search", "manao", "--workspace", home, "--json").json["concepts"]
    assert [(one["label"], one["how"]) for one in found] == [("玛瑙", "pinyin")]
    checked = plumbline("graph", "check", "--workspace", home, "--json")
    assert checked.code == 1
    assert checked.json["counts"]["broader_cycle"] == 2
    one = plumbline("graph", "check", "--concept", "urn:plumbline:term:d", "--workspace", home, "--json").json
    assert {issue["concept"] for issue in one["issues"]} == {"urn:plumbline:term:d"}
    for name in ("out.csv", "out.xlsx", "out.tbx", "out.ttl"):
        assert plumbline("graph", "export", tmp_path / name, "--workspace", home).code == 0
        again = plumbline("graph", "import", tmp_path / name, "--workspace", home, "--json").json
        assert not again["changed"], name
    old = plumbline("graph", "export", "--format", "nt", "--revision", told["revision"], "--workspace", home)
    assert "玛瑙" in old.out


def test_an_import_is_a_proposal_that_whoever_may_approve_approves_at_once(plumbline, home: Path, table: Path) -> None:
    told = plumbline("graph", "import", table, "--workspace", home, "--json", "--comment", "stones").json
    assert (told["changed"], told["approved"], told["proposal"]) == (True, True, "p1")
    (revision,) = plumbline("graph", "history", "--workspace", home, "--json").json["revisions"]
    assert (revision["id"], revision["proposal"], revision["comment"]) == (told["revision"], "p1", "stones")
    again = plumbline("graph", "import", table, "--workspace", home, "--json").json
    assert (again["changed"], again["proposal"], again["added"]) == (False, "", 0)


def test_an_import_waits_where_somebody_else_has_to_approve_it(
    plumbline, home: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_TERMS__FOUR_EYES", "everyone")
    ended = plumbline("graph", "import", table, "--workspace", home)
    assert ended.code == 0
    (line,) = ended.out.splitlines()
    assert line.startswith("p1 waits for somebody else's approval (four eyes); it adds ")
    assert plumbline("graph", "search", "Agate", "--workspace", home, "--json").json == {"concepts": []}
    told = plumbline("graph", "import", table, "--workspace", home, "--json").json
    assert (told["changed"], told["approved"], told["proposal"], told["revision"]) == (False, False, "p2", "")
    monkeypatch.setenv("PLUMBLINE_TERMS__FOUR_EYES", "managers")
    assert plumbline("graph", "review", "p1", "--approve", "--workspace", home).code == 0
    assert plumbline("graph", "search", "Agate", "--workspace", home, "--json").json["concepts"]


def test_an_import_can_be_left_for_others_to_look_at(plumbline, home: Path, table: Path) -> None:
    ended = plumbline("graph", "import", table, "--propose", "--comment", "stones", "--workspace", home)
    assert ended.out.startswith("p1 waits for approval; it adds "), "no four-eyes rule asks for it here"
    assert plumbline("graph", "history", "--workspace", home, "--json").json["revisions"] == []
    told = plumbline("graph", "import", table, "--propose", "--workspace", home, "--json").json
    assert (told["changed"], told["approved"], told["proposal"]) == (False, False, "p2")
    (first,) = [
        one
        for one in plumbline("graph", "review", "--workspace", home, "--json").json["proposals"]
        if one["id"] == "p1"
    ]
    assert (first["state"], first["comment"]) == ("proposed", "stones")
    assert plumbline("graph", "review", "p1", "--approve", "--workspace", home).code == 0
    assert plumbline("graph", "search", "Agate", "--workspace", home, "--json").json["concepts"]


def test_an_import_in_somebodys_name_needs_their_role(plumbline, home: Path, table: Path) -> None:
    for name, role in (("mei", "knowledge_manager"), ("eve", "employee")):
        added = plumbline(
            "users", "add", name, "--role", role, "--workspace", home, "--password-stdin", stdin="correct horse battery"
        )
        assert added.code == 0, added.err
    told = plumbline("graph", "import", table, "--user", "mei", "--workspace", home, "--json").json
    assert (told["approved"], told["proposal"]) == (False, "p1"), "managers do not approve their own"
    assert plumbline("graph", "import", table, "--user", "eve", "--workspace", home).code == 4
    assert plumbline("graph", "import", table, "--user", "nobody", "--workspace", home).code == 4


def test_queries(plumbline, home: Path, table: Path, tmp_path: Path) -> None:
    plumbline("graph", "import", table, "--workspace", home)
    names = "SELECT ?name { ?c skos:prefLabel ?name } ORDER BY ?name"
    assert plumbline("graph", "query", names, "--limit", "2", "--workspace", home).out == "Agate@en\nGem@en\n"
    (tmp_path / "q.rq").write_text('ASK { ?c skos:prefLabel "玛瑙"@zh }', encoding="utf-8")
    told = plumbline("graph", "query", tmp_path / "q.rq", "--workspace", home, "--json").json
    assert (told["kind"], told["holds"]) == ("ask", True)
    refused = plumbline("graph", "query", "DROP ALL", "--workspace", home)
    assert (refused.code, "DROP changes the graph" in refused.err) == (2, True)


def test_a_mapping_of_ones_own(plumbline, home: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Wort|Sinn\nAchat|ein Stein\n", encoding="utf-8")
    shown = plumbline("graph", "import", tmp_path / "t.csv", "--show-mapping", "--workspace", home).json
    assert [column["use"] for column in shown["columns"]] == ["label", "ignore"]
    shown["columns"] = [
        {"header": "Wort", "use": "label", "language": "de"}, {"header": "Sinn", "use": "definition", "language": "de"},
    ]  # fmt: skip
    (tmp_path / "m.json").write_text(json.dumps(shown), encoding="utf-8")
    told = plumbline(
        "graph", "import", tmp_path / "t.csv", "--mapping", tmp_path / "m.json", "--workspace", home, "--json"
    )
    assert (told.json["added"], told.json["problems"]) == (3, [])


def test_templates(plumbline, tmp_path: Path) -> None:
    assert plumbline("graph", "export", tmp_path / "t.xlsx", "--template").code == 0
    assert (tmp_path / "t.xlsx").read_bytes().startswith(b"PK")
    assert "preferred label (zh)" in plumbline("graph", "export", "--template").out
    ended = plumbline("graph", "export", tmp_path / "t.ttl", "--template")
    assert (ended.code, "no table format; known: csv, tsv, xlsx" in ended.err) == (2, True)


def test_shapes_of_ones_own(plumbline, home: Path, table: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyshacl", reason="pySHACL is an optional package: pip install 'plumbline-assistant[shacl]'")
    plumbline("graph", "import", table, "--workspace", home)
    shapes = tmp_path / "s.ttl"
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "<urn:s> a sh:NodeShape ; sh:targetClass skos:Concept ;\n"
        "sh:property [ sh:path skos:notation ; sh:minCount 1 ] .",
        encoding="utf-8",
    )
    counts = plumbline("graph", "check", "--shapes", shapes, "--workspace", home, "--json").json["counts"]
    assert counts["MinCountConstraintComponent"] == 4
    assert plumbline("graph", "check", "--shapes", tmp_path / "no.ttl", "--workspace", home).code == 2


WRONG = {
    "no endpoint": (["graph", "sync"], 2, "no endpoint; give --endpoint"),
    "no address": (["graph", "sync", "--endpoint", "file:///etc/passwd"], 2, "http or https address"),
    "nobody there": (["graph", "sync", "--endpoint", "http://127.0.0.1:9/query"], 1, "cannot be reached"),
    "no mapping": (["graph", "import", "T", "--mapping", "no.json"], 2, "no.json: cannot be read"),
    "no such sheet": (["graph", "import", "T", "--encoding", "klingon"], 2, "there is no encoding 'klingon'"),
    "a delimiter of two": (["graph", "import", "T", "--delimiter", "::"], 2, "is not one character"),
    "no such revision": (["graph", "export", "--revision", "r9"], 1, "no such revision or release"),
    "no such concept": (["graph", "check", "--concept", "urn:no"], 1, "no such concept"),
    "an unknown format": (["graph", "export", "--format", "docx"], 2, "'docx' is not known"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_clear_line(
    plumbline, home: Path, table: Path, arguments: list[str], code: int, message: str
) -> None:
    ended = plumbline(*[table if argument == "T" else argument for argument in arguments], "--workspace", home)
    assert ended.code == code
    assert message in ended.err
    assert ended.err.strip().count("\n") == 0
