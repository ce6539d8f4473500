r"""RTF, read after Microsoft's specification 1.9: text in every code page, headings, lists, tables, notes.

The file is a stream of groups `{…}`, control words `\word12 ` and text. Groups that hold no text of the document
(destinations such as `\fonttbl`, or any marked `\*`) are skipped whole.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingest.loaders.headings import heading_level
from ingest.loaders.tables import markdown_table
from ingest.types import Block, Limits, LoadedDocument, Unreadable

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf "
    b"annotation atnid atnauthor listtable listoverridetable revtbl rsidtbl themedata datastore latentstyles "
    b"xmlnstbl generator fldinst nonshppict filetbl mmathPr pgdsctbl private xe tc rxe bkmkstart bkmkend ftnsep "
    b"ftnsepc aftnsep aftnsepc objdata shpinst pntext listtext deleted".split()
)
_KEPT_MARKED = frozenset({b"shppict", b"footnote"})
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5hkscs", 161: "cp1253",
    162: "cp1254", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
_CHARACTERS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"tab": "\t", b"line": "\n", b"emspace": " ", b"enspace": " ", b"qmspace": " ",
}  # fmt: skip
_SYMBOLS = {b"~": " ", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\"}
_INFO = {b"title": "title", b"author": "author", b"subject": "subject", b"keywords": "keywords"}
_MOST_DEPTH = 2000
_TINY = 2
_DEEPEST_HEADING = 6
_LONGEST_BOLD = 60
_ASCII = 0x7F
_FEW_FOREIGN = 3
_STYLE = re.compile(rb"\{[^{}]*?\\s(\d{1,4})\b[^{}]*?(?:heading|\\u26631|\xb1\xea\xcc\xe2)\s?(\d)", re.IGNORECASE)


def load(data: bytes, name: str, limits: Limits) -> LoadedDocument:  # noqa: ARG001 - every loader's signature
    """The text without headers and footers, comments, hidden and deleted text and pictures."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise Unreadable("no RTF file")
    reader = _Reader(_styles(data))
    for token in _TOKEN.finditer(data):
        reader.token(token)
    blocks = list(_joined_lists(reader.finished()))
    metadata = {key: value for key, value in reader.info.items() if key != "title" and value}
    return LoadedDocument("rtf", tuple(blocks), reader.info.get("title", ""), metadata)


def _styles(data: bytes) -> dict[int, int]:
    """Numbers of the style sheet's heading styles with their levels."""
    start = data.find(b"{\\stylesheet")
    end = data.find(b"}}", start) if start >= 0 else -1
    found = _STYLE.findall(data[start : end + 1]) if end > 0 else []
    return {int(number): min(int(level), _DEEPEST_HEADING) for number, level in found if int(level)}


@dataclass(frozen=True, slots=True)
class _State:
    """What holds inside a group until it ends."""

    skipped: bool = False
    hidden: bool = False
    target: str = "body"
    encoding: str = "cp1252"
    skip_after_unicode: int = 1


@dataclass(frozen=True, slots=True)
class _Paragraph:
    r"""What holds for a paragraph until `\pard`."""

    heading: int = 0
    listed: bool = False
    in_table: bool = False


@dataclass(slots=True)
class _Reader:
    """Takes the tokens of a file one after another."""

    heading_styles: dict[int, int]
    info: dict[str, str] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)
    _state: _State = field(default_factory=_State)
    _stack: list[_State] = field(default_factory=list)
    _fonts: dict[int, str] = field(default_factory=dict)
    _font: int = 0
    _default: str = "cp1252"
    _paragraph: _Paragraph = field(default_factory=_Paragraph)
    _bytes: bytearray = field(default_factory=bytearray)
    _text: list[str] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _note: list[str] = field(default_factory=list)
    _cells: list[str] = field(default_factory=list)
    _rows: list[list[str]] = field(default_factory=list)
    _bold: bool = False
    _all_bold: bool = True
    _to_skip: int = 0
    _group_begins: bool = False

    def token(self, token: re.Match[bytes]) -> None:
        """The next token."""
        word, number, escaped, symbol, brace, text = token.groups()
        begins, self._group_begins = self._group_begins, False
        if brace == b"{":
            self._flush()
            if len(self._stack) > _MOST_DEPTH:
                raise Unreadable("nested too deep")
            self._stack.append(self._state)
            self._group_begins = True
        elif brace == b"}":
            self._close()
        elif word is not None:
            self._word(word, int(number) if number else None, begins=begins)
        elif escaped is not None:
            self._add_bytes(bytes([int(escaped, 16)]))
        elif symbol is not None:
            self._symbol(symbol)
        elif text is not None:
            self._add_bytes(text)

    def _close(self) -> None:
        self._flush()
        if not self._stack:
            return
        before = self._stack.pop()
        if self._state.target == "note" and before.target != "note":
            self._notes.append(" ".join("".join(self._note).split()))
            self._note = []
        self._state = before

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._group_begins = True
            self._state = replace(self._state, skipped=True)
        elif symbol in {b"\r", b"\n"}:
            self._end_paragraph()
        elif symbol in _SYMBOLS:
            self._flush()
            self._add(_SYMBOLS[symbol])

    def _word(self, word: bytes, number: int | None, *, begins: bool) -> None:  # noqa: C901, PLR0912 - a table of words
        on = number != 0
        if word == b"u" and number is not None:
            self._unicode(number)
            return
        self._flush()
        if begins and self._destination(word):
            return
        match word:
            case b"par" | b"sect" | b"page":
                self._end_paragraph()
            case b"cell" | b"nestcell":
                self._end_cell()
            case b"row" | b"nestrow":
                self._end_row()
            case b"pard":
                self._paragraph = _Paragraph()
            case b"intbl":
                self._paragraph = replace(self._paragraph, in_table=True)
            case b"plain":
                self._state = replace(self._state, hidden=False)
                self._bold = False
            case b"v" | b"deleted":
                self._state = replace(self._state, hidden=on)
            case b"fs":
                self._state = replace(self._state, hidden=number is not None and number <= _TINY)
            case b"b":
                self._bold = on
            case b"uc":
                self._state = replace(self._state, skip_after_unicode=max(0, min(number or 0, 10)))
            case _:
                self._formatting(word, number)

    def _formatting(self, word: bytes, number: int | None) -> None:
        if word == b"ansicpg" and number is not None:
            self._default = _known(f"cp{number}", self._default)
            self._state = replace(self._state, encoding=self._default)
        elif word == b"f" and number is not None:
            self._font = number
            self._state = replace(self._state, encoding=self._fonts.get(number, self._default))
        elif word == b"fcharset" and number is not None:
            self._fonts[self._font] = _known(_CHARSETS.get(number, ""), self._default) if number > 1 else self._default
        elif word == b"s" and number in self.heading_styles:
            self._paragraph = replace(self._paragraph, heading=self.heading_styles[number])
        elif word == b"outlinelevel" and number is not None and 0 <= number < _DEEPEST_HEADING:
            self._paragraph = replace(self._paragraph, heading=number + 1)
        elif word in {b"ls", b"pn"} or (word == b"pnlvl" and number):
            self._paragraph = replace(self._paragraph, listed=True)
        elif word in _CHARACTERS:
            self._add(_CHARACTERS[word])

    def _destination(self, word: bytes) -> bool:
        """Whether a word at the beginning of a group says that the group is no text of the body."""
        if word in _INFO and self._in_info():
            if any(state.target == "ud" for state in self._stack):  # the same again in Unicode
                self.info[_INFO[word]] = ""
            self._state = replace(self._state, skipped=False, target=_INFO[word])
            return True
        if word == b"ud":
            self._state = replace(self._state, target="ud")
            return True
        if word == b"footnote":
            self._state = replace(self._state, skipped=False, target="note")
            return True
        if word in _KEPT_MARKED:
            return False
        if word in _SKIPPED:
            target = "info" if word == b"info" else "skipped"
            if word in {b"pntext", b"listtext"}:
                self._paragraph = replace(self._paragraph, listed=True)
            self._state = replace(self._state, skipped=True, target=target)
            return word != b"deleted"
        return False

    def _in_info(self) -> bool:
        return any(state.target == "info" for state in self._stack)

    def _unicode(self, number: int) -> None:
        self._flush()
        code = number + 0x10000 if number < 0 else number
        self._add(chr(code) if 0 <= code <= sys.maxunicode else "\ufffd")
        self._to_skip = self._state.skip_after_unicode

    def _add_bytes(self, content: bytes) -> None:
        if self._to_skip:
            dropped = min(self._to_skip, len(content))
            self._to_skip -= dropped
            content = content[dropped:]
        if content and not self._is_silent():
            self._bytes += content

    def _is_silent(self) -> bool:
        return self._state.skipped or self._state.hidden

    def _flush(self) -> None:
        """Bytes collected so far become text: a character may have come in two of them."""
        self._to_skip = 0
        if self._bytes:
            text = _decoded(bytes(self._bytes), self._state.encoding)
            self._bytes.clear()
            self._add(text)

    def _add(self, text: str) -> None:
        if self._is_silent():
            return
        if self._state.target == "note":
            self._note.append(text)
        elif self._state.target == "body":
            self._text.append(text)
            self._all_bold = self._all_bold and (self._bold or not text.strip())
        else:
            self.info[self._state.target] = self.info.get(self._state.target, "") + text

    def _taken(self) -> str:
        text = _joined_surrogates("".join(self._text)).strip()
        self._text.clear()
        return text

    def _end_paragraph(self) -> None:
        if self._state.target == "note":
            self._note.append(" ")
            return
        if self._is_silent():
            return
        if self._paragraph.in_table:
            self._text.append("\n")
            return
        self._end_table()
        bold, self._all_bold = self._all_bold, True
        text = self._taken()
        if not text:
            return
        level = self._paragraph.heading or (heading_level(text) or 0 if bold and len(text) <= _LONGEST_BOLD else 0)
        if level and "\n" not in text:
            self._blocks.append(Block("heading", text, level))
        elif self._paragraph.listed:
            self._blocks.append(Block("list", f"- {text}"))
        else:
            self._blocks.append(Block("text", text))

    def _end_cell(self) -> None:
        if not self._is_silent():
            self._cells.append(self._taken())

    def _end_row(self) -> None:
        if self._cells:
            self._rows.append(self._cells)
            self._cells = []

    def _end_table(self) -> None:
        self._end_row()
        if self._rows:
            self._blocks.append(Block("table", markdown_table(self._rows)))
            self._rows = []

    def finished(self) -> list[Block]:
        """All blocks, notes as a list at the end."""
        self._flush()
        self._paragraph = replace(self._paragraph, in_table=False)
        self._state = _State()
        self._end_paragraph()
        notes = [note for note in self._notes if note]
        return [*self._blocks, *([Block("list", "\n".join(f"- {note}" for note in notes))] if notes else [])]


def _decoded(data: bytes, encoding: str) -> str:
    """Fonts "of the system" are used for Western text in Chinese files and for Chinese: what fits decides."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        foreign = sum(byte > _ASCII for byte in data)
        return data.decode("cp1252" if foreign <= _FEW_FOREIGN else encoding, "replace")


def _known(name: str, default: str) -> str:
    try:
        return codecs.lookup({"cp936": "gb18030", "cp950": "big5hkscs", "cp10000": "mac_roman"}.get(name, name)).name
    except LookupError:
        return default


def _joined_surrogates(text: str) -> str:
    """Characters beyond the first plane come as two numbers."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _joined_lists(blocks: list[Block]) -> Iterator[Block]:
    waiting: list[str] = []
    for block in blocks:
        if block.kind == "list":
            waiting.append(block.text)
            continue
        if waiting:
            yield Block("list", "\n".join(waiting))
            waiting = []
        yield block
    if waiting:
        yield Block("list", "\n".join(waiting))
