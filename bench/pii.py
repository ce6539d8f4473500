"""Precision, recall, utility and speed of desensitizing, by the measure of the development rows.

    python bench/pii.py SCORE.PY ROWS.jsonl ... [--ablation] [--misses N]

SCORE.PY is the scorer that lies beside the rows. Every row is {"id", "text", "spans"}; figures are printed as Markdown.
"""

from __future__ import annotations

import argparse
import json
import runpy
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.desensitize import Desensitizer, Directory, load_policy
from ingest.desensitize.directory import Colleague

KEY = b"\x07" * 32
Row = Mapping[str, Any]
Score = Callable[[Sequence[Row], Mapping[str, list[dict[str, Any]]]], dict[str, Any]]


def predictions(desensitizer: Desensitizer, rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """What was found in each row, in the form that the scorer reads."""
    return {
        row["id"]: [
            {"start": span.start, "end": span.end, "type": span.type}
            for span in desensitizer.desensitize(row["text"])[1]
        ]
        for row in rows
    }


def print_table(name: str, figures: Mapping[str, Any]) -> None:
    """One Markdown table for one file."""
    print(f"\n### {name}\n\n| type | gold | recall | right type | precision |\n|---|---|---|---|---|")
    for kind, values in figures.items():
        if isinstance(values, dict):
            cells = (values[key] for key in ("recall", "typed", "precision"))
            print(f"| {kind} | {values['gold']} | {' | '.join('–' if c is None else f'{c:.3f}' for c in cells)} |")
    print(
        f"\nover-masked characters per 1,000: {figures['over_mask_per_1000']:.2f}; "
        f"rows without personal data that change: {100 * figures['clean_rows_touched']:.1f} %"
    )


def print_misses(rows: Sequence[Row], found: Mapping[str, list[dict[str, Any]]], limit: int) -> None:
    """Rows with a value that stayed, or with something masked that is none."""
    shown = 0
    for row in rows:
        text = row["text"]
        masked = {place for span in found[row["id"]] for place in range(span["start"], span["end"])}
        gold = {place for span in row["spans"] for place in range(span["start"], span["end"])}
        missed = [
            f"{span['type']}:{text[span['start'] : span['end']]}"
            for span in row["spans"]
            if not span.get("optional")
            and not {p for p in range(span["start"], span["end"]) if text[p].isalnum()} <= masked
        ]
        wrong = [
            f"{span['type']}:{text[span['start'] : span['end']]}"
            for span in found[row["id"]]
            if not gold & set(range(span["start"], span["end"]))
        ]
        if (missed or wrong) and shown < limit:
            shown += 1
            print(f"  {row['id']} missed {missed} false {wrong} in {text[:160]!r}")


def speed(desensitizer: Desensitizer, rows: Sequence[Row]) -> float:
    """Characters a processor second, the rows joined to pages of about 2,000 characters; the best of three rounds."""
    pages, page = [], ""
    for row in rows:
        page += row["text"] + "\n"
        if len(page) > 2000:
            pages.append(page)
            page = ""
    pages.append(page)
    desensitizer.desensitize(pages[0])
    best = 0.0
    for _ in range(3):
        started = time.process_time()
        for text in pages:
            desensitizer.desensitize(text)
        best = max(best, sum(map(len, pages)) / (time.process_time() - started))
    return best


ABLATIONS = {
    "everything": (),
    "without what stands around (context)": ("left", "right", "both", "firm-", "column"),
    "without where words begin and end (segmentation)": ("cut=",),
    "without what the dictionary says of the words in it": ("word=", "as-word=", "begin=", "tail=", "head="),
    "without the characters of given names": ("given=", "doubled", "first=", "last=", "ends="),
    "without what characters say for surnames": ("surname=", "start="),
}
"""What is left out of the Chinese model: the weights whose names begin so count nothing. They are not fitted anew."""


def print_ablation(score: Score, rows: Sequence[Row]) -> None:
    """Persons: recall and precision with parts of the recognizer left out."""
    from ingest.desensitize.names import chinese
    from ingest.desensitize.names.features import Model

    whole, model = chinese.weights(), chinese._model  # noqa: SLF001 - a part is taken out and put back
    print("\n| Chinese names | recall | precision |\n|---|---|---|")

    def line(name: str, found: Mapping[str, list[dict[str, Any]]]) -> None:
        figures = score(rows, found)["PERSON"]
        precision = figures["precision"] if figures["precision"] is not None else 1.0
        print(f"| {name} | {figures['recall']:.3f} | {precision:.3f} |")

    line("the segmenter's own person tag (rjieba nr) alone", {row["id"]: _tagged(row["text"]) for row in rows})
    for name, left_out in ABLATIONS.items():
        parted = Model({key: value for key, value in whole.items() if not (left_out and key.startswith(left_out))})
        chinese._model = lambda parted=parted: parted  # type: ignore[assignment] # noqa: SLF001
        line(name, predictions(Desensitizer(load_policy(), KEY), rows))
    chinese._model = model  # noqa: SLF001
    again = chinese._again  # noqa: SLF001
    chinese._again = lambda *_: iter(())  # type: ignore[assignment] # noqa: SLF001
    line("without repeats in the document", predictions(Desensitizer(load_policy(), KEY), rows))
    chinese._again = again  # noqa: SLF001
    names = {
        row["text"][span["start"] : span["end"]] for row in rows for span in row["spans"] if span["type"] == "PERSON"
    }
    half = Directory([Colleague((name,)) for name in sorted(names)[::2]], "half")
    line("with a directory of every second person", predictions(Desensitizer(load_policy().strict(), KEY, half), rows))


def _tagged(text: str) -> list[dict[str, Any]]:
    import rjieba

    place, found = 0, []
    for word, tag in rjieba.tag(text):
        if tag.startswith("nr") and len(word) > 1:
            found.append({"start": place, "end": place + len(word), "type": "PERSON"})
        place += len(word)
    return found


def main() -> None:
    """Score every file that is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("scorer", type=Path)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--ablation", action="store_true", help="also with parts of the name recognizer left out")
    parser.add_argument("--misses", type=int, default=0, help="show so many rows with a miss or a false alarm")
    arguments = parser.parse_args()
    score: Score = runpy.run_path(str(arguments.scorer))["score"]
    desensitizer = Desensitizer(load_policy(), KEY)
    for path in arguments.rows:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found = predictions(desensitizer, rows)
        print_table(path.name, score(rows, found))
        print(f"speed: {speed(desensitizer, rows):,.0f} characters a processor second")
        print_misses(rows, found, arguments.misses)
        if arguments.ablation:
            print_ablation(score, rows)


if __name__ == "__main__":
    main()
