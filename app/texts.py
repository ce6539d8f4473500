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
FACT_OF: dict[Language, str] = {"zh": "{concept}的{relation}是？", "en": "What is the {relation} of {concept}?"}
MORE_ABOUT: dict[Language, str] = {
    "zh": "《{title}》里关于“{heading}”怎么说？",
    "en": "What does “{title}” say about “{heading}”?",
}
