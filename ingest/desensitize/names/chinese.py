"""Names of persons in Chinese text: every surname followed by one to three characters is a candidate, and a small
log-linear model decides by the characters, by where words begin and end, and by what stands around.

The model's weights are fitted on sentences of our own (`scripts/person_weights.py`), on nobody else's corpora.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from ingest.desensitize.names.lexicon import chinese_names

_HAN = "\u4e00-\u9fff"
_NEVER = frozenset(
    "的了在是和与及将被把对从到由各该此不无或但并且每其所以者也都又很更最再就还只已未没个们这那哪吗呢吧啊呀么您你我他她它"
    "年日分秒号楼层室座区县省市乡村路街道巷弄表图章节条款项目录页版本级类型种批次台套件根张份"
    "于第部总请向给让叫找跟经按照除因做使用须要会想去来过着得做说问答写读看听打签字审批核报销付收发送退换买卖装拆"
)
"""Characters that no given name holds, or so seldom that they tell more of a word's end."""
_TITLES = (
    "先生 女士 小姐 同志 老师 教授 博士 医生 律师 经理 主任 总监 总裁 董事长 主管 组长 班长 队长 工程师 会计 出纳 "
    "司机 护士 "
    "医师 局长 处长 科长 部长 院长 校长 站长 厂长 店长 行长 法官 警官 师傅 秘书 助理 专员 顾问 代表 同学 阿姨 叔叔 总"
).split()
_ROLES = (
    "经理 主任 总监 总裁 董事长 主管 组长 班长 队长 工程师 会计 出纳 司机 护士 医生 医师 局长 处长 科长 部长 院长 "
    "校长 站长 "
    "厂长 店长 行长 法官 警官 师傅 秘书 助理 专员 顾问 代表 同学 同事 老师 教授 导师 讲师 律师 客户 用户 员工 职工 "
    "患者 病人 "
    "家属 原告 被告 证人 申请人 被申请人 联系人 负责人 经办人 收件人 收货人 寄件人 发件人 委托人 代理人 受托人 "
    "借款人 出借人 "
    "担保人 投保人 被保险人 受益人 持有人 持卡人 持证人 承租人 出租人 房东 租客 主持人 记录人 审批人 复核人 审核人 "
    "处理人 登记人 "
    "报修人 操作者 操作员 责任人 监督人 监护人 推荐人 候选人 面试官 讲师 作者 译者 编辑 记者 主编 校对 制表 制单 "
    "签发 审核 复核 "
    "批准 编制 编写 主持 记录 抄送 参会 列席 出席 缺席 股东 法人 监事 董事 法定代表人 户主 配偶 子女 父亲 母亲 "
    "丈夫 妻子 儿子 女儿 "
    "室友 邻居 乘客 旅客 学员 学生 教练 队员 成员 组员 保安 保洁 物业 采购员 质检员 安全员 快递员 销售 财务 采购 "
    "客服 技术员 "
    "技术支持 业务员 值班 值班人员 出差人员 人员 住户 业主 来访者 访客 收款人 汇款人 开户人 借用人 领用人 保管人 "
    "交接人 姓名 名字 "
    "本人 兹证明 证明 感谢 联系 通知 转告 任命 免去 聘任 委托 指派 欢迎 恭喜 祝贺 悼念 致 自 附 问 祝 汇入 汇给 "
    "交给 交由 寄给 发给"
).split()
_PREPOSITIONS = frozenset(
    "由 请 向 给 让 叫 找 跟 和 与 及 被 据 经 受 应 对 以 除 在 问 从 把 将 是 即 随 同 为 或 等".split()
)
_ACTS = (
    "负责 担任 主持 参加 提交 提出 签收 签字 签署 表示 认为 指出 强调 反映 反馈 投诉 要求 申请 登记 审核 审批 批准 "
    "复核 处理 "
    "跟进 对接 确认 完成 发现 拜访 陪同 邀请 致电 借款 出席 缺席 辞职 离职 入职 到岗 请假 出差 加入 毕业 现任 曾任 "
    "接任 出任 兼任 "
    "同意 不同意 没有 已经 已于 将于 正在 今天 昨天 明天 昨日 今日 于 把 收到 登录 拨打 重新 现场 最终 进入 主诉 "
    "承诺 入住 代 "
    "提供 领取 归还 补考 带队 住院 出生 编写 起草 撰写 主讲 作 称 说 等 的 之 和 与 及 诉 转"
).split()
_MEASURES = frozenset("周张")
_NUMERALS = frozenset("0123456789一二两三四五六七八九十几每这那")
_AFTER_TITLE = "的和与及也已说在把对要请让将于今昨明发来去负审批确认同建"
"""What goes on after a title of one character."""
_LONGEST_CUE = 5
_LONGEST_GIVEN = 3
_LONGEST_NAME = 4
_ACCEPTED = -1.2
_SURE = 2.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of text that could be a name, with what speaks for and against it."""

    start: int
    end: int
    features: tuple[str, ...]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = chinese_names().surnames
    single = "".join(name for name in names if len(name) == 1)
    double = "|".join(sorted((name for name in names if len(name) > 1), key=len, reverse=True))
    return re.compile(rf"[{single}](?=[{_HAN}])"), re.compile(rf"(?=({double})[{_HAN}])")


class Words:
    """A text cut into words: where each begins, and its word class."""

    def __init__(self, text: str) -> None:
        import rjieba

        self.starts: list[int] = []
        self.ends: list[int] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        place = 0
        for word, tag in rjieba.tag(text):
            self.starts.append(place)
            place += len(word)
            self.ends.append(place)
            self.tags.append(tag)
            self.words.append(word)

    def at(self, place: int) -> int:
        """The number of the word that holds a place."""
        return bisect_right(self.starts, place) - 1


@cache
def _known_word(word: str) -> bool:
    """Whether the dictionary holds the word, and not as a name of a person."""
    import rjieba

    return bool(rjieba.has_word(word)) and not rjieba.tag(word)[0][1].startswith("nr")


def candidates(text: str, heads: frozenset[int] | None = None) -> list[Candidate]:
    """All candidates of a text, in order of their places; they overlap. `heads` are the cells of columns of names."""
    single, double = _patterns()
    places: list[tuple[int, str]] = [(match.start(), match.group()) for match in single.finditer(text)]
    places += [(match.start(), match.group(1)) for match in double.finditer(text)]
    surroundings = _Surroundings(text, heads or frozenset())
    found: list[Candidate] = []
    for start, surname in sorted(places):
        first = start + len(surname)
        if text[start - 1 : start] == surname:
            continue  # a row of equal characters
        if surname in _MEASURES and text[max(0, start - 2) : start].rstrip(" ")[-1:] in _NUMERALS:
            continue  # a number of weeks, of sheets
        for length in range(1, _LONGEST_GIVEN + (len(surname) > 1)):
            given = text[first : first + length]
            if len(given) < length or not _is_given(given):
                break
            found.append(Candidate(start, first + length, tuple(surroundings.features(start, surname, given))))
    return found


def _is_given(given: str) -> bool:
    return given not in _TITLE_SET and all(_is_han(character) and character not in _NEVER for character in given)


class _Surroundings:
    """A text with its words, which are cut when the first candidate asks for them."""

    def __init__(self, text: str, heads: frozenset[int]) -> None:
        self._text = text
        self._heads = heads

    @cached_property
    def _words(self) -> Words:
        return Words(self._text)

    def features(self, start: int, surname: str, given: str) -> Iterator[str]:
        """What there is to say of a candidate: its characters, the words' ends, and what stands on both sides."""
        names, text = chinese_names(), self._text
        group, end = names.surnames[surname], start + len(surname) + len(given)
        size = f"{min(len(surname), 2)}{len(given)}"
        kinds = "".join("t" if c in names.typical else "p" if c in names.possible else "o" for c in given)
        yield from (f"size={size}", f"surname={group}", f"given={size}:{kinds}")
        if given[1:] == given[:1]:
            yield "doubled"
        cut = _cut(self._words, start, len(surname), end)
        yield from (f"cut={cut}", f"cut={cut}:{group}", f"cut={cut}:{kinds}")
        if len(given) > 1 and _known_word(given):
            yield from ("given-is-word", f"given-is-word:{group}", f"given-is-word:{cut}")
        if _known_word(text[start:end]):
            yield f"is-word:{size}"
        if _known_word(text[end - 1 : end + 1]) or _known_word(text[end - 1 : end + 2]):
            yield f"tail-word:{size}"
        if start and _known_word(text[start - 1 : start + 1]):
            yield "head-word"
        left, right = _left(text, self._words, start), _right(text, self._words, end)
        yield from (f"left={left}", f"right={right}", f"left-size={left}:{size}", f"right-size={right}:{size}")
        yield f"both={_KIND.get(left, left[:3])}|{_KIND.get(right, right[:3])}"
        place = cut.partition("-")[2] if cut.startswith("across") else cut[:1]
        if left in _FIRM:
            yield f"firm-left:{place}"
        if right in _FIRM:
            yield f"firm-right:{place}"
        if start in self._heads:
            yield "column"


_FIRM = frozenset({"begin", "label", "role", "list", "title", "act", "end", "bar", "quote", "prep", "comma", "open"})
_KIND = {"role": "cue", "prep": "cue", "label": "cue", "title": "cue", "act": "cue", "id": "cue", "email": "cue"}


def _cut(words: Words, start: int, surname: int, end: int) -> str:
    """How the words of the text lie to the candidate."""
    first, last = words.at(start), words.at(end - 1)
    left_open = words.starts[first] < start
    right_open = words.ends[last] > end
    if left_open or right_open:
        sides = ""
        if left_open:
            sides += "L" if _known_word(words.words[first]) else "l"
        if right_open:
            sides += "R" if _known_word(words.words[last]) else "r"
        return f"across-{sides}"
    if first == last:
        return (
            "one-name"
            if words.tags[first].startswith("nr")
            else "one-word"
            if _known_word(words.words[first])
            else "one-unknown"
        )
    tags = words.tags[first : last + 1]
    named = any(tag.startswith("nr") for tag in tags)
    splits_after_surname = words.ends[first] == start + surname
    shape = "s" if splits_after_surname else "m"
    return f"{shape}{last - first + 1}{'n' if named else ''}"


_BEFORE = {":": "label", "、": "list", "|": "bar"} | dict.fromkeys("\"'", "quote") | dict.fromkeys(",;", "comma")
_BEFORE |= dict.fromkeys("(<[《“", "open")
_AFTER = {"、": "list", "|": "bar"} | dict.fromkeys(" \u3000\t", "space") | dict.fromkeys(",;。!?", "comma")
_AFTER |= dict.fromkeys("<(", "open") | dict.fromkeys("\"'", "quote")


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _left(text: str, words: Words, start: int) -> str:
    """What stands before a candidate: a mark, a role, a preposition, or a word of some class."""
    before = text[start - 1 : start]
    if before in {"", "\n"}:
        return "begin"
    if not _is_han(before):
        return _left_mark(text, start)
    if any(text[start - length : start] in _ROLE_SET for length in range(2, min(_LONGEST_CUE, start) + 1)):
        return "role"
    word = words.at(start - 1)
    if before in _PREPOSITIONS and words.starts[word] == start - 1:
        return "prep" if words.ends[word] == start else "prep-split"
    return f"tag-{words.tags[word][:2]}"


def _left_mark(text: str, start: int) -> str:
    before = text[start - 1]
    if before in " \u3000\t":
        stripped = text[max(0, start - 12) : start].rstrip(" \u3000\t")[-1:]
        return "begin" if stripped in {"", "\n"} else "label" if stripped in {":", "|", ","} else "space"
    return _BEFORE.get(before, "digit" if before.isalnum() else "mark")


def _right(text: str, words: Words, end: int) -> str:
    """What stands behind a candidate: a mark, a title, an act, or a word of some class."""
    after = text[end : end + 1]
    if after in {"", "\n"}:
        return "end"
    if not _is_han(after):
        return _AFTER.get(after, "digit" if after.isalnum() else "mark")
    for length in range(3, 0, -1):
        piece = text[end : end + length]
        if piece in _TITLE_SET:
            return "title"
        if piece in _ACT_SET:
            return "act"
    return f"tag-{words.tags[words.at(end)][:2]}"


_ROLE_SET = frozenset(_ROLES)
_TITLE_SET = frozenset(_TITLES)
_ACT_SET = frozenset(_ACTS)


@cache
def _weights() -> dict[str, float]:
    source = resources.files("ingest.desensitize.data") / "zh_person_weights.json"
    weights: dict[str, float] = json.loads(source.read_text(encoding="utf-8"))
    return weights


def score(candidate: Candidate, weights: dict[str, float]) -> float:
    """The logarithm of the odds that a candidate is a name."""
    return weights["bias"] + sum(weights.get(feature, 0.0) for feature in candidate.features)


_SOUNDS = frozenset(
    "翰孙力烈苏冈萨逊森约拜谷则曲尕白央加羊杨帝皇鲍勃查瓜奎丁迦杰佳嘉娅妲娣玫瑰贞姗黎赖敦登滕杜敖其木巴图额布仁青其格日乐斯琴高娃呼和浩娜仁赛汗朝鲁宝音德吉央宗"
    "阿艾安奥埃巴柏班邦保贝本比彼伯博卜布查达戴丹道德登迪蒂丁杜顿多恩尔法凡范菲费芬弗福甫夫盖冈高戈格根贡古哈海汉豪赫亨侯胡华怀霍基吉加贾杰金"
    "卡凯坎康考柯科可克肯孔库夸奎昆拉莱赖兰朗劳勒雷蕾累利里丽莉列林琳留柳隆卢鲁路露吕伦罗洛马玛迈麦曼芒茅梅门蒙米密敏明莫默姆木穆拿娜纳南内尼"
    "涅努诺欧帕潘庞培佩彭皮平珀普齐奇恰乔切琼丘瑞萨赛桑瑟沙莎山珊尚绍舍申圣施什史舒斯思司丝松苏索所塔泰坦汤唐陶特滕提廷图托瓦万汪旺威韦维魏温文翁"
    "沃乌武伍西希锡夏香肖谢辛欣雄休许雪雅亚延扬耶叶伊因英尤于约泽扎詹张珍芝朱兹兹子祖佐尔茨丽娅妮薇黛贝蒂买提江热古孜木吐尔逊努阿依则再娜帕次仁卓玛"
    "措扎西多吉旦增格桑顿珠央金平措罗布索朗"
)
_TIBETAN = re.compile(
    "(?:(?:扎西|多吉|卓玛|次仁|央金|顿珠|格桑|旺堆|平措|罗布|尼玛|达瓦|拉姆|白玛|丹增|仁青|索朗|旦增|桑吉|才让|"
    "卓嘎|措姆|洛桑|强巴|普布|巴桑|边巴|德吉|央宗|"
    "旺姆|曲珍|曲扎|贡布|仁增|加措|嘉措|益西|桑珠|旺久)){2}"
)
_LABELLED = re.compile(
    rf"(?:姓名|联系人|负责人|经办人|收件人|收货人|寄件人|申请人|持卡人|法定代表人|法人代表|签字|签名|签章\)?|"
    rf"签发人|审批人|审核人|复核人|"
    rf"记录人|主持人|委托人|被保险人|投保人|紧急联系人|户主|患者|作者|客户姓名|员工姓名)\)?[ \t]*[:|=][ "
    rf"\t]*(?P<name>[{_HAN}]{{2,4}})(?![{_HAN}])"
)
_NO_NAME = re.compile(
    "必填|选填|待定|不详|保密|同上|本人|无|暂无|见附|电话|手机|部门|职务|地址|日期|公司|中心|小组|全体|部$|组$|科$|"
    "处$|室$|局$|司$|厂$|店$|院$"
)


def find_names(text: str, heads: frozenset[int] | None = None) -> list[tuple[int, int, float]]:
    """Start, end and score (log odds) of the names in a text, in order, without overlaps. `text` has plain forms."""
    weights, stays = _weights(), chinese_names().no_names
    scored = [(score(one, weights), one.start, one.end) for one in candidates(text, heads)]
    found = [
        *_dotted(text),
        *_labelled(text),
        *_beside_numbers(text),
        *((5.0, *match.span()) for match in _TIBETAN.finditer(text)),
    ]
    found += [one for one in scored if one[0] > _ACCEPTED and text[one[1] : one[2]] not in stays]
    chosen = _best(found)
    return sorted((start, end, value) for value, start, end in _best([*chosen, *_again(text, scored, chosen)]))


def could_be_name(text: str) -> bool:
    """Whether a text that stands where a name is expected has the form of one: surname and given name."""
    names = chinese_names()
    if not 2 <= len(text) <= _LONGEST_NAME or not all(map(_is_han, text)) or text in names.no_names:  # noqa: PLR2004
        return False
    return (text[0] in names.surnames or text[:2] in names.surnames) and not _NO_NAME.search(text)


def titled(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of the surnames right before a title (王总, 欧阳老师), where they are no part of another word."""
    for match in _titled_pattern().finditer(text):
        start, end = match.span()
        before = text[start - 1 : start]
        if not (before and _is_han(before) and _known_word(before + text[start:end])):
            yield start, end


@cache
def _titled_pattern() -> re.Pattern[str]:
    names = chinese_names().surnames
    single = "".join(name for name in names if len(name) == 1)
    double = "|".join(name for name in names if len(name) > 1)
    titles = "|".join(sorted(_TITLES, key=len, reverse=True))
    # 总 and 工 alone are titles only where no word goes on: 王总, but not 高总量, 王工作室
    return re.compile(
        rf"(?:{double}|[{single}])(?=(?:{titles})(?<!总)|[总工哥姐](?![{_HAN}])|[总工](?=[{_AFTER_TITLE}]))"
    )


def _best(found: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """Without overlaps, the surest first."""
    taken: dict[int, int] = {}
    chosen = []
    for value, start, end in sorted(found, key=lambda one: (-one[0], one[1] - one[2], one[1])):
        if not any(place in taken for place in range(start, end)):
            taken.update(dict.fromkeys(range(start, end), start))
            chosen.append((value, start, end))
    return chosen


def _again(
    text: str, scored: list[tuple[float, int, int]], chosen: list[tuple[float, int, int]]
) -> Iterator[tuple[float, int, int]]:
    """Other places of names that are sure somewhere; two characters need some sign there too."""
    sure = {text[start:end] for value, start, end in chosen if value > _SURE}
    likely = {(start, end) for value, start, end in scored if value > -_SURE}
    if not sure:
        return
    from ahocorasick_rs import AhoCorasick

    # All names in one pass: a list of thousands of people must not be read once for each of them
    for _, start, end in AhoCorasick(sorted(sure)).find_matches_as_indexes(text, overlapping=True):
        if end - start > 2 or (start, end) in likely:  # noqa: PLR2004 - surname and one character
            yield 1.0, start, end


def _dotted(text: str) -> Iterator[tuple[float, int, int]]:
    """Names with a dot between their parts, as foreign ones and those of minorities are written."""
    if not any(dot in text for dot in "·•・‧"):
        return
    for match in _PARTS.finditer(text):
        start, end = match.span()
        parts = re.split("[·•・‧]", match.group())
        inner = "".join(parts[1:-1])
        first = _sounding_tail(parts[0])
        last = _sounding_head(parts[-1])
        if first and last and first + last >= _FEWEST_SOUNDS and all(character in _SOUNDS for character in inner):
            yield 5.0, start + len(parts[0]) - first, end - len(parts[-1]) + last


_PARTS = re.compile(rf"[{_HAN}]{{1,16}}(?:[·•・‧][{_HAN}]{{1,16}}){{1,3}}")
_LONGEST_PART = 7
_FEWEST_SOUNDS = 4


def _sounding_tail(part: str) -> int:
    """How many last characters could be a transliterated name, without a role that stands before it."""
    length = 0
    while length < min(len(part), _LONGEST_PART) and part[-length - 1] in _SOUNDS:
        length += 1
    return length


def _sounding_head(part: str) -> int:
    """How many first characters could be one, up to a word for what the person does."""
    length = 0
    while length < min(len(part), _LONGEST_PART) and part[length] in _SOUNDS:
        length += 1
    # 和 is "and", but also the last sound of some Mongolian names
    return 2 if length == 1 and part[1:2] == "和" else length


def _beside_numbers(text: str) -> Iterator[tuple[float, int, int]]:
    """What has the form of a name and stands alone right before an identity card or a mobile number, as in lists."""
    for match in _BESIDE_NUMBER.finditer(text):
        name = match["name"]
        # Beside a telephone also a shop or a post may stand
        if could_be_name(name) and (match["card"] or not _known_word(name)):
            yield _LISTED, *match.span("name")


_BESIDE_NUMBER = re.compile(
    rf"(?<![{_HAN}\w])(?P<name>[{_HAN}]{{2,4}})[ \t]?[,;|\t ][ \t]?"
    r"(?=(?P<card>[1-9]\d{16}[\dXx](?!\d))|1[3-9]\d{9}(?!\d))"
)
_LISTED = 1.5


def _labelled(text: str) -> Iterator[tuple[float, int, int]]:
    """Whatever stands behind a label for names."""
    for match in _LABELLED.finditer(text):
        if not _NO_NAME.search(match["name"]):
            yield _SURE, *match.span("name")
