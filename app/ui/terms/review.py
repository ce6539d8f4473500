"""The queue of proposals: what each changes, what would be wrong or different afterwards, and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.terms import differences, marks
from app.ui.terms.address import CONCEPT, EDIT, PROPOSAL, VIEW, go, leave_for, shown
from app.ui.terms.common import limits, manages, names_in, names_of_issues, show_difference, terms_of
from app.ui.terms.concept import discussion
from app.ui.terms.history import undo_own
from knowledge.errors import NotFound
from knowledge.graph.changes import Create, Edit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal

    from app.terms.views import ConflictView, ProposalRow, ProposalView
    from knowledge.graph.differing import Name

_QUEUES = ("waiting", "own", "decided")
_MOST = 100


def review(page: Page) -> None:
    """The queue on the left, the chosen proposal on the right; J and K go through the queue."""
    import streamlit as st

    wanted = shown(PROPOSAL)
    place = "behind" if wanted else "front"
    left, right = st.columns([1, 2.3], gap="medium")
    with left, st.container(key=f"plb-terms-list-{place}"):
        rows = _queue(page)
        _rows(page, rows, wanted)
    with right, st.container(key="plb-terms-shown"), friendly(page.say):
        if wanted:
            _proposal(page, wanted, [row.id for row in rows])
        elif rows:
            show(marks.empty(page.say("terms.review_choose")))
            _steps(page, "", [row.id for row in rows])


def _queue(page: Page) -> Sequence[ProposalRow]:
    import streamlit as st

    say = page.say
    queue = st.segmented_control(
        say("terms.view_review"),
        _QUEUES,
        default="waiting",
        required=True,
        format_func=lambda name: say(f"terms.queue_{name}"),
        label_visibility="collapsed",
        key="plb-terms-queue",
    )
    terms = terms_of(page)
    if queue == "waiting":
        return terms.proposals(page.user, state="proposed", limit=_MOST)
    if queue == "own":
        return terms.proposals(page.user, author=page.user.name, limit=_MOST)
    return [row for row in terms.proposals(page.user, limit=_MOST) if row.state not in ("proposed", "draft")]


def _rows(page: Page, rows: Sequence[ProposalRow], current: str) -> None:
    import streamlit as st

    say = page.say
    if not rows:
        queue = st.session_state.get("plb-terms-queue", "waiting")
        show(marks.empty(say(f"terms.queue_{queue}_none")))
        return
    lines = []
    for row in rows:
        title = marks.names_of(row.subjects[:3], say) or say("terms.statements")
        state = marks.badge(say(f"terms.state_{row.state}"), _LOOKS.get(row.state, ""))
        note = f"{say(f'terms.change_{row.kind}')} · {row.author} · {marks.when(row.changed_at)}"
        signs = [state] if row.state != "proposed" else []
        signs += [marks.badge(say("terms.behind"), "warn")] if row.behind else []
        content = join([element("span", title, class_="plb-name"), *signs, element("small", note)])
        class_ = "plb-row plb-tall plb-current" if row.id == current else "plb-row plb-tall"
        lines.append(element("li", marks.act("proposal", row.id, content, class_)))
    show(element("ul", *lines, class_="plb-list"))


_LOOKS = {"approved": "good", "rejected": "bad", "draft": "", "withdrawn": ""}


def _steps(page: Page, current: str, ids: Sequence[str]) -> None:
    """Buttons to the proposals before and after this one in the queue."""
    import streamlit as st

    place = ids.index(current) if current in ids else -1
    before = ids[place - 1] if place > 0 else ""
    after = ids[place + 1] if place + 1 < len(ids) else ""
    with st.container(horizontal=True, horizontal_alignment="right", key="plb-terms-steps", gap="xsmall"):
        for name, target, key in (("previous", before, "K"), ("next", after, "J")):
            st.button(
                page.say(f"terms.{name}"),
                key=f"plb-terms-{name}",
                type="tertiary",
                shortcut=key,
                disabled=not target,
                on_click=go,
                kwargs={VIEW: "review", PROPOSAL: target},
            )


def _proposal(page: Page, wanted: str, ids: Sequence[str]) -> None:
    import streamlit as st

    say = page.say
    try:
        found = terms_of(page).proposal(wanted, page.user)
    except NotFound:
        st.warning(say("terms.no_such_proposal"))
        st.button(say("terms.back"), icon=":material/arrow_back:", on_click=go, kwargs={VIEW: "review"})
        return
    with st.container(key="plb-terms-back"):
        st.button(
            say("terms.back"),
            key="plb-terms-to-queue",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=go,
            kwargs={VIEW: "review"},
        )
    _head(page, found, ids)
    choices = _conflicts(page, found)
    show_difference(page, found.diff)
    if found.revision and manages(page):
        undo_own(page, found.revision, (found.author, found.decided_by))
    if found.issues:
        show(marks.heading(say("terms.preview_issues"), 3))
        subjects = {name.id: name for name in found.subjects}
        show(marks.issues(found.issues, say, names_of_issues(page, found.issues, subjects)))
    if found.state in ("draft", "proposed"):
        _decide(page, found, choices)
        _impact(page, found)
    show(marks.heading(say("terms.tab_talk"), 3))
    discussion(page, found.id)


def _head(page: Page, found: ProposalView, ids: Sequence[str]) -> None:
    import streamlit as st

    say = page.say
    names = marks.concept_links(found.subjects[:6], say) if found.subjects else say("terms.statements")
    state = marks.badge(say(f"terms.state_{found.state}"), _LOOKS.get(found.state, "good"))
    title = element("p", say(f"terms.change_{found.kind}"), " ", names, class_="plb-title plb-small-title")
    said = [element("span", f"{found.id} · {found.author} · {marks.when(found.at)}", class_="plb-quiet"), " ", state]
    with st.container(horizontal=True, vertical_alignment="top", key="plb-terms-proposal-head"):
        show(element("div", title, element("p", *said)))
        _steps(page, found.id, ids)
    if found.comment:
        show(element("p", found.comment, class_="plb-lead"))
    if found.state in ("approved", "rejected", "withdrawn") and found.decided_by:
        text = say(f"terms.decided_{found.state}", by=found.decided_by, at=marks.when(found.changed_at))
        show(element("p", text, " ", element("b", found.reason) if found.reason else "", class_="plb-lead"))


def _conflicts(page: Page, found: ProposalView) -> dict[str, Literal["mine", "theirs", "both"]]:
    """What was changed otherwise in between, field by field: what it was, what it is now, what is proposed."""
    import streamlit as st

    say = page.say
    if not found.conflicts or found.state not in ("draft", "proposed"):
        return {}
    st.warning(say("terms.conflicts", count=len(found.conflicts)), icon=":material/call_split:")
    choices: dict[str, Literal["mine", "theirs", "both"]] = {}
    names = names_in(page, found.conflicts)
    for one in found.conflicts:
        show(_sides(one, page, names))
        chosen = st.segmented_control(
            say("terms.conflict_take"),
            list(one.choices),
            format_func=lambda choice: say(f"terms.take_{choice}"),
            label_visibility="collapsed",
            key=f"plb-conflict-{found.id}-{one.key}",
        )
        if chosen:
            choices[one.key] = chosen
    return choices


def _sides(one: ConflictView, page: Page, names: Mapping[str, Name]) -> Html:
    say = page.say
    named = differences.called(one.field, one.field_name, say, names)
    field = differences.field_title(one.field, named, one.language, say)
    heads = (
        say("terms.conflict_base"),
        say("terms.conflict_theirs", by=one.theirs_by),
        say("terms.conflict_mine"),
    )
    cells = (differences.values_line(one.field, values, say, names) for values in (one.base, one.theirs, one.mine))
    table = element(
        "table",
        element(
            "tbody",
            element("tr", *(element("th", text) for text in heads)),
            element("tr", *(element("td", cell) for cell in cells)),
        ),
        class_="plb-fields plb-conflict",
    )
    return join([marks.heading(f"{one.subject.text(say.language)} · {field}", 3), table])


def _decide(page: Page, found: ProposalView, choices: dict[str, Literal["mine", "theirs", "both"]]) -> None:
    """Approve, reject, withdraw, edit: as far as this user may."""
    import streamlit as st

    say = page.say
    terms = terms_of(page)
    if found.why_not:
        st.info(say("terms.four_eyes" if found.own else "terms.not_yours"), icon=":material/group:")
        limits(page)
    open_choices = len(choices) < len(found.conflicts)
    with friendly(say):
        with st.container(horizontal=True, key="plb-terms-decide", vertical_alignment="center"):
            approved = found.state == "proposed" and st.button(
                say("terms.approve"),
                # What was pressed is the version that was seen: another one has a button of its own
                key=f"plb-terms-approve-{found.id}-{found.version}",
                type="primary",
                icon=":material/check:",
                shortcut="A",
                disabled=not found.may_approve or open_choices,
                help=say("terms.conflict_first") if open_choices else None,
            )
            if found.state == "draft" and found.own:
                submitted = st.button(say("terms.submit"), key="plb-terms-submit", type="primary", shortcut="S")
                if submitted:
                    terms.submit(found.id, page.user)
                    st.rerun()
            if found.own and isinstance(found.change, Edit | Create):
                concept = found.change.form.id if isinstance(found.change, Edit) else ""
                st.button(
                    say("terms.edit"),
                    key="plb-terms-edit-proposal",
                    icon=":material/edit:",
                    shortcut="E",
                    on_click=go,
                    kwargs={CONCEPT: concept, EDIT: "1" if concept else "new", PROPOSAL: found.id},
                )
            if found.own and st.button(say("terms.withdraw"), key="plb-terms-withdraw", shortcut="W"):
                terms.withdraw(found.id, page.user)
                st.rerun()
            rejecting = (
                found.state == "proposed"
                and not found.own
                and st.button(say("terms.reject"), key="plb-terms-reject", icon=":material/close:", shortcut="X")
            )
        if approved:
            made = terms.approve(found.id, page.user, choices=choices, version=found.version)
            st.toast(say("terms.approved", number=made.number), icon=":material/check:")
            leave_for(**{VIEW: "review", PROPOSAL: found.id})
        if rejecting:
            _reject(page, found)


def _reject(page: Page, found: ProposalView) -> None:
    import streamlit as st

    say = page.say

    @st.dialog(say("terms.reject_title"))
    def dialog() -> None:
        with st.form("plb-terms-reject-form", border=False), friendly(say):
            reason = st.text_area(say("terms.reject_reason"), height=90, max_chars=2000)
            if st.form_submit_button(say("terms.reject"), type="primary") and reason.strip():
                terms_of(page).reject(found.id, page.user, reason=reason.strip())
                st.rerun()

    dialog()


def _impact(page: Page, found: ProposalView) -> None:
    """What the change would do to answers and documents; looked up when it is asked for."""
    import streamlit as st

    say = page.say
    with st.expander(
        say("terms.impact"), key=f"plb-impact-{found.id}", icon=":material/travel_explore:", on_change="rerun"
    ) as box:
        if box.open:
            with friendly(say), st.spinner(say("terms.impact_looking")):
                show(differences.impact(terms_of(page).impact(found.id, page.user), say))
