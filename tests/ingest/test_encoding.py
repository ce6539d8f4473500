"""Text in the encodings that companies have, told without a declaration."""

import pytest

from ingest.loaders.encoding import decode
from ingest.types import Unreadable

ZH = "员工出差应当事先提交申请，经部门负责人批准后方可出行。住宿费在规定标准以内据实报销。"
TRADITIONAL = "員工出差應當事先提交申請，經部門負責人批准後方可出行。"
KO = "직원은 출장 전에 신청서를 제출하고 승인을 받아야 합니다."
RU = "Сотрудник должен подать заявление до командировки."
JA = "名前,年齢,住所\n佐藤太郎,25,名古屋\n社員は事前に申請してください。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ZH, "utf-8"),
        (ZH, "utf-8-sig"),
        (ZH, "utf-16"),
        (ZH, "utf-16-le"),
        (ZH, "utf-16-be"),
        (ZH, "utf-32"),
        (ZH, "gb18030"),
        (ZH, "gbk"),
        ("试用期为三个月", "gb18030"),
        (TRADITIONAL, "big5"),
        (JA, "cp932"),
        (JA, "euc_jp"),
        (KO, "cp949"),
        (RU, "cp1251"),
        (RU, "koi8-r"),
        ("Ο υπάλληλος πρέπει να υποβάλει αίτηση", "cp1253"),
        ("Pracownik powinien złożyć wniosek służbowy", "cp1250"),
        ("员工出差应当事先提交申请", "utf-16-le"),
        (JA, "utf-16-be"),
        ("L'été était très chaud cette année.", "cp1252"),
        ("“smart” quotes – and a dash", "cp1252"),
        ("können äöüß", "latin-1"),
        ("plain ascii", "ascii"),
        ("名,值\n甲,1\n", "gb18030"),
        ("mixed 中文 and English, mostly English here.", "gbk"),
    ],
)
def test_round_trip(text, encoding):
    assert decode(text.encode(encoding))[0] == text


def test_damaged_utf8_stays_utf8():
    data = (ZH * 4).encode()
    text, name = decode(data[:20] + b"\xff" + data[20:])
    assert "damaged" in name
    assert "提交申请" in text


def test_cut_off_utf16():
    assert decode(b"\xff\xfe" + ZH.encode("utf-16-le")[:-1])[0] == ZH[:-1]


@pytest.mark.parametrize("data", [bytes(range(256)) * 8, b"\x00\x01\x02\x03" * 100, b"\xff\xfe" + b"\x00\xd8" * 50])
def test_binary_is_refused(data):
    with pytest.raises(Unreadable):
        decode(data)
