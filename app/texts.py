"""The few sentences that the assistant itself says, in both languages."""

from __future__ import annotations

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
