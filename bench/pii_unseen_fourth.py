"""Prints an independent judging set of rows with personal data, Chinese or English, as JSON lines."""

import base64
import json
import random
import re
import string
import sys
from collections.abc import Callable

SEED = 515027
RNG = random.Random(SEED)
TOKEN = re.compile(r"<([A-Z][A-Z0-9]*)>")

# ------------------------------------------------------------------ names
ZH_SURNAMES = (
    "王 李 张 刘 陈 杨 黄 赵 周 徐 孙 马 朱 胡 郭 何 林 罗 郑 谢 宋 唐 许 邓 韩 冯 曹 彭 曾 田 潘 袁 蔡 蒋 余 杜 叶 "
    "魏 苏 吕 丁 沈 任 姚 卢 钟 姜 崔 谭 陆 范 汪 廖 石 金 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯 江 尹 薛 闫 雷 龙 史 陶 "
    "贺 顾 毛 郝 龚 邵 万 覃 武 钱 戴 严 莫 孔 向 汤 皇甫 东方 夏侯 端木 慕容 令狐 尉迟 公孙"
).split()
ZH_GIVEN = (
    "海峰 淑兰 文静 晨曦 志远 秋月 鹏飞 雪梅 永强 丽华 嘉懿 子墨 一鸣 书瑶 昊天 欣妍 亦菲 桂芳 宏伟 建军 春燕 凯 萍 斌 "
    "霞 波 蓉 刚 莉 洋 楠 蕾 毅 倩 颖 坤 云帆 思琪 佩珊 国庆 长江 兰英 德华 晓峰 艳红 世杰 锦程 沐辰 芷晴 语桐 俊熙 "
    "瑞霖 若溪 明哲 新民 福生 玉珍 巧云 卫民 爱华 光明 彩霞 景行 怀瑾 望舒 令仪 一诺 可馨 乐天 雨泽 梓萱 铭 岚 骏 "
    "璐 珂 焕章 占魁 守义 秉文 仲谋 香莲 金宝 天华 冬梅 红旗 家栋 少华 景瑜 逸凡 安琪"
).split()
ZH_DOTTED = [
    "阿卜杜拉·热合曼",
    "古丽娜尔·艾山",
    "迪丽拜尔·库尔班",
    "敖特根·巴雅尔",
    "亚历山大·彼得罗夫",
    "卡洛斯·费尔南德斯",
    "伊莎贝拉·罗西尼",
    "托马斯·穆勒",
    "苏菲·杜邦",
    "买买提江·玉素甫",
]
PINYIN = [
    "Liu Yang",
    "Sun Lili",
    "Zhao Yifan",
    "Zhou Mei-ling",
    "Huang Zhiqiang",
    "Xu Jing",
    "Guo Wen-bin",
    "He Siyuan",
    "Tang Xiaoyu",
    "Deng Chao-yang",
]
PINYIN_EN = PINYIN + ["Grace Huang", "Jason Deng", "Vivian Xu"]
FIRST = (
    "Margaret Declan Yuki Fatima Carlos Ingrid Patrick Aisha Stephen Rachel Mateo Olga Gareth Nadia "
    "Victor Helen Amir "
    "Bridget Kenji Lucia Douglas Simone Rajesh Caroline Felix Monica Tariq Eleanor Andrew Beatriz Gordon "
    "Naomi Pavel "
    "Sandra Hugo Meera Philip Teresa Oscar Chloe Leon Judith"
).split()
LAST = (
    "O'Connor Fernandez Nguyen Campbell Schneider Okafor Bennett Petrov Murphy Iyer Larsson McCarthy "
    "Dubois Foster Sato "
    "Ibrahim Cooper Novak Reyes Hughes Hoffmann Mitchell Silva D'Angelo Richardson Bergstrom Kaur "
    "Sullivan Moreau Jenkins "
    "Lloyd-Jones Chowdhury Barnes Castillo Weber Fraser Mwangi Palmer Jansen Whitfield"
).split()
TITLES = "总 经理 主任 老师 工 处长 医生 馆长 律师 站长 店长 法官".split()


def pick(items: list[str] | str) -> str:
    """Return one item of a list."""
    return RNG.choice(items)


def digits(count: int) -> str:
    """Return that many random digits."""
    return "".join(RNG.choice(string.digits) for _ in range(count))


def number(low: int, high: int) -> str:
    """Return a random whole number as text."""
    return str(RNG.randint(low, high))


def wide(text: str) -> str:
    """Turn ASCII digits and letters into their full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def zh_person() -> str:
    """Return a Chinese person's name."""
    return pick(ZH_DOTTED) if RNG.random() < 0.06 else pick(ZH_SURNAMES) + pick(ZH_GIVEN)


def en_person() -> str:
    """Return an English or international person's name."""
    return pick(PINYIN_EN) if RNG.random() < 0.04 else f"{pick(FIRST)} {pick(LAST)}"


def titled() -> str:
    """Return a surname with a title."""
    return pick(ZH_SURNAMES[:70]) + pick(TITLES)


# ------------------------------------------------------------------ numbers with check digits
AREAS = (
    "110105 110114 120103 310112 310107 320102 320507 330102 330203 340102 350102 360102 370102 370203 "
    "410102 420111 "
    "430102 440304 440103 450102 460105 500103 510104 520102 530112 610102 620102 640104 210202 220102 "
    "230103"
).split()
ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def id_check(body: str) -> str:
    """Return the check character of 17 identity-card digits."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(body, ID_WEIGHTS)) % 11]


def birthday() -> str:
    """Return a birth date as eight digits."""
    return f"{RNG.randint(1951, 2005)}{RNG.randint(1, 12):02d}{RNG.randint(1, 28):02d}"


def id_plain() -> str:
    """Return a valid 18-character identity-card number."""
    body = pick(AREAS) + birthday() + f"{RNG.randint(1, 999):03d}"
    return body + id_check(body)


def id_x() -> str:
    """Return an identity-card number that ends in a small x."""
    while True:
        value = id_plain()
        if value[-1] == "X":
            return value[:-1] + "x"


def id_split() -> str:
    """Return an identity-card number with separators."""
    value = id_plain()
    return pick([" ", "-"]).join([value[:6], value[6:14], value[14:]])


def id_wide() -> str:
    """Return a full-width identity-card number."""
    return wide(id_plain())


def id_old() -> str:
    """Return an old 15-digit identity-card number."""
    return pick(AREAS) + birthday()[2:] + f"{RNG.randint(1, 999):03d}"


def id_bad() -> str:
    """Return an identity-card number whose check character is wrong."""
    value = id_plain()
    return value[:-1] + pick([c for c in "0123456789X" if c != value[-1]])


def luhn(body: str) -> str:
    """Append the Luhn check digit to digits."""
    total = 0
    for place, char in enumerate(reversed(body)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def card_zh() -> str:
    """Return a bank card number as used in China."""
    if RNG.random() < 0.2:
        return luhn(pick(["512466", "524090", "438088", "545217"]) + digits(9))
    prefix, size = pick(
        [
            "622700-19",
            "621483-16",
            "625965-16",
            "623058-19",
            "621700-19",
            "622588-16",
            "622848-19",
            "622262-19",
            "625362-16",
            "621226-19",
        ]
    ).split("-")
    return luhn(prefix + digits(int(size) - 7))


def card_split(value: str) -> str:
    """Put separators into a card number."""
    mark = pick([" ", "-"])
    if len(value) == 15:
        return mark.join([value[:4], value[4:10], value[10:]])
    return mark.join(value[i : i + 4] for i in range(0, len(value), 4))


def card_en() -> str:
    """Return a card number as used abroad, with or without separators."""
    kind = RNG.randrange(4)
    if kind == 0:
        value = luhn(pick(["34", "37"]) + digits(12))
    else:
        value = luhn([None, "4" + digits(3), "5" + number(1, 5) + digits(2), "6011"][kind] + digits(11))
    return card_split(value) if RNG.random() < 0.4 and len(value) == 16 else value


def pseudo_card() -> str:
    """Return digits that begin like a bank card but are a counter."""
    return pick(["622202", "621226", "621661", "622848"]) + digits(13)


USCC_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc() -> str:
    """Return a valid unified social credit code."""
    org = "MA" + "".join(RNG.choice(USCC_CHARS) for _ in range(6)) if RNG.random() < 0.35 else digits(8)
    weights = [3, 7, 9, 10, 5, 8, 4, 2]
    sign = (11 - sum(int(c, 36) * w for c, w in zip(org, weights)) % 11) % 11
    body = pick(["91", "92", "91", "93", "12", "51", "52"]) + pick(AREAS) + org + "0123456789X"[sign]
    total = sum(USCC_CHARS.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + USCC_CHARS[-total % 31]


def iban() -> str:
    """Return a valid IBAN."""
    land, bban = RNG.choice(
        [
            ("DE", digits(18)),
            ("FR", digits(23)),
            ("NL", "RABO" + digits(10)),
            ("GB", "".join(RNG.choices(string.ascii_uppercase, k=4)) + digits(14)),
            ("ES", digits(20)),
            ("AT", digits(16)),
        ]
    )
    whole = int("".join(str(int(c, 36)) for c in bban + land + "00"))
    value = f"{land}{98 - whole % 97:02d}{bban}"
    return value if RNG.random() < 0.5 else " ".join(value[i : i + 4] for i in range(0, len(value), 4))


def ean() -> str:
    """Return an EAN-13 bar code."""
    body = "69" + digits(10)
    return body + str(-sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10)


# ------------------------------------------------------------------ phones, documents, addresses
MOBILE = (
    "130 131 133 135 136 138 139 150 152 153 155 157 158 159 166 170 173 175 176 178 180 182 185 186 187 188 189 "
    "191 193 195 198 199"
).split()


def mobile() -> str:
    """Return a plain Chinese mobile number."""
    return pick(MOBILE) + digits(8)


def mobile_split() -> str:
    """Return a Chinese mobile number with prefix or separators."""
    value = mobile()
    a, b, c = value[:3], value[3:7], value[7:]
    return RNG.choice(
        [
            f"{a} {b} {c}",
            f"{a}-{b}-{c}",
            f"+86 {value}",
            f"+86-{a}-{b}-{c}",
            f"+86 {a} {b} {c}",
            f"0086{value}",
            f"(+86){value}",
            f"+86{value}",
        ]
    )


def mobile_wide() -> str:
    """Return a full-width Chinese mobile number."""
    return wide(mobile())


def landline() -> str:
    """Return a Chinese fixed-line number."""
    area = pick("010 020 021 022 023 024 025 027 028 029 0532 0574 0592 0755 0769 0411 0451 0371 0551".split())
    local = number(2, 8) + digits(7)
    return RNG.choice(
        [
            f"{area}-{local}",
            f"{area} {local}",
            f"（{area}）{local}",
            f"{area}-{local}转{number(100, 9999)}",
            f"+86-{area[1:]}-{local}",
            f"({area}){local}",
        ]
    )


def phone_en() -> str:
    """Return a US, UK or German phone number."""
    area, line = pick("206 212 303 312 404 415 503 512 617 702 720 808".split()), f"01{RNG.randint(0, 99):02d}"
    return RNG.choice(
        [
            f"({area}) 555-{line}",
            f"+1 {area}-555-{line}",
            f"{area}.555.{line}",
            f"{area}-555-{line}",
            f"+1-{area}-555-{line} ext. {number(100, 999)}",
            f"+44 20 7946 0{number(100, 999)}",
            f"+49 30 {number(2, 9)}{digits(7)}",
            f"+44 161 496 0{number(100, 999)}",
        ]
    )


def passport_zh() -> str:
    """Return a Chinese passport number."""
    if RNG.random() < 0.3:
        return "E" + pick(list("ABCDEFGHJKLMN")) + digits(7)
    return pick(["E", "G"]) + digits(8)


def pass_hk() -> str:
    """Return a travel permit number for Hong Kong and Macao."""
    return pick(["C", "H", "M"]) + digits(8)


def passport_en() -> str:
    """Return a foreign passport number."""
    return digits(9) if RNG.random() < 0.5 else pick(list("ABCXZ")) + digits(8)


def plate() -> str:
    """Return a Chinese licence plate."""
    head, letter = pick(list("京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂粤闽川陕")), pick(list("ABCDEFGHJK"))
    kind = RNG.randrange(4)
    if kind == 0:
        tail = pick(["D", "F"]) + digits(5)
    elif kind == 1:
        tail = digits(3) + pick(list("ABCDEFGHJKLMNPQRSTUVWXYZ")) + digits(1)
    elif kind == 2:
        tail = pick(list("ABCDEFGHJKLMNPQRSTUVWXYZ")) + digits(4)
    else:
        tail = digits(5)
    return head + letter + pick(["", "·"]) + tail


def email() -> str:
    """Return an e-mail address of an example domain."""
    first, last = pick(FIRST).lower(), re.sub(r"[^a-z]", "", pick(LAST).lower())
    left = RNG.choice(
        [
            f"{first}.{last}",
            f"{first}_{last}",
            f"{first[0]}{last}",
            f"{last}{number(10, 99)}",
            f"{first[0]}{last}+shop",
            f"{pick(['liuyang', 'zhoumeiling', 'xujing', 'tangxy'])}{number(1, 99)}",
        ]
    )
    return (
        left
        + "@"
        + pick(
            [
                "example.com",
                "example.org",
                "mail.example.net",
                "example.com.cn",
                "post.example.org",
                "staff.example.com",
            ]
        )
    )


def ip4() -> str:
    """Return an IPv4 address of a private or documentation range."""
    low = number(2, 250)
    value = RNG.choice(
        [
            f"10.{number(0, 250)}.{number(0, 250)}.{low}",
            f"172.{number(16, 31)}.{number(0, 250)}.{low}",
            f"192.168.{number(0, 250)}.{low}",
            f"198.51.100.{low}",
            f"203.0.113.{low}",
            f"192.0.2.{low}",
        ]
    )
    return {"198.51.100.237": "198.51.100.238", "198.51.100.104": "198.51.100.108"}.get(value, value)


def ip6() -> str:
    """Return an IPv6 address of the documentation range."""
    return f"2001:db8:{RNG.randrange(4096, 65536):x}:{RNG.randrange(4096, 65536):x}::{RNG.randrange(256, 65536):x}"


def address_zh() -> str:
    """Return a Chinese street address."""
    place = pick(
        [
            "湖北省武汉市洪山区",
            "陕西省西安市雁塔区",
            "天津市和平区",
            "重庆市渝中区",
            "山东省青岛市市南区",
            "福建省厦门市思明区",
            "辽宁省大连市中山区",
            "湖南省长沙市岳麓区",
            "河南省郑州市金水区",
            "上海市静安区",
            "北京市海淀区",
            "浙江省宁波市鄞州区",
            "广东省广州市越秀区",
            "安徽省合肥市蜀山区",
        ]
    )
    road = pick(
        [
            "珞喻路",
            "解放北路",
            "中华大街",
            "长安南路",
            "海港路",
            "人民东路",
            "文汇巷",
            "新华西街",
            "滨河大道",
            "学院路",
            "延安三路",
            "凤凰街",
            "复兴中路",
        ]
    )
    tail = RNG.choice(
        [
            f"{number(2, 900)}号",
            f"{number(2, 900)}号{number(1, 40)}幢{number(101, 2808)}室",
            f"{number(2, 900)}号{pick(['锦绣家园', '水岸花城', '和谐苑', '学府名邸'])}{number(1, 30)}栋"
            f"{number(1, 5)}单元{number(101, 2803)}",
            f"{number(2, 900)}号{number(1, 30)}号楼{number(101, 1806)}室",
        ]
    )
    return place + road + tail


def address_en() -> str:
    """Return a US or UK street address."""
    street = pick("Cedar Willow Washington Orchard Station Church Victoria Juniper Chestnut Harbor".split())
    kind = pick("Street Avenue Road Lane Drive St Court Way".split())
    flat = f", Apt {number(1, 90)}" if RNG.random() < 0.4 else ""
    city = pick(
        [
            "Boise, ID 83702",
            "Tucson, AZ 85701",
            "Albany, NY 12207",
            "Omaha, NE 68102",
            "Savannah, GA 31401",
            "Bristol BS1 5TR",
            "Manchester M2 3BB",
            "York YO1 7HH",
        ]
    )
    return f"{number(11, 8999)} {street} {kind}{flat}, {city}"


def ssn() -> str:
    """Return a US social security number of a possible range."""
    area = RNG.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03d}-{RNG.randint(1, 99):02d}-{RNG.randint(1, 9999):04d}"


def ssn_bad() -> str:
    """Return a US social security number that cannot exist."""
    return RNG.choice(
        [
            f"000-{number(10, 99)}-{digits(3)}7",
            f"666-{number(10, 99)}-{digits(3)}3",
            f"{number(900, 999)}-{number(10, 99)}-{digits(3)}1",
            f"{number(100, 665)}-00-{digits(3)}9",
        ]
    )


# ------------------------------------------------------------------ secrets
ALNUM = string.ascii_letters + string.digits


def chars(count: int, pool: str = ALNUM) -> str:
    """Return that many random characters of a pool."""
    return "".join(RNG.choices(pool, k=count))


def key() -> str:
    """Return a key in the format of a common provider."""
    return RNG.choice(
        [
            f"sk-{chars(48)}",
            f"ghp_{chars(36)}",
            f"glpat-{chars(20)}",
            f"AIza{chars(35, ALNUM + '_-')}",
            f"LTAI5t{chars(18)}",
            f"xoxb-{digits(11)}-{digits(12)}-{chars(24)}",
            f"AKIA{chars(16, string.ascii_uppercase + '234567')}",
        ]
    )


def key_hex() -> str:
    """Return 32 hex digits."""
    return chars(32, "0123456789abcdef")


def b64(data: dict[str, object]) -> str:
    """Return base64url of a JSON object."""
    return base64.urlsafe_b64encode(json.dumps(data, separators=(",", ":")).encode()).decode().rstrip("=")


def jwt() -> str:
    """Return a JSON web token."""
    head = b64({"alg": pick(["HS256", "HS256", "RS256"]), "typ": "JWT"})
    body = b64({"sub": digits(6), "exp": RNG.randint(1790000000, 1799999999)})
    return f"{head}.{body}.{chars(43, ALNUM + '_-')}"


def pem() -> str:
    """Return a PEM block of a private key."""
    name = pick(["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    lines = [chars(64, ALNUM + "+/") for _ in range(RNG.randint(3, 5))]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"])


def password() -> str:
    """Return a password with letters and digits."""
    pool = ALNUM + ("!#%_" * 3 if RNG.random() < 0.4 else "")
    while True:
        value = chars(RNG.randint(9, 15), pool)
        if re.search(r"[a-z]", value) and re.search(r"[A-Z]", value) and re.search(r"\d", value):
            return value


# ------------------------------------------------------------------ values that are no personal data
def date_zh() -> str:
    """Return a date in a Chinese form."""
    y, m, d = RNG.randint(2019, 2026), RNG.randint(1, 12), RNG.randint(1, 28)
    return RNG.choice(
        [
            f"{y}-{m:02d}-{d:02d}",
            f"{y}/{m:02d}/{d:02d}",
            f"{y}年{m}月{d}日",
            f"{y}{m:02d}{d:02d}",
            f"{y}.{m:02d}.{d:02d}",
        ]
    )


def date_en() -> str:
    """Return a date in an English form."""
    y, m, d = RNG.randint(2019, 2026), RNG.randint(1, 12), RNG.randint(1, 28)
    month = ("January February March April May June July August September October November December").split()[m - 1]
    return RNG.choice(
        [
            f"{y}-{m:02d}-{d:02d}",
            f"{m:02d}/{d:02d}/{y}",
            f"{d} {month} {y}",
            f"{month} {d}, {y}",
            f"Q{RNG.randint(1, 4)} {y}",
        ]
    )


def order() -> str:
    """Return an order, contract or invoice number."""
    year, month = number(2021, 2026), f"{RNG.randint(1, 12):02d}"
    return RNG.choice(
        [
            f"XS-{year}-{digits(6)}",
            f"DD{year}{month}{number(10, 28)}{digits(6)}",
            f"SO{digits(12)}",
            f"PO-{year}{month}-{digits(5)}",
            f"INV{digits(8)}",
            f"HT-{digits(4)}-{digits(3)}",
            f"RMA{digits(9)}",
        ]
    )


def tracking() -> str:
    """Return a parcel tracking number."""
    return pick(["SF", "YT", "JD", "ZTO", "STO", "EMS"]) + digits(13)


def version() -> str:
    """Return a version."""
    a, b, c = number(0, 12), number(0, 20), number(0, 30)
    return RNG.choice(
        [
            f"v{a}.{b}.{c}",
            f"{a}.{b}.{c}-rc{number(1, 5)}",
            f"V{a}.{b}R{number(1, 9)}B{digits(3)}",
            f"{a}.{b}.{c}.{number(1, 250)}",
            f"{a}.{b}.{c}-beta.{number(1, 9)}",
        ]
    )


def standard() -> str:
    """Return the number of a standard."""
    return RNG.choice(
        [
            f"GB/T {digits(5)}-{number(2005, 2025)}",
            f"JB/T {digits(4)}-{number(2005, 2025)}",
            f"ISO {number(1000, 29999)}:{number(2005, 2025)}",
            f"EN {number(1000, 69999)}",
            f"YY/T {digits(4)}-2021",
        ]
    )


def part() -> str:
    """Return a part number."""
    return RNG.choice(
        [
            f"STM32H7{digits(2)}VIT6",
            f"6ES7 {digits(3)}-{number(0, 6)}AB{digits(2)}-0XB0",
            f"{chars(2, 'ABCDEFGH')}-{digits(4)}-{chars(2, 'ABCDEFGH')}",
            f"M{number(3, 30)}×{number(10, 120)}",
            f"6205-2RS/C{number(2, 4)}",
            f"3RT{digits(4)}-1BB{digits(2)}",
            f"LM{digits(4)}MX-3.3",
        ]
    )


def long_number() -> str:
    """Return a long running number."""
    return pick(list("3456789")) + digits(RNG.randint(12, 20))


def git_hash() -> str:
    """Return a SHA-1 or SHA-256 hash."""
    return chars(RNG.choice([40, 64]), "0123456789abcdef")


def uuid() -> str:
    """Return a random UUID."""
    value = chars(32, "0123456789abcdef")
    return f"{value[:8]}-{value[8:12]}-4{value[13:16]}-a{value[17:20]}-{value[20:]}"


def amount() -> str:
    """Return an amount of money."""
    return f"{RNG.randint(10_000, 900_000_000):,}.{digits(2)}"


Maker = Callable[[], str]
MAKERS: dict[str, tuple[str, Maker]] = {
    "PZ": ("PERSON", zh_person),
    "PE": ("PERSON", en_person),
    "PY": ("PERSON", lambda: pick(PINYIN_EN)),
    "PP": ("PERSON", lambda: pick(PINYIN)),
    "PT": ("PERSON?", titled),
    "I": ("CN_ID_CARD", id_plain),
    "IX": ("CN_ID_CARD", id_x),
    "IS": ("CN_ID_CARD", id_split),
    "IF": ("CN_ID_CARD", id_wide),
    "IO": ("CN_ID_CARD", id_old),
    "IB": ("CN_ID_CARD?", id_bad),
    "C": ("CREDIT_CARD", card_zh),
    "CS": ("CREDIT_CARD", lambda: card_split(card_zh())),
    "CE": ("CREDIT_CARD", card_en),
    "U": ("CN_USCC", uscc),
    "IBAN": ("IBAN_CODE", iban),
    "M": ("PHONE_NUMBER", mobile),
    "MS": ("PHONE_NUMBER", mobile_split),
    "MF": ("PHONE_NUMBER", mobile_wide),
    "L": ("PHONE_NUMBER", landline),
    "F": ("PHONE_NUMBER", phone_en),
    "Q": ("PASSPORT", passport_zh),
    "QH": ("PASSPORT", pass_hk),
    "QE": ("PASSPORT", passport_en),
    "B": ("LICENSE_PLATE", plate),
    "E": ("EMAIL_ADDRESS", email),
    "A4": ("IP_ADDRESS", ip4),
    "A6": ("IP_ADDRESS", ip6),
    "Z": ("ADDRESS", address_zh),
    "ZE": ("ADDRESS", address_en),
    "SS": ("US_SSN", ssn),
    "SB": ("US_SSN?", ssn_bad),
    "K": ("API_KEY", key),
    "KH": ("API_KEY", key_hex),
    "J": ("JWT", jwt),
    "PEM": ("PRIVATE_KEY", pem),
    "W": ("PASSWORD", password),
    "D": ("", date_zh),
    "DE": ("", date_en),
    "O": ("", order),
    "T": ("", tracking),
    "V": ("", version),
    "S": ("", standard),
    "N": ("", part),
    "R": ("", lambda: number(2, 980)),
    "LN": ("", long_number),
    "H": ("", git_hash),
    "UU": ("", uuid),
    "X": ("", amount),
    "EAN": ("", ean),
    "NC": ("", pseudo_card),
    "SN": ("", lambda: "SN" + digits(RNG.randint(12, 18))),
}

# ------------------------------------------------------------------ templates
ZH_YES = """
订房客人<PZ>，预留电话<M>，确认函已发至<E>。
寄件人<PZ>　<MS>　地址<Z>
取药提醒：<PZ>（身份证<I>）的处方将于<D>失效。
旅客<PZ>凭<I>购得G<R>次二等座，改签须本人到窗口办理。
人脸比对通过，证件号码 <IS>，通道<R>。
被申请人<PZ>，公民身份号码<IX>，住所地<Z>。
参观预约成功！预约人：<PZ>；身份证：<IF>；入馆日期：<D>。
样本送检单：受检者<PZ>，身份证号：<I>，样本编号<O>。
实名认证失败次数过多，账号绑定的身份证<IS>已锁定。
入网登记表中<PZ>留的是一代证<IO>，请引导更换。
户口迁移前证号<IO>，迁移后证号<I>，当事人<PZ>。
船员<PZ>，身份证<IX>，适任证书有效期至<D>。
申请人身份证号<I>填写无误，办理进度见回执<O>。
【补录】证件号：<IF>；备注：窗口高拍仪识别
考生<PZ>的准考信息与身份证<I>不符，请带户口簿复核。
驾校学员<PZ>身份证为<IS>，科目二约考<D>。
系统提示：身份证号<IB>末位校验错误，录入人<PZ>。
会员<PZ>提交的身份证号码<IB>格式不对，请退回重填。
退款将原路退回<PZ>名下的银行卡<C>，到账时间1至3个工作日。
代发工资账号：<C>　户名：<PZ>　开户行：交通银行
请核对卡号<CS>后再点击付款。
储蓄卡 <CS> 挂失成功，补卡工本费<R>元。
执行款<X>元已划入申请执行人<PZ>名下账户<C>。
POS小票：卡号 <CS> 消费<X>元 凭证<O>
礼宾部代订：卡号<C>，持卡人<PZ>，有效期另报。
赔付款转入<PZ>的借记卡<CS>。
客人用信用卡<C>担保，入住人<PZ>。
货款请打到我个人卡上，<C>，户名<PZ>。
开票抬头税号<U>，订单<O>。
药店加盟商<PZ>登记的统一社会信用代码<U>，门店<R>家。
经办企业的社会信用代码为<U>，申报日期<D>。
承租方信用代码：<U>；法定代表人：<PZ>；地址：<Z>
中标单位统一社会信用代码<U>已核验，联系人<PZ>，座机<L>。
境外就医人员<PZ>，因私护照<Q>，预计<D>出境。
护照<Q>的签证页扫描件不清晰，请<PZ>补传。
持通行证<QH>的旅客<PZ>已在罗湖口岸验放。
前台登记：<PZ>，港澳居民证件<QH>，房间<R>。
停车场抓拍：<B> 于<D>出场，月卡车主<PZ>。
送货司机<PZ>驾驶<B>，预约3号月台卸货。
违停车辆<B>请尽快挪车，车主电话<M>。
保险理赔：标的车<B>，报案人<PZ>，报案号<O>。
服务台电话<L>，夜间值班手机<M>。
物业投诉请打<L>或者找<PZ>，<MS>。
回拨号码<M>无人接听，工单<O>转次日处理。
客服小结：来电<M>，诉求为宽带降速，光猫固件<V>。
经销商负责人<PZ>先生手机号<MS>，门店座机<L>。
乙方联系人：<PZ>　　联系方式：<MF>
手机：<MF>　微信同号
外卖骑手<PZ>电话<M>，餐品已放前台。
取件码<R>，收件人<PZ>，手机号<MS>，运单<T>。
保洁<PZ>女士<M>，每周三上门。
维修师傅<PZ>会在<D>上门，联系电话<M>，配件<N>已备齐。
展厅讲解员<PZ>，分机之外请拨<L>。
到货请直接送<Z>，找<PZ>签收。
租客<PZ>搬至<Z>，水表底数<R>。
出诊地址：<Z>，患者<PZ>，家属电话<M>。
送达地址确认书：<PZ>，<Z>，电话<L>。
简历投递人<PZ>，邮箱<E>，期望到岗<D>。
对账单请发<E>，抄送<E>。
收件人：<PZ> <<E>>；密送：<PZ> <<E>>
课题组通讯作者<PZ>（<E>）负责答复审稿意见。
海外采购对接人<PP>，邮箱<E>，样机型号<N>。
访问学者<PP>将于<D>到馆，请<PZ>安排接站。
账户<E>在<A4>连续输错口令，客户端<V>。
堡垒机记录：<PZ>从<A4>登录，时长<R>分钟。
DNS服务器改为<A4>，IPv6侧填<A6>。
摄像头地址<A4>离线，NVR地址<A4>正常。
基站网管侧告警源<A6>，责任人<PZ>。
缓存连接：redis://:<W>@cache.internal:6379/0
上传用 ftp://store:<W>@ftp.example.com/in ，目录按日期建。
收银机的初始密码是<W>，首次登录后请修改。
酒店无线网络 Guest-5G，密码: <W>
数据库口令写在备注里了，用户名 report，密码：<W>
配置里出现明文 token：<K>，已通知<PZ>吊销。
截图泄露了密钥<K>，影响版本<V>。
access_key: <K>
第三方短信接口 secret="<KH>"，仅限测试
地图服务的api_key=<KH>已过期。
接口调试时带上 token <J>
Cookie: session=<J>; lang=zh
运维把证书私钥贴进了工单：
<PEM>
请联系<PZ>吊销。
附件 id_rsa 内容如下
<PEM>
| 房号 | 住客 | 电话 |
|---|---|---|
| <R> | <PZ> | <M> |
| <R> | <PZ> | <M> |
| <R> | <PZ> | <MS> |
| 证件号 | 乘客 | 车次 |
| --- | --- | --- |
| <I> | <PZ> | D<R> |
| <I> | <PZ> | K<R> |
序号,患者,联系电话,取药批号
1,<PZ>,<M>,<LN>
2,<PZ>,<M>,<LN>
户名;卡号;邮箱
<PZ>;<C>;<E>
<PZ>;<C>;<E>
船名｜引航员｜手机
海丰67｜<PZ>｜<M>
远洋之星｜<PZ>｜<MS>
{"guest": "<PZ>", "tel": "<M>", "room": "<R>", "booking": "<O>"}
{"buyer":"<PZ>","idNo":"<I>","sku":"<N>"}
审判长<PZ>，审判员<PZ>，书记员<PZ>。
值班表：早班<PZ>、<PZ>，晚班<PZ>，替班<PZ>。
<PZ>把<N>的检验报告交给了<PZ>。
本馆研究员<PZ>主讲，<PZ>担任与谈人，名额<R>个。
焊工<PZ>与质检<PZ>在<D>完成<R>号分段交验。
药师<PZ>复核，发药<PZ>，处方流水<LN>。
班组长<PZ>反映<N>到货短少，仓管<PZ>已复点。
证人<PZ>称当日与<PZ>同在候车室。
请<PZ>先起草，<PT>看过后再发。
<PT>批示由<PZ>牵头整改，期限<R>天。
签到：<PZ>、<PZ>、<PZ>，另有<R>人线上参加。
原告<PZ>向<PZ>出借<X>元，转账卡号<C>。
"""
ZH_NO = """
退货单<O>已入库，逆向运单<T>。
对账流水<LN>与账单金额一致。
药品批号<LN>，有效期至<D>，共<R>盒。
收银软件升级到<V>，旧版<V>停止支持。
轴承<N>缺货，可用<N>代替，交期<R>天。
检测依据<S>和<S>，报告日期<D>。
货架条码<EAN>与价签不符。
构建产物校验和<H>，对应版本<V>。
消息ID <UU>重复消费<R>次。
含税总价<X>元，质保金5%，<R>天内付清。
高速收费口夜间车流<R>辆，比上周略降。
钱塘江大桥南侧监测点读数<R>，未超限。
周大福与老凤祥柜台本月各盘点<R>件。
王老吉、康师傅和李锦记的促销编号为<O>。
海尔冰柜与格力空调共<R>台，序列号从<SN>起。
电容单位法拉，电阻单位欧姆，温度换算成开尔文后填表<R>。
用傅里叶变换和卡尔曼滤波处理第<R>组信号。
宁波、温州、连云港三地仓库存货<X>千克。
钢板屈服强度<R>兆帕，执行<S>。
严格按照常规方法取样，应用范围见第<R>页。
方法一许可用于白云岩样品，平行样<R>份。
铭牌<N>，机身号<SN>，安装于<D>。
商品编码<LN>调价，原价<X>元。
规程WI-<R>第<V>版自<D>起执行。
端口9092和27017只对内网开放，重试<R>次。
打印机<SN>缺纸，计数<R>。
张家界西站与黄山北站开行G<R>次列车。
全聚德前门店与同仁堂分号将于<D>恢复营业。
思源黑体与站酷字体的授权号<O>。
准点率99.<R>%，平均晚点<R>秒。
请在配置文件写入 password = "<your-password>"，不要提交真实值。
示例：Authorization: Bearer YOUR_TOKEN_HERE
展柜B-<R>恒湿机型号<N>。
铁路客服12306，内线短号<R>。
序号<NC>由交易系统自动生成，并非卡号。
记账凭证<LN>，附件<R>张。
冷库温度-18℃，波动±<R>毫度。
龙门吊累计运行<R>小时，上次保养<D>。
监听地址0.0.0.0，掩码255.255.0.0。
| 料号 | 批次 | 数量 |
|---|---|---|
| <N> | <LN> | <R> |
| <N> | <LN> | <R> |
{"sku": "<N>", "barcode": "<EAN>", "order": "<O>"}
运单号,状态
<T>,运输中
<T>,已签收
江南造船厂二号船坞本月坞修<R>天。
高温时段安排轮休，马上生效，文号QD-<R>。
金属探伤合格率<R>‰，成熟工艺无需调整。
案号（2025）沪0115民初<R>号，立案日期<D>。
话务量峰值<R>爱尔兰，信令链路正常。
"""
EN_YES = """
Your room is booked, <PE>; we will call <F> or write to <E>.
Guest <PE> left a callback number, <F>, about booking <O>.
Deliver the wheelchair to <ZE> and ask for <PE>.
Forwarding address: <ZE>
The tenant <PE> moved to <ZE> on <DE>.
Next of kin: <PE>, <F>, lives at <ZE>.
Tax form received for <PE> (SSN: <SS>) on <DE>.
Payroll record: <PE>, social security number <SS>, badge <R>.
Court summons for <PE> returned undelivered from <ZE>.
Clinic volunteer <PE> starts on <DE>; mentor <PE>.
Rejected: SSN <SB> is outside the issued ranges.
The clerk typed social security number <SB> for <PE>; please verify.
Refund goes back to card <CE>, receipt <O>.
Charge the remaining nights to <CE>; cardholder <PE>.
Payment method: credit card <CE>
The pharmacy terminal stored <CE> in plain text until <V>.
Beneficiary <PE>, account <IBAN>, amount <X> EUR.
Please transfer the museum loan fee to <IBAN>.
IBAN: <IBAN> (reference <O>)
Failed sign-in for <E> from <A4>, client <V>.
<PE> opened the VPN from <A4> at 07:45.
Scanner moved from <A4> to <A4>; label printer unchanged.
Primary DNS <A4>, secondary <A6>, TTL <R>.
Route to <A6> flaps every <R> seconds.
Vessel tracking node <A6> was rebooted by <PE>.
Witnesses <PE> and <PE> appeared on <DE>.
<PE> handed the sample to <PE> for retesting under <S>.
Shift leads this week: <PE>, <PE>, and <PE>.
The conservator, <PE>, asked for <R> more silica packs.
Signed off by <PE>, quality, batch <LN>.
Hi <PE>, the replacement <N> is waiting at counter <R>. Regards, <PE>
Judge <PE> adjourned the hearing until <DE>.
Feedback from <PE>: the <N> handset drops calls.
Train manager <PE> reported a fault on coach <R>.
Welder <PE> has worked on hull <R> since <DE>.
Our new pharmacist <PE> speaks Spanish and Polish.
Escalated by <PE> to <PE>, case <O>.
Exporter contact <PY> confirmed the quote for <N>.
Visiting researcher <PY> arrives on <DE>.
The Shenzhen buyer <PY> can be reached at <MS>.
Call <PY> on <MS> once the container clears customs.
Chinese ID number <I> belongs to <PY>.
Check-in scanned resident identity card <I> for guest <PY>.
Traveller <PE>, passport <QE>, seat 14C.
Passport number: <QE>
Cabin 214: <PE>, passport <QE>, boarding at Pier 3.
<PE> reported passport <QE> as lost on <DE>.
Visa desk: <PE> (passport <QE>) needs a letter by <DE>.
Set REDIS_URL=redis://cache:<W>@redis.internal:6379/2 in the unit file.
curl https://report:<W>@stats.example.org/daily.csv
jdbc string was mongodb://ledger:<W>@mongo.internal:27017/shop
Guest network password: <W>
username: kiosk3
password: <W>
The default password is <W>; change it after the first login.
smtp://mailer:<W>@smtp.example.com:587
Please revoke <K>, it appeared in build log <R>.
export SERVICE_TOKEN=<K>
Found <K> in the screenshot attached to <O>.
api_key=<KH>
client_secret = "<KH>"  # call centre sandbox
The lab system uses apikey <KH> until <DE>.
Cookie: sid=<J>; theme=dark
Token for the kiosk app: <J>
curl -H "Authorization: Bearer <J>" https://api.example.com/v2/stock
Someone pasted this into the chat:
<PEM>
deploy_key:
<PEM>
Remove it today.
| Guest | Mobile | Nights |
|---|---|---|
| <PE> | <F> | <R> |
| <PE> | <F> | <R> |
| Patient | E-mail | Lot |
| --- | --- | --- |
| <PE> | <E> | <LN> |
| <PE> | <E> | <LN> |
cardholder;card;phone
<PE>;<CE>;<F>
<PE>;<CE>;<F>
id,employee,ssn
1,<PE>,<SS>
2,<PE>,<SS>
{"passenger": "<PE>", "email": "<E>", "pnr": "<O>"}
{"technician": "<PE>", "mobile": "<F>", "part": "<N>"}
Cc: <PE> <<E>>, <PE> <<E>>
Subject: delivery <T>
Reply-To: <E>
Sender: <PE> <<E>>, sales desk
Questions about the audit go to <PE> (<E>).
Reception: <F>. After hours dial <F>.
Missed call from <F>, duration <R> s.
"""
EN_NO = """
Return <O> was received, parcel <T>.
Lot <LN> expires on <DE>.
Till software <V> fixes the rounding error of <V>.
Bearing <N> is obsolete; order <N> instead, <R> in stock.
Tested to <S> and <S>; certificate renewed on <DE>.
Build <H> is tagged <V>.
Message <UU> was delivered <R> times.
The tender is worth <X> USD plus <R> days of support.
Shelf label shows <EAN>, the till expects <EAN>.
Readings in kelvin, pascal and watt go into column <R>.
Fourier and Bessel terms above order <R> are dropped.
Austin, Madison and Charlotte depots hold <R> pallets.
Lincoln and Victoria stations close at 23:<R>.
Mark each crate, bill the carrier, and will-call within <R> days.
The Hall sensor on unit <SN> drifts by <R> microvolts.
Johnson Controls and Rolls-Royce quoted for <N>.
Counter value <NC> is assigned by the switch, not by a bank.
password: <your-password-here>
Set TOKEN=CHANGE_ME before the first run.
Ports 9200 and 27017 stay closed; retry after <R> ms.
Unit <SN> leaves warranty on <DE>.
Bind to 0.0.0.0 with mask 255.255.0.0.
Procedure WI-<R>, issue <V>, valid from <DE>.
Cold store at -18 C, alarm after <R> s.
Grafana, Maven and Travis run on node <R>.
Weld wire grade 1.4<R> needs <R> days.
Parts list: <N>, <N>, <N>
April and August were the strongest months, up <R> percent.
HTTP <R> is described in RFC 9110.
Crate 800x600x500 mm, tare <R> kg.
Platform <R> is step-free; use the Oxford Street exit.
MD5 sum of the catalogue <V> is unchanged.
Credit note <O> dated <DE> covers <R> items.
| Part | Batch | Qty |
|---|---|---|
| <N> | <LN> | <R> |
| <N> | <LN> | <R> |
{"sku": "<N>", "ean": "<EAN>", "order": "<O>"}
tracking,status
<T>,in transit
<T>,delivered
Sterling fell while Jasper and Ruby dyes stayed at <R> per litre.
Serial numbers <SN> to <SN> are recalled.
Exhibit <R> was shipped under waybill <T>.
Ticket <O> breached its target by <R> minutes.
"""
GROUP_STARTS = (
    "| 房号",
    "| 证件号",
    "序号,",
    "户名;",
    "船名｜",
    "运维把",
    "附件 id_rsa",
    "| 料号",
    "运单号,",
    "Someone pasted",
    "deploy_key:",
    "| Guest |",
    "| Patient |",
    "cardholder;",
    "id,employee",
    "Cc: ",
    "Reply-To:",
    "| Part |",
    "tracking,",
    "username:",
)
GROUP_SIZES = {
    "| 房号": 5,
    "| 证件号": 4,
    "序号,": 3,
    "户名;": 3,
    "船名｜": 3,
    "运维把": 3,
    "附件 id_rsa": 2,
    "| 料号": 4,
    "运单号,": 3,
    "Someone pasted": 2,
    "deploy_key:": 3,
    "| Guest |": 4,
    "| Patient |": 4,
    "cardholder;": 3,
    "id,employee": 3,
    "Cc: ": 2,
    "Reply-To:": 2,
    "| Part |": 4,
    "tracking,": 3,
    "username:": 2,
}


def templates(block: str) -> list[str]:
    """Split a block of text into templates, keeping those of several lines together."""
    lines, result = block.strip("\n").split("\n"), []
    while lines:
        start = next((s for s in GROUP_STARTS if lines[0].startswith(s)), None)
        size = GROUP_SIZES[start] if start else 1
        result.append("\n".join(lines[:size]))
        lines = lines[size:]
    return result


def render(template: str) -> tuple[str, list[dict[str, object]]]:
    """Fill a template and return the text and its spans."""
    text, spans, last = "", [], 0
    for match in TOKEN.finditer(template):
        text += template[last : match.start()]
        last = match.end()
        kind, maker = MAKERS[match.group(1)]
        value = maker()
        if kind:
            span: dict[str, object] = {"start": len(text), "end": len(text) + len(value), "type": kind.rstrip("?")}
            if kind.endswith("?"):
                span["optional"] = True
            spans.append(span)
        text += value
    return text + template[last:], spans


def spread(items: list[str], count: int) -> list[str]:
    """Return count items, each about equally often."""
    result: list[str] = []
    while len(result) < count:
        result += RNG.sample(items, len(items))
    return result[:count]


def rows(lang: str) -> list[dict[str, object]]:
    """Return all rows of one language."""
    yes, no, n_yes, n_no = (ZH_YES, ZH_NO, 252, 112) if lang == "zh" else (EN_YES, EN_NO, 212, 102)
    good, clean = templates(yes), templates(no)
    made = [render(t) for t in spread(good, n_yes)] + [render(t) for t in dict.fromkeys(spread(clean, n_no))]
    made += [render(t) for t in spread([c for c in clean if TOKEN.search(c)], n_no - len(set(clean)))]
    for _ in range(38):
        text, spans = "", []
        for template in RNG.choices(good, k=RNG.randint(3, 6)) + RNG.choices(clean, k=RNG.randint(1, 3)):
            spans.append((template, render(template)))
        RNG.shuffle(spans)
        joined: list[dict[str, object]] = []
        for _template, (piece, found) in spans:
            joined += [{**s, "start": s["start"] + len(text), "end": s["end"] + len(text)} for s in found]
            text += piece + "\n"
        made.append((text, joined))
    RNG.shuffle(made)
    return [{"id": f"kin5-{lang}-{i:04d}", "text": t, "spans": s, "lang": lang} for i, (t, s) in enumerate(made, 1)]


def main() -> None:
    """Print the rows of the language named on the command line."""
    for row in rows(sys.argv[1]):
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
