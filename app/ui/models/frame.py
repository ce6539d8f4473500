"""The page's frame: who may see it, its title and views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.ui import sidebar
from app.ui.models import data, drift, service, training, versions
from app.ui.models.common import style
from app.ui.page import Page, friendly, show
from app.ui.views import choose_view
from knowledge.errors import NotPermitted
from knowledge.types import Role

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_VIEWS: Mapping[str, Callable[[Page], None]] = MappingProxyType(
    {
        "versions": versions.versions,
        "service": service.service,
        "training": training.training,
        "datasets": data.data,
        "drift": drift.drift,
    }
)
_ROLES = frozenset({Role.OPERATOR, Role.ADMIN})


def may_open(page: Page) -> bool:
    """Whether this page is for whoever looks at it."""
    return page.user.role in _ROLES


def models_page(page: Page, chat: StreamlitPage | None = None) -> None:
    """The whole page; `chat` is where conversations are shown."""
    import streamlit as st

    st.set_page_config(layout="wide")
    show(style())
    with friendly(page.say):
        sidebar.conversations(page, None, chat)
        sidebar.account(page)
        if not may_open(page):
            raise NotPermitted(page.user.name)
        with st.container(key="plb-models"):
            _VIEWS[choose_view(page, "models", "models", tuple(_VIEWS), {})](page)
