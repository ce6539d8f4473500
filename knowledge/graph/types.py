"""What the term graph is made of, as small frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from knowledge.types import LabelKind, Language


@dataclass(frozen=True, slots=True)
class Label:
    """A name of a concept. `language` is None when the graph does not tell and the letters do not either."""

    text: str
    kind: LabelKind
    language: Language | None


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a language: a definition, a relation's name or phrase."""

    text: str
    language: Language | None


@dataclass(frozen=True, slots=True)
class Concept:
    """A thing in the term graph. `types` are class IRIs without skos:Concept; `access` empty: for everyone.

    A concept that replaces others carries their preferred and alternative labels among its own deprecated ones.
    """

    id: str
    labels: tuple[Label, ...]
    definitions: tuple[Text, ...] = ()
    access: frozenset[str] = frozenset()
    deprecated: bool = False
    replaced_by: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()
    broader: tuple[str, ...] = ()

    def texts(self, kind: LabelKind, language: Language | None = None) -> tuple[str, ...]:
        """The labels of a kind, in one language or (None) in any."""
        return tuple(label.text for label in self.labels if label.kind == kind and language in (None, label.language))

    @property
    def definition(self) -> str:
        """The first definition in any language; empty when there is none."""
        return self.definitions[0].text if self.definitions else ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A kind of fact. `literal` relations hold numbers, dates and texts; `unit` says what their numbers count.

    `closed`: a subject that has a value has no other than those stated (functional or declared complete).
    `phrases` hold `{subject}` and `{object}` once each; others are left to the quality check.
    """

    id: str
    labels: tuple[Text, ...]
    phrases: tuple[Text, ...] = ()
    literal: bool = False
    functional: bool = False
    complete: bool = False
    symmetric: bool = False
    asymmetric: bool = False
    transitive: bool = False
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    unit: str = ""

    @property
    def closed(self) -> bool:
        """Whether a value other than those stated is false."""
        return self.functional or self.complete


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement. `object` is a concept's id, or the value as written when `literal`.

    `since` (inclusive) and `until` (inclusive) bound when it holds; None: not bounded.
    """

    subject: str
    relation: str
    object: str
    literal: bool = False
    datatype: str = ""
    language: Language | None = None
    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the statement is true on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


How = Literal["exact", "prefix", "word", "pinyin", "inside", "fuzzy"]


@dataclass(frozen=True, slots=True)
class ConceptMatch:
    """A concept found by a label; a higher score is a better match, 1.0 an exact one. `how` the label fits the text."""

    concept: Concept
    label: str
    score: float
    how: How = "exact"
