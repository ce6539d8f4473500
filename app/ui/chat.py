"""The chat page: what was asked and answered, what is being written, and the box to ask more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.answer import Answer, Citation
from app.assistant import MAX_QUESTION
from app.conversation import StoredMessage
from app.ui import pieces, sidebar
from app.ui.desk import Writing
from app.ui.edits import show as shown_answer
from app.ui.markup import Html, element
from app.ui.page import Page, friendly, literal, sentence, show
from app.ui.questions import starters
from app.ui.source import source
from app.ui.texts import other
from app.ui.why import why
from knowledge.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from app.conversation import Vote
    from knowledge.types import Language

_BODY = "plb-body"
_REFRESH = 0.25
_BAD = ("wrong_fact", "wrong_source", "incomplete", "outdated", "wrong_term", "hard_to_read")
_GOOD = ("accurate", "good_sources", "clear")


def chat(page: Page) -> None:
    """The whole page."""
    import streamlit as st

    conversation = st.query_params.get(sidebar.PARAMETER)
    with friendly(page.say):
        messages = _messages(page, conversation)
        if messages is None:
            st.warning(page.say("chat.no_such_conversation"))
            conversation, messages = None, []
        sidebar.conversations(page, conversation)
        sidebar.account(page)
        _take_act(page, messages)
        line = page.shared.desk.line(conversation) if conversation else []
        asked = st.chat_input(page.say("chat.placeholder"), key="plb-question", max_chars=MAX_QUESTION)
        if asked and asked.strip():
            _ask(page, conversation, asked)
        _source_drawer(page, messages, line)
        with _body(conversation):
            if not messages and not line:
                _welcome(page)
            for message in messages:
                _message(page, message, last=message is messages[-1] and not line)
            _write(page, line)


def _body(conversation: str | None) -> DeltaGenerator:
    """The place for a conversation: another one than before it when another conversation is shown.

    Streamlit keeps what a run does not overwrite until the run ends, and a run lasts as long as an answer takes. The
    place that was left is emptied at once.
    """
    import streamlit as st

    shown, second = st.session_state.get(_BODY, (conversation, False))
    if shown != conversation:
        second = not second
    st.session_state[_BODY] = (conversation, second)
    if second:
        st.empty()
        return st.container()
    body = st.container()
    st.empty()
    return body


def _messages(page: Page, conversation: str | None) -> Sequence[StoredMessage] | None:
    """The stored messages; None when there is no such conversation of this user."""
    if conversation is None:
        return []
    try:
        return page.shared.assistant.workspace.conversations.messages(conversation, page.user)
    except NotFound:
        return None


# --- asking ---------------------------------------------------------------------------------------------------------


def _ask(page: Page, conversation: str | None, question: str, language: Language | None = None) -> None:
    """Put the question into the conversation's line; the first one opens a conversation."""
    import streamlit as st

    stored = page.shared.assistant.workspace.conversations
    target = conversation or stored.create(page.user).id
    if page.shared.desk.ask(target, page.user, question, language) is None:
        raise InvalidInput(page.say("chat.line_full"))
    st.session_state.pop(sidebar.OPEN_SOURCE, None)
    st.query_params[sidebar.PARAMETER] = target
    st.rerun()


def _welcome(page: Page) -> None:
    """Greeting and questions to begin with."""
    import streamlit as st

    say = page.say
    name = page.user.display_name or page.user.name
    hello = element("div", say("chat.greeting", name=name), class_="plb-hello", role="heading", aria_level="1")
    intro = element("div", say("chat.intro"), class_="plb-quiet")
    show(element("div", pieces.brand(), hello, intro, class_="plb-empty"))
    questions = starters(page.shared.assistant, page.user, say.language)
    if questions:
        show(element("p", say("chat.try"), class_="plb-label"))
    with st.container(key="plb-starters"):
        for number, question in enumerate(questions):
            if st.button(literal(question), key=f"plb-starter-{number}", width="stretch"):
                _ask(page, None, question)
    _warming(page)


def _warming(page: Page) -> None:
    """A note while the models are loading, gone when they are there."""
    import streamlit as st

    if page.shared.warmth == "warming":

        @st.fragment(run_every=2)
        def note() -> None:
            if page.shared.warmth == "warming":
                st.caption(page.say("chat.warming"))
            else:
                st.rerun(scope="app")

        note()


# --- what was answered ----------------------------------------------------------------------------------------------


def _message(page: Page, message: StoredMessage, *, last: bool) -> None:
    """One question with its answer and everything that can be done with it."""
    import streamlit as st

    say = page.say
    with st.container():
        show(pieces.question(message.question, say))
        if message.withheld:
            show(pieces.notice(say("answer.withheld_title"), say("answer.withheld")))
            if st.button(say("chat.ask_again"), key=f"again-{message.id}", icon=":material/refresh:"):
                _ask(page, message.conversation, message.question)
            return
        found = Answer.model_validate(message.answer)
        shown = shown_answer(found.alignment, message.undone)
        if found.abstained:
            show(pieces.notice(say("answer.not_found_title"), found.answer))
            show_if(pieces.evidence(say("evidence.nearest"), found.nearest, message.id, say, opened=True))
        else:
            show_if(pieces.evidence(say("evidence.cited"), found.citations, message.id, say, opened=last))
            show(pieces.answer(shown, found, message.id, say))
            show_if(pieces.edits(shown, message.id, say, found.language))
        show(pieces.foot(found, shown, say))
        _actions(page, message, found, last=last)
        _follow_ups(page, message, found.follow_ups if last else ())


def show_if(html: Html) -> None:
    """Put HTML on the page unless there is none."""
    if html:
        show(html)


def _actions(page: Page, message: StoredMessage, found: Answer, *, last: bool) -> None:
    """Thumbs, answer again, other language, why."""
    import streamlit as st

    say = page.say
    with st.container(key=f"plb-actions-{message.id}", horizontal=True, vertical_alignment="center", gap="small"):
        thumb = st.feedback(
            "thumbs",
            key=f"vote-{message.id}",
            default=None if message.vote is None else int(message.vote == "up"),
        )
        if not last:
            st.empty()  # the button's place: Streamlit would leave the old one standing while the next answer comes
        elif st.button(say("answer.regenerate"), key=f"redo-{message.id}", icon=":material/refresh:", type="tertiary"):
            page.shared.assistant.workspace.conversations.remove_message(message.id, page.user)
            _ask(page, message.conversation, message.question, found.language)
        if st.button(
            say("answer.other_language") if say.language == found.language else _in_own_language(found),
            key=f"language-{message.id}",
            icon=":material/translate:",
            type="tertiary",
        ):
            _ask(page, message.conversation, message.question, other(found.language))
    _vote(page, message, thumb)
    with st.expander(say("why.title"), key=f"why-{message.id}", type="compact"):
        show(why(found, say))


def _in_own_language(found: Answer) -> str:
    """The offer to answer in the language that the answer is not in, said in that language."""
    from app.ui.texts import words

    return words(found.language)("answer.other_language")


def _follow_ups(page: Page, message: StoredMessage, questions: Sequence[str]) -> None:
    """Questions to go on with; without any their places are emptied."""
    import streamlit as st

    if not questions:
        st.empty()
        st.empty()
        return
    show(element("p", page.say("answer.follow_ups"), class_="plb-label"))
    with st.container(key="plb-follow-ups", gap="xsmall"):
        for number, question in enumerate(questions):
            if st.button(
                literal(question), key=f"next-{message.id}-{number}", icon=":material/subdirectory_arrow_right:"
            ):
                _ask(page, message.conversation, question)


def _vote(page: Page, message: StoredMessage, thumb: int | None) -> None:
    """Store the thumb at once, and ask for a reason."""
    import streamlit as st

    say = page.say
    vote: Vote | None = None if thumb is None else "up" if thumb else "down"
    stored = page.shared.assistant.workspace.conversations
    open_form = f"plb-reason-{message.id}"
    if vote != message.vote:
        stored.give_feedback(message.id, page.user, vote)
        st.session_state[open_form] = vote is not None
    if vote is None or not st.session_state.get(open_form):
        return
    with st.form(f"reason-{message.id}"):
        reasons = _GOOD if vote == "up" else _BAD
        reason = st.pills(
            say("feedback.ask_up" if vote == "up" else "feedback.ask"),
            reasons,
            format_func=lambda key: say(f"feedback.{key}"),
        )
        comment = st.text_area(say("feedback.comment"), max_chars=1000, height=80)
        if st.form_submit_button(say("feedback.send")):
            clean, _ = page.shared.assistant.desensitize(comment)
            stored.give_feedback(message.id, page.user, vote, reason=reason or "", comment=clean)
            st.session_state[open_form] = False
            st.toast(say("feedback.thanks"))
            st.rerun()


# --- pressed buttons of answers -------------------------------------------------------------------------------------


def _take_act(page: Page, messages: Sequence[StoredMessage]) -> None:
    """Do what one of the answers' own buttons asks for. What it names is looked up, never trusted."""
    import streamlit as st

    act = page.act
    if act is None:
        return
    if act.name == "cite":
        st.session_state[sidebar.OPEN_SOURCE] = (act.message, act.number)
    elif act.name in ("undo", "redo") and any(message.id == act.message for message in messages):
        stored = page.shared.assistant.workspace.conversations
        stored.set_undone(act.message, act.number, act.name == "undo", user=page.user)
        st.rerun()


def _source_drawer(page: Page, messages: Sequence[StoredMessage], line: Sequence[Writing]) -> None:
    """The source that was opened, until it is closed."""
    import streamlit as st

    opened = st.session_state.get(sidebar.OPEN_SOURCE)
    citation = _cited(opened, messages, line) if opened else None
    if citation is None:
        return

    @st.dialog(page.say("source.title"), width="medium", position="right", on_dismiss=_close_source)
    def drawer() -> None:
        with friendly(page.say):
            show(source(page.shared.assistant, citation, page.user, page.say))

    drawer()


def _close_source() -> None:
    import streamlit as st

    st.session_state.pop(sidebar.OPEN_SOURCE, None)


def _cited(opened: tuple[str, int], messages: Sequence[StoredMessage], line: Sequence[Writing]) -> Citation | None:
    """The citation that was pressed: of a stored answer, or of what is being written."""
    message_id, marker = opened
    candidates: list[Citation] = []
    for message in messages:
        if message.id == message_id:
            found = Answer.model_validate(message.answer)
            candidates += [*found.citations, *found.nearest]
    for writing in line:
        if writing.id == message_id:
            candidates += writing.evidence
    return next((citation for citation in candidates if citation.marker == marker), None)


# --- what is being written ------------------------------------------------------------------------------------------


def _write(page: Page, line: Sequence[Writing]) -> None:
    """The answer as it comes, then what waits behind it. The run lasts as long as the writing does.

    Everything stands in the same places as in a stored answer, so that nothing jumps when it is done.
    """
    import streamlit as st

    if not line:
        return
    say = page.say
    writing, waiting = line[0], line[1:]
    with st.container():
        show(pieces.question(writing.question, say))
        evidence, text, doing = st.empty(), st.empty(), st.empty()
        if writing.done and writing.answer is None:
            _ended(page, writing)
        elif st.button(say("chat.stop"), key=f"stop-{writing.id}", icon=":material/stop_circle:", shortcut="Esc"):
            writing.stop()
            st.rerun()
    for later in waiting:
        show(pieces.question(later.question, say))
        st.caption(say("chat.waiting"))
    _follow(page, writing, evidence, text, doing)
    if not writing.done or writing.answer is not None:
        st.rerun()


def _follow(page: Page, writing: Writing, evidence: object, text: object, doing: object) -> None:
    """Show each change until nothing more comes."""
    say = page.say
    version = -1
    shown = False
    while True:
        if writing.evidence and not shown:
            show_in(evidence, pieces.evidence(say("evidence.title"), writing.evidence, writing.id, say, opened=True))
            shown = True
        if writing.draft:
            show_in(text, pieces.draft(writing.draft, writing.evidence, say))
        if writing.done:
            return
        note = say("chat.warming") if page.shared.warmth == "warming" else ""
        show_in(doing, pieces.stage(say(f"stage.{writing.stage or 'waiting'}"), note))
        version = writing.wait(version, _REFRESH)


def show_in(place: object, html: Html) -> None:
    """Put HTML into a place that was kept free."""
    place.html(html)  # type: ignore[attr-defined]


def _ended(page: Page, writing: Writing) -> None:
    """Stopped or failed: one sentence, and the question once more."""
    import streamlit as st

    say = page.say
    if writing.error is not None:
        st.error(sentence(writing.error, say))
    else:
        st.caption(say("chat.stopped"))
    with st.container(horizontal=True):
        if st.button(say("chat.ask_again"), key=f"again-{writing.id}", icon=":material/refresh:"):
            _ask(page, writing.conversation, writing.question, writing.language)
        if st.button(say("chat.dismiss"), key=f"dismiss-{writing.id}", type="tertiary"):
            page.shared.desk.dismiss(writing.conversation)
            st.rerun()
