"""The pieces of a conversation as HTML: question, evidence, answer with its marks, and what stands under it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.answer import Answer, Citation
from app.edits import PlacedEdit, PlacedFinding, ShownAnswer
from app.edits import show as shown_answer
from app.ui.markup import Html, element, join
from app.ui.prose import Mark, Parts, render_markdown, render_plain
from app.ui.terms import address
from app.ui.texts import Words
from knowledge.types import Language

if TYPE_CHECKING:
    from app.ui.desk import Writing

_MARKER = re.compile(r"\s*\[\d{1,2}\]")
_LINE_HEAD = re.compile(r"^\s*(?:[-*+]|#{1,6}|>)\s+")
_TABLE_RULE = re.compile(r"[|:\s-]+")
_LONGEST_TIP = 220
_SHOWN_AT_ONCE = 4


def question(
    text: str, say: Words, *, notes: Sequence[str] = (), message: str = "", versions: Sequence[str] = ()
) -> Html:
    """What the user asked; `notes` say where to look and with which file.

    A stored `message` can be edited, and where it has several `versions` (ids, this one among them) one goes from one
    to the next.
    """
    shown = render_plain(text, parts=Parts(chip=chips(say)))
    bubble = element("div", shown, class_="plb-asked", role="note", aria_label=say("chat.you"))
    edit = _small("edit", message, "✎", say("chat.edit")) if message else ""
    more = [*(element("span", note, class_="plb-note") for note in notes), _versions(message, versions, say)]
    under = element("div", *more, class_="plb-under-question") if any(more) else ""
    return element("div", element("div", edit, bubble, class_="plb-question-line"), under, class_="plb-question")


def _versions(message: str, versions: Sequence[str], say: Words) -> Html:
    """‹ 2/3 › where there are several."""
    if len(versions) < 2:  # noqa: PLR2004 - one version is no choice
        return Html("")
    place = versions.index(message)
    earlier, later = versions[:place][-1:], versions[place + 1 :][:1]
    return element(
        "span",
        _small("version", earlier[0] if earlier else "", "‹", say("chat.earlier_version")),
        element(
            "span",
            f"{place + 1}/{len(versions)}",
            aria_label=say("chat.version", number=place + 1, count=len(versions)),
        ),
        _small("version", later[0] if later else "", "›", say("chat.later_version")),
        class_="plb-versions",
    )


def _small(act: str, message: str, sign: str, name: str) -> Html:
    """A small button with a sign; without a message it cannot be pressed."""
    return element(
        "button",
        sign,
        class_="plb-act plb-small-act",
        type="button",
        data_plb=act if message else None,
        data_message=message or None,
        data_number=0 if message else None,
        disabled=not message,
        title=name,
        aria_label=name,
    )


def stage(words: str, note: str = "") -> Html:
    """What is being done now, and why it may take longer."""
    more = element("p", note, class_="plb-quiet plb-small") if note else ""
    return join([element("div", element("i", aria_hidden="true"), words, class_="plb-stage", role="status"), more])


def evidence(
    title: str,
    citations: Sequence[Citation],
    message: str,
    say: Words,
    *,
    opened: bool,
    near: Mapping[int, str] = MappingProxyType({}),
) -> Html:
    """Sentences with their sources; each opens its source. `near` says by marker how near it is to the question."""
    if not citations:
        return Html("")
    head = element("summary", title, element("span", _count(citations, say)))
    rows = [element("li", _source(citation, message, near.get(citation.marker, ""), say)) for citation in citations]
    first, rest = element("ol", *rows[:_SHOWN_AT_ONCE]), rows[_SHOWN_AT_ONCE:]
    more = element("summary", say("evidence.more", count=len(rest)))
    others = element("details", more, element("ol", *rest), class_="plb-others") if rest else ""
    return element("details", head, first, others, class_="plb-evidence", open=opened)


def _count(citations: Sequence[Citation], say: Words) -> str:
    documents = len({citation.document_id for citation in citations if not citation.of_graph})
    if len(citations) == 1:
        return say("evidence.one")
    key = "evidence.many_one_document" if documents == 1 else "evidence.many"
    return say(key, places=len(citations), documents=documents)


def _source(citation: Citation, message: str, near: str, say: Words) -> Html:
    return element(
        "button",
        element("span", citation.marker, class_="plb-number"),
        element("span", _quote(citation.quote, say), class_="plb-quote"),
        element("span", where(citation, say, near), class_="plb-where"),
        class_="plb-source",
        type="button",
        data_plb="cite",
        data_message=message,
        data_number=citation.marker,
        aria_label=say("evidence.open", marker=citation.marker, title=citation.title),
    )


def _quote(text: str, say: Words) -> Html:
    """A quoted sentence on one line, a table row with its cells apart."""
    kept = (_LINE_HEAD.sub("", row) for row in text.splitlines() if not _TABLE_RULE.fullmatch(row.strip()))
    line = " · ".join(" ".join(row.strip().strip("|").replace("|", " | ").split()) for row in kept if row.strip())
    return render_plain(re.sub(r"[*_`#]{1,3}(?=\S)|(?<=\S)[*`]{1,3}", "", line), parts=Parts(chip=chips(say)))


def where(citation: Citation, say: Words, near: str = "") -> str:
    """Title, heading, page and how near it is in one line."""
    heading = citation.heading.split(" › ")[-1]
    page = say("evidence.page", page=citation.page) if citation.page is not None else ""
    kind = say("evidence.attached") if citation.attached else ""
    parts = (citation.title, kind, heading if heading != citation.title else "", page, near)
    return " · ".join(part for part in parts if part)


# --- the answer -----------------------------------------------------------------------------------------------------


def draft(writing: Writing, say: Words) -> Html:
    """The answer while it is being written, with what the checker has changed so far; its citations are not checked."""
    known = {citation.marker: citation for citation in writing.evidence}
    text, marks = writing.draft, list[Mark]()
    if writing.checked is not None and text.startswith(writing.checked.draft):
        so_far = shown_answer(writing.checked)
        text = so_far.text + text[len(writing.checked.draft) :]
        marks = [_edit_mark(placed, say, writing.answer_language) for placed in so_far.edits]
    parts = Parts(lambda number: _plain_marker(number, known), chip=chips(say))
    return element("div", render_markdown(text, marks, parts), class_="plb-prose plb-cursor")


def _plain_marker(number: int, known: Mapping[int, Citation]) -> Html | None:
    return element("span", number, class_="plb-cite") if number in known else None


def answer(shown: ShownAnswer, found: Answer, message: str, say: Words) -> Html:
    """The checked answer: citations open their source, edits and doubts say on hover what they are."""
    known = {citation.marker: citation for citation in found.citations}
    marks = [_edit_mark(edit, say, found.language) for edit in shown.edits] + [
        _doubt_mark(doubt, say) for doubt in shown.doubts
    ]
    parts = Parts(lambda number: _marker(number, known, message, say), chip=chips(say), copy=say("answer.copy_code"))
    return element(
        "div",
        render_markdown(shown.text, marks, parts),
        class_="plb-prose",
        lang="zh-CN" if found.language == "zh" else "en",
    )


def _marker(number: int, known: Mapping[int, Citation], message: str, say: Words) -> Html | None:
    citation = known.get(number)
    if citation is None:
        gone = say("answer.source_gone")
        return element("span", number, class_="plb-cite plb-gone", title=gone, aria_label=gone)
    tip = element("span", element("b", where(citation, say)), _quote(_cut(citation.quote), say), class_="plb-card")
    return element(
        "button",
        number,
        tip,
        class_="plb-cite plb-tip",
        type="button",
        data_plb="cite",
        data_message=message,
        data_number=number,
        aria_label=say("evidence.open", marker=number, title=citation.title),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TIP else f"{text[: _LONGEST_TIP - 1]}…"


def _edit_mark(placed: PlacedEdit, say: Words, language: Language) -> Mark:
    look = "plb-edit plb-undone" if placed.undone else "plb-edit"
    tip = element(
        "span",
        say("answer.edit_marker", before=placed.edit.before, reason=reason(placed, say, language)),
        class_="plb-card",
    )

    def show(inner: Html) -> Html:
        return element("span", inner, tip, class_=f"{look} plb-tip", tabindex="0")

    return Mark(placed.start, placed.end, show)


def _doubt_mark(placed: PlacedFinding, say: Words) -> Mark:
    bad = placed.finding.kind == "contradicted"
    tip = element("span", say("answer.contradicted" if bad else "answer.unsupported"), class_="plb-card")

    def show(inner: Html) -> Html:
        return element("span", inner, tip, class_=f"plb-doubt plb-tip{' plb-bad' if bad else ''}", tabindex="0")

    return Mark(placed.start, placed.end, show)


def reason(placed: PlacedEdit, say: Words, language: Language) -> str:
    """Why the checker made an edit, in one sentence of the page's language; the checker's own words know more."""
    if placed.edit.reason and language == say.language:
        return placed.edit.reason
    key = f"edits.reason_{_REASONS.get(placed.edit.rule, 'other')}"
    return say(key, before=placed.edit.before, after=placed.edit.after)


_REASONS: Mapping[str, str] = {
    "term.deprecated": "deprecated",
    "term.forbidden": "forbidden",
    "term.alternative": "alternative",
    "relation.value": "relation",
    "relation.direction": "direction",
    "quantity.value": "relation",
    "quantity.passage": "quantity",
}


def chips(say: Words) -> Callable[[str], Html]:
    """Hidden personal data as `kind·code`; the code tells one hidden value from another."""

    def chip(inside: str) -> Html:
        kind, _, code = inside.partition("·")
        known = say(f"kind.{kind}") if say.has(f"kind.{kind}") else say("kind.other")
        return element("span", f"{known} {code}".strip(), class_="plb-chip", title=say("answer.masked", kind=known))

    return chip


# --- under the answer -----------------------------------------------------------------------------------------------


def edits(shown: ShownAnswer, found: Answer, message: str, say: Words, reported: Collection[int] = ()) -> Html:
    """Each change of the checker: before, after, why, on what evidence, and buttons to undo it and to call it wrong."""
    if not shown.edits:
        return Html("")
    count = len(shown.edits)
    title = say("edits.title_one") if count == 1 else say("edits.title_many", count=count)
    rows = (_edit_row(placed, found, message, say, reported=placed.index in reported) for placed in shown.edits)
    return element("div", element("p", title), element("ul", *rows), class_="plb-edits")


def _edit_row(placed: PlacedEdit, found: Answer, message: str, say: Words, *, reported: bool) -> Html:
    change = element(
        "span", element("del", placed.edit.before), " → ", element("ins", placed.edit.after), class_="plb-change"
    )
    why = [reason(placed, say, found.language)] + ([f"({say('edits.undone')})"] if placed.undone else [])
    act = "redo" if placed.undone else "undo"
    buttons = [_edit_button(act, say(f"edits.{act}"), message, placed.index)]
    if reported:
        buttons.append(element("span", say("edits.reported"), class_="plb-quiet"))
    else:
        buttons.append(_edit_button("report", say("edits.report"), message, placed.index))
    look = "plb-was" if placed.undone else None
    told = element("span", " ".join(why), class_="plb-reason")
    if placed.edit.concept:
        term = element("a", say("edits.term"), href=address.link(concept=placed.edit.concept), class_="plb-to-term")
        buttons.insert(0, term)
    return element("li", change, told, *buttons, _edit_evidence(placed, found, message, say), class_=look)


def _edit_button(act: str, text: str, message: str, number: int) -> Html:
    return element(
        "button", text, class_="plb-act", type="button", data_plb=act, data_message=message, data_number=number
    )


def _edit_evidence(placed: PlacedEdit, found: Answer, message: str, say: Words) -> Html:
    """What the edit stands on: facts of the term graph, and cited places that open their source."""
    if not placed.edit.evidence:
        return Html("")
    known = {citation.marker: citation for citation in found.citations}
    markers = {f"passage {citation.chunk_id}": citation.marker for citation in found.citations}
    lines = []
    for part in placed.edit.evidence:
        marker = markers.get(part)
        source = _marker(marker, known, message, say) if marker is not None else None
        text = say("edits.source") if part.startswith("passage ") else part
        lines.append(element("div", text, " ", source or ""))
    return element("details", element("summary", say("edits.evidence")), *lines, class_="plb-proof")


def badge(found: Answer, shown: ShownAnswer, say: Words) -> Html:
    """How the answer stands to the term graph and the sources, in one mark."""
    state = badge_state(found, shown)
    tip = element("span", say(f"badge.{state}_help"), class_="plb-card")
    return element("span", say(f"badge.{state}"), tip, class_=f"plb-badge plb-{state} plb-tip", tabindex="0")


def badge_state(found: Answer, shown: ShownAnswer) -> str:
    """`held`, `corrected`, `unconfirmed`, `contradicted` or `nothing`."""
    if any(not placed.undone for placed in shown.edits):
        return "corrected"
    verdicts = {"supported": "held", "contradicted": "contradicted", "unsupported": "unconfirmed"}
    return verdicts.get(found.alignment.verdict, "nothing")


def foot(found: Answer, shown: ShownAnswer, say: Words) -> Html:
    """Badge, copy button, and which model answered in how many seconds."""
    seconds = f"{found.timings_ms.total / 1000:.1f}"
    if found.model.base:
        by = say("answer.answered_by", model=found.model.base, backend=found.model.backend, seconds=seconds)
    else:
        by = say("answer.answered_without_model", seconds=seconds)
    copy = element(
        "button",
        say("answer.copy"),
        class_="plb-act",
        type="button",
        data_plb="copy",
        data_text=plain(found, shown, say),
    )
    aloud = element(
        "button",
        say("answer.aloud"),
        class_="plb-act plb-aloud",
        type="button",
        data_plb="speak",
        data_language=found.language,
        data_text=_MARKER.sub("", shown.text),
    )
    mark = Html("") if found.abstained else badge(found, shown, say)
    return element("div", mark, copy, aloud, element("span", by), class_="plb-foot")


def plain(found: Answer, shown: ShownAnswer, say: Words) -> str:
    """The answer with its sources as text for the clipboard."""
    citations = found.nearest if found.abstained else found.citations
    lines = [f"[{citation.marker}] {where(citation, say)} ({citation.path})" for citation in citations]
    return "\n".join([shown.text, *(["", f"{say('answer.sources')}:", *lines] if lines else [])])


def notice(title: str, text: str) -> Html:
    """A box for what is not an ordinary answer."""
    return element("div", element("b", title), text, class_="plb-notice", role="note")


def brand() -> Html:
    """The plumb line and the name."""
    names = element("span", "准绳 ", element("small", "Plumbline"))
    return element("div", element("i", aria_hidden="true"), names, class_="plb-brand")


def rows(pairs: Sequence[tuple[str, object]]) -> Html:
    """Names and values as a table."""
    lines = (element("tr", element("th", name), element("td", value)) for name, value in pairs)
    return element("table", element("tbody", *lines), class_="plb-table")


def blocks(parts: Sequence[Html]) -> Html:
    """The parts one below the other."""
    return join(parts)
