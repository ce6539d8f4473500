"""Where the checker's edits stand in the answer, and the answer with some of them taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from knowledge.types import AlignmentReport, Edit, Finding


@dataclass(frozen=True, slots=True)
class PlacedEdit:
    """An edit and where its wording stands, in characters of the text that is shown."""

    index: int
    edit: Edit
    start: int
    end: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding that left the text as it was, and where it stands in the text that is shown."""

    finding: Finding
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer as it is shown: edits in `undone` have given way to the words before them."""

    text: str
    edits: tuple[PlacedEdit, ...]
    doubts: tuple[PlacedFinding, ...]


def show(report: AlignmentReport, undone: Collection[int] = ()) -> ShownAnswer:
    """The answer of `report` with the edits in `undone` taken back, each edit and each open doubt with its place."""
    pieces: list[str] = []
    edits: list[PlacedEdit] = []
    position = length = 0
    for index, start, end in _places(report):
        edit = report.edits[index]
        wording = edit.before if index in undone else edit.after
        pieces += [report.answer[position:start], wording]
        length += start - position
        edits.append(PlacedEdit(index, edit, length, length + len(wording), index in undone))
        length += len(wording)
        position = end
    text = "".join([*pieces, report.answer[position:]])
    return ShownAnswer(text, tuple(edits), tuple(_doubts(report, text)))


def _places(report: AlignmentReport) -> Sequence[tuple[int, int, int]]:
    """(index, start, end) of each edit in the final answer, in the order of the text.

    The checker counts each edit in the text that it was made in; the later ones move the earlier ones. An edit whose
    words were overwritten by a later one has no place of its own any more.
    """
    for follow in (_one_after_another, _all_in_the_draft):
        places = follow(report)
        if places is not None:
            return sorted(places, key=lambda place: place[1])
    return []


def _one_after_another(report: AlignmentReport) -> list[tuple[int, int, int]] | None:
    """The places if each edit was made in the text that the one before left; None if that gives another answer."""
    text = report.draft
    places: list[tuple[int, int, int]] = []
    for index, edit in enumerate(report.edits):
        if text[edit.start : edit.end] != edit.before:
            return None
        text = text[: edit.start] + edit.after + text[edit.end :]
        moved = len(edit.after) - (edit.end - edit.start)
        places = [
            (number, start + moved, end + moved) if start >= edit.end else (number, start, end)
            for number, start, end in places
            if end <= edit.start or start >= edit.end
        ]
        places.append((index, edit.start, edit.start + len(edit.after)))
    return places if text == report.answer else None


def _all_in_the_draft(report: AlignmentReport) -> list[tuple[int, int, int]] | None:
    """The places if all edits count characters of the draft; None if that gives another answer."""
    pieces: list[str] = []
    places: list[tuple[int, int, int]] = []
    position = length = 0
    for index, edit in sorted(enumerate(report.edits), key=lambda pair: pair[1].start):
        if edit.start < position or report.draft[edit.start : edit.end] != edit.before:
            return None
        pieces += [report.draft[position : edit.start], edit.after]
        length += edit.start - position
        places.append((index, length, length + len(edit.after)))
        length += len(edit.after)
        position = edit.end
    text = "".join([*pieces, report.draft[position:]])
    return places if text == report.answer else None


def _doubts(report: AlignmentReport, text: str) -> Sequence[PlacedFinding]:
    """Findings of the draft that no edit mended and whose words still stand in `text`."""
    found: list[PlacedFinding] = []
    for finding in report.findings:
        if finding.kind not in ("unsupported", "contradicted", "conflict") or not finding.text.strip():
            continue
        mended = any(edit.before and edit.before in finding.text for edit in report.edits)
        start = _nearest(text, finding.text, finding.start)
        if start is not None and not mended:
            found.append(PlacedFinding(finding, start, start + len(finding.text)))
    return found


def _nearest(text: str, words: str, place: int) -> int | None:
    """Where `words` stand in `text`, as near to `place` as can be; edits may have moved them."""
    best: int | None = None
    start = text.find(words)
    while start >= 0:
        if best is None or abs(start - place) < abs(best - place):
            best = start
        start = text.find(words, start + 1)
    return best
