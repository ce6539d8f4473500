"""Rules about the names of concepts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from pyoxigraph import Literal, NamedNode, Quad

from knowledge.graph import vocabulary as words
from knowledge.graph.normal import normalize
from knowledge.graph.shapes.common_words import is_common
from knowledge.graph.shapes.found import Found, Mending, Rule, listed
from knowledge.graph.shapes.tags import corrected_tag, tag_fault
from knowledge.graph.shapes.view import Card, Name, View
from knowledge.graph.texts import MAX_LABEL_CHARACTERS
from knowledge.language import detect_language
from knowledge.types import LabelKind

_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
_PREDICATES: dict[LabelKind, str] = {kind: predicate for predicate, kind in words.LABEL_KINDS.items()}
_STRENGTH: dict[LabelKind, int] = {"preferred": 0, "forbidden": 1, "deprecated": 2, "alternative": 3, "hidden": 4}
_ACRONYM = 6


def _no_preferred_label(_view: View, card: Card, _day: date) -> Iterator[Found]:
    if any(name.kind == "preferred" for name in card.names):
        return
    promoted = next((name for name in card.names if name.kind == "alternative" and not name.xl), None)
    yield Found(mending=Mending("promote_label", *_moved(promoted, "preferred")) if promoted else None)


def _several_preferred_labels(_view: View, card: Card, _day: date) -> Iterator[Found]:
    by_tag: dict[str, list[Name]] = defaultdict(list)
    for name in card.names:
        if name.kind == "preferred":
            by_tag[name.tag].append(name)
    for tag, names in by_tag.items():
        if len({name.text for name in names}) > 1:
            others = [name for name in names[1:] if not name.xl and name.text != names[0].text]
            added = frozenset(quad for name in others for quad in _moved(name, "alternative")[0])
            removed = frozenset(name.quad for name in others)
            yield Found(
                {"language": tag or "-", "labels": listed({name.text for name in names})},
                mending=Mending("keep_first_label", added, removed) if others else None,
            )


def _label_of_two_kinds(_view: View, card: Card, _day: date) -> Iterator[Found]:
    by_name: dict[tuple[str, str], list[Name]] = defaultdict(list)
    for name in card.names:
        by_name[name.text, name.tag].append(name)
    for (text, _), names in by_name.items():
        kinds = {name.kind for name in names}
        if len(kinds) > 1:
            keep = min(kinds, key=_STRENGTH.__getitem__)
            removed = frozenset(name.quad for name in names if name.kind != keep)
            yield Found(
                {"label": text, "kinds": listed(frozenset(kinds))},
                mending=Mending("keep_one_kind", removed=removed),
            )


def _shared_label(view: View, card: Card, _day: date) -> Iterator[Found]:
    """One name for two things in use: a mention of it cannot be told apart."""
    if card.deprecated:
        return
    for name in card.names:
        if name.kind not in ("preferred", "alternative"):
            continue
        theirs = [
            (other, label) for other, label in view.sharing(name, card.id) if label.kind in ("preferred", "alternative")
        ]
        if theirs:
            others = frozenset(other for other, _ in theirs)
            # The name stays where it is the preferred one
            loses = name.kind == "alternative" and any(label.kind == "preferred" for _, label in theirs)
            mending = Mending("drop_label", removed=frozenset({name.quad})) if loses else None
            yield Found({"label": name.text, "others": listed(others)}, others, mending)


def _outdated_label_in_use(view: View, card: Card, _day: date) -> Iterator[Found]:
    """A name that is replaced wherever it stands, though another concept is called so."""
    if card.deprecated:
        return
    for name in card.names:
        if name.kind in ("deprecated", "forbidden"):
            theirs = frozenset(other for other, label in view.sharing(name, card.id) if label.kind == "preferred")
            if theirs:
                yield Found(
                    {"label": name.text, "others": listed(theirs)},
                    theirs,
                    Mending("drop_label", removed=frozenset({name.quad})),
                )


def _label_language(_view: View, card: Card, _day: date) -> Iterator[Found]:
    for name in card.names:
        fault: str = tag_fault(name.tag)
        if not fault and name.primary == "en" and _HAN.search(name.text):
            fault = "wrong"
        if fault:
            tag = corrected_tag(name.tag) if fault == "invalid" else detect_language(name.text)
            mending = None
            if tag and not name.xl and isinstance(name.quad.object, Literal):
                right = Literal(name.quad.object.value, language=tag)
                added = Quad(name.quad.subject, name.quad.predicate, right, name.quad.graph_name)
                mending = Mending("set_language", frozenset({added}), frozenset({name.quad}))
            yield Found(
                {"label": name.text, "tag": name.tag or "-", "fault": fault, "right": tag or "-"}, mending=mending
            )


def _missing_language(view: View, card: Card, _day: date) -> Iterator[Found]:
    """Where things are named in both languages, what has only one is found in half of the questions."""
    if card.deprecated or not view.bilingual:
        return
    named = {name.primary or detect_language(name.text) for name in card.names if name.kind == "preferred"}
    for language in sorted({"zh", "en"} - named) if named else ():
        yield Found({"language": language})


def _empty_label(_view: View, card: Card, _day: date) -> Iterator[Found]:
    if card.empty:
        yield Found(mending=Mending("drop_label", removed=frozenset(card.empty)))


def _long_label(_view: View, card: Card, _day: date) -> Iterator[Found]:
    for name in card.names:
        if len(name.text) > MAX_LABEL_CHARACTERS:
            yield Found({"label": f"{name.text[:40]}…", "characters": str(len(name.text))})


def _common_word(_view: View, card: Card, _day: date) -> Iterator[Found]:
    """A name that every second sentence holds would mark half of all text."""
    for name in card.names:
        acronym = name.text.isupper() and len(name.text) <= _ACRONYM
        if name.kind != "hidden" and not acronym and is_common(normalize(name.text)):
            kept = name.kind == "preferred" or name.xl
            hidden = None if kept else Mending("hide_label", *_moved(name, "hidden"))
            yield Found({"label": name.text}, mending=hidden)


def _moved(name: Name, kind: LabelKind) -> tuple[frozenset[Quad], frozenset[Quad]]:
    """What to add and to remove so that a label becomes one of another kind."""
    quad = name.quad
    return (
        frozenset({Quad(quad.subject, NamedNode(_PREDICATES[kind]), quad.object, quad.graph_name)}),
        frozenset({quad}),
    )


RULES = {
    "no_preferred_label": Rule(
        "error", "has no preferred label", "Without one, answers do not know what to call it.", _no_preferred_label
    ),
    "several_preferred_labels": Rule(
        "error",
        "has several preferred labels in {language}: {labels}",
        "Answers need one name to use in each language; the others are alternatives.",
        _several_preferred_labels,
    ),
    "label_of_two_kinds": Rule(
        "error",
        "has the label {label!r} in several kinds: {kinds}",
        "A label cannot be both the name to use and another one (SKOS S13).",
        _label_of_two_kinds,
    ),
    "shared_label": Rule(
        "warning",
        "shares the label {label!r} with {others}",
        "Where this name stands in a text, nobody can tell which of them is meant.",
        _shared_label,
    ),
    "outdated_label_in_use": Rule(
        "error",
        "gives up the label {label!r}, which is the preferred one of {others}",
        "Answers would replace a name that is right.",
        _outdated_label_in_use,
    ),
    "label_language": Rule(
        "warning",
        "the language tag {tag!r} of the label {label!r} is {fault}",
        "The language tells in which texts the label is looked for and which name an answer uses.",
        _label_language,
    ),
    "missing_language": Rule(
        "warning",
        "has no preferred label in {language}",
        "Questions in this language do not find it by name.",
        _missing_language,
    ),
    "empty_label": Rule(
        "error", "has a label without any letter", "An empty label names nothing.", _empty_label
    ),
    "long_label": Rule(
        "warning",
        "has a label of {characters} characters, {label!r}, which is not used",
        "A label is a name; whole sentences belong into the definition or a note.",
        _long_label,
    ),
    "common_word": Rule(
        "warning",
        "the label {label!r} is a word of everyday language",
        "It would be found in every second sentence, mostly where something else is meant.",
        _common_word,
    ),
}  # fmt: skip
