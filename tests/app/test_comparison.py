"""Two versions compared, asked over HTTP at a real server that answers by rote; documents with the real embedder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from contracts.chat_server import KEY, ChatServer, serving

from adapters.model_catalog import ModelCatalog
from app.answer import Answer, ModelInfo, Timings
from app.cli.main import run
from app.comparison import compare, interval, table
from app.evaluation import Outcome, Query, question_measures
from app.pictures import comparison_picture
from app.settings import load_settings
from app.wiring import Workspace, open_workspace
from knowledge.errors import InvalidInput
from knowledge.types import AlignmentReport, Message

TOLD = "The warranty of the Lantern lasts 24 months."


class ByRote:
    """Stands behind the server as a model would, and says one sentence."""

    def __init__(self, text: str) -> None:
        self._text = text

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def stream(self, _messages: Sequence[Message], **_options: Any) -> Iterator[str]:
        yield self._text


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[ChatServer, str]]:
    models = {"m": ByRote("I cannot say that."), "facts@1.0.0": ByRote(f"{TOLD} [1]")}
    made = ChatServer(models)  # type: ignore[arg-type] # all that it needs
    with serving(made) as url:
        yield made, url


@pytest.fixture(scope="module")
def workspace(server: tuple[ChatServer, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """With facts@1.0.0, of whose dataset nothing was held back."""
    place = tmp_path_factory.mktemp("comparison")
    settings = {
        "PLUMBLINE_ANSWER__BACKEND": "openai-compatible",
        "PLUMBLINE_SERVER__URL": server[1],
        "PLUMBLINE_SERVER__MODEL": "m",
        "PLUMBLINE_SERVER__API_KEY": KEY,
        "PLUMBLINE_MODELS__CACHE": str(ModelCatalog.load().cache),
    }
    with_server = load_settings(place / "ws", environment=settings)
    made = open_workspace(with_server, create=True)
    (place / "made").mkdir()
    (place / "made" / "adapter_config.json").write_text("{}", encoding="utf-8")
    made.adaptation.register("facts", place / "made", base=with_server.answer.model, method="lora", by="test")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(place / "cache"))  # the index of an `eval` dataset goes there
        yield made
    made.close()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """An `eval` dataset of one document and one question."""
    folder = tmp_path / "questions"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "lantern.md").write_text(f"# Lantern\n\n{TOLD}\n", encoding="utf-8")
    query = {
        "id": "1",
        "question": "How long does the warranty of the Lantern last?",
        "lang": "en",
        "answers": [TOLD],
        "relevant": [{"doc_id": "lantern.md", "quote": TOLD}],
    }
    (folder / "queries.jsonl").write_text(json.dumps(query), encoding="utf-8")
    return folder


def test_without_any_question_nothing_is_asked(
    workspace: Workspace, server: tuple[ChatServer, str], tmp_path: Path
) -> None:
    asked = len(server[0].asked)
    with pytest.raises(InvalidInput, match=r"nothing was held back.*--dataset or --eval"):
        compare(workspace, "facts", by="test")
    with pytest.raises(InvalidInput, match=r"no queries\.jsonl there"):
        compare(workspace, "facts", by="test", folder=tmp_path / "no")
    assert len(server[0].asked) == asked


@pytest.mark.model
def test_documents_are_enough_where_nothing_was_held_back(
    workspace: Workspace, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = compare(workspace, "facts", by="test", folder=questions)
    assert report["questions"] == 0
    assert set(report["measures"]) == {"general"}
    documents = report["documents"]
    assert documents["measures"]["f1"]["mean"] > documents["others"]["f1"]["mean"]
    assert documents["measures"]["bert_score"]["mean"] == pytest.approx(1, abs=0.02)  # but for the blank before [1]
    assert documents["others"]["bert_score"]["mean"] < 0.9
    assert documents["questions"] == 1
    assert "0 held-back questions and 1 over documents, and the gate needs 5 of either" in report["gate"]
    assert workspace.adaptation.get("facts").evaluation["documents"] == documents
    assert run(["--workspace", str(workspace.folder), "versions", "list"]) == 0
    assert "facts@1.0.0" in capsys.readouterr().out


@pytest.mark.model
def test_held_back_questions_in_table_and_picture(workspace: Workspace, tmp_path: Path) -> None:
    row = {"instruction": "How long does the warranty last?", "output": "Its warranty is 24 months."}
    (tmp_path / "asked.jsonl").write_text(json.dumps(row), encoding="utf-8")
    report = compare(workspace, "facts", by="test", dataset=str(tmp_path / "asked.jsonl"))
    ours, theirs = (report[side]["bert_score"] for side in ("measures", "others"))
    assert theirs["mean"] < ours["mean"] < 1
    assert theirs["low"] == theirs["high"] == theirs["mean"]  # of one question
    assert report["difference"]["bert_score"]["mean"] == pytest.approx(ours["mean"] - theirs["mean"], abs=2e-4)
    assert "bert_score" in [line[0] for line in table(report)]
    assert "bert score" in comparison_picture(report)


def test_each_answer_over_documents_is_measured_with_citations_and_alignment() -> None:
    """By hand: of two cited documents one is relevant, of two relevant ones one is cited; the rest is the checker's."""
    query = Query("1", "How long?", "en", ("24 months",), (("a.md", TOLD), ("b.md", TOLD)), answerable=True)
    report = AlignmentReport(
        verdict="supported",
        answer="24 months",
        draft="24 months",
        term_coverage=0.5,
        relation_accuracy=0.25,
        contextual_consistency=0.75,
    )
    answer = Answer(
        question=query.question,
        answer="24 months",
        abstained=False,
        citations=(),
        alignment=report,
        model=ModelInfo(),
        timings_ms=Timings(),
    )
    assert question_measures(Outcome(query, (), (), answer, ("a.md", "c.md"))) == {
        "f1": 1.0,
        "em": 1.0,
        "right": 1.0,
        "abstained": 0.0,
        "citation_precision": 0.5,
        "citation_recall": 0.5,
        "term_coverage": 0.5,
        "relation_accuracy": 0.25,
        "contextual_consistency": 0.75,
    }
    silent = Outcome(query, (), (), answer.model_copy(update={"abstained": True}), ())
    found = question_measures(silent)
    assert (found["f1"], found["abstained"], found["citation_precision"]) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.5] * 9, (0.5, 0.5, 0.5)),
        ([0.0, 1.0] * 50, (0.5, 0.4, 0.6)),  # a share of one half of 100: 1.96 times its error of .05 on either side
    ],
)
def test_the_interval_of_a_mean(values: list[float], wanted: tuple[float, float, float]) -> None:
    found = interval(values)
    assert tuple(found.values()) == pytest.approx(wanted, abs=0.015)
    assert interval(values) == found
