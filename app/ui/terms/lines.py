"""A concept as lines of text to edit, one name a line, and back again. What a line leaves as it was keeps its tag."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from knowledge.graph.changes import ConceptForm, LabelForm, TextForm
from knowledge.graph.texts import language_of
from knowledge.graph.vocabulary import LABEL_KINDS
from knowledge.types import LabelKind, Language

KINDS: tuple[LabelKind, ...] = tuple(LABEL_KINDS.values())
Column = Language | None
"""Where a text stands in the form: under Chinese, English, or (None) among further languages."""
COLUMNS: tuple[Column, ...] = ("zh", "en", None)
_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def column_of(text: LabelForm | TextForm) -> Column:
    """The column that a name or text belongs to."""
    return language_of(text.language, text.text)


def names_to_lines(form: ConceptForm, kind: LabelKind, column: Column) -> str:
    """The names of a kind in a column, one a line; in the last column with their tag, as `Wort@de`."""
    found = [label for label in form.labels if label.kind == kind and column_of(label) == column]
    return "\n".join(label.text if column else _tagged(label.text, label.language) for label in found)


def lines_to_names(form: ConceptForm, lines: Mapping[tuple[LabelKind, Column], str]) -> tuple[LabelForm, ...]:
    """The names that the lines say, in the order of kinds; a name that `form` had before keeps its tag."""
    found: dict[LabelForm, None] = {}
    for kind in KINDS:
        for column in COLUMNS:
            known = {label.text: label for label in form.labels if label.kind == kind and column_of(label) == column}
            for line in split(lines.get((kind, column), "")):
                label = known.get(line) if column else known.get(_untagged(line, known))
                found[label or _new(line, kind, column)] = None
    return tuple(found)


def _new(line: str, kind: LabelKind, column: Column) -> LabelForm:
    if column:
        return LabelForm(text=line, kind=kind, language=column)
    text, tag = _parted(line)
    return LabelForm(text=text, kind=kind, language=tag)


def _untagged(line: str, known: Mapping[str, LabelForm]) -> str:
    """The text of the known name that a line with a tag stands for, if it does."""
    text, tag = _parted(line)
    return text if text in known and known[text].language == tag else line


def _tagged(text: str, tag: str) -> str:
    return f"{text}@{tag}" if tag else text


def _parted(line: str) -> tuple[str, str]:
    """Text and tag of `Wort@de`; a line without a well-formed tag is all text."""
    text, at, tag = line.rpartition("@")
    return (text.strip(), tag) if at and text.strip() and _TAG.fullmatch(tag) else (line, "")


def lines_to_texts(before: Iterable[TextForm], lines: str) -> tuple[TextForm, ...]:
    """Texts of one line each, such as sources; one that was there before keeps its tag, a new one has none."""
    known = {text.text: text for text in before}
    return tuple(dict.fromkeys(known.get(line, TextForm(text=line)) for line in split(lines)))


def edited_texts(texts: Iterable[tuple[str, str]]) -> tuple[TextForm, ...]:
    """The texts that are not empty, each with its tag."""
    found = (TextForm(text=text.strip(), language=tag) for text, tag in texts if text.strip())
    return tuple(dict.fromkeys(found))


def split(text: str) -> list[str]:
    """The lines that say something, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
