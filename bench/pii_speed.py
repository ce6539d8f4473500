"""Speed of desensitizing on ordinary, crowded and hostile texts, in processor time on one core.

    PYTHONPATH=. python bench/pii_speed.py [--characters 60000] [--recognizers] [NAME ...]

Each text is desensitized at half its length and at its whole length, the second look for idempotence included, so that
growth shows. With --recognizers each recognizer reads each hostile text alone (target: at most 1 s a million
characters).
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

import rjieba
from pii_rows import rows_of

from ingest.desensitize import Desensitizer, load_policy
from ingest.desensitize.context import TextView
from ingest.desensitize.recognizers import all_recognizers
from ingest.desensitize.recognizers.base import ViewArtifacts

_MILLION = 1_000_000
chance = random.Random(1)  # noqa: S311 - made-up texts
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙", "伟芳娜敏静丽强磊军洋明辉建国志远思涵佳怡"
FIRST = "James Mary Robert Linda David Susan Karen Nancy Daniel Laura Kevin Brian".split()
LAST = "Smith Miller Brown Keller Weber Johnson Fischer Clark".split()


def name() -> str:
    """A Chinese name of three characters."""
    return chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)


def row() -> tuple[str, ...]:
    """Cells of a table of people."""
    number = chance.randint(10_000_000, 99_999_999)
    return str(number % 99_999), name(), "采购部", f"138{number}", f"u{number % 1000}@mail.net"


def cycled(pieces: list[str]) -> Callable[[], str]:
    """The pieces one after the other, again and again."""
    place = -1

    def piece() -> str:
        nonlocal place
        place = (place + 1) % len(pieces)
        return pieces[place]

    return piece


CROWDED: dict[str, Callable[[], str]] = {
    "prose zh": cycled([f"{row['text']}\n" for row in rows_of("zh_held_out")]),
    "prose en": cycled([f"{row['text']}\n" for row in rows_of("en_held_out")]),
    "table": cycled(
        ["| 工号 | 姓名 | 部门 | 电话 | 邮箱 |\n| --- | --- | --- | --- | --- |\n"]
        + [f"| {' | '.join(row())} |\n" for _ in range(5000)]
    ),
    "comma-separated": cycled(["工号,姓名,部门,电话,邮箱\n"] + [f"{','.join(row())}\n" for _ in range(5000)]),
    "names zh": lambda: f"{name()}、",
    "names zh, glued": name,
    "names and titles": lambda: f"{name()}、{chance.choice(SURNAMES)}总，",
    "surnames": lambda: chance.choice(SURNAMES),
    "names en": lambda: f"{chance.choice(FIRST)} {chance.choice(LAST)}, ",
    "mobiles": lambda: f"138{chance.randint(10_000_000, 99_999_999)} ",
    "digits": lambda: str(chance.randint(0, 9)),
    "placeholders": lambda: "⟨PERSON·k3f9a2⟩ ",
}
UNITS = [
    *(
        "a-",
        "1",
        "a.",
        "a@",
        "|",
        "::",
        "+86 ",
        "0571-",
        "eyJ",
        "eyJa.",
        "ab:",
        "12 ",
        "key=",
        "密码：",
        "password: ",
        "a,b\n",
    ),
    *(
        "\n",
        " ",
        "阿·",
        "王",
        "王总",
        "Aa ",
        "Wang ",
        "路1号",
        "浙江省杭州市",
        "12 Main Street ",
        "-----BEGIN PRIVATE KEY-----\n",
    ),
]
"""Texts of nothing but one of these are made to be slow."""


def seconds(work: Callable[[str], object], text: str) -> float:
    """Processor seconds a million characters."""
    started = time.process_time()
    work(text)
    return (time.process_time() - started) / len(text) * _MILLION


def made(piece: Callable[[], str], characters: int) -> str:
    """Pieces up to a length."""
    pieces, length = [], 0
    while length < characters:
        pieces.append(piece())
        length += len(pieces[-1])
    return "".join(pieces)


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", help="only these texts")
    parser.add_argument("--characters", type=int, default=60_000)
    parser.add_argument("--recognizers", action="store_true")
    arguments = parser.parse_args()
    desensitizer = Desensitizer(load_policy(), b"\x07" * 32)
    desensitizer.desensitize("联系人：王建国 Dear John Smith")
    texts = CROWDED | {repr(unit): (lambda unit=unit: unit) for unit in UNITS}  # type: ignore[misc]
    print("| text | s/M of half of it | s/M | characters a second | to rjieba's cut |\n|---|---|---|---|---|")
    for label, piece in texts.items():
        if arguments.names and label not in arguments.names:
            continue
        half = seconds(desensitizer.desensitize, made(piece, arguments.characters // 2))
        text = made(piece, arguments.characters)
        whole, cut = seconds(desensitizer.desensitize, text), seconds(rjieba.cut, text)
        print(f"| {label} | {half:.2f} | {whole:.2f} | {_MILLION / whole:,.0f} | {whole / cut:.1f} |", flush=True)
    if arguments.recognizers:
        print("\n| hostile text | slowest recognizer | s/M | second | s/M |\n|---|---|---|---|---|")
        recognizers = all_recognizers()
        for unit in UNITS:
            text = unit * (arguments.characters // len(unit))
            found = []
            for one in recognizers:
                artifacts = ViewArtifacts(TextView(text))
                spent = seconds(lambda text, one=one, given=artifacts: one.analyze(text, [one.entity], given), text)  # type: ignore[misc]
                found.append((spent, one.entity))
            (first, kind), (second, other) = sorted(found, reverse=True)[:2]
            print(f"| {unit!r} | {kind} | {first:.2f} | {other} | {second:.2f} |", flush=True)


if __name__ == "__main__":
    main()
