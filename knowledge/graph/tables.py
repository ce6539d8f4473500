"""Tables from CSV, TSV and XLSX files: encoding and delimiter found out, one clear line for what cannot be read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from knowledge.errors import InvalidInput

TABLE_ENDINGS = frozenset({".csv", ".tsv", ".xlsx"})
MAX_TABLE_BYTES = 200 << 20
MAX_CELL_CHARACTERS = 100_000
MAX_COLUMNS = 500
MAX_UNPACKED = 1 << 30
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 30
_ENCODINGS = ("utf_8", "gb18030", "big5", "shift_jis", "cp1252", "euc_kr")


@dataclass(frozen=True, slots=True)
class TermTable:
    """A table as text. `rows` have as many cells as `headers`; `lines` say where each row begins in the file.

    `delimiter` is "" for a workbook, `sheets` are its sheets' names.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()


def read_table(
    path: Path, *, sheet: str | None = None, encoding: str | None = None, delimiter: str | None = None
) -> TermTable:
    """The table in a file; its first row that is not empty holds the headers.

    Encoding and delimiter are found out unless given; `sheet` names one of a workbook's sheets (default: the first).
    Raises InvalidInput, naming file and line, for what cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > MAX_TABLE_BYTES:
            raise InvalidInput(f"{path}: {size >> 20} MiB; term tables may have {MAX_TABLE_BYTES >> 20} MiB")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput(f"{path}: no such file") from error
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror or error}") from error
    if path.suffix.lower() == ".xlsx":
        return _workbook(path, data, sheet)
    text, used = _decoded(path, data, encoding)
    if delimiter is None:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    if len(delimiter) != 1:
        raise InvalidInput(f"{path}: the delimiter {delimiter!r} is not one character")
    return _table(path, _separated(path, text, delimiter), used, delimiter, ())


def _decoded(path: Path, data: bytes, wanted: str | None) -> tuple[str, str]:
    """The text of a file and its encoding."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if wanted is None and data.startswith(mark):
            wanted = name
    if wanted is None and b"\0" in data:
        raise InvalidInput(f"{path}: this is no text (it holds zero bytes); save the table as CSV or XLSX")
    if wanted is None:
        wanted = _encoding(data)
    try:
        return data.decode(wanted), wanted.replace("_", "-")
    except LookupError as error:
        raise InvalidInput(f"{path}: there is no encoding {wanted!r}; utf-8 and gb18030 are usual ones") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{path}: line {line}: not {wanted}; name another encoding or save it as UTF-8") from error


def _encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        found = from_bytes(data[: 1 << 20], cp_isolation=list(_ENCODINGS[1:])).best()
        return found.encoding if found is not None else "utf_8"
    return "utf_8"


def _delimiter(text: str) -> str:
    """The one that cuts the first lines into most cells, equally many in each."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row]
        except csv.Error:
            return 0, 0
        usual = max(set(widths), key=widths.count, default=0)
        return (usual if usual > 1 else 0), widths.count(usual)

    return max(_DELIMITERS, key=fit)


def _separated(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(f"{path}: line {line}: {error} (quotation marks within a cell are doubled)") from error


def _workbook(path: Path, data: bytes, sheet: str | None) -> TermTable:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise InvalidInput(f"{path}: it unpacks to more than {MAX_UNPACKED >> 20} MiB")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    # What openpyxl lets through for files that are no or damaged workbooks; entities are refused by defusedxml
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, ParseError, OSError) as error:
        raise InvalidInput(f"{path}: not a readable XLSX workbook: {_one_line(error)}") from error
    try:
        names = tuple(book.sheetnames)
        if not names or (sheet is not None and sheet not in names):
            raise InvalidInput(f"{path}: no sheet {sheet!r}; there are: {', '.join(names) or 'none'}")
        chosen = book[sheet if sheet is not None else names[0]]
        if not hasattr(chosen, "iter_rows"):
            raise InvalidInput(f"{path}: the sheet {chosen.title!r} holds no table")
        rows = (
            (number, [_cell(value) for value in row])
            for number, row in enumerate(chosen.iter_rows(values_only=True), 1)
        )
        return _table(path, rows, "", "", names)
    except (ParseError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"{path}: not a readable XLSX workbook: {_one_line(error)}") from error
    finally:
        book.close()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)


def _table(
    path: Path, source: Iterator[tuple[int, list[str]]], encoding: str, delimiter: str, sheets: tuple[str, ...]
) -> TermTable:
    headers: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for line, cells in source:
        row = [cell.strip() for cell in cells]
        if not any(row):
            continue
        for place, cell in enumerate(row, 1):
            if len(cell) > MAX_CELL_CHARACTERS:
                raise InvalidInput(
                    f"{path}: line {line}, column {place}: a cell of {len(cell)} characters; "
                    f"cells may have {MAX_CELL_CHARACTERS}"
                )
        if not headers:
            headers = _headers(row)
            if len(headers) > MAX_COLUMNS:
                raise InvalidInput(f"{path}: {len(headers)} columns; term tables may have {MAX_COLUMNS}")
            continue
        if len(row) > len(headers) and any(row[len(headers) :]):
            raise InvalidInput(
                f"{path}: line {line}: {len(row)} cells, but the table has {len(headers)} columns; "
                "is a cell with the delimiter in it without quotation marks?"
            )
        rows.append(tuple((row + [""] * len(headers))[: len(headers)]))
        lines.append(line)
    if not headers:
        raise InvalidInput(f"{path}: no table in it; its first row names the columns")
    return TermTable(headers, tuple(rows), tuple(lines), encoding, delimiter, sheets)


def _headers(row: list[str]) -> tuple[str, ...]:
    """The headers without empty ones at the end; two with the same text are told apart."""
    while row and not row[-1]:
        row = row[:-1]
    seen: dict[str, int] = {}
    headers = []
    for place, text in enumerate(row, 1):
        name = " ".join(text.lstrip("\ufeff").split()) or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        headers.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(headers)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
