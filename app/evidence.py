"""The sentences that matter, within a token budget: what the model reads and what the evidence card shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import log
from typing import TYPE_CHECKING

from app.answer import Citation
from knowledge.language import detect_language
from knowledge.protocols import Embedder
from knowledge.retriever import RankedChunk
from knowledge.sentences import Sentence, split_sentences
from knowledge.types import GRAPH, Language, Mention, Passage, User
from knowledge.words import content_words

if TYPE_CHECKING:
    from knowledge.graph import Linker

WORTH = 0.65
"""Chunks with a smaller share of the best score are not shown: they cost time and mislead a small model. Others are
shown whole while they fit: what they are about stands between the sentences that share words with the question."""
_FOREIGN = 0.05
"""By so much less sure one may be of a passage in another language: the share of words cannot count for it."""
_WORD_SHARE = 0.25
_CONCEPT_SHARE = 0.15
_VERSION = re.compile(
    r"(?:19|20)\d{2}|[vV]\s?\d+(?:\.\d+)*|版本?|修订|[（(].*?[)）]|第[一二三四五六七八九十\d]+版|\W|_"
)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_HEADING = re.compile(r"(?:\*\*[^*]+\*\*|#+ .*|[一二三四五六七八九十]+、[^。；，]{1,20}|\|?\s*:?-{3,}.*)$")
_TABLE_RULE = re.compile(r"^\|?\s*:?-{3,}")
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Passages numbered from 1, each with the chunk that it was taken from and the sentence that answers best."""

    passages: tuple[Passage, ...] = ()
    chunks: tuple[RankedChunk, ...] = ()
    quotes: tuple[str, ...] = ()

    def citation(self, marker: int, quote: str | None = None) -> Citation:
        """The citation of passage `marker`; `quote` defaults to its best sentence."""
        chunk, document = self.chunks[marker - 1].chunk, self.chunks[marker - 1].document
        return Citation(
            marker=marker,
            document_id=document.id,
            title=document.title,
            path=document.path,
            page=chunk.page,
            heading=chunk.heading,
            chunk_id=chunk.id,
            quote=self.quotes[marker - 1] if quote is None else quote,
            revision=document.path if document.id.startswith(GRAPH) else "",
        )

    def as_text(self) -> str:
        """The passages as the model reads them: number and heading before each, table rows spelled out. Title and date
        are not said again where the document stays the same: a user waits for every token of this text.
        """
        last, dated, texts = "", set(), []
        for passage, item in zip(self.passages, self.chunks, strict=True):
            document, heading = item.document, item.chunk.heading
            line = heading if heading and document.id == last else _source_line(item, dated=document.id not in dated)
            last = document.id
            dated.add(last)
            texts.append(f"[{passage.marker}] {line}\n{_spelled_out(passage.text)}")
        return "\n\n".join(texts)

    def citations(self) -> tuple[Citation, ...]:
        """Every passage as a citation, in order."""
        return tuple(self.citation(passage.marker) for passage in self.passages)


def _source_line(item: RankedChunk, *, dated: bool = True) -> str:
    parts = [item.document.title]
    if item.chunk.heading and item.chunk.heading != item.document.title:
        parts.append(item.chunk.heading)
    date = f" ({item.document.effective_date})" if dated and item.document.effective_date else ""
    return " › ".join(parts) + date


def _spelled_out(text: str) -> str:
    """`text` with each row of a Markdown table as "head: cell; head: cell": a small model reads rows under a header
    wrongly far more often.
    """
    lines: list[str] = []
    heads: list[str] = []
    rows = text.split("\n")
    for row, below in zip(rows, [*rows[1:], ""], strict=True):
        if not row.startswith("|"):
            heads = []
            lines.append(row)
        elif _TABLE_RULE.match(below):
            heads = _cells(row)
        elif heads and not _TABLE_RULE.match(row):
            pairs = zip_longest(heads, _cells(row), fillvalue="")
            lines.append("- " + "; ".join(f"{head}: {cell}" if head else cell for head, cell in pairs if cell))
        elif not heads:
            lines.append(row)
    return "\n".join(lines)


def _cells(row: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(row.strip().strip("|"))]


def estimate_tokens(text: str) -> int:
    """About how many tokens a model reads in `text`: two for three Han characters, three for ten others.

    An estimate is enough for a budget far below the context, and it needs no loaded model.
    """
    han = sum("㐀" <= character <= "鿿" for character in text)
    return han * 2 // 3 + (len(text) - han) * 3 // 10 + 1


def newest_versions(ranked: Sequence[RankedChunk], question: str) -> list[RankedChunk]:
    """`ranked` without chunks of superseded versions: of documents that share a title but for year and version
    only the one that takes effect last counts, unless the question names another's year.
    """
    asked = set(_YEAR.findall(question))
    newest: dict[str, str] = {}
    for item in ranked:
        key, date = _series(item), item.document.effective_date
        if date and not (asked and date[:4] in asked and newest.get(key, "")[:4] in asked):
            preferred = max(newest.get(key, ""), date, key=lambda d: (d[:4] in asked, d))
            newest[key] = preferred
    return [
        item
        for item in ranked
        if not item.document.effective_date or newest[_series(item)] == item.document.effective_date
    ]


def _series(item: RankedChunk) -> str:
    """What two versions of one document share: the title without years, versions and punctuation."""
    return _VERSION.sub("", item.document.title).lower() or item.document.id


def select(
    question: str,
    ranked: Sequence[RankedChunk],
    *,
    budget: int,
    limit: int,
    names: Sequence[str] = (),
    embedder: Embedder | None = None,
    worth: float = WORTH,
) -> Evidence:
    """The sentences of the best `limit` chunks that matter for `question`, in at most about `budget` tokens.

    Chunks below `worth` of the best score are left out. `names` are other names of what the question names. Sentences
    in another language than the question share no words with it: `embedder` tells which of them are nearest. Passages
    keep the order of `ranked`; left-out sentences show as '…'; a table row brings its header along.
    """
    newest = newest_versions(ranked, question)[:limit]
    chosen = [item for item in newest if item.score >= worth * newest[0].score]
    units = [split_sentences(item.chunk.text) for item in chosen]
    weights = _weights(" ".join((question, *names)), units)
    passages: list[Passage] = []
    chunks: list[RankedChunk] = []
    quotes: list[str] = []
    language = detect_language(question)
    nearness = _nearness(question, embedder) if embedder and any(_foreign(item, language) for item in chosen) else None
    for item, sentences in zip(chosen, units, strict=True):
        if nearness is not None and _foreign(item, language):
            scores = nearness(sentences)
        else:
            scores = [_score(sentence.text, weights) for sentence in sentences]
        kept = _keep(sentences, scores, budget)
        tellers = _tellers(sentences, kept)
        if not tellers:
            continue
        text = _join(item.chunk.text, sentences, kept)
        budget -= estimate_tokens(f"{_source_line(item)} {text}")
        best = max(tellers, key=lambda index: scores[index])
        passages.append(Passage(id=item.chunk.id, text=text, marker=len(passages) + 1, title=item.document.title))
        chunks.append(item)
        quotes.append(sentences[best].text)
        if budget <= 0:
            break
    return Evidence(tuple(passages), tuple(chunks), tuple(quotes))


def _weights(question: str, units: Sequence[Sequence[Sentence]]) -> dict[str, float]:
    """How much each word of the question tells among these sentences (inverse document frequency)."""
    counts: Counter[str] = Counter()
    total = 0
    for sentences in units:
        for sentence in sentences:
            counts.update(set(content_words(sentence.text)))
            total += 1
    return {word: log(1 + (total + 1) / (counts[word] + 0.5)) for word in set(content_words(question))}


def _foreign(item: RankedChunk, language: Language) -> bool:
    return item.chunk.language != language


def _nearness(question: str, embedder: Embedder) -> Callable[[Sequence[Sentence]], list[float]]:
    """What gives the cosine between the question, which is embedded once, and each of some sentences."""
    asked = embedder.embed_queries([question])[0]

    def near(sentences: Sequence[Sentence]) -> list[float]:
        cosines: list[float] = (embedder.embed_passages([each.text for each in sentences]) @ asked).tolist()
        return cosines

    return near


def _score(text: str, weights: dict[str, float]) -> float:
    words = set(content_words(text))
    return sum(weight for word, weight in weights.items() if word in words)


def _keep(sentences: Sequence[Sentence], scores: Sequence[float], budget: int) -> list[int]:
    """Indices of the sentences to show, in order: all that fit into `budget` tokens, the best first."""
    costs = [estimate_tokens(sentence.text) for sentence in sentences]
    if sum(costs) <= budget:
        return list(range(len(sentences)))
    kept: set[int] = set()
    for index in sorted(range(len(sentences)), key=lambda index: -scores[index]):
        wanted = {index, *_header(sentences, index)} - kept
        cost = sum(costs[each] for each in wanted)
        if cost <= budget:
            kept |= wanted
            budget -= cost
    return sorted(kept)


def _header(sentences: Sequence[Sentence], index: int) -> list[int]:
    """The two lines that head the Markdown table of row `index`; none when it is not a table row."""
    row = index
    while row >= 0 and sentences[row].text.startswith("|"):
        if _TABLE_RULE.match(sentences[row].text) and row > 0:
            return [row - 1, row]
        row -= 1
    return []


def _tellers(sentences: Sequence[Sentence], kept: Sequence[int]) -> list[int]:
    """Of `kept` those that say something: no headings and no table headers."""
    heads = {line for index in kept for line in _header(sentences, index) if line != index}
    return [index for index in kept if index not in heads and not _HEADING.match(sentences[index].text)]


def _join(source: str, sentences: Sequence[Sentence], kept: Sequence[int]) -> str:
    parts: list[str] = []
    previous = -1
    for index in kept:
        sentence = sentences[index]
        if parts:
            gap = source[sentences[previous].end : sentence.start]
            separator = gap if index == previous + 1 else "\n"
            parts.append(separator if index == previous + 1 or sentence.text.startswith("|") else " … ")
        parts.append(sentence.text)
        previous = index
    return "".join(parts)


def relevance(question: str, ranked: Sequence[RankedChunk], evidence: Evidence) -> float:
    """How near the evidence is to the question: the best centred cosine (knowledge/centring.py) plus a quarter of the
    weighted share of the question's words that stand in one passage, and 0.15 of the share of its concepts.
    About 0 for strangers, above 0.3 for answers.
    """
    nearest = max((item.relevance for item in ranked if item.relevance is not None), default=0.0)
    weights = _weights(question, [split_sentences(item.chunk.text) for item in ranked])
    total = sum(weights.values())
    shares = [
        sum(weight for word, weight in weights.items() if _stands_in(word, source_text(passage, item))) / total
        for passage, item in zip(evidence.passages, evidence.chunks, strict=True)
        if total
    ]
    concepts = max((item.concept_coverage for item in evidence.chunks), default=0.0)
    return nearest + _WORD_SHARE * max(shares, default=0.0) + _CONCEPT_SHARE * concepts


def answers_surely(near: float, least: float, question: str, evidence: Evidence) -> bool:
    """Whether the evidence is so near (`relevance`) that it answers: `least`, a little less where the best passage is
    in another language, which shares no words with the question.
    """
    foreign = bool(evidence.chunks) and _foreign(evidence.chunks[0], detect_language(question))
    return near >= least - (_FOREIGN if foreign else 0)


def other_names(question: str, evidence: Evidence, linker: Linker, user: User) -> tuple[str, ...]:
    """For each passage what else the things in it are called that the question names: who asks for the old name may
    get it in the answer.
    """
    asked = _concepts(linker.link(question, user))
    if not asked:
        return ("",) * len(evidence.passages)
    names = []
    for passage, item in zip(evidence.passages, evidence.chunks, strict=True):
        told = linker.link(source_text(passage, item), user)
        names.append(" ".join(linker.expand([each for each in told if asked & _concepts([each])], user)))
    return tuple(names)


def _concepts(mentions: Iterable[Mention]) -> set[str]:
    return {concept for mention in mentions for concept in (mention.candidates or (mention.concept,))}


def source_text(passage: Passage, item: RankedChunk) -> str:
    """A passage with the title, heading and date that the model reads above it."""
    return f"{_source_line(item)} {passage.text}"


def _stands_in(word: str, text: str) -> bool:
    """Whether a content word stands in `text`; a Chinese one also inside a longer word."""
    return word in content_words(text) or (not word.isascii() and word in text)
