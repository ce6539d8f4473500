from app.answer import EditEvent, StageEvent, TokenEvent
from app.ui.desk import Writing
from app.ui.pieces import draft
from app.ui.texts import words
from knowledge.types import ANYONE, AlignmentReport, Edit

SENTENCE = "Trips are booked in <b>TripDesk</b>."


def written(*pieces: str, checked: AlignmentReport | None = None) -> Writing:
    writing = Writing("How?", ANYONE, "c")
    writing.take(StageEvent("writing"))
    for piece in pieces:
        writing.take(TokenEvent(piece))
    if checked is not None:
        writing.take(EditEvent(checked))
    return writing


def renamed(after: str = "Meridian") -> AlignmentReport:
    start = SENTENCE.index("TripDesk")
    edit = Edit(
        kind="deprecated", start=start, end=start + 8, before="TripDesk", after=after, rule="term.deprecated",
        reason="“TripDesk” is an old name.",
    )  # fmt: skip
    return AlignmentReport(
        verdict="nothing_to_check", answer=SENTENCE.replace("TripDesk", after), draft=SENTENCE, edits=(edit,)
    )


def test_an_edit_stands_in_its_place_while_more_is_written() -> None:
    html = draft(written(SENTENCE, " Ask yo", checked=renamed()), words("en"))
    assert 'class="plb-edit plb-tip"' in html
    assert "Meridian" in html
    assert "is an old name" in html
    assert html.index("Meridian") < html.index("Ask yo")
    assert "<b>" not in html


def test_without_an_edit_the_draft_stands_as_it_is() -> None:
    html = draft(written(SENTENCE), words("en"))
    assert "TripDesk" in html
    assert "plb-edit" not in html


def test_an_edit_of_another_draft_is_not_shown() -> None:
    assert "Meridian" not in draft(written("Something else.", checked=renamed()), words("en"))


def test_a_name_in_an_edit_is_shown_as_text() -> None:
    assert "<img" not in draft(written(SENTENCE, checked=renamed("<img src=x>")), words("en"))
