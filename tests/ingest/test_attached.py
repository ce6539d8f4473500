"""A file for one question: read like a document, and kept nowhere."""

import tempfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.attached import read_attached
from ingest.types import Limits
from knowledge.errors import InvalidInput
from knowledge.types import ATTACHED, DocumentRecord

Read = Callable[..., tuple[DocumentRecord, ...]]


@pytest.fixture
def read(embedder, desensitizer) -> Read:
    def read(name: str, data: bytes, **options: object) -> tuple[DocumentRecord, ...]:
        values = {"limits": Limits(max_file_mb=1, seconds=30), "most_chunks": 20, **options}
        return read_attached(
            name, data, desensitizer=desensitizer, embedder=embedder, links=None, chunk_tokens=200, chunk_overlap=20,
            **values,
        )  # fmt: skip

    return read


def test_it_is_read_cleaned_and_split_like_a_document(read: Read) -> None:
    text = "# 采购合同\n\n## 付款\n\n货到后 45 天内付款，联系电话 13812345678。\n\n## 违约\n\n每迟一周支付 2%。\n"
    (record,) = read("C:\\Users\\me\\采购合同.md", text.encode())
    assert record.document.path == "采购合同.md"
    assert record.document.id.startswith(ATTACHED)
    assert record.document.title == "采购合同"
    assert "货到后 45 天内付款" in record.text
    assert "13812345678" not in str(record)
    assert len(record.vectors) == len(record.chunks)
    assert {chunk.document_id for chunk in record.chunks} == {record.document.id}
    assert len({chunk.id for chunk in record.chunks}) == len(record.chunks) > 0


def test_a_name_without_a_suffix_and_personal_data_in_a_name(read: Read) -> None:
    (record,) = read("notes of 13812345678.txt", b"Bring the keys.")
    assert "13812345678" not in str(record)


def test_what_a_mail_holds_comes_along(read: Read) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Offer"
    mail.set_content("The offer is attached.")
    mail.add_attachment("# Offer\n\nForty sensors for 9,000 euros.\n", subtype="markdown", filename="offer.md")
    records = read("mail.eml", bytes(mail))
    assert [record.document.path for record in records] == ["mail.eml", "mail.eml!/offer.md"]
    assert len({record.document.id for record in records}) == 2
    assert "Forty sensors" in records[1].text


@pytest.mark.parametrize(
    ("name", "data", "options", "said"),
    [
        ("empty.txt", b"", {}, "empty.txt: "),
        ("broken.pdf", b"%PDF-1.7 broken", {}, "broken.pdf: "),
        ("big.txt", b"x" * (1 << 20) + b"x", {}, "big.txt: larger than 1 MiB; attach a smaller file"),
        ("long.md", b"# A\n\nOne.\n\n# B\n\nTwo.\n", {"most_chunks": 0}, "long.md: too long"),
        ("slow.txt", b"A sentence.", {"limits": Limits(max_file_mb=1, seconds=0.0)}, "slow.txt: took longer than 0 s"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    read: Read, name: str, data: bytes, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(name, data, **options)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_nothing_is_written(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    read("note.md", b"# Note\n\nBring the keys.\n" * 3)
    assert list(tmp_path.iterdir()) == []
