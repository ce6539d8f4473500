"""Names of persons in Chinese text: every surname followed by one to three characters is a candidate, and a small
log-linear model decides by the characters, by where words begin and end, and by what stands around.

The model's weights are fitted on sentences of our own (`scripts/person_weights.py`), on nobody else's corpora.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

import numpy as np

from ingest.desensitize.names.candidates import find_candidates
from ingest.desensitize.names.cues import AFTER_TITLE, ROLES, TITLES
from ingest.desensitize.names.features import GROUPS, Model
from ingest.desensitize.names.lexicon import chinese_names
from ingest.desensitize.names.words import known_word

_HAN = "\u4e00-\u9fff"
_SHORTEST_NAME, _LONGEST_NAME = 2, 4
_ACCEPTED = -0.7
_COMPOUND, _COMPOUND_ACCEPTED = GROUPS.index("4"), -1.5
"""Surnames of two characters are seldom anything else: 慕容, 欧阳."""
_SURE = 2.0
_REPEATED = 1.0
_Scored = tuple[float, int, int]
"""Score, start and end."""


def weights() -> dict[str, float]:
    """The fitted weights of the features, by name."""
    source = resources.files("ingest.desensitize.data") / "zh_person_weights.json"
    found: dict[str, float] = json.loads(source.read_text(encoding="utf-8"))
    return found


@cache
def _model() -> Model:
    return Model(weights())


_SOUNDS = frozenset(
    "丁万不丘东丝丹丽乃义乌乐乔买于云亚亨京亭什仁仙伊伍休伦伯伽佐佩佳依侬侯保儒克兰兴其兹内冈再农冯冶凌凡凯切列则利别力加努劳勃勒匈匹华卓南博卜卡卢卫厄历古可史叶司合吉吐吕君吴吾呼和哈哲唐喜嘉因图土圣圭地坎"
    "坡坦埃培基堆堤塔塞增墨士夏多大夫央夸奇奈奎契奥奴如妥妮妲姆姗姜威娃娄娅娜娣娥嫩子孔孙孜孟季宁守安宋宗宝宾密察尔尕尚尤尧尼居屈山岱左巴布希帕帖帝席干平年库庞康廉廖延廷弗张强彭彼律得德怀思恩恰惠戈戴所才扎"
    "托扬拉拜拿捷措提摩撒敏敖敦文斯施旁日旦旺昂昆明易显晋普曲曼曾朔朗朝木本朱李杜来杨杰松林果柏查柯柳根格桑梅森楚楞次欣欧武毅比毕毛永汀汉汗江汤汪沃沙治法波泰泽洛津洪派济浩海涅温滕满潘烈热焦爱牙牛特玉玛玫珀"
    "珊珍珠班琪琳琴琼瑞瑟瑰瓜瓦甘生甫田申留登白皇皮盖真石祖福科穆章策简米素索累约纳纽绍绮维缇罕罗羊翁翰考耐耶聂肉肖肯胡腊舍舒良艳艾芒芝芬苏若英范茅茉茨茹荣莉莎莫莱莲菲萨葛蒂蒙蕾薄薇衣裘西詹让许诺谢谷豪贝贞"
    "贡费贾赖赛赫路辛达迈连迦迪逊通道那邦郎郭都采里金钦钱铁锡门闵阿陶隆雄雅雪雷霍露青韦音顺顿颜额香马高魏鲁鲍麦麻黎黑默黛齐龙"
)
"""Characters that foreign names and those of minorities are written with, by their sound."""
_TIBETAN = re.compile(
    "(?:(?:扎西|多吉|卓玛|次仁|央金|顿珠|格桑|旺堆|平措|罗布|尼玛|达瓦|拉姆|白玛|丹增|仁青|索朗|旦增|桑吉|才让|"
    "卓嘎|措姆|洛桑|强巴|普布|巴桑|边巴|德吉|央宗|"
    "旺姆|曲珍|曲扎|曲培|曲尼|曲吉|贡布|贡嘎|仁增|加措|嘉措|益西|桑珠|旺久|旺杰|旺扎|次央|次旦|次旺|旦巴|顿旦|坚参|坚赞|"
    "加央|江白|梅朵|拉巴|拉珍|米玛|尼珍|欧珠|班丹|其美|群培|土登|维色|晋美|阿旺|伦珠|龙珠|降央|格列|登巴|嘎玛|噶玛)){2}"
)
_MONGOLIAN = re.compile(
    "(?:那日苏|巴特尔|苏日娜|苏日嘎拉图|阿拉坦|额尔敦|额尔德尼|毕力格|格日勒|青格勒|其其格|其木格|乌日娜|乌兰图雅|图雅|托娅|娜仁|斯琴|"
    "高娃|萨日娜|萨仁|敖登|巴雅尔|朝鲁|朝克|孟克|孟和|宝音|布仁|吉日嘎拉|特木尔|铁木尔|哈斯|乌云|那顺|满都拉|呼格吉乐|苏和|布和|"
    "达来|德力格尔|恩和|宝力德|宝力高|巴图|照日格图|莫日根|希吉日|查干|娜日苏|萨如拉|阿茹娜|娜布其|塔娜|牧仁){1,2}"
    "(?![镇市旗县盟路街河湖山])"
)
_SHORTEST_MONGOLIAN = 3
_LABELLED = re.compile(
    rf"(?:姓名|联系人|负责人|经办人|收件人|收货人|寄件人|申请人|持卡人|法定代表人|法人代表|签字|签名|签章\)?|"
    rf"签发人|审批人|审核人|复核人|"
    rf"记录人|主持人|委托人|被保险人|投保人|紧急联系人|户主|患者|作者|客户姓名|员工姓名)\)?[ \t]*[:|=][ "
    rf"\t]*(?P<name>[{_HAN}]{{2,4}})(?![{_HAN}])"
)
_COUNTED = re.compile(
    "周[一二三四五六日](?:[前后内早晚中起至到上下]|之)|高[一二三](?![\u4e00-\u9fff])|高[一二三](?:年级|班|学生)"
)
"""周 and 高 are surnames too: 周五前 and 高二（5）班, but 周一鸣 and 高一诺."""
_NO_NAME = re.compile(
    "必填|选填|待定|不详|保密|同上|本人|无|暂无|见附|电话|手机|部门|职务|地址|日期|证件|证号|身份|号码|编号|工号|学号|性别|年龄|"
    "籍贯|民族|邮箱|账号|账户|卡号|单位|职称|岗位|备注|签名|班级|时间|金额|住址|"
    "公司|中心|小组|全体|部$|组$|科$|"
    "处$|室$|局$|司$|厂$|店$|院$|号$|卡$"
)


def find_names(text: str, heads: frozenset[int] | None = None) -> list[tuple[int, int, float]]:
    """Start, end and score (log odds) of the names in a text, in order, without overlaps. `text` has plain forms."""
    stays = chinese_names().no_names
    candidates = find_candidates(text, heads or frozenset())
    scores = _model().scores(candidates.values)
    compound = candidates.values["group"] == _COMPOUND
    accepted, likely = scores > np.where(compound, _COMPOUND_ACCEPTED, _ACCEPTED), scores > -_SURE
    columns = (scores[accepted].tolist(), candidates.start[accepted].tolist(), candidates.end[accepted].tolist())
    found = [
        *_dotted(text),
        *_labelled(text),
        *_beside_numbers(text),
        *((5.0, *match.span()) for match in _TIBETAN.finditer(text)),
        *((5.0, *one.span()) for one in _MONGOLIAN.finditer(text) if len(one.group()) >= _SHORTEST_MONGOLIAN),
    ]
    found += [
        one
        for one in zip(*columns, strict=True)
        if text[one[1] : one[2]] not in stays
        and not _COUNTED.match(text, one[1])
        and not _stretch_of_way(text, *one[1:])
    ]
    chosen = _best(found)
    pairs = likely & (candidates.end - candidates.start == _SHORTEST_NAME)
    again = _again(text, set(candidates.start[pairs].tolist()), chosen)
    # What is surer than a repeated name stays as it is; only the rest can give way to one
    firm, rest = [one for one in chosen if one[0] > _REPEATED], [one for one in chosen if one[0] <= _REPEATED]
    return sorted((start, end, value) for value, start, end in [*firm, *_best([*rest, *again], firm)])


def _stretch_of_way(text: str, start: int, end: int) -> bool:
    """Whether it is a word with 段 or 线 behind it: 至唐山段."""
    word = text[start : end - 1]
    return text[end - 1] in "段线" and (known_word(word) or word in chinese_names().no_names)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def could_be_name(text: str) -> bool:
    """Whether a text that stands where a name is expected has the form of one: surname and given name."""
    names = chinese_names()
    if not _SHORTEST_NAME <= len(text) <= _LONGEST_NAME or not all(map(_is_han, text)) or text in names.no_names:
        return False
    return (text[0] in names.surnames or text[:2] in names.surnames) and not _NO_NAME.search(text)


def titled(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of the surnames right before a title (王总, 欧阳老师), where they are no part of another word."""
    single, double = _titled_patterns()
    places = [match.span() for match in double.finditer(text)]
    within = {place for start, end in places for place in range(start, end)}
    places += [match.span() for match in single.finditer(text) if match.start() not in within]
    for start, end in sorted(places):
        before = text[start - 1 : start]
        if not (before and _is_han(before) and known_word(before + text[start:end])):
            yield start, end


@cache
def _titled_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """For surnames of one and of two characters: apart, each is searched for by its first character, much faster."""
    names = chinese_names().surnames
    single = "".join(name for name in names if len(name) == 1)
    double = "|".join(name for name in names if len(name) > 1)
    titles = "|".join(sorted(TITLES, key=len, reverse=True))
    # 总 and 工 alone are titles only where no word goes on: 王总, but not 高总量, 王工作室
    title = rf"(?=(?:{titles})(?<!总)|[总工哥姐](?![{_HAN}])|[总工](?=[{AFTER_TITLE}]))"
    return re.compile(f"[{single}]{title}"), re.compile(f"(?:{double}){title}")


def _best(found: list[_Scored], firm: list[_Scored] | None = None) -> list[_Scored]:
    """Without overlaps with one another and with `firm`, the surest first."""
    taken = bytearray(max((end for _, _, end in [*found, *(firm or [])]), default=0))
    for _, start, end in firm or []:
        taken[start:end] = b"\1" * (end - start)
    chosen = []
    for against, shorter, start in sorted([(-value, start - end, start) for value, start, end in found]):
        end = start - shorter
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * -shorter
            chosen.append((-against, start, end))
    return chosen


def _again(text: str, likely: set[int], chosen: list[_Scored]) -> Iterator[_Scored]:
    """Other places of sure names. Two characters need some sign there too: their starts are in `likely`."""
    sure_there = {(start, end) for value, start, end in chosen if value >= _REPEATED}
    sure = {text[start:end] for value, start, end in chosen if value > _SURE}
    for start, end in _places_of(sure, text):
        if (end - start > _SHORTEST_NAME or start in likely) and (start, end) not in sure_there:
            yield _REPEATED, start, end


def _places_of(names: set[str], text: str) -> Iterator[tuple[int, int]]:
    """Where names stand, also those that overlap. A list of thousands must not be read once for each of them."""
    short = {name for name in names if len(name) <= _LONGEST_NAME}
    if short:
        firsts = {name[0] for name in short}
        lengths = sorted({len(name) for name in short})
        places = (place for place, character in enumerate(text) if character in firsts)
        for place in places:
            for length in lengths:
                if text[place : place + length] in short and place + length <= len(text):
                    yield place, place + length
    if len(short) < len(names):
        from ahocorasick_rs import AhoCorasick

        for _, start, end in AhoCorasick(sorted(names - short)).find_matches_as_indexes(text, overlapping=True):
            yield start, end


def _dotted(text: str) -> Iterator[tuple[float, int, int]]:
    """Names with a dot between their parts, as foreign ones and those of minorities are written."""
    if not any(dot in text for dot in _DOTS):
        return
    for match in _PARTS.finditer(text):
        parts = list(_PART.finditer(text, *match.span()))
        first = _sounding_tail(parts[0].group())
        begin, sounds = parts[0].end() - first, first
        for part in parts[1:]:
            end_of_name, whole = _sounding_head(part.group()), all(one in _SOUNDS for one in part.group())
            between = _TWO_NAMES.fullmatch(part.group()) if whole and part is not parts[-1] else None
            if part is not parts[-1] and whole and not between:
                continue
            last = between.end(1) if between else end_of_name
            if first and last and sounds + last >= _FEWEST_SOUNDS:
                end = part.start() + last
                if not (_no_proper_noun(text[begin : begin + first]) and _no_proper_noun(part.group()[:last])):
                    yield _DOTTED, begin, end
            first = len(part.group()) - between.start(2) if between else _sounding_tail(part.group())
            begin, sounds = part.end() - first, first


_ROLES = tuple(ROLES)
_DOTS = "·•・‧"
_PART = re.compile(rf"[{_HAN}]+")
_TWO_NAMES = re.compile("(.{2,})和(.{2,})")
"""The end of one name and the begin of another: 基斯·吉芬和约翰·罗杰斯."""
_PARTS = re.compile(rf"[{_HAN}]{{1,16}}(?:[{_DOTS}][{_HAN}]{{1,16}}){{1,3}}")
_LONGEST_PART = 7
_FEWEST_SOUNDS = 3
_DOTTED = 9.0
"""Surer than what the first part alone looks like."""


def _sounding_tail(part: str) -> int:
    """How many last characters could be a transliterated name, from the end of a word that stands before it."""
    length = 0
    while length < min(len(part), _LONGEST_PART) and part[-length - 1] in _SOUNDS:
        length += 1
    return len(part) - _outside_words(part, len(part) - length, to_end=True)


def _sounding_head(part: str) -> int:
    """How many first characters could be one, up to a word for what the person does."""
    length = 0
    while (
        length < min(len(part), _LONGEST_PART) and part[length] in _SOUNDS and not part.startswith("和", max(length, 2))
    ):
        length += 1
    if length == 1 < len(part):  # 和 is "and", but also the last sound of some Mongolian names
        return 2 if part[1] == "和" else 0
    return _outside_words(part, length, to_end=False)


def _no_proper_noun(word: str) -> bool:
    import rjieba

    return known_word(word) and rjieba.tag(word)[0][1] != "nz"


def _outside_words(part: str, place: int, *, to_end: bool) -> int:
    """The place, or the end (else the start) of the word of the dictionary that it stands in: 医生卡米拉."""
    import rjieba

    if to_end and part[:place].endswith(_ROLES):
        return place
    start = 0
    for word in rjieba.cut(part):
        end = start + len(word)
        if start < place < end:
            return (end if to_end else start) if known_word(word) else place
        start = end
    return place


def _beside_numbers(text: str) -> Iterator[tuple[float, int, int]]:
    """What has the form of a name and stands alone right before an identity card or a mobile number, as in lists."""
    for match in _BESIDE_NUMBER.finditer(text):
        name = match["name"]
        # Beside a telephone also a shop or a post may stand
        if could_be_name(name) and (match["card"] or not known_word(name)):
            yield _LISTED, *match.span("name")


_BESIDE_NUMBER = re.compile(
    rf"(?<![{_HAN}\w])(?P<name>[{_HAN}]{{2,4}})[ \t]?[,;|\t ][ \t]?"
    r"(?=(?P<card>[1-9]\d{16}[\dXx](?!\d))|1[3-9]\d{9}(?!\d))"
)
_LISTED = 1.5


def _labelled(text: str) -> Iterator[tuple[float, int, int]]:
    """Whatever stands behind a label for names."""
    for match in _LABELLED.finditer(text):
        # Behind a bar there may be the next head
        in_row = "|" in text[match.start() : match.start("name")]
        if not _NO_NAME.search(match["name"]) and not (in_row and known_word(match["name"])):
            yield _SURE, *match.span("name")
