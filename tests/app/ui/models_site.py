"""The Models page opened by somebody, as Streamlit runs it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from ui_site import Site

from app.ui import identity

SCRIPT = """
from app.ui.models import models_page
from app.ui.page import begin
models_page(begin())
"""


def opened(site: Site, monkeypatch: pytest.MonkeyPatch, name: str, view: str = "versions") -> AppTest:
    """A view of the page as `name` sees it."""
    token = site.token(name)
    monkeypatch.setattr(identity, "token", lambda: token)
    test = AppTest.from_string(SCRIPT, default_timeout=60)
    test.query_params["view"] = view
    return test.run()


def html(test: AppTest) -> str:
    """All that stands there as markup, when nothing went wrong."""
    assert not test.exception
    assert not test.error
    return "".join(element.proto.body for element in test.get("html") if "<style>" not in element.proto.body)
