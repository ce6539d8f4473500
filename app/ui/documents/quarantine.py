"""Files that could not be read: why, reading them again, leaving them out for good, and taking those in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents import ManagedDocuments
from app.ui.documents.common import access_badges, badge, bulleted, empty, heading, jobs, managed, when
from app.ui.markup import Html, element, join
from app.ui.page import Page, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.jobs import Job
    from app.ui.texts import Words
    from knowledge.catalog.decisions import Decision, Key
    from knowledge.catalog.runs import QuarantineEntry

_SHOWN = 200
_TICK = "plb-quarantine-tick"
RETRY, TAKE_IN = "retry", "take_in"


def quarantine(page: Page) -> None:
    """What waits, what was left out, and what of it is being read again."""
    import streamlit as st

    say = page.say
    jobs(page, {RETRY: _outcome, TAKE_IN: _outcome})
    entries = managed(page).quarantine(page.user)
    if entries:
        show(element("p", say("docs_quarantine.what"), class_="plb-lead plb-quiet"))
        ticked = [entry for entry in entries if st.session_state.get(_key(entry))]
        _buttons(page, entries, ticked)
        with st.container(key="plb-quarantine-rows", gap=None):
            for entry in entries[:_SHOWN]:
                _row(page, entry)
        if len(entries) > _SHOWN:
            st.caption(say("docs.more", count=len(entries) - _SHOWN))
    else:
        show(empty(say("docs_quarantine.none")))
    left_out = managed(page).left_out(page.user)
    if left_out:
        with st.expander(say("docs_quarantine.left_out", count=len(left_out)), key="plb-left-out"):
            _left_out(page, left_out)


def _key(entry: QuarantineEntry) -> str:
    return f"{_TICK}-{entry.source_root}\n{entry.path}"


def _buttons(page: Page, entries: Sequence[QuarantineEntry], ticked: Sequence[QuarantineEntry]) -> None:
    """For those that are ticked, or for all."""
    import streamlit as st

    say = page.say
    chosen = ticked or entries
    keys = [(entry.source_root, entry.path) for entry in chosen]
    label = say("docs_quarantine.retry", count=len(ticked)) if ticked else say("docs_quarantine.retry_all")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            label,
            icon=":material/refresh:",
            type="primary",
            key="plb-quarantine-retry",
            on_click=_start,
            args=(page, RETRY, keys),
        )
        if len(ticked) < len(entries):
            st.button(
                say("docs.choose_all", count=len(entries)),
                key="plb-quarantine-all",
                type="tertiary",
                on_click=_tick,
                args=(entries, True),
            )
        if ticked:
            st.button(
                say("docs.choose_none"),
                key="plb-quarantine-nothing",
                type="tertiary",
                on_click=_tick,
                args=(entries, False),
            )
            st.button(
                say("docs_quarantine.ignore", count=len(ticked)),
                icon=":material/block:",
                key="plb-quarantine-ignore",
                help=say("docs_quarantine.ignore_help"),
                on_click=_ignore,
                args=(page, keys),
            )


def _tick(entries: Sequence[QuarantineEntry], chosen: bool) -> None:
    import streamlit as st

    for entry in entries:
        st.session_state[_key(entry)] = chosen


def _ignore(page: Page, keys: Sequence[Key]) -> None:
    import streamlit as st

    managed(page).ignore(page.user, keys)
    st.toast(page.say("docs_quarantine.ignored", count=len(keys)))


def _start(page: Page, kind: str, keys: Sequence[Key]) -> None:
    """In the background: reading may take long."""
    documents, user = managed(page), page.user

    def work(job: Job) -> None:
        read = ManagedDocuments.retry if kind == RETRY else ManagedDocuments.take_in
        job.results.append(read(documents, user, keys, progress=job.tell))

    page.shared.jobs.start(kind, user.name, work)


def _row(page: Page, entry: QuarantineEntry) -> None:
    import streamlit as st

    say = page.say
    with st.container(horizontal=True, wrap=False, vertical_alignment="top", gap="small"):
        st.checkbox(say("docs.choose", path=entry.path), key=_key(entry), label_visibility="collapsed", width="content")
        unknown = badge(say("docs_quarantine.unknown_access"), "warn")
        access = unknown if entry.access is None else access_badges(sorted(entry.access), say)
        first = element("span", element("b", entry.path), access, class_="plb-first")
        told = f"{reason(entry.reason, say)} · {when(entry.at)}"
        show(element("div", first, element("small", told), class_="plb-document plb-still"))


def reason(text: str, say: Words) -> str:
    """Why a file could not be read: in the page's language what is to be done, then what the reader said."""
    known = next((kind for kind, parts in _REASONS.items() if any(part in text for part in parts)), "")
    if not known:
        return text
    sentence = say(f"docs_quarantine.why_{known}")
    return sentence if known in _SAID_ENOUGH else f"{sentence} ({text})"


_REASONS = {
    "changed": ("changed while it was read",),
    "waiting": ("was left out",),
    "interrupted": ("the run was interrupted",),
    "permission": ("Permission denied",),
    "encrypted": ("needs a password", "copy-protected"),
    "empty": ("the file is empty", "holds no files"),
    "trap": ("zip bomb", "leads out of the archive", "nested"),
    "no_text": ("no text", "text layer", "an image", "a picture"),
    "too_large": ("more than", "took longer"),
    "kind": ("content is no", "binary data", "no loader", "unknown kind", "not a regular file"),
    "damaged": ("damaged", "truncated", "failed on it", "crashed the reader"),
}
"""What readers say, in parts, by what is to be done about it."""
_SAID_ENOUGH = frozenset({"changed", "waiting", "interrupted", "permission", "empty"})


def _left_out(page: Page, decisions: Sequence[Decision]) -> None:
    import streamlit as st

    say = page.say
    names = {(each.source_root, each.path): each for each in decisions}
    chosen = st.multiselect(
        say("docs_quarantine.take_in_which"),
        list(names),
        format_func=lambda key: key[1],
        placeholder=say("docs_quarantine.choose"),
        select_all=False,
        key="plb-left-out-chosen",
    )
    if chosen:
        label = say("docs_quarantine.take_in", count=len(chosen))
        st.button(label, key="plb-left-out-take-in", on_click=_start, args=(page, TAKE_IN, chosen))
    lines = (
        join([each.path, " ", element("small", f"{each.by} · {when(each.at)}", class_="plb-quiet")])
        for each in decisions[:_SHOWN]
    )
    show(bulleted(lines))


def _outcome(job: Job, say: Words) -> Html:
    """What came of reading again."""
    parts: list[Html] = []
    for report, gone in job.results:
        if report is not None:
            counts = report.documents
            good = counts.added + counts.updated
            parts.append(element("p", say("docs_quarantine.read", good=good, bad=len(report.quarantine))))
            parts.append(bulleted(f"{each.path}: {reason(each.reason, say)}" for each in report.quarantine[:_SHOWN]))
        if gone:
            parts += [heading(say("docs_quarantine.gone"), 3), bulleted(gone)]
    return join(parts)
