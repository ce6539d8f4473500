"""Independent judging rows for a recognizer of personal data.  python bench/pii_unseen_second.py zh|en > rows.jsonl

All values are random (fixed seed); names, templates and trades are invented.
A template holds [[KEY]]; each key draws a value, its type (or none) and whether it is optional.
"""

import base64
import json
import random
import re
import string
import sys

SEED = 20270416

# ------------------------------------------------------------------ names
ZH3 = """陈晓东 刘桂兰 杨志远 黄淑芬 周海燕 吴俊峰 徐慧敏 孙红梅 马建军 朱世杰 胡雨桐 郭子轩 何嘉慧 高一诺 林浩宇 罗思琪 郑文静 梁凤霞
谢德华 宋晓慧 唐嘉伟 许丽华 韩志国 冯雪梅 邓小军 曹文杰 彭丽萍 曾庆华 肖建平 田玉珍 董志明 袁晓玲 潘伟明 于海波 蒋雅文 蔡明远 余佩珊 杜春生
叶子墨 程书瑶 苏婉莹 魏长江 吕晨曦 丁一鸣 任晓峰 沈若琳 姚建华 卢秀珍 姜海洋 崔文娟 钟志伟 谭咏雪 陆景行 汪洋帆 范雪洁 金大勇 石文清 廖小凤
贾宝珍 夏沐阳 韦国宁 付艳红 方雨薇 白晓光 邹明哲 孟繁星 熊文涛 秦可心 邱德福 江映雪 尹志刚 薛佳琪 闫立群 段宇铭 雷振东 侯俊伟 龙海峰 史玉梅
陶静文 黎耀辉 贺新宇 顾清扬 毛文斌 郝晓丽 龚熙文 邵美华 万家兴 钱伟业 严丽君 覃世英 戴晓明 莫小棠 孔祥瑞 向春燕 汤以晴 温志坚 康雪莲 施诗雨
牛建设 樊小刚 葛亚男 邢雨萱 安若彤 齐文浩 庞立军 季晓雯 左思源 常玉洁 鲁秀兰 祝鸿飞 时子越 易小川 应丽丽 柳青青 连志豪 成思雨""".split()
ZH2 = """王斌 李颖 张蕾 刘凯 陈洁 杨倩 黄峰 赵丹 周莉 吴燕 徐雪 孙波 马萍 朱晨 胡楠 郭璐 何帆 高毅 林瑶 罗辉 郑斌 梁颖 谢刚 宋佳 唐蕾 许峰
韩冰 冯倩 邓洁 曹阳 彭飞 曾莉 肖燕 田丽 潘琪 蒋毅 蔡斌 余波 叶青 程凯 苏颖 魏东 丁辉 姚莉 卢峰 钟诚 陆遥 汪澜""".split()
ZH4 = """欧阳晓晴 欧阳铭 上官云飞 诸葛文清 司马靖 司徒雅静 慕容晓天 皇甫志诚 端木婧 东方明慧 尉迟敬一 令狐若冰 夏侯博 南宫雪
次仁卓玛 丹增旺姆 洛桑平措 格桑央金 铃木美穗 高桥直树 山本由纪 朴智慧 崔成浩""".split()
ZHDOT = """阿卜杜拉·热合曼 迪丽拜尔·艾山 古丽娜尔·吐尔地 买合木提·依明 其木格·巴雅尔 乌日娜·朝鲁 热依汗·玉素甫 彼得·舒尔茨 艾玛·泰勒 卡洛斯·门德斯
让·杜邦 穆罕默德·哈桑 索菲亚·贝克 托马斯·安德森 叶莲娜·彼得罗娃 海伦·卡特""".split()
ZHTITLE = [
    s + t for s in "王李张陈孙周吴徐朱林郑梁宋许" for t in ("总", "经理", "主任", "老师", "工", "处长", "医生", "校长")
]
PINYIN = """Liu Xiaofeng,Sun Meiling,Gao Zhi-qiang,Zhou Lin,Wu Haibo,Xu Wen-jing,Huang Qian,Zheng Yifan,Tang Bo,He Jiahui,Feng Kai,Lin Yu-ting,
Deng Shuang,Cai Mingyuan,Grace Liu,Peter Wang,Jason Huang,Vivian Xu,Ouyang Ming,Song Ke,Ma Rui,Qin Xiaoyu""".replace(
    "\n", ""
).split(",")
EN = """Charlotte Bennett,Oliver Hughes,Amelia Foster,Jack Sullivan,Grace Coleman,Henry Watson,Chloe Richardson,Samuel Brooks,Hannah Morgan,
Lucas Reed,Ella Simmons,Benjamin Carter,Zoe Patterson,Nathan Hayes,Megan Fletcher,Ryan Cooper,Victoria Barnes,Adam Pearson,Julia Stewart,
Edward Palmer,Rachel Gibson,Patrick Murphy,Fiona MacLeod,Callum Fraser,Siobhan O'Connor,Declan Byrne,Niamh Gallagher,Rory Kavanagh,
Gareth Llewellyn,Sean O'Reilly,Ahmed Farouk,Layla Mansour,Youssef Khalil,Fatima Al-Sayed,Mehmet Yilmaz,Aylin Demir,Ravi Krishnan,
Ananya Sharma,Arjun Mehta,Deepika Nair,Sanjay Gupta,Kavita Iyer,Lars Svensson,Ingrid Johansen,Erik Lindqvist,Astrid Nilsson,
Mikkel Sorensen,Katrine Holm,Jukka Virtanen,Aino Korhonen,Klaus Becker,Sabine Vogel,Stefan Krueger,Heike Zimmermann,Jurgen Hoffmann,
Petra Schmitt,Jean-Luc Moreau,Camille Lefevre,Antoine Girard,Anne-Marie Dubois,Mathilde Renard,Giulia Conti,Marco Bellini,
Alessandro Greco,Francesca Romano,Pablo Navarro,Carmen Ortega,Diego Morales,Lucia Herrera,Javier Castillo,José Ramírez,Beatriz Almeida,
Joao Carvalho,Rafael Teixeira,Pieter van Dijk,Sanne de Vries,Willem Bakker,Piotr Nowak,Agnieszka Wojcik,Tomasz Zielinski,Jana Novotna,
Ondrej Dvorak,Zsofia Kovacs,Istvan Nagy,Elena Popescu,Andrei Ionescu,Dmitri Volkov,Natalia Sokolova,Olga Kuznetsova,Ivan Petrov,
Kenji Yamamoto,Yuki Nakamura,Aiko Suzuki,Haruto Sato,Ji-woo Park,Min-jun Kim,Linh Nguyen,Minh Tran,Somchai Srisuk,Putri Wijaya,
Budi Santoso,Maria Santos,Kwame Mensah,Amara Okafor,Chinedu Eze,Thandiwe Dlamini,Sipho Nkosi,Wanjiru Kamau,Tendai Moyo,Abebe Tadesse,
Leila Hosseini,Reza Karimi,Noa Cohen,Eitan Levi,Sarah Mitchell,Peter Harrington,Alice Whitfield,George Tennant,Diana Prescott,
Martin Ashford,Helen Cartwright,Simon Bradley,Louise Hammond,Andrew Lockwood,Claire Donovan,Joseph Ramsey,Paula Jenkins,Gregory Stone,
Monica Delgado,Keith Underwood,Teresa Vaughn,Walter Pruitt,Denise Holloway,Curtis Maddox,Brenda Kessler,Leonard Fitch,Yvonne Garner,
Marcus Tillman,Gloria Espinoza,Vincent Lombardi,Harold Beckett,Irene Castellano,Wesley Thornton,Joanna Whitaker,Tyler McAllister,
Bethany Crowe,Derek Stanton""".replace("\n", "").split(",")

# ------------------------------------------------------------------ other lists
REGION = """110105 110112 120101 130203 140105 150102 210202 220102 230102 310101 310107 320102 320583 330102 330203 340111 350102 360103
370102 370211 410102 420102 430102 440103 440304 450102 460105 500103 510104 520102 530112 610102 620102 630102 640104 650102""".split()
CITY = """陕西省西安市雁塔区 天津市和平区 重庆市渝北区 湖北省武汉市江汉区 山东省青岛市市南区 福建省厦门市思明区 湖南省长沙市岳麓区 河南省郑州市金水区
辽宁省大连市中山区 安徽省合肥市蜀山区 云南省昆明市五华区 江苏省无锡市梁溪区 浙江省宁波市鄞州区 广东省东莞市南城街道 上海市徐汇区 黑龙江省哈尔滨市道里区
广西壮族自治区南宁市青秀区 河北省石家庄市长安区""".split()
ROAD = """科技路 漕溪北路 中山大道 香港中路 湖滨南路 麓山南路 花园路 人民路 黄山路 北京路 文化西路 学府街 长虹东路 青年大街 友谊大街 滨河路 民族大道 解放北路""".split()
ESTATE = "金色家园 锦绣华庭 紫薇苑 书香门第 滨江一号 和谐家苑 碧水湾 桂花城".split()
US_CITY = [
    "Denver, CO 80203",
    "Austin, TX 78701",
    "Madison, WI 53703",
    "Tucson, AZ 85701",
    "Raleigh, NC 27601",
    "Columbus, OH 43215",
]
UK_CITY = ["Bristol BS1 6QF", "Norwich NR2 1RT", "Sheffield S1 2HE", "Cardiff CF10 1EP"]
STREET = "Chestnut Walnut Willow Jefferson Station Church Franklin Cedar Meadow Orchard".split()
SUFFIX = "Street Avenue Drive Court Way Road Lane Boulevard".split()
LOCAL_F = "charlotte oliver amelia henry chloe samuel lucas megan ryan adam julia edward rachel patrick fiona ahmed layla ravi ananya lars".split()
LOCAL_L = "bennett hughes foster watson brooks reed carter hayes cooper barnes palmer murphy fraser khalil sharma nair svensson becker conti navarro".split()
LOCAL_ZH = "chenxd liuguilan yangzy huangsf zhouhy wujunfeng xuhm sunhongmei majianjun hujiahui linhaoyu songxh tangjw hanzg".split()
DOMAIN = "example.com example.com.cn mail.example.org corp.example.net example.org clinic.example.org school.example.net".split()
B62 = string.ascii_letters + string.digits
UA = "0123456789ABCDEFGHJKLMNPQRTUWXY"
MONTHS = "January February March April June July August September October November December".split()


class Maker:
    def __init__(self, lang):
        self.lang = lang
        self.r = random.Random(f"{SEED}-{lang}")
        self.pools = {}

    # -- helpers
    def take(self, key, items):
        pool = self.pools.get(key)
        if not pool:
            pool = self.pools[key] = self.r.sample(items, len(items))
        return pool.pop()

    def digits(self, n):
        return "".join(self.r.choice(string.digits) for _ in range(n))

    def chars(self, n, alphabet=B62):
        return "".join(self.r.choice(alphabet) for _ in range(n))

    def ymd(self, low=2019, high=2026):
        return self.r.randint(low, high), self.r.randint(1, 12), self.r.randint(1, 28)

    # -- persons
    def P(self):
        if self.lang == "en":
            return self.take("EN", EN), "PERSON"
        kind = self.r.choices(("3", "2", "4", "dot"), (60, 22, 9, 9))[0]
        return self.take(kind, {"3": ZH3, "2": ZH2, "4": ZH4, "dot": ZHDOT}[kind]), "PERSON"

    def PY(self):
        return self.take("PY", PINYIN), "PERSON"

    def PT(self):
        return self.take("PT", ZHTITLE), "PERSON", True

    # -- phones
    def mobile(self):
        p = self.r.choice(
            "130 131 132 133 135 136 137 138 139 145 147 150 151 152 153 157 158 159 166 167 170 172 173 175 177 178 180 181 182 185 186 187 188 189 191 193 195 198 199".split()
        )
        return p + self.digits(8)

    def M(self):
        return self.mobile(), "PHONE_NUMBER"

    def MS(self):
        m = self.mobile()
        a, b, c = m[:3], m[3:7], m[7:]
        return self.r.choice(
            [
                f"{a} {b} {c}",
                f"{a}-{b}-{c}",
                f"+86 {m}",
                f"+86-{a}-{b}-{c}",
                f"+86 {a} {b} {c}",
                f"(+86){m}",
                f"0086{m}",
                f"+86{m}",
            ]
        ), "PHONE_NUMBER"

    def MF(self):
        return wide(self.mobile()), "PHONE_NUMBER"

    def L(self):
        area = self.r.choice(
            "010 021 022 023 027 028 029 0371 0411 0471 0531 0532 0551 0574 0592 0769 0771 0871".split()
        )
        n = str(self.r.randint(2, 8)) + self.digits(6 if area in ("0471", "0771") and self.r.random() < 0.5 else 7)
        return self.r.choice(
            [
                f"{area}-{n}",
                f"{area} {n}",
                f"（{area}）{n}",
                f"+86-{area[1:]}-{n}",
                f"{area}-{n}转{self.r.randint(100, 8999)}",
            ]
        ), "PHONE_NUMBER"

    def PH(self):
        a = self.r.choice("602 704 720 305 312 404 503 615".split())
        x = "01%02d" % self.r.randint(0, 99)
        return self.r.choice(
            [
                f"({a}) 555-{x}",
                f"{a}.555.{x}",
                f"{a}-555-{x}",
                f"+1 {a}-555-{x}",
                f"+1-{a}-555-{x} ext. {self.r.randint(100, 999)}",
                f"({a}) 555-{x}",
                f"{a}.555.{x}",
                f"+44 20 7946 0{self.digits(3)}",
                f"+44 161 496 0{self.digits(3)}",
                f"+49 {self.r.choice(('30', '89', '40'))} {self.r.randint(2, 9)}{self.digits(7)}",
            ]
        ), "PHONE_NUMBER"

    # -- documents
    def id17(self):
        y, m, d = self.ymd(1952, 2005)
        return f"{self.r.choice(REGION)}{y}{m:02d}{d:02d}{self.digits(3)}"

    def idcard(self, x=None):
        while True:
            body = self.id17()
            c = idcheck(body)
            if x is None or (c == "X") == x:
                return body + c

    def ID(self):
        return self.idcard(), "CN_ID_CARD"

    def IDs(self):
        v, s = self.idcard(), self.r.choice(" -")
        return f"{v[:6]}{s}{v[6:14]}{s}{v[14:]}", "CN_ID_CARD"

    def IDx(self):
        return self.idcard(True).lower(), "CN_ID_CARD"

    def IDf(self):
        return wide(self.idcard()), "CN_ID_CARD"

    def ID15(self):
        y, m, d = self.ymd(1952, 1985)
        return f"{self.r.choice(REGION)}{y % 100:02d}{m:02d}{d:02d}{self.digits(3)}", "CN_ID_CARD"

    def badid(self):
        body = self.id17()
        return body + self.r.choice([c for c in "0123456789X" if c != idcheck(body)])

    def IDbad(self):
        return self.badid(), "CN_ID_CARD", True

    def IDLIKE(self):
        while True:
            v = self.badid()
            if v[-1] != "X":
                return v, None

    def U(self):
        region = self.r.choice(REGION)
        if self.r.random() < 0.4:
            body8 = "MA" + self.r.choice(UA[1:10]) + self.chars(5, UA)
        else:
            body8 = self.digits(8)
        s = sum((int(c, 36) * w) for c, w in zip(body8, (3, 7, 9, 10, 5, 8, 4, 2)))
        org = body8 + "0123456789X0"[(11 - s % 11) % 11]
        body = self.r.choice(("91", "91", "92", "93", "12", "52")) + region + org
        return body + usccheck(body), "CN_USCC"

    def PP(self):
        if self.lang == "en":
            return self.r.choice([self.digits(9), self.r.choice("BCDKLNPRT") + self.digits(8)]), "PASSPORT"
        return self.r.choice(
            ["E" + self.digits(8), "G" + self.digits(8), "E" + self.r.choice("ABCDEFGHLM") + self.digits(7)]
        ), "PASSPORT"

    def HP(self):
        return self.r.choice("CHM") + self.digits(8), "PASSPORT"

    def PL(self):
        head = (
            self.r.choice("津冀晋蒙辽吉黑皖赣豫鄂粤桂琼贵云陕甘青宁新浙沪苏")
            + self.r.choice("ABCDEFGHJ")
            + self.r.choice(("", "", "·"))
        )
        kind = self.r.random()
        if kind < 0.3:
            return head + self.r.choice("DF") + self.digits(5), "LICENSE_PLATE"
        if kind < 0.6:
            return head + self.digits(5), "LICENSE_PLATE"
        tail = list(self.digits(5))
        for i in self.r.sample(range(5), self.r.choice((1, 2))):
            tail[i] = self.r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")
        return head + "".join(tail), "LICENSE_PLATE"

    def SSN(self):
        a = self.r.choice([n for n in range(100, 900) if n != 666])
        return f"{a:03d}-{self.r.randint(1, 99):02d}-{self.r.randint(1, 9999):04d}", "US_SSN"

    def SSNbad(self):
        a = self.r.choice(("000", "666", str(self.r.randint(900, 999))))
        g = "00" if a[0] == "9" else f"{self.r.randint(1, 99):02d}"
        return f"{a}-{g}-{self.r.randint(1, 9999):04d}", "US_SSN", True

    # -- money
    def card(self):
        if self.lang == "en":
            bin_, n = self.r.choice(
                [
                    ("4" + self.digits(3), 16),
                    ("5" + self.r.choice("12345") + self.digits(2), 16),
                    ("37" + self.digits(2), 15),
                    ("34" + self.digits(2), 15),
                    ("6011", 16),
                    ("4" + self.digits(3), 16),
                ]
            )
        else:
            bin_, n = self.r.choice(
                [
                    ("621483", 16),
                    ("622700", 19),
                    ("621799", 19),
                    ("622262", 19),
                    ("622908", 18),
                    ("625080", 16),
                    ("622575", 16),
                    ("621700", 19),
                    ("620522", 19),
                    ("4", 16),
                    ("5" + self.r.choice("1234"), 16),
                ]
            )
            if n == 18:
                n = 19
        body = bin_ + self.digits(n - 1 - len(bin_))
        return body + luhn(body)

    def C(self):
        return self.card(), "CREDIT_CARD"

    def CS(self):
        v = self.card()
        s = self.r.choice(" -" if self.lang == "zh" else ("", "", " ", "-"))
        if len(v) == 15:
            return (s.join((v[:4], v[4:10], v[10:])) if s else v), "CREDIT_CARD"
        return s.join(v[i : i + 4] for i in range(0, len(v), 4)), "CREDIT_CARD"

    def CARDLIKE(self):
        bin_, n = self.r.choice([("622848", 16), ("621700", 19), ("622202", 19), ("621226", 19), ("625912", 16)])
        body = bin_ + self.digits(n - 1 - len(bin_))
        return body + self.r.choice([c for c in string.digits if c != luhn(body)]), None

    def IBAN(self):
        cc, bban = self.r.choice(
            [
                ("DE", self.digits(18)),
                ("GB", self.chars(4, string.ascii_uppercase) + self.digits(14)),
                ("FR", self.digits(23)),
                ("NL", self.chars(4, string.ascii_uppercase) + self.digits(10)),
                ("ES", self.digits(20)),
                ("AT", self.digits(16)),
            ]
        )
        v = cc + f"{98 - int(''.join(str(int(c, 36)) for c in bban + cc + '00')) % 97:02d}" + bban
        if self.r.random() < 0.4:
            v = " ".join(v[i : i + 4] for i in range(0, len(v), 4))
        return v, "IBAN_CODE"

    # -- net
    def E(self):
        r = self.r
        f, s = r.choice(LOCAL_F), r.choice(LOCAL_L)
        forms = [f"{f}.{s}", f"{f}_{s}", f"{s}{r.randint(2, 99):02d}", f"{f[0]}{s}+{r.choice(('work', 'hr', 'lab'))}"]
        if self.lang == "zh":
            forms.append(r.choice(LOCAL_ZH) + r.choice(("", self.digits(2))))
        return r.choice(forms) + "@" + r.choice(DOMAIN), "EMAIL_ADDRESS"

    def IP4(self):
        r = self.r
        return r.choice(
            [
                f"10.{r.randint(0, 255)}.{r.randint(0, 255)}",
                f"172.{r.randint(16, 31)}.{r.randint(0, 255)}",
                f"192.168.{r.randint(0, 255)}",
                "198.51.100",
                "203.0.113",
                "192.0.2",
            ]
        ) + f".{r.randint(2, 254)}", "IP_ADDRESS"

    def IP6(self):
        h = [f"{self.r.randint(1, 65535):x}" for _ in range(3)]
        return f"2001:db8:{h[0]}:{h[1]}::{h[2]}", "IP_ADDRESS"

    def A(self):
        r = self.r
        if self.lang == "en":
            apt = r.choice(("", "", f", Apt {r.randint(2, 90)}", f", Suite {r.randint(2, 40)}"))
            return (
                f"{r.randint(12, 9800)} {r.choice(STREET)} {r.choice(SUFFIX)}{apt}, {r.choice(US_CITY + UK_CITY)}",
                "ADDRESS",
            )
        city = self.take("city", CITY)
        base = f"{city}{r.choice(ROAD)}{r.randint(6, 1880)}"
        tail = r.choice(
            [
                "号",
                f"号{r.randint(1, 28)}幢{r.randint(1, 28)}{r.randint(1, 6):02d}室",
                f"号{r.choice(ESTATE)}{r.randint(1, 40)}栋{r.randint(1, 4)}单元{r.randint(1, 30)}{r.randint(1, 4):02d}",
            ]
        )
        if city.startswith("上海"):
            tail = f"弄{r.randint(1, 60)}号{r.randint(1, 18)}{r.randint(1, 6):02d}室"
        return base + tail, "ADDRESS"

    # -- secrets
    def K(self):
        r = self.r
        return self.take(
            "K",
            [
                "sk-" + self.chars(48),
                "ghp_" + self.chars(36),
                "glpat-" + self.chars(20),
                "LTAI5t" + self.chars(18),
                "AIza" + self.chars(35, B62 + "-_"),
                f"xoxb-{self.digits(11)}-{self.digits(12)}-{self.chars(24)}",
                "AKIA" + self.chars(16, string.ascii_uppercase + "234567"),
            ],
        ), "API_KEY"

    def H32(self):
        return self.chars(32, "0123456789abcdef"), "API_KEY"

    def J(self):
        def b(o):
            return base64.urlsafe_b64encode(json.dumps(o, separators=(",", ":")).encode()).decode().rstrip("=")

        head = self.r.choice([{"alg": "HS256", "typ": "JWT"}, {"typ": "JWT", "alg": "HS256"}])
        body = self.r.choice(
            [
                {"sub": self.digits(6), "exp": 1790000000 + self.r.randint(0, 9999999)},
                {"uid": self.digits(5), "role": "user", "iat": 1780000000 + self.r.randint(0, 9999999)},
            ]
        )
        return f"{b(head)}.{b(body)}.{self.chars(43, B62 + '-_')}", "JWT"

    def PK(self):
        kind = self.take("PK", ["RSA ", "EC ", "OPENSSH ", ""])
        lines = [self.chars(64, B62 + "+/") for _ in range(4)]
        return "\n".join(
            [f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"]
        ), "PRIVATE_KEY"

    def PW(self):
        while True:
            v = self.chars(self.r.randint(9, 14), B62 + "!#%_") + self.r.choice(string.ascii_letters + string.digits)
            if re.search("[a-z]", v) and re.search("[A-Z]", v) and re.search("[0-9]", v) and v[0].isalnum():
                return v, "PASSWORD"

    # -- not personal
    def D(self):
        y, m, d = self.ymd()
        if self.lang == "en":
            return self.r.choice(
                [
                    f"{y}-{m:02d}-{d:02d}",
                    f"{m:02d}/{d:02d}/{y}",
                    f"{d} {self.r.choice(MONTHS)} {y}",
                    f"Q{self.r.randint(1, 4)} {y}",
                ]
            ), None
        return self.r.choice(
            [f"{y}-{m:02d}-{d:02d}", f"{y}/{m:02d}/{d:02d}", f"{y}{m:02d}{d:02d}", f"{y}年{m}月{d}日"]
        ), None

    def ORD(self):
        y, m, d = self.ymd(2023)
        return self.r.choice(
            [
                f"CG-{y}{m:02d}-{self.digits(5)}",
                f"WO{y}{m:02d}{d:02d}{self.digits(6)}",
                f"SO{self.digits(12)}",
                f"HT-{self.digits(4)}-{self.digits(3)}",
                f"INV{self.digits(8)}",
                f"RMA{self.digits(9)}",
                f"PO-{y}{m:02d}-{self.digits(5)}",
            ]
        ), None

    def TRK(self):
        return self.r.choice(("SF", "JD", "YT", "ZTO", "STO", "DPK")) + self.digits(13), None

    def V(self):
        r = self.r
        return r.choice(
            [
                f"v{r.randint(1, 9)}.{r.randint(0, 30)}.{r.randint(0, 40)}",
                f"{r.randint(2, 9)}.{r.randint(0, 20)}.{r.randint(0, 20)}-rc{r.randint(1, 4)}",
                f"V{r.randint(1, 9)}.{r.randint(0, 9)}R{r.randint(1, 9)}B{self.digits(3)}",
                f"{r.randint(10, 30)}.{r.randint(0, 9)}.{r.randint(0, 60)}",
            ]
        ), None

    def FW(self):
        r = self.r
        return f"{r.randint(2, 12)}.{r.randint(0, 20)}.{r.randint(0, 30)}.{r.randint(10, 250)}", None

    def PN(self):
        r = self.r
        return r.choice(
            [
                f"6ES7 {self.digits(3)}-{r.randint(1, 6)}AB{self.digits(2)}-0XB0",
                f"STM32F{self.digits(3)}ZGT6",
                f"M{r.randint(4, 27)}×{r.randint(20, 120)}",
                f"GB/T {self.digits(5)}-{r.randint(2008, 2025)}",
                f"{self.chars(2, 'BDKLPRT')}-{self.digits(4)}-{self.chars(2, 'ACEFGH')}",
                f"SKF 6{self.digits(3)}-2RS",
                f"0402-{self.digits(3)}K",
            ]
        ), None

    def N(self):
        return str(self.r.randint(8, 980)), None

    def DIG(self):
        return self.r.choice("123456789") + self.digits(self.r.choice((12, 13, 14, 16, 19, 20))), None

    def EAN(self):
        b = self.r.choice(("690", "691", "692", "693", "694", "697")) + self.digits(9)
        return b + str(-sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(b)) % 10), None

    def HEX40(self):
        return self.chars(40, "0123456789abcdef"), None

    def HEX64(self):
        return self.chars(64, "0123456789abcdef"), None

    def MD5(self):
        return self.chars(32, "0123456789abcdef"), None

    def UUID(self):
        h = self.chars(32, "0123456789abcdef")
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{self.r.choice('89ab')}{h[17:20]}-{h[20:]}", None

    def AMT(self):
        return f"{self.r.randint(1000, 99999999) / 7:,.2f}", None

    def PCT(self):
        return f"{self.r.randint(6000, 9990) / 100:.2f}%", None

    def SN(self):
        return "SN" + self.digits(self.r.choice((12, 14, 18, 20))), None

    def DOC(self):
        return f"{self.r.choice(('QP', 'JL', 'WI', 'SOP', 'CAL'))}-{self.r.randint(2021, 2026)}-{self.digits(4)}", None

    def POL(self):
        return f"{self.r.choice(('PDAA', 'BX', 'PL'))}{self.r.randint(2022, 2026)}{self.digits(12)}", None

    def TS(self):
        return "17" + self.digits(8) + self.r.choice(("", self.digits(3))), None


def wide(s):
    return "".join(chr(ord(c) + 0xFEE0) for c in s)


def idcheck(body):
    return "10X98765432"[
        sum(int(c) * w for c, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))) % 11
    ]


def usccheck(body):
    return UA[(31 - sum(UA.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31) % 31]


def luhn(body):
    t = 0
    for i, c in enumerate(reversed(body)):
        d = int(c) * (1 if i % 2 else 2)
        t += d - 9 if d > 9 else d
    return str(-t % 10)


# ------------------------------------------------------------------ templates
ZH_POS = r"""
主治医师[[P]]查房时间为每周三上午，预约请拨[[M]]或写信至[[E]]。
班主任：[[P]]（[[M]]），家长群通知另发至[[E]]。
物业管家 [[P]] 值班手机 [[M]]，投诉建议请写 [[E]]
简历来源：内推；候选人 [[P]]，电话[[M]]，Email：[[E]]
取件点：[[A]]，寄件人[[P]]，联系方式[[MS]]。
检测报告原件请快递到[[A]]（[[P]]收，[[MS]]）。
送货地址为[[A]]，到货前一小时联系[[P]]，[[MS]]。
患者现住[[A]]，家属[[P]]，联系电话[[M]]。
业主[[P]]，房屋坐落：[[A]]，备用号码[[M]]
学生住址变更为[[A]]，监护人[[P]]（父亲），手机[[M]]。
投资人[[P]]出资设立，代码[[U]]，住所[[A]]。
营业执照载明：负责人[[P]]；信用代码[[U]]；经营场所[[A]]。
开票信息——税号：[[U]]，地址：[[A]]，经办：[[P]]
中标单位代码[[U]]已通过资格审查，招标编号[[ORD]]。
信用代码证号：[[U]]（正本），对应框架协议[[ORD]]
纳税人识别号[[U]]的发票已红冲，关联单据[[ORD]]。
入院登记：[[P]]，公民身份号码[[ID]]，入院时间[[D]]。
学籍系统显示[[P]]的身份证件号为[[ID]]，建档于[[D]]。
本院受理原告[[P]]（身份证号[[ID]]）诉讼一案，立案日期[[D]]。
公民身份号码 [[IDs]]
身份证：[[IDs]]（已核对原件）
投保人证件号码为[[IDs]]，请妥善保存。
出入证申请人身份证[[IDx]]审核通过，申请单[[ORD]]。
司机证件[[IDx]]，提货单号[[ORD]]
租客身份证号[[IDx]]已备案，门禁工单[[ORD]]。
报名表／姓名／[[P]]／身份证／[[IDf]]／
【户主】[[P]]【证号】[[IDf]]
姓名：[[P]]　公民身份号码：[[IDf]]
身份证,姓名,工资卡\n[[ID]],[[P]],[[C]]\n[[ID]],[[P]],[[C]]
患者\t证件\t退费卡号\n[[P]]\t[[ID]]\t[[C]]\n[[P]]\t[[ID]]\t[[C]]
开户人;证件号码;账号\n[[P]];[[ID]];[[C]]\n[[P]];[[ID]];[[C]]
档案补录：[[P]]，一代证号[[ID15]]，二代证号[[ID]]。
[[P]]原登记号码[[ID15]]为15位，升位后为[[ID]]。
社保系统中[[P]]有两条记录，旧号[[ID15]]、新号[[ID]]，请合并。
[[P]]填报的身份证号[[IDbad]]末位有误，请核实。
系统提示：身份证[[IDbad]]不合法，经办人[[P]]。
退件原因：[[P]]的身份证号码[[IDbad]]校验码错误。
养老金发放名单｜[[P]]｜[[ID]]｜[[N]]元｜
{"patient": "[[P]]", "id_no": "[[ID]]", "ward": "B[[N]]"}
学费退款户名[[P]]，卡号[[C]]，金额[[AMT]]元。
工资代发失败：[[P]]（[[C]]），原因为账户状态异常，应发[[AMT]]元。
请将维修保证金退至[[P]]名下建行卡[[C]]，合计[[AMT]]元。
银行卡：[[CS]]，请在三个工作日内确认。
收款账号 [[CS]] 为个人账户，不得公对私转账。
POS 小票显示卡号[[CS]]，已签购。
判决书认定，[[P]]于[[D]]向[[P]]转账，收款卡号[[C]]。
证人[[P]]陈述，借款由[[P]]代收，卡号为[[C]]，时间[[D]]。
仲裁申请人[[P]]与被申请人[[P]]约定于[[D]]付清，账户[[C]]。
签证申请人[[P]]，护照号码[[PP]]，预计出境[[D]]。
外派名单：[[P]]，护照[[PP]]，保险起始日[[D]]
酒店入住登记 [[P]] 护照 [[PP]] 离店 [[D]]
往来港澳通行证[[HP]]，持证人：[[P]]
展会报名：[[P]]，通行证号码[[HP]]。
[[P]]的港澳通行证[[HP]]将于下月到期，请提醒续签。
园区入口抓拍到[[PL]]，车主[[P]]，时间[[D]]。
月租车位B-[[N]]绑定车牌[[PL]]，登记人[[P]]。
送货车[[PL]]由[[P]]驾驶，预计[[D]]到仓。
理赔案件：[[P]]驾驶[[PL]]发生追尾，报案日期[[D]]
地库监控 [[D]] 18:40 [[PL]] 刮擦护栏，驾驶人[[P]]
校车[[PL]]随车照管员[[P]]，线路[[N]]。
导诊台[[L]]，夜间急诊请打[[M]]。
前台电话[[L]]，工程抢修[[M]]，请张贴于电梯间。
仓库固话：[[L]]；夜班调度：[[M]]。
预约看房请找[[P]]女士，[[L]]。
招生办[[P]]老师，咨询电话[[L]]。
法律援助值班律师[[P]]，热线[[L]]。
机主号码[[M]]反馈应用[[V]]闪退。
会员[[M]]积分异常，客户端版本[[V]]。
来电[[M]]咨询门锁固件[[V]]升级步骤。
| 床号 | 患者 | 家属电话 |\n|---|---|---|\n| [[N]] | [[P]] | [[M]] |\n| [[N]] | [[P]] | [[M]] |
| 学号 | 学生 | 家长手机 | 班级 |\n|---|---|---|---|\n| [[N]] | [[P]] | [[M]] | 三年二班 |\n| [[N]] | [[P]] | [[M]] | 五年一班 |
值班表\n周一 [[P]] [[M]]\n周二 [[P]] [[M]]
{"contact": {"name": "[[P]]", "tel": "[[M]]"}, "ticket": "[[ORD]]"}
receiver: [[P]]\nmobile: [[M]]\ntrack_no: [[TRK]]
回调参数 name=[[P]]&phone=[[M]]&order_id=[[ORD]]
乙方（盖章）：　　经办人：[[P]]　　手机：[[MF]]
委托代理人：[[P]]　联系电话：[[MF]]
监护人签名：[[P]]　　电话[[MF]]
运单[[TRK]]派送失败，客户[[P]]的电话[[MS]]无人接听。
取件码[[N]]，包裹[[TRK]]，[[P]]本人[[MS]]领取。
退货单[[TRK]]：买家[[P]]（[[MS]]）申请上门取件。
[[P]]自[[D]]起调任门诊部，原岗位由[[P]]接手。
[[P]]将于[[D]]休产假，期间工作交[[P]]代理。
经[[P]]提名，[[P]]当选业委会委员，公示至[[D]]。
培训签到：讲师[[P]]，助教[[P]]，学员[[P]]、[[P]]等共[[N]]人。
教研组会议由[[P]]主持，[[P]]记录，[[P]]和[[P]]请假，应到[[N]]人。
合议庭组成人员：审判长[[P]]，审判员[[P]]、[[P]]，书记员[[P]]。
住户[[P]]报修水泵[[PN]]漏水，派[[P]]上门。
质检员[[P]]退回零件[[PN]]一批，班组长[[P]]签字。
买家[[P]]反映[[PN]]到货破损，客服[[P]]已登记。
方案由[[P]]起草，送[[PT]]审阅。
[[PT]]出差期间，文件请交[[P]]。
请[[P]]把报价发给[[PT]]，抄送法务。
收件人：[[P]] <[[E]]>, [[P]] <[[E]]>
发件人 [[P]]（[[E]]）转 [[P]]（[[E]]），主题：[[PN]]图纸确认
审稿专家：[[P]]/[[E]]；责任编辑：[[P]]/[[E]]
联合实验室访问学者[[PY]]，通讯邮箱[[E]]。
海外客户经理 [[PY]]（[[E]]）
论文通讯作者[[PY]]，[[E]]
堡垒机审计：[[IP4]] 使用 [[E]] 登录，客户端[[V]]。
异常下载来自[[IP4]]，账户[[E]]，浏览器内核[[V]]。
VPN 拨入地址[[IP4]]，用户名[[E]]，程序版本[[V]]
核心交换机管理口[[IP4]]，IPv6 为[[IP6]]。
DNS 主[[IP4]]备[[IP6]]，请更新解析。
摄像头[[IP4]]离线，录像机改走[[IP6]]。
缓存地址 redis://default:[[PW]]@cache.internal:6379/0 请勿提交
备库连接 postgresql://reader:[[PW]]@pg-standby.internal:5432/his
消息队列 amqp://mq:[[PW]]@rabbit.internal:5672/jobs 已迁移
打印机管理页面初始密码：[[PW]]，首次登录须修改。
教务系统临时密码为[[PW]]，24小时内有效
password=[[PW]]  # 门禁网关
日志里打印了令牌[[K]]，需要吊销。
docker run -e ACCESS_TOKEN=[[K]] 出现在工单截图里。
代码评审发现硬编码密钥 [[K]]，请改用配置中心。
app_secret: [[H32]]  # 测试租户
短信平台密钥 access_key="[[H32]]"
client_secret=[[H32]]，有效期一年
接口返回 token：[[J]]
curl -H 'Authorization: Bearer [[J]]' 调用成功
Cookie 中的 session=[[J]] 已过期
运维误把证书私钥贴进群聊：\n[[PK]]\n已通知撤回。
id_rsa 内容如下\n[[PK]]
网关 TLS 配置：\n[[PK]]\n# 结束
"""

ZH_NEG = r"""
采购单[[ORD]]分两批到货，承运单号[[TRK]]。
挂号流水[[DIG]]已退号。
药品批号[[DIG]]，有效期至[[D]]，库存[[N]]盒。
网关软件版本[[FW]]于[[D]]推送，修复断连缺陷。
备件[[PN]]停产，改用[[PN]]，剩余[[N]]件。
执行标准 GB 4806.7-2016、YY/T 0287-2017，生效日[[D]]。
商品条码[[EAN]]重复录入。
镜像摘要 sha256:[[HEX64]] 与清单不一致。
合并请求基于 [[HEX40]]，目标分支 release/[[V]]。
追踪号 [[UUID]] 耗时[[N]]毫秒。
本季度物业费收入[[AMT]]元，收缴率[[PCT]]。
周末值班安排详见附件第[[N]]页。
高温预警期间，马路施工暂停[[N]]小时。
白云山仓库与黄石港仓库调拨单[[ORD]]。
王老吉和周大福的进店货架编号为[[N]]、[[N]]。
海尔冰箱、格力空调合计[[N]]台，型号[[PN]]。
傅里叶变换与泊松分布的推导见第[[N]]节。
压强单位帕斯卡、电阻单位欧姆，量程[[N]]。
石家庄、张家口、秦皇岛三地到货[[N]]箱。
任务书要求严格执行，许可证编号[[DOC]]。
钢材屈服强度[[N]]兆帕，方管壁厚4毫米。
安全组开放 22、443、8443 端口，会话超时[[N]]秒。
质保卡序列号[[SN]]，截止[[D]]。
金蝶与用友接口的同步周期为[[N]]分钟。
合格率[[PCT]]，平均节拍[[N]]秒，程序无报警。
配置示例：secret = "<your-secret>"，上线前请改。
阶梯教室B-[[N]]，投影设备资产号[[PN]]。
报修电话请拨 12319，分机[[N]]。
系统自增主键 [[CARDLIKE]]，与卡号无关。
会计凭证[[DIG]]，所属期[[D]]。
冷链车厢温度-18℃至-25℃，记录间隔[[N]]分钟。
电梯连续运行[[N]]小时，年检合格。
回环口127.0.0.1，掩码255.255.255.128，仅本机可用。
商品追溯码[[IDLIKE]]已上传平台。
电子票号[[DIG]]，座位[[N]]排。
康复科与安全办共用[[N]]号会议室。
江汉路店、和平路店本月销售额[[AMT]]元。
保单号[[POL]]已生效，保费[[AMT]]元。
图纸[[DOC]]修订为[[V]]。
文件MD5为[[MD5]]，大小[[N]]MB。
向量维度[[N]]，常数项取0.5。
第[[N]]章介绍图灵机与哈佛结构。
黄金周客流[[N]]万人次，上座率[[PCT]]。
毛利率[[PCT]]，成本中包装占比下降。
华东师范大学附属小学新增班级[[N]]个。
联想、新华三交换机共[[N]]台，到货单[[ORD]]。
案号（2025）沪0115民初[[N]]号，开庭[[D]]。
工单[[ORD]]关联缺陷 BUG-[[N]]，计划版本[[V]]。
病区床位[[N]]张，ICD-10 编码 J18.900。
快件[[TRK]]已到达武汉转运中心。
校准证书[[DOC]]，依据 JJG 1036-2008。
时间戳 [[TS]]，时区 UTC+8，延迟[[N]]ms。
包装规格[[N]]×[[N]]×[[N]]mm，毛重[[N]]千克。
柏林、都柏林与温哥华仓的时差说明见[[DOC]]。
方案一成本低，方案二周期短，建议于[[D]]前评审。
货号[[DIG]]补货[[N]]件，供货价[[AMT]]元。
华山路、长江路信号灯于[[D]]更换。
"""

EN_POS = r"""
Your homeroom teacher is [[P]]; write to [[E]] or call [[PH]].
Tenancy questions go to [[P]], [[E]], tel. [[PH]].
On-call engineer: [[P]] / [[PH]] / [[E]]
Deliver the pallets to [[A]] and ask for [[P]].
Patient [[P]] lives at [[A]].
The lease for [[A]] was signed by [[P]].
W-2 correction: [[P]], social security number [[SSN]], hired [[D]].
Claimant [[P]] (SSN [[SSN]]) filed on [[D]].
Payroll record | [[P]] | SSN: [[SSN]] | start [[D]]
Charged to card [[CS]] for booking [[ORD]].
Refund of [[ORD]] goes back to [[CS]] within five days.
Payment method: [[CS]]; receipt [[ORD]]
Supplier account [[IBAN]] was added for [[ORD]].
Beneficiary IBAN: [[IBAN]] (invoice [[ORD]])
Please remit tuition to [[IBAN]] quoting [[ORD]].
[[P]] logged in from [[IP4]] with client [[V]].
Audit: user [[P]], source [[IP4]], agent [[V]].
Session of [[P]] at [[IP4]] was dropped after the upgrade to [[V]].
[[P]] handed the ward keys over to [[P]] on [[D]].
Counsel [[P]] will depose [[P]] on [[D]].
[[P]] was promoted and [[P]] takes over from [[D]].
CELERY_BROKER=amqp://worker:[[PW]]@mq.internal:5672/jobs
The old DSN was mysql://report:[[PW]]@replica.internal:3306/billing
Connect with mongodb://svc:[[PW]]@mongo.internal:27017/orders and retry.
Token [[K]] showed up in the build log.
export SERVICE_TOKEN=[[K]]
Please revoke [[K]] before Friday.
Set-Cookie: sid=[[J]]; HttpOnly
curl -H "Authorization: Bearer [[J]]" https://api.example.com/v1/me
The expired token was [[J]]
api_key=[[H32]]
client_secret: "[[H32]]"
access_token = [[H32]]  # staging
The ticket contains a deploy key:\n[[PK]]
server.pem\n[[PK]]\nDelete this file.
Do not paste keys like this one:\n[[PK]]
| Ward | Nurse | Pager |\n|---|---|---|\n| 4B | [[P]] | [[PH]] |\n| 7A | [[P]] | [[PH]] |
| Unit | Tenant | Phone | Rent |\n|---|---|---|---|\n| 12 | [[P]] | [[PH]] | paid |\n| 31 | [[P]] | [[PH]] | due |
Rota\nMonday - [[P]] - [[PH]]\nTuesday - [[P]] - [[PH]]
guest,mail,card_number\n[[P]],[[E]],[[CS]]\n[[P]],[[E]],[[CS]]
card;holder;email\n[[CS]];[[P]];[[E]]\n[[CS]];[[P]];[[E]]
parent\tcontact\tpayment card\n[[P]]\t[[E]]\t[[CS]]\n[[P]]\t[[E]]\t[[CS]]
{"tenant": "[[P]]", "tel": "[[PH]]", "unit": "B-[[N]]"}
{"id": [[N]], "driver": {"name": "[[P]]", "phone": "[[PH]]"}}
recipient: [[P]]\nphone: [[PH]]\nparcel: [[TRK]]
[[P]], thank you for returning [[ORD]]; [[P]] will inspect it.
Claim [[ORD]] of [[P]] was assigned to [[P]].
Prescription [[ORD]] for [[P]] was verified by [[P]].
Cc: [[P]] <[[E]]>, [[P]] <[[E]]>\nSubject: drawing [[PN]]
Sender: [[P]] <[[E]]>\nReply-To: [[P]] <[[E]]>\nSubject: quote for [[PN]]
Reviewers: [[P]] ([[E]]) and [[P]] ([[E]]); item [[PN]].
Panel: [[P]] (chair), [[P]] and [[P]].
Attendees - [[P]], [[P]], [[P]]; apologies none.
Night shift: [[P]] leads, [[P]] and [[P]] assist.
Visiting scholar [[PY]] arrives on [[D]].
The Suzhou site manager [[PY]] is on leave until [[D]].
[[PY]] joined the Chengdu office on [[D]].
Visa file: [[P]], passport [[PP]].
Passport number [[PP]] was issued to [[P]].
Check-in desk: [[P]], passport no [[PP]], room [[N]]
Camera gateway [[IP4]] moved to [[IP6]] with release [[V]].
Resolvers: [[IP4]], [[IP6]]; build [[V]].
Block [[IP4]] and [[IP6]] until [[V]] is rolled out.
Call [[PY]] in Shenzhen on [[MS]].
Forwarder contact [[PY]]: [[MS]]
Texts for [[PY]] go to [[MS]] from now on.
Next of kin: [[P]], [[PH]], [[A]]
Landlord [[P]] can be reached at [[PH]] or [[A]].
Pick-up from [[A]], contact [[P]], [[PH]]
Purchase of [[AMT]] EUR was signed off by [[P]], procurement.
[[P]] requested a budget of [[AMT]] USD.
Settlement of [[AMT]] GBP, witness [[P]].
Rejected: social security number [[SSNbad]] is out of range.
SSN [[SSNbad]] failed validation in the import.
Form error, line [[N]]: SSN [[SSNbad]] is not assignable.
Guest network password: [[PW]]
password = "[[PW]]"  # lab printer
The temporary password is [[PW]] and expires tonight.
Chinese ID card [[ID]] belongs to [[PY]].
[[PY]] registered with ID number [[ID]].
Visitor [[PY]], resident identity card [[ID]]
Reference letter: [[P]] taught chemistry for six years.
According to [[P]], the conveyor stopped twice that night.
Ask [[P]] about the parking permits.
[[P]] returned pump [[PN]] with a cracked seal.
Defect raised by [[P]]: bearing [[PN]] overheats.
Technician [[P]] swapped [[PN]] during the visit.
pip install --index-url https://ci:[[PW]]@pypi.example.com/simple app
Mirror ftp://backup:[[PW]]@ftp.example.net/dump.tar nightly.
svn co https://builder:[[PW]]@svn.example.org/trunk
"""

EN_NEG = r"""
Shipment [[ORD]] left the hub on [[D]], waybill [[TRK]].
Controller release [[FW]] replaces [[V]].
Bracket [[PN]] is obsolete, use [[PN]].
Lot [[DIG]] was released to the pharmacy.
The ISO 13485:2016 and IEC 62304 audit is due on [[D]].
Revert [[HEX40]] on branch release/[[V]].
Request [[UUID]] took [[N]] ms.
The quarter closed at [[AMT]] USD, up [[PCT]].
Please bill the ward and mark the chart; the grace period is [[N]] days.
Article code [[EAN]] is printed twice.
Use a Torx driver and Loctite; tighten to [[N]] newton metres.
Fourier and Laplace transforms are covered in chapter [[N]].
Austin, Victoria and Sydney depots get [[N]] pallets.
The row identifier is now [[CARDLIKE]].
token: <YOUR_TOKEN>  # fill in
Open 443 and 8443 on the proxy; idle timeout [[N]] s.
Warranty for [[SN]] ends on [[D]].
Loopback is 127.0.0.1 with mask 255.255.255.252.
Procedure SOP-[[N]], issue [[V]], valid from [[D]].
Store between 2 and 8 C for at most [[N]] hours.
Grafana, Kafka and Tomcat run in cluster C-[[N]].
Delivery of 316L and S355JR plate takes [[N]] days.
Parts list: [[PN]], [[PN]], [[PN]].
April and August intake was [[N]] students; Summer School stays open.
IEEE 802.3 frames of [[N]] bytes are padded.
Priority 2 tickets breach after [[N]] minutes.
Crate 120x80x95 cm, gross weight [[N]] kg.
Bayes rule and Markov chains were fitted on [[N]] samples.
The md5 of the disk image is [[MD5]].
Credit note [[ORD]] dated [[D]] lists [[N]] items.
Policy number [[POL]] renews on [[D]].
Room B-[[N]] has a Bosch projector.
Ford, Tesla and Chrysler fleets total [[N]] vehicles.
Dial 112 or extension [[N]] for the porter.
Docket 24-cv-0[[N]] was continued to [[D]].
Epoch [[TS]] is stored in UTC.
Yield rose to [[PCT]] after the Pareto review.
Hope Street station and King's Cross reopen on [[D]].
Jasmine rice, Rosemary oil and Basil: [[N]] cartons.
Image digest sha256:[[HEX64]] differs.
Voucher [[DIG]] covers the March period.
Pull request #[[N]] targets [[V]].
Wells Fargo and Morgan Stanley statements are filed under [[DOC]].
The Dean's list closes on [[D]]; Major declarations follow.
Pallet label [[DIG]] could not be read at gate [[N]].
Ohm, Volt and Kelvin are SI-related units.
"""


def render(mk, template):
    """One row: text and spans; persons within a row differ."""
    text, spans, seen = "", [], set()
    for i, part in enumerate(re.split(r"\[\[(\w+)\]\]", template.replace("\\n", "\n").replace("\\t", "\t"))):
        if i % 2 == 0:
            text += part
            continue
        while True:
            value, kind, *opt = getattr(mk, part)()
            if kind != "PERSON" or value not in seen:
                break
        seen.add(value)
        if kind:
            span = {"start": len(text), "end": len(text) + len(value), "type": kind}
            if opt:
                span["optional"] = True
            spans.append(span)
        text += value
    return text, spans


def spread(mk, templates, total):
    """total rows over the templates, as evenly as possible; constant templates once."""
    constant = [t for t in templates if "[[" not in t]
    varied = [t for t in templates if "[[" in t]
    base, extra = divmod(total - len(constant), len(varied))
    more = set(mk.r.sample(range(len(varied)), extra))
    out = list(constant)
    for i, t in enumerate(varied):
        out += [t] * (base + (i in more))
    return out


def main(lang):
    mk = Maker(lang)
    pos, neg = (ZH_POS, ZH_NEG) if lang == "zh" else (EN_POS, EN_NEG)
    pos, neg = [t for t in pos.split("\n") if t], [t for t in neg.split("\n") if t]
    n_pos, n_neg = (280, 131) if lang == "zh" else (224, 116)
    single = [render(mk, t) for t in spread(mk, pos, n_pos) + spread(mk, neg, n_neg)]
    rows = [(f"kin-{lang}-{i:04d}", t, s) for i, (t, s) in enumerate(single)]
    for k in range(40):
        text, spans = "", []
        for t, s in mk.r.sample(single, mk.r.randint(4, 9)):
            spans += [{**x, "start": x["start"] + len(text), "end": x["end"] + len(text)} for x in s]
            text += t + "\n"
        rows.append((f"kin-{lang}-page-{len(single) + k:04d}", text, spans))
    mk.r.shuffle(rows)
    for i, t, s in rows:
        print(json.dumps({"id": i, "text": t, "spans": s, "lang": lang}, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1])
