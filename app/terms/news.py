"""What changed in watched concepts, sent by e-mail to those who want it: what each may see, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import structlog

from app.mail import Post
from app.terms.base import Base
from app.terms.rights import Asker, Viewer, number_of
from app.terms.watching import watched
from app.texts import NEWS
from knowledge.errors import InvalidInput, NotFound, NotPermitted, PlumblineError
from knowledge.types import Role

if TYPE_CHECKING:
    from email.message import EmailMessage

    from app.terms.parts import Parts
    from app.terms.views import WatchedView
    from app.texts import NewsTexts
    from knowledge.catalog.news import Subscriber
    from knowledge.types import Language

_WAIT_SECONDS = 60.0
_MOST_TRIES = 30
_CLOSING_SECONDS = 10.0
_MOST_CHANGES = 10
"""So many changes of a concept are listed in a message; the page has the others."""

_log = structlog.get_logger(__name__)


class Newsman:
    """Sends what is new, once to each: over threads and processes. Thread-safe."""

    def __init__(self, parts: Parts, viewer: Callable[[str], Viewer]) -> None:
        self._parts = parts
        self._viewer = viewer
        self._settings = parts.workspace.settings.mail
        self._post = Post(self._settings)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def behind(self) -> bool:
        """Whether mail is on and somebody has not been told of the newest revision."""
        return self._post.sends and bool(self._parts.catalog.news.behind(self._current()))

    def now(self) -> int:
        """Send all that is new; gives how many messages were. Raises Unavailable when the server takes none."""
        if not self._post.sends:
            return 0
        current, sent = self._current(), 0
        for subscriber in self._parts.catalog.news.behind(current):
            if not self._parts.catalog.news.claim(subscriber, current):
                continue  # another process does it
            try:
                message = self._message(subscriber)
                if message is not None:
                    self._post.send([message])
                    sent += 1
            except InvalidInput as error:
                # Nothing helps but another address; the others are told all the same
                _log.warning("term_news_refused", account=subscriber.name, reason=str(error))
            except BaseException:
                self._parts.catalog.news.put_back(subscriber, current)
                raise
        return sent

    def at_once(self) -> None:
        """Send all that is new before a short process ends; a server that takes none is only logged."""
        try:
            self.now()
        except PlumblineError as error:
            _log.warning("term_news_put_off", reason=str(error))

    def start(self) -> None:
        """See to it in the background after the time in which changes are gathered."""
        if not self.behind():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="term-news", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Put off what is not sent yet; the next process that is started sends it."""
        self._closing.set()
        thread = self._thread
        if thread is not None:
            thread.join(_CLOSING_SECONDS)

    def _run(self) -> None:
        wait = self._settings.gather_minutes * 60
        for _ in range(_MOST_TRIES):
            if self._closing.wait(wait):
                return
            try:
                self.now()
            except PlumblineError as error:
                _log.warning("term_news_put_off", reason=str(error))
                wait = _WAIT_SECONDS
            else:
                if not self.behind():
                    return

    def _current(self) -> int:
        return number_of(self._parts.catalog.revisions.current_id())

    def _message(self, subscriber: Subscriber) -> EmailMessage | None:
        """What is new for somebody with the rights that they have now; None: nothing."""
        viewer = self._viewer(subscriber.name)
        found = [one for one in watched(self._parts, viewer, since=subscriber.told) if one.changes]
        if not found:
            return None
        language: Language = viewer.user.language if viewer.user else "en"
        texts = NEWS[language]
        first = found[0].concept.text(language)
        subject = texts.subject_one.format(name=first) if len(found) == 1 else texts.subject.format(count=len(found))
        body = "\n\n".join([texts.head, *(self._told(one, language, texts) for one in found), texts.foot])
        return self._post.message(subscriber.address, subject, f"{body}\n")

    def _told(self, one: WatchedView, language: Language, texts: NewsTexts) -> str:
        lines = [one.concept.text(language) + (texts.gone if one.gone else "")]
        for change in one.changes[:_MOST_CHANGES]:
            about = texts.change.format(
                number=change.number, author=change.author, added=change.added, removed=change.removed
            )
            lines.append(f"- {about}" + (f" {' '.join(change.comment.split())}" if change.comment else ""))
        if len(one.changes) > _MOST_CHANGES:
            lines.append(texts.more.format(count=len(one.changes) - _MOST_CHANGES))
        if self._settings.link and not one.gone:
            lines.append(f"{self._settings.link.rstrip('/')}/terms?concept={quote(one.concept.id, safe='')}")
        return "\n".join(lines)


class Telling(Base):
    """The part of `Terminology` that sends what changes in watched concepts."""

    _newsman: Newsman

    def news_address(self, user: Asker) -> str:
        """Where the user is told of changes by e-mail; "" for nowhere, also where no mail server is set."""
        viewer = self._viewer(user)
        return self._parts.catalog.news.address(viewer.name) if self.sends_news else ""

    @property
    def sends_news(self) -> bool:
        """Whether a mail server is set."""
        return bool(self._parts.workspace.settings.mail.server)

    def set_news_address(self, name: str, address: str, user: Asker) -> None:
        """Tell an account by e-mail of what changes from now on in the concepts that it watches; "": no more.

        Addresses are set by admins; everybody may end it for themselves. Raises InvalidInput for what is no address.
        """
        viewer, parts = self._viewer(user), self._parts
        account = parts.catalog.accounts.get(name)
        own = account is not None and account.name == viewer.name and viewer.user is not None
        if viewer.role != Role.ADMIN and not (own and not address.strip()):
            raise NotPermitted("e-mail: only admins set where news are sent; ask one of them")
        if account is None:
            raise NotFound(f"user {name!r}: no such account; see `plumbline users list`")
        if address.strip():
            clean = Post(parts.workspace.settings.mail).checked(address)
            parts.catalog.news.subscribe(account.name, clean, number_of(parts.catalog.revisions.current_id()))
        else:
            parts.catalog.news.unsubscribe(account.name)
        # Whether, not where: the address is personal
        parts.workspace.audit.append("graph.news", viewer.name, {"on": bool(address.strip())}, subject=account.name)

    def send_news(self, user: Asker) -> int:
        """Send now what is new in watched concepts; gives how many messages were sent. For admins."""
        if self._viewer(user).role != Role.ADMIN:
            raise NotPermitted("e-mail: only admins send news by hand; they go out by themselves")
        return self._newsman.now()
