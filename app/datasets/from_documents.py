"""Questions whose answer stands word for word in a document, made by templates.

A section that asks is a question; another one is asked about by its name; `key: value` lines and the cells of tables
are asked for by the key, or by row and column. Older versions of a document teach what no longer holds: they are left
out.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from app.datasets.types import Candidate, Source
from app.texts import CELL_OF, MORE_ABOUT, VALUE_OF
from knowledge.catalog.documents import newness
from knowledge.words import content_words

if TYPE_CHECKING:
    from knowledge.catalog import Catalog
    from knowledge.types import Chunk, Document, User

MOST_CELLS = 40
"""Cells of one document: a price list would outweigh all the rest."""
_BOLD_LINE = re.compile(r"\*\*(?P<heading>[^*\n]{2,120})\*\*")
_ASKS = re.compile(r"[?？]\s*$")
_VALUE = re.compile(
    r"(?:[-*]\s+)?\**(?P<key>[^\W\d_][^:：|*\n.。，,；;?？!！]{1,38}?)\**\s*[:：]\**\s*(?P<value>[^\s/].*)"
)
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_ROW = re.compile(r"\|.*\|")
_LONGEST_KEY = 5
_FEWEST_CELLS = 2


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading in one chunk; an empty heading: before the first one."""

    heading: str
    text: str


@dataclass(slots=True)
class DocumentExamples:
    """Makes candidates from the documents that the reader may see. `left_out` counts documents by reason."""

    catalog: Catalog
    reader: User
    context: bool = True
    left_out: Counter[str] = field(default_factory=Counter)

    def documents(self, since: float) -> Iterator[Document]:
        """Those that came in since then and of which there is no newer version, by path."""
        self.left_out["older_version"] = 0  # the model is asked about the same documents
        found = [each for each in self.catalog.documents.list(self.reader) if each.ingested_at >= since]
        alike = self.catalog.documents.alike([document.id for document in found], self.reader)
        for document in found:
            if any(newness(other) > newness(document) for other in alike.get(document.id, ())):
                self.left_out["older_version"] += 1
            else:
                yield document

    def examples(self, since: float) -> Iterator[Candidate]:
        """Of each document the questions of its sections, then those of its values and of its tables."""
        for document in self.documents(since):
            chunks = self.catalog.documents.chunks(document.id)
            yield from self._of_sections(document, chunks)
            yield from self._of_values(document, chunks)
            yield from islice(self._of_tables(document, chunks), MOST_CELLS)

    def _of_sections(self, document: Document, chunks: Sequence[Chunk]) -> Iterator[Candidate]:
        sections = [(chunk, section) for chunk in chunks for section in sections_of(chunk)]
        # What goes on in the next chunk would be half an answer
        times = Counter(section.heading for _, section in sections)
        for chunk, section in sections:
            if not section.heading or times[section.heading] > 1 or _ROW.match(section.text):
                continue
            if _ASKS.search(section.heading):
                yield self.candidate(document, chunk, "document.question", section.heading, section.text)
            elif section.heading != document.title:
                asked = MORE_ABOUT[chunk.language].format(title=document.title, heading=section.heading)
                yield self.candidate(document, chunk, "document.section", asked, section.text)

    def _of_values(self, document: Document, chunks: Sequence[Chunk]) -> Iterator[Candidate]:
        found: dict[str, list[tuple[Chunk, str]]] = defaultdict(list)
        for chunk in chunks:
            for line in chunk.text.splitlines():
                match = _VALUE.fullmatch(line.strip())
                if match and len(content_words(match["key"])) <= _LONGEST_KEY:
                    found[match["key"].strip()].append((chunk, match["value"].strip().rstrip("*").strip()))
        for key, places in found.items():
            if len(places) == 1:  # a key that stands twice is asked for with one of two answers
                chunk, value = places[0]
                asked = VALUE_OF[chunk.language].format(title=document.title, key=key)
                yield self.candidate(document, chunk, "document.value", asked, value)

    def _of_tables(self, document: Document, chunks: Sequence[Chunk]) -> Iterator[Candidate]:
        rows = [(chunk, head, row) for chunk in chunks for head, row in rows_of(chunk.text.splitlines())]
        named = Counter(row[0] for _, _, row in rows)
        for chunk, head, row in rows:
            if not row[0] or named[row[0]] > 1:
                continue
            for column, cell in zip(head[1:], row[1:], strict=False):
                if column and cell and column != cell:
                    asked = CELL_OF[chunk.language].format(title=document.title, row=row[0], column=column)
                    yield self.candidate(document, chunk, "document.table", asked, cell)

    def candidate(self, document: Document, chunk: Chunk, kind: str, question: str, answer: str) -> Candidate:
        """A question about a chunk whose answer stands in it."""
        return Candidate(
            kind=kind,
            question=question,
            answer=answer,
            source=Source("documents", document.id, document.title, document.text_hash),
            language=chunk.language,
            context=chunk.text if self.context else "",
            documents=(document.id,),
            quotes=((document.id, answer),),
            verbatim=True,
        )


def sections_of(chunk: Chunk) -> list[Section]:
    """The chunk cut at the headings that stand in it as bold lines; the first one is under the chunk's own."""
    heading = chunk.heading.split(" › ")[-1]
    found: list[Section] = []
    lines: list[str] = []
    for line in [*chunk.text.splitlines(), None]:
        match = None if line is None else _BOLD_LINE.fullmatch(line.strip())
        if line is not None and match is None:
            lines.append(line)
            continue
        text = "\n".join(lines).strip()
        if text:
            found.append(Section(heading, text))
        lines = []
        heading = match["heading"].strip() if match else ""
    return found


def rows_of(lines: Iterable[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The rows of the Markdown tables in these lines, each with the row of its column names."""
    before: list[str] = []
    head: list[str] = []
    for line in map(str.strip, lines):
        if _RULE.fullmatch(line):
            head = before
        elif not _ROW.fullmatch(line):
            head = []
        elif len(head) >= _FEWEST_CELLS:
            yield head, _cells(line)
        before = _cells(line) if _ROW.fullmatch(line) else []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
