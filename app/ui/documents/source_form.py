"""The form of a source: what every kind has, and what only this kind has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_args

from app.ui.documents.changes import choose_labels
from app.ui.documents.common import bulleted, leave_for
from app.ui.page import Page, friendly, literal, show
from ingest.connectors.checking import OPTIONS, SECRETS, TELL_READERS
from knowledge.catalog.sources import SourceKind
from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    from app.ui.texts import Words
    from knowledge.catalog.sources import Source

_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)
_LONG = frozenset({"query", "text"})
_NO_SECRETS: frozenset[str] = frozenset()


def add(page: Page) -> None:
    """A new source, in a dialog."""
    import streamlit as st

    say = page.say

    @st.dialog(say("docs_sources.add"), width="large")
    def dialog() -> None:
        with friendly(say):
            kind: SourceKind = st.selectbox(
                say("docs_sources.kind"),
                _KINDS,
                format_func=lambda name: say(f"docs_sources.kind_{name}"),
                key="plb-source-kind",
            )
            st.caption(say(f"docs_sources.about_{kind}"))
            fields = _fields(page, kind, None)

            def save() -> None:
                stored = page.shared.assistant.sources.add(**fields, kind=kind, by=page.user.name)
                st.toast(say("docs_sources.added", name=literal(stored.name)))
                leave_for(view="sources", source=stored.id)

            _buttons(page, save, {**fields, "kind": kind})

    dialog()


def change(page: Page, source: Source) -> None:
    """Another definition of a source, in a dialog."""
    import streamlit as st

    say = page.say

    @st.dialog(say("docs_sources.edit"), width="large")
    def dialog() -> None:
        with friendly(say):
            fields = _fields(page, source.kind, source)
            st.caption(say("docs_sources.next_run"))

            def save() -> None:
                page.shared.assistant.sources.change(source.id, by=page.user.name, **fields)
                st.toast(say("docs_sources.changed"))
                st.rerun()

            _buttons(page, save, {**fields, "kind": source.kind})

    dialog()


def _buttons(page: Page, save: Callable[[], None], fields: Mapping[str, Any]) -> None:
    """Save, try, cancel."""
    import streamlit as st

    say = page.say
    with st.container(horizontal=True):
        saved = st.button(say("sidebar.save"), type="primary", key="plb-source-save")
        tried = st.button(say("docs_sources.test"), icon=":material/network_check:", key="plb-source-test")
        if st.button(say("sidebar.cancel"), type="tertiary", key="plb-source-cancel"):
            st.rerun()
    if saved:
        save()
    if tried:
        _test(page, fields)


def _test(page: Page, fields: Mapping[str, Any]) -> None:
    """What the source holds, without reading it."""
    import streamlit as st

    say = page.say
    with st.spinner(say("docs_sources.testing")):
        found = page.shared.assistant.sources.probe(**fields)
    if not found.items:
        st.warning(say("docs_sources.test_empty"))
        return
    st.success(say("docs_sources.test_more" if found.more else "docs_sources.test_good", count=found.items))
    show(bulleted(found.first))


def _fields(page: Page, kind: SourceKind, source: Source | None) -> dict[str, Any]:
    """What was typed, as `assistant.sources.add` and `change` take it."""
    import streamlit as st

    say = page.say
    key = f"plb-source-{kind}"
    location = st.text_input(
        say(f"docs_sources.location_{kind}"),
        value=source.location if source else "",
        placeholder=say(f"docs_sources.example_{kind}"),
        # Another folder is another source: the documents of this one would all be gone
        disabled=source is not None and kind == "folder",
        key=f"{key}-location",
    )
    name = st.text_input(
        say("docs_sources.name"),
        value=source.name if source else "",
        placeholder=say("docs_sources.name_free"),
        key=f"{key}-name",
    )
    options = _options(kind, source, say)
    secrets = _secrets(kind, source, say)
    access = choose_labels(page, source.access if source else (), f"{key}-access", say("docs_sources.access_help"))
    with st.expander(say("docs_sources.patterns"), key=f"{key}-patterns"):
        include, exclude = (
            _lines(
                st.text_area(
                    say(f"docs_sources.{which}"),
                    value="\n".join(getattr(source, which)) if source else "",
                    placeholder=say(f"docs_sources.{which}_example"),
                    help=say("docs_sources.patterns_help"),
                    height=80,
                    key=f"{key}-{which}",
                )
            )
            for which in ("include", "exclude")
        )
    permissions = _permissions(kind, source, say)
    return {
        "location": location.strip(),
        "name": name.strip(),
        "options": options,
        "secrets": secrets,
        "include": include,
        "exclude": exclude,
        "access": tuple(sorted(access)),
        "permissions": permissions,
    }


def _permissions(kind: SourceKind, source: Source | None, say: Words) -> dict[str, tuple[str, ...]] | None:
    """Labels for what the source itself says of its readers; None where it says nothing, or is not to be asked."""
    import streamlit as st

    before = source.permissions if source is not None else None
    if kind not in TELL_READERS and before is None:
        return None
    with st.expander(say("docs_sources.permissions"), key=f"plb-source-{kind}-permissions"):
        text = st.text_area(
            say("docs_sources.permissions_lines"),
            value="\n".join(f"{who} = {', '.join(labels)}".rstrip() for who, labels in (before or {}).items()),
            placeholder="* = staff\nhr-team = hr, board",
            height=90,
            key=f"plb-source-{kind}-permissions-lines",
        )
        st.caption(say(f"docs_sources.permissions_{kind}"))
    found = {
        who: tuple(sorted(label.strip() for label in labels.replace("，", ",").split(",") if label.strip()))
        for who, labels in _pairs(text).items()
    }
    return found or None


def _options(kind: SourceKind, source: Source | None, say: Words) -> dict[str, str]:
    """The fields that only this kind has; a store takes any, one `name = value` a line."""
    import streamlit as st

    before = source.options if source else {}
    key = f"plb-source-{kind}"
    if kind == "store":
        text = "\n".join(f"{name} = {value}" for name, value in before.items())
        return _pairs(
            st.text_area(
                say("docs_sources.store_options"),
                value=text,
                placeholder="endpoint_url = http://minio:9000",
                height=90,
                key=f"{key}-options",
            )
        )
    found = {}
    for name in OPTIONS[kind]:
        box: Callable[..., str] = st.text_area if name in _LONG else st.text_input
        label, help_key = f"docs_sources.option_{name}", f"docs_sources.help_{name}"
        found[name] = box(
            say(label) if say.has(label) else name,
            value=before.get(name, ""),
            help=say(help_key) if say.has(help_key) else None,
            key=f"{key}-option-{name}",
        ).strip()
    return {name: value for name, value in found.items() if value}


def _secrets(kind: SourceKind, source: Source | None, say: Words) -> dict[str, str]:
    """Where secrets are read from; the secrets themselves are never typed here."""
    import streamlit as st

    before = source.secrets if source else {}
    key = f"plb-source-{kind}"
    if kind == "store":
        text = "\n".join(f"{name} = {value}" for name, value in before.items())
        return _pairs(
            st.text_area(
                say("docs_sources.store_secrets"),
                value=text,
                placeholder="key = env:S3_KEY\nsecret = env:S3_SECRET",
                help=say("docs_sources.secret_help"),
                height=90,
                key=f"{key}-secrets",
            )
        )
    found = {}
    for name in sorted(SECRETS.get(kind, _NO_SECRETS)):
        found[name] = st.text_input(
            say(f"docs_sources.option_{name}"),
            value=before.get(name, ""),
            placeholder="env:NAME",
            help=say("docs_sources.secret_help"),
            key=f"{key}-secret-{name}",
        ).strip()
    return {name: value for name, value in found.items() if value}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _pairs(text: str) -> dict[str, str]:
    """`name = value` lines. Raises InvalidInput for another line."""
    found = {}
    for line in _lines(text):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"{line!r}: write one `name = value` a line")
        found[name.strip()] = value.strip()
    return found
