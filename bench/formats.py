"""How many files of a folder with `expected.json` come out right: the strings in the text, the hostile in quarantine.

`python bench/formats.py FOLDER [--json]` reads every file through the same child processes as a run does and says per
file right or wrong, what is missing and how long it took. Exit status 1 if any file is wrong.
"""

from __future__ import annotations

import json
import re
import sys
import time
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest.reading import Reader, Request
from ingest.types import Limits, LoadedDocument, Unreadable


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file: `missing` holds the wanted strings that are not in its text."""

    file: str
    right: bool
    outcome: str
    missing: tuple[str, ...]
    seconds: float


def main() -> int:
    """Judge every file that `expected.json` names; a line per file, then the sum."""
    folder = Path(sys.argv[1])
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    with Reader(Limits()) as reader:
        verdicts = [judged(reader, folder / name, wanted) for name, wanted in expected.items()]
    if "--json" in sys.argv:
        print(json.dumps([asdict(verdict) for verdict in verdicts], ensure_ascii=False))
    else:
        for verdict in verdicts:
            mark = "right" if verdict.right else "WRONG"
            missing = f"  missing: {list(verdict.missing)}" if verdict.missing else ""
            print(f"{mark}  {verdict.seconds:6.2f} s  {verdict.file}: {verdict.outcome}{missing}")
        print(f"{sum(verdict.right for verdict in verdicts)} of {len(verdicts)} right")
    return 0 if all(verdict.right for verdict in verdicts) else 1


def judged(reader: Reader, path: Path, wanted: dict[str, Any]) -> Verdict:
    """One file read and compared after NFKC and without white space."""
    started = time.monotonic()
    outcome = reader.read(Request(path))
    seconds = round(time.monotonic() - started, 2)
    created = [name for name in wanted.get("must_not_create", ()) if Path(name).exists()]
    if isinstance(outcome, Unreadable):
        right = (wanted["expect"] == "quarantine" or wanted.get("mode") == "no-mojibake") and not created
        return Verdict(path.name, right, f"quarantine: {outcome}", (), seconds)
    if not isinstance(outcome, LoadedDocument):
        raise TypeError(f"{path}: {outcome}")
    text = plain(text_of(outcome))
    parts = [*wanted.get("contains", ()), *wanted.get("attachment_contains", ())]
    missing = tuple(part for part in parts if plain(part) not in text)
    forbidden = [part for part in wanted.get("must_not_contain", ()) if plain(part) in text]
    rescued = wanted.get("mode") == "lenient" or "fine too" in wanted.get("reason", "") or "welcome" in str(wanted)
    right = not missing and not forbidden and not created and (wanted["expect"] == "text" or rescued)
    return Verdict(path.name, right, f"{outcome.format}, {len(text)} characters", missing, seconds)


def text_of(document: LoadedDocument) -> str:
    """The text of a document and of all that is in it."""
    members = getattr(document, "members", ())
    inner = [text_of(member.document) for member in members if member.document is not None]
    return "\n".join([*(block.text for block in document.blocks), *inner])


def plain(text: str) -> str:
    """What the expectations are compared with."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


if __name__ == "__main__":
    sys.exit(main())
