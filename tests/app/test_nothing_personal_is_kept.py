"""What people type, attach and comment is kept like documents are: without personal data, on every path, errors too."""

import logging
import shutil
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.attachment import Attachment
from app.leaks import scan
from app.logs import configure_logging
from app.settings import LoggingSettings, load_settings
from knowledge.errors import PlumblineError
from knowledge.types import Role

pytestmark = pytest.mark.model

PHONE, NAME, CARD, MAIL = "13857126648", "郝建平", "6228480402564890018", "hjp.private@mail.example.net"
ORIGINALS = [(1, PHONE), (2, NAME), (3, CARD), (4, MAIL)]
TEXT = f"联系人：{NAME}，电话 {PHONE}，卡号 {CARD}，邮箱 {MAIL}"


@pytest.fixture
def assistant(tmp_path: Path):
    """A workspace with one document, logging at DEBUG into its own folder."""
    folder = tmp_path / "workspace"
    settings = load_settings(folder, environment={})
    small = settings.answer.model_copy(
        update={"model": "smollm2-135m-instruct-q4", "backend": "llama.cpp", "max_tokens": 16}
    )
    settings = settings.model_copy(update={"answer": small})
    from app.wiring import open_workspace

    open_workspace(settings, create=True).close()
    configure_logging(LoggingSettings(level="DEBUG"), workspace=folder, debug=True)
    source = tmp_path / "source"
    source.mkdir()
    (source / "travel.md").write_text("# Travel\n\nHotels cost at most 600 CNY a night.\n", encoding="utf-8")
    with Assistant.open(settings=settings) as opened:
        opened.workspace.accounts.add("sam", "a long enough password", role=Role.EMPLOYEE)
        opened.ingest([source])
        yield opened
    for handler in logging.getLogger().handlers[:]:
        if getattr(handler, "plumbline", False):
            logging.getLogger().removeHandler(handler)
            handler.close()


def test_questions_attachments_titles_comments_and_errors(assistant: Assistant, tmp_path: Path) -> None:
    workspace = assistant.workspace
    user, stored = assistant.user("sam"), workspace.conversations
    conversation = stored.create(user, f"关于{TEXT}").id
    attachment = Attachment(f"{NAME}_{PHONE}.md", f"# 说明\n\n{TEXT}\n\n酒店每晚最多600元。\n".encode())
    answer = assistant.ask(f"酒店每晚最多多少元？{TEXT}", user, conversation, attachment=attachment)
    message = stored.messages(conversation, user)[-1].id
    stored.rename(conversation, user, f"{TEXT} 2")
    stored.give_feedback(message, user, "down", comment=f"不对：{TEXT}")
    assert PHONE not in answer.question
    clean, spans = assistant.desensitize(TEXT)
    assert [TEXT[span.start : span.end] for span in spans] == [NAME, PHONE, CARD, MAIL]
    name, phone, card, mail = (span.replacement for span in spans)
    assert clean == f"联系人：{name}，电话 {phone}，卡号 {card}，邮箱 {mail}"

    failing = (
        lambda: assistant.ask(TEXT, TEXT),
        lambda: assistant.ask(TEXT, user, conversation, scope=[TEXT]),
        lambda: assistant.ask(TEXT, user, attachment=Attachment(f"{NAME}.docx", b"PK\x03\x04" + TEXT.encode())),
        lambda: assistant.document(TEXT, user),
        lambda: assistant.ingest([tmp_path / f"{NAME}-{PHONE}.md"]),
    )
    for fail in failing:
        with pytest.raises(PlumblineError) as error:
            fail()
        logging.getLogger("app").error("failed: %s", error.value, exc_info=error.value)
    assert (workspace.folder / "logs").is_dir()
    shutil.copytree(workspace.folder, tmp_path / "looked-at")
    assert scan(tmp_path / "looked-at", ORIGINALS).leaks == ()
