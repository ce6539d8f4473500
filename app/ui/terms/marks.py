"""The small pieces of the Terms page as HTML: names that lead to their concept, badges, times, differences, issues."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.ui.marks import act, badge, empty, heading, leading, when
from app.ui.markup import Html, element, join
from app.ui.terms import address
from app.ui.texts import Words, other

if TYPE_CHECKING:
    from knowledge.graph.differing import Name
    from knowledge.graph.quality import Issue

__all__ = ["act", "badge", "empty", "heading", "when"]

_WORDS = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
_SENTENCE, _RELATED = 8, 0.5
"""Texts of more words and blanks than this are only compared word by word when so much of them is the same."""
_LONGEST_COMPARED = 4000


def concept_link(name: Name, say: Words, class_: str = "plb-term") -> Html:
    """A concept's name; pressed it is shown, and opened in a new tab it has an address of its own."""
    return to_concept(name.id, name.text(say.language), class_)


def to_concept(concept: str, label: object, class_: str = "plb-term") -> Html:
    """Anything that leads to a concept."""
    return leading("concept", concept, label, class_, address.link(concept=concept))


def concept_links(names: Iterable[Name], say: Words) -> Html:
    """Several names in a row."""
    return join([concept_link(name, say) for name in names], " ")


def in_other_language(name: Name, say: Words) -> str:
    """What it is called in the other language, unless that is the same."""
    text = name.text(other(say.language))
    return "" if text == name.text(say.language) else text


def names_of(names: Iterable[Name], say: Words) -> str:
    """Names in one line of text."""
    return listed((name.text(say.language) for name in names), say)


def listed(words: Iterable[str], say: Words) -> str:
    """Words in one line of text, separated as in the page's language."""
    return ("、" if say.language == "zh" else ", ").join(words)


def changed_text(before: str, after: str) -> Html:
    """`after` with what was taken out and put in marked, word by word; Chinese sign by sign."""
    old, new = (_WORDS.findall(text) for text in (before, after))
    if len(old) + len(new) > _LONGEST_COMPARED:
        return join([element("del", before), " → ", element("ins", after)])
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if len(old) > _SENTENCE and matcher.ratio() < _RELATED:
        # Word by word, a text that was written anew cannot be read
        return join([element("del", before), " → ", element("ins", after)])
    parts: list[Html | str] = []
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        taken, put = "".join(old[start:end]), "".join(new[new_start:new_end])
        if kind == "equal":
            parts.append(put)
            continue
        parts += [element("del", taken)] if taken else []
        parts += [element("ins", put)] if put else []
    return join(parts)


def issues(found: Sequence[Issue], say: Words, names: dict[str, Name] | None = None) -> Html:
    """What quality rules say, worst first; `names` call concepts that are not the one shown."""
    if not found:
        return Html("")
    return element("ul", *(element("li", *_issue(one, say, names)) for one in found), class_="plb-issues")


def _issue(one: Issue, say: Words, names: dict[str, Name] | None) -> list[object]:
    name = (names or {}).get(one.concept)
    mark = badge(say(f"terms.severity_{one.severity}"), {"error": "bad", "warning": "warn"}.get(one.severity, ""))
    why = f"quality_why.{one.rule}"
    said = element("span", issue_text(one, say, names), title=say(why) if say.has(why) else None)
    return [mark, " ", *([concept_link(name, say), " "] if name else []), said]


def ids_of_issues(found: Iterable[Issue]) -> set[str]:
    """Whatever in issues may be the id of something that has a name: what they are about and what they speak of."""
    return {each for one in found for each in (one.concept, *(part for v in one.values.values() for part in _parts(v)))}


def _parts(value: str) -> list[str]:
    return value.split(", ")


def _called(value: str, names: Mapping[str, Name], say: Words) -> str:
    parts = _parts(value)
    if not any(part in names for part in parts):
        return value
    return listed((names[part].text(say.language) if part in names else part for part in parts), say)


def issue_text(one: Issue, say: Words, names: Mapping[str, Name] | None = None) -> str:
    """An issue in one sentence; ids that `names` knows are called by name."""
    known = names or {}
    values = {key: _called(value, known, say) for key, value in one.values.items()}
    return rule_text(one.rule, values, say) or one.message


def rule_text(rule: str, values: Mapping[str, str], say: Words) -> str:
    """What a quality rule says with these values in the page's language; "" for another rule."""
    key = f"quality_message.{rule}"
    if not say.has(key):
        return ""
    language = {"language": language_name(values["language"], say)} if "language" in values else {}
    return say(key, **{**values, **language})


def language_name(tag: str, say: Words) -> str:
    """What a language is called in the page's language; a tag that is neither Chinese nor English stays a tag."""
    main = tag.partition("-")[0].lower()
    return say(f"terms.language_{main}") if main in ("zh", "en") else tag or say("terms.language_none")


def without_signs(before: str, after: str) -> tuple[str, str]:
    """The text before and after a mark, without the signs by which Markdown tells table rows and list items."""
    if before.lstrip().startswith("|") or (not before.strip() and after.rstrip().endswith("|")):
        before, after = before.replace("|", "·"), after.replace("|", "·")
        if not after:
            return before.strip("· "), after
        return before.lstrip("· "), after.rstrip("· ")
    return before.removeprefix("- ").removeprefix("* "), after
