"""Who does what to whom: whether words tell a direction, and whether they tell it beyond doubt.

"A supplies B", "B is supplied by A" and "B's supplier is A" share their words and say the same; only their order and
the small words tell who is who. A direction is called wrong only where the words are the graph's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.alignment.wording import Bag, Cue, cut, is_direction, tokens

if TYPE_CHECKING:
    from knowledge.alignment.contexts import Context

PASSIVE = frozenset({"by", "由", "被"})
_IS = r"(?:is|was|are|were|[是为系]|担任)"
_DOER = re.compile(r"[a-z]{2,}(?:er|or|ee|ant|ist)s?\b")
_DEED = re.compile(r"[a-z]{3,}(?:ion|ment|ance|ence|ing|al|ure)s?\b")
_DOER_ZH = re.compile(r"(?:方|者|人|商|户|东|主|企业|单位|公司|机构|系统|对象|来源|对方)(?=[是为系]|$|的)")
_BY = {"被": "由"}
_WHEN = frozenset("in on at since until within for 于 在 以 用 按 通过".split())
"""Small words that begin when and how something is done, and so may stand between a doer and the verb."""
_PARTS = re.compile(r"[,，;；:：。]\s*")
_WHOSE = re.compile(r"的|'s\b|\s?(?:of|and|or)\b|[和与及、]")
_TAKEN_UP = re.compile(r"(?:it|which|who|they|它们?|其|(?:本|该)?公司|该[㐀-鿿]{1,4}|这[家个套][㐀-鿿]{0,3})(?![a-z])")
_ANNOUNCING = frozenset(
    (
        "will has have already also then now then announc say plan "
        "宣布 公告 表示 将 拟 计划 出资 斥资 耗资 元 万元 亿元 亿 万 美元 港元 人民币 现金 约 年 月 日 "
        "还 并 每晚 每天 每日 定期 实时 要约 全资 共计 首次 再次"
    ).split()
)
"""Words with which a clause goes on about the doer of the one before."""
_TURNING = re.compile(
    r"\b(?:receiv\w*|gets?|got|obtain\w*|accept\w*|takes?|took|lets?|ask\w*|allow\w*|help\w*"
    r"|subsidiar\w+|parent|unit|arm|rival|owner|shareholder|founder|partner|than)\b"
    r"|接受|接收|接到|收到|获(?!批)|得到|听取|遭|拒绝|同意|允许|请|让|使|帮助?|协助|股东|子公司|旗下|母公司|关联|董事长?"
    r"|总经理|创始人|对手|双方|后者|前者|一方|来自|来源|终止|取消|放弃"
)
"""Words that make somebody or something else the doer, or the doer the one that it is done to."""
_BEFORE = re.compile(
    r"(?:[对向为给被从把将跟与和就替因按及比]|关于|\b(?:of|by|from|to|for|with|against|on|about|than|and|or))$"
)
"""Small words before the first name that make it, and not the doer, the one that something is done to; not 由."""
_PLACED = re.compile(
    r"(?:了|过)?(?:的?(?:(?:中国|英国|美国|法国|德国|日本|韩国|澳大利亚|加拿大|国内|海外|境外|当地|本地|上市|民营|国有|知名|老牌|同业"
    r"|同行)+的?(?:软件|公司|企业|集团|厂商)*)?|(?:位于|设在|地处|总部[设位]?[在于])[㐀-鿿]{1,8}的|(?![方者人商企公集机单])[㐀-鿿]{2,8}(?:旗下的?|子公司))"
)
"""What may stand between a Chinese verb and whom it is done to: where that one is, and of what kind."""
_AMOUNT = re.compile(r"\d[\d.,]*\s*(?:%|per cent|percent)?\s*of\s+")
_SINCE = re.compile(r"自[^，,。]{2,12}[起来]")
_MASKED = re.compile(r"<(?:n|num|number|数字|金额)>", re.IGNORECASE)
"""A number that was masked."""
_TOGETHER = re.compile(r"、[^，。,;；]{1,40}?(?:纷纷|共同|联合|均|都)")
"""The rest of a list of doers that ends before the verb."""
_ASKING = re.compile(r"(?:申请|请求|要求|请|希望)")
_TELLS = re.compile(r"^\s*(?:[的之]|'s\b|of\b|[a-z])")


def passive(cue: Cue) -> bool:
    """Whether a wording has the doer last."""
    return not PASSIVE.isdisjoint(cue.middle)


def literally(cue: Cue, context: Context) -> bool:
    """Whether the words are the phrase, letter by letter: the whole middle, and the edges of the rest."""
    before, middle, after = cue.literal
    said = context.literal
    return (
        middle == said[1].strip(" 》《")
        and (not before or said[0].endswith(before))
        and (not after or said[2].lstrip(" 》").startswith(after))
        and bool(before or middle or after)
    )


def beyond_doubt(cue: Cue, context: Context, *, subject_first: bool) -> bool:
    """Whether the words tell the direction that a wording tells: its verb, in its form, right before what follows.

    "B's supplier is A", "A's acquisition of B" and "A receives reports from B" are no wording of who supplies, acquires
    or reports, though their words are.
    """
    if turned_round(cue, context):
        return False
    if cue.subject_first is None:
        return _named(cue, context, subject_first=subject_first)
    before, _, after = context.literal
    return (
        cue.subject_first == subject_first
        and _led_to(context.between, cue.middle, cue.literal[1])
        and _ends(tokens(before), cue.before)
        and _goes_on(after, cue)
    )


def turned_round(cue: Cue, context: Context) -> bool:
    """Whether words around a wording make it a part of something else that is said.

    A small word before the first name makes it the one that something is done to: "对 B 收购的 A". With 的 after it the
    wording may only tell what is spoken of: "B 对 A 进行培训的安排很满意".
    """
    before, _, after = context.literal
    last = cue.literal[2]
    whose = bool(last) and re.search("[㐀-鿿]$", last) is not None and after.partition(last)[2].startswith("的")
    return whose or (not cue.before and _BEFORE.search(before) is not None)


def _goes_on(after: str, cue: Cue) -> bool:
    """Whether what follows has the wording's last words; a number may stand before them: "持有 B 5% 的股份".

    So may when and for how much, "被 B 以 2 亿元收购", but no other verb: "向 B 申请授权".
    """
    said = tokens(_MASKED.sub("0", after))
    if cue.after:
        place = next((place for place, word in enumerate(said) if word == cue.after[0]), None)
        if place is not None and set(cue.after) <= set(said) and not _derived(after, cue.literal[2]):
            rest = after.partition(cue.literal[2])[2] if cue.literal[2] else ""
            return all(map(_adverbial, said[:place])) and not _ASKING.match(rest)
    held = bool(cue.middle) and not is_direction(cue.middle[-1]) and not _TELLS.search(after)
    return not cue.after or held


def _adverbial(word: str) -> bool:
    """Whether a word only says when or for how much."""
    return word in _ANNOUNCING or word in _WHEN or word in _HOW or word[0].isdigit() or word.endswith("元")


_HOW = frozenset(
    "股 股份 万股 亿股 比例 全部 部分 高价 低价 正式 共同 直接 定向 去年 今年 前年 昨天 最近 刚刚 a h".split()
)


def _led_to(between: str, wording: tuple[str, ...], literal: str) -> bool:
    """Whether a piece of text ends with the words of a wording, and nothing before them turns who does what round.

    "A last year acquired B", "A 每晚向 B"; but not "A's rival acquired B", "A was asked to buy B". A clause of its own
    must have no subject of its own: "A宣布，将收购 B", "it feeds B".
    """
    plain = _AMOUNT.sub("", _MASKED.sub("0", _TOGETHER.sub("", _SINCE.sub("", between))))
    *earlier, last = _PARTS.split(plain)
    said = _up_to_verb(last, wording, literal, alone=not earlier)
    turned = _WHOSE.match(plain) or any(map(_TURNING.search, (*earlier, said))) or _derived(said, literal)
    if not said or turned or any(mark in said and mark not in literal for mark in ("是", "为")):
        return False
    if not wording:
        return not earlier and _prepositional(said, literal)
    words, wanted = (tuple(_BY.get(word, word) for word in each) for each in (tokens(said), wording))
    others = [word for word in words[: len(words) - len(wanted)] if word not in _WHEN]
    if earlier:
        taken_up = _TAKEN_UP.match(said)
        others = [word for word in others if not _adverbial(word)]
        alone = not others or (taken_up is not None and set(others) <= set(tokens(taken_up[0])))
    else:
        alone = not any(is_direction(word) for word in others)
    return _ends(words, wanted) and alone


def _up_to_verb(said: str, wording: tuple[str, ...], literal: str, *, alone: bool) -> str:
    """A piece of text up to the verb of a wording, if only place and kind follow it; "" if more does.

    `alone`: no clause stands before it. In "收购的 B" B is whom it is done to only right after who does it; in
    "欢迎前来收购的 B" B is who does it.
    """
    verb = literal.rstrip("了过")
    if re.search(f"{re.escape(verb)}[了过]?的", said) and not (alone and _at_once(said, wording)):
        return ""
    if not re.search("[㐀-鿿]$", verb) or verb not in said:
        return re.sub(r"(?<=[㐀-鿿])[的了]+$", "", said)
    head, _, tail = said.rpartition(verb)
    return head + verb if _PLACED.fullmatch(tail) else ""


def _at_once(said: str, wording: tuple[str, ...]) -> bool:
    """Whether nothing but when and how stands beside the words of a wording."""
    return all(_adverbial(word) or _PLACED.fullmatch(word) for word in tokens(said) if word not in wording)


def _prepositional(said: str, literal: str) -> bool:
    """The same for wordings whose middle is one small word, 为 or 给; not the end of 认为 or 送给."""
    *others, last = cut(said)
    return last == literal and not any(is_direction(word) for word in others if word not in _WHEN)


def _derived(said: str, literal: str) -> bool:
    """Whether a word is made from a verb and not the wording's own: "supplier" for "supplies", 收购方 for 收购."""
    own = set(literal.split())
    made = (match[0] for pattern in (_DOER, _DEED) for match in pattern.finditer(said))
    return any(word not in own for word in made) or bool(_DOER_ZH.search(said) and not _DOER_ZH.search(literal))


def _ends(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return not wanted or words[-len(wanted) :] == wanted


def _named(cue: Cue, context: Context, *, subject_first: bool) -> bool:
    """The same for a relation's bare name: "A's manager is B", "B is the manager of A", "A收购了B", "A由B收购"."""
    before, middle, after = context.literal
    name = re.escape(cue.literal[1]) or "(?!)"
    if subject_first:
        return (
            _led_to(context.between, cue.middle, cue.literal[1])
            or re.fullmatch(rf"(?:'s |的){name}\s?(?:{_IS}|[:：])?", middle) is not None
            or (re.search(rf"\b{name} of$", before) is not None and re.fullmatch(_IS, middle) is not None)
        )
    # "B 是 A 的经理", "A 被 B 收购"; not "B 是 A 的收购方"
    # nor "B 是 A 的收购对象"
    whose = re.match(rf"(?:'s |的){name}(?![a-z]|[㐀-鿿](?<![之兼和与及]))", after) is not None
    deed = re.match(rf"{name}(?![方者人商东])", after) is not None
    return (
        (whose and re.fullmatch(_IS, middle) is not None)
        or (deed and re.fullmatch("已?经?[被由]", middle) is not None)
        or re.fullmatch(rf"{_IS} {name} (?:of|for|to)", middle) is not None
        or re.fullmatch(rf"(?:(?:is|was|are|were|been|has) )+{name} by", middle) is not None
    )


def may_name(cue: Cue, context: Context, *, subject_first: bool) -> bool:
    """Whether a bare name of a relation ("manager", "收购") can mean this direction, when both ends are of a kind.

    "A acquired B" and "A's manager is B" have the subject first; "B is the manager of A", "B是A的经理" and what is said
    in the passive have it last.
    """
    _, middle, after = context.literal
    turned = not PASSIVE.isdisjoint(context.middle.words)
    if not _told_between(cue, context, subject_first):
        return False
    genitive = re.search(r"\b(of|for|to)$", middle)
    if "of" not in cue.words:
        turned ^= bool(genitive and genitive[1] not in cue.words) and not _incomplete(cue, context.middle)
        turned ^= bool(re.match(r"(?:是|为|担任|任|作为)", middle)) and after.startswith("的")
        turned ^= bool(re.fullmatch(r"(?:is|was|are|were)", middle)) and _named_next(cue, after)
    return turned != subject_first


def _told_between(cue: Cue, context: Context, subject_first: bool) -> bool:
    """Whether the relation is named between the two, or before or after them with nothing but "is" between."""
    if not _incomplete(cue, context.middle):
        return True
    linked = re.fullmatch(r"(?:'s |的)?(?:is|was|are|were|是|为)?", context.literal[1])
    return bool(linked) and (subject_first or bool(context.after.words))


def _named_next(cue: Cue, after: str) -> bool:
    """Whether the name of the relation follows: "A is B's manager", "A are the B champions"."""
    words = tokens(" ".join(after.split()[:3]))
    return bool(words) and words[0] in cue.words


def _incomplete(cue: Cue, said: Bag) -> bool:
    """Whether a word of the cue is not said."""
    return any(word not in said.words for word in cue.words)
