"""A text as the checker sees it: sentences, table cells and list items with the names and quantities in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.alignment.protection import Protected, is_quoted, protected_places
from knowledge.alignment.quantities import Quantity, find_quantities
from knowledge.graph.linker import Link, Linker
from knowledge.language import detect_language
from knowledge.sentences import split_sentences
from knowledge.types import Language, User

_BULLET = re.compile(r"^\s*(?:[-*•·▪◦]|\d{1,2}[.)、．]|[（(]\d{1,2}[)）]|[①-⑳]|第[一二三四五六七八九十]+步?[、：:])\s*")
_KEY = re.compile(r"^\**(?P<key>[^:：|\n。！？!?]{1,40}?)\**\s*[:：]\**\s*(?P<value>\S.*)$", re.DOTALL)
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A name or a quantity in a unit of text; offsets count characters of the whole text."""

    start: int
    end: int
    link: Link | None = None
    quantity: Quantity | None = None

    @property
    def concepts(self) -> tuple[str, ...]:
        """What a name may mean."""
        return tuple(reading.concept for reading in self.link.readings) if self.link else ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of text that states something by itself: a sentence, a list item's value, a table cell.

    `key` is what stands before the colon or heads the row or column. `topics` are concepts that it may be about
    though it does not name them, the likeliest first. `plain` is the text with the names in it blotted out.
    """

    start: int
    end: int
    text: str
    slots: tuple[Slot, ...]
    key: str = ""
    topics: tuple[str, ...] = ()
    number: int = 0
    plain: str = ""


@dataclass(slots=True)
class Draft:
    """A text read once: links, quantities, protected places, units in order."""

    text: str
    language: Language
    links: list[Link]
    quantities: list[Quantity]
    protected: list[Protected]
    sentences: list[tuple[int, int]]
    units: list[Unit] = field(default_factory=list)

    def sentence_around(self, start: int, end: int) -> tuple[int, int]:
        """The sentence that holds a place, or the place itself."""
        for first, last in self.sentences:
            if first <= start and end <= last:
                return first, last
        return start, end

    def language_at(self, start: int, end: int) -> Language:
        """The language of the sentence around a place; that of the whole text where the sentence is only names."""
        first, last = self.sentence_around(start, end)
        rest = list(self.text[first:last])
        for link in self.links:
            if first <= link.start and link.end <= last:
                rest[link.start - first : link.end - first] = " " * (link.end - link.start)
        words = "".join(rest)
        if words.lstrip().startswith("|") or not re.search(r"[㐀-鿿]|[A-Za-z]{2,}\W+[A-Za-z]{2,}", words):
            return self.language
        return detect_language(words)


def read_draft(
    text: str,
    linker: Linker,
    user: User | None,
    language: Language | None,
    context: Sequence[Sequence[Link]] = (),
    topics: Sequence[str] = (),
) -> Draft:
    """Read a text. `context` are links of question and passages; `topics` what the question asks about."""
    protected = protected_places(text)
    found = linker.find(text, user)
    links = linker.resolve(found, context)
    quantities = [quantity for quantity in find_quantities(text) if not _within(quantity, links)]
    sentences = [(sentence.start, sentence.end) for sentence in split_sentences(text)]
    draft = Draft(text, language or detect_language(text), links, quantities, protected, sentences)
    draft.units = _Reader(draft, topics).units()
    return draft


def _within(quantity: Quantity, links: Sequence[Link]) -> bool:
    """Whether a number is part of a name ("Prism 2", "2025年度计划")."""
    return any(link.start < quantity.end and quantity.start < link.end for link in links if not link.weak)


def _without_names(text: str, start: int, slots: Sequence[Slot]) -> str:
    """The text of a unit with each name made a row of "◆": the 若 in 白若溪 supposes nothing."""
    chars = list(text)
    for slot in slots:
        if slot.link is not None and not slot.link.weak:
            chars[slot.start - start : slot.end - start] = "◆" * (slot.end - slot.start)
    return "".join(chars)


class _Reader:
    """Cuts a draft into units and keeps track of what they are about."""

    def __init__(self, draft: Draft, topics: Sequence[str]) -> None:
        self._draft = draft
        self._question = tuple(topics)
        slots = [Slot(link.start, link.end, link=link) for link in draft.links]
        slots += [Slot(quantity.start, quantity.end, quantity=quantity) for quantity in draft.quantities]
        self._slots = sorted(
            (slot for slot in slots if not is_quoted(draft.protected, draft.text, slot.start, slot.end)),
            key=lambda slot: (slot.start, -slot.end),
        )
        self._units: list[Unit] = []
        self._recent: list[str] = []
        self._heading: list[str] = []
        self._before: list[str] = []

    def units(self) -> list[Unit]:
        """All units in order."""
        table: list[tuple[int, int]] = []
        in_list = False
        for start, end in self._draft.sentences:
            line = self._draft.text[start:end]
            if line.startswith("|"):
                table.append((start, end))
                continue
            if table:
                self._table(table)
                table = []
            bullet = _BULLET.match(line)
            if not bullet and not line.endswith((":", "：")):
                in_list = False
            if bullet and not in_list:
                in_list = True
            self._line(start, end, bullet.end() if bullet else 0, listed=in_list)
        if table:
            self._table(table)
        return self._units

    # --- prose and lists ------------------------------------------------------------------------------------------

    def _line(self, start: int, end: int, offset: int, *, listed: bool) -> None:
        text = self._draft.text
        body = start + offset
        if text[end - 1] in ":：":
            # "About X:" and "Team profile:" say what the lines below are about
            named = self._slots_in(body, end)
            self._heading = self._names(named)
            self._remember(named)
            return
        pair = _KEY.match(text[body:end])
        if pair and (listed or not self._slots_in(body, body + pair.end("key"))):
            key_end = body + pair.end("key")
            named = self._slots_in(body, key_end)
            value = body + pair.start("value")
            slots = self._slots_in(value, end)
            simple = len(slots) == 1 and self._fills(slots[0], value, end)
            if not named and simple:
                self._add(value, end, slots, key=pair["key"].strip(" *"))
                self._note_pair(slots)
                return
            if named and listed and slots:
                self._heading = self._names(named)
        slots = self._slots_in(body, end)
        # "Investigation: led by X": what stands before the colon is what the rest is about
        self._add(body, end, slots, lonely=pair is not None)
        if listed:
            self._note_pair(slots[:1])
        else:
            self._heading = []
            self._remember(slots)

    def _fills(self, slot: Slot, start: int, end: int) -> bool:
        """Whether a value is little more than the slot: "about 36 months", "X [1]"."""
        rest = self._draft.text[start : slot.start] + self._draft.text[slot.end : end]
        return len(re.sub(r"\[\d+\]|[\W_]", "", rest)) <= 12  # noqa: PLR2004 - a few words around it

    def _note_pair(self, slots: Sequence[Slot]) -> None:
        """The first thing named in a list ("Name: X") is what the list is about, when nothing above said so."""
        names = self._names(slots)
        if names and not self._heading:
            self._heading = names

    # --- tables ---------------------------------------------------------------------------------------------------

    def _table(self, rows: Sequence[tuple[int, int]]) -> None:
        cells = [self._cells(start, end) for start, end in rows if not _RULE.match(self._draft.text[start:end])]
        if not cells:
            return
        text = self._draft.text
        if max(map(len, cells)) == 2:  # noqa: PLR2004 - attribute and value
            before, self._heading = self._heading, []
            pairs = [row for row in cells if len(row) == 2]  # noqa: PLR2004
            subjects = [self._names(self._slots_in(*row[1])) for row in pairs if not self._slots_in(*row[0])]
            self._heading = next((names for names in subjects if names), before)
            for key, value in pairs:
                slots = self._slots_in(*value)
                if self._slots_in(*key):
                    # A table of names and their value: its head says what the value is; of amounts: when it holds
                    head, names = text[slice(*cells[0][1])].strip(), self._names(self._slots_in(*key))
                    if names:
                        self._add(value[0], value[1], slots, key=head, topics=names)
                else:
                    self._add(value[0], value[1], slots, key=text[slice(*key)].strip(" *"))
            self._heading = before
            return
        heads = [text[slice(*cell)].strip(" *") for cell in cells[0]]
        for row in cells[1:]:
            subject = self._names(self._slots_in(*row[0])) if row else []
            for place, cell in enumerate(row[1:], 1):
                if subject and place < len(heads):
                    self._add(cell[0], cell[1], self._slots_in(*cell), key=heads[place], topics=subject)

    def _cells(self, start: int, end: int) -> list[tuple[int, int]]:
        cells: list[tuple[int, int]] = []
        bars = [start + match.start() for match in re.finditer(r"(?<!\\)\|", self._draft.text[start:end])]
        for left, right in zip(bars, [*bars[1:], end], strict=True):
            if self._draft.text[left + 1 : right].strip():
                cells.append((left + 1, right))
        return cells

    # --- helpers --------------------------------------------------------------------------------------------------

    def _add(
        self,
        start: int,
        end: int,
        slots: Sequence[Slot],
        key: str = "",
        topics: Sequence[str] = (),
        *,
        lonely: bool = False,
    ) -> None:
        about = tuple(dict.fromkeys([*topics, *self._heading, *self._recent, *self._before, *self._question]))
        if topics or lonely:
            about = tuple(dict.fromkeys(topics))
        text = self._draft.text[start:end]
        plain = _without_names(text, start, slots)
        self._units.append(Unit(start, end, text, tuple(slots), key, about, len(self._units), plain))

    def _remember(self, slots: Sequence[Slot]) -> None:
        names = self._names(slots)
        if names:
            self._before = self._recent
            self._recent = names

    def _slots_in(self, start: int, end: int) -> list[Slot]:
        return [slot for slot in self._slots if start <= slot.start and slot.end <= end]

    def _names(self, slots: Sequence[Slot]) -> list[str]:
        return list(
            dict.fromkeys(
                slot.link.concept for slot in slots if slot.link and not slot.link.ambiguous and not slot.link.weak
            )
        )
