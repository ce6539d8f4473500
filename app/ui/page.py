"""What every page begins with: who looks at it, in which language, the style sheet and the page's one script."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from app.ui import identity, runtime
from app.ui.markup import Html, element
from app.ui.texts import Words, words
from knowledge.errors import (
    Damaged,
    InvalidInput,
    NotFound,
    NotPermitted,
    PlumblineError,
    Unavailable,
)
from knowledge.types import User

if TYPE_CHECKING:
    from app.ui.runtime import Runtime

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Act:
    """A press of one of the pages' own buttons in an answer."""

    name: str
    message: str
    number: int


@dataclass(frozen=True, slots=True)
class Page:
    """One run of a page for one signed-in user."""

    user: User
    say: Words
    shared: Runtime
    act: Act | None


def begin() -> Page:
    """The page for whoever is signed in now; nobody: the browser is sent to sign in, and the run ends."""
    import streamlit as st

    show(Html(f"<style>{_style()}</style>"))
    user = identity.user()
    if user is None:
        _listen({"lang": "en", "go": "/sign-in"})
        _invite()
        st.stop()
    say = words(user.language)
    heard = _listen(
        {
            "lang": "zh-CN" if say.language == "zh" else "en",
            "copied": say("answer.copied"),
            "quiet": say("answer.quiet"),
            "owner": user.name,
        }
    )
    return Page(user, say, runtime.current(), _act(heard))


def leave() -> None:
    """Sign out and go to the sign-in page."""
    import streamlit as st

    identity.sign_out()
    st.session_state.clear()


def show(html: Html, width: Literal["stretch", "content"] = "stretch") -> None:
    """Put HTML on the page."""
    import streamlit as st

    st.html(html, width=width)


@contextmanager
def friendly(say: Words) -> Iterator[None]:
    """What goes wrong inside becomes one sentence on the page; what was not foreseen is logged with its traceback."""
    import streamlit as st

    try:
        yield
    except PlumblineError as error:
        st.error(sentence(error, say))
    except Exception:
        # The outermost frame of ours on a page: whatever a library raises, the user gets one friendly sentence and the
        # log the traceback. Streamlit's own way to end or repeat a run is no Exception and passes
        log.exception("a page failed")
        st.error(say("error.unexpected"))


def sentence(error: PlumblineError, say: Words) -> str:
    """One friendly sentence for an error, for places that read Markdown."""
    return _sentence(error, say, literal)


def plain_sentence(error: PlumblineError, say: Words) -> str:
    """One friendly sentence for an error, for places that show text as it is."""
    return _sentence(error, say, str)


def _sentence(error: PlumblineError, say: Words, written: Callable[[str], str]) -> str:
    from app.attachment import AttachmentRefused
    from app.terms.errors import BeyondReach
    from app.ui.desk import UnexpectedError

    if isinstance(error, BeyondReach):
        key = "terms.beyond_scheme" if error.language is None else "terms.beyond_text"
        language = error.language or say("terms.language_none")
        return say(key, name=literal(error.name.text(say.language)), language=literal(language))
    kinds: Mapping[type[PlumblineError], str] = {
        UnexpectedError: "error.unexpected",
        AttachmentRefused: "error.attachment",
        InvalidInput: "error.invalid",
        Unavailable: "error.unavailable",
        NotFound: "error.not_found",
        NotPermitted: "error.not_permitted",
        Damaged: "error.damaged",
    }
    key = next((kinds[kind] for kind in kinds if isinstance(error, kind)), "error.unexpected")
    return say(key, message=written(str(error)))


def literal(text: str) -> str:
    """`text` for places that read Markdown, such as buttons and messages, shown exactly as it is."""
    signs = "\\`*_{}[]()<>#+-.!|~:$&"
    return "".join(f"\\{character}" if character in signs else character for character in " ".join(text.split()))


@cache
def _style() -> str:
    return files("app.ui").joinpath("style.css").read_text(encoding="utf-8")


def _invite() -> None:
    """What a browser shows while it is being sent to sign in, in both languages."""
    links = [
        element("a", say("sign_in.ended"), " ", say("sign_in.go"), href="/sign-in") for say in map(words, ("zh", "en"))
    ]
    show(element("div", *(element("p", link) for link in links), class_="plb-empty"))


def _listen(data: Mapping[str, Any]) -> Any:
    import streamlit as st

    with st.container(key="plb-listener"):
        return _listener()(key="plb-listener-component", data=data, on_act_change=_nothing)


def _nothing() -> None:
    """Streamlit runs the page again by itself; what was pressed is in the component's value."""


@cache
def _listener() -> Callable[..., Any]:
    from streamlit.components import v2

    script = files("app.ui").joinpath("listener.js").read_text(encoding="utf-8")
    component: Callable[..., Any] = v2.component("plumbline_listener", js=script)
    return component


def _act(heard: Any) -> Act | None:
    """What was pressed, as far as it has the right shape: it comes from the browser."""
    value = getattr(heard, "act", None)
    if not isinstance(value, Mapping):
        return None
    name, message, number = value.get("name"), value.get("message"), value.get("number")
    if isinstance(name, str) and isinstance(message, str) and isinstance(number, int | float):
        return Act(name, message, int(number))
    return None
