"""What there is to say of a stretch of Chinese text that could be a name, and how much each of it weighs.

A feature is written once, as a form over axes: `cut={cut}:{group}` has one weight for each way in which words can be
cut and each group of surnames. The same forms name the weights when they are fitted and find them when they are used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_TAGS = (
    "a ad ag al an b bg bl c cc d df dg dl e en f fg g h i j k l m mg mq n ng nl nr ns nt nw nx nz o p pb pf q qg qt "
    "qv r rg rr ry rz s sg t tg u ud ug uj ul uv uz v vd vf vg vi vl vn vq vs vx vy w x y yg z zg"
).split()
OTHER_TAG = "?"
TAGS = (*_TAGS, OTHER_TAG)
"""Classes of words as the segmenter gives them, by their first two letters."""
_BY_TAG = [f"tag-{tag}" for tag in TAGS]
SIZES = ("11", "12", "21", "22", "23")
"""Characters of the surname (2: two or more) and of the given name."""
GROUPS = ("1", "2", "3", "4", "5", "6")
KINDS = tuple("".join(kinds) for length in (1, 2, 3) for kinds in product("tpor", repeat=length))
"""Whether each character of the given name is typical of names, possible, another one, or rare in names."""
CUTS = (
    *(f"across-{left}{right}" for left in ("", "L", "l") for right in ("", "R", "r")),
    *("one-name", "one-word", "one-unknown"),
    *(f"{shape}{number}{named}" for shape in "sm" for number in range(2, 8) for named in ("", "n")),
)
"""How the words of the text lie to a candidate."""
_PLACES = [cut.partition("-")[2] if cut.startswith("across") else cut[:1] for cut in CUTS]
LEFTS = (
    *("begin", "label", "list", "bar", "quote", "comma", "open", "digit", "mark", "space", "role", "prep"),
    *("prep-split", "agent", *_BY_TAG),
)
RIGHTS = ("end", "list", "bar", "space", "comma", "open", "quote", "digit", "mark", "title", "act", *_BY_TAG)
_FIRM = frozenset(
    {"begin", "label", "role", "agent", "list", "title", "act", "end", "bar", "quote", "prep", "comma", "open"}
)
_CUES = frozenset({"role", "agent", "prep", "label", "title", "act"})


def _side_kind(side: str) -> str:
    return "cue" if side in _CUES else side[:3]


_DERIVED: dict[str, tuple[tuple[str, ...], tuple[str | None, ...]]] = {
    "left_kind": (("left",), tuple(map(_side_kind, LEFTS))),
    "right_kind": (("right",), tuple(map(_side_kind, RIGHTS))),
    "firm_left": (
        ("left", "cut"),
        tuple(place if left in _FIRM else None for left in LEFTS for place in _PLACES),
    ),
    "firm_right": (
        ("right", "cut"),
        tuple(place if right in _FIRM else None for right in RIGHTS for place in _PLACES),
    ),
}
_FLAG: tuple[str | None, ...] = (None, "")
EDGES = (-20, -8, 3, 12, 22)
"""Where the classes of what a character says for a name end, in tenths of natural logarithms."""
CHANCES = tuple("abcdef")
LAST = (*CHANCES, "place")
FREQUENT = (30, 300, 3000)
"""From how many times on (in the dictionary) a word is of the next class."""
WORD_CLASSES = ("name", "place", "noun", "act", "rest")
WORDS = ("none", *(f"{kind}{often}" for kind in WORD_CLASSES for often in range(len(FREQUENT) + 1)))
"""What the dictionary calls a word, and how frequent it is; "none": no word."""
OFTEN = tuple(str(number) for number in range(len(FREQUENT) + 2))
"""0: no word, else how frequent."""
AXES: dict[str, tuple[str | None, ...]] = {
    "size": SIZES,
    "group": GROUPS,
    "kinds": KINDS,
    "cut": CUTS,
    "left": LEFTS,
    "right": RIGHTS,
    "start": CHANCES,
    "first": CHANCES,
    "last": LAST,
    "word": WORDS,
    "given": WORDS,
    "tail": WORDS,
    "head": WORDS,
    "begin": WORDS,
    **dict.fromkeys(("doubled", "column"), _FLAG),
}
"""What is known of a candidate, each with the values that it may have; None: nothing to say."""
_FORMS = (
    *("size={size}", "surname={group}", "given={size}:{kinds}", "doubled{doubled}"),
    *("cut={cut}", "cut={cut}:{group}", "cut={cut}:{kinds}"),
    *("start={start}", "start={start}:{cut}", "first={size}:{first}", "last={size}:{last}", "ends={first}:{last}"),
    *("last={last}:{cut}", "last={last}:{right}", "start={start}:{last}"),
    *("as-word={given}", "as-word={given}:{size}", "as-word={given}:{start}", "as-word={given}:{right_kind}"),
    *("begin={begin}", "begin={begin}:{last}", "word={word}", "word={word}:{size}", "word={word}:{last}"),
    *("tail={tail}:{size}", "tail={tail}:{last}", "head={head}"),
    *("left={left}", "right={right}", "left-size={left}:{size}", "right-size={right}:{size}"),
    *("both={left_kind}|{right_kind}", "firm-left:{firm_left}", "firm-right:{firm_right}", "column{column}"),
)


def _axes_of(form: str) -> tuple[str, ...]:
    """The axes that a form rests on, those behind derived ones included."""
    named = re.findall(r"\{(\w+)\}", form)
    return tuple(dict.fromkeys(axis for name in named for axis in (_DERIVED[name][0] if name in _DERIVED else (name,))))


def _names(form: str) -> list[str | None]:
    """What a form is called for each combination of the values of its axes; None where it says nothing."""
    axes = _axes_of(form)
    named = re.findall(r"\{(\w+)\}", form)
    names: list[str | None] = []
    for numbers in product(*(range(len(AXES[axis])) for axis in axes)):
        at = dict(zip(axes, numbers, strict=True))
        values = {}
        for name in named:
            if name in _DERIVED:
                behind, table = _DERIVED[name]
                place = 0
                for axis in behind:
                    place = place * len(AXES[axis]) + at[axis]
                values[name] = table[place]
            else:
                values[name] = AXES[name][at[name]]
        names.append(None if None in values.values() else form.format(**values))
    return names


def _places(axes: tuple[str, ...], values: Mapping[str, Numbers]) -> Numbers:
    place = values[axes[0]]
    for axis in axes[1:]:
        place = place * len(AXES[axis]) + values[axis]
    return place


@cache
def _named() -> list[tuple[tuple[str, ...], list[str | None]]]:
    """For each form its axes, and its names for their values."""
    return [(_axes_of(form), _names(form)) for form in _FORMS]


def feature_names(values: Mapping[str, Numbers]) -> list[list[str]]:
    """The features of each candidate by name; `values` has a number on each of the axes for each candidate."""
    columns = [[names[place] for place in _places(axes, values).tolist()] for axes, names in _named()]
    return [[name for name in row if name is not None] for row in zip(*columns, strict=True)]


class Model:
    """A log-linear model: the weights of all that is said of a candidate are added up.

    Weights have three decimals; they are added as whole thousandths, so that the order of adding makes no difference.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._bias = round(1000 * weights["bias"])
        tables: dict[tuple[str, ...], NDArray[np.int32]] = {}
        for axes, names in _named():
            worth = [0 if name is None else round(1000 * weights.get(name, 0.0)) for name in names]
            tables[axes] = tables.get(axes, 0) + np.array(worth, dtype=np.int32)
        self._tables = tuple(tables.items())

    def scores(self, values: Mapping[str, Numbers]) -> NDArray[np.float64]:
        """For each candidate the logarithm of the odds that it is a name."""
        total = np.full(len(values["size"]), self._bias, dtype=np.int64)
        for axes, table in self._tables:
            total += table[_places(axes, values)]
        return total / 1000
