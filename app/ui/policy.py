"""The policy page, for operators and administrators: settings, what they find in files, counts, and the vault."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from app import reveals
from app.ui import policy_form, sidebar
from app.ui.markup import element, join
from app.ui.page import Page, friendly, sentence, show
from app.ui.policies import EDITORS, Policies, readable
from app.ui.policy_form import kind_name
from knowledge.errors import NotFound, NotPermitted

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

    from app.ui.jobs import Job
    from knowledge.types import RunReport

LOOK, REDO = "policy-look", "policy-redo"
"""Kinds of jobs: trying the policy on files, and doing documents again under it."""
SECTIONS = ("settings", "check", "counts", "vault")
_ELSEWHERE = ""
_MOST_ROWS = 200
_MOST_REVEALS = 100
_LOOK_AGAIN = 1.0


def may_open(page: Page) -> bool:
    """Whether this page is for whoever looks at it."""
    return page.user.role in EDITORS


def policy_page(page: Page, chat: StreamlitPage) -> None:
    """The whole page; `chat` is where conversations are shown."""
    import streamlit as st

    say = page.say
    with friendly(say):
        sidebar.conversations(page, None, chat)
        sidebar.account(page)
        if not may_open(page):
            raise NotPermitted(page.user.name)
        show(
            join(
                [
                    element("p", say("policy.title"), class_="plb-doc", role="heading", aria_level="1"),
                    element("p", say("policy.intro"), class_="plb-quiet"),
                ]
            )
        )
        section = st.segmented_control(
            say("policy.title"),
            SECTIONS,
            default=SECTIONS[0],
            required=True,
            format_func=lambda name: say(f"policy.{name}"),
            label_visibility="collapsed",
            key="plb-policy-section",
        )
        policies = Policies(page.shared.assistant.workspace)
        {"check": _check, "counts": _counts, "vault": _vault}.get(section or "", policy_form.settings)(page, policies)


# --- what would be found --------------------------------------------------------------------------------------------


def _check(page: Page, policies: Policies) -> None:
    """The policy tried on files of the server, whether they are documents already or not."""
    import streamlit as st

    say = page.say
    sources = policies.sources()
    show(element("p", say("policy.check_intro"), class_="plb-quiet plb-small"))

    def named(source: str) -> str:
        return say("policy.elsewhere") if source == _ELSEWHERE else f"{source} ({sources[source]})"

    chosen = st.selectbox(say("policy.check_where"), [*sources, _ELSEWHERE], format_func=named)
    path = chosen or st.text_input(say("policy.check_path"), placeholder="/srv/documents/new")
    busy = not all(job.finished for job in page.shared.jobs.of(page.user.name, LOOK))
    if st.button(say("policy.check_start"), type="primary", disabled=busy or not path.strip()):
        work = path.strip()

        def look(job: Job) -> None:
            job.results.append(policies.look(Path(work).expanduser(), page.user, job.tell))

        page.shared.jobs.start(LOOK, page.user.name, look)
    _followed(page, LOOK)


def _followed(page: Page, kind: str) -> None:
    """How far the user's last job of this kind is, again and again while it runs; then what came of it."""
    import streamlit as st

    started = page.shared.jobs.of(page.user.name, kind)
    if not started:
        return
    job = started[-1]

    @st.fragment(run_every=None if job.finished else _LOOK_AGAIN)
    def follow() -> None:
        if not job.finished:
            share = job.done / job.total if job.total else 0.0
            st.progress(min(share, 1.0), text=page.say("policy.working", done=job.done, total=job.total or "…"))
        elif job.error is not None:
            st.error(sentence(job.error, page.say))
        elif job.results:
            (_report if kind == LOOK else _redone)(page, job.results[0])

    follow()


def redoing(page: Page) -> None:
    """The documents that are being done again, or what came of it."""
    _followed(page, REDO)


def _redone(page: Page, report: RunReport) -> None:
    import streamlit as st

    counts = report.documents
    st.success(page.say("policy.redone", updated=counts.updated, quarantined=counts.quarantined))


def _report(page: Page, report: RunReport) -> None:
    say = page.say
    mine, others = readable(report.found, page.user)
    files = report.documents.added
    total = sum(report.desensitized.values())
    show(element("p", say("policy.found", files=files, values=total), class_="plb-label", role="status"))
    if report.documents.quarantined:
        show(element("p", say("policy.found_unreadable", count=report.documents.quarantined), class_="plb-quiet"))
    _show_kinds(page, report.desensitized)
    if mine:
        rows = [[one.path, kind_name(one.kind, say), one.count, ", ".join(one.examples)] for one in mine[:_MOST_ROWS]]
        head = [say("policy.file"), say("policy.kind"), say("policy.number"), say("policy.examples")]
        show(element("p", say("policy.by_file"), class_="plb-label"))
        _show_table(head, rows)
    if len(mine) > _MOST_ROWS:
        show(element("p", say("policy.more_rows", count=len(mine) - _MOST_ROWS), class_="plb-quiet plb-small"))
    if others:
        show(element("p", say("policy.others", count=others), class_="plb-quiet plb-small"))


def _show_kinds(page: Page, counts: dict[str, int]) -> None:
    """The kinds with their numbers, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda one: -one[1])
    rows: list[list[object]] = [[kind_name(kind, page.say), f"{count:,}"] for kind, count in ordered]
    _show_table([page.say("policy.kind"), page.say("policy.number")], rows)


def _show_table(head: list[str], rows: list[list[object]], without: str = "") -> None:
    """A table that scrolls by itself where the screen is narrow; `without` is said when it would be empty."""
    if not rows:
        if without:
            show(element("p", without, class_="plb-quiet plb-small"))
        return
    lines = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    titles = element("tr", *(element("th", title) for title in head))
    table = element("table", element("thead", titles), element("tbody", *lines), class_="plb-grid")
    show(element("div", table, class_="plb-wide", tabindex="0", role="region", aria_label=head[0]))


# --- over time ------------------------------------------------------------------------------------------------------


def _counts(page: Page, policies: Policies) -> None:
    """How many values of each kind the runs took out."""
    import streamlit as st

    say = page.say
    counts = policies.counts()
    if not counts:
        st.info(say("policy.no_counts"))
        return
    show(element("p", say("policy.counts_intro"), class_="plb-quiet plb-small"))
    totals: Counter[str] = Counter()
    for one in counts:
        totals[one.kind] += one.count
    day, kind, number = say("policy.day"), say("policy.kind"), say("policy.number")
    data = [{day: one.day, kind: kind_name(one.kind, say), number: one.count} for one in counts]
    st.bar_chart(data, x=day, y=number, color=kind, height=320)
    _show_kinds(page, dict(totals))


# --- the vault ------------------------------------------------------------------------------------------------------


def _vault(page: Page, policies: Policies) -> None:
    """What the vault holds, who looked into it, and for those who may a look of one's own."""
    import streamlit as st

    del policies
    say, workspace = page.say, page.shared.assistant.workspace
    if not workspace.settings.desensitize.vault:
        st.info(say("policy.vault_off"))
    else:
        held = reveals.vault_of(workspace).count()
        show(element("p", say("policy.vault_holds", count=f"{sum(held.values()):,}"), class_="plb-quiet plb-small"))
        _show_kinds(page, held)
        if reveals.may_reveal(workspace, page.user):
            _reveal(page)
        else:
            roles = [say(f"role.{role}") for role in workspace.settings.desensitize.reveal_roles]
            show(element("p", say("policy.reveal_roles", roles=", ".join(roles) or "–"), class_="plb-quiet"))
    show(element("p", say("policy.reveals"), class_="plb-label"))
    entries = list(workspace.audit.list(limit=_MOST_REVEALS, action="vault"))
    known = {"vault.reveal": "policy.revealed", "vault.refused": "policy.refused", "vault.rotate": "policy.rotated"}
    rows: list[list[object]] = [
        [
            entry.at.replace("T", " ").removesuffix("+00:00"),
            entry.actor,
            say(known[entry.action]) if entry.action in known else entry.action,
            entry.subject,
            entry.detail.get("reason", ""),
        ]
        for entry in entries
    ]
    head = [say(f"policy.{name}") for name in ("when", "who", "what", "pseudonym", "reason")]
    _show_table(head, rows, say("policy.no_reveals"))


def _reveal(page: Page) -> None:
    """One pseudonym, one reason, and what stood there: on the screen until the next click, and nowhere else."""
    import streamlit as st

    say = page.say
    with st.form("plb-reveal", clear_on_submit=True):
        show(element("p", say("policy.reveal_intro"), class_="plb-quiet plb-small"))
        placeholder = st.text_input(say("policy.pseudonym"), placeholder="⟨PHONE·k3f9a2⟩", max_chars=60)
        reason = st.text_input(say("policy.reason"), placeholder=say("policy.reason_example"), max_chars=200)
        asked = st.form_submit_button(say("policy.reveal"), icon=":material/visibility:")
    if not asked:
        return
    if not placeholder.strip() or not reason.strip():
        st.warning(say("policy.reveal_lacks"))
        return
    try:
        values = reveals.reveal(page.shared.assistant.workspace, placeholder, page.user, reason.strip(), "web")
    except NotFound:
        st.warning(say("policy.not_in_vault"))
        return
    shown = join((element("b", value, class_="plb-revealed") for value in values), " · ")
    show(element("p", say("policy.stood_there"), " ", shown, role="status"))
