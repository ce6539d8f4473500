"""A trial of taggers for Chinese names, beside the log-linear model that is built in: a CRF over characters.

    pip install python-crfsuite        # MIT; not among the project's dependencies
    PYTHONPATH=.:bench python bench/pii_taggers.py SCORE.PY ROWS.jsonl ...

The CRF is trained on the sentences that the built-in weights are fitted on, and on nothing else. Printed are recall and
precision of persons, and rows without personal data that change: built in, the CRF alone, and both together.
"""

from __future__ import annotations

import argparse
import json
import runpy
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pycrfsuite
import rjieba
from pii_rows import rows_of

from ingest.desensitize.context import TextView
from ingest.desensitize.names import chinese
from ingest.desensitize.names.cues import ACTS, NEVER_GIVEN, ROLES, TITLES
from ingest.desensitize.names.lexicon import chinese_names

TRAINED_ON = ("zh_train", "zh_more", "zh_varied")
Spans = list[tuple[int, int]]


def kind(character: str) -> str:
    """What a character says by itself."""
    names = chinese_names()
    surname = names.surnames.get(character, 0)
    given = "t" if character in names.typical else "p" if character in names.possible else "o"
    if character in NEVER_GIVEN:
        given = "n"
    if "\u4e00" <= character <= "\u9fff":
        return f"{surname}{given}"
    return "digit" if character.isdigit() else "latin" if character.isalpha() else character


def features(text: str) -> list[list[str]]:
    """For each character: its neighbours, what they are, the words they stand in, cue words that end or begin."""
    words = rjieba.tag(text)
    inside = [
        (tag[:2], "B" if place == 0 else "I", min(len(word), 4)) for word, tag in words for place in range(len(word))
    ]
    kinds = [kind(character) for character in text]
    ends, begins = [""] * len(text), [""] * len(text)
    for mark, cues in (("role", ROLES), ("title", TITLES), ("act", ACTS)):
        for cue in cues:
            place = text.find(cue)
            while place >= 0:
                begins[place] = mark
                ends[place + len(cue) - 1] = mark
                place = text.find(cue, place + 1)
    found = []
    for place in range(len(text)):
        one = ["bias"]
        for shift in (-2, -1, 0, 1, 2, 3):
            at = place + shift
            if not 0 <= at < len(text):
                one.append(f"{shift}edge")
                continue
            tag, position, length = inside[at]
            one += [
                f"{shift}k={kinds[at]}",
                f"{shift}w={tag}{position}{length}",
                f"{shift}e={ends[at]}",
                f"{shift}b={begins[at]}",
            ]
            if shift in {-1, 1}:
                one.append(f"{shift}c={text[at]}")
        window = kinds[max(0, place - 1) : place + 3]
        one += [f"kk={''.join(kinds[place : place + 2])}", f"kkk={''.join(window)}"]
        found.append(one)
    return found


def labels(length: int, spans: Sequence[dict[str, Any]]) -> list[str]:
    """B, I and O of each character."""
    marks = ["O"] * length
    for span in spans:
        marks[span["start"] : span["end"]] = ["B", *"I" * (span["end"] - span["start"] - 1)]
    return marks


def trained(file: Path) -> pycrfsuite.Tagger:
    """The CRF; deterministic for the same sentences."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for row in chain.from_iterable(rows_of(kind) for kind in TRAINED_ON):
        trainer.append(features(row["text"]), labels(len(row["text"]), row["spans"]))
    trainer.set_params({"c1": 0.05, "c2": 0.05, "max_iterations": 150, "feature.minfreq": 3})
    trainer.train(str(file))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(file))
    return tagger


def tagged(tagger: pycrfsuite.Tagger, text: str, least: float) -> Spans:
    """Names by the CRF: where the chance of being inside a name is at least `least`, cut where one begins."""
    tagger.set(features(text))
    tagger.tag()
    begin = [tagger.marginal("B", place) for place in range(len(text))]
    inner = [tagger.marginal("I", place) for place in range(len(text))]
    found: Spans = []
    for place in range(len(text)):
        if begin[place] + inner[place] < least or not "\u4e00" <= text[place] <= "\u9fff":
            continue
        if found and found[-1][1] == place and inner[place] >= begin[place]:
            found[-1] = found[-1][0], place + 1
        else:
            found.append((place, place + 1))
    return [(start, end) for start, end in found if 2 <= end - start <= 8]


def lines(tagger: pycrfsuite.Tagger, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Spans]]]:
    """The spans of each way, by row."""
    texts = {row["id"]: TextView(row["text"]).plain for row in rows}
    built = {key: [(start, end) for start, end, _ in chinese.find_names(text)] for key, text in texts.items()}
    yield "built in", built
    for least in (0.5, 0.9):
        alone = {key: tagged(tagger, text, least) for key, text in texts.items()}
        yield f"CRF, {least}", alone
        yield f"both, CRF {least}", {key: [*spans, *alone[key]] for key, spans in built.items()}


def main() -> None:
    """Train, and print a line for each file and way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("scorer", type=Path)
    parser.add_argument("rows", type=Path, nargs="+")
    arguments = parser.parse_args()
    score = runpy.run_path(str(arguments.scorer))["score"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "names.crfsuite"
        started = time.process_time()
        tagger = trained(file)
        print(f"trained in {time.process_time() - started:.0f} s, {file.stat().st_size:,} bytes")
        for path in arguments.rows:
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            for name, found in lines(tagger, rows):
                predictions = {
                    key: [{"start": start, "end": end, "type": "PERSON"} for start, end in spans]
                    for key, spans in found.items()
                }
                figures = score(rows, predictions)
                person = figures["PERSON"]
                print(
                    f"| {path.stem} | {name} | {person['recall']:.3f} / {person['precision'] or 1:.3f} | "
                    f"{100 * figures['clean_rows_touched']:.1f} % |",
                    flush=True,
                )
        text = "".join(row["text"] for row in rows)
        started = time.process_time()
        tagged(tagger, text, 0.5)
        print(f"{len(text) / (time.process_time() - started):,.0f} characters a second")


if __name__ == "__main__":
    main()
