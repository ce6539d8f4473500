"""Why the checker did something, in one plain sentence of the reader's language. Labels are shown as they are: data."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.types import LabelKind, Language

_TEXTS: dict[str, dict[Language, str]] = {
    "term.deprecated": {
        "en": "“{before}” is an old name; it is now called “{after}”.",
        "zh": "“{before}”是旧称，现称“{after}”。",
    },
    "term.forbidden": {
        "en": "“{before}” is not to be used; the approved name is “{after}”.",
        "zh": "“{before}”不得使用，规范名称是“{after}”。",
    },
    "term.alternative": {
        "en": "“{before}” is also right; the preferred name is “{after}”.",
        "zh": "“{before}”是别称，首选名称是“{after}”。",
    },
    "relation.value": {
        "en": "According to the term graph, {relation} of “{subject}” is {after}, not {before}.",
        "zh": "根据术语图谱，“{subject}”的{relation}是{after}，不是{before}。",
    },
    "relation.direction": {
        "en": "According to the term graph, “{relation}” holds the other way round: from {subject} to {after}.",
        "zh": "根据术语图谱，“{relation}”的方向相反：应是从{subject}到{after}。",
    },
    "quantity.value": {
        "en": "According to the term graph, {relation} of “{subject}” is {after}, not {before}.",
        "zh": "根据术语图谱，“{subject}”的{relation}是{after}，不是{before}。",
    },
    "unsupported.claim": {
        "en": "Neither the term graph nor the sources state this.",
        "zh": "术语图谱和原文都没有这一说法。",
    },
    "unsupported.number": {
        "en": "None of the sources has the value {text}.",
        "zh": "所引原文中没有{text}这一数值。",
    },
    "unsupported.name": {
        "en": "None of the sources mentions “{text}”.",
        "zh": "所引原文没有提到“{text}”。",
    },
    "unsupported.denial": {
        "en": "The sources do not deny what this sentence denies.",
        "zh": "原文并未否定这句话所否定的内容。",
    },
    "unsupported.opposite": {
        "en": "The sources seem to say the opposite.",
        "zh": "原文的说法似乎相反。",
    },
    "unsupported.words": {
        "en": "None of the sources speaks of this.",
        "zh": "所引原文没有谈到这一点。",
    },
    "unsupported.model": {
        "en": "As a model reads this sentence, the term graph does not state it.",
        "zh": "按模型对这句话的理解，术语图谱没有这一说法。",
    },
    "supported.model": {
        "en": "As a model reads this sentence, the term graph states it.",
        "zh": "按模型对这句话的理解，术语图谱有这一说法。",
    },
    "sentence.rewritten": {
        "en": "The sentence disagreed with the term graph and was written anew.",
        "zh": "这句话与术语图谱不符，已重新表述。",
    },
    "quantity.passage": {
        "en": "The cited source says {after} about “{subject}”, not {before}.",
        "zh": "引用的原文对“{subject}”的说法是{after}，不是{before}。",
    },
}


_LABELS: dict[LabelKind, dict[Language, str]] = {
    "preferred": {"en": "name", "zh": "名称"},
    "alternative": {"en": "other name", "zh": "别称"},
    "hidden": {"en": "search word", "zh": "检索词"},
    "deprecated": {"en": "old name", "zh": "旧称"},
    "forbidden": {"en": "name not to be used", "zh": "禁用名称"},
}


@dataclass(frozen=True, slots=True)
class Edition:
    """Which state of the graph speaks: the number of its revision, and the release it was named, if it was."""

    number: int = 0
    release: str = ""

    def dated(self, text: str, language: Language) -> str:
        """A reason or piece of evidence with this edition in brackets; as it is for a graph without revisions."""
        if not self.number and not self.release:
            return text
        if language == "zh":
            name = f"术语版本 {self.release}" if self.release else f"术语图谱第 {self.number} 版"
            return f"{text[:-1]}（{name}）。" if text.endswith("。") else f"{text}（{name}）"
        name = f"term release {self.release}" if self.release else f"term graph, revision {self.number}"
        return f"{text[:-1]} ({name})." if text.endswith(".") else f"{text} ({name})"


def explain(rule: str, language: Language, **parts: str) -> str:
    """The sentence for a rule; `parts` fill its places as plain text."""
    return _TEXTS[rule][language].format(**parts)


def labelled(concept: str, kind: LabelKind, label: str, language: Language) -> str:
    """A label of the graph as evidence: the concept's name, the kind of label and the label."""
    return stated(concept, _LABELS[kind][language], label)


def stated(subject: str, relation: str, value: str) -> str:
    """A fact of the graph as evidence: subject, relation and value in words."""
    return f"{subject} · {relation} · {value}"
