"""The few sentences that the assistant itself says, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.types import Language

NOT_FOUND: dict[Language, str] = {
    "zh": "资料中没有找到这个问题的答案。下面是最接近的内容。",
    "en": "The documents do not answer this question. The nearest passages are shown below.",
}
NOTHING_THERE: dict[Language, str] = {
    "zh": "资料中没有找到这个问题的答案。",
    "en": "The documents do not answer this question.",
}
TERM_GRAPH: dict[Language, str] = {"zh": "术语图谱", "en": "Term graph"}
FACT_OF: dict[Language, str] = {"zh": "{concept}的{relation}是？", "en": "What is the {relation} of {concept}?"}
FACT_ENDING = "What is {concept} {relation}?"
"""In English, of a relation such as 'part of' or 'hosted at'."""
FACT_DONE = "{concept} {relation} what?"
"""In English, of a relation such as 'reports to' or 'depends on'."""
MORE_ABOUT: dict[Language, str] = {
    "zh": "《{title}》里关于“{heading}”怎么说？",
    "en": "What does “{title}” say about “{heading}”?",
}
VALUE_OF: dict[Language, str] = {
    "zh": "《{title}》里的“{key}”是什么？",
    "en": "What is the {key} in “{title}”?",
}
CELL_OF: dict[Language, str] = {
    "zh": "《{title}》里，{row}的{column}是什么？",
    "en": "In “{title}”, what is the {column} of {row}?",
}
WHAT_IS: dict[Language, str] = {"zh": "什么是{concept}？", "en": "What is {concept}?"}
CALLED_NOW: dict[Language, str] = {"zh": "{old}现在叫什么？", "en": "What is {old} called now?"}
IS_CALLED: dict[Language, str] = {"zh": "现在叫{new}。", "en": "It is called {new} now."}
UNITS: dict[Language, dict[str, str]] = {
    "zh": {"mo": "个月", "week": "周", "day": "天", "d": "天", "h": "小时", "a": "年", "CNY": "元", "EUR": "欧元"},
    "en": {"mo": "months", "week": "weeks", "day": "days", "d": "days", "h": "hours", "a": "years"},
}
"""What the units of the term graph are called in a sentence; others stand as they are."""


@dataclass(frozen=True, slots=True)
class NewsTexts:
    """The sentences of a message about watched concepts."""

    subject_one: str
    subject: str
    head: str
    change: str
    gone: str
    more: str
    foot: str


NEWS: dict[Language, NewsTexts] = {
    "zh": NewsTexts(
        subject_one="您关注的术语有变化：{name}",
        subject="您关注的 {count} 个术语有变化",
        head="您关注的概念有新的修订：",
        change="修订 {number}，{author}（+{added} −{removed}）。",
        gone="（已删除）",
        more="……另有 {count} 项",
        foot="不想再收到：在术语页面取消关注，或关闭邮件通知。",
    ),
    "en": NewsTexts(
        subject_one="A term that you watch has changed: {name}",
        subject="{count} terms that you watch have changed",
        head="There are new revisions of concepts that you watch:",
        change="Revision {number} by {author} (+{added} −{removed}).",
        gone=" (deleted)",
        more="… and {count} more",
        foot="To get no more of these, stop watching on the Terms page, or turn the e-mails off there.",
    ),
}
