"""The settings of the policy page: every kind with its action, everywhere and by exception, tried on a text at once.

What is edited is a draft in the page's memory; nothing holds before it is saved, and saving fails when somebody else
was first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.ui.markup import Html, element, join
from app.ui.page import Page, literal, show
from app.ui.policies import LONGEST_EXAMPLE, Policies, Shown, changes
from ingest.desensitize import Action, Policy
from ingest.desensitize.entities import ENTITIES
from ingest.desensitize.policy import Override
from ingest.desensitize.policy_file import PolicyChangedMeanwhile
from knowledge.errors import Unavailable

if TYPE_CHECKING:
    from app.ui.jobs import Job
    from app.ui.texts import Words

GROUPS: dict[str, tuple[str, ...]] = {
    "people": ("PERSON", "ADDRESS", "BIRTH_DATE"),
    "numbers": ("CN_ID_CARD", "PASSPORT", "NATIONAL_ID", "US_SSN", "LICENSE_PLATE", "CN_USCC"),
    "contacts": ("PHONE_NUMBER", "EMAIL_ADDRESS", "SOCIAL_ACCOUNT"),
    "money": ("CREDIT_CARD", "IBAN_CODE"),
    "devices": ("IP_ADDRESS", "MAC_ADDRESS"),
    "secrets": ("PASSWORD", "API_KEY", "JWT", "PRIVATE_KEY"),
}
_DRAFT = "plb-policy-draft"
_DUE = "plb-policy-due"
_SAVED = "plb-policy-saved"
_ACTIONS = tuple(Action)
_BESIDE = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy that is being edited, and the version of the file that it began with.

    `number` is another one for each beginning, so that no widget keeps what was typed into an earlier draft.
    """

    policy: Policy
    saved: Policy
    version: str
    number: int


def kind_name(kind: str, say: Words) -> str:
    """A kind of data in words."""
    key = f"kind.{ENTITIES[kind]}" if kind in ENTITIES else "kind.other"
    name = say(key if say.has(key) else "kind.other")
    return name[:1].upper() + name[1:]


def settings(page: Page, policies: Policies) -> None:
    """The form with its live example, what saving would change, and what is to be done again."""
    import streamlit as st

    draft = _draft(policies)
    example = st.container()
    scope = _scope(page, draft)
    policy = _everywhere(page, draft) if scope is None else _exception(page, policies, draft, scope)
    draft = Draft(policy, draft.saved, draft.version, draft.number)
    st.session_state[_DRAFT] = draft
    with example:
        _again(page, policies)
        _example(page, policies, policy, scope)
    _save(page, policies, draft)


def _draft(policies: Policies) -> Draft:
    """What is being edited; the file as it is now unless something is."""
    import streamlit as st

    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or (draft.policy == draft.saved and draft.version != policies.version()):
        draft = _begun(policies, 0 if draft is None else draft.number + 1)
    return draft


def _begun(policies: Policies, number: int) -> Draft:
    stored = policies.read()
    return Draft(stored.policy, stored.policy, stored.version, number)


def _restart(policies: Policies, number: int) -> None:
    import streamlit as st

    st.session_state[_DRAFT] = _begun(policies, number)


# --- which documents the settings are for ---------------------------------------------------------------------------


def _scope(page: Page, draft: Draft) -> int | None:
    """The number of the exception that is edited; None for what holds everywhere."""
    import streamlit as st

    say, overrides = page.say, draft.policy.overrides

    def named(number: int) -> str:
        return say("policy.everywhere") if number < 0 else override_name(overrides[number], say)

    with st.container(horizontal=True, vertical_alignment="bottom", key="plb-policy-scope"):
        number = st.selectbox(
            say("policy.scope"),
            range(-1, len(overrides)),
            index=st.session_state.pop("plb-policy-new", -1) + 1,
            format_func=named,
            key=f"plb-policy-scope-{draft.number}-{len(overrides)}",
        )
        if st.button(say("policy.add"), icon=":material/add:"):
            policy = draft.policy.model_copy(update={"overrides": (*overrides, Override())})
            st.session_state[_DRAFT] = Draft(policy, draft.saved, draft.version, draft.number)
            st.session_state["plb-policy-new"] = len(overrides)
            st.rerun()
    return None if number is None or number < 0 else number


def override_name(override: Override, say: Words) -> str:
    """Which documents an exception is for, in words."""
    parts = [say("policy.with_labels", labels=", ".join(override.labels))] if override.labels else []
    parts += [say("policy.in_folders", folders=", ".join(override.sources))] if override.sources else []
    return " · ".join(parts) or say("policy.new_exception")


def _everywhere(page: Page, draft: Draft) -> Policy:
    import streamlit as st

    say, policy = page.say, draft.policy
    key = f"plb-policy-{draft.number}-all"
    default = _choice(page, say("policy.default"), policy.default, f"{key}-default", help_=say("policy.default_help"))
    chosen = _kinds(page, key, policy.action)
    entities = {kind: action for kind, action in chosen.items() if kind in policy.entities or action != policy.default}
    colleagues = _choice(
        page,
        say("policy.colleagues"),
        policy.colleagues,
        f"{key}-colleagues",
        help_=say("policy.colleagues_help"),
        options=[Action.KEEP, Action.PSEUDONYM, *(_others(policy.colleagues))],
    )
    if page.shared.settings.desensitize.strict:
        show(element("p", say("policy.strict"), class_="plb-quiet plb-small"))
    with st.expander(say("policy.lists")):
        domains = _lines(say("policy.keep_domains"), policy.keep_domains, f"{key}-domains")
        values = _lines(say("policy.keep_values"), policy.keep_values, f"{key}-values")
        names = _lines(say("policy.find_names"), policy.find.get("PERSON", ()), f"{key}-names")
    find = {kind: listed for kind, listed in {**policy.find, "PERSON": names}.items() if listed}
    values_of: dict[str, Any] = {
        **policy.model_dump(mode="json"),
        "default": default,
        "entities": entities,
        "colleagues": colleagues,
        "keep_domains": domains,
        "keep_values": values,
        "find": find,
    }
    return Policy.model_validate(values_of)


def _others(action: Action) -> list[Action]:
    """An action that only a file can ask for stays choosable where a file did."""
    return [] if action in {Action.KEEP, Action.PSEUDONYM} else [action]


def _exception(page: Page, policies: Policies, draft: Draft, scope: int) -> Policy:
    import streamlit as st

    say, policy = page.say, draft.policy
    override = policy.overrides[scope]
    key = f"plb-policy-{draft.number}-{scope}-{len(policy.overrides)}"
    show(element("p", say("policy.exception_help"), class_="plb-quiet plb-small"))
    known = sorted({*policies.labels(), *override.labels})
    labels = st.multiselect(
        say("policy.labels"), known, default=list(override.labels), accept_new_options=True, key=f"{key}-labels"
    )
    sources = _lines(say("policy.sources"), override.sources, f"{key}-sources", height=80)
    chosen = _kinds(page, key, override.entities.get, policy.under(override.model_copy(update={"entities": {}})))
    changed = Override(
        labels=tuple(labels),
        sources=tuple(sources),
        default=override.default,
        entities={kind: action for kind, action in chosen.items() if action is not None},
        colleagues=override.colleagues,
    )
    if not changed.labels and not changed.sources:
        st.warning(say("policy.exception_for_nothing"))
    overrides = [*policy.overrides[:scope], changed, *policy.overrides[scope + 1 :]]
    if st.button(say("policy.remove"), icon=":material/delete:", key=f"{key}-remove"):
        del overrides[scope]
        policy = policy.model_copy(update={"overrides": tuple(overrides)})
        st.session_state[_DRAFT] = Draft(policy, draft.saved, draft.version, draft.number)
        st.rerun()
    return policy.model_copy(update={"overrides": tuple(overrides)})


def _kinds(page: Page, key: str, now: Any, otherwise: Policy | None = None) -> dict[str, Action | None]:
    """A choice for every kind, group by group, three beside each other. With `otherwise` a kind may be left to it."""
    import streamlit as st

    chosen: dict[str, Action | None] = {}
    for group, kinds in GROUPS.items():
        show(element("p", page.say(f"policy.group_{group}"), class_="plb-label", role="heading", aria_level="2"))
        for row in (kinds[place : place + _BESIDE] for place in range(0, len(kinds), _BESIDE)):
            for kind, column in zip(row, st.columns(_BESIDE), strict=False):
                with column:
                    chosen[kind] = _choice(
                        page,
                        kind_name(kind, page.say),
                        now(kind),
                        f"{key}-{kind}",
                        otherwise=None if otherwise is None else otherwise.action(kind),
                    )
    return chosen


def _choice(
    page: Page,
    label: str,
    now: Action | None,
    key: str,
    *,
    help_: str | None = None,
    otherwise: Action | None = None,
    options: Sequence[Action] = _ACTIONS,
) -> Any:
    """One action out of a list; with `otherwise` also "as everywhere", which is None."""
    import streamlit as st

    say = page.say
    every: list[Action | None] = [*([] if otherwise is None else [None]), *options]

    def named(action: Action | None) -> str:
        if action is None:
            return say("policy.as_everywhere", action=say(f"policy_action.{otherwise}"))
        return say(f"policy_action.{action}")

    return st.selectbox(label, every, index=every.index(now), format_func=named, help=help_, key=key)


def _lines(label: str, values: Sequence[str], key: str, height: int = 110) -> list[str]:
    import streamlit as st

    text = st.text_area(label, "\n".join(values), key=key, height=height)
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


# --- the live example -----------------------------------------------------------------------------------------------


def _example(page: Page, policies: Policies, policy: Policy, scope: int | None) -> None:
    """A text under the draft, and what each action makes of its values. It is kept nowhere."""
    import streamlit as st

    say = page.say
    show(element("p", say("policy.example"), class_="plb-label", role="heading", aria_level="2"))
    text = st.text_area(
        say("policy.example"),
        say("policy.example_text"),
        max_chars=LONGEST_EXAMPLE,
        height=120,
        help=say("policy.example_help"),
        label_visibility="collapsed",
        key="plb-policy-example",
    )
    if scope is not None:
        policy = policy.under(policy.overrides[scope])
    clean, values = policies.example(text, policy)
    show(element("div", clean or say("policy.nothing_left"), class_="plb-example", role="status"))
    if values:
        with st.expander(say("policy.example_all")):
            show(_actions(values, say))


def _actions(values: Sequence[Shown], say: Words) -> Html:
    """One row for each value and action, the one in force marked."""
    rows = []
    for one in values:
        title = element("th", f"{kind_name(one.kind, say)}: {one.value}", class_="plb-value")
        rows.append(element("tr", title, element("td", "")))
        for action, instead in one.instead.items():
            look = "plb-now" if instead == one.now else None
            name = element("td", say(f"policy_action.{action}"))
            rows.append(element("tr", name, element("td", instead or say("policy.nothing_left")), class_=look))
    return element("div", element("table", element("tbody", *rows), class_="plb-grid plb-actions"), class_="plb-wide")


# --- saving, and doing again ----------------------------------------------------------------------------------------


def _save(page: Page, policies: Policies, draft: Draft) -> None:
    import streamlit as st

    say = page.say
    if draft.policy == draft.saved:
        if st.session_state.pop(_SAVED, False):
            st.success(say("policy.saved"))
        return
    found = changes(draft.saved, draft.policy)
    count = policies.affected(draft.saved, draft.policy)
    with st.container(border=True, key="plb-policy-save"):
        show(element("p", say("policy.unsaved", changes=len(found), documents=count), role="status"))
        show(element("ul", *(element("li", _change(one, say)) for one in found), class_="plb-changes"))
        with st.container(horizontal=True):
            saved = st.button(say("policy.save"), type="primary", icon=":material/save:")
            if st.button(say("policy.discard")):
                _restart(policies, draft.number + 1)
                st.rerun()
        if saved:
            _put(page, policies, draft)


def _put(page: Page, policies: Policies, draft: Draft) -> None:
    import streamlit as st

    try:
        policies.save(draft.policy, draft.version, page.user)
    except PolicyChangedMeanwhile:
        st.warning(page.say("policy.conflict"))
        return
    st.session_state[_SAVED] = True
    _restart(policies, draft.number + 1)
    st.rerun()


def _change(change: str, say: Words) -> Html:
    """One line of what differs, in words where there are some."""
    place, _, what = change.partition(": ")
    kind = place.removeprefix("entities.")
    before, arrow, after = what.partition(" -> ")
    title = kind_name(kind, say) if kind in ENTITIES else say(f"policy.{place}_name")
    if not arrow:
        return join([title])
    return join([title, ": ", say(f"policy_action.{before}"), " → ", say(f"policy_action.{after}")])


def _again(page: Page, policies: Policies) -> None:
    """How many documents were made under another policy, and the button that does them again."""
    import streamlit as st

    from app.ui.policy import REDO, redoing

    say, jobs = page.say, page.shared.jobs
    redoing(page)
    if not all(job.finished for job in jobs.of(page.user.name, REDO)):
        return
    mark = (policies.version(), page.shared.assistant.catalog.documents.change())
    kept = st.session_state.get(_DUE)
    if kept is None or kept[0] != mark:
        try:
            kept = (mark, policies.due())
        except Unavailable as error:  # the embedding model has not been pulled; nothing can be done again without it
            show(element("p", say("policy.due_unknown", message=literal(str(error))), class_="plb-quiet plb-small"))
            return
        st.session_state[_DUE] = kept
    due = kept[1]
    if due.documents:
        show(element("p", say("policy.due", count=due.documents), class_="plb-label"))
        if due.lost:
            show(element("p", say("policy.due_lost", count=due.lost), class_="plb-quiet plb-small"))
        if due.files and st.button(say("policy.redo"), icon=":material/refresh:"):

            def redo(job: Job) -> None:
                job.results.append(policies.redo(page.user, job.tell))

            jobs.start(REDO, page.user.name, redo)
            st.rerun()
