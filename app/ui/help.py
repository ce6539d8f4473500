"""The help page: how answers come about, what the marks mean, keys, and what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui import pieces, sidebar
from app.ui.markup import Html, element, join
from app.ui.page import Page, friendly, show
from app.ui.prose import Parts, render_plain
from app.ui.texts import Words

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

_STEPS = 7
_BADGES = ("held", "corrected", "unconfirmed", "contradicted", "nothing")
_KEYS = (
    ("Enter", "help.key_send"),
    ("Shift + Enter", "help.key_break"),
    ("Esc", "help.key_stop"),
    ("Ctrl + K", "help.key_search"),
    ("Ctrl + Shift + O", "help.key_new"),
    ("Ctrl + Z", "help.key_undo"),
)


def help_page(page: Page, chat: StreamlitPage) -> None:
    """The whole page; `chat` is where conversations are shown."""
    with friendly(page.say):
        sidebar.conversations(page, None, chat)
        sidebar.account(page)
        show(_content(page.say))


def _content(say: Words) -> Html:
    from app.ui.server import product_version

    steps = (element("li", say(f"help.how_{number}")) for number in range(1, _STEPS + 1))
    chip = "⟨PHONE·k3f7ab⟩"
    privacy = render_plain(say("help.privacy", chip=chip), parts=Parts(chip=pieces.chips(say)))
    keys = (element("tr", element("td", element("kbd", key)), element("td", say(text))) for key, text in _KEYS)
    return element(
        "div",
        element("p", say("help.title"), class_="plb-doc", role="heading", aria_level="1"),
        _section(say("help.how_title"), element("ol", *steps)),
        _section(say("help.badge_title"), join(_badge(name, say) for name in _BADGES)),
        _section(say("help.privacy_title"), element("p", privacy)),
        _section(say("help.keys_title"), element("table", element("tbody", *keys), class_="plb-keys")),
        _section(say("help.about_title"), element("p", say("help.about", version=product_version()))),
        class_="plb-prose plb-help",
    )


def _section(title: str, content: Html) -> Html:
    return element("section", element("p", title, class_="plb-heading", role="heading", aria_level="2"), content)


def _badge(name: str, say: Words) -> Html:
    mark = element("span", say(f"badge.{name}"), class_=f"plb-badge plb-{name}")
    return element("p", mark, " — ", say(f"badge.{name}_help"))
