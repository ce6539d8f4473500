"""Asking within a scope, with a file, and once more, on the demo company with the small model: any will do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import Assistant
from app.answer import Answer, EvidenceEvent
from app.attachment import Attachment, AttachmentRefused
from app.settings import load_settings
from app.trace import Trace
from knowledge.errors import InvalidInput, NotFound
from knowledge.types import ATTACHED, User

pytestmark = pytest.mark.model

CONTRACT = """# Supply agreement with Northwind Tools

## Delivery

Northwind Tools delivers 40 torque sensors on 15 March 2027 to the plant in Hamburg.

## Payment

The purple invoice of Northwind Tools is payable within 45 days. Contact: Maria Keller, maria.keller@northwind.example.
"""
FILE = Attachment("contract.md", CONTRACT.encode())
QUESTION = "Within how many days is the purple invoice of Northwind Tools payable?"


@pytest.fixture(scope="module")
def assistant(_demo_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = Path(shutil.copytree(_demo_master, tmp_path_factory.mktemp("asking") / "workspace"))
    environment = {"PLUMBLINE_ANSWER__MODEL": "smollm2-135m-instruct-q4", "PLUMBLINE_ATTACHMENT__MAX_CHUNKS": "3"}
    settings = load_settings(folder, environment=environment)
    with Assistant.open(settings=settings) as opened:
        yield opened


@pytest.fixture
def anna(assistant: Assistant) -> User:
    return assistant.user("anna.schmidt")


def stored_answer(assistant: Assistant, conversation: str, user: User) -> tuple[Answer, Trace]:
    message = assistant.workspace.conversations.messages(conversation, user)[-1]
    return Answer.model_validate(message.answer), Trace.model_validate(message.trace)


# --- scope --------------------------------------------------------------------------------------------------------


def test_only_the_named_folders_and_documents_are_read(assistant: Assistant, anna: User) -> None:
    everywhere = assistant.search("travel and hotel costs", anna, 50)
    within = assistant.search("travel and hotel costs", anna, 50, scope=["policies/"])
    assert {hit.path.split("/")[0] for hit in everywhere} > {"policies"}
    assert within
    assert {hit.path.split("/")[0] for hit in within} == {"policies"}
    one = within[0].document_id
    answer = assistant.ask("Which travel costs are paid?", anna, scope=[one])
    assert {citation.document_id for citation in (*answer.citations, *answer.nearest)} == {one}


def test_a_scope_opens_nothing(assistant: Assistant, anna: User) -> None:
    hidden = next(each for each in assistant.catalog.documents.list() if "hr" in each.access)
    for name in (hidden.id, hidden.path, "no-such-folder"):
        with pytest.raises(NotFound, match="no such folder or document"):
            assistant.search("salary", anna, scope=[name])
        with pytest.raises(NotFound, match="no such folder or document"):
            assistant.ask("salary", anna, scope=["policies", name])


@pytest.mark.parametrize("scope", [[], [""], ["policies", "/"]])
def test_a_scope_of_nothing_is_refused(assistant: Assistant, anna: User, scope: list[str]) -> None:
    with pytest.raises(InvalidInput, match="the scope names nothing"):
        assistant.search("salary", anna, scope=scope)


# --- a file for one question --------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_an_attached_file_answers_and_is_kept_nowhere(assistant: Assistant, anna: User) -> None:
    before = {name for name in contents(assistant.workspace.folder) if "/index/" in name}
    documents = assistant.catalog.documents.count()
    conversation = assistant.workspace.conversations.create(anna).id
    answer = assistant.ask(QUESTION, anna, conversation, attachment=FILE)
    shown = (*answer.citations, *answer.nearest)
    assert shown[0].attached
    assert (shown[0].path, shown[0].heading) == ("contract.md", "Payment")
    assert answer.attached == "contract.md"
    assert "maria.keller" not in str(answer)

    stored, trace = stored_answer(assistant, conversation, anna)
    assert [citation.attached for citation in (*stored.citations, *stored.nearest)][:1] == [True]
    assert "payable within 45 days" in trace.prompt[-1].text
    assert trace.passages[0].score > 0.3

    assert assistant.catalog.documents.count() == documents
    after = contents(assistant.workspace.folder)
    assert {name for name in after if "/index/" in name} == before
    assert not any(b"maria.keller" in content or b"torque sensors" in content for content in after.values())
    assert not any(hit.document_id.startswith(ATTACHED) for hit in assistant.search(QUESTION, anna, 50))


def test_the_next_question_does_not_see_the_file(assistant: Assistant, anna: User) -> None:
    conversation = assistant.workspace.conversations.create(anna).id
    assistant.ask(QUESTION, anna, conversation, attachment=FILE)
    answer = assistant.ask(QUESTION, anna, conversation)
    assert not any(citation.attached for citation in (*answer.citations, *answer.nearest))
    assert answer.attached == ""


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.txt", b"", "empty.txt: "),
        ("broken.pdf", b"%PDF-1.7 broken", "broken.pdf: "),
        ("program.exe", b"MZ\x90\x00" + bytes(200), "program.exe: "),
        ("../../etc/big.txt", b"x" * (11 << 20), "big.txt: larger than 10 MiB"),
        (
            "long.md",
            b"\n\n".join(b"# Part %d\n\nA sentence about number %d." % (n, n) for n in range(150)),
            "too long",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_one_line(
    assistant: Assistant, anna: User, name: str, data: bytes, said: str
) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        assistant.ask("What does it say?", anna, attachment=Attachment(name, data))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(Path(name).name)


# --- versions and traces ------------------------------------------------------------------------------------------


def test_another_version_stands_beside_the_first(assistant: Assistant, anna: User) -> None:
    stored = assistant.workspace.conversations
    conversation = stored.create(anna).id
    first = assistant.ask("How long must my password be?", anna, conversation, scope=["policies"])
    events = assistant.stream("How long is a day?", anna, conversation, instead_of=first.id)
    second = list(events)[-1].answer  # type: ignore[union-attr]
    (shown,) = stored.messages(conversation, anna)
    assert (shown.id, shown.versions) == (second.id, (first.id, second.id))
    stored.choose(first.id, anna)
    (shown,) = stored.messages(conversation, anna)
    assert shown.id == first.id
    trace = Trace.model_validate(shown.trace)
    assert trace.scope == ("policies",)
    assert trace.prompt[0].role == "system"
    assert "How long must my password be?" in trace.prompt[-1].text
    assert len(trace.passages) >= 1
    assert [passage.marker for passage in trace.passages] == list(range(1, len(trace.passages) + 1))


def test_a_thorough_answer_reads_more(assistant: Assistant, anna: User) -> None:
    shown = []
    for thorough in (False, True):
        events = list(assistant.stream("How are travel expenses claimed?", anna, thorough=thorough))
        evidence = next(event for event in events if isinstance(event, EvidenceEvent))
        shown.append(len(evidence.citations))
    assert shown[0] < shown[1]
