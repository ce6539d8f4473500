"""Pairs of everyday words that mean the opposite, so that "rose" where the source says "fell" is seen.

General language of both tongues, written as whole words; compared as `wording.tokens` makes them.
"""

from __future__ import annotations

from functools import lru_cache

from knowledge.alignment.wording import tokens

_PAIRS = (
    "increase rise rose grow grew growth higher expand climb jump | decrease fall fell decline drop lower reduce cut",
    "improve improvement strengthen | worsen deteriorate weaken",
    "most maximum highest largest best | least minimum lowest smallest worst",
    "more | fewer less",
    "high | low",
    "large big | small little",
    "strong | weak",
    "easy simple straightforward | difficult hard complex complicated",
    "new modern | old outdated obsolete",
    "always | never",
    "begin began start open | finish stop halt close",
    "accept approve agree allow permit endorse | reject refuse deny disagree forbid ban prohibit",
    "success succeed successful | fail failed failure unsuccessful",
    "positive | negative",
    "safe secure | dangerous unsafe insecure",
    "before | after",
    "remember | forget forgot",
    "like love enjoy | dislike hate detest",
    "better | worse",
    "true | false",
    "support endorse | oppose",
    "public | private",
    "internal | external",
    "include including | exclude excluding",
    "profit profitable | loss unprofitable",
    "gain win won earn | loss lose lost",
    "good well | bad badly poor poorly",
    "limited restricted | comprehensive unlimited unrestricted",
    "major | minor",
    "expensive costly | cheap affordable inexpensive",
    "fast quick quickly | slow slowly",
    "long | short",
    "wide broad | narrow",
    "hot warm | cold cool",
    "full | empty",
    "happy glad | sad unhappy",
    "help assist facilitate | hinder prevent obstruct",
    "create build construct | destroy demolish",
    "common frequent | rare uncommon infrequent",
    "light | heavy dark",
    "senior | junior",
    "partial partly | full entire total",
    "voluntary | forced",
    "buyer customer | seller vendor",
    "borrow | lend",
    "employer | employee",
    "inbound incoming | outbound outgoing",
    "upstream | downstream",
    "above | below",
    "inside | outside",
    "possible | impossible",
    "required mandatory compulsory obligatory | optional voluntary",
    "legal lawful | illegal unlawful",
    "able | unable",
    "known | unknown",
    "early earlier | late later",
    "presence | absence lack",
    "attack threaten | cooperate",
    "temporary | permanent",
    "enable activate | disable deactivate",
    "active | inactive",
    "free | paid",
    "fixed | variable",
    "import | export",
    "debit | credit",
    "majority | minority",
    "male | female",
    "urban | rural",
    "domestic | foreign overseas",
    "controlled | uncontrolled",
    "formal | informal",
    "manual manually | automatic automatically",
    "增加 增长 上升 提高 上涨 提升 扩大 | 减少 下降 降低 下跌 缩小 削减",
    "最高 最大 最多 | 最低 最小 最少",
    "高于 多于 大于 | 低于 少于 小于",
    "允许 准许 可以 批准 同意 | 禁止 严禁 拒绝 驳回 不同意",
    "必须 强制 | 自愿 可选",
    "成功 | 失败",
    "盈利 | 亏损",
    "公开 | 保密 内部",
    "国内 境内 | 国外 境外",
    "开始 启用 | 结束 停用 终止",
    "临时 | 长期 永久",
    "之前 以前 | 之后 以后",
    "自动 | 手动 人工",
    "有效 | 无效",
    "收入 | 支出",
    "包括 包含 | 不含 不包括",
)


@lru_cache(maxsize=1)
def sides() -> dict[str, frozenset[tuple[int, bool]]]:
    """The pairs of each comparable word, by number, and on which side of them it stands."""
    found: dict[str, set[tuple[int, bool]]] = {}
    for number, pair in enumerate(_PAIRS):
        for side, words in enumerate(pair.split("|")):
            for word in words.split():
                for token in tokens(word):
                    found.setdefault(token, set()).add((number, bool(side)))
    return {word: frozenset(places) for word, places in found.items()}
