"""Names of persons and street addresses: what is found, what stays, and where a value begins and ends."""

import pytest

from ingest.desensitize.recognizers import all_recognizers


@pytest.fixture(scope="module")
def recognizers():
    return {recognizer.entity: recognizer for recognizer in all_recognizers()}


def values(recognizers, kind, text):
    return {text[one.start : one.end] for one in recognizers[kind].analyze(text, [kind])}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("由陈思远负责对接", {"陈思远"}),
        ("联系人：郝建平", {"郝建平"}),
        ("参会人员：赵晓燕、钱文博、孙立新", {"赵晓燕", "钱文博", "孙立新"}),
        ("欧阳若曦提交了申请", {"欧阳若曦"}),
        ("由乔梦瑶负责验收，毕文君复核", {"乔梦瑶", "毕文君"}),
        ("联系人：姚晓东；经办人：章小满", {"姚晓东", "章小满"}),
        ("值班员王不凡发现异常", {"王不凡"}),
        ("由古小兰、牟丽娜和纪晓东验收", {"古小兰", "牟丽娜", "纪晓东"}),
        ("联系人：王道平；经办人：陈松年", {"王道平", "陈松年"}),
        ("如需钥匙请联系慕容雪（分机6120）", {"慕容雪"}),
        ("王晓明女儿考上了大学", {"王晓明"}),
        ("外籍顾问安德烈·伊万诺夫到访", {"安德烈·伊万诺夫"}),
        ("客户古丽娜尔·买买提要求退货", {"古丽娜尔·买买提"}),
        ("寄件人彼得·施密特，收件人朝鲁·孟和", {"彼得·施密特", "朝鲁·孟和"}),
        ("原告洛桑曲培诉被告欧阳辉", {"洛桑曲培", "欧阳辉"}),
        ("周一鸣周五前交稿", {"周一鸣"}),
        ("工程师佐藤健太完成调试", {"佐藤健太"}),
        ("收款人扎西顿珠", {"扎西顿珠"}),
        ("姓名,电话\n周雪梅,无\n吴国强,无", {"周雪梅", "吴国强"}),
        ("| 姓名 | 部门 |\n|---|---|\n| 郑浩然 | 研发 |", {"郑浩然"}),
        ("顾问Zhang Wei的邮箱", {"Zhang Wei"}),
        ("经理Chen Jian-guo签字", {"Chen Jian-guo"}),
        ("王海涛主持会议。记录由王海涛整理。", {"王海涛"}),
        ("Dear Priya Taylor, your ticket is closed.", {"Priya Taylor"}),
        ("The outage was reported by Nancy O'Brien.", {"Nancy O'Brien"}),
        ("Mr. Okonkwo called about it", {"Okonkwo"}),
        ("signed by Robert van der Meer and Ludwig von Stetten", {"Robert van der Meer", "Ludwig von Stetten"}),
        ("name,email\nMary Johnson,m@example.org", {"Mary Johnson"}),
        ('{"customer": "Omar Miller"}', {"Omar Miller"}),
        ("Smith, John", {"Smith, John"}),
        ("ZHANG Wei will visit", {"ZHANG Wei"}),
        ("书记员买买提江·玉素甫与证人才仁·卓玛到庭", {"买买提江·玉素甫", "才仁·卓玛"}),
        ("据医生卡米拉·赛义德说，由让·杜邦代班", {"卡米拉·赛义德", "让·杜邦"}),
        ("乘机人谌若水，定损员岑锦绣，实际控制人为孟向阳", {"谌若水", "岑锦绣", "孟向阳"}),
        ("姚其昌批准，评委小林由纪记录", {"姚其昌", "小林由纪"}),
        ("高一诺老师带高二（5）班", {"高一诺"}),
        ("姓名|证件号码\n朱一诺|无", {"朱一诺"}),
        ("Dispatcher Vera Hargreaves and Welder Judith Novak reported it.", {"Vera Hargreaves", "Judith Novak"}),
        ("IN WITNESS WHEREOF Samuel Kaya has signed", {"Samuel Kaya"}),
        ("Please thank Naomi Park and Olivia Montgomery.", {"Naomi Park", "Olivia Montgomery"}),
        ("Seats: Chidi Okeke / Ebony Ndiaye / Nikhil Farooq", {"Chidi Okeke", "Ebony Ndiaye", "Nikhil Farooq"}),
        ("<contact><name>Joaquin Kensington</name></contact>", {"Joaquin Kensington"}),
        ("name|ssn\nNorbert Kensington|none", {"Norbert Kensington"}),
        ("Give it to Deborah De Luca and Min-jun Fitzgerald.", {"Deborah De Luca", "Min-jun Fitzgerald"}),
        (
            "@Lars Dubois please merge; Siobhán Costa and Ahmed al-Sayed agree",
            {"Lars Dubois", "Siobhán Costa", "Ahmed al-Sayed"},
        ),
        ("教练那日苏带课，由基斯·吉芬和约翰·罗杰斯创作", {"那日苏", "基斯·吉芬", "约翰·罗杰斯"}),
        ("Kim Ji-woo and Nguyen Thi Lan", {"Kim Ji-woo", "Nguyen Thi Lan"}),
    ],
)
def test_names_are_found_whole(recognizers, text, names):
    assert values(recognizers, "PERSON", text) == names


@pytest.mark.parametrize(
    "text",
    [
        "token 请在周五前更换，周三后生效",
        "石家庄至唐山段限速，总机占线时请稍候",
        "Rose Hill depot sold the Jack Pine boards",
        "任何成员都应遵守白皮书规定",
        "采用高斯滤波与贝叶斯估计，马力与扭矩参数不变",
        "江苏、江西、黑龙江三省销量合计",
        "焦耳、安培、赫兹同理，1千克·米/秒",
        "张江高科技园区与王府井门店",
        "李宁与安踏的供货合同",
        "方正字体与汉仪字体授权数量",
        "金属材料许用应力，安全系数",
        "黄河路站点温度传感器",
        "谢谢配合，严禁烟火，常温保存",
        "章节目录与费用明细，毕业证书和代码仓库",
        "强调支付安全，荣誉证书和班次表",
        "乔木与灌木搭配，巴黎与莫斯科两地修正计划，白布、松树、元宝各一",
        "交期按 5 周重新计算",
        "高桥镇的仓库、胡桃木饰面和丁二烯",
        "陈化粮不得流入市场，朱仙镇木版年画做伴手礼",
        "项目成员应遵守保密约定，家属应陪同在侧",
        "高德地图标注的位置有误",
        "康明斯发电机组",
        "新疆·喀什与云南·大理，巴黎·罗马·米兰",
        "万科·金域与蒙牛·特仑苏",
        "三好学生：高二（5）班，高三年级",
        "俱乐部官宣，款项退至原卡",
        "单次费用在 8,000 元以内的由部门负责人审批",
        "成本为100元左右，米以下的尺寸不计，满300元整起步",
        "宽 5 米以上的通道，长3米以内，误差在2成左右",
        "每包左右对齐，8步以内完成，温度升高时以下限为准",
        "共3章以下，12项以上，5方左右的混凝土",
        "The Chase and Grant workflows may be merged; mark the box.",
        "Use the Allen key and a Phillips screwdriver.",
        "The Taylor series and Newton iteration converge.",
        "Jordan, Georgia and Chad are served from Dubai.",
        "May and June volumes rose; Will Call pickup stays open.",
        "Johnson Controls and Morgan Stanley signed.",
        "Quarterly Business Review in the Main Conference Room",
        "Hong Kong and San Jose offices",
        "Victoria Park, Washington Post and Jackson Hole",
        "The John Deere tractor needs tyres at St. James Park.",
        "Pascal, Julia and Ruby examples are in the folder.",
    ],
)
def test_words_stay(recognizers, text):
    assert values(recognizers, "PERSON", text) == set()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("请寄至江苏省苏州市工业园区星湖街1072号，收", "江苏省苏州市工业园区星湖街1072号"),
        (
            "家庭住址：浙江省杭州市西湖区天府大道1990号幸福小区27栋4单元1404；",
            "浙江省杭州市西湖区天府大道1990号幸福小区27栋4单元1404",
        ),
        ("搬到成都市高新区天府二街138号2栋", "成都市高新区天府二街138号2栋"),
        ("发往青岛市市南区香港中路66号百丽国际广场南区12层，", "青岛市市南区香港中路66号百丽国际广场南区12层"),
        ("他住在解放南路18号3单元502室，", "解放南路18号3单元502室"),
        ("位于杭州市滨江区听潮路 88 号。", "杭州市滨江区听潮路 88 号"),
        ("上门地址：虹桥镇吴中路1799弄6号1202室", "虹桥镇吴中路1799弄6号1202室"),
        ("Ship to 5401 Park Blvd, Leeds LS1 4AP, attention", "5401 Park Blvd, Leeds LS1 4AP"),
        ("at 588 Sunset Blvd, Apt 3, Portland, OR 97205, now", "588 Sunset Blvd, Apt 3, Portland, OR 97205"),
        ("lives at Flat 7, 22 Queen Street, Edinburgh EH2 1JX.", "Flat 7, 22 Queen Street, Edinburgh EH2 1JX"),
        ("Office: Gartenstraße 15, 70563 Stuttgart", "Gartenstraße 15, 70563 Stuttgart"),
        ("our lease at Lindenhofweg 12 ends", "Lindenhofweg 12"),
        ("10 rue de la Paix, 75002 Paris", "10 rue de la Paix, 75002 Paris"),
    ],
)
def test_addresses_are_found_whole(recognizers, text, address):
    assert values(recognizers, "ADDRESS", text) == {address}


@pytest.mark.parametrize(
    "text",
    [
        "三号线早高峰 7 分钟一班",
        "文一西路施工至 12 月 31 日，1 号线换乘",
        "杭州、苏州和南京的门店",
        "第 3 号楼的图纸编号见附件",
        "Route 66, Gate 12, Dock 7 and Lane 3 are closed.",
        "12 Months Way of Working",
        "see section 4 of the Road Traffic Act",
    ],
)
def test_places_and_numbers_stay(recognizers, text):
    assert values(recognizers, "ADDRESS", text) == set()
