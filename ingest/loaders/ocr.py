"""Text in pictures, through the program tesseract when it is installed; Plumbline works without it and says so."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from statistics import fmean, median
from typing import TYPE_CHECKING

from ingest.loaders import heartbeat
from ingest.loaders.layout import Line
from ingest.types import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image

ABSENT = "install tesseract (with chi_sim for Chinese) to read its text, then `plumbline quarantine retry`"
_WANTED = ("chi_sim", "chi_tra", "eng")
_START_SECONDS = 20
_PAGE_SECONDS = 90
_WORD_LEVEL = "5"
_LEAST_CONFIDENCE = 45.0
"""Mean confidence of the words in per cent, below which what tesseract reads is no text; photographs give 20 to 40."""
_FEWEST_LETTERS = 3
_LONGEST_SIDE = 5000
_SHORT_SIDE = 900
_SOME_HAN = 0.15
_HAN = re.compile("[\u3400-\u9fff\u3001-\u301f\uff00-\uffef]")
_CLOSE = 0.5
"""Of a line's height: a smaller gap next to a Chinese character is no blank."""
_LARGER = 1.45
_CELL_GAP = 1.8
"""Letter sizes between two words beyond which they stand in different columns."""
_MARGIN = 0.06
_PAGE_POINTS = 842.0
_SURE = 90.0


@dataclass(frozen=True, slots=True)
class Recognized:
    """The lines of a picture as those of a page, and how sure tesseract was of their words on average, in per cent."""

    lines: tuple[Line, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Engine:
    """The installed tesseract with those of its languages that we use."""

    program: str
    version: str
    languages: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.version} ({', '.join(self.languages)})"


@cache
def engine() -> Engine | None:
    """The tesseract of this machine; None when there is none, or none with a language that we use."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        version = _run([program, "--version"], b"", _START_SECONDS).split("\n")[0].strip()
        listed = _run([program, "--list-langs"], b"", _START_SECONDS).split()
    except Unreadable:
        return None
    languages = tuple(language for language in _WANTED if language in listed)
    return Engine(program, version, languages) if languages else None


def recognize(picture: Image, page: int) -> Recognized | None:
    """The text in a picture, as on page number `page`; None when there is none, or too doubtful to be any.

    Raises Unreadable when tesseract is absent, fails, or takes longer than 90 seconds.
    """
    found = engine()
    if found is None:
        raise Unreadable(f"a picture; {ABSENT}")
    prepared = _prepared(picture)
    result = Recognized((), 0.0)
    for languages in _readings(found):
        if result.confidence and not _may_be_better(result, languages):
            continue
        result = max(result, _recognized(found, prepared, languages, page), key=lambda one: one.confidence)
    letters = sum(character.isalnum() for line in result.lines for character in line.text)
    return result if letters >= _FEWEST_LETTERS and result.confidence >= _LEAST_CONFIDENCE else None


def _readings(found: Engine) -> list[list[str]]:
    """Sets of languages to read with: simplified Chinese with English first, the others when that reads badly."""
    sets = (("chi_sim", "eng"), ("chi_tra", "eng"), ("eng",))
    present = [[language for language in languages if language in found.languages] for languages in sets]
    return [languages for place, languages in enumerate(present) if languages and languages not in present[:place]]


def _may_be_better(result: Recognized, languages: list[str]) -> bool:
    """Whether to read a page again: for traditional Chinese when Chinese was read badly, for English alone when not."""
    text = "".join(line.text for line in result.lines)
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in text) > _SOME_HAN * len(text)
    return result.confidence < _SURE and chinese == ("chi_tra" in languages)


def _prepared(picture: Image) -> Image:
    """In shades of grey on white, large enough for small letters, not larger than useful."""
    from PIL import Image as Images

    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        shown = picture.convert("RGBA")
        white = Images.new("RGBA", shown.size, "white")
        picture = Images.alpha_composite(white, shown)
    grey = picture.convert("L")
    longest, shortest = max(grey.size), min(grey.size)
    if longest > _LONGEST_SIDE:
        grey.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    elif shortest < _SHORT_SIDE and longest * 2 <= _LONGEST_SIDE:
        grey = grey.resize((grey.width * 2, grey.height * 2))
    return grey


def _recognized(found: Engine, picture: Image, languages: list[str], page: int) -> Recognized:
    heartbeat.beat()
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    command = [found.program, "stdin", "stdout", "-l", "+".join(languages), "--psm", "3", "tsv"]
    table = _run(command, buffer.getvalue(), _PAGE_SECONDS)
    return _lines(csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE), page, picture.height)


@dataclass(slots=True)
class _Words:
    """The words of a line: text, left, top, right, bottom in pixels from the upper left; how sure each letter is."""

    words: list[tuple[str, int, int, int, int]] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)

    def height(self) -> float:
        return median(bottom - top for _, _, top, _, bottom in self.words)


def _lines(rows: csv.DictReader[str], page: int, picture_height: int) -> Recognized:
    """Words into lines, after tesseract's own numbering of them, in its reading order."""
    found: dict[tuple[str, str, str], _Words] = {}
    for row in rows:
        text = (row["text"] or "").strip()
        if row["level"] != _WORD_LEVEL or not text:
            continue
        words = found.setdefault((row["block_num"], row["par_num"], row["line_num"]), _Words())
        left, top = int(row["left"]), int(row["top"])
        words.words.append((text, left, top, left + int(row["width"]), top + int(row["height"])))
        words.sure += [float(row["conf"])] * len(text)
    sure = [value for words in found.values() for value in words.sure]
    usual = median([words.height() for words in found.values()] or [1.0])
    good = [words for words in found.values() if fmean(words.sure) >= _LEAST_CONFIDENCE]
    lines = tuple(_line(words, page, picture_height, usual) for words in good)
    return Recognized(lines, fmean(sure) if sure else 0.0)


def _line(words: _Words, page: int, picture_height: int, usual: float) -> Line:
    """The line on a page as high as A4; only letters much larger than the usual ones count as larger."""
    points = _PAGE_POINTS / picture_height
    height = words.height()
    size = height if height > _LARGER * usual else usual
    cells: list[tuple[float, str]] = []
    end = -math.inf
    for word, left, _, right, _ in words.words:
        gap = left - end
        if gap > _CELL_GAP * size:
            cells.append((left * points, word))
        else:
            place, text = cells[-1]
            cells[-1] = (place, f"{text}{word}" if _are_one(text, word, gap, size) else f"{text} {word}")
        end = float(right)
    top = (picture_height - min(word[2] for word in words.words)) * points
    bottom = (picture_height - max(word[4] for word in words.words)) * points
    in_margin = not _MARGIN * _PAGE_POINTS < (top + bottom) / 2 < (1 - _MARGIN) * _PAGE_POINTS
    text = " ".join(text for _, text in cells)
    start, stop = words.words[0][1] * points, words.words[-1][3] * points
    return Line(
        text, page, start, bottom, stop, top, size * points, bold=False, in_margin=in_margin, cells=tuple(cells)
    )


def _are_one(before: str, after: str, gap: float, size: float) -> bool:
    """Whether no blank stands between two words: Chinese is read letter by letter, digits in it stand close."""
    chinese = bool(_HAN.match(before[-1])) + bool(_HAN.match(after[0]))
    return chinese > 1 or (chinese == 1 and gap < _CLOSE * size)


def _run(command: list[str], given: bytes, seconds: float) -> str:
    """What the program prints. One thread each: readers run side by side as it is."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            timeout=seconds,
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"recognizing its text took longer than {seconds:g} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unreadable("tesseract failed on it") from error
    return done.stdout.decode("utf-8", "replace")
