"""Who may read which folder of a source: its rules, those of its own file, and what holds for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.documents.changes import choose_labels
from app.ui.documents.common import access_badges, badge, heading
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, literal, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sources import Ground, Rule
    from app.ui.texts import Words
    from knowledge.catalog.sources import Source

_OFFERED = 2000
"""Folders and files to choose from; any other is typed."""


def rules(page: Page, source: Source) -> None:
    """The rules of a source, the longest path first decides; each can be changed, but for those of its own file."""
    import streamlit as st

    say, assistant = page.say, page.shared.assistant
    show(heading(say("docs_rules.title"), 3))
    with friendly(say):
        found = assistant.sources.rules(source.id)
        with st.container(key="plb-rule-rows", gap=None):
            for rule in found:
                _row(page, source, rule)
            rest = say("docs_rules.rest" if found else "docs_rules.all")
            by_permission = element("small", say("docs_rules.permissions"), class_="plb-quiet")
            readers = access_badges(source.access, say) if source.permissions is None else by_permission
            show(element("div", element("span", element("b", rest), readers, class_="plb-first"),
                         class_="plb-document plb-still"))  # fmt: skip
    if st.button(say("docs_rules.add"), icon=":material/lock_person:", key="plb-rule-add"):
        _edit(page, source, None)


def _row(page: Page, source: Source, rule: Rule) -> None:
    import streamlit as st

    say = page.say
    with st.container(horizontal=True, wrap=False, vertical_alignment="top", gap="small", key=f"plb-rule-{rule.path}"):
        marks = [access_badges(rule.labels, say), *([badge(say("docs_rules.own"))] if rule.own else [])]
        name = element("b", rule.path or say("docs_rules.everything"))
        first = element("span", name, join(marks, " "), class_="plb-first")
        count = say("docs.count_one" if rule.documents == 1 else "docs.count", count=rule.documents)
        show(element("div", first, element("small", count), class_="plb-document plb-still"))
        edit = say("docs_rules.edit", path=literal(rule.path))
        if st.button("", icon=":material/edit:", help=edit, type="tertiary", key=f"plb-rule-edit-{rule.path}"):
            _edit(page, source, rule)
        if not rule.own:
            st.button(
                "",
                icon=":material/delete:",
                help=say("docs_rules.remove", path=literal(rule.path)),
                type="tertiary",
                key=f"plb-rule-away-{rule.path}",
                on_click=_set,
                args=(page, source, rule.path, None),
            )


def _edit(page: Page, source: Source, rule: Rule | None) -> None:
    import streamlit as st

    say = page.say

    @st.dialog(say("docs_rules.title"))
    def dialog() -> None:
        with friendly(say):
            if rule is None:
                path = st.selectbox(
                    say("docs_rules.path"),
                    places(page.shared.assistant.sources.paths(source.id, page.user)),
                    index=None,
                    accept_new_options=True,
                    placeholder=say("docs_rules.choose"),
                    help=say("docs_rules.path_help"),
                    key="plb-rule-path",
                )
            else:
                path = rule.path
                show(element("p", element("b", path or say("docs_rules.everything"))))
            labels = choose_labels(page, rule.labels if rule is not None else (), "plb-rule-labels")
            st.caption(say("docs_access.everyone" if not labels else "docs_access.some"))
            st.caption(say("docs_rules.lasting"))
            with st.container(horizontal=True):
                saved = st.button(say("docs_access.save"), type="primary", disabled=path is None, key="plb-rule-save")
                if st.button(say("sidebar.cancel"), key="plb-rule-cancel"):
                    st.rerun()
            if saved and path is not None:
                with st.spinner(say("docs_rules.doing")):
                    _set(page, source, path, labels)
                st.rerun()

    dialog()


def _set(page: Page, source: Source, path: str, labels: Sequence[str] | None) -> None:
    import streamlit as st

    changed = page.shared.assistant.sources.set_rule(source.id, path, labels, by=page.user.name)
    key = "docs_rules.changed_one" if changed == 1 else "docs_rules.changed"
    st.toast(page.say(key, count=changed))


def places(paths: Sequence[str]) -> list[str]:
    """What rules may be made for: all folders of these files, then the files."""
    folders = {path[:end] for path in paths for end, letter in enumerate(path) if letter == "/"}
    return [*sorted(folders), *paths][:_OFFERED]


def ground(found: Ground, say: Words) -> Html:
    """Why a document has its readers, in a few words."""
    place = found.path or say("docs_rules.everything")
    return element("small", say(f"docs_rules.by_{found.kind}", path=place, source=found.source), class_="plb-quiet")
