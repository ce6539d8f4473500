"""A dataset on the disk: a folder with the parts as JSONL, the datasheet, and what was struck out.

A folder is made beside and renamed when it is whole. What was struck out stands in `struck.jsonl`, which is written
first: parts and datasheet follow from it, and a change that was killed half-way is finished with the next one.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.datasets.balance import balance
from app.datasets.types import PARTS, DatasetRow, Datasheet, StruckRow
from knowledge.errors import Damaged, InvalidInput
from knowledge.files import sha256_of, sync_file, whole_folder

SHEET = "datasheet.json"
STRUCK = "struck.jsonl"
MAKING = ".making-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Row = dict[str, Any]


def checked_name(name: str) -> str:
    """A name that can be a folder's; raises InvalidInput."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name}: no name for a dataset; take letters, digits, dots, dashes, 64 at most")
    return name


def read_part(folder: Path, part: str) -> list[Row]:
    """The rows of a part; a part that there is none of has none."""
    return _read_lines(folder / f"{part}.jsonl")


def read_sheet(folder: Path) -> Datasheet:
    """The datasheet, with `problem` when the files are not those that it tells of. Raises Damaged."""
    try:
        value = json.loads((folder / SHEET).read_text(encoding="utf-8"))
        value |= {"access": tuple(value["access"]), "sources": tuple(value["sources"])}
        sheet = Datasheet(**{**value, "problem": ""})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Damaged(f"{folder / SHEET}: is no datasheet ({error}); make the dataset again") from error
    return replace(sheet, problem=_problem(folder, sheet))


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A hidden folder to write into, which becomes `folder` when all went well and goes when not.

    Raises InvalidInput when the name is taken. What a kill left behind earlier goes too; the caller sees to it that
    nobody else is making one.
    """
    if folder.exists():
        raise InvalidInput(f"{folder.name}: there is a dataset of that name; take another one, or remove it first")
    for left in folder.parent.glob(f"{MAKING}*"):
        shutil.rmtree(left)
    with whole_folder(folder, MAKING) as hidden:
        yield hidden


def write_part(folder: Path, part: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A part in place of what was there; an empty one has no file."""
    _write_lines(folder / f"{part}.jsonl", rows)


def write_sheet(folder: Path, sheet: Datasheet) -> None:
    """The datasheet in place of what was there."""
    value = {key: each for key, each in sheet.to_json().items() if key != "problem"}
    _replace(folder / SHEET, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def counted(folder: Path) -> dict[str, Any]:
    """What a datasheet says of the rows that are there: parts, balance, files, struck."""
    parts = {part: read_part(folder, part) for part in PARTS}
    return {
        "parts": {part: len(rows) for part, rows in parts.items()},
        "balance": balance(row for rows in parts.values() for row in rows),
        "files": {file.name: sha256_of(file) for file in files_of(folder)},
        "struck": len(_read_lines(folder / STRUCK)),
    }


def files_of(folder: Path) -> list[Path]:
    """The files of the parts, in their order."""
    return [file for part in PARTS if (file := folder / f"{part}.jsonl").is_file()]


# --- striking out ---------------------------------------------------------------------------------------------------


def strike(folder: Path, ids: Iterable[str], about: Mapping[str, Any]) -> None:
    """Strike rows out; `about` says who, when and why. Raises InvalidInput when one is not there or none is left."""
    wanted = set(ids)
    found = [
        {"id": row["id"], "part": part, **about, "row": row}
        for part in PARTS
        for row in read_part(folder, part)
        if row["id"] in wanted
    ]
    missing = wanted - {each["id"] for each in found}
    if missing or not wanted:
        raise InvalidInput(f"{folder.name}: no such row: {', '.join(sorted(missing)) or 'none was given'}")
    if {row["id"] for row in read_part(folder, "train")} <= wanted:
        raise InvalidInput(f"{folder.name}: no row would be left to train on; remove the dataset instead")
    _write_lines(folder / STRUCK, [*_read_lines(folder / STRUCK), *found])
    settle(folder)


def put_back(folder: Path, ids: Iterable[str]) -> None:
    """Put rows that were struck out into their parts again. Raises InvalidInput for one that was not."""
    wanted = set(ids)
    struck = _read_lines(folder / STRUCK)
    found = [each for each in struck if each["id"] in wanted]
    missing = wanted - {each["id"] for each in found}
    if missing or not wanted:
        raise InvalidInput(f"{folder.name}: not struck out: {', '.join(sorted(missing)) or 'none was given'}")
    for part in PARTS:
        rows = read_part(folder, part)
        there = {row["id"] for row in rows}  # when this was killed half-way before
        back = [each["row"] for each in found if each["part"] == part and each["id"] not in there]
        if back:
            write_part(folder, part, [*rows, *back])
    _write_lines(folder / STRUCK, [each for each in struck if each["id"] not in wanted])


def settle(folder: Path) -> None:
    """Take what is struck out out of the parts; also what a kill left in them."""
    struck = {each["id"] for each in _read_lines(folder / STRUCK)}
    for part in PARTS:
        rows = read_part(folder, part)
        left = [row for row in rows if row["id"] not in struck]
        if len(left) < len(rows):
            write_part(folder, part, left)


def all_rows(folder: Path) -> list[Row]:
    """The rows of all parts, and those that were struck out."""
    kept = [row for part in PARTS for row in read_part(folder, part)]
    return [*kept, *(each["row"] for each in _read_lines(folder / STRUCK))]


# --- erasing --------------------------------------------------------------------------------------------------------


def erase(folder: Path, gone: Callable[[Row], bool]) -> int:
    """Take rows out for good, also those that were struck out; gives how many went."""
    erased = 0
    for part in PARTS:
        rows = read_part(folder, part)
        left = [row for row in rows if not gone(row)]
        if len(left) < len(rows):
            write_part(folder, part, left)
            erased += len(rows) - len(left)
    struck = _read_lines(folder / STRUCK)
    stays = [each for each in struck if not gone(each["row"])]
    if len(stays) < len(struck):
        _write_lines(folder / STRUCK, stays)
    return erased + len(struck) - len(stays)


def read_struck(folder: Path) -> list[StruckRow]:
    """What was struck out, the newest first."""
    found = [
        StruckRow(shown(each["row"], each["part"]), each["by"], each["at"], each["reason"])
        for each in _read_lines(folder / STRUCK)
    ]
    return found[::-1]


# --- rows -----------------------------------------------------------------------------------------------------------


def shown(row: Mapping[str, Any], part: str) -> DatasetRow:
    """A row for looking at, whatever its form."""
    origin = row.get("origin", {})
    if "chosen" in row:
        asked, answer, rejected = row["prompt"], row["chosen"][-1]["content"], row["rejected"][-1]["content"]
    elif "messages" in row:
        *asked, last = row["messages"]
        answer, rejected = last["content"], ""
    else:
        asked, answer, rejected = [{"role": "user", "content": row["instruction"]}], row["output"], ""
    return DatasetRow(
        id=str(row["id"]),
        part=part,
        kind=str(row.get("kind", "")),
        source=str(origin.get("id", row.get("source", ""))),
        title=str(origin.get("title", "")),
        language="zh" if row.get("lang") == "zh" else "en",
        question="\n\n".join(each["content"] for each in asked if each["role"] != "system"),
        context=str(row.get("input", "")),
        answer=answer,
        rejected=rejected,
    )


def _problem(folder: Path, sheet: Datasheet) -> str:
    found = {file.name: sha256_of(file) for file in files_of(folder)}
    changed = sorted(name for name in {*found, *sheet.files} if found.get(name) != sheet.files.get(name))
    return f"{', '.join(changed)}: not as the datasheet says; make the dataset again" if changed else ""


def _read_lines(file: Path) -> list[Row]:
    if not file.is_file():
        return []
    try:
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise Damaged(f"{file}: cannot be read ({error}); make the dataset again") from error


def _write_lines(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        _replace(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    else:
        file.unlink(missing_ok=True)


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, encoding="utf-8")
    sync_file(fresh)
    fresh.replace(file)
