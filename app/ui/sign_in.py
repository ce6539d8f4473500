"""The sign-in page: plain HTML with a form, so that it is there at once and password managers understand it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from app.ui.demo import demo_accounts
from app.ui.markup import Html, element, escape, join
from app.ui.texts import Words, other, words
from knowledge.types import Language

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.demo import DemoAccount


class SignInPage:
    """Writes the page."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def html(
        self, language: Language, *, note: str = "", next_page: str = "/", name: str = "", minutes: int = 0
    ) -> str:
        """The page in `language`; `note` is the key of a sentence above the form."""
        say = words(language)
        from urllib.parse import quote

        return _template().substitute(
            lang="zh-CN" if language == "zh" else "en",
            brand=escape(say("brand.name")),
            claim=escape(say("brand.claim")),
            title=escape(say("sign_in.title")),
            note=_note(say, note, minutes),
            label_name=escape(say("sign_in.name")),
            label_password=escape(say("sign_in.password")),
            submit=escape(say("sign_in.submit")),
            name=escape(name),
            next=escape(next_page),
            demo=_demo(say, demo_accounts(self._assistant), next_page),
            switch=escape(say("sign_in.other_language")),
            switch_lang="en" if language == "zh" else "zh-CN",
            switch_href=escape(f"/sign-in?lang={other(language)}&next={quote(next_page, safe='')}"),
            query=escape(f"?lang={language}"),
        )


@cache
def _template() -> Template:
    return Template(files("app.ui").joinpath("sign_in.html").read_text(encoding="utf-8"))


def _note(say: Words, key: str, minutes: int) -> Html:
    return element("p", say(key, minutes=minutes), class_="note", role="alert") if key else Html("")


def _demo(say: Words, accounts: list[DemoAccount], next_page: str) -> Html:
    """One small form per account: a click signs in."""
    if not accounts:
        return Html("")
    return element(
        "section",
        element("h2", say("sign_in.demo_title")),
        element("p", say("sign_in.demo_note"), class_="quiet"),
        element("div", *(_demo_form(say, account, next_page) for account in accounts), class_="people"),
        class_="demo",
    )


def _demo_form(say: Words, account: DemoAccount, next_page: str) -> Html:
    groups = ", ".join(sorted(account.groups))
    sees = f" · {say('sign_in.demo_groups', groups=groups)}" if groups else ""
    fields = (("name", account.name), ("password", account.password), ("next", next_page))
    hidden = join(Html(f'<input type="hidden" name="{key}" value="{escape(value)}">') for key, value in fields)
    button = element(
        "button",
        element("b", account.display_name),
        element("small", say(f"role.{account.role}"), sees),
        element("small", account.name),
        element("small", account.password),
        type="submit",
    )
    return Html(f'<form method="post" action="/sign-in?lang={say.language}">{hidden}{button}</form>')
