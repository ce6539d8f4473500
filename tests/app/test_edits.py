import pytest

from app.edits import show
from knowledge.types import AlignmentReport, Edit, Finding


def edit(text: str, before: str, after: str, kind: str = "deprecated") -> Edit:
    start = text.index(before)
    return Edit(kind=kind, start=start, end=start + len(before), before=before, after=after)


def report(draft: str, answer: str, *edits: Edit, findings: tuple[Finding, ...] = ()) -> AlignmentReport:
    return AlignmentReport(verdict="supported", answer=answer, draft=draft, edits=edits, findings=findings)


DRAFT = "小差旅限额8000元，TripDesk 可订。"
STEP = DRAFT.replace("小差旅", "子午差旅平台")
FINAL = "子午差旅平台限额5000元，Meridian 可订。"
SEQUENTIAL = report(
    DRAFT,
    FINAL,
    edit(DRAFT, "小差旅", "子午差旅平台"),
    edit(STEP, "8000", "5000", "relation"),
    edit(STEP.replace("8000", "5000"), "TripDesk", "Meridian"),
)
AT_ONCE = report(
    DRAFT,
    FINAL,
    edit(DRAFT, "TripDesk", "Meridian"),
    edit(DRAFT, "小差旅", "子午差旅平台"),
    edit(DRAFT, "8000", "5000"),
)


@pytest.mark.parametrize("given", [SEQUENTIAL, AT_ONCE], ids=["one after another", "all in the draft"])
def test_each_edit_is_found_in_the_answer(given: AlignmentReport) -> None:
    shown = show(given)
    assert shown.text == FINAL
    assert [shown.text[placed.start : placed.end] for placed in shown.edits] == ["子午差旅平台", "5000", "Meridian"]


@pytest.mark.parametrize("given", [SEQUENTIAL, AT_ONCE], ids=["one after another", "all in the draft"])
def test_undo_restores_the_original_wording_in_that_place(given: AlignmentReport) -> None:
    for number, each in enumerate(given.edits):
        shown = show(given, {number})
        assert shown.text == FINAL.replace(each.after, each.before)
        undone = [placed for placed in shown.edits if placed.undone]
        assert [shown.text[placed.start : placed.end] for placed in undone] == [each.before]


def test_undo_of_all_restores_the_draft() -> None:
    assert show(SEQUENTIAL, {0, 1, 2}).text == DRAFT


def test_an_edit_in_an_edit_takes_the_place_of_the_first() -> None:
    first = edit("TripDesk is slow", "TripDesk", "Meridian Travel")
    second = edit("Meridian Travel is slow", "Meridian Travel", "Meridian")
    shown = show(report("TripDesk is slow", "Meridian is slow", first, second))
    assert [(placed.index, placed.edit.after) for placed in shown.edits] == [(1, "Meridian")]


def test_edits_that_do_not_fit_are_not_shown() -> None:
    stray = Edit(kind="deprecated", start=3, end=5, before="xx", after="yy")
    shown = show(report("a text", "a text", stray))
    assert shown.text == "a text"
    assert shown.edits == ()


def test_deleting_and_inserting() -> None:
    gone = Edit(kind="relation", start=1, end=4, before="bcd", after="")
    shown = show(report("abcde", "ae", gone))
    assert [(placed.start, placed.end) for placed in shown.edits] == [(1, 1)]
    assert show(report("abcde", "ae", gone), {0}).text == "abcde"


def test_open_doubts_keep_their_place() -> None:
    doubt = Finding(kind="unsupported", start=DRAFT.index("可订"), end=DRAFT.index("可订") + 2, text="可订")
    mended = Finding(kind="contradicted", start=3, end=8, text="限额8000元")
    shown = show(report(DRAFT, FINAL, *SEQUENTIAL.edits, findings=(doubt, mended)))
    assert [shown.text[each.start : each.end] for each in shown.doubts] == ["可订"]
