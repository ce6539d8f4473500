"""Putting right what was found: repairs are tried, the text is looked at again, and only what made it better stays."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.alignment.examining import Examination, Examined
from knowledge.alignment.explanations import explain
from knowledge.alignment.findings import told_by_graph
from knowledge.alignment.rewriting import TRIES, SentenceWriter, acceptable
from knowledge.types import Edit, Finding

_ROUNDS = 3


def repaired(look: Examination, first: Examined) -> tuple[tuple[Edit, ...], Examined]:
    """Apply what can be put right, look again, and keep only what made the text better.

    Gives the edits that stand and the last look. An edit's offsets count the text that it was made in.
    """
    kept: list[Edit] = []
    now = first
    for _ in range(_ROUNDS):
        if not now.repairs:
            break
        edits, after = _better(look, now)
        if after is None:
            break
        kept.extend(edits)
        now = after
    if now.repairs and kept:
        # Something would be changed by the next check: rather leave all as it was
        return (), first
    return tuple(kept), now


def _better(look: Examination, now: Examined) -> tuple[list[Edit], Examined | None]:
    """All repairs together if that helps, else those that help one by one; (…, None) if none does."""
    together = _without_overlap(now.repairs)
    edits = [edit for repair in together for edit in repair]
    after = look.examine(applied(now.draft.text, edits))
    if after.errors < now.errors and not after.repairs:
        return edits, after
    good: list[tuple[Edit, ...]] = []
    best, errors = None, now.errors
    for repair in together:
        trial = look.examine(applied(now.draft.text, [edit for one in [*good, repair] for edit in one]))
        if trial.errors < errors:
            good.append(repair)
            best, errors = trial, trial.errors
    return [edit for repair in good for edit in repair], best


def rewritten(look: Examination, now: Examined, writer: SentenceWriter, most: int) -> tuple[tuple[Edit, ...], Examined]:
    """Up to `most` sentences that disagree with the graph, written anew by a model, where that makes them right."""
    kept: list[Edit] = []
    asked: set[str] = set()
    for _ in range(most):
        wrong = next((each for each in now.findings if told_by_graph(each) and each.sentence not in asked), None)
        if wrong is None:
            break
        asked.add(wrong.sentence)
        edit, after = _rewritten(look, now, wrong, writer)
        if edit is not None:
            kept.append(edit)
            now = after
    return tuple(kept), now


def _rewritten(
    look: Examination, now: Examined, wrong: Finding, writer: SentenceWriter
) -> tuple[Edit | None, Examined]:
    start, end = now.draft.sentence_around(wrong.start, wrong.end)
    sentence = now.draft.text[start:end]
    language = look.language or now.draft.language
    spoken = now.draft.language_at(start, end)
    facts = tuple(wrong.evidence)
    for attempt in range(TRIES):
        draft = writer.rewritten(sentence, facts, spoken, attempt)
        if not acceptable(sentence, draft, facts, look.linker, look.user):
            continue
        edit = Edit(
            kind="sentence", start=start, end=end, before=sentence, after=draft, rule="sentence.rewritten",
            reason=explain("sentence.rewritten", language), evidence=facts, confidence=0.7,
        )  # fmt: skip
        after = look.examine(applied(now.draft.text, [edit]))
        if after.errors < now.errors and not after.repairs and after.supported > now.supported:
            return edit, after
    return None, now


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits made; their offsets all count `text`, and they do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.after + text[edit.end :]
    return text


def _without_overlap(repairs: Sequence[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """Repairs in the order of the text; of those that touch the same place only the first."""
    chosen: list[tuple[Edit, ...]] = []
    taken: list[tuple[int, int]] = []
    for repair in sorted(repairs, key=lambda repair: (repair[0].start, repair[0].end)):
        if any(a < edit.end and edit.start < b for edit in repair for a, b in taken):
            continue
        chosen.append(repair)
        taken.extend((edit.start, edit.end) for edit in repair)
    return chosen
