"""Small pieces of HTML that several pages are made of: badges, titles, times, sizes, and what can be pressed."""

from __future__ import annotations

from datetime import datetime

from app.ui.markup import Html, element
from app.ui.texts import Words

_KIB = 1024


def act(name: str, message: str, label: object, class_: str, number: int = 0, **attributes: object) -> Html:
    """A button of the page's own: pressed, the page runs again and finds it as `page.act`."""
    told = {"data_plb": name, "data_message": message, "data_number": number}
    return element("button", label, class_=class_, type="button", **told, **attributes)


def leading(name: str, message: str, label: object, class_: str, address: str) -> Html:
    """As `act`, for what leads somewhere: opened in a new tab it has an address of its own."""
    return element("a", label, class_=class_, href=address, data_plb=name, data_message=message, data_number=0)


def badge(text: str, look: str = "") -> Html:
    """A small mark; looks: "", "good", "warn", "bad"."""
    return element("span", text, class_=f"plb-mark{f' plb-{look}' if look else ''}")


def when(at: float) -> str:
    """A point in time, to the minute, in this machine's time zone."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def size(count: int) -> str:
    """Bytes in the unit that reads best."""
    amount = float(count)
    for unit in ("B", "KB", "MB"):
        if amount < _KIB:
            return f"{amount:.0f} {unit}"
        amount /= _KIB
    return f"{amount:.1f} GB"


def duration(seconds: float, say: Words) -> str:
    """How long something took or will take."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return say("docs.seconds", count=max(1, round(seconds)))
    minutes = round(seconds / 60)
    return say("docs.minutes", count=minutes) if minutes < 120 else say("docs.hours", count=round(minutes / 60))  # noqa: PLR2004


def heading(text: str, level: int = 2) -> Html:
    """A title inside the page."""
    return element("p", text, class_=f"plb-head plb-head-{level}", role="heading", aria_level=str(level))


def empty(text: str) -> Html:
    """What stands where there is nothing yet, and what to do about it."""
    return element("p", text, class_="plb-nothing")
