"""The words of a text that carry its content, in Chinese and English, for comparing pieces of text with one another."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[A-Za-z]+(?:[-_][A-Za-z0-9]+)*|[A-Za-z]*\d+(?:[.,:\-]\d+)*[A-Za-z]*|[㐀-䶿一-鿿]+")
_STOP_EN = frozenset(
    (
        "a an and are as at be been but by can could did do does for from had has have how i if in into is "
        "it its many me may might much must my no not of on or our per shall should so than that the their "
        "them then there these they this those to us was we were what when where which who whom whose why "
        "will with would you your about any please tell need get"
    ).split()
)
_STOP_ZH = frozenset(
    (
        "的 了 和 与 及 或 是 在 有 为 对 由 从 到 被 把 将 并 等 其 该 此 这 那 这个 那个 "
        "哪 哪个 哪些 哪里 什么 怎么 怎样 如何 多少 几 谁 吗 呢 吧 啊 我 我们 你 你们 他 她 它 他们 "
        "公司 请问 请 一下 可以 能 能否 需要 要 应 应该 会 不 没有 都 也 就 还 多久 多长 时候 时间 如果 以 之 于"
    ).split()
)
_SHORT = 3
_SUFFIX = re.compile(r"(?:'s|ies|es|s|ing|ed)$")


def is_stop_word(word: str) -> bool:
    """Whether a word carries no content of its own."""
    return word.lower() in _STOP_EN or word in _STOP_ZH


def stem(word: str) -> str:
    """A rough English stem: 'approves', 'approved' and 'approving' become alike; other words come back unchanged."""
    if len(word) <= _SHORT or not word.isascii() or not word.isalpha():
        return word
    root = _SUFFIX.sub("", word)
    return root.rstrip("e") if len(root) >= _SHORT else word


def content_words(text: str) -> list[str]:
    """Lower-cased content words in order, with repeats; numbers without thousands separators."""
    import rjieba

    words: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] >= "㐀":
            words += [word for word in rjieba.cut(token) if word not in _STOP_ZH]
        elif token[0].isdigit():
            words.append(re.sub(r"(?<=\d),(?=\d{3}\b)", "", token).lower())
        elif (word := token.lower()) not in _STOP_EN:
            words.append(stem(word))
    return words
