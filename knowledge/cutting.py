"""Cutting text into the words that the keyword index holds, the same way for chunks and questions.

English is lower-cased and stemmed; Chinese is cut into words, long words also into their parts; codes such as "LT-200"
count whole and in parts; "5,000" and "5000" are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

SCHEME = "words-1"
"""Names these rules; an index made by others is built again."""

_LONGEST_WORD = 64
_HAN = "㐀-鿿豈-﫿"
# Words, numbers and codes with their joints (LT-200, 2.3.1, a_b); runs of Han characters
_TOKEN = re.compile(rf"[^\W_{_HAN}]+(?:[-._/+'’][^\W_{_HAN}]+)*|[{_HAN}]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_JOINT = re.compile(r"[-._/+'’]")
_FILLERS = """
a an and any are as at be been but by can could did do does for from had has have he her his how i if in into is it its
many may me might much must my no not of on or our shall she should so than that the their them then there these they
this those to us was we were what when where which who whom whose why will with would you your about please tell find
give
的 了 和 与 及 或 是 在 有 为 对 由 从 到 被 把 将 并 等 其 该 此 这 那 这个 那个 哪 哪个 哪些 哪里 哪种 哪一 什么 怎么
怎样 如何 多少 几 谁 吗 呢 吧 啊 我 我们 你 你们 他 她 它 他们 请问 请 一下 可以 能 能否 需要 要 应 应该 会 不 没有 都
也 就 还 多久 多长 时候 如果 以 之 于 为什么 哪年 几个 是否 何时 当 所 而 但 很 更 最
"""


def words(text: str) -> list[str]:
    """The words of `text` in order, with repeats."""
    plain = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())
    found = [
        word for match in _TOKEN.finditer(plain) for word in _of_token(match.group()) if len(word) <= _LONGEST_WORD
    ]
    return [str(word) for word in _stemmer().analyze(" ".join(found))]


def is_filler(word: str) -> bool:
    """Whether a word (as `words` gives it) shapes a question rather than saying what it is about.

    Some of these are rare in documents and would weigh much there.
    """
    return word in _fillers()


def _of_token(token: str) -> Iterator[str]:
    if "㐀" <= token[0] <= "﫿":
        import rjieba

        yield from rjieba.cut_for_search(token)
        return
    yield token
    parts = _JOINT.split(token)
    if len(parts) > 1:
        yield from parts


@cache
def _fillers() -> frozenset[str]:
    return frozenset(_FILLERS.split()) | frozenset(words(_FILLERS))


@cache
def _stemmer() -> Any:
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return builder.filter(tantivy.Filter.stemmer("english")).build()
