"""Rows {"id", "text", "spans"} made of our own sentences and names, with a fixed seed.

    python bench/pii_rows.py KIND > rows.jsonl        # KIND: zh_train, zh_held_out, zh_fresh, en_held_out …

`*_train`, `zh_more`, `zh_varied` and `zh_lexicon` rows are what rules and weights were made with; `*_held_out` rows are
other sentences with other names, which nothing was fitted to; `zh_fresh`, `zh_blind2`, `zh_blind3`, `zh_work` (to
develop with) and `zh_blind4` are further sets. Nobody has read the misses of `zh_blind3` and `zh_blind4`.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).parent / "pii_texts"
DATA = Path(__file__).parents[1] / "ingest" / "desensitize" / "data"
_SEED = 20251124
_ORDINARY = "的一不在有人这上大来和我个中地到说们为子时要就出会可也你对生能而那得于着下自之年过发后作里"
_TWO = (
    "雅婷 宇航 文博 志远 子轩 思涵 佳怡 俊杰 浩然 欣怡 梓涵 晓东 建华 丽娜 海涛 秀兰 国强 春梅 玉兰 明辉 振宇 雪梅 "
    "立新 诗琪 "
    "天佑 永康 若曦 嘉豪 伟民 慧敏 静怡 家豪 泽宇 晨曦 美玲 雨桐 一凡 向东 卫国 淑芬 桂英 金凤 小红 德胜 学文 晓燕 "
    "丹丹 婷婷 "
    "冬梅 正阳 逸飞 可馨 景行 书瑶 沛然 伯安 念慈 启明 宏图 春来 胜利 爱国 百川 九如 三立 五洲 平安 长青 高远 新民 "
    "光明 和平"
).split()
_ONE = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚英华玲红梅亮峰宁琳欣宇晨博帆凯琪立诚")
_FOREIGN = (
    "玛丽亚 约翰 大卫 卡洛斯 艾米丽 亚历山大 凯瑟琳 弗朗索瓦 古丽娜尔 买买提 阿不都拉 帕提古丽 扎西 多吉 卓玛".split()
)
_FOREIGN_LAST = "加西亚 史密斯 穆勒 伊万诺夫 布朗 杜邦 罗西 艾山 热合曼 次仁 约翰逊 威廉姆斯 费尔南德斯".split()


def lines(name: str) -> list[str]:
    """The sentences of a file; a backslash and n stand for a line end."""
    text = (TEXTS / name).read_text(encoding="utf-8")
    return [line.replace("\\n", "\n") for line in text.split("\n") if line and not line.startswith("#")]


@cache
def _surnames() -> list[list[str]]:
    rows = (DATA / "zh_surnames.txt").read_text(encoding="utf-8").split("\n")
    groups = [list(row) for row in rows if row and not row.startswith("#")]
    double = [
        row for row in (DATA / "zh_compound_surnames.txt").read_text(encoding="utf-8").split("\n") if row[:1] != "#"
    ]
    return [*groups, double[0].split(), double[1].split()]


def chinese_name(chance: random.Random) -> str:
    """A name: two thirds of three characters, some of two, a few compound, Japanese or transliterated ones."""
    groups = _surnames()
    kind = chance.choices(range(6), weights=(62, 16, 11, 4, 3, 4))[0]
    if kind == 5:
        return f"{chance.choice(_FOREIGN)}·{chance.choice(_FOREIGN_LAST)}"
    surname = chance.choice(groups[kind])
    given_rows = (DATA / "zh_given_characters.txt").read_text(encoding="utf-8").split("\n")
    typical, possible = (row for row in given_rows if row and not row.startswith("#"))

    def character() -> str:
        draw = chance.random()
        return chance.choice(typical if draw < 0.6 else possible if draw < 0.95 else _ORDINARY[20:])

    draw = chance.random()
    if draw < 0.22:
        return surname + (chance.choice(_ONE) if chance.random() < 0.5 else character())
    if draw < 0.6:
        return surname + chance.choice(_TWO)
    return surname + character() + character()


def filled(templates: list[str], name: Callable[[], str], prefix: str, times: int) -> Iterator[dict[str, Any]]:
    """Rows with {P} filled in."""
    for round_number in range(times):
        for number, template in enumerate(templates):
            text, spans = "", []
            for piece in re.split(r"(\{P\})", template):
                if piece == "{P}":
                    value = name()
                    spans.append({"start": len(text), "end": len(text) + len(value), "type": "PERSON"})
                    text += value
                else:
                    text += piece
            yield {"id": f"{prefix}-{number}-{round_number}", "text": text, "spans": spans}


def more(times: int) -> Iterator[dict[str, Any]]:
    """Rows of `zh_more.txt`: sentences made of parts, each time of others, with names of all surnames."""
    chance = random.Random(f"{_SEED}zh_more")  # noqa: S311 - made-up texts
    parts = {line[0]: line.split()[1:] for line in lines("zh_more_parts.txt")}
    templates = lines("zh_more.txt")

    def part(match: re.Match[str]) -> str:
        return chance.choice(parts[match[1]])

    def name() -> str:
        value = chinese_name(chance)
        return with_a_rare_character(value, chance)

    for round_number in range(times):
        filled_in = [re.sub(r"\{([RVWDT])\}", part, template) for template in templates]
        yield from filled(filled_in, name, f"zh_more-{round_number}", 1)
    for number, text in enumerate(lines("zh_more_clean.txt")):
        yield {"id": f"zh_more-clean-{number}", "text": text, "spans": []}


def with_a_rare_character(name: str, chance: random.Random) -> str:
    """The name; now and then with a character that given names seldom hold."""
    if len(name) != _WHOLE_NAME or chance.random() >= _RARE:
        return name
    at = chance.randint(1, 2)
    return name[:at] + chance.choice(_RARE_CHARACTERS) + name[at + 1 :]


_WHOLE_NAME = 3
_RARE_CHARACTERS = "不来从根道年章路以得会经图听问让日遵镇"
_RARE = 0.05
_WORD_NAME = 0.04


def varied(times: int) -> Iterator[dict[str, Any]]:
    """Rows of `zh_varied.txt`: every twenty-fifth name is a word too."""
    chance = random.Random(f"{_SEED}zh_varied")  # noqa: S311 - made-up texts
    name_words = " ".join(lines("zh_names_words.txt")).split()

    def name() -> str:
        if chance.random() < _WORD_NAME:
            return chance.choice(name_words)
        return with_a_rare_character(chinese_name(chance), chance)

    yield from filled(lines("zh_varied.txt"), name, "zh_varied", times)
    for number, text in enumerate(lines("zh_varied_clean.txt")):
        yield {"id": f"zh_varied-clean-{number}", "text": text, "spans": []}


def lexicon(times: int) -> Iterator[dict[str, Any]]:
    """Rows of `zh_lexicon.txt`: the words around names are drawn from a dictionary, so that they vary."""
    chance = random.Random(f"{_SEED}zh_lexicon")  # noqa: S311 - made-up texts
    words = {line[0]: line.split()[1:] for line in lines("zh_lexicon_words.txt")}
    words["r"] = next(line for line in lines("zh_more_parts.txt") if line[0] == "R").split()[1:]

    def word(match: re.Match[str]) -> str:
        made = {"c": made_place, "b": made_maker}.get(match[1])
        return made(chance) if made else chance.choice(words[match[1]])

    firsts, lasts = ([(one[0], int(one[1:])) for one in words[key]] for key in "fe")

    def drawn_from(counted: list[tuple[str, int]]) -> str:
        return chance.choices([one for one, _ in counted], weights=[count for _, count in counted])[0]

    def name() -> str:
        if chance.random() < _MADE:
            return chinese_name(chance)
        groups = _surnames()
        surname = chance.choice(groups[chance.choices(range(5), weights=(58, 15, 12, 12, 3))[0]])
        return surname + (drawn_from(firsts) if chance.random() < _TWO_GIVEN else "") + drawn_from(lasts)

    def drawn(file: str) -> list[str]:
        return [re.sub(r"\{([vndatlxcbrk])\}", word, template) for template in lines(file)]

    for round_number in range(times):
        yield from filled(drawn("zh_lexicon.txt"), name, f"zh_lexicon-{round_number}", 1)
    for round_number in range(2 * times):
        for number, text in enumerate(drawn("zh_lexicon_clean.txt")):
            yield {"id": f"zh_lexicon-clean-{round_number}-{number}", "text": text, "spans": []}


def made_place(chance: random.Random) -> str:
    """A place or maker that begins with a surname: 高桥镇, 李家沟, 张各庄, 陆朗仓."""
    groups = _surnames()
    start = chance.choice(groups[chance.choices(range(3), weights=(5, 3, 3))[0]])
    return start + chance.choice(["家", "家", "各", "", "", "大", "小", "北", "东", "公"]) + chance.choice(_PLACE_ENDS)


def made_maker(chance: random.Random) -> str:
    """A maker or brand that could be a name, which only the thing behind it tells: 吴裕泰茶叶."""
    groups = _surnames()
    typical, possible = (DATA / "zh_given_characters.txt").read_text(encoding="utf-8").split("\n")[2:4]
    given = "".join(chance.choice(chance.choice([typical, possible])) for _ in range(chance.choice([1, 1, 2])))
    return chance.choice(groups[chance.choices(range(3), weights=(5, 3, 3))[0]]) + given


_MADE, _TWO_GIVEN = 0.4, 0.65
_PLACE_ENDS = "镇村庄塘河湖港湾堡屯沟岭坡坪洲岛口仓桥路站寨店厂园区县井池湖峡垸埠营铺楼"


def rows_of(kind: str) -> list[dict[str, Any]]:
    """All rows of a kind."""
    if kind == "zh_more":
        return list(more(8))
    if kind == "zh_varied":
        return list(varied(8))
    if kind == "zh_lexicon":
        return list(lexicon(40))
    language, _, half = kind.partition("_")
    chance = random.Random(f"{_SEED}{kind}")  # noqa: S311 - made-up texts
    name: Callable[[], str]
    if half != "train":
        names = lines(f"{language}_names_{half}.txt")
        name = lambda: chance.choice(names)  # noqa: E731
        times = 6
    else:
        name = (lambda: chinese_name(chance)) if language == "zh" else (lambda: english_name(chance))
        times = 8
    clean = lines(f"{kind}_clean.txt")
    return [
        *filled(lines(f"{kind}.txt"), name, kind, times),
        *({"id": f"{kind}-clean-{number}", "text": text, "spans": []} for number, text in enumerate(clean)),
    ]


def english_name(chance: random.Random) -> str:
    """A given name and a surname of the list, weighed alike: rare ones are as frequent as common ones."""
    rows = [line.split("\t") for line in (DATA / "en_names.tsv").read_text(encoding="utf-8").splitlines()]
    given = chance.choice([word for word, weight, _ in rows if int(weight) > 20])
    surname = chance.choice([word for word, _, weight in rows if int(weight) > 20])
    return f"{given.title()} {surname.title()}"


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def _luhn(start: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(start)))
    return start + str(-total % 10)


def made(kind: str, chance: random.Random) -> str:  # noqa: C901, PLR0911, PLR0912 - one case per kind
    """A value of a kind in one of its usual forms, with right check digits."""
    from ingest.desensitize.recognizers.cn_id_card import check_character as id_check
    from ingest.desensitize.recognizers.cn_uscc import check_character as uscc_check

    match kind:
        case "MOBILE":
            number = chance.choice(["13", "15", "17", "18", "19"]) + _digits(chance, 9)
            parted = f"{number[:3]} {number[3:7]} {number[7:]}"
            return chance.choice([number, parted, parted.replace(" ", "-"), f"+86 {number}", f"0086{number}"])
        case "LANDLINE":
            area = chance.choice(["010", "021", "0571", "0755", "028", "0451"])
            return area + chance.choice(["-", " "]) + chance.choice("2568") + _digits(chance, 7)
        case "ID":
            born = f"19{chance.randint(60, 99)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
            first = chance.choice(["110105", "330106", "440305", "510107", "320583"]) + born + _digits(chance, 3)
            return first + id_check(first)
        case "USCC":
            first = (
                "91" + chance.choice(["330100", "110108", "440300"]) + _digits(chance, 8) + chance.choice("0123456789")
            )
            return first + uscc_check(first)
        case "CARD":
            return _luhn(chance.choice(["622202", "621700", "4539", "5212"]).ljust(15, "8")[:6] + _digits(chance, 9))
        case "IP":
            return ".".join(
                str(part) for part in (10, chance.randint(1, 254), chance.randint(1, 254), chance.randint(2, 254))
            )
        case "MAC":
            return ":".join(f"{chance.randint(0, 255):02x}" for _ in range(6))
        case "PLATE":
            return chance.choice("京沪浙粤苏川") + chance.choice("ABCDE") + chance.choice("KMN") + _digits(chance, 4)
        case "PASSPORT":
            return chance.choice("EG") + _digits(chance, 8)
        case "HEX":
            return "".join(chance.choice("0123456789abcdef") for _ in range(40))
        case "SSN":
            return f"{chance.randint(100, 660)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}"
        case "IBAN":
            body = _digits(chance, 18)
            number = int(f"{body}131400")
            return f"DE{98 - number % 97:02}{body}"
        case _:
            raise ValueError(kind)


def mixed(times: int) -> Iterator[dict[str, Any]]:
    """Rows of the marked sentences, values made anew each time."""
    chance = random.Random(_SEED)  # noqa: S311 - made-up texts
    for round_number in range(times):
        for number, template in enumerate(lines("mixed_held_out.txt")):
            text, spans = "", []
            for piece in re.split(r"(\[\[[^\]]*\]\])", template):
                kind, _, value = piece.strip("[]").partition(":")
                if not piece.startswith("[["):
                    text += piece
                    continue
                value = re.sub(r"^\{(\w+)\}$", lambda match: made(match[1], chance), value)
                spans.append({"start": len(text), "end": len(text) + len(value), "type": kind})
                text += value
            yield {"id": f"mixed-{number}-{round_number}", "text": text, "spans": spans}


if __name__ == "__main__":
    for row in mixed(5) if sys.argv[1] == "mixed_held_out" else rows_of(sys.argv[1]):
        print(json.dumps(row, ensure_ascii=False))
