"""The main path, end to end, on the demo company with the default model."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import Assistant
from app.answer import AnswerEvent, EvidenceEvent, StageEvent, TokenEvent
from knowledge.errors import InvalidInput, NotFound, NotPermitted

pytestmark = pytest.mark.model
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def assistant(_demo_master: Path) -> Iterator[Assistant]:
    with Assistant.open(_demo_master) as opened:
        opened.warm_up()
        yield opened


@pytest.mark.parametrize(
    ("question", "user", "fact", "path"),
    [
        ("出差住宿一线城市一晚最多报多少？", "li.wei", "650", "policies/travel-policy-2025.docx"),  # the newer version
        ("How long must my password be?", "anna.schmidt", "14", "policies/information-security.pdf"),
        ("How many days of maternity leave are there?", "anna.schmidt", "158", "policies/parental-leave.html"),
        ("P6的月薪范围是多少？", "gu.nianzhi", "27,?000", "hr/salary-bands-2025.csv"),  # who may see it
    ],
)
def test_a_question_gets_a_cited_answer(assistant: Assistant, question: str, user: str, fact: str, path: str) -> None:
    answer = assistant.ask(question, user)
    assert not answer.abstained
    assert re.search(fact, answer.answer)
    assert path in [citation.path for citation in answer.citations]
    written = {int(number) for number in re.findall(r"\[(\d+)\]", answer.answer)}
    assert written == {citation.marker for citation in answer.citations}
    assert answer.language == ("zh" if re.search(r"[㐀-鿿]", question) else "en")
    assert answer.timings_ms.total >= answer.timings_ms.first_token > 0
    assert json.loads(str(answer))["model"]["backend"] in {"llama.cpp", "openvino"}


@pytest.mark.parametrize("user", ["li.wei", "admin", "song.yining", None])
def test_a_restricted_fact_is_shown_to_nobody_else(assistant: Assistant, user: str | None) -> None:
    question = "P6的月薪范围是多少？"
    shown = "".join(map(str, assistant.stream(question, user))) + "".join(map(str, assistant.search(question, user)))
    assert "27000" not in shown
    assert "39000" not in shown
    assert "salary-bands" not in shown


@pytest.mark.parametrize("question", ["班车的路线有哪些？", "Who won the table tennis tournament?"])
def test_what_the_documents_do_not_say_is_not_invented(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question, "li.wei")
    assert answer.abstained
    assert answer.citations == ()


def test_events_come_in_order(assistant: Assistant) -> None:
    events = list(assistant.stream("病假从第几天开始要交医院证明？", "li.wei"))
    kinds = [type(event) for event in events]
    assert kinds.index(EvidenceEvent) < kinds.index(TokenEvent) < kinds.index(AnswerEvent)
    assert [event.stage for event in events if isinstance(event, StageEvent)] == [
        "reading_question",
        "searching",
        "reading",
        "writing",
        "checking",
    ]
    assert isinstance(events[-1], AnswerEvent)
    assert all(event.citations for event in events if isinstance(event, EvidenceEvent))


def test_a_follow_up_is_understood(assistant: Assistant) -> None:
    user = assistant.user("li.wei")
    conversation = assistant.workspace.conversations.create(user).id
    assistant.ask("澄潭200的量程是多少？", user, conversation)
    answer = assistant.ask("它的保修期呢？", user, conversation)
    assert "24" in answer.answer
    assert len(assistant.workspace.conversations.messages(conversation, user)) == 2


def test_a_deleted_document_never_answers(assistant: Assistant, demo_workspace: Path) -> None:
    with Assistant.open(demo_workspace) as other:
        document = other.catalog.documents.by_path("faq/hr-faq.md")
        assert document is not None
        other.catalog.documents.remove([document.id])
        assert "hr-faq" not in "".join(map(str, other.search("试用期多长", "li.wei")))


def test_closing_a_stream_stops_it(assistant: Assistant) -> None:
    stream = assistant.stream("How long must my password be?", "anna.schmidt")
    for event in stream:
        if isinstance(event, TokenEvent):
            break
    stream.close()
    assert assistant.ask("When are expense claims paid out?", "anna.schmidt").citations


@pytest.mark.parametrize(
    ("question", "user", "error"),
    [
        ("", None, InvalidInput),
        ("x" * 5000, None, InvalidInput),
        ("hello?", "nobody", NotPermitted),  # an unknown name is never everybody
    ],
)
def test_what_cannot_be_asked_is_said(assistant: Assistant, question: str, user: str | None, error: type) -> None:
    with pytest.raises(error):
        assistant.ask(question, user)


def test_documents_of_others_do_not_exist(assistant: Assistant) -> None:
    document = assistant.catalog.documents.by_path("hr/salary-bands-2025.csv")
    assert document is not None
    assert assistant.document(document.id, "gu.nianzhi").text
    with pytest.raises(NotFound) as hidden:
        assistant.document(document.id, "li.wei")
    with pytest.raises(NotFound) as missing:
        assistant.document("0" * 20, "li.wei")
    assert str(hidden.value).replace(document.id, "") == str(missing.value).replace("0" * 20, "")
    with pytest.raises(NotFound):
        assistant.original(document.id, "li.wei")


def test_langchain_sees_a_retriever_and_a_runnable(assistant: Assistant) -> None:
    found = assistant.retriever.invoke("password length")
    assert "information-security" in found[0].metadata["path"]
    assert assistant.chain.invoke("How long must my password be?").citations
    *_, last = assistant.chain.stream({"question": "How long must my password be?", "user": "anna.schmidt"})
    assert isinstance(last, AnswerEvent)


def test_the_readme_example_runs(demo_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    (tmp_path / "plumbline-demo").symlink_to(demo_workspace)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(blocks[0], "README.md", "exec"), names)  # noqa: S102 - the documented example is what is tested
    assert names["answer"].answer
