"""A model may write one sentence anew where no name or number alone can be put right; here stands what it may not do.

The model is not trusted: a draft is taken only if it brings no name and no number that neither the sentence nor the
facts have, keeps citations and protected places, is about as long, and if checking it finds less wrong than before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from knowledge.alignment.protection import protected_places
from knowledge.alignment.quantities import find_quantities
from knowledge.alignment.quantity_comparing import stands_among
from knowledge.graph.linker import Linker
from knowledge.graph.normal import normalize
from knowledge.language import detect_language
from knowledge.sentences import split_sentences
from knowledge.types import Language, User
from knowledge.words import content_words

TRIES = 2
"""How often the model may try one sentence."""

_LONGER, _SPARE = 0.3, 12
"""How much longer or shorter a draft may be: a share of the sentence, and some characters for short ones."""
_STRANGE = 0.25
"""The share of a draft's words that neither the sentence nor the facts may have: "is", "instead"."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[零〇一二两三四五六七八九十百千万亿]{2,}")
_MARKER = re.compile(r"\[\d{1,3}\]")
_CAPITALISED = re.compile(r"\b[A-Z][\w-]*")
_MARKUP = re.compile(r"https?:|www\.|[<>{}|]|[\n\r]|[*#_]{2}")


class SentenceWriter(Protocol):
    """Writes one sentence anew with a model."""

    def rewritten(self, sentence: str, facts: Sequence[str], language: Language, attempt: int) -> str:
        """The sentence made to agree with the facts; `attempt` counts from 0. "" when nothing came."""
        ...


def acceptable(sentence: str, draft: str, facts: Sequence[str], linker: Linker, user: User | None) -> bool:
    """Whether a model's draft may be looked at at all in the place of a sentence. All three texts are data."""
    known = " ".join([sentence, *facts])
    return (
        draft != sentence
        and not _MARKUP.search(draft)
        and len(split_sentences(draft)) == 1
        and abs(len(draft) - len(sentence)) <= max(_SPARE, _LONGER * len(sentence))
        and detect_language(draft) == detect_language(sentence)
        and Counter(_MARKER.findall(draft)) == Counter(_MARKER.findall(sentence))
        and _keeps_protected(sentence, draft)
        and _no_new_number(known, draft)
        and _no_new_name(known, draft, linker, user)
        and _few_new_words(known, draft)
    )


def _keeps_protected(sentence: str, draft: str) -> bool:
    return all(sentence[place.start : place.end] in draft for place in protected_places(sentence))


def _no_new_number(known: str, draft: str) -> bool:
    quantities = find_quantities(known)
    return all(stands_among(said, quantities) for said in find_quantities(draft)) and set(
        _NUMBER.findall(_MARKER.sub("", draft))
    ) <= set(_NUMBER.findall(known))


def _no_new_name(known: str, draft: str, linker: Linker, user: User | None) -> bool:
    """Names of the graph, and whatever else is written like one, must be there already."""
    given = {reading.concept for link in linker.find(known, user) for reading in link.readings}
    if any(reading.concept not in given for link in linker.find(draft, user) for reading in link.readings):
        return False
    text = normalize(known)
    inside = _CAPITALISED.findall(draft)[1 if draft[:1].isupper() else 0 :]
    quoted = [draft[place.start : place.end] for place in protected_places(draft)]
    return all(normalize(name) in text for name in (*inside, *quoted))


def _few_new_words(known: str, draft: str) -> bool:
    words, text = content_words(draft), set(content_words(known))
    strange = [word for word in words if word not in text]
    return len(strange) <= _STRANGE * max(4, len(words))
