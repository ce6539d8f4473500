"""What a document says about itself: its title, its version, the day from which it is in force."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath

from ingest.types import LoadedDocument

_LONGEST_TITLE = 120
_TITLE_BLOCKS = 5
_NO_TITLE_HEADINGS = frozenset({"xlsx", "csv", "json"})
_HEAD = 4000
_TAIL = 1500

_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_DAY = (
    r"(?:(?P<y1>(?:19|20)\d\d)\s*[-/.年]\s*(?P<m1>\d{1,2})(?:\s*[-/.月]\s*(?P<d1>\d{1,2})\s*日?|\s*月)?"
    r"|(?P<d2>\d{1,2})(?:st|nd|rd|th)?\s+(?P<m2>[A-Za-z]{3,9})\.?,?\s+(?P<y2>(?:19|20)\d\d)"
    r"|(?P<m3>[A-Z][a-z]{2,8})\.?\s+(?P<d3>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y3>(?:19|20)\d\d))"
)
_GAP = r"[\s:：|*_]{0,12}"
_IN_FORCE = r"(?:effective|valid|in force|applies|applicable)"
_EFFECTIVE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:自|从|于)\s*{_DAY}\s*(?:起|开始)?\s*(?:正式)?(?:施行|实施|生效|执行|启用|起效)",
        rf"(?:生效|施行|实施|执行|启用)(?:日期|时间|日)?{_GAP}{_DAY}",
        rf"{_IN_FORCE}(?:\s+(?:date|from|as of|as from|on|since|starting))*{_GAP}{_DAY}",
        rf"(?:takes|comes|enters|came|entered)\s+(?:effect|into (?:force|effect))\s+(?:on|from)?{_GAP}{_DAY}",
    )
)
_DATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:发布|修订|更新|签订|签署|版本)(?:日期|时间)?{_GAP}{_DAY}",
        rf"(?:last\s+(?:updated|revised|modified)|revised|published|issued?|released|signed|version[^\n]{{0,20}}?)(?:\s+(?:on|date))?[\s:：|,(]{{0,6}}{_DAY}",
        rf"(?:^|\n)[|*\s]*(?:日期|时间|会议时间|会议日期|date|meeting date|when){_GAP}{_DAY}",
    )
)
_IN_NAME = (
    re.compile(r"(?<!\d)(?P<y1>20\d\d)[-_.年]?(?P<m1>0[1-9]|1[0-2])[-_.月]?(?P<d1>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)(?P<y1>20\d\d)(?:[-_.](?P<m1>0[1-9]|1[0-2])|年(?P<m2>\d{1,2})月)(?!\d)"),
    re.compile(r"(?<![\d])(?P<y1>20\d\d)(?=年|版|[-_. )）]|$)"),
)
_METADATA_KEYS = ("effective_date", "effective date", "effective", "生效日期", "date", "日期")
_VERSION = re.compile(
    r"(?:版本号?|version|revision|rev\.?)[\s:：|*]{0,6}(?P<version>[vV]?\d{1,3}(?:\.\d{1,3}){0,3}|[A-Z]\d?(?![A-Za-z]))",
    re.IGNORECASE,
)


def title_of(document: LoadedDocument, path: str) -> str:
    """The document's title: a heading at its beginning, what its metadata says, else the name of its file.

    In workbooks and data files the first heading is a sheet or a key, and no title.
    """
    blocks = () if document.format in _NO_TITLE_HEADINGS else document.blocks
    heads = [block for block in blocks[:_TITLE_BLOCKS] if block.kind == "heading"]
    first = next((block.text for block in heads if block.level == 1), "")
    at_start = heads[0].text if heads and heads[0] is blocks[0] else ""
    name = re.sub(r"[_\s]+", " ", PurePosixPath(path).stem)
    return _shortened(next((title for title in (first, document.title, at_start, name) if title.strip()), path))


def _shortened(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"


def effective_date(document: LoadedDocument, text: str, path: str) -> str:
    """The day from which the document is in force, as far as it says: ISO date, month or year; empty if it does not.

    What it states as effective counts before the day of issue, that before its own date, that before its file's name.
    """
    ends = f"{text[:_HEAD]}\n{text[-_TAIL:]}" if len(text) > _HEAD + _TAIL else text
    for patterns in (_EFFECTIVE, _DATED):
        for pattern in patterns:
            for match in pattern.finditer(ends):
                if found := _iso(match.groupdict()):
                    return found
    stated = (document.metadata.get(key, "") for key in _METADATA_KEYS)
    in_metadata = (re.match(_DAY, value) for value in stated)
    in_name = (pattern.search(PurePosixPath(path).name) for pattern in _IN_NAME)
    dates = (_iso(match.groupdict()) for match in (*in_metadata, *in_name) if match)
    return next(filter(None, dates), "")


def _iso(parts: dict[str, str | None]) -> str:
    """The date that the groups of a match name; empty if there is no such day."""
    year = next((parts[key] for key in ("y1", "y2", "y3") if parts.get(key)), None)
    month = next((parts[key] for key in ("m1", "m2", "m3") if parts.get(key)), None)
    day = next((parts[key] for key in ("d1", "d2", "d3") if parts.get(key)), None)
    if year is None:
        return ""
    if month is None:
        return year
    number = int(month) if month.isdecimal() else _MONTHS.get(month[:3].lower(), 0)
    try:
        found = date(int(year), number, int(day or 1))
    except ValueError:
        return ""
    return found.isoformat() if day else found.isoformat()[:7]


def version_of(text: str) -> str:
    """The version that the document's beginning states, without a leading v; empty if it states none."""
    match = _VERSION.search(text[:_HEAD])
    return match["version"].removeprefix("v").removeprefix("V") if match else ""
