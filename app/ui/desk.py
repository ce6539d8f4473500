"""Where answers are written: each conversation has a line of questions, and one thread works it off.

Writing does not hang on the page that asked: a click elsewhere, a reload or a second tab finds the answer where it
stands, and further questions may be asked meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.answer import Answer, AnswerEvent, Citation, EditEvent, Event, EvidenceEvent, Stage, StageEvent, TokenEvent
from knowledge.errors import NotPermitted, PlumblineError
from knowledge.types import AlignmentReport, Language, User

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.attachment import Attachment

log = logging.getLogger(__name__)

MOST_WAITING = 5
_CHECK_USER_EVERY = 5.0


class UnexpectedError(PlumblineError):
    """A mistake of ours; the log holds what happened."""


@dataclass(slots=True)
class Writing:
    """One question and its answer so far. Read it from any thread; `wait` tells when to look again.

    `scope`, `attachment`, `instead_of` and `thorough` are as for `Assistant.stream`.
    """

    question: str
    user: User
    conversation: str
    language: Language | None = None
    scope: tuple[str, ...] | None = None
    attachment: Attachment | None = None
    instead_of: str | None = None
    thorough: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: bool = False
    stage: Stage | None = None
    evidence: tuple[Citation, ...] = ()
    answer_language: Language = "en"
    draft: str = ""
    checked: AlignmentReport | None = None
    answer: Answer | None = None
    error: PlumblineError | None = None
    stopped: bool = False
    version: int = 0
    _condition: threading.Condition = field(default_factory=threading.Condition)

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.answer is not None or self.error is not None or self.stopped

    def stop(self) -> None:
        """Stop writing; what stands there stays until it is dismissed."""
        with self._condition:
            self.stopped = self.answer is None and self.error is None
            self._tell()

    def wait(self, version: int, timeout: float) -> int:
        """Wait until there is something newer than `version`, at most `timeout` seconds; gives the newest."""
        with self._condition:
            self._condition.wait_for(lambda: self.version != version or self.done, timeout)
            return self.version

    def take(self, event: Event) -> None:
        """Note what the assistant said."""
        with self._condition:
            if isinstance(event, StageEvent):
                self.stage = event.stage
            elif isinstance(event, EvidenceEvent):
                self.evidence, self.answer_language = event.citations, event.language
            elif isinstance(event, TokenEvent):
                self.draft += event.text
            elif isinstance(event, EditEvent):
                self.checked = event.checked
            else:
                self.answer = event.answer
            self._tell()

    def fail(self, error: PlumblineError) -> None:
        """Note that there will be no answer."""
        with self._condition:
            self.error = error
            self._tell()

    def _tell(self) -> None:
        self.version += 1
        self._condition.notify_all()


class Desk:
    """The lines of all conversations."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lock = threading.Lock()
        self._lines: dict[str, deque[Writing]] = {}

    def ask(self, writing: Writing) -> bool:
        """Put a question at the end of its conversation's line; False when the line is full."""
        with self._lock:
            line = self._lines.setdefault(writing.conversation, deque())
            while line and line[0].done:
                line.popleft()
            if len(line) > MOST_WAITING:
                return False
            line.append(writing)
            if len(line) == 1:
                work = threading.Thread(
                    target=self._work, args=(writing.conversation,), name="plumbline-answer", daemon=True
                )
                work.start()
        return True

    def line(self, conversation: str) -> list[Writing]:
        """What is being written, then what waits; a stopped or failed one stays first until the next is asked."""
        with self._lock:
            return list(self._lines.get(conversation, ()))

    def dismiss(self, conversation: str) -> None:
        """Stop what is being written and forget the conversation's line."""
        with self._lock:
            line = self._lines.pop(conversation, deque())
        for writing in line:
            writing.stop()

    def close(self) -> None:
        """Stop everything."""
        with self._lock:
            conversations = list(self._lines)
        for conversation in conversations:
            self.dismiss(conversation)

    def _work(self, conversation: str) -> None:
        while True:
            with self._lock:
                line = self._lines.get(conversation)
                if not line:
                    return
                writing = line[0]
                if writing.done:
                    if len(line) == 1:
                        # A good answer stands in the conversation; anything else is still to be shown
                        if writing.answer is not None:
                            del self._lines[conversation]
                        return
                    line.popleft()
                    continue
                writing.started = True
            self._write(writing)

    def _write(self, writing: Writing) -> None:
        try:
            self._consume(writing)
        except PlumblineError as error:
            log.info("no answer: %s", error)
            writing.fail(error)
        except Exception:
            # The outermost frame of a thread: whatever a library raises, the page must not wait for ever. The user gets
            # one friendly sentence, the log the traceback
            log.exception("writing an answer failed")
            writing.fail(UnexpectedError("unexpected"))

    def _consume(self, writing: Writing) -> None:
        assistant = self._assistant
        # The account as it is now: the question may have waited
        user = assistant.user(writing.user.name)
        checked = time.monotonic()
        events = assistant.stream(
            writing.question,
            user,
            writing.conversation,
            language=writing.language,
            scope=writing.scope,
            attachment=writing.attachment,
            instead_of=writing.instead_of,
            thorough=writing.thorough,
        )
        try:
            for event in events:
                if writing.stopped:
                    return
                writing.take(event)
                if not isinstance(event, AnswerEvent) and time.monotonic() - checked > _CHECK_USER_EVERY:
                    checked = time.monotonic()
                    if assistant.user(writing.user.name).groups != user.groups:
                        raise NotPermitted("your rights have changed; ask again")
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
