"""Each recognizer on a table of values, with Chinese glued to both sides, and on look-alikes that must stay."""

import re

import pytest

from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers import RECOGNIZERS, all_recognizers
from ingest.desensitize.recognizers.bank_card import luhn
from ingest.desensitize.recognizers.base import Recognizer
from ingest.desensitize.recognizers.cn_id_card import check_character as id_check
from ingest.desensitize.recognizers.cn_uscc import check_character as uscc_check

RSA = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+IBAAKCAQEAx1\nabcdEFGH/123=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

BY_PATTERNS = {kind.entity for kind in map(type, all_recognizers()) if kind.find is Recognizer.find}

# what stands before the value, the value, its kind
FOUND = [
    ("", "11010519491231002X", "CN_ID_CARD"),  # the standard's own example
    ("", "11010519491231002x", "CN_ID_CARD"),
    ("", "１１０１０５１９４９１２３１００２Ｘ", "CN_ID_CARD"),  # full width
    ("", "110105 19491231 002X", "CN_ID_CARD"),
    ("", "110105-19491231-002X", "CN_ID_CARD"),
    ("身份证号：", "110105491231002", "CN_ID_CARD"),  # 15 digits only with a word for it
    ("老证号", "110105491231002", "CN_ID_CARD"),
    ("一代证", "110105491231002", "CN_ID_CARD"),
    ("港澳居民证件", "M03829868", "PASSPORT"),
    ("取药批号\n1,某某,", "15721632941", "PHONE_NUMBER"),  # a column's head in the line before
    ("ID card ", "110105194912310021", "CN_ID_CARD"),  # a typing error is still personal
    ("", "91350100M000100Y43", "CN_USCC"),
    ("", "９１３５０１００Ｍ０００１００Ｙ４３", "CN_USCC"),
    ("", "13812345678", "PHONE_NUMBER"),
    ("", "138-1234-5678", "PHONE_NUMBER"),
    ("", "138 1234 5678", "PHONE_NUMBER"),
    ("", "+86 138 1234 5678", "PHONE_NUMBER"),
    ("", "008613812345678", "PHONE_NUMBER"),
    ("", "(+86)13812345678", "PHONE_NUMBER"),
    ("", "１３８１２３４５６７８", "PHONE_NUMBER"),
    ("", "010-82345678", "PHONE_NUMBER"),
    ("", "0571 8234 5678", "PHONE_NUMBER"),
    ("", "+86-571-82780610", "PHONE_NUMBER"),
    ("", "021-59111840转8003", "PHONE_NUMBER"),
    ("电话：", "02159111840", "PHONE_NUMBER"),
    ("联系电话是", "20240502", "PHONE_NUMBER"),  # a day too, but a word says what it is
    ("", "+49 30 40142529", "PHONE_NUMBER"),
    ("", "+1-212-555-0115 ext. 736", "PHONE_NUMBER"),
    ("", "(303) 555-0113", "PHONE_NUMBER"),
    ("", "6222023602899998371", "CREDIT_CARD"),  # UnionPay, 19 digits
    ("", "6228 4803 2756 4138 094", "CREDIT_CARD"),
    ("", "4111-1111-1111-1111", "CREDIT_CARD"),
    ("", "４１１１－１１１１－１１１１－１１１１", "CREDIT_CARD"),
    ("", "378282246310005", "CREDIT_CARD"),
    ("", "3782 822463 10005", "CREDIT_CARD"),
    ("", "li.lei+work@mail.example.com.cn", "EMAIL_ADDRESS"),
    ("", "zhang@公司.中国", "EMAIL_ADDRESS"),
    ("", "ｌｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", "EMAIL_ADDRESS"),
    ("护照号", "E12345678", "PASSPORT"),
    ("Passport no. ", "978410206", "PASSPORT"),
    ("renewed her passport; the new number is ", "618595637", "PASSPORT"),
    ("乘机人 杨启航|证件 ", "G48510864", "PASSPORT"),
    ("London office: ", "07700 900271", "PHONE_NUMBER"),
    ("access_key=", "AKIAXPUJKKZUMJKVKUSA", "API_KEY"),  # no digit
    ("港澳通行证号", "C01079769", "PASSPORT"),
    ("", "京A12345", "LICENSE_PLATE"),
    ("", "京Ａ１２３４５", "LICENSE_PLATE"),
    ("", "沪A·D12345", "LICENSE_PLATE"),  # new energy
    ("", "192.168.13.7", "IP_ADDRESS"),
    ("", "10.0.0.0/8", "IP_ADDRESS"),
    ("", "10.4.2.17", "IP_ADDRESS"),
    ("DNS主节点设为", "203.0.113.101", "IP_ADDRESS"),
    ("调用方IP", "172.31.177.178", "IP_ADDRESS"),
    ("客户端 ", "1.12.13.114", "IP_ADDRESS"),
    ("", "1.12.13.0/24", "IP_ADDRESS"),
    ("", "１９２．１６８．１３．７", "IP_ADDRESS"),
    ("", "2001:db8:4520:e8ef::dac9", "IP_ADDRESS"),
    ("IPv6：", "2001:db8:4520::17", "IP_ADDRESS"),
    ("Node:", "2001:db8:4520::17", "IP_ADDRESS"),
    ("", "00:1A:2b:3C:4d:5E", "MAC_ADDRESS"),
    ("", "001a.2b3c.4d5e", "MAC_ADDRESS"),
    ("", "536-22-8145", "US_SSN"),
    ("SSN ", "536228145", "US_SSN"),
    ("", "DE89370400440532013000", "IBAN_CODE"),
    ("", "GB82 WEST 1234 5698 7654 32", "IBAN_CODE"),
    ("", "AKIAIOSFODNN7ABCDEFG", "API_KEY"),
    ("", "ghp_jG7ZCcDiMIdQp4Iz2UXB0sUA2CLomIhYCcQo", "API_KEY"),
    ("", "sk-Qm4xT9vKp2LwZ7nB3cR8dY1s", "API_KEY"),
    ("", "AIzaSyB7k2QpX9dLm4TzR1vNc8WyE5uHg3JfK6a", "API_KEY"),
    ("", "LTAI5tQm4xT9vKp2LwZ7nB3c", "API_KEY"),
    ("", "AKIDQm4xT9vKp2LwZ7nB3cR8dY1sHf6", "API_KEY"),
    ("", "xoxb-2847561930-Qm4xT9vKp2LwZ7nB", "API_KEY"),
    ("", "glpat-Qm4xT9vKp2LwZ7nB3cR8", "API_KEY"),
    ('api_key = "', "f5e85ab81de2e3bb4ec59deb40fe1aca", "API_KEY"),
    ("access token ", "af3f3ac51b2fd794fd2b98437ccd12fd", "API_KEY"),
    ("令牌", "af3f3ac51b2fd794fd2b98437ccd12fd", "API_KEY"),
    ("密钥：", "Zk81pQ0sLm29vXc7Rt4yUw", "API_KEY"),
    ("", JWT, "JWT"),
    ("", RSA, "PRIVATE_KEY"),
    ("密码：", "IqUP34#tmC", "PASSWORD"),
    ("password=", "letmein", "PASSWORD"),
    ("密码为", "Tr0ckenDock77", "PASSWORD"),
    ("root密码：", "VhVMSMvJ9c64f", "PASSWORD"),
    ("password for the port office: ", "M4dRHSJ9UR1o", "PASSWORD"),
    ("mysql://admin:", "29Q#9QFZ%k7a", "PASSWORD"),
    ("national insurance number ", "AB 12 34 56 C", "NATIONAL_ID"),
    ("Aadhaar ", "4991 1866 5246", "NATIONAL_ID"),
    ("", "A123456(3)", "NATIONAL_ID"),  # Hong Kong
    ("台湾身份证", "A123456789", "NATIONAL_ID"),
    ("Steuer-ID ", "86095742719", "NATIONAL_ID"),
    ("", "255081416802538", "NATIONAL_ID"),  # France
    ("DNI ", "12345678Z", "NATIONAL_ID"),
    ("", "S1234567D", "NATIONAL_ID"),  # Singapore
    ("", "900101-1234567", "NATIONAL_ID"),  # Korea
    ("", "RSSMRA85T10A562S", "NATIONAL_ID"),  # Italy
    ("微信：", "lin_2024work", "SOCIAL_ACCOUNT"),
    ("微信号", "zhangwei88", "SOCIAL_ACCOUNT"),
    ("QQ：", "283947561", "SOCIAL_ACCOUNT"),
    ("出生日期：", "1990年3月4日", "BIRTH_DATE"),
    ("born on ", "4 March 1990", "BIRTH_DATE"),
    ("地址：", "浙江省杭州市西湖区文三路478号3幢201室", "ADDRESS"),
    ("", "22 Queen Street, Leeds LS1 4AP", "ADDRESS"),
    ("", "Hauptstraße 12, 10115 Berlin", "ADDRESS"),
    ("", "12 rue de la Paix, 75002 Paris", "ADDRESS"),
    ("", "Priya Taylor", "PERSON"),
]
AFTER = {"mysql://admin:": "@db.internal:3306/crm"}


@pytest.fixture(scope="module")
def recognizers():
    return {recognizer.entity: recognizer for recognizer in all_recognizers()}


@pytest.mark.parametrize(("before", "value", "kind"), FOUND)
@pytest.mark.parametrize("glue", ["", "中", "｜"])
def test_found_whatever_stands_beside_it(recognizers, before, value, kind, glue):
    text = f"{glue}{before or glue}{value}{AFTER.get(before, glue)}"
    found = recognizers[kind].analyze(text, [kind])
    assert {(text[one.start : one.end], one.entity_type) for one in found} == {(value, kind)}


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("passport numbers: Pavel Demir P69675886, Wei Quintero 555498936.", "PASSPORT", {"P69675886", "555498936"}),
        ("旅客姓名\t护照号\t航段\n武炜\tE34599943\tPVG-FRA", "PASSPORT", {"E34599943"}),
        ("traveller;passport;seat\nHeather;756862100;14C\nZoe;669817829;22A", "PASSPORT", {"756862100", "669817829"}),
        ("order;batch;seat\nHeather;756862100;14C", "PASSPORT", set()),
        ("name|phone|order\nWang|82345678|23456789", "PHONE_NUMBER", {"82345678"}),
        ("root密码KqXND_UhrYkg5p已写入保险柜", "PASSWORD", {"KqXND_UhrYkg5p"}),
        (
            "房屋坐落于合肥市蜀山区漕宝路1177号书香门第4栋2单元501，",
            "ADDRESS",
            {"合肥市蜀山区漕宝路1177号书香门第4栋2单元501"},
        ),
    ],
)
def test_found_by_what_stands_further_off(recognizers, text, kind, values):
    assert {text[one.start : one.end] for one in recognizers[kind].analyze(text, [kind])} == values


def test_a_line_of_heads_may_stand_below_one_that_looks_like_one():
    view = TextView("名单,共,三\n姓名,电话,备注\n王伟,82345678,无\n李娜,82345679,无\n\n甲,乙\n")
    assert [view.plain[start:end] for start, end in view.columns(re.compile("电话"))] == ["82345678", "82345679"]
    assert view.before(view.plain.index("82345679")) == "共\n"  # the first line tells the head
    assert view.before(view.plain.index("乙")) == "甲,"


def test_the_word_behind_an_iban_is_no_group_of_it(recognizers):
    text = "Escrow account BE89 5682 6119 1746 is held for us."
    found = recognizers["IBAN_CODE"].analyze(text, ["IBAN_CODE"])
    assert [text[one.start : one.end] for one in found] == ["BE89 5682 6119 1746"]


STAYS = [
    ("订单号DD20260119467806已发货", "an order number with letters"),
    ("流水号 13812345678 已入账", "eleven digits that the text calls something else"),
    ("条码6901487656985扫描失败", "a bar code"),
    ("交易流水 6217006618526421332 是自增编号", "a card's prefix without a right last digit"),
    ("110105194912310021", "an ID number with a wrong check character and no word for it"),
    ("110105491231002", "fifteen digits with no word for them"),
    ("991349123100211234", "no province"),
    ("91350100M000100Y44", "a credit code with a wrong check character"),
    ("固件版本11.9.12.223修复了内存泄漏", "a version"),
    ("Firmware 8.4.11.16 supersedes v2.15.35", "versions"),
    ("驱动程序12.4.18.114与旧主板不兼容，BIOS 10.9.3.2 已撤回", "versions without the word"),
    ("拨打电话登记，20240502 起生效", "a day behind a word for telephones"),
    ("std::string1::at, abc1::def2::ghi3", "code"),
    ("It crashed in 2.3.5.198 and 12.1.1.149; 3.19.9.47 is fine.", "numbers that read like versions, and no network"),
    ("password=CHANGE_ME, password: change-it", "a manual's placeholders"),
    ("Upgrade the client from 7.8.14-rc4 to 18.16.30.222 first.", "a version after one"),
    ("Bearing 6215-2RS is out of stock. During 2021 String 1204 was sold.", "no German streets"),
    ("md5 d41d8cd98f00b204e9800998ecf8427e", "a hash"),
    ("Localhost is 127.0.0.1, mask 255.255.255.0.", "addresses of no machine"),
    ("12:30:45 and std::vector::at", "a time and code"),
    ("api_key: YOUR_API_KEY", "a manual's placeholder"),
    ("token: 9700dc99-6685-40b4-9a3a-5e406dcb37f3", "an identifier"),
    ("提交 b62cbb28e74e85ceef7f3640e2a01f175ecf2c3b5a881da68707d05e4100b7cf 引入了回归", "a hash"),
    ("密码：至少8位，含字母和数字", "a rule for passwords"),
    ("The password is required and must be changed every 90 days.", "a sentence about passwords"),
    ("Password: minimum 12 characters", "a rule"),
    ("The password for the port office: ask at reception", "no password"),
    ("规程 WI-69 第8.15.4.186版，BIOS 3.19.9.47", "versions by what stands beside them"),
    ("外派工程师的护照将于20251217到期", "a day right behind a word for passports"),
    ("Set-top box image 8.0.17.110 requires bootloader 7.13.38.105", "versions without the word"),
    ("本次出差人员的护照，航班日期20260517", "a date after a word for passports"),
    ("服务热线 400-820-7155，急救 120", "public numbers"),
    ("图号MC-0251-CB第3版", "a drawing number"),
    ("2025-03-01 至 2025-12-31，合计 617,473,909.35 元", "dates and amounts"),
    ("@param name, user@host", "no domain"),
    ("3.14159265358979", "a number"),
    ("ABCD1234567", "letters and digits"),
    ("A123456(4), S1234567E", "wrong check characters"),
    ("QQ 群里有 500 人，微信支付和微信公众号", "words of messengers"),
    ("生产日期1990年3月4日，生日会在周五", "a date that is no birthday"),
    ("WeChat official account and WhatsApp group", "words"),
]


@pytest.mark.parametrize(("text", "why"), STAYS)
def test_look_alikes_stay(recognizers, text, why):
    found = [one for kind, recognizer in recognizers.items() for one in recognizer.analyze(text, [kind])]
    assert [(text[one.start : one.end], one.entity_type) for one in found] == [], why


@pytest.mark.parametrize("other", ["更新后为110105194912310029", "新号 11010519491231002X"])
def test_an_old_number_beside_a_new_one_is_an_identity_card(recognizers, other):
    text = f"旧号110105491231002，{other}。"
    found = {text[one.start : one.end] for one in recognizers["CN_ID_CARD"].analyze(text, ["CN_ID_CARD"])}
    assert found == ({"110105491231002", "11010519491231002X"} if other.endswith("X") else set())


def test_numbers_in_rows_of_cells(recognizers):
    text = "customer,card,phone,total\n甲,4558213827598886,15721632941,327\n乙,6011846435978523,15864504826,19"
    cards = recognizers["CREDIT_CARD"].analyze(text, ["CREDIT_CARD"])
    phones = recognizers["PHONE_NUMBER"].analyze(text, ["PHONE_NUMBER"])
    assert [text[one.start : one.end] for one in cards] == ["4558213827598886", "6011846435978523"]
    assert [text[one.start : one.end] for one in phones] == ["15721632941", "15864504826"]


def test_table_heads_are_context(recognizers):
    table = "| 姓名 | 护照 | 密码 |\n| --- | --- | --- |\n| 甲 | E12345678 | Ab12cd34! |\n| 乙 | G87654321 | 无 |"
    passports = recognizers["PASSPORT"].analyze(table, ["PASSPORT"])
    passwords = recognizers["PASSWORD"].analyze(table, ["PASSWORD"])
    assert [table[one.start : one.end] for one in passports] == ["E12345678", "G87654321"]
    assert [table[one.start : one.end] for one in passwords] == ["Ab12cd34!"]


def test_check_digits_agree_with_published_examples():
    assert id_check("11010519491231002") == "X"
    assert uscc_check("91350100M000100Y4") == "3"
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")


def test_each_kind_has_one_recognizer(recognizers):
    assert len(recognizers) == len(RECOGNIZERS)


@pytest.mark.parametrize(
    "unit",
    [
        "a-",
        "1",
        "1 ",
        "a@",
        "a.",
        "eyJa.",
        "ab://b:",
        "::",
        "+1 ",
        "api_key=",
        "密码：",
        "-----BEGIN PRIVATE KEY-----\n",
    ],
)
def test_cost_grows_in_proportion(recognizers, unit):
    """Hostile repetition: twice the text costs twice the steps; a quadratic pattern would never end here."""
    text = unit * (300_000 // len(unit))
    for kind, recognizer in recognizers.items():
        assert isinstance(recognizer.analyze(text, [kind]), list)


@pytest.mark.parametrize("unit", ["王", "路1号", "Ann ", "Dear ", "·", "杭州市", "12 Main ", "A, ", "a,b\n"])
def test_cost_of_names_and_addresses_grows_in_proportion(recognizers, unit):
    text = unit * (60_000 // len(unit))
    for kind in ("PERSON", "ADDRESS"):
        assert isinstance(recognizers[kind].analyze(text, [kind]), list)


def everywhere(recognizer, view):
    """What its patterns find when the whole text is searched for each of them."""
    matches = [match for pattern in recognizer.patterns for match in pattern.finditer(view.plain)]
    spans = [match.span("value" if "value" in match.re.groupindex else 0) for match in matches]
    return [span for span, match in zip(spans, matches, strict=True) if recognizer.accept(match, view)]


FILLER = ("Nothing personal stands here, only words in a row. ", "这里没有任何私人信息，只有一些普通的句子。")


@pytest.mark.parametrize(("before", "value", "kind"), [one for one in FOUND if one[2] in BY_PATTERNS])
@pytest.mark.parametrize("gap", [0, 1, 39, 40, 41, 200])
@pytest.mark.parametrize("filler", FILLER)
def test_what_is_not_searched_holds_nothing(recognizers, before, value, kind, gap, filler):
    """Most patterns are tried only where one of their words, or a number, stands."""
    text = f"{before}{value}{(filler * 20)[:gap]} {before}{value}，{before}{value}{filler * 9}{before}{value}"
    view = TextView(text)
    found = everywhere(recognizers[kind], view)
    assert found
    assert [(start, end) for start, end, _ in recognizers[kind].find(view)] == found


def test_every_row_is_searched_as_a_whole(recognizers):
    texts = [f"{before}{value}" for before, value, _ in FOUND] + [text for text, _ in STAYS]
    view = TextView("\n".join(texts))
    for kind in BY_PATTERNS:
        found = [(start, end) for start, end, _ in recognizers[kind].find(view)]
        assert found == everywhere(recognizers[kind], view)
