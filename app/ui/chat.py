"""The chat page: what was asked and answered, what is being written, and the box to ask more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.answer import Answer, Citation
from app.assistant import MAX_QUESTION
from app.conversation import StoredMessage
from app.edits import show as shown_answer
from app.ui import asking, pieces, sidebar
from app.ui.asking import ask
from app.ui.desk import Writing
from app.ui.markup import Html, element
from app.ui.nearness import nearness
from app.ui.page import Page, friendly, literal, sentence, show
from app.ui.questions import starters
from app.ui.source import source
from app.ui.texts import other
from app.ui.why import why
from knowledge.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from app.conversation import Vote
    from knowledge.types import Language

_BODY = "plb-body"
_REFRESH = 0.25
_PARTS_OF_AN_ANSWER = 12
"""No stored answer puts more parts on the page."""
_BAD = ("wrong_fact", "wrong_source", "incomplete", "outdated", "wrong_term", "hard_to_read")
_GOOD = ("accurate", "good_sources", "clear")


def chat(page: Page) -> None:
    """The whole page."""
    import streamlit as st

    conversation = st.query_params.get(sidebar.PARAMETER)
    with friendly(page.say):
        # The line first: an answer that is finished in between then stands in both for a moment, not in neither
        line = page.shared.desk.line(conversation) if conversation else []
        messages = _messages(page, conversation)
        if messages is None:
            st.warning(page.say("chat.no_such_conversation"))
            conversation, messages, line = None, [], []
        sidebar.conversations(page, conversation)
        sidebar.account(page)
        _take_act(page, messages, line)
        asking.box(page, conversation)
        _source_drawer(page, messages, line)
        messages = _before(messages, line)
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


def _before(messages: Sequence[StoredMessage], line: Sequence[Writing]) -> Sequence[StoredMessage]:
    """The messages above what is being written: neither the one that gets another version, nor what follows it, nor
    what is being written itself when it is stored already.
    """
    answer = line[0].answer if line else None
    ends = {line[0].instead_of, answer and answer.id} if line else set()
    place = next((place for place, message in enumerate(messages) if message.id in ends), len(messages))
    return messages[:place]


# --- asking ---------------------------------------------------------------------------------------------------------


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
                ask(page, None, question, scope=asking.chosen_scope())
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
        found = Answer.model_validate(message.answer)
        _question(page, message, found)
        if message.withheld:
            show(pieces.notice(say("answer.withheld_title"), say("answer.withheld")))
            if st.button(say("chat.ask_again"), key=f"again-{message.id}", icon=":material/refresh:"):
                _ask_anew(page, message)
            return
        near = nearness(message.trace, page.user, say)
        shown = shown_answer(found.alignment, message.undone)
        if found.abstained:
            show(pieces.notice(say("answer.not_found_title"), found.answer))
            show_if(pieces.evidence(say("evidence.nearest"), found.nearest, message.id, say, opened=True, near=near))
        else:
            show_if(pieces.evidence(say("evidence.cited"), found.citations, message.id, say, opened=last, near=near))
            show(pieces.answer(shown, found, message.id, say))
            show_if(pieces.edits(shown, found, message.id, say, message.reported))
        show(pieces.foot(found, shown, say))
        _actions(page, message, found, last=last)
        _follow_ups(page, message, found.follow_ups if last else ())


def _question(page: Page, message: StoredMessage, found: Answer) -> None:
    """What was asked, with its versions; or the form to ask it otherwise."""
    import streamlit as st

    say = page.say
    if st.session_state.get(sidebar.EDITING) != message.id:
        notes = _notes(page, _scope_of(message), found.attached)
        show(pieces.question(message.question, say, notes=notes, message=message.id, versions=message.versions))
        return
    with st.form(f"edit-{message.id}"):
        question = st.text_area(say("chat.edit"), value=message.question, max_chars=MAX_QUESTION, height="content")
        st.caption(say("chat.attached_gone") if found.attached else say("chat.edit_note"))
        with st.container(horizontal=True):
            asked = st.form_submit_button(say("chat.edit_ask"), type="primary")
            cancelled = st.form_submit_button(say("sidebar.cancel"))
    if cancelled or (asked and question.strip()):
        st.session_state.pop(sidebar.EDITING, None)
        if cancelled:
            st.rerun()
        ask(page, message.conversation, question, scope=_scope_of(message), instead_of=message.id)


def _notes(page: Page, scope: Sequence[str] | None, attached: str) -> list[str]:
    """Where was looked, and with which file."""
    say = page.say
    notes = [say("chat.attached", name=attached)] if attached else []
    if scope:
        between = "、" if say.language == "zh" else ", "
        notes.append(say("scope.note", names=between.join(asking.scope_names(page, scope))))
    return notes


def _scope_of(message: StoredMessage) -> tuple[str, ...] | None:
    """Where was looked for this answer."""
    scope = (message.trace or {}).get("scope")
    return None if scope is None else tuple(scope)


def _ask_anew(page: Page, message: StoredMessage, language: Language | None = None, *, thorough: bool = False) -> None:
    """The same question once more, as another version."""
    ask(
        page,
        message.conversation,
        message.question,
        language=language,
        scope=_scope_of(message),
        instead_of=message.id,
        thorough=thorough,
    )


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
        if last:
            _again(page, message, found)
        else:
            for _ in range(3):  # the buttons' places: Streamlit would leave them standing while the next answer comes
                st.empty()
    _vote(page, message, thumb)
    with st.expander(say("why.title"), key=f"why-{message.id}", type="compact"):
        show(why(found, message.trace, page.user, say))


def _again(page: Page, message: StoredMessage, found: Answer) -> None:
    """Answer again, with more read or in the other language; what stands there stays as an earlier version."""
    import streamlit as st

    say = page.say
    gone = say("chat.attached_gone") if found.attached else None
    if st.button(
        say("answer.regenerate"),
        key=f"redo-{message.id}",
        icon=":material/refresh:",
        type="tertiary",
        disabled=gone is not None,
        help=gone,
    ):
        _ask_anew(page, message, found.language)
    if st.button(
        say("answer.thorough"),
        key=f"more-{message.id}",
        icon=":material/menu_book:",
        type="tertiary",
        disabled=gone is not None,
        help=gone or say("answer.thorough_help"),
    ):
        _ask_anew(page, message, found.language, thorough=True)
    if st.button(
        say("answer.other_language") if say.language == found.language else _in_own_language(found),
        key=f"language-{message.id}",
        icon=":material/translate:",
        type="tertiary",
        disabled=gone is not None,
        help=gone,
    ):
        _ask_anew(page, message, other(found.language))


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
                ask(page, message.conversation, question, scope=asking.chosen_scope())


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


def _take_act(page: Page, messages: Sequence[StoredMessage], line: Sequence[Writing]) -> None:
    """Do what one of the answers' own buttons asks for. What it names is looked up, never trusted."""
    import streamlit as st

    act = page.act
    if act is None:
        return
    if act.name == "cite":
        st.session_state[sidebar.OPEN_SOURCE] = (act.message, act.number)
    elif act.name == "edit":
        st.session_state[sidebar.EDITING] = act.message
    elif act.name == "version" and not line and any(act.message in message.versions for message in messages):
        page.shared.assistant.workspace.conversations.choose(act.message, page.user)
        st.rerun()
    elif act.name in ("undo", "redo", "report") and any(message.id == act.message for message in messages):
        stored = page.shared.assistant.workspace.conversations
        if act.name == "report":
            stored.report_edit(act.message, act.number, user=page.user)
        else:
            stored.set_undone(act.message, act.number, act.name == "undo", user=page.user)
        st.rerun()


def _source_drawer(page: Page, messages: Sequence[StoredMessage], line: Sequence[Writing]) -> None:
    """The source that was opened, until it is closed."""
    import streamlit as st

    opened: tuple[str, int] | None = st.session_state.get(sidebar.OPEN_SOURCE)
    citation = _cited(opened, messages, line) if opened else None
    if opened is None or citation is None:
        return
    trace = next((message.trace for message in messages if message.id == opened[0]), None)
    near = nearness(trace, page.user, page.say).get(citation.marker, "")

    @st.dialog(page.say("source.title"), width="medium", position="right", on_dismiss=_close_source)
    def drawer() -> None:
        with friendly(page.say):
            show(source(page.shared.assistant, citation, page.user, page.say, near))

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
        show(_asked(page, writing))
        evidence, text, doing = st.empty(), st.empty(), st.empty()
        ended = writing.done and writing.answer is None
        if ended:
            _ended(page, writing)
        elif st.button(say("chat.stop"), key=f"stop-{writing.id}", icon=":material/stop_circle:", shortcut="Esc"):
            writing.stop()
            st.rerun()
        for _ in range(_PARTS_OF_AN_ANSWER):
            st.empty()  # an earlier version may have stood here: Streamlit would leave its last parts standing
    for later in waiting:
        show(_asked(page, later))
        st.caption(say("chat.waiting"))
    _follow(page, writing, evidence, text, doing)
    if not ended:
        st.rerun()


def _asked(page: Page, writing: Writing) -> Html:
    name = writing.attachment.name if writing.attachment else ""
    return pieces.question(writing.question, page.say, notes=_notes(page, writing.scope, name))


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
            show_in(text, pieces.draft(writing, say))
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
            ask(
                page,
                writing.conversation,
                writing.question,
                language=writing.language,
                scope=writing.scope,
                attachment=writing.attachment,
                instead_of=writing.instead_of,
            )
        if st.button(say("chat.dismiss"), key=f"dismiss-{writing.id}", type="tertiary"):
            page.shared.desk.dismiss(writing.conversation)
            st.rerun()
