"""Independent judging rows for a recognizer of personal data: python pii_kin.py zh|en prints JSON lines."""

import base64
import json
import random
import re
import sys
from collections.abc import Callable

RNG = random.Random(60617)
DIGITS = "0123456789"
ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SURNAMES = (
    "王李刘陈杨黄吴孙朱高林郭梁宋唐韩冯董程田潘袁蔡蒋余杜叶魏苏丁任卢姚钟姜崔谭陆汪范金石廖贾夏方邹熊白孟秦邱侯江尹薛阎"
    "段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常温康牛葛柳"
)
DOUBLE = ["司马", "东方", "慕容", "尉迟", "皇甫", "令狐", "司徒", "夏侯"]
GIVEN = (
    "梓萱 雨桐 俊驰 伟峰 海涛 晓东 丽华 秀兰 桂芳 国强 建军 志刚 永强 文静 雪梅 玉梅 子墨 一鸣 欣怡 思琪 梦洁 嘉懿 博文 "
    "鹏飞 晨曦 雅琴 红霞 春燕 桂英 淑珍 凤英 德明 宝林 长江 庆华 建平 新民 卫国 爱华 少华 兴旺 世杰 可欣 语嫣 奕辰 沐阳 "
    "亦菲 铭泽 皓轩 钰涵 佩瑶 芷若 凯 斌 勇 刚 洋 艳 娟 萍 涛 超 鑫 倩 颖 莉 波 辉 岩 帆 蕾 彬 媛 森 岚 薇 楠 昊 钧 "
    "晓峰 立军 培根 启明 怀远 崇文 仲明 润之 维佳 成栋 冬梅 夏荷 秋菊 春华"
).split()
DOTTED = [
    "玛依拉·卡德尔",
    "帕尔哈提·阿不都",
    "娜仁·其其格",
    "古丽娜尔·艾山",
    "卡洛斯·门德斯",
    "弗拉基米尔·彼得罗夫",
    "玛丽·安德森",
    "彼得·施密特",
    "卓玛·次仁",
    "努尔兰·哈米提",
    "皮埃尔·杜邦",
    "索菲娅·贝尔格",
]
PINYIN = [
    "Liu Yang",
    "Zhao Min",
    "Huang Xiaoli",
    "Sun Guoqiang",
    "Xu Jiahui",
    "Zhou Wenbin",
    "Gao Lei",
    "Tang Yufei",
    "He Zhiyuan",
    "Song Meiling",
    "Deng Haibo",
    "Ye Qing",
    "Lin Shuhua",
    "Peng Bo",
]
FIRST = (
    "Alice George Hannah Victor Ingrid Pablo Fatima Samuel Rachel Oliver Chloe Ethan Marta Dmitri Yuki Arjun "
    "Leila Patrick Helen Stefan Naomi Gareth Louise Kwame Beatriz Henrik Joanna Marcus Teresa Isaac Deborah "
    "Philip Aisha Walter Greta Julian Monica Rafael Simone "
    "Trevor Vanessa Edward Camille Bruno Elena Grace Mark Rose"
).split()
LAST = (
    "Anderson Clark Robinson Wright Hughes Bennett Coleman Fischer Schneider Dubois Moreau Garcia Fernandez Silva "
    "Santos Nowak Petrov Ivanova Sharma Singh Nakamura Suzuki Khan Rahman Okafor Mensah Larsen Johansson Virtanen "
    "Murphy Gallagher McCarthy O'Connor D'Angelo Hernandez Campbell Stewart Morgan Foster Brooks Reyes Cruz Hill "
    "Baker Cooper Young King Price Ward Fox"
).split()
EN_CN = [
    "Liu Yang",
    "Huang Xiao-li",
    "Wei-Ling Sun",
    "Xu Jiahui",
    "Jason Zhou",
    "Gao Lei",
    "Tang Yu-fei",
    "Grace Peng",
    "He Zhiyuan",
    "Song Mei-ling",
    "Deng Haibo",
    "Lin Shuhua",
]
DOMAINS = ["example.com", "example.org", "example.net", "post.example.com", "office.example.org", "example.com.cn"]
REGIONS = [
    "110105",
    "310106",
    "440303",
    "330102",
    "510104",
    "420111",
    "610102",
    "320102",
    "370102",
    "210202",
    "350102",
    "430102",
    "500103",
    "120101",
    "410102",
    "530103",
    "340102",
    "360102",
    "220102",
    "230102",
]


def pick(items: list | str) -> str:
    """Return one random item."""
    return RNG.choice(items)


def digits(n: int) -> str:
    """Return n random digits, the first not zero."""
    return pick("123456789") + "".join(pick(DIGITS) for _ in range(n - 1))


def wide(text: str) -> str:
    """Return the text with full-width digits and letters."""
    return "".join(chr(ord(c) + 0xFEE0) if c.isalnum() and c.isascii() else c for c in text)


def id_body() -> str:
    """Return the first 17 characters of an identity number."""
    day = f"{RNG.randint(1950, 2004)}{RNG.randint(1, 12):02d}{RNG.randint(1, 28):02d}"
    return pick(REGIONS) + day + f"{RNG.randint(1, 999):03d}"


def id_check(body: str) -> str:
    """Return the ISO 7064 MOD 11-2 check character."""
    return "10X98765432"[sum(int(c) * pow(2, 17 - i, 11) for i, c in enumerate(body)) % 11]


def id18() -> str:
    """Return a valid 18-character identity number."""
    body = id_body()
    return body + id_check(body)


def id_any() -> str:
    """Return a valid identity number in one of the written forms."""
    number, form = id18(), RNG.random()
    if form < 0.12:
        return wide(number)
    if form < 0.22:
        return f"{number[:6]}-{number[6:14]}-{number[14:]}"
    if form < 0.28:
        return f"{number[:6]} {number[6:14]} {number[14:]}"
    return number.lower() if form < 0.45 else number


def id15() -> str:
    """Return a 15-digit identity number."""
    return pick(REGIONS) + (
        f"{RNG.randint(50, 89)}{RNG.randint(1, 12):02d}{RNG.randint(1, 28):02d}{RNG.randint(1, 999):03d}"
    )


def id_bad() -> str:
    """Return an 18-character number with a wrong check character."""
    body = id_body()
    return body + pick([c for c in "0123456789X" if c != id_check(body)])


def luhn(body: str) -> str:
    """Return the Luhn check digit of a body."""
    total = 0
    for i, c in enumerate(reversed(body)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


def card(prefixes: list[str], forms: bool = True) -> str:
    """Return a valid card number."""
    prefix = pick(prefixes)
    size = 15 if prefix.startswith("3") else 19 if prefix.startswith("621") else 16
    body = prefix + "".join(pick(DIGITS) for _ in range(size - 1 - len(prefix)))
    number, form = body + luhn(body), RNG.random()
    if forms and form < 0.45 and size != 15:
        sep = " " if form < 0.28 else "-"
        return sep.join(number[i : i + 4] for i in range(0, size, 4))
    return number


def zh_card() -> str:
    """Return a card as seen in Chinese texts."""
    return card(["621226", "621785", "621483", "622588", "622908", "622155", "628310", "4392", "5187"])


def zh_card_plain() -> str:
    """Return a card without separators."""
    return card(["621226", "621785", "621483", "622588", "622908", "5187"], False)


def en_card() -> str:
    """Return an international card."""
    return card(["4", "4", "51", "54", "34", "37", "6011"])


def card_bad() -> str:
    """Return a 19-digit number that starts like a card and fails Luhn."""
    body = pick(["621226", "621785", "622588"]) + "".join(pick(DIGITS) for _ in range(12))
    return body + pick([c for c in DIGITS if c != luhn(body)])


def mobile_raw() -> str:
    """Return a bare Chinese mobile number."""
    return pick(
        "135 136 138 139 150 151 158 159 166 173 176 177 180 182 185 187 188 189 191 198 199".split()
    ) + "".join(pick(DIGITS) for _ in range(8))


def mobile() -> str:
    """Return a Chinese mobile number in one of the written forms."""
    m = mobile_raw()
    a, b, c = m[:3], m[3:7], m[7:]
    return pick(
        [
            m,
            m,
            m,
            m,
            f"{a}-{b}-{c}",
            f"{a} {b} {c}",
            f"+86 {m}",
            f"+86-{a}-{b}-{c}",
            f"0086{m}",
            wide(m),
            f"+86{m}",
            f"(+86){m}",
        ]
    )


def cn_abroad() -> str:
    """Return a Chinese mobile as written in English texts."""
    m = mobile_raw()
    return pick([f"+86 {m}", f"+86 {m[:3]} {m[3:7]} {m[7:]}", f"(+86){m}", f"{m[:3]}-{m[3:7]}-{m[7:]}", f"+86-{m}"])


def landline() -> str:
    """Return a Chinese fixed line."""
    area = pick(["010", "020", "022", "025", "027", "0532", "0592", "0574", "0371", "0512", "0411"])
    n = digits(8)
    n = pick("2345678") + n[1:]
    return pick(
        [
            f"{area}-{n}",
            f"{area}-{n}",
            f"（{area}）{n}",
            f"({area}){n}",
            f"{area} {n}",
            f"+86-{area[1:]}-{n}",
            f"{area}-{n}转{RNG.randint(100, 899)}",
            f"{area}-{n}-{RNG.randint(100, 8999)}",
        ]
    )


def phone_en() -> str:
    """Return a US, UK or German phone number."""
    a, e = pick(["202", "305", "404", "503", "713", "312", "702"]), f"01{RNG.randint(0, 99):02d}"
    return pick(
        [
            f"({a}) 555-{e}",
            f"{a}-555-{e}",
            f"{a}.555.{e}",
            f"+1 {a}-555-{e}",
            f"+1-{a}-555-{e} ext. {RNG.randint(100, 999)}",
            f"+44 20 7946 0{RNG.randint(100, 999)}",
            f"+49 30 {digits(8)}",
            f"+1 ({a}) 555-{e}",
        ]
    )


def uscc() -> str:
    """Return a valid unified social credit code."""
    chars = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = (
        pick(["91", "91", "92", "52", "12", "93"])
        + pick(REGIONS)
        + "".join(pick(DIGITS) for _ in range(8))
        + pick(DIGITS + "XNQAMK")
    )
    total = sum(chars.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + chars[-total % 31]


def zh_name() -> str:
    """Return a Chinese name, seldom one with a dot or a double surname."""
    form = RNG.random()
    if form < 0.06:
        return pick(DOTTED)
    return (pick(DOUBLE) if form < 0.13 else pick(SURNAMES)) + pick(GIVEN)


def titled() -> str:
    """Return a surname with a title."""
    return pick(SURNAMES) + pick(["总", "经理", "主任", "老师", "工", "院长", "科长"])


def en_name() -> str:
    """Return an English or international name."""
    return f"{pick(FIRST)} {pick(LAST)}"


def email() -> str:
    """Return an address at an example domain."""
    f, s = pick(FIRST).lower(), pick(LAST).lower().replace("'", "")
    return (
        pick([f"{f}.{s}", f"{f}_{s}", f"{f[0]}{s}+shop", f"{s}{RNG.randint(1, 99)}", f"{f}-{s}"]) + "@" + pick(DOMAINS)
    )


def ip4() -> str:
    """Return a private or documentation IPv4 address."""
    return (
        pick(["192.168.{}.{}", "10.{2}.{}.{}", "172.{3}.{}.{}", "203.0.113.{1}", "198.51.100.{1}", "192.0.2.{1}"])
        .replace("{2}", str(RNG.randint(1, 254)))
        .replace("{1}", str(RNG.randint(2, 254)))
        .replace("{3}", str(RNG.randint(16, 31)))
        .replace("{}", str(RNG.randint(0, 250)), 1)
        .replace("{}", str(RNG.randint(2, 254)))
    )


def ip6() -> str:
    """Return a documentation IPv6 address."""
    return f"2001:db8:{RNG.randint(4096, 65535):x}:{RNG.randint(4096, 65535):x}::{RNG.randint(16, 65535):x}"


def zh_address() -> str:
    """Return a Chinese street address."""
    city = pick(
        [
            "湖北省武汉市洪山区",
            "山东省青岛市市南区",
            "福建省厦门市思明区",
            "陕西省西安市雁塔区",
            "重庆市渝中区",
            "天津市河西区",
            "辽宁省大连市中山区",
            "湖南省长沙市岳麓区",
            "河南省郑州市金水区",
            "上海市徐汇区",
            "广州市天河区",
        ]
    )
    road = pick(
        [
            "珞喻路",
            "香港中路",
            "湖滨南路",
            "解放大道",
            "人民路",
            "龙口东路",
            "友谊西街",
            "学府巷",
            "滨江东路",
            "五四大街",
        ]
    )
    tail = pick(
        [
            "",
            f"{RNG.randint(1, 30)}幢{RNG.randint(101, 2905)}室",
            f"{pick(['锦绣花园', '金桂苑', '书香雅苑'])}"
            f"{RNG.randint(1, 30)}栋{RNG.randint(1, 4)}单元{RNG.randint(101, 2905)}",
            f"{RNG.randint(1, 9)}号楼{RNG.randint(101, 1905)}室",
        ]
    )
    return f"{city}{road}{RNG.randint(2, 1999)}号{tail}"


def en_address() -> str:
    """Return a US or UK street address."""
    street = (
        f"{RNG.randint(11, 9899)} "
        f"{pick('Cedar Willow Franklin Prospect Chestnut Orchard Station Mill'.split())} "
        f"{pick(['Street', 'Road', 'Avenue', 'Ave', 'Lane', 'Drive', 'Blvd'])}"
    )
    unit = pick(["", "", f", Apt {RNG.randint(1, 99)}", f", Suite {RNG.randint(100, 900)}"])
    return (
        street
        + unit
        + ", "
        + pick(
            [
                "Denver, CO 80203",
                "Madison, WI 53703",
                "Austin, TX 78701",
                "Bristol BS1 5TR",
                "Cardiff CF10 1EP",
                "Salem, OR 97301",
            ]
        )
    )


def plate() -> str:
    """Return a number plate, ordinary or new energy."""
    head = pick("京津沪冀豫云辽黑皖鲁新浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼") + pick("ABCDEFGH")
    body = pick(
        [
            digits(5),
            pick("ABCEGHJK") + digits(4),
            digits(3) + pick("KLMNP") + pick(DIGITS),
            pick("DF") + digits(5),
            pick("DF") + pick("ABCEGK") + digits(4),
        ]
    )
    return head + pick(["", "", "·"]) + body


def passport() -> str:
    """Return a Chinese passport number."""
    return pick(["E" + digits(8), "G" + digits(8), "E" + pick("ABCDEFGH") + digits(7)])


def permit() -> str:
    """Return a travel permit number."""
    return pick("HMC") + digits(8)


def passport_en() -> str:
    """Return a passport number as in English texts."""
    return pick([digits(9), pick("ABCLXZ") + digits(8)])


def ssn() -> str:
    """Return a formally valid SSN."""
    return f"{pick([i for i in range(100, 899) if i != 666])}-{RNG.randint(1, 99):02d}-{RNG.randint(1, 9999):04d}"


def ssn_bad() -> str:
    """Return an SSN that cannot have been issued."""
    return f"{pick(['000', '666', str(RNG.randint(900, 999))])}-00-{RNG.randint(1, 9999):04d}"


def iban() -> str:
    """Return a valid IBAN, seldom with spaces."""
    land, body = pick(
        [
            ("DE", digits(18)),
            ("FR", digits(23)),
            ("NL", "".join(pick(ALNUM[:26]) for _ in range(4)) + digits(10)),
            ("GB", "".join(pick(ALNUM[:26]) for _ in range(4)) + digits(14)),
        ]
    )
    number = int("".join(str(int(c, 36)) for c in body + land + "00"))
    text = f"{land}{98 - number % 97:02d}{body}"
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if RNG.random() < 0.4 else text


def token(n: int, extra: str = "") -> str:
    """Return n random letters, digits and extra characters."""
    return "".join(pick(ALNUM + extra) for _ in range(n))


def password() -> str:
    """Return a password with letters and digits."""
    return pick(ALNUM[:52]) + token(RNG.randint(7, 12), pick(["", "", "_%!#"])) + pick(DIGITS) + pick(ALNUM[26:52])


def api_key() -> str:
    """Return a key of a common provider."""
    return pick(
        [
            "sk-" + token(48),
            "ghp_" + token(36),
            "AIza" + token(35, "-_"),
            "LTAI5t" + token(18),
            "glpat-" + token(20),
            f"xoxb-{digits(11)}-{digits(12)}-{token(24)}",
            "AKIA" + token(16).upper(),
        ]
    )


def hexes(n: int) -> str:
    """Return n hexadecimal digits."""
    return "".join(pick("0123456789abcdef") for _ in range(n))


def key32() -> str:
    """Return 32 hexadecimal digits."""
    return hexes(32)


def jwt() -> str:
    """Return a JSON web token."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": digits(6), "exp": 1790000000 + RNG.randint(0, 9999999)}]
    heads = [
        base64.urlsafe_b64encode(json.dumps(p, separators=(",", ":")).encode()).decode().rstrip("=") for p in parts
    ]
    return ".".join(heads) + "." + token(43, "-_")


def pem() -> str:
    """Return a PEM block."""
    kind = pick(["RSA ", "EC ", "OPENSSH ", ""])
    lines = "\n".join(token(64, "+/") for _ in range(4))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


def zh_date() -> str:
    """Return a date as in Chinese texts."""
    y, m, d = RNG.randint(2019, 2026), RNG.randint(1, 12), RNG.randint(1, 28)
    return pick([f"{y}-{m:02d}-{d:02d}", f"{y}/{m:02d}/{d:02d}", f"{y}年{m}月{d}日", f"{y}{m:02d}{d:02d}"])


def en_date() -> str:
    """Return a date as in English texts."""
    y, m, d = RNG.randint(2019, 2026), RNG.randint(1, 12), RNG.randint(1, 28)
    return pick([f"{y}-{m:02d}-{d:02d}", f"{m:02d}/{d:02d}/{y}", f"{d} October {y}", f"Q{RNG.randint(1, 4)} {y}"])


def order() -> str:
    """Return an order number."""
    return pick(
        [
            f"DD2025{RNG.randint(1, 12):02d}{RNG.randint(1, 28):02d}{digits(6)}",
            "SO" + digits(12),
            "INV" + digits(8),
            f"PO-2026{RNG.randint(1, 12):02d}-{digits(5)}",
            f"HT-{digits(4)}-{digits(3)}",
        ]
    )


def part() -> str:
    """Return a part number."""
    return pick(
        [
            f"6ES7 {digits(3)}-{digits(1)}AB{digits(2)}-0XB0",
            f"STM32F{digits(3)}ZGT6",
            f"M{RNG.randint(3, 30)}×{RNG.randint(20, 120)}",
            f"GB/T {digits(5)}-20{RNG.randint(10, 25)}",
            f"KL-{digits(4)}-{pick('ABC')}D",
        ]
    )


def version() -> str:
    """Return a version."""
    return pick(
        [
            f"v{RNG.randint(1, 9)}.{RNG.randint(0, 20)}.{RNG.randint(0, 40)}",
            f"{RNG.randint(1, 9)}.{RNG.randint(0, 20)}.{RNG.randint(0, 20)}-rc{RNG.randint(1, 4)}",
            f"V{RNG.randint(1, 9)}.{RNG.randint(0, 9)}R{RNG.randint(1, 9)}B{digits(3)}",
            f"{RNG.randint(1, 12)}.{RNG.randint(1, 30)}.{RNG.randint(1, 30)}.{RNG.randint(1, 255)}",
        ]
    )


def track() -> str:
    """Return a tracking number."""
    return pick(["SF", "JD", "YT", "ZTO"]) + digits(13)


def barcode() -> str:
    """Return a valid EAN-13 bar code."""
    body = "69" + digits(10)
    return body + str(-sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10)


def uuid() -> str:
    """Return a UUID."""
    return f"{hexes(8)}-{hexes(4)}-4{hexes(3)}-a{hexes(3)}-{hexes(12)}"


def money() -> str:
    """Return an amount."""
    return f"{RNG.randint(1000, 99999999) + RNG.randint(0, 99) / 100:,.2f}"


MARKED: dict[str, tuple[str, Callable[[], str]]] = {
    "P": ("PERSON", zh_name),
    "T": ("PERSON?", titled),
    "Y": ("PERSON", lambda: pick(PINYIN)),
    "N": ("PERSON", en_name),
    "C": ("PERSON", lambda: pick(EN_CN)),
    "id": ("CN_ID_CARD", id_any),
    "i18": ("CN_ID_CARD", id18),
    "i15": ("CN_ID_CARD", id15),
    "ibad": ("CN_ID_CARD?", id_bad),
    "cc": ("CREDIT_CARD", zh_card),
    "cp": ("CREDIT_CARD", zh_card_plain),
    "ce": ("CREDIT_CARD", en_card),
    "m": ("PHONE_NUMBER", mobile),
    "m11": ("PHONE_NUMBER", mobile_raw),
    "tel": ("PHONE_NUMBER", landline),
    "ph": ("PHONE_NUMBER", phone_en),
    "mc": ("PHONE_NUMBER", cn_abroad),
    "us": ("CN_USCC", uscc),
    "e": ("EMAIL_ADDRESS", email),
    "ip": ("IP_ADDRESS", ip4),
    "ip6": ("IP_ADDRESS", ip6),
    "a": ("ADDRESS", zh_address),
    "ae": ("ADDRESS", en_address),
    "pl": ("LICENSE_PLATE", plate),
    "pp": ("PASSPORT", passport),
    "hk": ("PASSPORT", permit),
    "pe": ("PASSPORT", passport_en),
    "ssn": ("US_SSN", ssn),
    "sbad": ("US_SSN?", ssn_bad),
    "ib": ("IBAN_CODE", iban),
    "pw": ("PASSWORD", password),
    "k": ("API_KEY", api_key),
    "k32": ("API_KEY", key32),
    "j": ("JWT", jwt),
    "pem": ("PRIVATE_KEY", pem),
}
PLAIN: dict[str, Callable[[], str]] = {
    "d": zh_date,
    "D": en_date,
    "o": order,
    "pt": part,
    "v": version,
    "tr": track,
    "bar": barcode,
    "uu": uuid,
    "$": money,
    "n": lambda: str(RNG.randint(2, 999)),
    "big": lambda: digits(RNG.randint(13, 21)),
    "sha": lambda: hexes(pick([40, 64])),
    "cbad": card_bad,
}

ZH_PII = """<P>与<P>于<d>交接印刷机台，版号<pt>。
印刷厂联络：<P>，电话<m>，电邮<e>。
护林员<P>（手机<m>）在<d>巡护时发现病虫害。
口腔门诊预约：患者<P>，电话<m11>，医生<P>，椅位<n>。
患者<P>的身份证<i18>已用于建档，病历号<o>。
演出退票：购票人<P>，付款卡<cc>，退款<$>元。
话剧排练名单：导演<P>，主演<P>、<P>，灯光<P>。
拖轮调度员<P>值夜班，联系<tel>。
集装箱提货人<P>，证件号码<id>，车牌号<pl>，提单<o>。
税务窗口受理：纳税人识别号<us>，办税员<P>，受理日期<d>。
幼儿家长<P>电话<m>，接送人<P>，与幼儿关系：祖父。
修车客户<P>，牌照<pl>，里程<n>公里，回访电话<m11>。
食品厂健康证登记｜<P>｜<id>｜有效期至<d>
姓名：<P>；性别：女；身份证：<id>；联系方式：<m>
请快递员送到<a>，交<P>本人，手机<m11>。
本店经营者<P>，统一社会信用代码：<us>，经营场所<a>。
<P>：你好！你申请的版本<v>试用授权已开通，账号<e>。
转账备注：收款人<P>，卡号<cc>，金额<$>元。
退押金至<cp>，户名<P>，订单<o>。
经办人<P>，复核<P>，日期<d>。
已通知<T>和<P>参加评审。
请<T>核对，材料由<P>送达。
持照人<P>，护照<pp>，签证类别M。
邮轮旅客护照号码：<pp>，舱房<n>。
通行证<hk>已过闸，旅客<P>。
往来港澳通行证（<hk>）由<P>遗失，请协查。
旧证号<i15>的林权证持有人<P>申请变更。
一代身份证号<i15>已失效，新号<i18>。
系统提示身份证<ibad>校验位错误，登记人<P>。
录入的身份证号码<ibad>有误，请联系<P>更正。
值班电话<tel>，夜间改拨<m11>。
剧场票务<tel>；投诉请找<P>。
传真：<tel>，联系人：<P>
堡垒机登录来源<ip>，操作员<P>，时间<d>。
打印服务器<ip>离线，IPv6地址<ip6>仍可访问。
防火墙拦截<ip>对<ip>的扫描，规则<n>。
摄像头<ip6>丢包率<n>‰。
FTP口令：<pw>，用完请删除。
后台登录密码为<pw>，管理员<P>。
root密码：<pw>
redis://default:<pw>@cache.internal:6379/0 已写入配置
备份脚本含postgresql://erp:<pw>@10-db.internal:5432/erp，请改。
日志泄露了令牌<k>，由<P>负责轮换。
export GITHUB_TOKEN=<k>
secret_key: <k32> # 支付网关
access_key="<k32>"，仓库<o>
Cookie里的token=<j>已过期
调用接口时带上 Bearer <j>
网关证书私钥如下：
<pem>
误传至群文件的密钥：
<pem>
请<P>尽快吊销。
外方联系人<Y>，邮件<e>，电话<m>。
译员<Y>随船，护照<pp>。
发件人：<P> <<e>>
收件人：<P> <<e>>
主题：<pt>打样
问卷反馈请发<e>，勿回复本邮件。
工单<o>：用户<e>从<ip>登录失败。
| 姓名 | 身份证号 | 电话 |
|---|---|---|
| <P> | <i18> | <m11> |
| <P> | <i18> | <m11> |
| 序号 | 司机 | 车牌 |
|---|---|---|
| 1 | <P> | <pl> |
| 2 | <P> | <pl> |
编号,姓名,手机,邮箱
1,<P>,<m11>,<e>
2,<P>,<m11>,<e>
户名	卡号	开户日
<P>	<cp>	<d>
<P>	<cp>	<d>
{"patient": "<P>", "tel": "<m11>", "visit": "<o>"}
{"owner":"<P>","id_no":"<i18>","plate":"<pl>"}
<contact><name><P></name><phone><m11></phone></contact>
车辆<pl>违停，车主<P>，联系<m>。
场内叉车与货车<pl>刮擦，司机<P>签字确认。
甲方：<P>　　身份证号：<id>
乙方：<P>　　住址：<a>
证明人：<P>（签章）　联系电话：<m>
<P>同志自<d>起任木材检验员，由<P>带教。
家长会签到：<P>、<P>、<P>、<P>
据<P>介绍，该批油墨的固含量为<n>%。
面试记录：<P>，应聘乳品质检，期望薪资<n>00元。
投诉人<P>称刹车异响，技师<P>更换<pt>后恢复。
发票抬头税号<us>，收票邮箱<e>。
开票信息：税号<us>，地址<a>，电话<tel>
会员<P>绑定信用卡<cc>，有效期12/29。
误刷卡<cc>，请财务<P>冲正<$>元。
收货地址：<a>
搬迁通知：新办公地址为<a>，前台<tel>。
寄样<tr>请<P>查收，电话<m>。
码头工人<P>工伤，家属<P>电话<m11>。
工资卡变更：<P>，身份证号<i18>，新卡号<cc>。
分期购车人<P>（<id>），扣款卡<cp>。
实名购票：<P> <id>
绑定银行卡 <cc> 成功，流水<o>。
补缴税款请刷<cc>，经手<P>。
姓名|证件号码|工资卡
<P>|<i18>|<cp>
<P>|<i18>|<cp>
居民身份证<id>，发证日<d>。"""
ZH_CLEAN = """印版批号<big>，上机日期<d>，印数<n>令。
采伐许可流水<big>已归档。
提单号<o>，箱号CSNU<n>4417，船期<d>。
运单<tr>显示派送中，关联单号<o>。
牙科耗材条码<bar>无法识别。
商品码<bar>，库存<n>箱。
配方版本<v>于<d>生效。
升级包<v>替换<v>，校验值<sha>。
镜像摘要sha1 <sha>。
回退提交<sha>，影响版本<v>。
作业<uu>超时<n>秒。
请求编号：<uu>，状态码<n>。
备件<pt>与<pt>可互换，数量<n>。
采购清单：<pt>、<pt>，共<n>件。
执行标准GB 5009.<n>-2016与ISO 22000:2018。
税款合计人民币<$>元，税率6%。
本期进项税额<$>，销项税额<$>。
机身序列号SN<big>，保修到<d>。
设备自增ID <cbad>，并非卡号。
日志序号<cbad>由计数器生成。
会计凭证<big>，所属期<d>。
高度关注干燥车间温度，上限<n>℃。
马上开演，请关闭手机；安全出口共<n>处。
白天与黑夜两班倒，产量相差<n>件。
江边码头水位<n>厘米，浪高1.2米。
金色油墨与石墨粉的配比见表<n>。
傅里叶变换与拉普拉斯算子在第<n>页。
欧姆定律：电阻<n>欧，功率瓦特另计。
中山路与解放路的公交改线自<d>实施。
宋体、楷体各<n>套字库已安装。
福特与丰田车型的召回编号为<o>。
王老吉与康师傅的货架陈列费<$>元。
海尔冷柜<n>台，型号<pt>。
张家港、秦皇岛、连云港三港吞吐量<$>吨。
黄山松与白杨的出材率分别为<n>‰和<n>‰。
何时复工、由谁负责尚未明确。
任务单<o>排在第<n>位，任何变更须重新报批。
高新技术企业复审于<d>结束。
常温保存，严禁倒置，净重<n>克。
开放端口443、8443与27017，连接上限<n>。
监听地址0.0.0.0，掩码255.255.0.0。
示例：password=<your_password>，请自行修改。
样例 token: "REPLACE_ME"，切勿直接使用。
报警请拨110，火警119，税务咨询12366。
分机<n>，前台内线8000。
剧目编号<o>，座位B区12排<n>座。
保单<big>的生效日为<d>。
SKU<big>补货<n>箱。
幼儿园大班<n>人，中班<n>人，周一开学。
方圆百里、成龙配套、万里无云均为成语。"""
EN_PII = """<N> will collect the proofs from the print shop on <D>.
Forest ranger <N> can be reached at <ph>.
Patient <N>, date of visit <D>, mobile <ph>, dentist <N>.
Dental record: <N>, SSN <ssn>, insurer reference <o>.
Payroll: <N> | social security number <ssn> | start <D>
Tax office note: taxpayer <N> (SSN: <ssn>) filed on <D>.
Box office refund to <N>, card <ce>, amount <$> USD.
Credit card number: <ce>
Paid with <ce>, receipt <o>.
The card ending was wrong; the full number is <ce>, holder <N>.
Cast list: <N>, <N> and <N>.
Harbour pilot <N> boarded at 04:30, phone <ph>.
Consignee: <N>, <ae>, tel. <ph>
Deliver the brake discs to <ae>.
Home address: <ae>; next of kin: <N>
<N> lives at <ae> and works in the bakery.
Mechanic <N> replaced <pt> on <D>.
Kindergarten pickup list: <N> (mother), <ph>; <N> (uncle), <ph>
Parents: please write to <e> before <D>.
Reply to <e> with the batch record.
Hi <N>, your licence for release <v> is attached. Regards, <N>
Best regards,
<N>
Support engineer
<ph>
Sender: <N> <<e>>
Cc: <N> <<e>>
Re: order <o>
Account <e> was locked after <n> attempts from <ip>.
Login by <N> from <ip> at 07:14.
Blocked <ip> and <ip6> on the edge router.
Printer <ip> is offline, firmware <v>.
inet6 <ip6> is not reachable.
DNS moved from <ip> to <ip>.
Traveller <N>, passport <pe>, vessel arrival <D>.
Passport number: <pe>
Refund by transfer to <ib> (account holder <N>).
IBAN: <ib>
Please remit <$> EUR to <ib>.
The default password is <pw>; change it today.
password=<pw>
User admin, password: <pw>, host build-<n>
export REDIS_URL=redis://cache:<pw>@redis.internal:6379/1
Clone with https://ci:<pw>@code.example.org/press.git
jdbc string: mysql://report:<pw>@sql.internal:3306/mill
The VPN password for the port office: <pw>
API_TOKEN=<k>
<N> pasted <k> into the ticket.
Revoke <k> before release <v>.
client_secret: <k32>
"api_key": "<k32>",
Cookie: session=<j>
The curl call used -H 'Authorization: Bearer <j>'
Server key found in the backup:
<pem>
Do not commit this file:
<pem>
| Driver | Phone | Depot |
|---|---|---|
| <N> | <ph> | North |
| <N> | <ph> | South |
id,name,email
1,<N>,<e>
2,<N>,<e>
name;ssn;phone
<N>;<ssn>;<ph>
<N>;<ssn>;<ph>
{"actor": "<N>", "email": "<e>", "contract": "<o>"}
{"user":"<N>","ip":"<ip>","agent":"<v>"}
<guest><name><N></name><tel><ph></tel></guest>
The number <sbad> was rejected as a social security number.
SSN <sbad> fails validation; ask <N> again.
Supplier contact in Ningbo: <C>, <mc>.
Call <C> on <mc> about container <o>.
<C> (ID card <i18>) signed for the pallets.
Chinese identity number <i18>, holder <C>.
Reference letter for <N>, food technologist since <D>.
Witnesses: <N>, <N>.
According to <N>, the kiln runs at <n> degrees.
Ms. <N> asked for an estimate; quote <o> went to <e>.
Owner <N> complained about <pt>; <N> inspected the gearbox.
Author: <N>
Reviewed by <N> and <N> on <D>.
Call me on <ph> after five, <N>.
Fax <ph>, attention <N>.
Charge <ce> for the crown, order <o>.
customer,card,total
<N>,<ce>,<n>
<N>,<ce>,<n>
Card no. <ce> belongs to <N>."""
EN_CLEAN = """Print run <big> was plated on <D>.
Parcel <tr> belongs to order <o>.
Timber lot <big> was graded C24.
Bill of lading <o>, vessel departure <D>.
EAN <bar> is missing on the label.
Rescan <bar>; quantity <n>.
Release <v> fixes the crash seen in <v>.
Revert <sha> before tagging <v>.
sha1sum: <sha>  installer.bin
Trace id <uu> took <n> ms.
Correlation-Id: <uu>
Fit <pt> instead of <pt>.
Spares: <pt>, <pt> and <pt>.
Audit against ISO 22000:2018 and EN 1090 on <D>.
VAT due: <$> EUR.
Net price <$> USD, discount <n> per mille.
Device serial SN<big>, bought <D>.
The row id is <cbad>, not a card.
Sequence value <cbad> was skipped.
Policy <big> covers the warehouse.
Grant access to the page, then mark it as done.
April and June shows are sold out; Rose Hall holds <n> seats.
The Fourier series and the Bessel functions fill chapter <n>.
Volt, Ampere and Kelvin are base or derived units.
Ford and Mercedes parts share bin <n>.
Dell laptops: <n>; Philips monitors: <n>.
Victoria, Lincoln and Houston are our depots.
Use Kubernetes, Grafana and Maven; ticket DOC-<n> tracks it.
Baker tables and cooper barrels are stored in hall <n>.
The Mill will open in May; bring a young tree.
Frank advice: chip the bark, bill later.
Ports 443 and 27017 stay closed; retry after <n> s.
Bind to 0.0.0.0 with mask 255.255.0.0.
password: <your-password-here>
token = "CHANGE_ME"  # placeholder
RFC 9110 section <n> defines the header.
Pallet 1200x800x144 mm, load <n> kg.
Steel S355J2 arrives in <n> days.
Dial 911 in an emergency; front desk is extension <n>.
Revision <v> of form QF-<n> is effective <D>.
Order <o> is late by <n> days.
Invoice <o> dated <D> was paid.
Drying at -18 to 60 C takes <n> hours.
Level <n> support closes at 18:00."""


def templates(block: str) -> list[str]:
    """Split a block at lines, keeping the listed multi-line templates together."""
    starts = (
        "网关证书",
        "误传",
        "发件人",
        "| 姓名",
        "| 序号",
        "编号,",
        "户名\t",
        "Best regards",
        "Sender:",
        "Server key",
        "Do not commit",
        "| Driver",
        "id,name",
        "name;ssn",
        "甲方：",
        "姓名|证件",
        "customer,card",
    )
    sizes = (2, 3, 3, 4, 4, 3, 3, 4, 3, 2, 2, 4, 3, 3, 2, 3, 3)
    lines, out = block.split("\n"), []
    while lines:
        size = next((n for s, n in zip(starts, sizes) if lines[0].startswith(s)), 1)
        out.append("\n".join(lines[:size]))
        lines = lines[size:]
    return out


def fill(template: str) -> tuple[str, list[dict]]:
    """Fill the slots of a template and mark their spans."""
    text, spans, last = "", [], 0
    for slot in re.finditer(r"<([A-Za-z$]+\d*)>", template):
        name = slot[1]
        if name not in MARKED and name not in PLAIN:
            continue
        text += template[last : slot.start()]
        last = slot.end()
        value = MARKED[name][1]() if name in MARKED else PLAIN[name]()
        if name in MARKED:
            kind = MARKED[name][0]
            span = {"start": len(text), "end": len(text) + len(value), "type": kind.rstrip("?")}
            spans.append(span | {"optional": True} if kind.endswith("?") else span)
        text += value
    return text + template[last:], spans


def rows(lang: str) -> list[dict]:
    """Return all rows of a language."""
    blocks = (ZH_PII, ZH_CLEAN, 248, 116, 38) if lang == "zh" else (EN_PII, EN_CLEAN, 208, 106, 38)
    plans = []
    for block, count in zip(blocks[:2], blocks[2:4]):
        todo: list[str] = []
        while len(todo) < count:
            again = templates(block)
            RNG.shuffle(again)
            todo += again
        plans += todo[:count]
    filled, seen = [], set()
    for template in plans:
        text, spans = fill(template)
        if text not in seen:
            seen.add(text)
            filled.append((text, spans))
    pages = []
    for _ in range(blocks[4]):
        text, spans = "", []
        for part_text, part_spans in RNG.sample(filled, RNG.randint(4, 9)):
            spans += [s | {"start": s["start"] + len(text), "end": s["end"] + len(text)} for s in part_spans]
            text += part_text + "\n"
        pages.append((text, spans))
    out = [{"id": f"kin-{lang}-{i:04d}", "text": t, "spans": s, "lang": lang} for i, (t, s) in enumerate(filled)]
    return out + [
        {"id": f"kin-{lang}-page-{i:04d}", "text": t, "spans": s, "lang": lang} for i, (t, s) in enumerate(pages)
    ]


def main() -> None:
    """Print the rows of the language named on the command line."""
    for row in rows(sys.argv[1]):
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
