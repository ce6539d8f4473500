"""The source of a citation: the document's facts and the quoted sentence, highlighted where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.answer import Citation
from app.ui.markup import Html, element, join
from app.ui.pieces import chips
from app.ui.prose import Mark, Parts, render_markdown
from app.ui.texts import Words
from knowledge.errors import NotFound
from knowledge.types import Chunk, User

if TYPE_CHECKING:
    from app.assistant import Assistant, DocumentView

_SHORTEST_PIECE = 12


def source(assistant: Assistant, citation: Citation, user: User, say: Words, near: str = "") -> Html:
    """The drawer's content for `citation` as `user` may see it now; a sentence when the document is gone.

    `near` says how near it is to the question. Of an attached file only the quoted sentence was kept.
    """
    if citation.attached:
        return join(
            [
                element("p", citation.title, class_="plb-doc"),
                _facts(citation.path, citation, "", near, say),
                element("div", element("mark", citation.quote), class_="plb-passage plb-prose"),
                element("p", say("source.attached"), class_="plb-quiet plb-small"),
            ]
        )
    if citation.of_graph:
        return join(
            [
                element("p", citation.title, class_="plb-doc"),
                element("div", element("mark", citation.quote), class_="plb-passage plb-prose"),
                element("p", say("source.graph", revision=citation.revision), class_="plb-quiet plb-small"),
            ]
        )
    try:
        view = assistant.document(citation.document_id, user)
    except NotFound:
        return element("p", say("source.gone"))
    return join(
        [
            element("p", view.document.title, class_="plb-doc"),
            _facts(view.document.path, citation, view.document.effective_date, near, say),
            _passage(view, citation, say),
            _download(assistant, citation, user, say),
        ]
    )


def _facts(path: str, citation: Citation, date: str, near: str, say: Words) -> Html:
    pairs = [(say("source.document"), path)]
    if citation.page is not None:
        pairs.append((say("source.page"), str(citation.page)))
    if citation.heading:
        pairs.append((say("source.heading"), citation.heading))
    if date:
        pairs.append((say("source.date"), date))
    if near:
        pairs.append((say("source.near"), near))
    return element(
        "dl",
        *(part for name, value in pairs for part in (element("dt", name), element("dd", value))),
        class_="plb-facts",
    )


def _passage(view: DocumentView, citation: Citation, say: Words) -> Html:
    place = _chunk_of(view.chunks, citation)
    if place is None:
        return element("div", element("mark", citation.quote), class_="plb-passage plb-prose")
    text = view.chunks[place].text
    marks = [Mark(start, end, lambda inner: element("mark", inner)) for start, end in find_quote(text, citation.quote)]
    parts = Parts(chip=chips(say))
    return join(
        [
            _around(view.chunks[:place][-1:], say("source.before"), parts),
            element("div", render_markdown(text, marks, parts), class_="plb-passage plb-prose"),
            _around(view.chunks[place + 1 :][:1], say("source.after"), parts),
        ]
    )


def _around(chunks: Sequence[Chunk], title: str, parts: Parts) -> Html:
    if not chunks:
        return Html("")
    text = element("div", render_markdown(chunks[0].text, parts=parts), class_="plb-prose")
    return element("details", element("summary", title), text, class_="plb-around")


def _chunk_of(chunks: Sequence[Chunk], citation: Citation) -> int | None:
    """The chunk that was cited, or the one that holds the quote now that the document was read anew."""
    for place, chunk in enumerate(chunks):
        if chunk.id == citation.chunk_id:
            return place
    for place, chunk in enumerate(chunks):
        if find_quote(chunk.text, citation.quote):
            return place
    return None


def find_quote(text: str, quote: str) -> list[tuple[int, int]]:
    """Where `quote` stands in `text`, in characters; line breaks and spaces may differ.

    A quote that is not there as a whole is looked for line by line, because a table row brings its header along.
    """
    whole = _find(text, quote)
    if whole:
        return [whole]
    pieces = [piece for piece in re.split(r"\n|…", quote) if len(piece.strip()) >= _SHORTEST_PIECE]
    found = [place for place in (_find(text, piece) for piece in pieces) if place]
    return sorted(found)


def _find(text: str, quote: str) -> tuple[int, int] | None:
    words = quote.split()
    if not words:
        return None
    match = re.search(r"\s+".join(re.escape(word) for word in words), text)
    return match.span() if match else None


def _download(assistant: Assistant, citation: Citation, user: User, say: Words) -> Html:
    try:
        assistant.original(citation.document_id, user)
    except NotFound:
        return element("p", say("source.no_original"), class_="plb-quiet plb-small")
    link = element(
        "a",
        say("source.download"),
        href=f"/source/{citation.document_id}/original",
        class_="plb-download",
        download=True,
    )
    return element("p", link)
