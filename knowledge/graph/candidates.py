"""Frequent phrases of documents that the term graph does not know, in Chinese and English.

Ranked by the C-value of Frantzi, Ananiadou and Mima (Automatic recognition of multi-word terms: the C-value/NC-value
method, International Journal on Digital Libraries 3(2), 2000): a phrase counts by its length and by how often it stands
on its own, not as part of longer ones. With |a| words, f(a) occurrences and Ta the longer candidates that hold a,

    C-value(a) = log2(|a| + 1) · (f(a) - mean of f(b) over b in Ta)

where the + 1 is ours, so that single words (product names, abbreviations) take part. Chinese is cut into words first,
and a phrase begins and ends where words do; a Chinese phrase ends in a noun.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import log2

from knowledge.catalog.candidates import NewCandidate, Place, label_key
from knowledge.graph.linker import Linker
from knowledge.language import detect_language
from knowledge.sentences import split_sentences
from knowledge.types import Language
from knowledge.words import is_stop_word

MIN_COUNT = 3
MIN_DOCUMENTS = 1
_LONGEST = 5
"""Words of a phrase."""
_MOST_KEPT = 1_000_000
"""Phrases counted at once; rare ones are forgotten beyond that."""
_LOOKED_AT = 3
"""How many times as many phrases are looked at as are offered: some turn out to be known."""
_SENTENCES = 3
_LONGEST_SENTENCE = 300
_BETWEEN = frozenset(
    (
        "without within since until before after during under over above below between against through per via each "
        "every other another such same more most less least first last next new own only also then here there yes "
        "not no one two three cny usd eur rmb"
    ).split()
)
"""Words that are not in the list of stop words, since they tell something in a question, and yet end a phrase."""
_TOKEN = re.compile(r"⟨[^⟩]*⟩|[A-Za-z][A-Za-z0-9]*(?:[-_'][A-Za-z0-9]+)*|[㐀-䶿一-鿿]+|\S")
_MARKUP = re.compile(r"\||^#+ |^[-*] ")
_INSIDE_ZH = ("n", "v", "a", "b", "j", "l", "i", "s", "t", "eng", "vn", "nz")
_AT_END_ZH = ("n", "vn", "j", "l", "eng", "s")
_SHORTEST_WORD = 4
"""Characters of a Chinese single word, and of a phrase: shorter ones are common words."""

Text = tuple[str, str]
"""A document's id and a text of it."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word with its place; `inside`: it may stand in a phrase, `ending`: it may end one."""

    start: int
    end: int
    text: str
    ending: bool = True


@dataclass(slots=True)
class _Found:
    count: Counter[str] = field(default_factory=Counter)
    sentences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def mine(
    texts: Callable[[], Iterable[Text]], linker: Linker, blocked: Collection[str], limit: int
) -> list[NewCandidate]:
    """At most `limit` phrases, the best first, that stand in `texts` and mean no concept.

    `texts` is read twice. `blocked` holds labels that are not to be offered, as `label_key` makes them. Whoever looks
    at a candidate must be shown only the documents that they may read.
    """
    counts, spelling = _counted(texts())
    scores = c_values(counts)
    best = sorted((each for each in scores if scores[each] > 0), key=lambda phrase: (-scores[phrase], phrase))
    wanted = [each for each in best if label_key(spelling[each]) not in blocked][: limit * _LOOKED_AT]
    found = _places(texts(), frozenset(wanted), linker)
    candidates = [
        _candidate(spelling[phrase], found[phrase], scores[phrase])
        for phrase in wanted
        if sum(found[phrase].count.values()) >= MIN_COUNT and len(found[phrase].count) >= MIN_DOCUMENTS
    ]
    return candidates[:limit]


def c_values(counts: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], float]:
    """The C-value of each phrase of at least `MIN_COUNT` occurrences, given how often phrases (as words) occur."""
    frequent = {phrase: count for phrase, count in counts.items() if count >= MIN_COUNT}
    longer: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for phrase, count in frequent.items():
        for part in set(_parts(phrase)):
            if part in frequent:
                longer[part].append(count)
    return {
        phrase: log2(len(phrase) + 1) * (count - (sum(longer[phrase]) / len(longer[phrase]) if longer[phrase] else 0))
        for phrase, count in frequent.items()
    }


def _parts(phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """All shorter runs of words in a phrase."""
    for length in range(1, len(phrase)):
        for start in range(len(phrase) - length + 1):
            yield phrase[start : start + length]


def _counted(texts: Iterable[Text]) -> tuple[Counter[tuple[str, ...]], dict[tuple[str, ...], str]]:
    counts: Counter[tuple[str, ...]] = Counter()
    spelling: dict[tuple[str, ...], str] = {}
    for _, text in texts:
        for phrase, start, end in _phrases(text):
            counts[phrase] += 1
            spelling.setdefault(phrase, text[start:end])
        if len(counts) > _MOST_KEPT:
            for phrase in [each for each, count in counts.items() if count < MIN_COUNT]:
                del counts[phrase], spelling[phrase]
    return counts, spelling


def _places(
    texts: Iterable[Text], wanted: Collection[tuple[str, ...]], linker: Linker
) -> dict[tuple[str, ...], _Found]:
    """Where the wanted phrases stand and mean no concept."""
    found: dict[tuple[str, ...], _Found] = defaultdict(_Found)
    for document, text in texts:
        places = [each for each in _phrases(text) if each[0] in wanted]
        if not places:
            continue
        known = [(mention.start, mention.end) for mention in linker.link(text)]
        sentences = split_sentences(text)
        for phrase, start, end in places:
            if any(start < stop and begin < end for begin, stop in known):
                continue
            here = found[phrase]
            here.count[document] += 1
            sentence = next((each.text for each in sentences if each.start <= start and end <= each.end), "")
            kept = here.sentences[document]
            if sentence and len(kept) < _SENTENCES and sentence[:_LONGEST_SENTENCE] not in kept:
                kept.append(sentence[:_LONGEST_SENTENCE])
    return found


def _candidate(label: str, found: _Found, score: float) -> NewCandidate:
    places = tuple(
        Place(document, count, tuple(found.sentences[document])) for document, count in found.count.most_common()
    )
    return NewCandidate("term", "documents", label, detect_language(label), places, round(score, 4))


# --- phrases of a text --------------------------------------------------------------------------------------------


def _phrases(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Every run of words that may be a term: in lower case, with its place."""
    for run in _runs(text):
        for start in range(len(run)):
            for end in range(start + 1, min(start + _LONGEST, len(run)) + 1):
                words = run[start:end]
                if words[-1].ending and _worth(words):
                    phrase = tuple(word.text.lower() for word in words)
                    yield phrase, words[0].start, words[-1].end


def _worth(words: Sequence[_Word]) -> bool:
    """A single word must tell something: a name with a capital or digit inside, or a long Chinese word."""
    if len(words) > 1:
        return sum(len(word.text) for word in words) >= _SHORTEST_WORD
    text = words[0].text
    if text.isascii():
        return len(text) > 1 and any(letter.isupper() or letter.isdigit() for letter in text[1:])
    return len(text) >= _SHORTEST_WORD


def _runs(text: str) -> Iterator[list[_Word]]:
    """Words in a row of one language, without anything between them that ends a phrase."""
    run: list[_Word] = []
    language: Language | None = None
    for match in _TOKEN.finditer(text):
        token = match.group()
        kind: Language | None = "zh" if "㐀" <= token[0] <= "鿿" else "en" if token[0].isalpha() else None
        gap = text[run[-1].end : match.start()] if run else ""
        if run and (kind != language or "\n" in gap or _MARKUP.search(gap)):
            yield run
            run = []
        language = kind
        if kind == "zh":
            yield from _chinese(token, match.start(), run)
        elif kind == "en" and not is_stop_word(token) and token.lower() not in _BETWEEN:
            run.append(_Word(match.start(), match.end(), token))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _chinese(token: str, offset: int, run: list[_Word]) -> Iterator[list[_Word]]:
    """Cut a stretch of Chinese into words; `run` takes them until one of them ends a phrase."""
    import rjieba

    for word, tag in rjieba.tag(token):
        if tag.startswith(_INSIDE_ZH) and not is_stop_word(word):
            run.append(_Word(offset, offset + len(word), word, ending=tag.startswith(_AT_END_ZH)))
        elif run:
            yield list(run)
            run.clear()
        offset += len(word)
