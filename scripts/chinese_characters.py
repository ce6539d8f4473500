"""Makes ingest/desensitize/data/zh_characters.tsv: how much a character says for standing in a Chinese name.

    pip download --no-deps --no-binary :all: jieba==0.42.1   # unpack into FOLDER
    python scripts/chinese_characters.py FOLDER/jieba/dict.txt

Counted are entries of the dictionary of jieba (MIT), not how often they stand in texts: those of three characters that
it calls names of persons and that begin with a frequent surname, against all other words of two and three characters.
Each line is a character and three whole tenths of natural logarithms: its share at the place of the surname, of the
first and of the last character of the given name, each over its share at the same place of words.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from pathlib import Path

DATA = Path(__file__).parents[1] / "ingest" / "desensitize" / "data"
NAME, WORD = 3, 2
SMOOTHING = 1.0
"""Added to every count, so that a character that is never seen says little."""
LEAST_SEEN = 3


def counts(entries: list[tuple[str, str]], surnames: frozenset[str]) -> tuple[list[Counter[str]], list[Counter[str]]]:
    """At the places of surname, first and last character: counts in names and in words."""
    names: list[Counter[str]] = [Counter(), Counter(), Counter()]
    words: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for word, tag in entries:
        if not all("\u4e00" <= one <= "\u9fff" for one in word):
            continue
        if tag.startswith("nr"):
            if len(word) == NAME and word[0] in surnames:
                for place, one in enumerate(word):
                    names[place][one] += 1
        elif len(word) in (WORD, NAME):
            words[0][word[0]] += 1
            words[1][word[0]] += 1  # a given name of two characters is a word's first and last one
            words[2][word[-1]] += 1
            if len(word) == NAME:
                words[1][word[1]] += 1
    return names, words


def main() -> None:
    """Count and write."""
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    entries = [(line.split()[0], line.split()[2]) for line in lines]
    rows = (DATA / "zh_surnames.txt").read_text(encoding="utf-8").split("\n")
    groups = [frozenset(row) for row in rows if row and not row.startswith("#")]
    # Whose surname is an everyday word begins other words that the dictionary calls names
    given, words = counts(entries, groups[0] | groups[1])
    surname, _ = counts(entries, frozenset().union(*groups))
    given[0] = surname[0]
    totals = [(sum(one.values()), sum(other.values())) for one, other in zip(given, words, strict=True)]
    found = []
    for one in sorted(set().union(*given, *words)):
        if sum(each[one] for each in (*given, *words)) < LEAST_SEEN:
            continue
        tenths = [
            round(10 * math.log((names[one] + SMOOTHING) / total[0] * total[1] / (others[one] + SMOOTHING)))
            for names, others, total in zip(given, words, totals, strict=True)
        ]
        found.append("\t".join([one, *map(str, tenths)]))
    (DATA / "zh_characters.tsv").write_text("\n".join(found) + "\n", encoding="utf-8")
    print(f"{len(found)} characters")


if __name__ == "__main__":
    main()
