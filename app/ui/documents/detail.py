"""One document: its facts, its desensitized text, its passages, its versions, and what is to be said of its quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.ui import pieces
from app.ui.documents import changes
from app.ui.documents.common import (
    access_badges,
    badge,
    bulleted,
    empty,
    facts,
    go,
    heading,
    managed,
    passages,
    size,
    to,
    when,
)
from app.ui.documents.quality import note_lines
from app.ui.documents.rules import ground
from app.ui.markup import Html, element, join
from app.ui.page import Page, plain_sentence, show
from app.ui.prose import Parts, render_markdown, render_plain
from knowledge.catalog.documents import INDEXED
from knowledge.errors import NotFound, PlumblineError

if TYPE_CHECKING:
    from app.documents import Inside
    from app.ui.texts import Words
    from knowledge.catalog.listing import Listed
    from knowledge.types import Chunk, Document

_CHARACTERS = 20_000
_CHUNKS = 20
_TABS = ("text", "chunks", "versions", "quality")
_TOLD = ("author", "created", "modified", "pages", "version")


def detail(page: Page, document_id: str) -> None:
    """The whole document, as far as the user may read it."""
    import streamlit as st

    say = page.say
    st.button(say("docs.all"), icon=":material/arrow_back:", type="tertiary", on_click=go, key="plb-document-back")
    try:
        row = managed(page).get(document_id, page.user)
    except NotFound:
        st.warning(say("docs.gone"))
        return
    _head(page, row)
    if not row.readable:
        show(pieces.notice(say("docs.hidden_title"), say("docs.hidden", labels=", ".join(row.access))))
        if row.quality:
            show(_notes(row, say))
        return
    inside = managed(page).inside(row.id, page.user)
    tabs = st.tabs([say(f"docs.tab_{name}") for name in _TABS])
    with tabs[0]:
        _text(page, inside)
    with tabs[1]:
        _chunks(page, row, inside.chunks)
    with tabs[2]:
        show(_versions(row, inside, say))
    with tabs[3]:
        show(_quality(row, inside, say))


def _head(page: Page, row: Listed) -> None:
    import streamlit as st

    say = page.say
    title = row.title if row.readable and row.title else row.path.rpartition("/")[2]
    state = badge(say(f"docs.state_{row.state}"), "good" if row.state == INDEXED else "warn")
    readers = join([access_badges(row.access, say), " ", _why(page, row)])
    show(
        element(
            "div",
            heading(title, 2),
            facts(
                [
                    (say("docs.path"), row.path),
                    (say("docs.readers"), readers),
                    (say("docs.state"), state),
                    (
                        say("docs.kind"),
                        f"{row.format.upper()} · {size(row.bytes)} · {passages(row.chunks, say)}",
                    ),
                    (say("docs.in_force"), row.effective_date),
                    (say("docs.read_at"), when(row.ingested_at)),
                    (say("docs.from"), row.source_root),
                    (say("docs.lies_in"), row.container),
                ]
            ),
            class_="plb-document-head",
        )
    )
    with st.container(key="plb-document-acts", horizontal=True, vertical_alignment="center"):
        if row.readable:
            show(_download(page, row))
        change = row.readable and st.button(
            say("docs_access.change"), key="plb-detail-access", icon=":material/lock_person:"
        )
        if change:
            changes.access(page, [row.id])
        if st.button(say("docs.remove"), key="plb-detail-remove", icon=":material/delete:"):
            changes.remove(page, [row.id])


def _why(page: Page, row: Listed) -> Html:
    """Which rule gives the document its readers; what is wrong with the rules when nobody can tell."""
    try:
        found = page.shared.assistant.sources.ground_of(row.source_root, row.container or row.path)
    except PlumblineError as error:
        return element("small", plain_sentence(error, page.say), class_="plb-warned")
    return ground(found, page.say) if found is not None else Html("")


def _download(page: Page, row: Listed) -> Html:
    """The original as it was received."""
    try:
        page.shared.assistant.original(row.id, page.user)
    except NotFound:
        return element("span", page.say("source.no_original"), class_="plb-quiet plb-small")
    href = f"/source/{row.id}/original"
    return element("a", page.say("source.download"), href=href, class_="plb-download plb-level", download=True)


def _text(page: Page, inside: Inside) -> None:
    """The extracted text, with what was hidden as chips; a long one part by part."""
    import streamlit as st

    say = page.say
    counts = sorted(inside.desensitized.items())
    if counts:
        hidden = (f"{kind_name(kind, say)} × {count}" for kind, count in counts)
        chips = join((element("span", each, class_="plb-chip") for each in hidden), " ")
        show(element("p", say("docs.hidden_values"), " ", chips, class_="plb-small"))
    if not inside.text.strip():
        show(empty(say("docs.no_text")))
        return
    parts = -(-len(inside.text) // _CHARACTERS)
    number = st.pagination(parts, key="plb-document-part") if parts > 1 else 1
    text = inside.text[(number - 1) * _CHARACTERS : number * _CHARACTERS]
    show(element("div", render_markdown(text, parts=Parts(chip=pieces.chips(say))), class_="plb-prose plb-sheet"))


def kind_name(kind: str, say: Words) -> str:
    """What a kind of personal data is called."""
    return say(f"kind.{kind}") if say.has(f"kind.{kind}") else say("kind.other")


def _chunks(page: Page, row: Listed, chunks: Sequence[Chunk]) -> None:
    import streamlit as st

    say = page.say
    if not chunks:
        show(empty(say("docs.no_chunks")))
        return
    count = -(-len(chunks) // _CHUNKS)
    number = st.pagination(count, key=f"plb-chunks-{row.id}") if count > 1 else 1
    shown = chunks[(number - 1) * _CHUNKS : number * _CHUNKS]
    names = _concept_names(page, shown)
    show(join([_chunk(each, names, say) for each in shown]))


def _chunk(chunk: Chunk, names: dict[str, str], say: Words) -> Html:
    where = [f"#{chunk.ordinal + 1}", chunk.heading]
    if chunk.page is not None:
        where.append(say("evidence.page", page=chunk.page))
    where.append(say("docs.tokens", count=chunk.tokens))
    found = [names[each] for each in chunk.concepts if each in names]
    concepts = (
        element("p", say("docs.concepts"), " ", join(map(badge, found), " "), class_="plb-small") if found else ""
    )
    return element(
        "article",
        element("p", " · ".join(filter(None, where)), class_="plb-quiet plb-small"),
        element("div", render_markdown(chunk.text, parts=Parts(chip=pieces.chips(say))), class_="plb-prose"),
        concepts,
        class_="plb-piece",
    )


def _concept_names(page: Page, chunks: Sequence[Chunk]) -> dict[str, str]:
    """What the concepts of these chunks are called, of those that the user may see."""
    graph = page.shared.assistant.workspace.graph()
    ids = dict.fromkeys(concept for chunk in chunks for concept in chunk.concepts)
    return {each: graph.label(each, page.say.language) for each in ids if graph.visible(each, page.user)}


def _versions(row: Listed, inside: Inside, say: Words) -> Html:
    """Nearly the same documents, newer and older, and what lies inside this one."""
    parts: list[Html] = []
    for key, found in (("newer", inside.newer), ("older", inside.older), ("members", inside.members)):
        if found:
            parts += [heading(say(f"docs.{key}"), 3), bulleted(_other(each, say) for each in found)]
    if row.container:
        parts.append(element("p", say("docs.lies_in"), ": ", row.container))
    return join(parts) if parts else empty(say("docs.no_versions"))


def _other(document: Document, say: Words) -> Html:
    day = document.effective_date or when(document.modified_at)[:10]
    link = to("document", document.id, document.title, "plb-term", d=document.id)
    return join([link, " ", element("small", f"{document.path} · {say('docs.of_day', day=day)}", class_="plb-quiet")])


def _quality(row: Listed, inside: Inside, say: Words) -> Html:
    told = [(say(f"docs.meta_{name}"), inside.metadata[name]) for name in _TOLD if inside.metadata.get(name)]
    parts = [_notes(row, say) or empty(say("docs.no_notes"))]
    if told:
        plain = ((name, render_plain(value, parts=Parts(chip=pieces.chips(say)))) for name, value in told)
        parts += [heading(say("docs.about_itself"), 3), facts(plain)]
    return join(parts)


def _notes(row: Listed, say: Words) -> Html:
    lines = note_lines(row.quality, say)
    return bulleted(lines) if lines else Html("")
