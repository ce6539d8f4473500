"""Texts of the graph as they may be shown, and the languages that they are in."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from knowledge.graph.types import Text
from knowledge.language import detect_language
from knowledge.types import Language

if TYPE_CHECKING:
    from knowledge.graph.quads import Quads

MAX_LABEL_CHARACTERS = 200


def clean_label(text: str) -> str:
    """A label or phrase as it may be shown: one line, without control and invisible characters. Labels are data."""
    if text.isprintable():  # as nearly all are: no control or format character, no blank but the plain one
        return " ".join(text.split())
    visible = "".join(
        " " if unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cc") else char
        for char in text
        if unicodedata.category(char) != "Cf"
    )
    return " ".join(visible.split())


def language_of(tag: str | None, text: str) -> Language | None:
    """The language that a tag such as "zh-Hans" names, or that an untagged text is in; None for any other language."""
    if tag:
        first = tag.split("-")[0].lower()
        return "zh" if first == "zh" else "en" if first == "en" else None
    return detect_language(text) if re.search(r"[^\W\d_]", text) else None


def texts_of(quads: Quads, subject: str, predicate: str) -> tuple[Text, ...]:
    """The texts of a property of something, by language."""
    texts = {
        Text(clean_label(literal.value), language_of(literal.language, literal.value))
        for literal in quads.literals(subject, predicate)
    }
    return tuple(sorted(texts, key=lambda text: (text.language or "", text.text)))
