"""`Conversations`: what each user asked and was answered, shown only to that user and only as far as it may be now.

Questions and comments arrive here desensitized, as documents do. Rights are checked each time something is read: an
answer that was made from a document which is gone, or which its owner may no longer see, is withheld.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.questions import Turn
from knowledge.catalog.accounts import account_key
from knowledge.catalog.conversations import ConversationRecord, MessageRecord
from knowledge.catalog.feedback import FeedbackRecord
from knowledge.errors import InvalidInput, NotFound
from knowledge.types import AlignmentReport, Result, User, is_document

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

LONGEST_TITLE = 80
LONGEST_COMMENT = 4000
HISTORY_TURNS = 3

Vote = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a list; times are seconds since 1970. `title` is "" until the first question."""

    id: str
    title: str
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A question and its answer as the owner may see them now.

    `answer` is the JSON of an `Answer`. `withheld` means that it was made from documents which are gone or which the
    owner may no longer see: then its text, its alignment and everything taken from those documents is empty.
    `undone` and `reported` hold the indexes of the checker's edits that the owner has taken back or called wrong.
    `versions` are the ids of all messages in this place, this one among them, oldest first: the question asked again,
    or otherwise. `trace` is the JSON of a `Trace`, None when there is none; its prompt and passages are empty when they
    may not be seen.
    """

    id: str
    conversation: str
    at: float
    question: str
    answer: Mapping[str, Any]
    withheld: bool = False
    undone: frozenset[int] = frozenset()
    reported: frozenset[int] = frozenset()
    vote: Vote | None = None
    reason: str = ""
    comment: str = ""
    versions: tuple[str, ...] = ()
    trace: Mapping[str, Any] | None = None


class Conversations:
    """The conversations of a workspace. A conversation of another user looks exactly like one that does not exist.

    `clean` takes personal data out of titles, comments and what is searched for. `deleted` is called when a
    conversation was deleted, so that what was made from it goes too.
    """

    def __init__(
        self,
        catalog: Catalog,
        clock: Callable[[], float] = time.time,
        clean: Callable[[str], str] = str,
        deleted: Callable[[], object] = lambda: None,
    ) -> None:
        self._catalog = catalog
        self._clock = clock
        self._clean = clean
        self._deleted = deleted

    # --- conversations ------------------------------------------------------------------------------------------

    def create(self, user: User, title: str = "") -> Conversation:
        """A new conversation; without a title it takes its first question's."""
        now = self._clock()
        record = ConversationRecord(uuid.uuid4().hex, user.name, _short(self._clean(title)), now, now)
        self._catalog.conversations.create(record)
        return _conversation(record)

    def get(self, conversation: str, user: User) -> Conversation:
        """One conversation of this user; NotFound otherwise."""
        return _conversation(self._own(conversation, user))

    def list(self, user: User, search: str = "", limit: int = 200) -> Sequence[Conversation]:
        """The user's conversations, last used first; `search` is looked for in titles and questions."""
        found = self._catalog.conversations.of_owner(user.name, self._clean(search), limit)
        return [_conversation(record) for record in found]

    def rename(self, conversation: str, user: User, title: str) -> None:
        """Give it another title of 1 to 80 characters."""
        self._own(conversation, user)
        if not title.strip():
            raise InvalidInput("the title is empty; type one")
        self._catalog.conversations.rename(conversation, _short(self._clean(title)))

    def delete(self, conversation: str, user: User) -> None:
        """Remove it for good, with its messages, their feedback, and the training examples made from them."""
        self._own(conversation, user)
        self._catalog.conversations.delete(conversation)
        self._deleted()

    # --- messages -----------------------------------------------------------------------------------------------

    def append(
        self,
        conversation: str,
        user: User,
        answer: Result | Mapping[str, Any],
        *,
        documents: Iterable[str] = (),
        after: str | None = None,
        trace: Result | None = None,
    ) -> str:
        """Store an `Answer` (or its JSON) with its question and give the message's id, which is the answer's.

        `documents` are the ids of all documents that the model was shown; those that the answer cites are added.
        It follows the message `after` ("": it stands at the beginning; None: it follows what is shown last), and the
        path to it is what is shown from now on.
        """
        own = self._own(conversation, user)
        value = answer.to_json() if isinstance(answer, Result) else dict(answer)
        record = MessageRecord(
            id=value.get("id") or uuid.uuid4().hex,
            conversation_id=conversation,
            ordinal=0,
            at=self._clock(),
            question=value["question"],
            answer=value,
            documents=tuple(sorted({*documents, *_ids(value, "citations")})),
            undone=frozenset(),
            parent=own.leaf if after is None else after,
            trace=None if trace is None else trace.to_json(),
        )
        self._catalog.conversations.append(record, title=_short(record.question))
        return record.id

    def messages(
        self, conversation: str, user: User, visible_ids: Collection[str] | None = None
    ) -> Sequence[StoredMessage]:
        """The messages of the path that is shown, in order, each as far as the user may see it now.

        `visible_ids` are the documents that the user may see; without them the catalog is asked.
        """
        own = self._own(conversation, user)
        parents = self._catalog.conversations.parents(conversation)
        path = _path(parents, own.leaf)
        return self._shown(self._catalog.conversations.messages(path), user, visible_ids, parents)

    def message(self, message_id: str, user: User, visible_ids: Collection[str] | None = None) -> StoredMessage:
        """One message as far as the user may see it now; NotFound when it is not the user's."""
        record = self._own_message(message_id, user)
        parents = self._catalog.conversations.parents(record.conversation_id)
        return self._shown([record], user, visible_ids, parents)[0]

    def history(
        self,
        conversation: str,
        user: User,
        turns: int = HISTORY_TURNS,
        visible_ids: Collection[str] | None = None,
        *,
        after: str | None = None,
    ) -> Sequence[Turn]:
        """The last turns for understanding a follow-up, oldest first; withheld answers are empty in it.

        They end with the message `after` ("": there are none), else with the one that is shown last.
        """
        own = self._own(conversation, user)
        parents = self._catalog.conversations.parents(conversation)
        path = _path(parents, own.leaf if after is None else after)[-turns:]
        shown = self._shown(self._catalog.conversations.messages(path), user, visible_ids, parents)
        return [Turn(message.question, str(message.answer.get("answer", ""))) for message in shown]

    # --- versions -----------------------------------------------------------------------------------------------

    def place(self, conversation: str, user: User, instead_of: str | None = None) -> str:
        """The message that the next one follows, "" at the beginning: the one that is shown last, or the one before
        `instead_of`, whose other version the next one becomes.
        """
        own = self._own(conversation, user)
        if instead_of is None:
            return own.leaf
        record = self._own_message(instead_of, user)
        if record.conversation_id != conversation:
            raise _no_such_message(instead_of)
        return record.parent

    def choose(self, message_id: str, user: User) -> None:
        """Show this version, and what was asked last after it."""
        record = self._own_message(message_id, user)
        parents = self._catalog.conversations.parents(record.conversation_id)
        leaf = next(each for each in reversed(parents) if message_id in _path(parents, each))
        self._catalog.conversations.set_leaf(record.conversation_id, leaf)

    # --- what users say about answers ---------------------------------------------------------------------------

    def set_undone(self, message_id: str, edit_index: int, undone: bool, *, user: User) -> None:
        """Take one edit of the checker back, or put it in again; both are kept as feedback."""
        record = self._with_edit(message_id, edit_index, user)
        if undone == (edit_index in record.undone):
            return
        changed = record.undone | {edit_index} if undone else record.undone - {edit_index}
        self._catalog.conversations.set_undone(message_id, changed)
        kind: Literal["undo", "redo"] = "undo" if undone else "redo"
        self._catalog.feedback.add(
            FeedbackRecord(message_id, user.name, kind, edit=edit_index, at=self._clock()),
        )

    def report_edit(self, message_id: str, edit_index: int, *, user: User) -> None:
        """Call one edit of the checker wrong; it counts against its rule, once."""
        self._with_edit(message_id, edit_index, user)
        if edit_index not in self._catalog.feedback.reported([message_id], user.name).get(message_id, ()):
            self._catalog.feedback.add(
                FeedbackRecord(message_id, user.name, "report", edit=edit_index, at=self._clock()),
            )

    def _with_edit(self, message_id: str, edit_index: int, user: User) -> MessageRecord:
        record = self._own_message(message_id, user)
        edits = record.answer.get("alignment", {}).get("edits", [])
        if not 0 <= edit_index < len(edits):
            raise InvalidInput(f"edit {edit_index}: this answer has {len(edits)}, counted from 0")
        return record

    def give_feedback(
        self, message_id: str, user: User, vote: Vote | None, *, reason: str = "", comment: str = ""
    ) -> None:
        """A thumb with a reason and a comment, in place of an earlier one; None takes it back."""
        self._own_message(message_id, user)
        if len(comment) > LONGEST_COMMENT:
            raise InvalidInput(f"the comment has {len(comment)} characters; the most is {LONGEST_COMMENT}, shorten it")
        if vote is None:
            self._catalog.feedback.remove_vote(message_id, user.name)
            return
        record = FeedbackRecord(message_id, user.name, vote, reason, self._clean(comment), at=self._clock())
        self._catalog.feedback.put_vote(record)

    # --- inside -------------------------------------------------------------------------------------------------

    def _own(self, conversation: str, user: User) -> ConversationRecord:
        record = self._catalog.conversations.get(conversation)
        if record is None or record.owner != account_key(user.name):
            raise NotFound(f"conversation {conversation!r}: no such conversation of yours")
        return record

    def _own_message(self, message_id: str, user: User) -> MessageRecord:
        record = self._catalog.conversations.message(message_id)
        owner = None if record is None else self._catalog.conversations.get(record.conversation_id)
        if record is None or owner is None or owner.owner != account_key(user.name):
            raise _no_such_message(message_id)
        return record

    def _shown(
        self,
        records: Sequence[MessageRecord],
        user: User,
        visible_ids: Collection[str] | None,
        parents: Mapping[str, str],
    ) -> Sequence[StoredMessage]:
        visible = self._visible(records, user) if visible_ids is None else frozenset(visible_ids)
        ids = [record.id for record in records]
        votes = self._catalog.feedback.votes(ids, user.name)
        reported = self._catalog.feedback.reported(ids, user.name)
        shown = []
        hidden_before = False
        for record in records:
            withheld = not visible.issuperset(record.documents)
            hidden_before = hidden_before or withheld
            answer = _only_visible(record.answer, visible, withheld=withheld, forget_search=hidden_before)
            vote = votes.get(record.id)
            shown.append(
                StoredMessage(
                    id=record.id,
                    conversation=record.conversation_id,
                    at=record.at,
                    question=record.question,
                    answer=answer,
                    withheld=withheld,
                    undone=record.undone,
                    reported=reported.get(record.id, frozenset()),
                    vote=None if vote is None else "up" if vote.kind == "up" else "down",
                    reason="" if vote is None else vote.reason,
                    comment="" if vote is None else vote.text,
                    versions=tuple(each for each, parent in parents.items() if parent == record.parent),
                    trace=_without_text(record.trace) if hidden_before and record.trace else record.trace,
                )
            )
        return shown

    def _visible(self, records: Iterable[MessageRecord], user: User) -> frozenset[str]:
        """Those of the documents behind these messages that exist and that the user may see."""
        wanted = {
            document
            for record in records
            for document in (*record.documents, *_ids(record.answer, "citations"), *_ids(record.answer, "nearest"))
        }
        documents = self._catalog.documents
        return frozenset(document for document in wanted if documents.get(document, user) is not None)


def _path(parents: Mapping[str, str], leaf: str) -> list[str]:
    """The messages from the beginning to `leaf`, in order."""
    path: list[str] = []
    while leaf in parents:
        path.append(leaf)
        leaf = parents[leaf]
    return path[::-1]


def _no_such_message(message_id: str) -> NotFound:
    return NotFound(f"message {message_id!r}: no such message of yours")


def _conversation(record: ConversationRecord) -> Conversation:
    return Conversation(record.id, record.title, record.created_at, record.updated_at)


def _short(title: str) -> str:
    """One line of at most 80 characters."""
    line = " ".join(title.split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def _ids(answer: Mapping[str, Any], part: str) -> set[str]:
    """The documents of a part; a file that was attached to the question and the term graph are none."""
    ids = (citation["document_id"] for citation in answer.get(part, ()))
    return {each for each in ids if is_document(each)}


def _without_text(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The trace without what was shown to the model."""
    return {**trace, "prompt": [], "passages": []}


def _only_visible(
    answer: Mapping[str, Any], visible: Collection[str], *, withheld: bool, forget_search: bool
) -> dict[str, Any]:
    """The answer's JSON without what comes from documents that are not visible."""
    shown = dict(answer)
    for part in ("citations", "nearest"):
        shown[part] = [
            citation
            for citation in answer.get(part, ())
            if citation["document_id"] in visible or not is_document(citation["document_id"])
        ]
    if forget_search:
        # It may repeat words of an earlier answer that is withheld
        shown["search_question"] = ""
    if withheld:
        shown["answer"] = ""
        shown["follow_ups"] = []
        shown["alignment"] = AlignmentReport(verdict="nothing_to_check", answer="", draft="").to_json()
    return shown
