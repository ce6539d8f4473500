"""PowerPoint 97 to 2003: what is read from files that were written here record by record."""

import random
import struct

import pytest
from ole_writer import ole_bytes
from ppt_writer import (
    BODY,
    LOCKED_TOKEN,
    NOTES,
    OTHER,
    TITLE,
    Deck,
    atom,
    document,
    group,
    listed,
    notes_page,
    options,
    shape,
    slide,
    text_atoms,
)

from ingest.cleaning import clean
from ingest.loaders import load_bytes
from ingest.types import Unreadable


def outlined(place: int) -> bytes:
    """What a shape holds whose text stands in the outline."""
    return atom(0x0F9E, struct.pack("<I", place))


def table(flags: int = 1) -> bytes:
    """A group that is a table of two columns, its cells out of order, with a line between them."""
    cells = [("600 元", 40, 300), ("城市", 0, 0), ("上限", 0, 300), ("上海", 40, 0)]
    own = options(shape(at=(700, 100)), {0x039F: flags, 0x03A0: b"rows"})
    inner = [shape(text_atoms(OTHER, text), at=(top, left), inner=True) for text, top, left in cells]
    return group(own, *inner, shape(at=(20, 0), inner=True, kind=20))


def deck() -> Deck:
    """Shown in the order 3, 2, 5; slide 4 is hidden; slide 2 has no title."""
    slides = (
        listed(3, 256, text_atoms(TITLE, "差旅制度"), text_atoms(BODY, "机票：经济舱\r酒店：六百元"))
        + listed(2, 257)
        + listed(4, 258, text_atoms(TITLE, "Hidden slide"))
        + listed(5, 259, text_atoms(TITLE, "Last"), text_atoms(OTHER, "Only in the outline"))
    )
    return Deck().save(
        {
            1: document(slides, listed(6, 512)),
            3: slide(
                shape(text_atoms(OTHER, "Below the body"), at=(2000, 100)),
                shape(outlined(1), at=(600, 100)),
                shape(outlined(0), at=(100, 100)),
                shape(text_atoms(OTHER, "Confidential"), at=(3000, 100), placeholder=9),
                notes=512,
            ),
            2: slide(
                shape(text_atoms(OTHER, "Right caf\xe9"), at=(110, 900)),
                shape(text_atoms(OTHER, "Left\x0bbroken Page *") + atom(0x0FD8, struct.pack("<I", 17)), at=(100, 100)),
                table(),
                options(shape(at=(3000, 0)), {0x00C0: "艺术字\0".encode("utf-16-le")}),
                options(shape(text_atoms(OTHER, "Invisible"), at=(3100, 0)), {0x03BF: 0x00020002}),
            ),
            4: slide(shape(outlined(0)), hidden=True),
            5: slide(shape(text_atoms(TITLE, "Last"))),
            6: notes_page(shape(text_atoms(NOTES, "Say why.\rThen stop.")), shape(text_atoms(OTHER, "*"))),
        }
    )


def blocks(data: bytes, name: str = "a.ppt") -> list[tuple[str, str, int | None]]:
    return [(block.kind, block.text, block.page) for block in clean(load_bytes(data, name)).blocks]


READ = [
    ("heading", "差旅制度", 1),
    ("list", "- 机票：经济舱\n- 酒店：六百元", 1),
    ("text", "Below the body", 1),
    ("text", "Say why.", 1),
    ("text", "Then stop.", 1),
    ("heading", "2", 2),
    ("text", "Left broken Page", 2),
    ("text", "Right café", 2),
    ("table", "| 城市 | 上限 |\n| --- | --- |\n| 上海 | 600 元 |", 2),
    ("text", "艺术字", 2),
    ("heading", "Last", 4),
    ("text", "Only in the outline", 4),
]


def test_slides_in_order_with_tables_notes_and_word_art():
    document = load_bytes(deck().file(), "a.ppt")
    assert (document.format, document.pages) == ("ppt", 4)
    assert blocks(deck().file()) == READ
    assert blocks(deck().file(), "deck.doc") == READ  # told by its content
    assert blocks(deck().file(current_user=False)) == READ
    assert blocks(ole_bytes({"PP97_DUALSTORAGE": {"PowerPoint Document": deck().stream}, "PowerPoint Document": b"95"}))


def styled(*runs: tuple[int, int], fields: tuple[int, bytes] = (0, b"")) -> bytes:
    """Formats of runs of paragraphs: characters and level of each; `fields` are announced bits and their bytes."""
    announced, values = fields
    paragraphs = b"".join(struct.pack("<IHI", count, level, announced) + values for count, level in runs)
    return atom(0x0FA1, paragraphs + struct.pack("<II", sum(count for count, _ in runs), 0))


ALL_FORMATS = (0x3FFDFF, struct.pack("<4HI7H", *range(12)) + struct.pack("<H2I", 2, 7, 8) + bytes(6))


@pytest.mark.parametrize("fields", [(0, b""), (0x0801, b"\1\0\0\0"), ALL_FORMATS], ids=["none", "two", "all"])
def test_levels_of_lists(fields):
    text = "One\rTwo\rThree\rFour"
    style = styled((4, 0), (10, 1), (5, 2), fields=fields)
    made = Deck().save({1: document(listed(2, 256)), 2: slide(shape(text_atoms(BODY, text) + style))})
    assert blocks(made.file())[1] == ("list", "- One\n  - Two\n  - Three\n    - Four", 1)


@pytest.mark.parametrize("style", [styled((4, 0), (3, 1)), styled((90, 3)), atom(0x0FA1, b"\1"), atom(0x0FA1)])
def test_levels_that_do_not_fit_are_not_believed(style):
    made = Deck().save({1: document(listed(2, 256)), 2: slide(shape(text_atoms(BODY, "One\rTwo") + style))})
    assert blocks(made.file())[1] == ("list", "- One\n- Two", 1)


@pytest.mark.parametrize(("flags", "kinds"), [(1, ["table"]), (2, ["table"]), (0, ["text"] * 4)])
def test_only_a_group_that_says_so_is_a_table(flags, kinds):
    made = Deck().save({1: document(listed(2, 256)), 2: slide(table(flags))})
    found = blocks(made.file())
    assert [kind for kind, _, _ in found] == ["heading", *kinds]


def test_a_table_as_wide_and_high_as_its_cells_are_many_stays_text():
    own = options(shape(), {0x039F: 1})
    cells = [shape(text_atoms(OTHER, f"c{number}"), at=(number, number), inner=True) for number in range(150)]
    made = Deck().save({1: document(listed(2, 256)), 2: slide(group(own, *cells))})
    assert blocks(made.file())[1] == ("list", "\n".join(f"- c{number}" for number in range(150)), 1)


def test_a_file_that_was_saved_again_shows_its_newest_version():
    twice = deck().save({5: slide(shape(text_atoms(TITLE, "Last, corrected")))})
    texts = [text for _, text, _ in blocks(twice.file())]
    assert texts[:-3] == [text for _, text, _ in READ[:-2]]
    assert texts[-3:] == ["Last, corrected", "Last", "Only in the outline"]


@pytest.mark.parametrize(
    "data",
    [deck().file(token=LOCKED_TOKEN), Deck().save({1: document(b"")}, locked=True).file(current_user=False)],
    ids=["said by the user's stream", "said by the edit"],
)
def test_locked(data):
    with pytest.raises(Unreadable, match="password"):
        load_bytes(data, "a.ppt")


def looped() -> Deck:
    """Two edits that name each other as the one before."""
    made = deck().save({9: slide()})
    first = made.stream.index(struct.pack("<HHI", 0, 0x0FF5, 28))
    made.stream = made.stream[: first + 16] + struct.pack("<I", made.edit_at) + made.stream[first + 20 :]
    return made


def with_text_over_and_over() -> Deck:
    """A thousand slides in the list that are one and the same object."""
    same = slide(shape(text_atoms(OTHER, "x" * 2000)))
    return Deck().save({1: document(b"".join(listed(2, 256 + number) for number in range(1000))), 2: same})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (looped().file(), "damaged"),
        (with_text_over_and_over().file(), "over and over"),
        (Deck().save({2: slide()}).file(), "damaged"),  # no document
        (Deck().save({1: slide()}).file(), "damaged"),  # a slide where the document should be
        (Deck().save({1: document(listed(2, 256))}).file(), "no text"),  # a slide that is nowhere
        (ole_bytes({"PowerPoint Document": b""}), "damaged"),
        (ole_bytes({"PowerPoint Document": {"inner": b"x"}}), ""),
        (b"no presentation at all", "the name says .ppt but the content is no presentation"),
    ],
)
def test_hostile_and_empty_files(data, said):
    with pytest.raises(Unreadable) as caught:
        load_bytes(data, "a.ppt")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_deep_groups_end():
    nested = shape(text_atoms(OTHER, "too deep"), inner=True)
    for _ in range(500):
        nested = group(shape(inner=True), nested)
    made = Deck().save({1: document(listed(2, 256)), 2: slide(shape(text_atoms(OTHER, "seen")), nested)})
    assert [text for _, text, _ in blocks(made.file())] == ["1", "seen"]


@pytest.mark.parametrize("cut", range(0, 100, 9))
def test_a_cut_off_file_is_read_or_refused(cut):
    data = deck().file()
    refused_or_read(data[: len(data) * cut // 100])


def test_random_damage_is_read_or_refused():
    whole = deck()
    chance = random.Random(4)  # noqa: S311 - damage that repeats
    refused = 0
    for _ in range(300):
        stream = bytearray(whole.stream)
        for _ in range(chance.randrange(1, 6)):
            stream[chance.randrange(len(stream))] = chance.randrange(256)
        damaged = Deck()
        damaged.stream, damaged.edit_at = bytes(stream), whole.edit_at
        refused += refused_or_read(damaged.file())
    assert 0 < refused < 300


def refused_or_read(data: bytes) -> bool:
    """Whether it was refused, in one line; any other error fails the test."""
    reason = ""
    try:
        load_bytes(data, "a.ppt")
    except Unreadable as error:
        reason = str(error)
    assert "\n" not in reason
    return bool(reason)
