"""Whether a sentence asserts something about today: what is denied, supposed, asked or past is never edited."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

Modality = Literal["asserted", "negated", "hedged", "conditional", "historical", "asked", "compared"]

_CLAUSE_END = re.compile(
    r"[,，;；:：。!！?？\n|]|\.(?=\s|$)| [–—-] |——|\b(?:but|whereas|while|although|though)\b"
    r"|而是|但是|而(?=是|不)|但(?=[^凡])"
)

_HARMLESS_NOT = re.compile(
    r"\b(?:not\s+(?:only|just|merely)|no\s+(?:later|more|less|fewer|longer\s+than|sooner|earlier)\s*(?:than)?|not\s+(?:later|more|less|exceed\w*|to\s+exceed)"
    r"|(?:must|may|can|should|shall|will|does|do)\s+not\s+exceed|cannot\s+exceed|no\.\s?\d|whether\s+or\s+not|(?:no|without)\s+doubt|why\s+not)"
    r"|不(?:得|能|可|应|会)?(?:超过|超出|高于|多于|大于|迟于|晚于|少于|低于|早于|小于|逾)|离不开|少不了|免不了|不仅|不但|不只|不光|不予受理|不限于|不变|不含税|不断|不同|不久|不止|非常|无论|不论|不管|除非|未来|未央|无锡|非洲|没有变化|不另|无线|无人机|非必要",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|neither|nor|cannot|without|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|won't|can't|hasn't|haven't|shouldn't|mustn't|wouldn't|couldn't|nobody|no\s+longer|instead\s+of|rather\s+than|unlike|except|other\s+than|false|wrong(?:ly)?|incorrect(?:ly)?|mistaken(?:ly)?)\b"
    r"|不(?!锈钢|动产|干胶)|未(?!来)|没(?!收)|无(?=需|须|法|权|关|此|意)|并非|绝非|而非|否认|非(?=由|属|归|该|其)|从未|莫|勿|(?<![分各级类性])别(?=[再让把将由用])|错误地?|误(?:称|写|以为|认为)|除了?[^，。]{1,20}(?:外|之外)",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:might|could|would|probably|possibly|perhaps|maybe|reportedly|allegedly|supposedly|presumably|apparently|likely|unlikely|"
    r"rumou?rs?|rumou?red|expected\s+to|expects?|planned|plans?\s+to|planning|intends?\s+to|proposed?|proposes|proposals?|suggests?|suggested|suggestions?|consider(?:s|ed|ing)?\s|"
    r"discuss(?:ed|ing|ion)?\b|under\s+discussion|undecided|not\s+(?:yet\s+)?(?:been\s+)?(?:decided|confirmed|announced)|believes?|believed|thinks?|assum(?:e|es|ed|ing)|hop(?:e|es|ed)\s+to|"
    r"(?:is|are|was)\s+(?:to\s+be|due\s+to\s+be|set\s+to|about\s+to|going\s+to)|will\s+(?:soon\s+|probably\s+|later\s+)?(?:be(?:come)?|move|change|take\s+over|switch|replace|go|pass|have|receive|get|head|lead|own|run)|"
    r"may\s+(?:not\s+)?(?:soon\s+|well\s+|later\s+|still\s+|eventually\s+|one\s+day\s+)?(?:be|become|have|move|change|switch|get|take\s+over|pass|come|go|replace)|"
    r"someday|one\s+day|in\s+future|in\s+the\s+future|whether|imagine|pretend|fictional|hypothetical(?:ly)?|example\s+of\s+a\s+wrong|claims?\s+that|claimed\s+that|said\s+to\s+be|is\s+said)\b"
    r"|可能|也许|或许|大概会|大概要|估计会|似乎|好像|据说|据传|传闻|听说|有望|预计|计划(?=[由把将在于，]|中|改|调|变)|拟(?=[由将把定改调于在])|打算|考虑(?:把|将|由|改|中)?|建议|提议|讨论|设想|假设|是否|会不会|能否|尚未|未定|待定|未决定|没有结论|有待|将(?=[由会改于在把调移划]|成为|担任|负责|归|转)|将来|今后可能|会(?=换|改|调|变|由|成为|搬|移)|不排除|草案|征求意见|疑似|传出|号称|自称",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|in\s+case|provided\s+that|assuming|were\s+\w+\s+to|should\s+the|once)\b(?!\s+(?:you|necessary|needed|need|required|possible|in\s+doubt|anything|anyone|someone|questions|there\s+(?:is|are)\s+(?:any|questions)|a\s+month|a\s+week|a\s+year|per|every|or\s+twice))"
    r"|如果(?!您|你|需要|需|有(?:疑问|问题)|遇到)|假如|假使|倘若|要是|若(?=[^干有需您你])|一旦|除非|除了|万一",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:used\s+to|former(?:ly)?|previous(?:ly)?|once\s+(?:was|were|had|belonged|owned|headed|led)|original(?:ly)?|in\s+the\s+past|back\s+then|in\s+those\s+days|no\s+longer|"
    r"(?:until|till|before|prior\s+to|up\s+to|by\s+the\s+end\s+of)\s+(?:the\s+|early\s+|late\s+|mid-?)?(?:\w+\s+)?(?:1[89]|20)\d\d|between\s+(?:1[89]|20)\d\d\s+and|from\s+(?:1[89]|20)\d\d\s+(?:to|until)|"
    r"early\s+(?:units|versions?|models|days|on)|old(?:er)?\s+(?:version|edition|rules?|policy|units|models)|predecessors?|ex-|last\s+(?:year|month|quarter)'?s?|at\s+that\s+time|years?\s+ago|months?\s+ago|was\s+(?:later|then)|"
    r"had\s+been|earlier\s+(?:version|edition|this|called)|first\s+edition|superseded|outdated|obsolete|historical(?:ly)?|then-)\b"
    r"|曾(?=[任由在是为用叫经有属归与于担被向以负])|曾经|原先|原(?=由|属|归|负责|任|来[由在是归属]|为|在|定|是)|原来(?=由|在|是|归|属)|前任|前(?=负责人|主管|经理|总监|部长|主任|所有者|管理员)|早期|旧版|老版|旧制度|旧规|以前|从前|过去|当年|那时|此前|先前|之前(?=[由是的在归属，])|年前(?!后)|往年|去年|上一(?:版|任|届)|历史上|最初|起初|当初|一度|后来|已(?:经)?(?:不再|移交|转交|更换|作废|废止)|(?:1[89]|20)\d\d年(?:之前|以前|前)",
    re.IGNORECASE,
)
_DATED = re.compile(r"\blast\s+(?:year|month|quarter)\b|\b(?:years?|months?)\s+ago\b|去年|往年", re.IGNORECASE)
_THEN = re.compile(
    r"^\W*(?:in|during|throughout|back\s+in)\s+(?:(?:early|late|the\s+year|[a-z]+)\s+)?(?:1[89]|20)\d\d\b.*?\b(?:was|were|had)\b"
    r"|^\W*(?:在|于|到)?(?:1[89]|20)\d\d年(?:\d{1,2}月)?(?:底|初|末|间|时|期间|的时候)?(?!\d|起|以来|开始|至今|以后|之后|后)",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[?？]\s*[”\"')）]*\s*(?:\[\d+\]\s*)*$|(?:吗|呢)[。.]?\s*$")
_COMPARED = re.compile(
    r"\b(?:(?:happier|better|worse|larger|smaller|bigger|higher|lower|faster|slower|longer|shorter|heavier|lighter|cheaper|older|newer|greater)(?:\s+\w+){0,3}\s+than|compared\s+(?:to|with)|as\s+\w+\s+as|twice|three\s+times|similar\s+to|like\s+the)\b"
    r"|(?<!占)(?<!的)比(?=[^例如较重率值]{1,14}(?:更|高|低|多|少|大|小|长|短|早|晚|重|轻|快|慢|贵|便宜))|相比|相较|类似于|如同",
    re.IGNORECASE,
)


def modality_of(sentence: str, start: int, end: int, own: frozenset[Modality] = frozenset()) -> Modality:
    """How the sentence means what it says at `start`…`end` (offsets in the sentence, names in it blotted out).

    Questions, suppositions and the past colour a whole sentence; a denial or a comparison its clause and, where a
    correction follows it ("not A but B"), the rest. `own`: what the relation itself is about ("plans to acquire").
    """
    first, last = clause_around(sentence, start, end)
    said = (*_whole(sentence), *_clause(_without_harmless(sentence)[first:last], sentence[first:last]))
    return next((modality for modality in said if modality not in own), "asserted")


# A sentence is asked about once for each reading of it, so what it says is kept for a while
_KEPT = 1 << 12


@lru_cache(maxsize=_KEPT)
def _whole(sentence: str) -> tuple[Modality, ...]:
    """What colours a whole sentence, the strongest first."""
    asked: tuple[Modality, ...] = ("asked",) if _ASKED.search(sentence) else ()
    return asked + tuple(modality for modality, pattern in _COLOURS if pattern.search(sentence))


@lru_cache(maxsize=_KEPT)
def _clause(words: str, clause: str) -> tuple[Modality, ...]:
    """What colours a clause; `words` is the clause without denials that deny nothing."""
    found: list[Modality] = []
    if _NEGATION.search(words):
        found.append("negated")
    if _COMPARED.search(clause):
        found.append("compared")
    return tuple(found)


@lru_cache(maxsize=_KEPT)
def _without_harmless(sentence: str) -> str:
    return _HARMLESS_NOT.sub(lambda match: " " * len(match[0]), sentence)


@lru_cache(maxsize=_KEPT)
def _clause_marks(sentence: str) -> tuple[tuple[int, int], ...]:
    marks = (match.span() for match in _CLAUSE_END.finditer(sentence))
    return tuple(mark for mark in marks if not _inside_number(sentence, mark[0]))


_COLOURS: tuple[tuple[Modality, re.Pattern[str]], ...] = (
    ("historical", _PAST),
    ("hedged", _HEDGE),
    ("conditional", _CONDITION),
)


def own_modalities(texts: Iterable[str]) -> frozenset[Modality]:
    """What a relation's names and phrases say by themselves: a "previous owner" is past, and stated as a fact."""
    patterns: tuple[tuple[Modality, re.Pattern[str]], ...] = (
        *_COLOURS,
        ("compared", _COMPARED),
        ("negated", _NEGATION),
    )
    bare = [_HARMLESS_NOT.sub(" ", text.replace("{subject}", "◆").replace("{object}", "◆")) for text in texts]
    return frozenset(kind for kind, pattern in patterns if any(pattern.search(text) for text in bare))


def told_of_then(sentence: str) -> bool:
    """Whether a sentence begins with the year that it tells of: "In 2019 the head was A" says nothing of today."""
    return _THEN.search(sentence) is not None


def only_dated(sentence: str) -> bool:
    """Whether all that makes a sentence past is that it tells when: "last year A acquired B" is still so."""
    rest = _DATED.sub(" ", sentence)
    dated = _DATED.search(sentence) is not None or told_of_then(sentence)
    return dated and not any(pattern.search(rest) for _, pattern in _COLOURS)


def denials(clause: str) -> int:
    """How often a clause denies; twice is not at all."""
    return len(_NEGATION.findall(_without_harmless(clause)))


def denies(sentence: str) -> bool:
    """Whether a sentence denies anything."""
    return bool(_NEGATION.search(_without_harmless(sentence)))


def clause_around(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The clause in which a place stands; commas inside numbers end nothing."""
    first, last = 0, len(sentence)
    for opens, closes in _clause_marks(sentence):
        if closes <= start:
            first = closes
        elif opens >= end:
            last = opens
            break
    return first, last


def clause_ends(sentence: str) -> list[int]:
    """Where clauses end, ascending."""
    return [start for start, _ in _clause_marks(sentence)]


def _inside_number(text: str, place: int) -> bool:
    return (
        text[place] in ",.:" and 0 < place < len(text) - 1 and text[place - 1].isdigit() and text[place + 1].isdigit()
    )
