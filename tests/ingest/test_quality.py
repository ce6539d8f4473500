"""What is held out of the index, and what a run says about the quality of what it read."""

import pytest

from ingest.quality import sorted_out
from ingest.splitter import Piece


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Hotels cost at most 600 CNY a night.", ""),
        ("年假为每年十天。", ""),
        ("| grade | pay |\n| --- | --- |\n| 5 | 30000 |", ""),  # a table's head says what its numbers are
        ("1200 1300 1400\n1500 1600", "no words"),
        ("- - - - 42 | 43 |", "no words"),
        ("锟斤拷锟斤拷锟斤拷 text", "unreadable characters"),
        ("CafÃ© sociÃ©tÃ© dÃ©jÃ vu", "unreadable characters"),
        ("He said “déjà vu” in a café.", ""),
        ("年假为每年十天，须提前申请。".encode().decode("cp1252", "replace"), "unreadable characters"),
        ("年假为每年十天，须提前申请。".encode("gbk").decode("latin-1"), "unreadable characters"),
        ("Größe der Räume über fünf Meter, très légère, señor año.", ""),
        ("\n".join(f"- [Page {number}](p{number}.html)" for number in range(8)), "nothing but links"),
        ("See:\n" + "\n".join(f"- [Page {number}](p{number}.html)" for number in range(8)), ""),
        ("- [Only one](a.html)", ""),
    ],
)
def test_pieces_that_are_held_out(text: str, reason: str) -> None:
    kept, held = sorted_out([Piece(text, ("Head",), 3)])
    assert [piece.reason for piece in held] == ([reason] if reason else [])
    assert len(kept) == (not reason)


def test_the_report_of_a_run(make_pipeline, catalog, source):
    same = " ".join(f"Clause {number} says what holds for trip {number}." for number in range(20))
    for name, text in {"one.md": same, "two.md": same.replace("Clause 3 says", "Clause three says")}.items():
        (source / name).write_text(f"# Trips\n\n{text}\n", encoding="utf-8")
    (source / "gb.txt").write_bytes("请假制度规定年假为每年十天须提前申请并经批准。".encode("gb18030"))
    (source / "numbers.md").write_text("# Numbers\n\n12 13 14 15\n", encoding="utf-8")
    report = make_pipeline().run([source]).quality
    assert report["documents"] == 7
    assert report["completeness"]["held_out"] == {"no words": 1}
    assert report["consistency"]["conflicting"] in ([["one.md", "two.md"]], [["two.md", "one.md"]])
    assert report["accuracy"]["guessed_encoding"] == {"count": 1, "paths": ["gb.txt"]}
    assert catalog.runs.list()[0].report["quality"] == report
    numbers = catalog.documents.by_path("numbers.md")
    assert [chunk.text for chunk in catalog.documents.chunks(numbers.id)] == ["Numbers"], "found by its title"
    assert "12 13" in catalog.documents.text(numbers.id), "nothing is taken out of the document"
    assert make_pipeline().run([source]).quality["documents"] == 0
