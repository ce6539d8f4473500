"""News of watched concepts by e-mail, over a real SMTP server: what each may see, once; nothing when it is off."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.assistant import Assistant
from app.mail import Post
from app.settings import MailSettings, Settings
from app.wiring import open_workspace
from knowledge.catalog.accounts import AccountRecord
from knowledge.errors import InvalidInput, NotFound, NotPermitted, Unavailable
from knowledge.graph.changes import Delete, Edit, LabelForm, Several
from knowledge.types import User
from tests.app.terms.conftest import ADMIN, BOARD, EMPLOYEE, MANAGER, OPERATOR, OTHER

pytest.importorskip("aiosmtpd", reason="aiosmtpd of the dev extra is the mail server of these tests")

MERIDIAN, TRAVEL, FALCON = "urn:ex:meridian", "urn:ex:travel", "urn:ex:falcon"


class Inbox:
    """What a server took; addresses that begin with "nobody" are refused."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, EmailMessage]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.encrypted: list[bool] = []
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = message_from_bytes(envelope.content, policy=default)
        self.messages += [(address, parsed) for address in envelope.rcpt_tos]
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def told(self) -> dict[str, str]:
        """Subject and text of the newest message to each address."""
        return {address: f"{message['Subject']}\n{message.get_content()}" for address, message in self.messages}


@pytest.fixture
def serve() -> Iterator[Callable[..., Inbox]]:
    from aiosmtpd.controller import Controller

    running = []

    def start(**options: Any) -> Inbox:
        inbox = Inbox()
        controller = Controller(inbox, hostname="127.0.0.1", port=_free_port(), **options)
        controller.start()
        running.append(controller)
        inbox.port = controller.port
        return inbox

    yield start
    for controller in running:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def opened(folder: Path, port: int, **mail: Any) -> Assistant:
    settings = {"server": "127.0.0.1", "port": port, "security": "none", "gather_minutes": 0.0, **mail}
    opened = Assistant(open_workspace(Settings(workspace=folder, mail=MailSettings(**settings))))
    for user in (MANAGER, OTHER, BOARD, EMPLOYEE, ADMIN):
        language = "zh" if user is OTHER else "en"
        opened.catalog.accounts.add(AccountRecord(user.name, "-", user.role.value, user.groups, language))
    return opened


def renamed(assistant: Assistant, concept: str, text: str, author: User = MANAGER, **fields: object) -> None:
    form = assistant.terms.concept(concept, author).form
    label = LabelForm(text=text, kind="alternative", language="en")
    change = Edit(form=form.model_copy(update={"labels": (*form.labels, label), **fields}))
    proposal = assistant.terms.propose(change, author, comment=f"it is called {text}")
    assistant.terms.approve(proposal.id, OPERATOR, wait=True)


def watching(assistant: Assistant, user: User, *concepts: str) -> None:
    assistant.terms.set_news_address(user.name, f"{user.name}@corp.example", ADMIN)
    for concept in concepts:
        assistant.terms.watch(concept, assistant.user(user.name))


def test_each_is_told_once_in_their_language_and_not_of_their_own_changes(
    folder: Path, serve: Callable[..., Inbox]
) -> None:
    inbox = serve()
    with opened(folder, inbox.port, link="https://terms.corp.example/", sender="terms@corp.example") as assistant:
        watching(assistant, EMPLOYEE, MERIDIAN, TRAVEL)
        watching(assistant, OTHER, TRAVEL)
        watching(assistant, MANAGER, TRAVEL)
        assistant.terms.watch(TRAVEL, BOARD)  # without an address
        renamed(assistant, TRAVEL, "trip team")
        told = inbox.told()
        assert set(told) == {"eve@corp.example", "tom@corp.example"}
        assert "A term that you watch has changed: travel team" in told["eve@corp.example"]
        assert "Revision 2 by mei (+1 −0). it is called trip team" in told["eve@corp.example"]
        assert "https://terms.corp.example/terms?concept=urn%3Aex%3Atravel" in told["eve@corp.example"]
        assert "您关注的术语有变化：差旅组" in told["tom@corp.example"]
        assert inbox.messages[0][1]["From"] == "terms@corp.example"
        assert assistant.terms.send_news(ADMIN) == 0, "all have been told"
        renamed(assistant, MERIDIAN, "MRD")
        renamed(assistant, "urn:ex:systems", "IT systems")
        assert [address for address, _ in inbox.messages[2:]] == ["eve@corp.example"]
        assistant.terms.set_news_address("eve", "", EMPLOYEE)
        renamed(assistant, MERIDIAN, "MRD 2")
        assert len(inbox.messages) == 3


def test_nothing_that_the_receiver_may_not_see_is_in_a_message(folder: Path, serve: Callable[..., Inbox]) -> None:
    inbox = serve()
    with opened(folder, inbox.port) as assistant:
        watching(assistant, EMPLOYEE, "urn:ex:finance", MERIDIAN)
        watching(assistant, BOARD, FALCON)
        renamed(assistant, FALCON, "Falcon II", author=BOARD)
        assert inbox.messages == [], "the board's own change; and for eve there is no Falcon"
        # A change of two concepts, of which eve may see one
        form = assistant.terms.concept("urn:ex:finance", BOARD).form
        label = LabelForm(text="FIN", kind="alternative", language="en")
        falcon = assistant.terms.concept(FALCON, BOARD).form
        alias = LabelForm(text="Falcon III", kind="alternative", language="en")
        both = Several(
            changes=(
                Edit(form=form.model_copy(update={"labels": (*form.labels, label)})),
                Edit(form=falcon.model_copy(update={"labels": (*falcon.labels, alias)})),
            )
        )
        made = assistant.terms.propose(both, BOARD, comment="Project Falcon needs it")
        assistant.terms.approve(made.id, OPERATOR, wait=True)
        assert list(inbox.told()) == ["eve@corp.example"]
        # A concept that is restricted before the news go out
        assistant.terms.set_news_address("ada", "ada@corp.example", ADMIN)
        renamed(assistant, MERIDIAN, "secret trips", author=BOARD, access=("board",))
        made = assistant.terms.propose(Delete(concept=TRAVEL), OTHER, comment="x")
        assistant.terms.approve(made.id, OPERATOR, wait=True)
        everything = "\n".join(f"{message['Subject']}\n{message}" for _, message in inbox.messages)
        assert [
            word for word in ("Falcon", "falcon", "猎鹰", "board", "secret", "Meridian") if word in everything
        ] == []


def test_without_a_server_nothing_is_ever_sent(folder: Path, serve: Callable[..., Inbox]) -> None:
    inbox = serve()
    with opened(folder, inbox.port, server="") as assistant:
        watching(assistant, EMPLOYEE, TRAVEL)
        renamed(assistant, TRAVEL, "trip team")
        assert (assistant.terms.sends_news, assistant.terms.send_news(ADMIN)) == (False, 0)
        assert assistant.terms.news_address(EMPLOYEE) == ""
    assert inbox.messages == []
    with opened(folder, inbox.port) as assistant:
        assistant.terms.follow()
        newsman = assistant.terms._newsman
        assert newsman._thread is not None
        newsman._thread.join(30)
    assert list(inbox.told()) == ["eve@corp.example"], "once there is one, what waited is sent"


def test_a_server_that_is_away_hinders_nobody_and_is_asked_again(folder: Path, serve: Callable[..., Inbox]) -> None:
    with opened(folder, _free_port(), seconds=5.0) as assistant:
        watching(assistant, EMPLOYEE, TRAVEL)
        renamed(assistant, TRAVEL, "trip team")
        assert assistant.terms.history(EMPLOYEE, concept=TRAVEL)[0].comment == "it is called trip team"
        with pytest.raises(Unavailable, match=r"mail server 127\.0\.0\.1:\d+: .*see \[mail\]"):
            assistant.terms.send_news(ADMIN)
    inbox = serve()
    with opened(folder, inbox.port) as assistant:
        assert assistant.terms.send_news(OPERATOR) == 1
        assert "trip team" in inbox.told()["eve@corp.example"]


def test_an_address_that_is_refused_keeps_the_others_from_nothing(folder: Path, serve: Callable[..., Inbox]) -> None:
    inbox = serve()
    with opened(folder, inbox.port) as assistant:
        watching(assistant, EMPLOYEE, TRAVEL)
        watching(assistant, OTHER, TRAVEL)
        assistant.terms.set_news_address("eve", "nobody@corp.example", ADMIN)
        renamed(assistant, TRAVEL, "trip team")
        assert list(inbox.told()) == ["tom@corp.example"]
        assert assistant.terms.send_news(ADMIN) == 0, "the refused one is not tried for ever"


def test_encrypted_with_name_and_password(folder: Path, tmp_path: Path, serve: Callable[..., Inbox]) -> None:
    from aiosmtpd.smtp import AuthResult, LoginPassword

    ours = _certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(ours)
    seen: list[LoginPassword] = []

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        seen.append(data)
        return AuthResult(success=data.password == b"right", handled=False)

    inbox = serve(tls_context=context, require_starttls=True, auth_required=True, authenticator=check)
    mail = {"security": "starttls", "user": "plumbline", "password": "right", "certificates": ours}
    post = Post(MailSettings(server="127.0.0.1", port=inbox.port, **mail))
    post.send([post.message("eve@corp.example", "one\nline", "中文 text")])
    assert inbox.encrypted == [True]
    assert inbox.told()["eve@corp.example"].startswith("one line\n中文 text")
    assert seen[0] == LoginPassword(b"plumbline", b"right")
    for wrong, words in (
        ({"password": "wrong"}, "refuses name or password"),
        ({"certificates": None}, "certificate verify failed"),
        ({"security": "none"}, "see .mail. security"),
    ):
        post = Post(MailSettings(server="127.0.0.1", port=inbox.port, **{**mail, **wrong}))
        with pytest.raises(Unavailable, match=words):
            post.send([post.message("eve@corp.example", "x", "x")])
    assert len(inbox.messages) == 1


def test_who_may_set_which_address(folder: Path) -> None:
    with opened(folder, 1, domains=("corp.example",)) as assistant:
        set_address = assistant.terms.set_news_address
        for wrong in ("x", "eve@", "eve@corp.example\nBcc: x@evil.example", "eve@evil.example", "a b@corp.example"):
            with pytest.raises(InvalidInput):
                set_address("eve", wrong, ADMIN)
        with pytest.raises(NotPermitted):
            set_address("eve", "eve@corp.example", EMPLOYEE)
        with pytest.raises(NotPermitted):
            set_address("tom", "", EMPLOYEE)
        with pytest.raises(NotFound):
            set_address("nobody", "x@corp.example", ADMIN)
        set_address("eve", " eve@CORP.example ", ADMIN)
        assert assistant.terms.news_address(EMPLOYEE) == "eve@CORP.example"
        set_address("eve", "", EMPLOYEE)
        assert assistant.terms.news_address(EMPLOYEE) == ""
        entries = list(assistant.workspace.audit.list(action="graph.news"))
        assert all("example" not in str(entry) for entry in entries), "addresses are personal"


def _certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
