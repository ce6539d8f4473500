"""The only place where the pages make HTML: text goes in escaped, or not at all.

`Html` is text that is safe to show as HTML. It comes from `escape`, `element`, `join`, and from the files of this
package; nothing else makes one, so that text of documents, users and models cannot become markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TAGS = frozenset(
    {"a", "article", "b", "blockquote", "br", "button", "code", "dd", "del", "details", "div", "dl", "dt", "em", "h2"}
    | {"h3", "hr", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "s", "section", "small", "span", "strong", "sub"}
    | {"sup", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
_VOID = frozenset({"br", "hr"})
_ATTRIBUTES = frozenset(
    {"class", "disabled", "href", "id", "lang", "open", "role", "start", "tabindex", "title", "type", "download"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_OWN_LINK = re.compile(r"/(?![/\\])[A-Za-z0-9_./?=&%-]*")


class Html(str):
    """Text that may be shown as HTML."""

    __slots__ = ()


def escape(text: object) -> Html:
    """`text` as HTML that shows exactly these characters; controls and direction overrides are dropped."""
    return text if isinstance(text, Html) else Html(html.escape(_CONTROL.sub("", str(text)), quote=True))


def join(parts: Iterable[object], between: str = "") -> Html:
    """The parts one after the other, each escaped unless it is `Html`."""
    return Html(between.join(escape(part) for part in parts))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """One element of a short list of tags; children are escaped unless they are `Html`.

    `class_` stands for `class`, `data_x` for `data-x`; an attribute that is None or False is left out, True stands
    without a value. Links lead to this server only. Anything else is a programming mistake: ValueError.
    """
    if tag not in _TAGS:
        raise ValueError(f"<{tag}> is not among the elements of the pages")
    opening = tag + "".join(_attribute(name, value) for name, value in attributes.items())
    return Html(f"<{opening}>") if tag in _VOID else Html(f"<{opening}>{join(children)}</{tag}>")


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    if written not in _ATTRIBUTES and not written.startswith(("data-", "aria-")):
        raise ValueError(f"attribute {written!r} is not among those of the pages")
    if not _NAME.fullmatch(written):
        raise ValueError(f"attribute {written!r} is not a name")
    if written == "href" and not _OWN_LINK.fullmatch(str(value)):
        raise ValueError(f"link {value!r} leads away from this server")
    return f" {written}" if value is True else f' {written}="{escape(value)}"'
