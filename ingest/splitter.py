"""Cuts a document into chunks: along headings, then sentences, table rows and lines of code, never inside one.

Token counts of single sentences add up to at least the count of the text that they make, so they are counted once, in
one batch, and packed by sums.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.loaders.tables import split_row
from ingest.types import Block
from knowledge.errors import InvalidInput
from knowledge.likeness import paragraph_key
from knowledge.sentences import split_sentences

CountTokens = Callable[[Sequence[str]], list[int]]
HEADING_SEPARATOR = " › "
_BETWEEN_BLOCKS = "\n\n"
_SMALL_SHARE = 6
"""Sections below a sixth of the limit are merged with their neighbours of the same parent …"""
_MERGED_SHARE = 3
"""… up to a third of it, so that a merged chunk is still about one thing."""
_WIDEST_HEADER = 0.4
"""A table whose header takes more of the limit than this is written as `column: value` lines instead."""
_CHARACTERS_PER_TOKEN = 30
_DEEPER = 7
"""A level below all headings."""
_NEAR = 1500
"""Characters around the middle of a long unit in which a place to cut it is looked for."""
_BREAKS = (re.compile(r"[。！？；!?;]+|\.(?=\s)"), re.compile(r"[，、：,:]|\s[-–—]\s"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk to be: text without its heading, the headings above it, the page where it begins, its tokens."""

    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    tokens: int = 0
    apart: bool = False
    """Whether it is a paragraph that was asked for as a chunk of its own."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What surrounds the units of one block in every chunk that holds some of them: a table's header, code fences."""

    before: str = ""
    after: str = ""
    tokens: int = 0


_PLAIN = _Frame()


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, row or line that stays whole. `text` ends with the blanks that part it from the next one."""

    text: str
    block: int
    frame: _Frame
    page: int | None
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    units: list[_Unit]
    apart: bool = False


def split(
    blocks: Sequence[Block],
    count_tokens: CountTokens,
    limit: int,
    overlap: int = 0,
    title: str = "",
    apart: frozenset[str] = frozenset(),
) -> list[Piece]:
    """The chunks of a document in order, each of at most `limit` tokens; together they hold all of its text.

    `heading` is the path of headings without one that only repeats `title`. `overlap` tokens (whole sentences, never
    table rows or code) are repeated from the chunk before within a section. Paragraphs whose keys
    (`knowledge.likeness.paragraph_key`) are in `apart` become chunks of their own. Raises InvalidInput unless
    0 <= overlap < limit.
    """
    if not 0 <= overlap < limit:
        raise InvalidInput(f"chunk_overlap = {overlap}: must be at least 0 and less than chunk_tokens = {limit}")
    sections = _sections(blocks, count_tokens, limit, title, apart)
    pieces = [piece for section in sections for piece in _pack(section, limit, overlap)]
    return _merged(_checked(pieces, count_tokens, limit), count_tokens, limit)


# --- sections and units ---------------------------------------------------------------------------------------------


def _sections(
    blocks: Sequence[Block], count_tokens: CountTokens, limit: int, title: str, apart: frozenset[str]
) -> list[_Section]:
    sections: list[_Section] = []
    stack: list[tuple[int, str]] = []
    units: list[_Unit] = []

    bare = True  # whether nothing has come under the last heading yet

    def finish(next_level: int, *, alone: bool = False) -> None:
        path = tuple(text for _, text in stack)
        shown = path[1:] if path and path[0] == title else path
        if units:
            sections.append(_Section(shown, list(units), alone))
        elif shown and stack[-1][0] >= next_level and bare:
            # A heading with nothing under it is text of its own, or it would be lost
            sections.append(_Section(shown[:-1], [_Unit(shown[-1], -1, _PLAIN, None)]))
        units.clear()

    frames = _frames(blocks, count_tokens, limit)
    for number, block in enumerate(blocks):
        if block.kind != "heading":
            alone = bool(apart) and block.kind in {"text", "list"} and paragraph_key(block.text) in apart
            if alone:
                finish(_DEEPER)
            units += _units(block, number, frames[number])
            if alone:
                finish(_DEEPER, alone=True)
            bare = False
            continue
        finish(block.level)
        bare = True
        while stack and stack[-1][0] >= block.level:
            stack.pop()
        stack.append((block.level, block.text))
    finish(0)
    return _fitted(sections, count_tokens, limit)


def _frames(blocks: Sequence[Block], count_tokens: CountTokens, limit: int) -> list[_Frame | None]:
    """The frame of each block; None for a table that has to be written as lines."""
    texts = [_table_head(block.text) if block.kind == "table" else "```\n\n```" for block in blocks]
    counted = count_tokens([text for block, text in zip(blocks, texts, strict=True) if block.kind in {"table", "code"}])
    counts = iter(counted)
    frames: list[_Frame | None] = []
    for block, text in zip(blocks, texts, strict=True):
        if block.kind == "table":
            tokens = next(counts)
            frames.append(None if tokens > _WIDEST_HEADER * limit else _Frame(f"{text}\n", "", tokens))
        elif block.kind == "code":
            frames.append(_Frame("```\n", "\n```", next(counts)))
        else:
            frames.append(_PLAIN)
    return frames


def _table_head(table: str) -> str:
    return "\n".join(table.split("\n", 2)[:2])


def _units(block: Block, number: int, frame: _Frame | None) -> Iterator[_Unit]:
    if block.kind == "table":
        lines = block.text.split("\n")
        if frame is None:
            yield from _record_units(lines, number, block.page)
        elif not lines[2:]:
            yield _Unit(block.text, number, _PLAIN, block.page)
        else:
            yield from (_Unit(f"{line}\n", number, frame, block.page) for line in lines[2:])
    elif block.kind in {"code", "list"}:
        for line in block.text.split("\n"):
            if line.strip():
                yield _Unit(f"{line}\n", number, frame or _PLAIN, block.page)
    else:
        starts = [sentence.start for sentence in split_sentences(block.text)]
        for start, end in pairwise([*starts, len(block.text)]):
            yield _Unit(block.text[start:end], number, _PLAIN, block.page)


def _record_units(lines: Sequence[str], number: int, page: int | None) -> Iterator[_Unit]:
    """A table row by row as `column: value` lines."""
    heads = split_row(lines[0])
    for line in lines[2:] or lines[:1]:
        for head, value in zip(heads, split_row(line), strict=False):
            if value:
                yield _Unit(
                    f"{head}: {value}\n" if head and line is not lines[0] else f"{value}\n", number, _PLAIN, page
                )


# --- units that are too long ----------------------------------------------------------------------------------------


def _fitted(sections: list[_Section], count_tokens: CountTokens, limit: int) -> list[_Section]:
    """The sections with counted units, none of which exceeds the limit with its frame.

    A row that does not fit is written as `column: value` lines; a sentence is cut at its commas, then blanks, then
    anywhere.
    """
    while True:
        waiting = [unit for section in sections for unit in section.units if not unit.tokens]
        counts = iter(count_tokens([unit.text for unit in waiting if not _is_huge(unit, limit)]))
        grown = False
        fitted = []
        for section in sections:
            units: list[_Unit] = []
            for unit in section.units:
                if not unit.tokens and _is_huge(unit, limit):
                    units += _smaller(unit)
                    grown = True
                    continue
                counted = unit if unit.tokens else replace(unit, tokens=max(1, next(counts)))
                if counted.tokens + counted.frame.tokens <= limit:
                    units.append(counted)
                else:
                    units += _smaller(counted)
                    grown = True
            fitted.append(replace(section, units=units))
        sections = fitted
        if not grown:
            return sections


def _is_huge(unit: _Unit, limit: int) -> bool:
    """Whether a unit is too long whatever its tokens are; a tokenizer would need minutes for a line of megabytes."""
    return len(unit.text) > _CHARACTERS_PER_TOKEN * limit


def _smaller(unit: _Unit) -> Iterable[_Unit]:
    if unit.frame.before.startswith("|"):
        return list(
            _record_units([*unit.frame.before.rstrip("\n").split("\n"), unit.text.rstrip("\n")], unit.block, unit.page)
        )
    text = unit.text
    if len(text) <= 1:
        return [replace(unit, frame=_PLAIN, tokens=1)]  # a single character of many tokens; there is nothing to cut
    middle = _break_near_middle(text)
    return [replace(unit, text=part, tokens=0) for part in (text[:middle], text[middle:])]


def _break_near_middle(text: str) -> int:
    """Where to cut a text in two: behind the mark or blank next to its middle, else in the middle."""
    half = len(text) // 2
    first, last = max(len(text) // 5, half - _NEAR), min(len(text) * 4 // 5, half + _NEAR)
    for pattern in _BREAKS:
        places = [match.end() for match in pattern.finditer(text, max(0, first - 1), last + 1)]
        places = [place for place in places if first <= place <= last]
        if places:
            return min(places, key=lambda place: abs(place - half))
    return half


# --- packing --------------------------------------------------------------------------------------------------------


def _pack(section: _Section, limit: int, overlap: int) -> Iterator[Piece]:
    """Chunks of one section, about equally full, so that none is a leftover of a few words."""
    units = section.units
    total = sum(unit.tokens for unit in units) + sum({unit.block: unit.frame.tokens for unit in units}.values())
    target = -(-total // max(1, -(-total // limit)))
    packed: list[_Unit] = []
    used = 0
    repeated = 0
    for unit in units:
        extra = unit.tokens + (unit.frame.tokens if not packed or packed[-1].block != unit.block else 0)
        if len(packed) > repeated and (used + extra > limit or used >= target):
            yield _piece(section, packed, used)
            packed = _tail(packed, min(overlap, limit - unit.tokens - unit.frame.tokens)) if overlap else []
            repeated = len(packed)
            used = sum(one.tokens for one in packed)
            extra = unit.tokens + unit.frame.tokens if not packed or packed[-1].block != unit.block else unit.tokens
        packed.append(unit)
        used += extra
    if packed:
        yield _piece(section, packed, used)


def _tail(packed: Sequence[_Unit], overlap: int) -> list[_Unit]:
    """The last sentences of a chunk that fit into the overlap."""
    tail: list[_Unit] = []
    room = overlap
    for unit in reversed(packed):
        if unit.frame is not _PLAIN or unit.tokens > room:
            break
        tail.insert(0, unit)
        room -= unit.tokens
    return tail


def _piece(section: _Section, units: Sequence[_Unit], tokens: int) -> Piece:
    parts: list[str] = []
    start = 0
    for place in range(1, len(units) + 1):
        if place == len(units) or units[place].block != units[start].block:
            body = "".join(unit.text for unit in units[start:place]).rstrip()
            frame = units[start].frame
            parts.append(f"{frame.before}{body}{frame.after}")
            start = place
    page = next((unit.page for unit in units if unit.page is not None), None)
    return Piece(_BETWEEN_BLOCKS.join(parts).strip("\n"), section.path, page, tokens, section.apart)


def _checked(pieces: list[Piece], count_tokens: CountTokens, limit: int) -> list[Piece]:
    """The pieces with the token counts of their texts as they are.

    Sums of sentences are upper bounds for the tokenizers that we know; another one might disagree by a token or two,
    and is not given what it would cut off.
    """
    counts = count_tokens([piece.text for piece in pieces])
    checked: list[Piece] = []
    for piece, tokens in zip(pieces, counts, strict=True):
        if tokens <= limit or len(piece.text) <= 1:
            checked.append(replace(piece, tokens=tokens))
            continue
        middle = _break_near_middle(piece.text)
        halves = [replace(piece, text=text.strip()) for text in (piece.text[:middle], piece.text[middle:])]
        checked += _checked([half for half in halves if half.text], count_tokens, limit)
    return checked


# --- small sections -------------------------------------------------------------------------------------------------


def _merged(pieces: list[Piece], count_tokens: CountTokens, limit: int) -> list[Piece]:
    """The pieces with neighbouring small sections of one parent as one chunk, their headings as lines in it."""
    groups: list[list[Piece]] = []
    sizes: list[int] = []
    for piece in pieces:
        small = piece.tokens * _SMALL_SHARE <= limit
        if (
            groups
            and small
            and sizes[-1] + piece.tokens <= limit // _MERGED_SHARE
            and _siblings(groups[-1][-1], piece, limit)
        ):
            groups[-1].append(piece)
            sizes[-1] += piece.tokens
        else:
            groups.append([piece])
            sizes.append(piece.tokens)
    joined = [_joined(group) for group in groups if len(group) > 1]
    fresh = iter(zip(joined, count_tokens([piece.text for piece in joined]), strict=True))
    result: list[Piece] = []
    for group in groups:
        piece, tokens = next(fresh) if len(group) > 1 else (group[0], group[0].tokens)
        result += [replace(piece, tokens=tokens)] if tokens <= limit else group
    return result


def _siblings(before: Piece, piece: Piece, limit: int) -> bool:
    """Whether both are small, stand under different headings of one parent, and neither is to stand alone."""
    same_parent = before.heading[:-1] == piece.heading[:-1] and before.heading != piece.heading
    return same_parent and before.tokens * _SMALL_SHARE <= limit and not (before.apart or piece.apart)


def _joined(group: list[Piece]) -> Piece:
    parent = group[0].heading[:-1]
    parts = [f"**{piece.heading[-1]}**\n{piece.text}" if piece.heading else piece.text for piece in group]
    return Piece(_BETWEEN_BLOCKS.join(parts), parent, group[0].page, 0)


def embedding_text(title: str, heading: str, text: str) -> str:
    """What is embedded of a chunk: its title and headings on one line, then its text.

    The text alone is often a list of conditions that does not say of what.
    """
    head = HEADING_SEPARATOR.join(part for part in (title, heading) if part)
    return f"{head}\n{text}" if head else text
