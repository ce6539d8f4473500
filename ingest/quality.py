"""What is to be said about the quality of documents: pieces that are held out of the index, and a report per run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.splitter import Piece
from ingest.types import LoadedDocument

_LINK = re.compile(r"\[[^\]\n]*\]\([^)\n]*\)")
_LISTED = re.compile(r"^\s*(?:[-*+]|\d+[.)])?\s*")
# UTF-8 read as Latin-1 or GB18030 and the replacement mark; each of them is rare in text that was read rightly
_MOJIBAKE = re.compile(
    r"�|Ã[\x80-¿]|â€[\x80-¿™œ˜]|锟斤拷|烫烫烫|[\ue000-\uf8ff]"
    # Three bytes of a Chinese character read as Windows-1252, and the middle of Chinese in two bytes read as Latin-1
    r"|[ã-é][\x80-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2}|(?<=[¡-ÿ]{2})[¡-ÿ](?=[¡-ÿ]{2})"
)
_MOJIBAKE_SHARE = 0.05
_NAVIGATION_LINKS = 5
_SURE_OCR = 70
"""Mean confidence of OCR, in per cent, below which a document should be looked at."""
_LISTED_PATHS = 50


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A piece of a document that is not indexed, and why. Its text stays in the document."""

    reason: str
    heading: str
    page: int | None
    characters: int


def sorted_out(pieces: Sequence[Piece]) -> tuple[list[Piece], list[HeldOut]]:
    """The pieces worth finding, and those that are not: no words, unreadable signs, or nothing but links."""
    kept, held = [], []
    for piece in pieces:
        reason = _reason(piece.text)
        if reason:
            held.append(HeldOut(reason, " › ".join(piece.heading), piece.page, len(piece.text)))
        else:
            kept.append(piece)
    return kept, held


def _reason(text: str) -> str:
    if not any(letter.isalpha() for letter in text):
        return "no words" if text.strip() else ""
    if len(_MOJIBAKE.findall(text)) > _MOJIBAKE_SHARE * len(text):
        return "unreadable characters"
    lines = [line for line in text.splitlines() if line.strip()]
    links = sum(bool(_LINK.search(line)) and not _LISTED.sub("", _LINK.sub("", line)).strip(" |·•>/") for line in lines)
    if links >= _NAVIGATION_LINKS and links == len(lines):
        return "nothing but links"
    return ""


def quality_of(loaded: LoadedDocument, text: str, held: Sequence[HeldOut]) -> dict[str, Any]:
    """What is to be said about one document, as JSON; empty when there is nothing."""
    metadata = loaded.metadata
    said: dict[str, Any] = {}
    if not text.strip():
        said["no_text"] = True
    if left := metadata.get("pages left out"):
        said["pages_left_out"] = int(left)
    if (sure := metadata.get("ocr_confidence")) is not None:
        said["ocr_confidence"] = float(sure)
    if (encoding := metadata.get("encoding", "utf-8").lower()) not in {"utf-8", "utf-8-sig", "ascii"}:
        said["encoding"] = encoding
    if held:
        said["held_out"] = dict(Counter(piece.reason for piece in held))
    return said


def report(documents: Iterable[tuple[str, Mapping[str, Any]]], conflicts: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The quality report of a run over its documents (path, `quality_of`), as JSON.

    `conflicts` are groups of paths that say nearly the same, of which none is in force later than the other.
    """
    counted: Counter[str] = Counter()
    held: Counter[str] = Counter()
    named: dict[str, list[str]] = {"no_text": [], "pages_left_out": [], "unsure_ocr": [], "guessed_encoding": []}
    for path, said in documents:
        counted["documents"] += 1
        held.update(said.get("held_out", {}))
        flags = {
            "no_text": "no_text" in said,
            "pages_left_out": "pages_left_out" in said,
            "unsure_ocr": said.get("ocr_confidence", 100.0) < _SURE_OCR,
            "guessed_encoding": "encoding" in said,
        }
        for name, flag in flags.items():
            if flag:
                counted[name] += 1
                named[name].append(path)
    shown = {name: paths[:_LISTED_PATHS] for name, paths in named.items()}
    return {
        "documents": counted["documents"],
        "completeness": {
            "without_text": {"count": counted["no_text"], "paths": shown["no_text"]},
            "pages_left_out": {"count": counted["pages_left_out"], "paths": shown["pages_left_out"]},
            "held_out": dict(sorted(held.items())),
        },
        "consistency": {"conflicting": [list(group) for group in conflicts[:_LISTED_PATHS]]},
        "accuracy": {
            "unsure_ocr": {"count": counted["unsure_ocr"], "paths": shown["unsure_ocr"]},
            "guessed_encoding": {"count": counted["guessed_encoding"], "paths": shown["guessed_encoding"]},
        },
    }
