"""The whole of desensitizing: policy, placeholders, offsets, documents."""

import socket
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.desensitize import Action, Desensitizer, Policy, load_policy
from ingest.desensitize.pseudonyms import PLACEHOLDER
from ingest.types import Block, LoadedDocument

KEY = b"\x07" * 32
PHONE = "13812345678"
ID = "11010519491231002X"


def with_policy(**values) -> Desensitizer:
    return Desensitizer(Policy(**values), KEY)


def test_replaces_and_tells_where(desensitizer):
    text = f"联系人张三，手机{PHONE}，身份证{ID}。"
    clean, spans = desensitizer.desensitize(text)
    assert PHONE not in clean
    assert ID not in clean
    assert [(text[span.start : span.end], span.type) for span in spans] == [
        ("张三", "PERSON"),
        (PHONE, "PHONE_NUMBER"),
        (ID, "CN_ID_CARD"),
    ]
    assert all(PLACEHOLDER.fullmatch(span.replacement) for span in spans)
    assert clean.startswith("联系人⟨PERSON·")


def test_same_value_same_placeholder_however_written(desensitizer):
    clean = [desensitizer.desensitize(text)[0] for text in (PHONE, "+86 138-1234-5678", "１３８１２３４５６７８")]
    assert len(set(clean)) == 1
    assert desensitizer.desensitize("13912345678")[0] != clean[0]


def test_placeholders_before_a_value_do_not_move_it(desensitizer):
    once = desensitizer.desensitize(f"手机{PHONE}，证件{ID}")[0]
    text = f"{once}，又及 139 1234 5678；⟨PASSWORD⟩。"
    clean, spans = desensitizer.desensitize(text)
    assert [text[span.start : span.end] for span in spans] == ["139 1234 5678"]
    assert clean == f"{once}，又及 {spans[0].replacement}；⟨PASSWORD⟩。"


def test_another_key_gives_other_placeholders(desensitizer):
    other = Desensitizer(load_policy(), b"\x08" * 32)
    assert other.desensitize(PHONE) != desensitizer.desensitize(PHONE)
    assert other.fingerprint != desensitizer.fingerprint


@pytest.mark.parametrize(
    ("action", "clean"),
    [
        (Action.KEEP, ID),
        (Action.MASK, "110105********002X"),
        (Action.TAG, "⟨ID⟩"),
        (Action.GENERALIZE, "⟨ID 11 1949⟩"),
        (Action.REMOVE, ""),
    ],
)
def test_actions(action, clean):
    assert with_policy(entities={"CN_ID_CARD": action}).desensitize(ID)[0] == clean


@pytest.mark.parametrize("action", list(Action))
def test_twice_is_once(action):
    desensitizer = with_policy(default=action)
    text = (
        f"手机{PHONE} 证件 {ID} 卡号 6222023602899998371 邮箱 li@example.com 密码：IqUP34#tmC 京A12345 "
        "服务器 192.168.13.7 护照 E12345678 api_key = f5e85ab81de2e3bb4ec59deb40fe1aca DE89370400440532013000 "
        "SSN 536-22-8145, 00:1A:2b:3C:4d:5E, https://u:pw1234@host.example.com"
    )
    once, _ = desensitizer.desensitize(text)
    assert desensitizer.desensitize(once) == (once, [])


def test_own_domains_and_kept_values_stay():
    desensitizer = with_policy(keep_domains=["@Example.com"], keep_values=["+86 400-820-7155", PHONE])
    kept = "写信给 hr@example.com 或 it@mail.example.com，电话 138 1234 5678"
    assert desensitizer.desensitize(kept) == (kept, [])
    assert "x@badexample.com" not in desensitizer.desensitize("x@badexample.com")[0]


def test_values_that_are_always_found():
    desensitizer = with_policy(find={"PERSON": ["Nessie", "小龙女"]})
    clean, spans = desensitizer.desensitize("小龙女 met Nessie, not Nessies")
    assert [span.type for span in spans] == ["PERSON", "PERSON"]
    assert clean.endswith(", not Nessies")


def test_paths_keep_two_files_apart_and_say_nothing():
    desensitizer = with_policy(default=Action.TAG)
    first, second = (
        desensitizer.desensitize_path(f"客户/王建国_{number}_合同.pdf") for number in ("13812345678", "13912345678")
    )
    assert first != second
    assert "王建国" not in first
    assert "13812345678" not in first
    assert first.startswith("客户/⟨PERSON·")
    assert first.endswith("_合同.pdf")
    assert desensitizer.desensitize_path("policies/travel_2025-03-01.md") == "policies/travel_2025-03-01.md"


def test_table_survives(desensitizer):
    table = f"| 姓名 | 手机 |\n| --- | --- |\n| 张三 | {PHONE} |\n| 李四 | 13912345678 |"
    clean, spans = desensitizer.desensitize(table)
    assert [line.count("|") for line in clean.split("\n")] == [line.count("|") for line in table.split("\n")]
    assert len(spans) == 4


def test_document_is_seen_as_one_text(desensitizer):
    document = LoadedDocument(
        "md",
        (
            Block("heading", f"护照 {PHONE}", 1),
            Block("text", "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnopqrst"),
            Block("text", "uvwxyzabcdefghijklmn\n-----END PRIVATE KEY-----\nrest"),
            Block("text", "nothing here"),
        ),
        title=f"{PHONE}",
        metadata={"phone": "02159111840", "note": "fine"},
    )
    clean, counts = desensitizer.desensitize_document(document)
    assert PHONE not in repr(clean)
    assert "02159111840" not in repr(clean)
    assert [block.text for block in clean.blocks[1:]] == ["⟨PRIVATE_KEY⟩", "\nrest", "nothing here"]
    assert clean.metadata["note"] == "fine"
    assert counts == Counter(PHONE_NUMBER=2, PRIVATE_KEY=1)


def test_opens_no_socket(monkeypatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    text = f"联系人：王建国，Dear Mary Taylor, mail li@example.co.uk, {PHONE}, +44 20 7946 0447, 192.168.1.9"
    _, spans = with_policy().desensitize(text)
    assert len(spans) == 6


VALUES = st.sampled_from(
    [
        *(PHONE, ID, "li@example.com", "6222023602899998371", "京A12345", "192.168.13.7", "⟨PHONE·abcdef⟩"),
        *("王建国", "由李娜负责", "欧阳若曦，", "Kevin Zhao", "Dear Mary Taylor, ", "约翰·史密斯", "联系人：", "、"),
        *("杭州市西湖区文三路478号3幢201室", "22 Queen Street, Leeds LS1 4AP", "微信：lin_2024"),
        *("出生日期：1990年3月4日", "|", "\n"),
    ]
)


@given(st.lists(st.one_of(st.text(max_size=12), VALUES), max_size=8))
@settings(max_examples=150, deadline=None)
def test_offsets_and_idempotence(pieces):
    text = "".join(pieces)
    desensitizer = with_policy()
    clean, spans = desensitizer.desensitize(text)
    rebuilt, place = "", 0
    for span in spans:
        assert span.start >= place, "spans are in order and do not overlap"
        assert span.end <= len(text)
        rebuilt += text[place : span.start] + span.replacement
        place = span.end
    assert rebuilt + text[place:] == clean
    assert desensitizer.desensitize(clean) == (clean, [])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_development_texts(shared_data, language, desensitizer):
    """Structured kinds on the development rows, by the measure of the set itself."""
    import json
    import runpy

    score = runpy.run_path(str(shared_data / "pii" / "score.py"))["score"]
    lines = (shared_data / "pii" / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = {
        row["id"]: [{"start": s.start, "end": s.end, "type": s.type} for s in desensitizer.desensitize(row["text"])[1]]
        for row in rows
    }
    result = score(rows, found)
    for kind, figures in result.items():
        if isinstance(figures, dict) and kind not in {"ALL", "PERSON"}:
            assert figures["recall"] >= 0.98, kind
            assert figures["precision"] >= 0.97, kind
    assert result["PERSON"]["recall"] >= 0.95
    assert result["PERSON"]["precision"] >= 0.95
    assert result["clean_rows_touched"] <= 0.01
    assert result["over_mask_per_1000"] <= 1
