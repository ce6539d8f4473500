"""How each relation is worded: phrases and names from the graph, made into cues that sentences are compared with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from knowledge.alignment.synonyms import FAMILIES_OF
from knowledge.graph.normal import normalize
from knowledge.types import Language
from knowledge.words import stem

if TYPE_CHECKING:
    from knowledge.graph.store import TermGraph
    from knowledge.graph.types import Relation

_TOKEN = re.compile(r"[a-z]+(?:'s\b)?|'s\b|\d[\d.,]*|[㐀-䶿一-鿿豈-﫿]+")
_DIRECTION_EN = frozenset(
    "by from to under of with at in on for as since until into over within through between".split()
)
_DIRECTION_ZH = frozenset("由被向归在于从自给为对与和把将经按")
_EMPTY_EN = frozenset(
    (
        "a an the is are was were be been being am has have had having do does did will would shall it its "
        "it's they their he she his her this that these those which who whom whose and or but also currently "
        "now today still there 's s up out not any all each our your we you i please so then than very about "
        "nearly almost"
    ).split()
)
_EMPTY_ZH = frozenset(
    (
        "的 是 了 为 其 该 此 这 那 也 均 则 并 而 以 及 和 与 或 都 就 已 已经 目前 "
        "现在 现 共 有 个 名 位 以及 并且 同时 另外 可 可以 能 会 要 请 您 你 我们 所 之 "
        "着 过 地 得 本 即 即可 将 称 叫 做 作"
    ).split()
)
_IRREGULAR_FORMS = """
lead: led leads leader
run: ran run running
make: made makes
sell: sold sells
buy: bought buys
keep: kept keeps
hold: held holds
win: won
write: wrote written
bear: born
build: built builder
found: founded found
die: died dies death
lie: lay lies
locat: located location locates
weigh: weighs weight weighed
go: went goes gone
take: took takes taken
give: gave given
send: sent sends
get: got
pay: paid pays
administr: administers administrator administered administration
manag: manager manages managed management
own: owner owners owned owns owning ownership
suppli: supplier suppliers supplies supplied supply
approv: approver approves approved approval approving
issu: issuer issues issued issuing
sponsor: sponsor
respons: responsible responsibility
design: designer designed designs
architect: architect
edit: editor edited
author: author authored
creat: creator created
produc: producer produced production produces
operat: operator operated operating operates operation
publish: publisher published
establish: established establishment
maintain: maintainer
national: nationality
launch: launched launch
assembl: assembled assembly
submit: submission submitted
requir: required requirement
limit: limits
price: priced prices
cost: costs
long: length
high: height
elevat: elevation elevated
"""
"""Words that the stemmer does not bring together, after the stem that they all get."""

_IRREGULAR = {
    word: root
    for line in _IRREGULAR_FORMS.strip().splitlines()
    for root, _, words in [line.partition(": ")]
    for word in words.split()
}


@lru_cache(maxsize=1 << 15)
def tokens(text: str) -> tuple[str, ...]:
    """Comparable words of a piece of text: English stems, Chinese words; words without content left out."""
    found: list[str] = []
    for match in _TOKEN.finditer(normalize(text)):
        word = match[0]
        if word[0] >= "㐀":
            found.extend(_cut(word))
        else:
            bare = word.removesuffix("'s")
            if bare and bare not in _EMPTY_EN:
                found.append(_IRREGULAR.get(bare) or _agentless(stem(bare)))
    return tuple(found)


def _agentless(word: str) -> str:
    """Whoever commands is a commander: the doer of a thing is read as the thing done."""
    return re.sub(r"(?:or|er)$", "", word).rstrip("e") if len(word) > 6 else word  # noqa: PLR2004 - "owner", "order"


@lru_cache(maxsize=1 << 14)
def _cut(run: str) -> tuple[str, ...]:
    import rjieba

    return tuple(word for word in rjieba.cut(run) if word not in _EMPTY_ZH)


def cut(text: str) -> list[str]:
    """All words of a piece of Chinese text, small ones included."""
    import rjieba

    return list(rjieba.cut(text))


@dataclass(frozen=True, slots=True)
class Bag:
    """The comparable words of a piece of text, and the families that they belong to."""

    words: frozenset[str]
    families: frozenset[int]


@lru_cache(maxsize=1 << 14)
def bag(text: str) -> Bag:
    """The words of a piece of text, for comparing with cues."""
    words = frozenset(tokens(text))
    return Bag(words, frozenset(number for word in words for number in FAMILIES_OF.get(word, ())))


def joined(*bags: Bag) -> Bag:
    """All words of several pieces."""
    return Bag(frozenset().union(*(one.words for one in bags)), frozenset().union(*(one.families for one in bags)))


def is_direction(token: str) -> bool:
    """Whether a word only tells who does what to whom."""
    return token in _DIRECTION_EN or token in _DIRECTION_ZH


@dataclass(frozen=True)
class Cue:
    """One wording of a relation: the words before, between and after subject and object.

    `subject_first`: the subject stands before the object; None: the words name the relation ("owner"), wherever they
    stand. `bare`: no word of it has content of its own ("{object}的{subject}").
    """

    relation: str
    language: Language | None
    subject_first: bool | None
    before: tuple[str, ...]
    middle: tuple[str, ...]
    after: tuple[str, ...]
    literal: tuple[str, str, str]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words of the wording."""
        return self.before + self.middle + self.after

    @cached_property
    def bare(self) -> bool:
        """Whether it has no content word."""
        return not any(not is_direction(word) for word in self.words)


class Wordings:
    """All cues of a graph, found by the words in them. Built once per revision."""

    def __init__(self, graph: TermGraph) -> None:
        self.cues = [cue for relation in graph.relations() for cue in _cues(relation)]
        # "the system …", "the band …": what a thing is says little about what is said of it
        self._kinds = {
            word for kind in graph.classes() for name in graph.class_names(kind) for word in tokens(name.text)
        }
        self._names = {normalize(label.text) for relation in graph.relations() for label in relation.labels}
        used: dict[str, set[str]] = defaultdict(set)
        self._by_family: dict[int, set[str]] = defaultdict(set)
        self._by_relation: dict[str, list[Cue]] = defaultdict(list)
        for cue in self.cues:
            self._by_relation[cue.relation].append(cue)
            for word in set(cue.words):
                used[word].add(cue.relation)
                if not is_direction(word):
                    for family in FAMILIES_OF.get(word, ()):
                        self._by_family[family].add(cue.relation)
        self._users = {word: frozenset(relations) for word, relations in used.items()}
        self._weights = {word: self._weight(word, len(relations)) for word, relations in used.items()}
        self._facts = {word: self._fact(word) for word in used}

    def _weight(self, word: str, relations: int) -> float:
        if is_direction(word) or word in self._kinds:
            return _LIGHT
        return 1.0 / (1.0 + 0.25 * (relations - 1)) if relations < _COMMON else _LIGHT

    def of(self, relation: str) -> list[Cue]:
        """The cues of one relation."""
        return self._by_relation.get(relation, [])

    def is_name(self, text: str) -> bool:
        """Whether a relation is called just so."""
        return normalize(text) in self._names

    def size(self, cue: Cue) -> float:
        """What all words of a cue weigh together."""
        return sum(map(self.weight, cue.words))

    def weight(self, word: str) -> float:
        """How much a word tells: less, the more relations use it."""
        return self._weights.get(word, 1.0)

    def users(self, word: str) -> frozenset[str]:
        """The relations that have a cue with this word."""
        return self._users.get(word, frozenset())

    def relations_with(self, said: Bag) -> set[str]:
        """Relations that have a cue with one of the words (of content) or of their families."""
        found: set[str] = set()
        for word in said.words:
            if not is_direction(word):
                found |= self._users.get(word, frozenset())
        for family in said.families:
            found |= self._by_family.get(family, set())
        return found

    def matched(self, *parts: tuple[Sequence[str], Bag]) -> Match:
        """How much of the weight of words stands in what is said in their places.

        A word of the same family counts for most of it.
        """
        found = whole = peak = best = 0.0
        for words, said in parts:
            for word in words:
                weight, content, families = self._facts.get(word) or self._fact(word)
                if word in said.words:
                    share = 1.0
                elif content and not said.families.isdisjoint(families):
                    share = _RELATED
                else:
                    share = 0.0
                whole += weight
                found += weight * share
                if content:
                    peak = max(peak, weight)
                    best = max(best, weight * share)
        return Match(found, whole, peak, best)

    def _fact(self, word: str) -> tuple[float, bool, frozenset[int]]:
        """The weight of a word, whether it has content, and its families."""
        return self.weight(word), not is_direction(word), FAMILIES_OF.get(word, frozenset())


_LIGHT = 0.25
_COMMON = 12
"""A word in the cues of that many relations says nothing about any of them."""

_RELATED = 0.75


@dataclass(frozen=True, slots=True)
class Match:
    """How well words fit a cue: weight found, whole weight, and the weightiest word of content in it and found."""

    found: float = 0.0
    whole: float = 0.0
    peak: float = 0.0
    best: float = 0.0


def _cues(relation: Relation) -> list[Cue]:
    found: dict[tuple[object, ...], Cue] = {}

    def add(cue: Cue) -> None:
        if cue.words or cue.literal != ("", "", ""):
            found.setdefault((cue.subject_first, cue.before, cue.middle, cue.after), cue)

    for phrase in relation.phrases:
        for cue in _phrase_cues(relation, phrase.text, phrase.language):
            add(cue)
    for cue in list(found.values()):
        turned = _turned(cue)
        if turned is not None:
            add(turned)
    for label in relation.labels:
        words = tokens(label.text)
        if words:
            add(Cue(relation.id, label.language, None, (), words, (), ("", normalize(label.text), "")))
    return list(found.values())


def _turned(cue: Cue) -> Cue | None:
    """The passive of a plain active wording and the other way round: "A owns B" and "B is owned by A"."""
    if cue.subject_first is None or cue.before:
        return None
    content = tuple(word for word in cue.middle + cue.after if not is_direction(word))
    if len(content) != 1 or re.match(r"(?:is|are|was|were|has|have)\b(?!.*\bby\b)", cue.literal[1]):
        return None
    first, none = not cue.subject_first, ("", "", "")
    if cue.middle == content and not cue.after:
        if re.search(r"[㐀-鿿]", content[0]):
            return Cue(cue.relation, cue.language, first, (), ("由",), content, none)
        return Cue(cue.relation, cue.language, first, (), (*content, "by"), (), none)
    if cue.middle == (*content, "by") or (cue.middle in (("由",), ("被",)) and cue.after == content):
        return Cue(cue.relation, cue.language, first, (), content, (), none)
    return None


_NAMING = re.compile(r"(?:\b(?:is|are|was|were|be)\s*(?:the|a|an)?\s*|[是为]\s*)$", re.IGNORECASE)
_NAMED = re.compile(r"^\s*(?:(?:is|are|was|were)\s+(?:the|a|an|our|its)\s+|[是为])", re.IGNORECASE)


def _phrase_cues(relation: Relation, phrase: str, language: Language | None) -> list[Cue]:
    subject, target = phrase.index("{subject}"), phrase.index("{object}")
    first, second = ("{subject}", "{object}") if subject < target else ("{object}", "{subject}")
    before, rest = phrase.split(first, 1)
    middle, after = rest.split(second, 1)
    literal = (_plain(before), _plain(middle), _plain(after))
    cues = [Cue(relation.id, language, subject < target, tokens(before), tokens(middle), tokens(after), literal)]
    if subject < target and (_NAMING.search(middle) or re.match(r"^\s*'s\b|^的", normalize(middle))):
        # "the head of {subject} is {object}", "{subject}的负责人是{object}" name the relation
        named = tuple(word for word in tokens(before) + tokens(middle) if not is_direction(word))
        if named:
            cues.append(Cue(relation.id, language, None, (), named, (), ("", "", "")))
    elif subject > target and _NAMED.match(middle):
        named = tuple(word for word in tokens(middle) + tokens(after) if not is_direction(word))
        if named:
            cues.append(Cue(relation.id, language, None, (), named, (), ("", "", "")))
    return cues


_ARTICLES = re.compile(r"\b(?:the|a|an)\b")
_QUOTES = re.compile(r"[《》“”\"]")


def _plain(text: str) -> str:
    """A piece of a phrase for comparing letter by letter."""
    return " ".join(_ARTICLES.sub(" ", _QUOTES.sub("", normalize(text))).split())


@lru_cache(maxsize=1 << 14)
def plain(text: str) -> str:
    """A piece of a sentence for comparing letter by letter with a piece of a phrase."""
    return _plain(text)
