"""Print an independent judging set for the desensitizer: `python bench/pii_unseen_third.py zh` (or `en`)."""

from __future__ import annotations

import base64
import json
import random
import re
import string
import sys
import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20270311
PAGES = 40
Value = tuple[str, str]


class Span(TypedDict):
    """A stretch of personal data in a text."""

    start: int
    end: int
    type: str
    optional: NotRequired[bool]


class Row(TypedDict):
    """A text with its marked stretches."""

    id: str
    text: str
    spans: list[Span]
    lang: str


def words(text: str, separator: str | None = None) -> list[str]:
    """Return the parts of a list written as one string."""
    return text.split(separator)


ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"

ZH_THREE = words(
    "王海燕 王立军 王雪莹 李慧敏 李建华 李沐阳 李宗翰 张春华 张晓东 张书豪 刘桂兰 刘新宇 刘佩珊 陈志远 陈丽萍 陈昊天 "
    "杨秀芳 杨梓萱 黄文杰 黄海波 黄淑贞 赵国庆 赵一鸣 赵雪梅 周建平 周晓峰 周雨桐 吴翠英 吴俊熙 徐凤英 徐世杰 孙桂芳 "
    "孙浩宇 孙立群 马玉珍 马俊峰 朱永强 朱丽华 胡建军 胡梓涵 郭晓玲 郭志刚 何丽君 何文彬 林淑芬 林子轩 高雪峰 高敏芝 "
    "罗永辉 罗晓雯 郑国强 郑诗雨 梁启明 梁丽珍 谢文静 谢建业 宋佳琪 宋长青 唐丽娟 唐志伟 许立国 许佳慧 邓丽珊 邓凯文 "
    "韩雪松 韩玉梅 冯子墨 冯秀兰 曹志明 曹雨薇 彭建中 彭晓蕾 曾繁荣 曾思雅 肖雅琴 肖国平 田雨晴 田志勇 董建新 董思琪 "
    "潘晓明 潘玉凤 袁国华 袁梦琪 蔡志豪 蔡美娟 蒋文涛 蒋雪琴 余建明 余思颖 杜晓军 杜丽芳 叶俊辉 叶婉婷 程立峰 程雅静 "
    "魏国良 魏晓彤 苏建文 苏梦瑶 吕志坚 丁学文 丁雨菲 任晓波 卢志鹏 卢美华 沈国梁 沈佳宁 姚文娟 姚建忠 钟雅文 姜玉龙 "
    "崔文浩 谭佳欣 陆海峰 汪诗琪 范志国 石文斌 廖雪珍 贾思睿 韦国锋 夏志平 邹文慧 熊建波 孟晓兰 秦玉峰 白晓宁 薛嘉铭 "
    "侯雅欣 雷俊凯 龙海生 史文华 陶玉萍 黎志航 贺雪娇 顾明哲 毛小军 郝建设 龚丽云 邵文轩 万晓霞 钱伟民 严志刚 覃美莲 "
    "戴雨馨 莫志辉 孔祥瑞 常玉洁 温建峰 康志文 施美琪 牛建军 樊晓鹏 葛文倩 邢立志 安玉琳 易晓辉 乔志丹 庞雪莲 颜建成"
)
ZH_TWO = words(
    "王倩 李岩 张颖 陈莉 杨帆 黄斌 赵琪 周凯 吴桐 徐璐 孙悦 马骏 朱虹 胡斌 郭帅 何晶 林涵 高洋 罗丹 郑楠 梁栋 谢芳 "
    "宋哲 唐蕾 许彤 邓洁 韩冰 冯刚 曹阳 彭程 肖楠 田雷 董亮 潘峰 袁莹 蔡骏 蒋毅 余刚 杜芸 叶枫 魏东 苏颖 丁凡 任飞 "
    "卢浩 沈芸 姚岚 钟慧 姜睿 崔莹 谭凯 陆洁 汪菲 石婧 贾楠 邹倩 熊辉 孟瑶 薛峰 侯杰"
)
ZH_DOUBLE = words(
    "欧阳文斌 欧阳倩 上官雨菲 司马长林 诸葛文清 皇甫志强 夏侯建平 慕容雪晴 尉迟俊峰 令狐晓峰 公孙丽华 司徒慧珍 "
    "端木思颖 宇文浩 长孙立伟 南宫雅琪 次仁旺堆 格桑卓玛 洛桑平措 田中美咲 高桥直人 渡边翔太 小林由纪 朴敏秀"
)
ZH_DOT = words(
    "阿卜杜拉·麦麦提 古丽娜尔·艾山 帕提古丽·吾买尔 买买提江·阿不都 努尔兰·哈力 斯琴·巴雅尔 乌兰·图雅 迈克尔·布朗 "
    "艾米莉·怀特 汉斯·穆勒 卡洛斯·费尔南德斯 索菲·杜邦 伊琳娜·彼得罗娃 保罗·科斯塔 安娜·诺瓦克 威廉·泰勒 "
    "拉吉·夏尔马 法蒂玛·哈桑 彼得·约翰逊 尼古拉·索科洛夫"
)
PINYIN = words(
    "Liu Yifan,Wu Jiaming,Zhao Min,Sun Lili,Huang Zhiqiang,Xu Jing,Ma Wenjun,Guo Xiaofeng,Lin Meihua,Gao Shan,"
    "Luo Jian-ping,Tang Wen-bin,Yang Yuqing,Zhou Peng,Deng Kexin,Feng Guang-hui,Grace Huang,Steven Xu",
    ",",
)
EN_NAMES = words(
    "Andrew Bennett,Patricia Coleman,Gregory Foster,Deborah Hughes,Steven Reynolds,Rachel Simmons,Jonathan Pierce,"
    "Catherine Barrett,Edward Fleming,Victoria Chapman,Samuel Whitfield,Rebecca Holloway,Nicholas Garner,Angela Dixon,"
    "Philip Mercer,Julia Sanders,Timothy Lawson,Helen Doyle,Raymond Keller,Martha Osborne,Peter Gallagher,Diane Kemp,"
    "Vincent Romano,Alice Thornton,Howard Pritchard,Monica Vega,Gordon Blake,Teresa Molina,Stuart Ingram,"
    "Fiona Campbell,Alistair Munro,Gemma Hartley,Callum Fraser,Bethany Shaw,Rhys Morgan,Megan Lloyd,Declan Murphy,"
    "Siobhan McCarthy,Niall Kavanagh,Aoife Brennan,Lukas Schneider,Katharina Vogel,Stefan Braun,Birgit Hoffmann,"
    "Markus Weber,Heike Lorenz,Dieter Krause,Sabine Richter,Jürgen Köhler,Pierre Lambert,Camille Fournier,"
    "Jean-Luc Moreau,Anne-Marie Leclerc,Luc Girard,Chiara Moretti,Marco Bianchi,Giulia Ferrari,Alessandro Conti,"
    "Paolo Greco,Javier Morales,Lucia Navarro,José Álvarez,Carmen Ortega,Diego Herrera,Pilar Castillo,Rafael Mendoza,"
    "Isabel Fuentes,Joao Carvalho,Ines Ferreira,Tiago Almeida,Piotr Zielinski,Agnieszka Wojcik,Marek Dabrowski,"
    "Jana Novotna,Tomas Dvorak,Zoltan Kovacs,Eszter Szabo,Andrei Popescu,Ioana Radu,Elena Dimitrova,Nikola Petrovic,"
    "Dmitri Volkov,Olga Sokolova,Sergei Morozov,Natalia Orlova,Yuki Nakamura,Kenji Watanabe,Aiko Sato,"
    "Takeshi Yamamoto,Haruka Ito,Min-jun Park,Ji-woo Kim,Seo-yeon Choi,Arjun Mehta,Kavita Sharma,Rohan Deshpande,"
    "Anjali Nair,Vikram Reddy,Sunita Iyer,Farah Siddiqui,Imran Qureshi,Ayesha Malik,Bilal Chaudhry,Layla Mansour,"
    "Yusuf Demir,Elif Kaya,Tariq Hamdan,Nadia Khoury,Amina Diallo,Kwame Mensah,Chinedu Okafor,Ngozi Eze,Thabo Nkosi,"
    "Wanjiru Kamau,Abebe Tesfaye,Erik Lindstrom,Astrid Nilsson,Lars Johansen,Ingrid Halvorsen,Mikkel Sorensen,"
    "Freja Madsen,Antti Virtanen,Aino Laine,Pieter de Vries,Sanne van Dijk,Joris Bakker,Femke Visser,Linh Tran,"
    "Minh Pham,Siti Rahayu,Budi Santoso,Maria Santos,Ramon Villanueva,Grace Okonkwo,Harold Whitaker,Joyce Templeton,"
    "Leonard Fisher,Gloria Jennings,Walter Burke,Cynthia Norris,Douglas Hampton,Eleanor Price,Frederick Lang,"
    "Abigail Stone,Marcus Bradley,Heather Quinn,Trevor Nash,Olivia Parsons,Adrian Cole,Charlotte Webb,"
    "George H. Palmer,Ruth E. Gibbons,Neil McGregor,Sean O'Connor,Keira O'Sullivan,Zoe Lindqvist",
    ",",
)
TITLES = words("总 经理 主任 老师 处长 教授 院长 队长")
TITLE_SURNAMES = words("孙 钱 范 石 姚 谭 陆 夏 顾 贺 邵 崔")

MAIL_FIRST = words(
    "andrew rachel pierre chiara lukas yuki arjun fiona carmen marek elif grace jiaming meihua peng wenjun"
)
MAIL_LAST = words(
    "bennett foster moretti weber nakamura mehta fraser ortega volkov demir okafor huang guo tang liu zheng"
)
MAIL_DOMAINS = ("example.com", "example.com.cn", "office.example.net", "post.example.org", "example.org")

ID_AREAS = words(
    "110105 120101 130104 140105 150102 210202 220102 230103 310106 320102 330102 340102 350102 360102 370102 410102 "
    "420102 430102 440103 450102 460105 500103 510104 520102 530103 540102 610102 620102 630102 640104 650102"
)
MOBILE_HEADS = words(
    "130 131 132 133 134 135 136 137 138 139 145 147 150 151 152 153 155 156 157 158 159 166 173 175 176 177 178 180 "
    "181 182 183 184 185 186 187 188 189 191 193 195 198 199"
)
LAND_EIGHT = words("022 023 024 025 027 028 029 0531 0532 0591 0371 0551 0574 0757")
LAND_SEVEN = words("0771 0471 0951 0898")
ZH_PLACES = words(
    "天津市河西区 重庆市渝北区 湖北省武汉市洪山区 陕西省西安市雁塔区 山东省青岛市市南区 福建省厦门市思明区 "
    "湖南省长沙市岳麓区 辽宁省大连市沙河口区 河南省郑州市金水区 广西壮族自治区南宁市青秀区 安徽省合肥市蜀山区"
)
ZH_ROADS = words("解放大道 人民南路 滨海西路 文化街 长江路 学府路 民族大道 友谊东路 泉城巷 紫金山路 环湖北路")
ZH_ESTATES = words("金色家园 紫荆花园 锦绣江南 碧水湾 世纪新城 梧桐苑 和平里小区")
PLATE_PROVINCES = "浙粤津冀晋蒙辽吉黑皖赣豫鄂桂琼贵云陕甘宁新"
EN_CITIES = words(
    "Denver, CO 80203;Austin, TX 78701;Madison, WI 53703;Boise, ID 83702;Tampa, FL 33602;Bristol BS1 5TR;York YO1 7HH;"
    "Cardiff CF10 1EP",
    ";",
)
EN_STREETS = words("Cedar Willow Chestnut Riverside Church Mill Orchard Franklin Station Harbour")
EN_STREET_KINDS = words("Street Road Avenue Drive Lane Court")
EN_MONTHS = words("January February March April May June July August September October November December")
UNION_SIXTEEN = words("622609 622155 622689 625965 625085")
UNION_NINETEEN = words("621785 622262 622700 623058 621799")

ZH_KINDS = (
    (
        "理赔专员{p}的联系方式：电话{mob}，电子邮箱{em}。",
        "如需更改行程，请致电领队{p}（{mob}），或发邮件到{em}。",
        "课题负责人：{p}；手机号码：{mob}；Email：{em}",
    ),
    (
        "保单正本寄往{addr}，由{p}签收，联系电话{mobv}。",
        "施工图纸请快递到{addr} {p}收，手机{mobv}",
        "录取通知书邮寄地址：{addr}；收信人：{p}；电话：{mobv}",
    ),
    (
        "经核实，学生{p}（身份证号码{id}）于{date}注册入学。",
        "被保险人{p}，公民身份号码{id}，保险起期{date}。",
        "借款人{p}身份证{id}，授信日期为{date}。",
    ),
    (
        "公民身份号码 {idsep}",
        "投保人身份证：{idsep}，已核验。",
        "旅客购票证件（二代身份证）{idsep}",
    ),
    (
        "农户身份证{idx}已录入补贴系统，批次{order}。",
        "实名认证通过：{idx}，对应工单{order}。",
        "乘机人身份证号为{idx}，票务订单{order}已出票。",
    ),
    (
        "学籍卡｜{p}｜身份证号｜{idfw}｜在读｜",
        "会员资料　姓名：{p}　身份证：{idfw}　状态：有效",
        "｜施工人员｜{p}｜证件号码｜{idfw}｜已培训｜",
    ),
    (
        "请向{p}的卡号{card}转入稿费，开户行中国农业银行，金额{amt}元。",
        "养殖补贴款{amt}元已打入{p}的账户{card}。",
        "退票款原路退回，持卡人{p}，卡号{card}，金额{amt}元。",
    ),
    (
        "扣款银行卡：{cardsep}，每月15日自动扣费。",
        "会员续费使用{cardsep}支付成功。",
        "请核对您绑定的卡片{cardsep}是否仍在使用。",
    ),
    (
        "投标单位统一社会信用代码：{uscc}，标段编号{order}。",
        "开票抬头税号{uscc}，对应合同{order}。",
        "合作社的信用代码为{uscc}，协议号{order}。",
    ),
    (
        "旅客{p}持护照{pass}办理登机，出发日期{date}。",
        "交换生{p}的护照号码是{pass}，签证截止{date}。",
        "外派工程师{p}（护照{pass}）将于{date}抵达项目现场。",
    ),
    (
        "车辆{plate}的投保人为{p}，起保日{date}。",
        "{date}，{p}驾驶{plate}在服务区充电。",
        "工地出入登记：{plate}，驾驶员{p}，{date}",
    ),
    (
        "营业网点电话{land}，客户经理手机{mob}。",
        "抢修班组值班固话：{land}；夜间请打{mob}。",
        "总机{land}占线时，可直接联系{mob}。",
    ),
    (
        "{p}在{date}办理了退保手续，经办人{p}。",
        "{date}，{p}与{p}完成了图书交接。",
        "{p}自{date}起接替{p}担任俱乐部领队。",
    ),
    (
        "评标委员会：组长{p}，成员{p}、{p}，监督人{p}，共收到{n}份投标文件。",
        "开题答辩由{p}主持，评委{p}、{p}，秘书{p}，旁听{n}人。",
        "出场名单：门将{p}，后卫{p}，中场{p}，前锋{p}，观众{n}人。",
    ),
    (
        "用户{p}反映电表{part}走字过快，检定员{p}已上门。",
        "业主{p}报修电梯{part}，维保员{p}当日到场。",
        "种植户{p}购买的水泵{part}漏水，由技术员{p}更换。",
    ),
    (
        "堡垒机告警：来源{ip}，登录名{em}，客户端{ver}。",
        "{em} 从 {ip} 下载了报表，系统版本{ver}。",
        "VPN接入记录：账号{em}，源地址{ip}，软件版本{ver}",
    ),
    (
        "主域名服务器{ip}，从服务器{ipv6}。",
        "风电场监控主机IP为{ip}，IPv6地址{ipv6}。",
        "请把{ip}与{ipv6}加入白名单。",
    ),
    (
        "缓存配置：redis://default:{pw}@cache.internal:6379/0",
        "备份任务使用 postgresql://backup:{pw}@pg.internal:5432/archive 连接。",
        "每日取数：ftp://report:{pw}@ftp.example.com/daily",
    ),
    (
        "运维同事把 {key} 贴进了群聊，请尽快作废。",
        "日志里打印出了 ACCESS_TOKEN={key}，需要脱敏。",
        "配置项 token: {key} 已随代码提交。",
    ),
    (
        "app_secret={hex}（支付渠道）",
        "地图服务 apiKey：{hex}，限额每日1万次。",
        "access_key: {hex}  # 教务接口",
    ),
    (
        "浏览器 Cookie 中的 token={jwt} 已过期。",
        "接口调试用的令牌：{jwt}",
        'curl -H "Authorization: Bearer {jwt}" 返回403。',
    ),
    (
        "服务器证书的私钥内容：\n{pem}\n切勿外传。",
        "工单附件：\n{pem}\n附件结束",
        "以下密钥来自旧网关：\n{pem}",
    ),
    (
        "| 学号 | 学生 | 联系电话 |\n|---|---|---|\n| {n} | {p} | {mob} |\n| {n} | {p} | {mob} |",
        "| 投保人 | 手机号码 | 状态 |\n|---|---|---|\n| {p} | {mob} | 有效 |\n| {p} | {mob} | 中止 |",
        "队员\t电话\t位置\n{p}\t{mob}\t前锋\n{p}\t{mob}\t中场",
    ),
    (
        "户主,身份证号,社保卡号\n{p},{id},{card}\n{p},{id},{card}",
        "客户姓名;证件号码;卡号\n{p};{id};{card}\n{p};{id};{card}",
        "序号,收款人,身份证号码,收款账号\n1,{p},{id},{card}\n2,{p},{id},{card}",
    ),
    (
        '{"passenger": "{p}", "phone": "{mob}", "ticket": "{order}"}',
        '{"holder":"{p}","tel":"{mob}","policy":"{order}"}',
        '{"student_name": "{p}", "contact_phone": "{mob}", "course_id": "{order}"}',
    ),
    (
        "乙方（盖章）：{p}　　联系方式：{mobfw}",
        "监护人：{p}　手机：{mobfw}",
        "参赛者{p}（电话{mobfw}）",
    ),
    (
        "用户{mob}升级到{ver}后闪退。",
        "来电号码{mob}咨询App {ver}的续费问题。",
        "{mob}用户的机顶盒停留在{ver}，请远程处理。",
    ),
    (
        "户籍档案显示{p}原证号{idold}，升位后为{id}。",
        "退休职工{p}：15位旧号{idold}，18位新号{id}。",
        "{p}早年保单登记的身份证是{idold}，更正为{id}。",
    ),
    (
        "现场由{p}带队，技术问题请示{title}。",
        "稿件由{p}采写，{title}终审。",
        "{title}已同意，具体事宜找{p}。",
    ),
    (
        "通行证号码{hk}，旅客{p}。",
        "来往港澳通行证{hk}由{p}本人领取。",
        "{p}的回乡证号为{hk}。",
    ),
    (
        "现居住地：{addr}；担保人：{p}，与借款人关系：兄弟，联系电话{mob}",
        "受益人{p}，住址{addr}，电话{mob}",
        "学生家长{p}，手机{mob}，家住{addr}。",
    ),
    (
        "包裹{track}已派送，收件人{p}，联系方式 {mobv}。",
        "电子票据随单{track}寄出，{p}，{mobv}。",
        "揽收成功：单号{track}，寄件人{p}，电话：{mobv}",
    ),
    (
        "身份证号{idbad}末位有误，请联系{p}核对。",
        "{p}填报的身份证号码{idbad}未通过校验。",
        "系统提示：证件号码{idbad}不合法，提交人{p}",
    ),
    (
        "收件人：{p} <{em}>, {p} <{em}>",
        "参会邀请已发送给{p}（{em}）和{p}（{em}）。",
        "密送：{p}/{em}；{p}/{em}",
    ),
    (
        "访问学者{py}常用邮箱{em}。",
        "请转告{py}查收{em}里的报价单。",
        "签证联系人：{py}，{em}",
    ),
    (
        "原告{p}称，{date}向被告{p}的账户{card}转账。",
        "{p}委托{p}于{date}领取理赔款，收款卡号{card}。",
        "公证书载明：{p}、{p}于{date}约定款项汇至{card}。",
    ),
    (
        "预约看房请找{p}女士，固定电话{land}。",
        "投诉受理人：{p}先生，电话{land}。",
        "奖学金事宜咨询{p}老师，办公室电话{land}。",
    ),
    (
        "初始密码为 {pw}，首次登录后请修改。",
        "后台账号 reporter，密码：{pw}",
        "热点密码: {pw}（仅限参展人员）",
    ),
    (
        "企业信息：法人{p}，信用代码{uscc}，住所{addr}。",
        "分包单位负责人{p}，统一社会信用代码：{uscc}，地址：{addr}",
        "{p}系该合作社理事长，代码证号{uscc}，办公地点{addr}。",
    ),
    (
        "停车缴费：{date} 18:40 {plate} 车主{p} 已离场",
        "保养预约 {date} 14:30 {p} 车牌号{plate}",
        "违章告知：{plate}，{date} 07:55，驾驶人{p}",
    ),
)

ZH_CLEAN = (
    "采购单{order}已入库，承运单号{track}。",
    "票号关联订单{order}，行李查询码{track}。",
    "支付流水{digits}待对账。",
    "退款申请{digits}已受理，3个工作日到账。",
    "饲料批号{digits}，保质期至{date}，共{n}袋。",
    "疫苗批次{digits}于{date}入冷库，{n}支。",
    "机顶盒固件{fw}发布于{date}，修正时钟漂移。",
    "手持终端升级到{fw}，回滚包日期{date}。",
    "备件{part}停产，改用{part}，余量{n}。",
    "水轮机轴承{part}与{part}不可互换，库存{n}套。",
    "本规程引用 GB 50016-2014 和 ISO 14001:2015，自{date}起实施。",
    "检测按 GB/T 17626.2-2018 与 IEC 62305 执行，报告日期{date}。",
    "图书条码{ean}无法识别，请手工录入。",
    "商品码{ean}重复，已合并。",
    "合并请求引用了 {hash}，发布版本{ver}。",
    "镜像摘要 sha256:{sha} 对应{ver}。",
    "会话{uuid}超时，重试{n}次。",
    "工作流实例 {uuid} 已归档，耗时{n}毫秒。",
    "工程造价{amt}元，质保金5%，保修{n}天。",
    "本季度保费收入{amt}元，同比增长{pct}%。",
    "高压线路停电检修，预计{n}分钟恢复。",
    "任意一方违约，按日支付{n}元违约金。",
    "常规赛还剩{n}轮，主场票已售罄。",
    "白云山索道与黄花岗站客流达{n}人次。",
    "石家庄至唐山段限速{n}公里。",
    "王老吉与李锦记的陈列协议号为{order}和{order}。",
    "张裕、周大福两家门店的租赁编号是{order}、{order}。",
    "联想工作站和曙光集群合计{n}节点，型号{part}。",
    "美的空调与格力风机共{n}台，规格{part}。",
    "压强单位帕斯卡，磁通单位韦伯，电容单位法拉，共{n}题。",
    "1开尔文的温差等于1摄氏度，热量用卡路里计。",
    "傅里叶变换后取前{n}个系数，泊松分布拟合见附录。",
    "拉普拉斯算子与卡尔曼增益列于表{n}。",
    "云南、安徽、吉林三地采购额为{amt}。",
    "广西、宁夏、海南装机容量合计{amt}千瓦。",
    "钢筋屈服强度{n}兆帕，安全等级二级。",
    "毛利率{pct}%，单价{n}元，成本不含税。",
    "严禁在田间施用违禁农药，检查日期{date}。",
    "周期性巡检已于{date}结束，水位正常。",
    "结构图{part}第5版，变更单{n}号。",
    "装配图{part}替换附图{n}。",
    "货号{digits}缺货。",
    "馆藏编号{digits}，架位C-{n}。",
    "制度编号 XZ-2025-0{n}，修订{ver}。",
    "作业指导书 SOP-{n}，受控版本{ver}。",
    "防火墙仅开放22、443、9200端口，空闲{n}秒断开。",
    "Modbus 502端口轮询周期{n}毫秒，从站地址17。",
    "电能表资产号SN{digits}，检定有效期至{date}。",
    "摄像机序列号SN{digits}于{date}过保。",
    "虹桥机场与马连洼网点的启用日期是{date}。",
    "钟楼校区、汤山基地将于{date}封闭施工。",
    "宋体与黑体的嵌入许可剩余{n}份。",
    "徕卡全站仪和海康摄像头的租期为{n}天。",
    "命中率{pct}%，罚球和篮板数据不变。",
    "成活率达到{pct}%，施肥和灌溉方案照旧。",
    '配置模板：secret_key = "<your-secret-key>"，上线前填写。',
    "示例中的 token: YOUR_TOKEN_HERE 仅作占位。",
    "教室C-305，投影幕型号{part}。",
    "仓位B-2207，托盘编号{part}。",
    "消费者投诉请拨12315，{n}号坐席为您服务。",
    "供电服务热线95598，今日工单{n}件。",
    "核心系统记账号 {fake} 为内部科目，并非卡号。",
    "对账编号{fake}由网关生成，与银行卡无关。",
    "记账凭证{digits}，所属期间2025年第{q}季度。",
    "收据号{digits}已作废，期间2025年4月至6月。",
    "工作温度-25℃至70℃，响应时间{n}ms。",
    "贮藏条件2℃至8℃，湿度不高于{pct}%。",
    "水泵累计运转{n}小时，检修间隔{n}小时。",
    "应用连续在线{n}天，重启{n}次。",
    "健康检查只监听127.0.0.1，掩码255.255.255.0。",
    "保险单号{policy}的批改已生效，日期{date}。",
    "电子保单{policy}可在官网下载。",
)

EN_KINDS = (
    (
        "For claims, call adjuster {p} on {ph} or write to {em}.",
        "Tour leader: {p}, phone {ph}, e-mail {em}",
        "{p} (registrar) can be reached at {ph} or {em}.",
    ),
    (
        "Deliver the seed samples to {addr}, c/o {p}.",
        "The policy documents go to {p}, {addr}.",
        "Site office: {addr}. Ask for {p} on arrival.",
    ),
    (
        "Policyholder {p} (SSN {ssn}) renewed on {date}.",
        "Student aid file: {p}, social security number {ssn}, enrolled {date}.",
        "Payroll record - {p} - SSN: {ssn} - hired {date}",
    ),
    (
        "The booking {order} was paid with card {card}.",
        "Card number {card} was declined for membership {order}.",
        "Please refund {order} to {card}.",
    ),
    (
        "Transfer the premium to {iban} quoting {order}.",
        "IBAN: {iban} / remittance {order}",
        "The club's account {iban} received the grant under {order}.",
    ),
    (
        "{p} logged in from {ip} with client {ver}.",
        "Helpdesk: user {p}, workstation {ip}, agent {ver}.",
        "Packet loss was seen by {p} at {ip} after installing {ver}.",
    ),
    (
        "On {date} the keys were handed from {p} to {p}.",
        "{p} succeeded {p} as treasurer on {date}.",
        "The lease between {p} and {p} ends on {date}.",
    ),
    (
        "export REDIS_URL=redis://cache:{pw}@redis.internal:6379/2",
        "The ETL job connects to mysql://etl:{pw}@warehouse.internal:3306/sales every night.",
        "mongodb://reader:{pw}@mongo.internal:27017/archive timed out again.",
    ),
    (
        "Someone pasted {key} into the public channel.",
        "TOKEN={key} must be removed from the build log.",
        "Revoke {key} today; it appears in the screenshot.",
    ),
    (
        "curl -H 'Authorization: Bearer {jwt}' returned 401.",
        "Session cookie: token={jwt}",
        "The expired token {jwt} was replayed by the crawler.",
    ),
    (
        "weather.api_key = {hex}",
        "Use access_key: {hex} for the tariff service.",
        'CLIENT_SECRET="{hex}"',
    ),
    (
        "Do not forward this file:\n{pem}",
        "Found in the backup folder:\n{pem}\nPlease destroy it.",
        "Deployment key for the turbine gateway:\n{pem}",
    ),
    (
        "| Member | Mobile | Team |\n|---|---|---|\n| {p} | {ph} | U19 |\n| {p} | {ph} | Seniors |",
        "| Crew | Contact | Site |\n|---|---|---|\n| {p} | {ph} | Dam |\n| {p} | {ph} | Tunnel |",
        "Student\tTelephone\tCollege\n{p}\t{ph}\tNorth\n{p}\t{ph}\tSouth",
    ),
    (
        "holder,mail,card_number\n{p},{em},{card}\n{p},{em},{card}",
        "traveller;email;card\n{p};{em};{card}\n{p};{em};{card}",
        "id,full_name,email_address,payment_card\n1,{p},{em},{card}\n2,{p},{em},{card}",
    ),
    (
        '{"insured": "{p}", "tel": "{ph}", "item": "{part}"}',
        '{"contact_name":"{p}","mobile":"{ph}","meter":"{part}"}',
        '{"tenant": "{p}", "phone_number": "{ph}", "boiler": "{part}"}',
    ),
    (
        "Hello {p}, claim {order} was settled by {p}.",
        "{p} reassigned case {order} to {p}.",
        "Hi {p}, {p} approved your booking {order}.",
    ),
    (
        "Reply-To: {p} <{em}>\nCc: {p} <{em}>\nSubject: spare {part}",
        "Forwarded by {p} ({em}) to {p} ({em}), re {part}",
        "Sender: {p} <{em}>\nRecipient: {p} <{em}>\nRe: drawing {part}",
    ),
    (
        "Jury: {p} (chair), {p} and {p}.",
        "Starting line-up: {p}, {p}, {p}.",
        "Thesis committee: supervisor {p}, examiners {p} and {p}.",
    ),
    (
        "Visiting scholar {py} arrives on {date}.",
        "{py} from the Suzhou branch takes over on {date}.",
        "The audit on {date} will be led by {py}.",
    ),
    (
        "Traveller {p} holds passport {pass}.",
        "{p}, passport number {pass}, checked in.",
        "Visa file: passport {pass}, applicant {p}.",
    ),
    (
        "Ping {ip} and {ipv6} before upgrading to {ver}.",
        "DNS moved from {ip} to {ipv6} with release {ver}.",
        "Probe {ip} (IPv6 {ipv6}) reports agent {ver}.",
    ),
    (
        "Call {py} in Chengdu on {cn}.",
        "{py}, Qingdao port office, mobile {cn}",
        "WeChat and phone for supplier {py}: {cn}.",
    ),
    (
        "Next of kin: {p}, {addr}, tel. {ph}",
        "Claimant {p} lives at {addr} and answers {ph}.",
        "Landlord {p}; phone {ph}; premises {addr}.",
    ),
    (
        "Loan of {amt} EUR signed off by {p}, credit committee.",
        "{p}, site manager, claimed {amt} GBP for scaffolding.",
        "Sponsorship of {amt} USD was negotiated by {p}.",
    ),
    (
        "The import rejected SSN {ssnbad} as impossible.",
        "Form W-9 lists the social security number {ssnbad}, clearly mistyped.",
        "SSN {ssnbad} failed validation in the enrolment form.",
    ),
    (
        "Guest network password: {pw}",
        "Your temporary password is {pw}, please change it.",
        "user: scoreboard / password: {pw}",
    ),
    (
        "{py} registered with Chinese ID {id}.",
        "ID card number {id} matches the ticket of {py}.",
        "Beneficiary {py}, national ID {id}, verified.",
    ),
    (
        "Reference: {p} managed a dairy farm for eight years.",
        "Our feature on {p} and the tidal power pilot runs on Sunday.",
        "{p} taught structural engineering before joining the bank.",
    ),
    (
        "{p} reports that pump {part} leaks.",
        "Warranty case opened by {p}: inverter {part} overheats.",
        "Tenant {p} says the meter {part} shows nonsense.",
    ),
    (
        "pip install --index-url https://ci:{pw}@pypi.example.org/simple app",
        "rsync via ftp://press:{pw}@files.example.com/pictures nightly",
        "Mirror of https://bot:{pw}@svn.example.net/docs failed.",
    ),
)

EN_CLEAN = (
    "Parcel {track} for purchase {order} left the depot on {date}.",
    "Booking {order}, baggage tag {track}, departed {date}.",
    "Set-top box image {fw} replaces {ver} of {date}.",
    "Meter software {ver} requires bootloader {fw} since {date}.",
    "Use {part} instead of {part}; {n} left on the shelf.",
    "Bearing {part} does not fit housing {part} ({n} mm).",
    "Seed lot {digits} germinated well.",
    "Vaccine batch {digits} is stored at 4 C.",
    "The scheme follows ISO 14001:2015 and EN 1992-1-1 from {date}.",
    "Tests to IEC 62305 and ISO 45001:2018 end on {date}.",
    "Bisect points at {hash}, first bad after {ver}.",
    "Tag {ver} was built from {hash}.",
    "Request {uuid} was retried {n} times.",
    "Trace {uuid} took {n} ms.",
    "Premium income reached {amt} EUR this quarter.",
    "The tender was awarded at {amt} GBP excluding VAT.",
    "A rose garden and an ivy wall cover {n} square metres; the lily pond stays.",
    "Faith in the market fell; hope returned after {n} days.",
    "Mark the bill, then grant access; {n} pages remain.",
    "Label shows EAN {ean}.",
    "Library item {ean} is overdue.",
    "Fit the Stanley knife and the jack stand; {n} Nm at most.",
    "The Bowden cable and the Philips lamp cost {n} euros.",
    "A Fourier transform and a Poisson model fit {n} points.",
    "The Bernoulli equation and the Reynolds number are on page {n}.",
    "Austin, Charlotte and Madison depots ship {n} pallets.",
    "Victoria, Adelaide and Sydney branches closed early.",
    "The event id {fake} is generated by the bus.",
    "Row counter stands at {fake}.",
    "secret_key: <your-secret-key>  # fill in",
    "Set TOKEN=CHANGE_ME in the sample file.",
    "Only 22, 443 and 9200 are open; idle limit {n} s.",
    "Modbus port 502 polls every {n} ms.",
    "Camera SN{digits} is covered until {date}.",
    "Inverter serial SN{digits} was replaced on {date}.",
    "The probe binds to 127.0.0.1 only, netmask 255.255.255.0.",
    "Manual SOP-{n}, issue {ver}, valid from {date}.",
    "Policy HR-{n} was revised on {date} ({ver}).",
    "Storage at 2 to 8 C, humidity below {pct} percent.",
    "Rated -25 to 70 C, response {n} ms.",
    "Grafana, Terraform and Kafka are covered in story OPS-{n}.",
    "Selenium, Maven and Gerrit run under ticket QA-{n}.",
    "Concrete class C30/37 cures for {n} days; rebar B500B.",
    "Alloy 6061-T6 and grade S355 arrive in {n} days.",
    "Kit contains {part}, {part} and {part}.",
    "Spares: {part}; {part}.",
    "April sales and August rainfall rose {n} percent.",
    "The Summer and Dawn editions sold {n} copies.",
    "RFC 9110 section 15 covers code {n}.",
    "See RFC 6455, close code {n}.",
    "Severity 2 is raised after {n} minutes.",
    "Priority P{q} incidents close within {n} hours.",
    "Pallet 1200x800x1450 mm, gross {n} kg.",
    "Beam HEA 200, span {n} cm, load 12 kN.",
    "Newton-Raphson stops after {n} rounds; the Simpson rule is slower.",
    "The Markov chain and Monte Carlo run need {n} samples.",
    "SHA-256 {sha} was verified.",
    "Release digest {sha} is published.",
    "Receipt {order} dated {date} is unpaid for {n} days.",
    "Reminder {n} concerns invoice {order} of {date}.",
    "Policy number {policy} was endorsed on {date}.",
    "Insurance certificate {policy} is attached.",
)


def luhn_sum(digits: str) -> int:
    """Return the Luhn sum modulo 10 of a digit string that includes its check digit."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10


def luhn_complete(body: str) -> str:
    """Append the Luhn check digit to a digit string."""
    return body + str((10 - luhn_sum(body + "0")) % 10)


def id_complete(body: str) -> str:
    """Append the check character of GB 11643 to 17 digits."""
    return body + ID_CHECKS[sum(int(c) * w for c, w in zip(body, ID_WEIGHTS, strict=True)) % 11]


class Bag:
    """A shuffled pool that is drawn empty before it is filled again."""

    def __init__(self, rng: random.Random, items: list[str]) -> None:
        """Keep the items and the source of chance."""
        self.rng = rng
        self.items = items
        self.left: list[str] = []

    def draw(self) -> str:
        """Return the next item."""
        if not self.left:
            self.left = list(self.items)
            self.rng.shuffle(self.left)
        return self.left.pop()


class Maker:
    """Draws the values that the templates name."""

    def __init__(self, lang: str) -> None:
        """Seed the source of chance and fill the pools of one language."""
        self.lang = lang
        self.rng = random.Random(f"{SEED}-{lang}")
        self.three = Bag(self.rng, ZH_THREE)
        self.two = Bag(self.rng, ZH_TWO)
        self.double = Bag(self.rng, ZH_DOUBLE)
        self.dotted = Bag(self.rng, ZH_DOT)
        self.pinyin = Bag(self.rng, PINYIN)
        self.names = Bag(self.rng, EN_NAMES)
        self.makers: dict[str, Callable[[], Value]] = self.table()

    def table(self) -> dict[str, Callable[[], Value]]:
        """Return the maker of each placeholder."""
        zh = self.lang == "zh"
        return {
            "p": lambda: ((self.zh_name() if zh else self.names.draw()), "PERSON"),
            "py": lambda: (self.pinyin.draw(), "PERSON"),
            "title": lambda: (self.rng.choice(TITLE_SURNAMES) + self.rng.choice(TITLES), "PERSON?"),
            "mob": lambda: (self.mobile(), "PHONE_NUMBER"),
            "mobv": lambda: (self.mobile_variant(), "PHONE_NUMBER"),
            "mobfw": lambda: (self.mobile().translate(FULL_WIDTH), "PHONE_NUMBER"),
            "cn": lambda: (self.mobile_variant(), "PHONE_NUMBER"),
            "land": lambda: (self.landline(), "PHONE_NUMBER"),
            "ph": lambda: (self.western_phone(), "PHONE_NUMBER"),
            "em": lambda: (self.email(), "EMAIL_ADDRESS"),
            "addr": lambda: (self.zh_address() if zh else self.en_address(), "ADDRESS"),
            "id": lambda: (self.resident_id(), "CN_ID_CARD"),
            "idx": lambda: (self.resident_id("X").lower(), "CN_ID_CARD"),
            "idsep": lambda: (self.separated_id(), "CN_ID_CARD"),
            "idfw": lambda: (self.resident_id().translate(FULL_WIDTH), "CN_ID_CARD"),
            "idold": lambda: (self.old_id(), "CN_ID_CARD"),
            "idbad": lambda: (self.wrong_id(), "CN_ID_CARD?"),
            "card": lambda: (self.zh_card() if zh else self.en_card(), "CREDIT_CARD"),
            "cardsep": lambda: (self.grouped(self.zh_card()), "CREDIT_CARD"),
            "uscc": lambda: (self.credit_code(), "CN_USCC"),
            "pass": lambda: (self.zh_passport() if zh else self.en_passport(), "PASSPORT"),
            "hk": lambda: (self.rng.choice("CHMW") + self.number(8), "PASSPORT"),
            "plate": lambda: (self.plate(), "LICENSE_PLATE"),
            "ip": lambda: (self.address_v4(), "IP_ADDRESS"),
            "ipv6": lambda: (self.address_v6(), "IP_ADDRESS"),
            "pw": lambda: (self.password(), "PASSWORD"),
            "key": lambda: (self.api_key(), "API_KEY"),
            "hex": lambda: (self.letters(HEX, 32), "API_KEY"),
            "jwt": lambda: (self.web_token(), "JWT"),
            "pem": lambda: (self.pem_block(), "PRIVATE_KEY"),
            "iban": lambda: (self.iban(), "IBAN_CODE"),
            "ssn": lambda: (self.social_number(), "US_SSN"),
            "ssnbad": lambda: (self.wrong_social_number(), "US_SSN?"),
            "date": lambda: (self.day_text(), ""),
            "order": lambda: (self.order(), ""),
            "track": lambda: (self.rng.choice(("SF", "YT", "ZTO", "JD", "STO")) + self.number(13), ""),
            "part": lambda: (self.part(), ""),
            "ver": lambda: (self.version(), ""),
            "fw": lambda: (".".join(str(self.rng.randint(0, top)) for top in (12, 20, 40, 250)), ""),
            "amt": lambda: (f"{self.rng.randint(1_000_000, 99_999_999_999) / 100:,.2f}", ""),
            "pct": lambda: (f"{self.rng.uniform(12, 99):.2f}", ""),
            "n": lambda: (str(self.rng.randint(2, 999)), ""),
            "q": lambda: (str(self.rng.randint(1, 4)), ""),
            "digits": lambda: (self.plain_digits(), ""),
            "fake": lambda: (self.card_like(), ""),
            "ean": lambda: (self.bar_code(), ""),
            "hash": lambda: (self.letters(HEX, self.rng.choice((40, 40, 64))), ""),
            "sha": lambda: (self.letters(HEX, 64), ""),
            "uuid": lambda: (str(uuid.UUID(int=self.rng.getrandbits(128), version=4)), ""),
            "policy": lambda: (self.policy(), ""),
        }

    def number(self, length: int) -> str:
        """Return random digits."""
        return "".join(self.rng.choice(string.digits) for _ in range(length))

    def letters(self, alphabet: str, length: int) -> str:
        """Return random characters of an alphabet."""
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def day(self, first: int, last: int) -> date:
        """Return a random day between two years."""
        start = date(first, 1, 1)
        return start + timedelta(days=self.rng.randrange((date(last, 12, 31) - start).days + 1))

    def day_text(self) -> str:
        """Return a date in one of the usual forms of the language."""
        day = self.day(2018, 2027)
        if self.lang == "zh":
            shapes = (day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日")
        else:
            month = EN_MONTHS[day.month - 1]
            quarter = f"Q{self.rng.randint(1, 4)} {day.year}"
            shapes = (day.isoformat(), f"{day:%m/%d/%Y}", f"{day.day} {month} {day.year}", quarter)
        return self.rng.choice(shapes)

    def zh_name(self) -> str:
        """Return a Chinese name, mostly of three characters."""
        bags = (self.three, self.two, self.double, self.dotted)
        return self.rng.choices(bags, weights=(62, 20, 9, 9))[0].draw()

    def mobile(self) -> str:
        """Return a mobile number of mainland China."""
        return self.rng.choice(MOBILE_HEADS) + self.number(8)

    def mobile_variant(self) -> str:
        """Return a mobile number with separators or a country prefix."""
        m = self.mobile()
        a, b, c = m[:3], m[3:7], m[7:]
        shapes = (f"{a} {b} {c}", f"{a}-{b}-{c}", f"+86 {m}", f"+86-{a}-{b}-{c}", f"+86 {a} {b} {c}", f"0086{m}")
        return self.rng.choice((*shapes, f"(+86){m}"))

    def landline(self) -> str:
        """Return a fixed line of mainland China."""
        area = self.rng.choice(LAND_EIGHT)
        line = self.rng.choice("2345678") + self.number(7)
        short = self.rng.choice(LAND_SEVEN)
        shapes = (
            f"{area}-{line}",
            f"{area} {line}",
            f"+86-{area[1:]}-{line}",
            f"（{area}）{line}",
            f"（{short}）{line[:7]}",
            f"{area}-{line}转{self.rng.randint(1000, 8999)}",
        )
        return self.rng.choice(shapes)

    def western_phone(self) -> str:
        """Return a number of the United States, the United Kingdom or Germany."""
        area = self.rng.choice(("312", "718", "404", "503", "602", "801"))
        line = f"01{self.rng.randint(0, 99):02d}"
        shapes = (
            f"({area}) 555-{line}",
            f"{area}.555.{line}",
            f"{area}-555-{line}",
            f"+1 {area}-555-{line}",
            f"+1-{area}-555-{line} ext. {self.rng.randint(100, 999)}",
            f"+44 {self.rng.choice(('20 7946', '161 496'))} 0{self.number(3)}",
            f"+49 {self.rng.choice(('30', '40', '89'))} {self.rng.randint(2, 9)}{self.number(7)}",
        )
        return self.rng.choice(shapes)

    def email(self) -> str:
        """Return an address in a documentation domain."""
        first, last = self.rng.choice(MAIL_FIRST), self.rng.choice(MAIL_LAST)
        local = (f"{first}.{last}", f"{first}_{last}", f"{last}{self.number(2)}", f"{first[0]}{last}+work")
        return f"{self.rng.choice(local)}@{self.rng.choice(MAIL_DOMAINS)}"

    def zh_address(self) -> str:
        """Return a Chinese street address."""
        rand = self.rng.randint
        street = f"{self.rng.choice(ZH_PLACES)}{self.rng.choice(ZH_ROADS)}{rand(1, 1999)}号"
        room = f"{rand(1, 32)}{rand(1, 8):02d}"
        tails = (
            "",
            f"{rand(1, 30)}幢{room}室",
            f"{rand(1, 30)}号楼{room}室",
            f"{self.rng.choice(ZH_ESTATES)}{rand(1, 40)}栋{rand(1, 4)}单元{room}",
        )
        return street + self.rng.choice(tails)

    def en_address(self) -> str:
        """Return a street address of the United States or the United Kingdom."""
        rand = self.rng.randint
        street = f"{rand(2, 9899)} {self.rng.choice(EN_STREETS)} {self.rng.choice(EN_STREET_KINDS)}"
        unit = self.rng.choice(("", "", f", Apt {rand(1, 90)}", f", Suite {rand(100, 899)}"))
        return f"{street}{unit}, {self.rng.choice(EN_CITIES)}"

    def id_body(self) -> str:
        """Return the first 17 digits of a resident identity number."""
        return self.rng.choice(ID_AREAS) + f"{self.day(1950, 2005):%Y%m%d}" + f"{self.rng.randint(1, 999):03d}"

    def resident_id(self, last: str = "") -> str:
        """Return a valid identity number, ending in a given check character where one is asked for."""
        while True:
            number = id_complete(self.id_body())
            if not last or number.endswith(last):
                return number

    def separated_id(self) -> str:
        """Return a valid identity number in three parts."""
        number = self.resident_id()
        return self.rng.choice((" ", "-")).join((number[:6], number[6:14], number[14:]))

    def old_id(self) -> str:
        """Return an identity number of the first generation, 15 digits."""
        return self.rng.choice(ID_AREAS) + f"{self.day(1950, 1984):%y%m%d}" + f"{self.rng.randint(1, 999):03d}"

    def wrong_id(self) -> str:
        """Return an identity number whose check character is wrong."""
        number = self.resident_id()
        return number[:-1] + self.rng.choice([c for c in ID_CHECKS if c != number[-1]])

    def zh_card(self) -> str:
        """Return a card number of a Chinese bank."""
        kind = self.rng.choices(("union16", "union19", "foreign"), weights=(45, 35, 20))[0]
        if kind == "union19":
            return luhn_complete(self.rng.choice(UNION_NINETEEN) + self.number(12))
        heads = UNION_SIXTEEN if kind == "union16" else ["518710", "438088", "524070"]
        return luhn_complete(self.rng.choice(heads) + self.number(9))

    def grouped(self, digits: str) -> str:
        """Return a card number in groups of four."""
        return self.rng.choice((" ", "-")).join(digits[i : i + 4] for i in range(0, len(digits), 4))

    def en_card(self) -> str:
        """Return a Visa, Mastercard, Discover or American Express number, at times in groups."""
        kind = self.rng.choices(("visa", "master", "discover", "amex"), weights=(38, 34, 14, 14))[0]
        if kind == "amex":
            return luhn_complete(self.rng.choice(("34", "37")) + self.number(12))
        head = {"visa": "4", "master": f"5{self.rng.randint(1, 5)}", "discover": "6011"}[kind]
        digits = luhn_complete(head + self.number(15 - len(head)))
        return self.grouped(digits) if self.rng.random() < 0.4 else digits

    def credit_code(self) -> str:
        """Return a unified social credit code with both of its check characters."""
        body = self.number(8) if self.rng.random() < 0.7 else "MA" + self.letters(USCC_ALPHABET, 6)
        weighed = sum(int(c, 36) * w for c, w in zip(body, ORG_WEIGHTS, strict=True))
        organisation = body + "0123456789X0"[(11 - weighed % 11) % 11]
        code = self.rng.choice(("91", "91", "92", "93", "12", "52")) + self.rng.choice(ID_AREAS) + organisation
        total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(code, USCC_WEIGHTS, strict=True))
        return code + USCC_ALPHABET[(31 - total % 31) % 31]

    def zh_passport(self) -> str:
        """Return the number of a Chinese passport."""
        kind = self.rng.choice(("E", "G", "EL"))
        return kind + self.number(8) if kind != "EL" else "E" + self.rng.choice("ABCDFGHL") + self.number(7)

    def en_passport(self) -> str:
        """Return the number of an American passport, old or new."""
        return self.number(9) if self.rng.random() < 0.5 else self.rng.choice("ABCKXZ") + self.number(8)

    def plate(self) -> str:
        """Return a number plate, of a petrol or an electric car."""
        dot = self.rng.choice(("", "·"))
        head = self.rng.choice(PLATE_PROVINCES) + self.rng.choice("ABCDEFGHJ") + dot
        if self.rng.random() < 0.4:
            return head + self.rng.choice("DF") + self.number(5)
        tail = list(self.number(5))
        for place in self.rng.sample(range(5), self.rng.choice((0, 1, 2))):
            tail[place] = self.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ")
        return head + "".join(tail)

    def address_v4(self) -> str:
        """Return an address of a private or documentation range."""
        rand = self.rng.randint
        head = self.rng.choice(
            (
                f"10.{rand(0, 255)}.{rand(0, 255)}",
                f"192.168.{rand(0, 255)}",
                f"172.{rand(16, 31)}.{rand(0, 255)}",
                "203.0.113",
                "192.0.2",
            )
        )
        return f"{head}.{rand(1, 254)}"

    def address_v6(self) -> str:
        """Return an address of the documentation range of IPv6."""
        a, b, c = (f"{self.rng.randint(1, 0xFFFF):x}" for _ in range(3))
        return f"2001:db8:{a}:{b}::{c}"

    def password(self) -> str:
        """Return a password with lower case, upper case and a digit, at times with signs."""
        alphabet = ALNUM + ("#%!_" * 2 if self.rng.random() < 0.5 else "")
        while True:
            word = self.letters(alphabet, self.rng.randint(9, 15)) + self.rng.choice(ALNUM)
            kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
            if all(any(c in kind for c in word) for kind in kinds):
                return word

    def api_key(self) -> str:
        """Return a key in the format of a common provider."""
        url_safe = ALNUM + "-_"
        shapes = (
            "sk-" + self.letters(ALNUM, 48),
            "ghp_" + self.letters(ALNUM, 36),
            "glpat-" + self.letters(ALNUM, 20),
            "LTAI5t" + self.letters(ALNUM, 18),
            "AIza" + self.letters(url_safe, 34) + self.rng.choice(ALNUM),
            "AKIA" + self.letters(string.ascii_uppercase + "234567", 16),
            f"xoxb-{self.number(11)}-{self.number(12)}-{self.letters(ALNUM, 24)}",
        )
        return self.rng.choice(shapes)

    def web_token(self) -> str:
        """Return a JSON web token."""
        payload = {"sub": self.number(6), "exp": self.rng.randint(1_790_000_000, 1_830_000_000)}
        if self.rng.random() < 0.4:
            payload = {"uid": self.number(5), "role": self.rng.choice(("user", "editor")), "iat": payload["exp"]}
        parts = [json.dumps(part, separators=(",", ":")) for part in ({"alg": "HS256", "typ": "JWT"}, payload)]
        coded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
        return ".".join((*coded, self.letters(ALNUM + "-_", 42) + self.rng.choice(ALNUM)))

    def pem_block(self) -> str:
        """Return a private key in a PEM block."""
        kind = self.rng.choice(("RSA ", "EC ", "OPENSSH ", ""))
        lines = [self.letters(ALNUM + "+/", 64) for _ in range(self.rng.randint(3, 5))]
        return "\n".join((f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"))

    def iban(self) -> str:
        """Return a valid international account number, at times in groups of four."""
        country = self.rng.choice(("GB", "NL", "DE", "FR", "DE", "ES", "AT"))
        bank = self.letters(string.ascii_uppercase, 4)
        body = {
            "GB": lambda: bank + self.number(14),
            "NL": lambda: bank + self.number(10),
            "DE": lambda: self.number(18),
            "FR": lambda: self.number(23),
            "ES": lambda: self.number(20),
            "AT": lambda: self.number(16),
        }[country]()
        rest = int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
        number = f"{country}{98 - rest:02d}{body}"
        return " ".join(number[i : i + 4] for i in range(0, len(number), 4)) if self.rng.random() < 0.3 else number

    def social_number(self) -> str:
        """Return a possible American social security number."""
        area = self.rng.choice([n for n in range(1, 900) if n != 666])
        return f"{area:03d}-{self.rng.randint(1, 99):02d}-{self.rng.randint(1, 9999):04d}"

    def wrong_social_number(self) -> str:
        """Return an impossible American social security number."""
        group, serial = self.rng.randint(1, 99), self.rng.randint(1, 9999)
        area = self.rng.choice(("000", "666", str(self.rng.randint(900, 999)), "00"))
        if area == "00":
            return f"{self.rng.randint(100, 665)}-00-{serial:04d}"
        return f"{area}-{group:02d}-{serial:04d}"

    def order(self) -> str:
        """Return an order, contract or invoice number."""
        day = self.day(2023, 2027)
        shapes = (
            f"HT-{self.number(4)}-{self.number(3)}",
            f"PO-{day:%Y%m}-{self.number(5)}",
            f"DD{day:%Y%m%d}{self.number(6)}",
            f"INV{self.number(8)}",
            f"SO{self.number(12)}",
            f"WO-{self.number(6)}",
        )
        return self.rng.choice(shapes)

    def part(self) -> str:
        """Return a part number, a thread or a standard."""
        rand = self.rng.randint
        shapes = (
            f"6GK7 {self.number(3)}-{rand(0, 9)}AB{self.number(2)}-0XE0",
            f"GD32F{self.number(3)}RCT6",
            f"{self.letters('ABCDEFGHKLMNPQRSTVX', 2)}-{self.number(4)}-{self.letters('ABCDEFG', 2)}",
            f"M{rand(3, 30)}×{rand(10, 120)}",
            f"JB/T {rand(1000, 14999)}-{rand(2006, 2024)}",
        )
        return self.rng.choice(shapes)

    def version(self) -> str:
        """Return a version."""
        a, b, c = (self.rng.randint(0, top) for top in (9, 29, 39))
        shapes = (
            f"v{a}.{b}.{c}",
            f"{a}.{b}.{c}-rc{self.rng.randint(1, 4)}",
            f"V{a}.{b % 10}R{c % 9 + 1}B{self.number(3)}",
        )
        return self.rng.choice(shapes)

    def plain_digits(self) -> str:
        """Return a long number that is no card and no identity number."""
        while True:
            digits = self.rng.choice("123456789") + self.number(self.rng.choice((12, 13, 15, 16, 19, 20)))
            if luhn_sum(digits) and not digits.startswith("62"):
                return digits

    def card_like(self) -> str:
        """Return a number that starts like a card but fails the Luhn check."""
        while True:
            union = self.rng.choice(UNION_NINETEEN) + self.number(13)
            digits = self.rng.choice((union, self.rng.choice(UNION_SIXTEEN) + self.number(10)))
            if luhn_sum(digits):
                return digits

    def bar_code(self) -> str:
        """Return a bar code of 13 digits with its check digit."""
        body = f"69{self.rng.randint(0, 9)}{self.number(9)}"
        return body + str(-sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body)) % 10)

    def policy(self) -> str:
        """Return an insurance policy number."""
        return self.rng.choice(("PDAA", "PZFD", "AGUZ", "QBXC")) + str(self.rng.randint(2019, 2026)) + self.number(15)

    def fill(self, template: str) -> Row:
        """Return a row made of a template."""
        text = ""
        spans: list[Span] = []
        for piece in re.split(r"(\{[a-z0-9]+\})", template):
            make = self.makers.get(piece[1:-1]) if piece.startswith("{") else None
            if make is None:
                text += piece
                continue
            value, kind = make()
            if kind:
                span: Span = {"start": len(text), "end": len(text) + len(value), "type": kind.rstrip("?")}
                if kind.endswith("?"):
                    span["optional"] = True
                spans.append(span)
            text += value
        return {"id": "", "text": text, "spans": spans, "lang": self.lang}


def page(rows: list[Row], lang: str) -> Row:
    """Return one page made of several rows."""
    text = ""
    spans: list[Span] = []
    for row in rows:
        for span in row["spans"]:
            moved = span.copy()
            moved["start"] += len(text)
            moved["end"] += len(text)
            spans.append(moved)
        text += f"{row['text']}\n"
    return {"id": "", "text": text, "spans": spans, "lang": lang}


def build(lang: str) -> list[Row]:
    """Return all rows of one language in random order."""
    maker = Maker(lang)
    kinds, clean, free = (ZH_KINDS, ZH_CLEAN, 131) if lang == "zh" else (EN_KINDS, EN_CLEAN, 115)
    rows: list[Row] = []
    for place, kind in enumerate(kinds):
        count = 8 if lang == "en" and place % 2 else 7
        rows += [maker.fill(kind[turn % len(kind)]) for turn in range(count)]
    templates = list(clean)
    templates += [template for template in clean if "{" in template][: free - len(clean)]
    rows += [maker.fill(template) for template in templates]
    pages = [page(maker.rng.sample(rows, maker.rng.randint(4, 9)), lang) for _ in range(PAGES)]
    for place, row in enumerate(rows + pages):
        row["id"] = f"kin-{lang}-{'page-' if place >= len(rows) else ''}{place:04d}"
    result = rows + pages
    maker.rng.shuffle(result)
    return result


def main() -> int:
    """Print the rows of the language named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1] not in ("zh", "en"):
        sys.stderr.write("usage: python bench/pii_unseen_third.py zh|en\n")
        return 2
    for row in build(sys.argv[1]):
        sys.stdout.buffer.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
