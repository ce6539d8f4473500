"""Old and forbidden names found in a text, and what should stand there instead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.alignment.draft import Draft
from knowledge.alignment.explanations import explain, labelled
from knowledge.alignment.protection import is_protected, told_as_old
from knowledge.graph.linker import Link
from knowledge.graph.normal import normalize
from knowledge.graph.store import TermGraph
from knowledge.types import Edit, LabelKind, Language, User

_HAN = re.compile(r"[㐀-鿿豈-﫿]")
_ARTICLE = re.compile(r"(?<![\w-])(an?)(\s+)$", re.IGNORECASE)
_VOWEL_SOUND = re.compile(r"(?!u(?:ni|s[aei]|tili)|eu|one\b|once\b)[aeiou]|hour|honest|honou?r|heir", re.IGNORECASE)
_SENTENCE_START = re.compile(
    r"(?:^|[.!?。！？\n]\s*|[:：]\s*\n\s*|^\s*[-*•]\s*|^\s*\d+[.)]\s*)[*_\"“‘(（《]*$", re.MULTILINE
)
_LONGEST_REPEAT = 6
_WORST: dict[LabelKind, int] = {"forbidden": 0, "deprecated": 1, "alternative": 2}


@dataclass(frozen=True, slots=True)
class TermFinding:
    """An unwanted name. `edit` is None when it must stay or nothing certain can replace it."""

    link: Link
    kind: LabelKind
    concept: str
    edit: Edit | None


class TermCheck:
    """Looks over the names in a text for one graph and one user."""

    def __init__(self, graph: TermGraph, user: User | None, *, prefer_preferred: bool = False) -> None:
        self._graph = graph
        self._user = user
        self._prefer_preferred = prefer_preferred

    def check(self, draft: Draft, language: Language) -> list[TermFinding]:
        """Unwanted names outside protected places, in the order of the text; `language` is that of explanations."""
        found = []
        for link in draft.links:
            finding = self._one(draft, link, language)
            if finding is not None:
                found.append(finding)
        return found

    def _one(self, draft: Draft, link: Link, language: Language) -> TermFinding | None:
        if link.weak:
            return None
        kinds = {self._kind(reading.concept, reading.kind) for reading in link.readings}
        unwanted = {"deprecated", "forbidden", "alternative"} if self._prefer_preferred else {"deprecated", "forbidden"}
        if not kinds <= unwanted:
            return None
        if is_protected(draft.protected, draft.text, link.start, link.end):
            return None
        sentence = draft.sentence_around(link.start, link.end)
        if told_as_old(draft.text, link.start, link.end, sentence):
            return None
        if self._beside_preferred(draft, link, sentence):
            return None
        kind = min(kinds, key=lambda kind: _WORST[kind])
        concept = link.concept
        return TermFinding(link, kind, concept, None if link.ambiguous else self._edit(draft, link, kind, language))

    def _kind(self, concept: str, kind: LabelKind) -> LabelKind:
        """The kind of a label; every name of a concept out of use is an old name."""
        return "deprecated" if self._graph.deprecated(concept) and kind != "forbidden" else kind

    def _beside_preferred(self, draft: Draft, link: Link, sentence: tuple[int, int]) -> bool:
        """Whether today's name stands in the same sentence: it tells both ("A became B", "B (A)")."""
        for other in draft.links:
            if other.concept != link.concept or other is link or other.readings[0].kind in ("deprecated", "forbidden"):
                continue
            if sentence[0] <= other.start < sentence[1]:
                return True
        return False

    def _edit(self, draft: Draft, link: Link, kind: LabelKind, language: Language) -> Edit | None:
        reading = link.readings[0]
        concept = reading.concept
        if self._graph.deprecated(concept):
            heirs = [heir for heir in self._graph.successors(concept) if self._graph.visible(heir, self._user)]
            if len(heirs) != 1:
                return None
            concept = heirs[0]
        spoken = draft.language_at(link.start, link.end)
        name = self._graph.preferred(concept, spoken)
        if name is None and reading.language is not None:
            name = self._graph.preferred(concept, reading.language)
        if name is None or normalize(name) == normalize(link.text):
            return None
        start, end, after = fitted(draft.text, link, reading.label, name)
        rule = f"term.{kind}"
        return Edit(
            kind="term",
            start=start,
            end=end,
            before=draft.text[start:end],
            after=after,
            concept=concept,
            rule=rule,
            reason=explain(rule, language, before=link.text, after=name),
            evidence=(labelled(self._graph.label(concept, language), kind, reading.label, language),),
            confidence=1.0,
        )


def fitted(text: str, link: Link, label: str, name: str) -> tuple[int, int, str]:
    """Where and how `name` takes the place of a link: case, plural, article, spacing and doubled words seen to.

    Gives the span of `text` to replace and what to put there.
    """
    start, end = link.start, link.end
    surface = text[start:end]
    if link.plural:
        name = plural(name)
    name = _cased(text, start, surface, label, name)
    start, end, name = _without_doubles(text, start, end, name)
    start, end, name = _spaces_around(text, start, end, surface, name)
    article = _ARTICLE.search(text, max(0, start - 8), start)
    if article and not _HAN.match(name):
        wanted = "an" if _vowel(name) else "a"
        if article[1].lower() != wanted:
            wanted = wanted.capitalize() if article[1][0].isupper() else wanted
            name = wanted + article[2] + name
            start = article.start(1)
    return start, end, name


def plural(name: str) -> str:
    """The English plural of a term's last word; other names come back as they are."""
    if not re.search(r"[A-Za-z]$", name) or name.endswith(("s", "S")):
        return name
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + ("es" if re.search(r"(?:x|z|ch|sh)$", name) else "s")


def _vowel(name: str) -> bool:
    first = re.match(r"[A-Za-z0-9]+", name)
    if first is None:
        return False
    word = first[0]
    if len(word) > 1 and word.isupper() and not re.search(r"[AEIOU]", word[:3]):
        return word[0] in "AEFHILMNORSX"  # letters spelled out: "an HR"
    return bool(_VOWEL_SOUND.match(word)) or word.startswith(("8", "11", "18"))


def _cased(text: str, start: int, surface: str, label: str, name: str) -> str:
    if not surface[:1].isalpha() or _HAN.match(surface) or _HAN.match(name):
        return name
    letters = len(re.findall(r"[A-Za-z]", surface))
    if surface.isupper() and not label.isupper() and letters > 4:  # noqa: PLR2004 - shorter ones may be acronyms
        return name.upper()
    capital = surface[0].isupper() and label[:1].islower()
    begins = surface[0].isupper() and bool(_SENTENCE_START.search(text[max(0, start - 40) : start]))
    if (capital or begins) and name[:1].islower() and not re.match(r"[a-z]+[A-Z]", name):
        words = surface.split()
        if capital and len(words) > 1 and all(word[:1].isupper() for word in words if len(word) > 3):  # noqa: PLR2004 - "of", "the"
            return " ".join(word[:1].upper() + word[1:] for word in name.split(" "))
        return name[0].upper() + name[1:]
    return name


def _without_doubles(text: str, start: int, end: int, name: str) -> tuple[int, int, str]:
    """Words that the name brings along and that already stand beside it are not said twice."""
    after = _said_after(text, end, name)
    return (start, end + after, name) if after else (start - _said_before(text, start, name), end, name)


def _said_after(text: str, end: int, name: str) -> int:
    """How many characters after the place repeat how the name ends."""
    if _HAN.match(name[-1:]):
        sizes = range(min(len(name) - 1, _LONGEST_REPEAT), 1, -1)
        return next((size for size in sizes if text.startswith(name[-size:], end)), 0)
    last = re.search(r"[\s-](\w+)$", name)
    match = re.match(rf"[\s-]{re.escape(last[1])}\b", text[end:], re.IGNORECASE) if last else None
    return match.end() if match else 0


def _said_before(text: str, start: int, name: str) -> int:
    """How many characters before the place repeat how the name begins."""
    if _HAN.match(name):
        sizes = range(min(len(name) - 1, _LONGEST_REPEAT), 1, -1)
        return next((size for size in sizes if text.endswith(name[:size], 0, start)), 0)
    first = re.match(r"(\w+)[\s-]", name)
    match = re.search(rf"\b{re.escape(first[1])}[\s-]$", text[:start], re.IGNORECASE) if first else None
    return start - match.start() if match else 0


def _spaces_around(text: str, start: int, end: int, surface: str, name: str) -> tuple[int, int, str]:
    """No blanks around a Han name that takes a Latin one's place; for the reverse, blanks where the text uses them."""
    left, right = text[start - 1 : start], text[end : end + 1]
    old_left, new_left = bool(_HAN.match(surface)), bool(_HAN.match(name))
    old_right, new_right = bool(_HAN.match(surface[-1:])), bool(_HAN.match(name[-1:]))
    if not old_left and new_left and left == " " and _HAN.match(text[start - 2 : start - 1]):
        start -= 1
    elif old_left and not new_left and _HAN.match(left) and _uses_blanks(text):
        name = " " + name
    if not old_right and new_right and right == " " and _HAN.match(text[end + 1 : end + 2]):
        end += 1
    elif old_right and not new_right and _HAN.match(right) and _uses_blanks(text):
        name += " "
    return start, end, name


def _uses_blanks(text: str) -> bool:
    """Whether the text sets Latin words apart from Han ones by blanks."""
    with_blank = len(re.findall(r"[㐀-鿿] [A-Za-z0-9]|[A-Za-z0-9] [㐀-鿿]", text))
    without = len(re.findall(r"[㐀-鿿][A-Za-z0-9]|[A-Za-z0-9][㐀-鿿]", text))
    return with_blank > without
