"""Makes ingest/desensitize/data/en_names.tsv: how much a word says for being a given name or a surname.

    pip download --no-deps names==0.3.0 faker==40.63.0 wordsegment==1.3.1   # unpack into FOLDER
    python scripts/name_lists.py FOLDER

FOLDER holds the unpacked `names`, `faker` and `wordsegment`. Sources: the census lists of the United States of 1990
(public domain, as in the package names), the name providers of Faker (MIT), and the word counts of wordsegment
(Apache-2.0; counted by P. Norvig, MIT).
Each line is a word in lower case and two tenths of natural logarithms: of its share among given names over its share of
ordinary text, and the same for surnames. Words that are only ordinary get no line of their own but stand in
en_words.txt.
"""

from __future__ import annotations

import math
import re
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path

DATA = Path(__file__).parents[1] / "ingest" / "desensitize" / "data"
LOCALES = (
    "en_US en_GB en_IE en_IN en_KE en_NG en_NZ en_PK de_DE de_AT de_CH fr_FR es_ES es_MX it_IT nl_NL pt_BR pt_PT pl_PL "
    "tw_GH yo_NG ig_NG ha_NG zu_ZA sw sv_SE no_NO da_DK fi_FI cs_CZ hr_HR hu_HU ro_RO tr_TR id_ID az_AZ et_EE "
    "lt_LT lv_LV sl_SI"
).split()
MORE_GIVEN = (
    "omar fatima ahmed mohammed muhammad mohamed hassan hussein layla leila khalid yusuf youssef aisha amir karim "
    "tariq "
    "samir nadia rania hana yasmin salma zainab bilal hamza imran rashid kareem hiroshi takashi kenji yuki akira "
    "satoshi "
    "haruto yuto sakura aiko naoko keiko kazuo makoto minjun jihoon seoyeon hyun jiwoo soojin minho priya rahul amit "
    "anil sanjay vijay deepak ravi suresh rajesh ananya aarav divya pooja neha kavita arjun rohan vikram meera lakshmi "
    "nguyen linh thuy huong minh duc tuan olga natalia svetlana dmitri dmitry sergei sergey vladimir ivan igor oleg "
    "tatiana ekaterina anastasia aleksandr alexei mikhail nikolai pavel yuri"
).split()
MORE_SURNAMES = (
    "haddad khoury mansour nasser saleh aziz rahman hussain siddiqui malik qureshi tanaka suzuki sato watanabe "
    "takahashi "
    "yamamoto nakamura kobayashi kato yoshida yamada sasaki matsumoto inoue kimura hayashi shimizu saito mori abe "
    "ikeda "
    "hashimoto ishikawa ogawa okada fujita hasegawa kim lee park choi jung kang cho yoon jang lim han shin seo "
    "kwon hwang "
    "patel sharma singh kumar gupta verma mehta reddy nair iyer rao desai joshi kapoor chopra banerjee mukherjee "
    "chatterjee natarajan krishnan subramanian nguyen tran pham hoang phan dang bui ngo duong ivanov petrov "
    "smirnov kuznetsov popov sokolov lebedev volkov fedorov ivanova petrova smirnova okafor adeyemi mensah diallo"
).split()
MOST_WORDS = 15_000
LEAST = -30
MOST_SURNAMES = 14_000
WORDS_COUNTED = 1_024_908_267_229


def census(folder: Path, name: str, most: int) -> dict[str, float]:
    """Share of the population (0 to 1) by name in lower case."""
    shares: dict[str, float] = {}
    for line in (folder / "names" / f"dist.{name}").read_text(encoding="utf-8").splitlines()[:most]:
        word, share, *_ = line.split()
        shares[word.lower()] = float(share) / 100
    return shares


def faker(kind: str) -> set[str]:
    """Names of all locales in Latin letters."""
    found: set[str] = set()
    for locale in LOCALES:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        for attribute, values in vars(provider).items():
            if attribute.startswith(kind) and isinstance(values, (dict, tuple, list, set)):
                found |= {value.lower() for value in values if isinstance(value, str)}
    return {name for name in found if re.fullmatch(r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)*", name)}


def more(kind: str) -> set[str]:
    """Names of `more_names.txt`: "g" given ones, "s" surnames."""
    lines = Path(__file__).with_name("more_names.txt").read_text(encoding="utf-8").splitlines()
    return {name for line in lines if line.startswith(f"{kind} ") for name in line.split()[1:]}


def shares_of_text(folder: Path) -> dict[str, float]:
    """Share of ordinary text (0 to 1) by word, the most frequent first."""
    lines = (folder / "wordsegment" / "unigrams.txt").read_text(encoding="utf-8").splitlines()
    counts = [line.split("\t") for line in lines]
    return {word: float(count) / WORDS_COUNTED for word, count in counts}


def main() -> None:
    """Write both files."""
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    given: dict[str, float] = defaultdict(float)
    for sex in ("female.first", "male.first"):
        for word, share in census(folder, sex, 6000).items():
            given[word] += share / 2
    surnames = defaultdict(float, census(folder, "all.last", MOST_SURNAMES))
    for table, words in (
        (given, faker("first_name") | set(MORE_GIVEN) | more("g")),
        (surnames, faker("last_name") | set(MORE_SURNAMES) | more("s")),
    ):
        for word in words:
            table[word] = max(table[word], 1e-4)
    text = shares_of_text(folder)

    def weight(share: float, word: str) -> int:
        return round(10 * max(-9.0, min(9.0, math.log((share + 1e-8) / (text.get(word, 0.0) + 1e-7)))))

    lines, written = [], set()
    for word in sorted(given.keys() | surnames.keys()):
        pair = weight(given.get(word, 0.0), word), weight(surnames.get(word, 0.0), word)
        if max(pair) > LEAST:
            written.add(word)
            lines.append(f"{word}\t{pair[0]}\t{pair[1]}")
    words = sorted(word for word in list(text)[:MOST_WORDS] if word not in written and word.isalpha() and len(word) > 1)
    (DATA / "en_names.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (DATA / "en_words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{len(lines)} names, {len(words)} words")


if __name__ == "__main__":
    main()
