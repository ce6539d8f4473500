"""The company's own directory: who its people are, by every name they go by, and their work contacts.

A CSV file with a head line, or LDIF (RFC 2849) as directory servers export it.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest.desensitize.context import HAN
from knowledge.errors import InvalidInput

DIRECTORY_NAME = "directory.csv"
"""Where the people of a workspace stand whose settings name no directory."""
_NAMES = re.compile(
    r"^(?:姓名|名字|中文名|英文名|拼音|别名|曾用名|显示名|name(?:[ _-]?(?:zh|en|cn))?|(?:full|display|english|"
    r"chinese|common|preferred)[ _-]?name|alias(?:es)?|cn|displayname)$"
)
_GIVEN = re.compile(r"^(?:given[ _-]?name|first[ _-]?name|名)$")
_SURNAME = re.compile(r"^(?:sn|surname|last[ _-]?name|family[ _-]?name|姓)$")
_MAIL = re.compile(r"^(?:e-?mail|mail|邮箱|电子邮件|工作邮箱|work[ _-]?e?mail|mailalternateaddress)$")
_PHONE = re.compile(
    r"^(?:telephone ?number|work[ _-]?phone|office[ _-]?phone|business[ _-]?phone|desk[ _-]?phone|工作电话|"
    r"办公电话|座机|分机|work[ _-]?mobile|工作手机|ext(?:ension)?)$"
)
_SPLIT = re.compile(r"\s*[;；|]\s*")
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person: all names, and the contacts at work. Private numbers of the file are not read."""

    names: tuple[str, ...]
    contacts: tuple[str, ...] = ()


class Directory:
    """The people of a file. Empty directories are fine."""

    def __init__(self, people: Iterable[Colleague] = (), fingerprint: str = "") -> None:
        self.people = tuple(people)
        self.fingerprint = fingerprint
        self._person_of: dict[str, int] = {}
        for number, person in enumerate(self.people):
            for name in person.names:
                self._person_of.setdefault(plain_name(name), number)
                first, _, last = plain_name(name).rpartition(" ")
                if first:
                    self._person_of.setdefault(f"{last} {first}", number)

    def person(self, name: str) -> int | None:
        """The number of the person who goes by this name, in any writing; None for others."""
        return self._person_of.get(plain_name(name))

    def knows_part(self, name: str) -> bool:
        """Whether this is a given name or surname of somebody here, as letters address people."""
        return plain_name(name) in self._parts

    @cached_property
    def _parts(self) -> frozenset[str]:
        names = (name for person in self.people for name in person.names if not HAN.search(name))
        parts = {part for name in names for part in plain_name(name).split(" ") if len(part) > _SHORTEST}
        dotted = (
            part for person in self.people for name in person.names for part in re.split("[·•・]", name) if "·" in name
        )
        return frozenset(parts | {part for part in dotted if len(part) >= _SHORTEST})

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of the names of people in `text`, the longest first at each place."""
        if not self.people:
            return
        for _, start, end in self._automaton.find_matches_as_indexes(text):
            latin = not HAN.search(text[start])
            if latin and (_is_letter(text[start - 1 : start]) or _is_letter(text[end : end + 1])):
                continue
            yield start, end

    @cached_property
    def _automaton(self) -> Any:
        from ahocorasick_rs import AhoCorasick, MatchKind

        return AhoCorasick(list(self._written), matchkind=MatchKind.LeftmostLongest)

    @cached_property
    def _written(self) -> tuple[str, ...]:
        """The names as they may stand in a text: also surname first or in capitals, and with other dots."""
        forms: set[str] = set()
        for person in self.people:
            for name in person.names:
                forms.add(name)
                first, _, last = name.rpartition(" ")
                if first and not HAN.search(name):
                    forms |= {
                        f"{last} {first}",
                        f"{last.upper()} {first}",
                        f"{first} {last.upper()}",
                        f"{last}, {first}",
                    }
                if "·" in name:
                    forms |= {name.replace("·", mark) for mark in "•・‧"}
        return tuple(sorted(form for form in forms if len(form) >= _SHORTEST))


def plain_name(name: str) -> str:
    """A name in lower case with single blanks, the surname last and one kind of dot: equal for its writings."""
    text = re.sub("[•・‧]", "·", " ".join(name.split()).lower())
    last, comma, first = text.partition(", ")
    return f"{first} {last}" if comma else text


def _is_letter(character: str) -> bool:
    return character.isalpha() and character < "\u3000"


def load_directory(path: Path) -> Directory:
    """The people in a CSV or LDIF file. Raises InvalidInput when there is none, or no column with names."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{path}: the directory cannot be read: {error.strerror}; [desensitize] directory names it"
        ) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: the directory is not UTF-8 at byte {error.start}; convert it first") from error
    is_ldif = path.suffix.lower() in {".ldif", ".ldf"} or re.match(r"(?:version: ?\d+\s+)?dn:", text) is not None
    people = list(_of_ldif(text, path) if is_ldif else _of_csv(text, path))
    return Directory(people, hashlib.sha256(content).hexdigest()[:16])


def _of_csv(text: str, path: Path) -> Iterator[Colleague]:
    lines = "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    head = lines.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(lines), delimiter=mark)
    kinds = {name: name.strip().lower() for name in rows.fieldnames or ()}
    if not any(_NAMES.match(kind) or _GIVEN.match(kind) for kind in kinds.values()):
        raise InvalidInput(f"{path}: no column with names; its first line needs a head such as name or 姓名")
    for row in rows:
        values: dict[str, list[str]] = {}
        for name, kind in kinds.items():
            value = row.get(name)
            if isinstance(value, str) and value.strip():
                values.setdefault(kind, []).append(value.strip())
        person = _colleague(values)
        if person.names:
            yield person


def _of_ldif(text: str, path: Path) -> Iterator[Colleague]:
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for record in re.split(r"(?:\r?\n){2,}", unfolded):
        values: dict[str, list[str]] = {}
        for line in record.splitlines():
            key, _, value = line.partition(":")
            if line.startswith("#") or not value:
                continue
            values.setdefault(key.partition(";")[0].strip().lower(), []).append(_ldif_value(value, path))
        person = _colleague(values)
        if person.names and "dn" in values:
            yield person


def _ldif_value(value: str, path: Path) -> str:
    if not value.startswith(":"):
        return value.strip()
    try:
        return base64.b64decode(value[1:].strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: a value marked as base64 cannot be read; export the directory again") from error


def _colleague(values: Mapping[str, list[str]]) -> Colleague:
    names: list[str] = []
    contacts: list[str] = []
    parts: dict[str, str] = {}
    for kind, found in values.items():
        for value in found:
            if _NAMES.match(kind):
                names += [part for part in _SPLIT.split(value) if part]
            elif _GIVEN.match(kind):
                parts["given"] = value
            elif _SURNAME.match(kind):
                parts["surname"] = value
            elif _MAIL.match(kind) or _PHONE.match(kind):
                contacts += [part for part in _SPLIT.split(value) if part]
    if len(parts) == 2:  # noqa: PLR2004 - a given name and a surname make a name
        given, surname = parts["given"], parts["surname"]
        names.append(f"{surname}{given}" if HAN.search(surname + given) else f"{given} {surname}")
    return Colleague(
        tuple(dict.fromkeys(name for name in names if len(name) >= _SHORTEST)), tuple(dict.fromkeys(contacts))
    )
