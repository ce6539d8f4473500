"""E-mail through a company's SMTP server; nothing is sent unless one is set."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterable
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING

from knowledge.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import MailSettings

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_LONGEST = 254


class Post:
    """Sends messages as the settings say. Safe from many threads: each call has a connection of its own."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    @property
    def sends(self) -> bool:
        """Whether a server is set; without one nothing is ever sent."""
        return bool(self._settings.server)

    def checked(self, address: str) -> str:
        """An address that mail may go to, without outer blanks. Raises InvalidInput for any other."""
        clean = address.strip()
        if len(clean) > _LONGEST or not _ADDRESS.fullmatch(clean):
            raise InvalidInput(f"e-mail {clean[:80]!r}: not an address; write name@company.example")
        domain, allowed = clean.rpartition("@")[2].lower(), self._settings.domains
        if allowed and domain not in {one.lower() for one in allowed}:
            raise InvalidInput(f"e-mail {clean!r}: mail goes to {', '.join(allowed)} only ([mail] domains)")
        return clean

    def message(self, to: str, subject: str, text: str) -> EmailMessage:
        """A plain message; what is said stands in one line of the subject, whatever it holds."""
        local, _, domain = self.checked(to).rpartition("@")
        sender = self._settings.sender or f"plumbline@{self._settings.server}"
        made = EmailMessage()
        made["From"] = sender
        made["To"] = Address(username=local, domain=domain)
        made["Subject"] = " ".join(subject.split())
        made["Date"] = formatdate(localtime=True)
        made["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
        # Tells other programs not to answer it
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(text)
        return made

    def send(self, messages: Iterable[EmailMessage]) -> None:
        """Send messages over one connection. Raises Unavailable, naming the server, when one is not taken.

        Raises InvalidInput for an address that the server refuses.
        """
        settings = self._settings
        place = f"mail server {settings.server}:{settings.port}"
        try:
            with self._connected() as server:
                for message in messages:
                    server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            raise Unavailable(
                f"{place}: it refuses name or password; set [mail] user and PLUMBLINE_MAIL__PASSWORD"
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            refused = ", ".join(error.recipients)
            raise InvalidInput(f"{place}: it takes no mail for {refused}; correct the address") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Unavailable(f"{place}: {error}; see [mail] security and user") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(f"{place}: {' '.join(str(error).split())[:200]}; see [mail] in plumbline.toml") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings, context = self._settings, ssl.create_default_context(cafile=self._settings.certificates)
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(settings.server, settings.port, timeout=settings.seconds, context=context)
        else:
            server = smtplib.SMTP(settings.server, settings.port, timeout=settings.seconds)
        with server:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user:
                password = settings.password.get_secret_value() if settings.password else ""
                server.login(settings.user, password)
            yield server
