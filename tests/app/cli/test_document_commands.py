"""ingest, documents, quarantine, search, ask, check, desensitize, doctor, rebuild on a small real workspace.

The shapes of JSON are those that the design fixes. The embedder is the real one.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import null, update

from adapters.model_catalog import ModelCatalog
from app.cli.main import run
from knowledge.catalog import Catalog
from knowledge.catalog.schema import quarantine

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        ModelCatalog.load().path("multilingual-e5-small") is None,
        reason="run `plumbline models pull --needed-for-tests`",
    ),
]

TRAVEL = """# Travel policy

## Trains

Second class is paid for trips under four hours. Ask Zhang Wei (13812345678) for tickets.

## 出租车

晚上十点以后可以乘坐出租车，费用由公司承担。
"""
SALARIES = "# Salaries\n\nThe starting salary of an engineer is 54,000 euros a year.\n"
TERMS = """
@prefix ex: <urn:ex:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix plb: <urn:plumbline:ns#> .
ex:meridian a skos:Concept ; skos:prefLabel "Meridian"@en ; plb:deprecatedLabel "TripDesk"@en .
"""


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace with two documents, one of them for the group hr only, one file in quarantine, terms, and users."""
    folder = tmp_path_factory.mktemp("small")
    documents = folder / "documents"
    (documents / "hr").mkdir(parents=True)
    (documents / "travel.md").write_text(TRAVEL, encoding="utf-8")
    (documents / "hr" / "salaries.md").write_text(SALARIES, encoding="utf-8")
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 nothing behind it")
    (folder / "access.yaml").write_text("hr: [hr]\n", encoding="utf-8")
    (folder / "terms.ttl").write_text(TERMS, encoding="utf-8")
    there = ["--workspace", str(folder / "ws")]
    assert run(["init", str(folder / "ws")]) == 0
    assert run(["graph", "import", str(folder / "terms.ttl"), *there]) == 0
    assert run(["ingest", str(documents), "--access-file", str(folder / "access.yaml"), *there]) == 3
    from app.settings import load_settings
    from app.wiring import open_workspace

    workspace = open_workspace(load_settings(folder / "ws", environment={}))
    workspace.accounts.add("amy", "correct horse battery", groups=["hr"])
    workspace.accounts.add("bob", "correct horse battery")
    workspace.close()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def here(ingested: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLUMBLINE_WORKSPACE", str(ingested / "ws"))
    return ingested


def test_ingest_again_changes_nothing(plumbline, here: Path) -> None:
    ended = plumbline("ingest", here / "documents", "--json")
    report = ended.json
    assert ended.code == 3
    assert {"run_id", "documents", "chunks", "desensitized", "seconds", "quarantine", "quality"} <= set(report)
    assert set(report["documents"]) == {"added", "updated", "unchanged", "removed", "quarantined"}
    assert (report["documents"]["unchanged"], report["documents"]["added"]) == (2, 0)
    assert [set(entry) for entry in report["quarantine"]] == [{"path", "reason"}]


def test_dry_run_changes_nothing(plumbline, here: Path, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("A new one.", encoding="utf-8")
    report = plumbline("ingest", tmp_path / "new.txt", "--dry-run", "--json").json
    assert report["documents"]["added"] == 1
    assert len(plumbline("documents", "list", "--json").json["documents"]) == 2


def test_documents(plumbline, here: Path) -> None:
    documents = plumbline("documents", "list", "--json").json["documents"]
    assert [(document["path"], document["access"]) for document in documents] == [
        ("hr/salaries.md", ["hr"]),
        ("travel.md", []),
    ]
    assert [
        document["path"] for document in plumbline("documents", "list", "--user", "bob", "--json").json["documents"]
    ] == ["travel.md"]
    by_path = plumbline("documents", "show", "travel.md", "--json").json
    assert set(by_path) == {"document_id", "path", "title", "state", "access", "text", "chunks", "members"}
    assert all(set(chunk) == {"chunk_id", "heading", "page", "text"} for chunk in by_path["chunks"])
    assert by_path == plumbline("documents", "show", by_path["document_id"], "--json").json
    assert "13812345678" not in str(by_path)
    hidden = plumbline("documents", "show", "hr/salaries.md", "--user", "bob")
    missing = plumbline("documents", "show", "hr/nothing.md", "--user", "bob")
    assert (hidden.code, hidden.out) == (missing.code, missing.out) == (1, "")
    assert hidden.err.replace("salaries", "nothing") == missing.err


def test_quarantine(plumbline, here: Path) -> None:
    (entry,) = plumbline("quarantine", "list", "--json").json["quarantine"]
    assert entry["path"] == "broken.pdf"
    assert entry["reason"]
    known = plumbline("quarantine", "retry", "--json")  # with the labels that it was given at first
    assert (known.code, known.json["documents"]["quarantined"]) == (3, 1)
    with Catalog.open(here / "ws" / "catalog.sqlite") as catalog, catalog.begin() as connection:
        connection.execute(update(quarantine).values(access=null()))  # as an older version of the program left it
    guessing = plumbline("quarantine", "retry")
    assert (guessing.code, guessing.out) == (2, "")
    assert "say who may read" in guessing.err
    again = plumbline("quarantine", "retry", "--access-file", here / "access.yaml", "--json")
    assert (again.code, again.json["documents"]["quarantined"]) == (3, 1)
    assert len(plumbline("documents", "list", "--json").json["documents"]) == 2


def test_mended_file_leaves_quarantine_and_a_vanished_one_too(plumbline, here: Path, tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-1.7 nothing behind it")
    other = ["--workspace", tmp_path / "ws"]
    assert plumbline("init", tmp_path / "ws").code == 0
    assert plumbline("ingest", tmp_path / "one.pdf", tmp_path / "two.pdf", *other).code == 3
    (tmp_path / "never-asked-for.txt").write_text("Beside the files, but nobody gave it.", encoding="utf-8")
    (tmp_path / "one.pdf").unlink()
    ended = plumbline("quarantine", "retry", "--access", "", "--json", *other)
    assert (ended.code, ended.json["documents"]["quarantined"]) == (3, 1)
    assert [entry["path"] for entry in plumbline("quarantine", "list", "--json", *other).json["quarantine"]] == [
        "two.pdf"
    ]
    assert plumbline("documents", "list", *other).out == ""


def test_search(plumbline, here: Path) -> None:
    hits = plumbline("search", "which train class is paid", "--limit", "3", "--json").json["hits"]
    assert 0 < len(hits) <= 3
    keys = {"rank", "score", "document_id", "path", "title", "page", "heading", "chunk_id", "text"}
    assert set(hits[0]) == keys | {"older_versions", "newer_version", "copies"}
    assert (hits[0]["rank"], hits[0]["path"]) == (1, "travel.md")
    assert "travel.md" in plumbline("search", "which train class is paid").out


def test_search_within_a_folder_or_document(plumbline, here: Path) -> None:
    def paths(*options: str) -> set[str]:
        return {hit["path"] for hit in plumbline("search", "starting salary", *options, "--json").json["hits"]}

    assert paths("--scope", "travel.md") == {"travel.md"}
    assert paths("--scope", "hr", "--user", "amy") == {"hr/salaries.md"}
    missing = plumbline("search", "starting salary", "--scope", "no-such")
    hidden = plumbline("search", "starting salary", "--scope", "hr")
    assert (missing.code, hidden.code) == (1, 1)
    assert hidden.err == missing.err.replace("no-such", "hr")
    assert plumbline("search", "starting salary", "--scope", " / ").code == 2


def test_search_shows_what_the_user_may_see(plumbline, here: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    sees = {"amy": True, "AMY": True, "bob": False, None: False}
    row = {"question": "starting salary of an engineer"}
    lines = [json.dumps({"id": str(user), **row, **({"user": user} if user else {})}) for user in sees]
    rows.write_text("\n".join(lines), encoding="utf-8")
    found = plumbline("search", "--batch", rows).rows
    assert {row["id"]: "54,000" in str(row) for row in found} == {str(user): seen for user, seen in sees.items()}


def test_batches_write_one_object_with_its_id_per_line(plumbline, here: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    lines = [
        {"id": "q1", "question": "train class", "text": "TripDesk books trains."},
        {"id": 2, "question": "salary of an engineer", "user": "amy", "text": "Call 13812345678."},
    ]
    rows.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    found = plumbline("search", "--batch", rows).rows
    assert [(row["id"], row["hits"][0]["path"]) for row in found] == [("q1", "travel.md"), (2, "hr/salaries.md")]
    checked = plumbline("check", "--batch", rows).rows
    assert [row["id"] for row in checked] == ["q1", 2]
    assert "Meridian" in checked[0]["answer"]
    clean = plumbline("desensitize", "--batch", rows).rows
    assert [row["id"] for row in clean] == ["q1", 2]
    assert "13812345678" not in str(clean)


REPORT = {
    "verdict", "answer", "draft", "findings", "edits", "mentions", "term_coverage", "relation_accuracy",
    "relation_coverage", "contextual_consistency", "similarity", "graph_revision",
}  # fmt: skip


def test_check(plumbline, here: Path) -> None:
    report = plumbline("check", "-", "--json", stdin="TripDesk books trains.").json
    assert set(report) == REPORT
    assert (report["draft"], report["answer"]) == ("TripDesk books trains.", "Meridian books trains.")
    assert set(report["edits"][0]) == {
        "kind", "start", "end", "before", "after", "concept", "rule", "reason", "evidence", "confidence",
    }  # fmt: skip
    assert plumbline("check", stdin="TripDesk books trains.").out.startswith("Meridian books trains.\n")


def test_check_against_a_graph_file_needs_no_workspace(plumbline, ingested: Path) -> None:
    ended = plumbline("check", "--graph", ingested / "terms.ttl", "--json", stdin="TripDesk books trains.")
    assert (ended.code, ended.json["answer"]) == (0, "Meridian books trains.")


def test_desensitize(plumbline, here: Path, tmp_path: Path) -> None:
    text = "电话13812345678，谢谢"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    result = plumbline("desensitize", tmp_path / "text.txt", "--json").json
    (span,) = result["spans"]
    assert set(span) == {"start", "end", "type", "replacement"}
    assert text[span["start"] : span["end"]] == "13812345678"
    assert result["text"] == f"电话{span['replacement']}，谢谢"
    assert plumbline("desensitize", tmp_path / "text.txt").out == result["text"] + "\n"


def test_graph(plumbline, here: Path, tmp_path: Path) -> None:
    (found,) = plumbline("graph", "search", "tripdesk", "--json").json["concepts"]
    assert found["concept"] == "urn:ex:meridian"
    assert plumbline("graph", "export", tmp_path / "out.ttl").code == 0
    assert "TripDesk" in (tmp_path / "out.ttl").read_text(encoding="utf-8")
    assert "TripDesk" in plumbline("graph", "export").out
    again = plumbline("graph", "import", tmp_path / "out.ttl", "--json").json
    assert (again["changed"], again["added"]) == (False, 0)


def test_graph_check(plumbline, here: Path, tmp_path: Path) -> None:
    ended = plumbline("graph", "check", "--json")
    assert (ended.code, ended.json["concepts"]) == (0, 1)
    assert ended.json["counts"] == {"no_definition": 1, "orphan": 1}
    assert {issue["severity"] for issue in ended.json["issues"]} == {"info"}, "a hint is no failure"
    (tmp_path / "bad.ttl").write_text(
        """@prefix ex: <urn:ex:> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        ex:a a skos:Concept ; skos:prefLabel "A"@en, "AA"@en ; skos:broader ex:b .
        ex:b a skos:Concept ; skos:prefLabel "B"@en ; skos:broader ex:a .""",
        encoding="utf-8",
    )
    ended = plumbline("graph", "check", tmp_path / "bad.ttl", "--json")
    assert ended.code == 1
    assert ended.json["counts"] == {"broader_cycle": 2, "several_preferred_labels": 1, "no_definition": 2}
    assert set(ended.json["issues"][0]) == {"rule", "severity", "concept", "message", "values", "others", "fix"}
    assert plumbline("graph", "check", tmp_path / "bad.ttl").out.count("\n") == 5


def test_doctor_and_rebuild(plumbline, here: Path) -> None:
    ended = plumbline("doctor", "--json")
    assert set(ended.json) == {"ok", "documents", "chunks", "problems", "ocr"}
    assert ended.json["documents"] == 2
    assert [problem for problem in ended.json["problems"] if "model" not in problem["fix"]] == []
    assert plumbline("rebuild").code == 0
    assert "travel.md" in plumbline("search", "train class").out


def test_doctor_names_the_damaged_file_and_rebuild_mends_it(plumbline, here: Path) -> None:
    index = max((here / "ws" / "index").iterdir())
    victim = next(path for path in sorted(index.rglob("*")) if path.is_file() and "manifest" in path.name)
    victim.write_bytes(b"")
    ended = plumbline("doctor", "--json")
    assert ended.code == 1
    problem = ended.json["problems"][0]
    assert set(problem) == {"what", "where", "fix"}
    assert str(victim) in problem["where"]
    assert plumbline("rebuild").code == 0
    assert [each for each in plumbline("doctor", "--json").json["problems"] if "model" not in each["fix"]] == []


def test_removed_document_is_gone_everywhere(plumbline, here: Path, tmp_path: Path) -> None:
    (tmp_path / "plans.md").write_text("# Plans\n\nThe zebra project starts in May.\n", encoding="utf-8")
    assert plumbline("ingest", tmp_path / "plans.md").code in {0, 3}
    assert "zebra" in plumbline("search", "zebra project").out
    assert plumbline("documents", "remove", "plans.md").code == 0
    assert "zebra" not in plumbline("search", "zebra project").out
    assert plumbline("documents", "show", "plans.md").code == 1
    assert plumbline("audit", "verify").code == 0


def test_eval_on_a_folder_of_its_own(plumbline, tmp_path: Path) -> None:
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    corpus = [
        {"id": "a", "title": "Trains", "text": "Second class is paid for short trips.", "lang": "en"},
        {"id": "b", "title": "食堂", "text": "食堂中午十一点半开门。", "lang": "zh"},
    ]
    queries = [
        {"id": "1", "question": "Which class is paid?", "lang": "en", "answers": ["second class"],
         "relevant": [{"doc_id": "a", "quote": "Second class is paid"}], "answerable": True},
        {"id": "2", "question": "食堂几点开门？", "lang": "zh", "answers": ["十一点半"],
         "relevant": [{"doc_id": "b", "quote": "十一点半开门"}], "answerable": True},
    ]  # fmt: skip
    for name, rows in (("corpus", corpus), ("queries", queries)):
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (dataset / f"{name}.jsonl").write_text(text, encoding="utf-8")
    report = plumbline("eval", dataset, "--workspace", tmp_path / "kept", "--json").json
    keys = {"queries", "recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10", "passage_recall@5", "by_lang"}
    assert keys <= set(report)
    assert (report["queries"], report["recall@5"]) == (2, 1.0)
    assert set(report["by_lang"]) == {"en", "zh"}


def test_demo_stays_out_of_a_workspace_of_your_own(plumbline, here: Path) -> None:
    ended = plumbline("demo", "--no-ui", "--workspace", here / "ws")
    assert (ended.code, ended.out) == (2, "")
    assert "is a workspace of your own" in ended.err


def test_ui_on_a_port_that_is_taken(plumbline, here: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = plumbline("ui", "--port", str(taken.getsockname()[1]))
    assert (ended.code, ended.out) == (1, "")
    assert "choose another with --port" in ended.err
