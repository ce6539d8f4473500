from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.answer import Answer, Citation, ModelInfo, Timings
from app.conversation import Conversations
from app.trace import Trace, TracedMessage
from knowledge.catalog import Catalog
from knowledge.catalog.accounts import AccountRecord
from knowledge.catalog.migrating import MIGRATIONS
from knowledge.errors import InvalidInput, NotFound
from knowledge.types import AlignmentReport, Chunk, Document, DocumentRecord, Edit, User

AMY = User("Amy", groups=frozenset({"hr"}))
BOB = User("bob")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        for user in (AMY, BOB):
            catalog.accounts.add(AccountRecord(user.name, "hash", "employee", user.groups, "en"))
        for name, access in (("salaries", {"hr"}), ("travel", set())):
            document = Document(id=name, path=f"{name}.md", title=name.title(), access=frozenset(access))
            chunk = Chunk(f"{name}-0", name, 0, f"The {name} text.")
            vector = np.array([[1.0, 0.0]], dtype=np.float32)
            catalog.documents.put(DocumentRecord(document, chunk.text, (chunk,), vector))
        yield catalog


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def conversations(catalog: Catalog, clock: list[float]) -> Conversations:
    return Conversations(catalog, clock=lambda: clock[0])


def answer(question: str, text: str, *documents: str, nearest: tuple[str, ...] = (), edits: int = 0) -> Answer:
    def cite(marker: int, name: str) -> Citation:
        return Citation(marker=marker, document_id=name, title=name, path=f"{name}.md", quote=f"quote of {name}")

    made = tuple(
        Edit(kind="term", start=0, end=1, before="old", after=f"new {number}", reason="renamed")
        for number in range(edits)
    )
    return Answer(
        id=f"id of {question}",
        question=question,
        answer=text,
        abstained=bool(nearest),
        citations=tuple(cite(number, name) for number, name in enumerate(documents, start=1)),
        nearest=tuple(cite(number, name) for number, name in enumerate(nearest, start=1)),
        alignment=AlignmentReport(verdict="supported", answer=text, draft=text, edits=made),
        model=ModelInfo(),
        timings_ms=Timings(),
        follow_ups=("What else?",),
        search_question=f"complete: {question}",
    )


# --- conversations ------------------------------------------------------------------------------------------------


def test_first_question_is_the_title_until_renamed(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    conversations.append(made.id, AMY, answer("Who\n pays  for trains?", "We do."))
    conversations.append(made.id, AMY, answer("And taxis?", "Too."))
    assert conversations.get(made.id, AMY).title == "Who pays for trains?"
    conversations.rename(made.id, AMY, " Travel ")
    assert conversations.get(made.id, AMY).title == "Travel"
    conversations.rename(made.id, AMY, "长" * 100)
    assert len(conversations.get(made.id, AMY).title) == 80


def test_last_used_first(conversations: Conversations, clock: list[float]) -> None:
    older, newer = conversations.create(AMY, "older"), conversations.create(AMY, "newer")
    clock[0] += 1
    conversations.append(older.id, AMY, answer("Again?", "Yes."))
    assert [each.title for each in conversations.list(AMY)] == ["older", "newer"]
    conversations.delete(newer.id, AMY)
    assert [each.title for each in conversations.list(AMY)] == ["older"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("trains", 1),
        ("TRAINS", 1),
        ("火车", 1),
        ("holidays", 1),
        ("%", 0),
        ("_", 0),
        ("secret", 0),
        ("  ", 2),
        ("'", 0),
    ],
)
def test_search_in_titles_and_questions_only(conversations: Conversations, search: str, found: int) -> None:
    first, second = conversations.create(AMY), conversations.create(AMY, "About holidays")
    conversations.append(first.id, AMY, answer("Who pays for trains 火车?", "The secret fund."))
    conversations.append(second.id, AMY, answer("How many days?", "25."))
    assert len(conversations.list(AMY, search)) == found


def test_delete_really_deletes(conversations: Conversations, catalog: Catalog) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("A very rare question", "Yes.", edits=1))
    conversations.give_feedback(message, AMY, "down", comment="a very rare comment")
    conversations.set_undone(message, 0, True, user=AMY)
    conversations.delete(made.id, AMY)
    with catalog.connect() as connection:
        counts = [
            connection.execute(sa.text(f"SELECT count(*) FROM {t}")).scalar()  # noqa: S608
            for t in ("conversations", "messages", "feedback")
        ]
    assert counts == [0, 0, 0]
    catalog.close()
    assert b"very rare" not in b"".join(file.read_bytes() for file in catalog.path.parent.glob("catalog.sqlite*"))


USES = {
    "get": lambda c, made, _: c.get(made, BOB),
    "messages": lambda c, made, _: c.messages(made, BOB),
    "message": lambda c, _, message: c.message(message, BOB),
    "history": lambda c, made, _: c.history(made, BOB),
    "rename": lambda c, made, _: c.rename(made, BOB, "mine"),
    "delete": lambda c, made, _: c.delete(made, BOB),
    "append": lambda c, made, _: c.append(made, BOB, answer("?", "!")),
    "place": lambda c, made, _: c.place(made, BOB),
    "choose": lambda c, _, message: c.choose(message, BOB),
    "set_undone": lambda c, _, message: c.set_undone(message, 0, True, user=BOB),
    "give_feedback": lambda c, _, message: c.give_feedback(message, BOB, "up"),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_only_the_owner(conversations: Conversations, use) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("Mine?", "Yours.", edits=1))
    with pytest.raises(NotFound) as hidden:
        use(conversations, made.id, message)
    conversations.delete(made.id, AMY)
    with pytest.raises(NotFound) as missing:
        use(conversations, made.id, message)
    assert str(hidden.value) == str(missing.value)
    assert conversations.list(BOB) == []


def test_name_in_another_case_is_the_same_owner(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    assert conversations.get(made.id, User("AMY")).id == made.id


# --- messages -----------------------------------------------------------------------------------------------------


def test_messages_come_back_as_they_were(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    first, second = answer("One?", "1 [1].", "travel", "salaries", edits=2), answer("Two?", "2", nearest=("travel",))
    ids = [conversations.append(made.id, AMY, each) for each in (first, second)]
    shown = conversations.messages(made.id, AMY)
    assert ids == [first.id, second.id]
    assert [Answer.model_validate(message.answer) for message in shown] == [first, second]
    assert not any(message.withheld for message in shown)


@pytest.mark.parametrize("gone", ["groups taken away", "deleted", "access changed", "not among the visible ids"])
def test_answer_from_a_document_that_may_not_be_seen_any_more_is_withheld(
    conversations: Conversations, catalog: Catalog, gone: str
) -> None:
    made = conversations.create(AMY)
    conversations.append(made.id, AMY, answer("Pay?", "It is 12,345 [1].", "salaries", "travel", edits=1))
    conversations.append(made.id, AMY, answer("And?", "Trains [1].", "travel"))
    conversations.append(made.id, AMY, answer("Hm?", "Not there.", nearest=("salaries", "travel")))
    visible, reader = None, AMY
    if gone == "groups taken away":
        reader = User("Amy")
    elif gone == "deleted":
        catalog.documents.remove(["salaries"])
    elif gone == "access changed":
        catalog.documents.set_access("salaries", ["board"])
    else:
        visible = {"travel"}
    held, whole, nearest = conversations.messages(made.id, reader, visible)
    assert (held.withheld, held.question, held.answer["answer"]) == (True, "Pay?", "")
    assert [citation["document_id"] for citation in held.answer["citations"]] == ["travel"]
    for word in ("12,345", "quote of salaries", "new 0", "salaries.md"):
        assert word not in str(held)
    Answer.model_validate(held.answer)  # pages read it like any other
    assert not whole.withheld
    assert whole.answer["answer"] == "Trains [1]."
    assert whole.answer["search_question"] == ""  # it may repeat words of the withheld answer
    assert not nearest.withheld
    assert [citation["document_id"] for citation in nearest.answer["nearest"]] == ["travel"]
    assert conversations.history(made.id, reader, visible_ids=visible)[0].answer == ""


def test_documents_that_were_shown_to_the_model_count_though_not_cited(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("Pay?", "12,345", "travel"), documents=["salaries"])
    assert conversations.message(message, User("Amy")).withheld
    assert not conversations.message(message, AMY).withheld


def test_given_back_groups_show_the_answer_again(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("Pay?", "12,345 [1]", "salaries"))
    assert conversations.message(message, User("Amy")).withheld
    assert conversations.message(message, AMY).answer["answer"] == "12,345 [1]"


def test_history_is_the_last_three_turns_in_order(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    for number in range(5):
        conversations.append(made.id, AMY, answer(f"q{number}", f"a{number}"))
    assert [(turn.question, turn.answer) for turn in conversations.history(made.id, AMY)] == [
        ("q2", "a2"),
        ("q3", "a3"),
        ("q4", "a4"),
    ]


def questions(conversations: Conversations, conversation: str) -> list[str]:
    return [message.question for message in conversations.messages(conversation, AMY)]


def test_another_version_branches_and_both_stay_reachable(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    for number in range(3):
        conversations.append(made.id, AMY, answer(f"q{number}", "a"))
    place = conversations.place(made.id, AMY, "id of q1")
    assert place == "id of q0"
    assert [turn.question for turn in conversations.history(made.id, AMY, after=place)] == ["q0"]
    conversations.append(made.id, AMY, answer("q1 otherwise", "b"), after=place)
    assert questions(conversations, made.id) == ["q0", "q1 otherwise"]
    conversations.append(made.id, AMY, answer("q2 otherwise", "b"))
    shown = conversations.messages(made.id, AMY)
    assert [message.versions for message in shown] == [
        ("id of q0",), ("id of q1", "id of q1 otherwise"), ("id of q2 otherwise",),
    ]  # fmt: skip

    conversations.choose("id of q1", AMY)
    assert questions(conversations, made.id) == ["q0", "q1", "q2"]
    assert [turn.question for turn in conversations.history(made.id, AMY)] == ["q0", "q1", "q2"]
    conversations.append(made.id, AMY, answer("q3", "a"))
    assert questions(conversations, made.id) == ["q0", "q1", "q2", "q3"]
    conversations.choose("id of q1 otherwise", AMY)
    assert questions(conversations, made.id) == ["q0", "q1 otherwise", "q2 otherwise"]


def test_a_message_is_replaced_in_its_own_conversation_only(conversations: Conversations) -> None:
    made, other = conversations.create(AMY), conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("q", "a"))
    with pytest.raises(NotFound, match="no such message of yours"):
        conversations.place(other.id, AMY, message)


def test_the_first_question_has_versions_too(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    for number in range(2):
        conversations.append(made.id, AMY, answer(f"q{number}", "a"))
    place = conversations.place(made.id, AMY, "id of q0")
    assert place == ""
    assert conversations.history(made.id, AMY, after=place) == []
    conversations.append(made.id, AMY, answer("q0 otherwise", "b"), after=place)
    assert questions(conversations, made.id) == ["q0 otherwise"]
    assert conversations.message("id of q0 otherwise", AMY).versions == ("id of q0", "id of q0 otherwise")
    conversations.choose("id of q0", AMY)
    assert questions(conversations, made.id) == ["q0", "q1"]


def test_how_an_answer_came_about_goes_with_it(conversations: Conversations, catalog: Catalog) -> None:
    made = conversations.create(AMY)
    told = Trace(prompt=(TracedMessage(role="user", text="[1] a very rare passage"),), scope=("hr",))
    conversations.append(made.id, AMY, answer("Pay?", "12,345 [1]", "salaries"), trace=told)
    conversations.append(made.id, AMY, answer("And?", "So", "travel"), trace=told)
    assert [message.trace for message in conversations.messages(made.id, AMY)] == [told.to_json(), told.to_json()]
    hidden = conversations.messages(made.id, User("Amy"))
    assert [message.trace for message in hidden] == [Trace(scope=("hr",)).to_json()] * 2
    assert "very rare" not in str(hidden)


def test_conversations_from_before_there_were_versions(tmp_path: Path) -> None:
    """What stood in one line is one line still."""
    file = tmp_path / "catalog.sqlite"
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        old = sa.MetaData()
        old.reflect(connection)
        tables = old.tables
        connection.execute(
            tables["accounts"].insert().values(
                key="amy", name="Amy", password_hash="x", role="employee", groups=["hr"], language="en",
                disabled=False, created_at=0.0, changed_at=0.0,
            )
        )  # fmt: skip
        for name in ("c", "empty"):
            connection.execute(
                tables["conversations"]
                .insert()
                .values(id=name, owner_key="amy", title=name, created_at=0, updated_at=0)
            )
        for number in range(3):
            made = answer(f"q{number}", "a")
            connection.execute(
                tables["messages"].insert().values(
                    id=made.id, conversation_id="c", ordinal=number, at=0, question=made.question,
                    answer=made.to_json(), documents=[], undone=[],
                )
            )  # fmt: skip
    engine.dispose()
    with Catalog.open(file) as catalog:
        conversations = Conversations(catalog)
        assert questions(conversations, "c") == ["q0", "q1", "q2"]
        assert questions(conversations, "empty") == []
        assert [message.versions for message in conversations.messages("c", AMY)] == [
            (f"id of q{number}",) for number in range(3)
        ]
        conversations.append("c", AMY, answer("q3", "a"))
        assert questions(conversations, "c") == ["q0", "q1", "q2", "q3"]


# --- undone edits and feedback ------------------------------------------------------------------------------------


def test_undo_and_redo_are_kept_with_the_message_and_as_feedback(
    conversations: Conversations, catalog: Catalog
) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("?", "!", edits=3))
    conversations.set_undone(message, 2, True, user=AMY)
    conversations.set_undone(message, 0, True, user=AMY)
    conversations.set_undone(message, 0, True, user=AMY)  # again changes nothing
    conversations.set_undone(message, 2, False, user=AMY)
    assert conversations.message(message, AMY).undone == {0}
    said = [(record.kind, record.edit) for record in catalog.feedback.newest()]
    assert said == [("redo", 2), ("undo", 0), ("undo", 2)]


@pytest.mark.parametrize("edit", [-1, 1, 99])
def test_undo_of_an_edit_that_is_not_there(conversations: Conversations, edit: int) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("?", "!", edits=1))
    with pytest.raises(InvalidInput, match="this answer has 1"):
        conversations.set_undone(message, edit, True, user=AMY)


def test_one_vote_per_user_and_message(conversations: Conversations, catalog: Catalog) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("?", "!"))
    conversations.give_feedback(message, AMY, "up")
    conversations.give_feedback(message, AMY, "down", reason="wrong", comment="It was 5.")
    shown = conversations.message(message, AMY)
    assert (shown.vote, shown.reason, shown.comment) == ("down", "wrong", "It was 5.")
    assert len(catalog.feedback.newest()) == 1
    conversations.give_feedback(message, AMY, None)
    assert conversations.message(message, AMY).vote is None


def test_too_long_a_comment(conversations: Conversations) -> None:
    made = conversations.create(AMY)
    message = conversations.append(made.id, AMY, answer("?", "!"))
    with pytest.raises(InvalidInput, match="4001 characters"):
        conversations.give_feedback(message, AMY, "up", comment="x" * 4001)
