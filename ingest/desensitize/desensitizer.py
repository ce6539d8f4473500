"""Finds personal data and secrets in a text and puts in their place what the policy says."""

from __future__ import annotations

import hashlib
import hmac
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.desensitize.policy import Action, Policy
from ingest.desensitize.pseudonyms import pseudonym, tag
from ingest.types import Block, LoadedDocument
from knowledge.types import Language, Span

if TYPE_CHECKING:
    from ingest.desensitize.context import TextView
    from ingest.desensitize.recognizers.base import Recognizer

_RECOGNIZERS_VERSION = "1"
"""Part of the fingerprint: raised when recognizers find more or less than before, so that documents are done again."""
_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    score: float
    recognizer: Recognizer


class Desensitizer:
    """Applies one policy with one key. Safe from many threads; needs about a second when it is first used."""

    def __init__(self, policy: Policy, secret_key: bytes) -> None:
        self._policy = policy
        self._key = secret_key
        self._registry = _registry()
        self._entities = [
            entity
            for one in self._registry
            for entity in one.supported_entities
            if policy.action(entity) is not Action.KEEP
        ]
        self._kept = {(one.entity, one.canonical(value)) for one in self._registry for value in policy.keep_values}

    @property
    def fingerprint(self) -> str:
        """Equal for desensitizers that give equal texts: policy, key and recognizers."""
        mark = hmac.new(self._key, b"fingerprint", hashlib.sha256).hexdigest()[:8]
        return f"{self._policy.fingerprint}-{mark}-{_RECOGNIZERS_VERSION}"

    def desensitize(self, text: str, language: Language | None = None) -> tuple[str, list[Span]]:
        """The text with values replaced, and what was replaced where, in order; offsets count characters of `text`.

        Doing it twice changes nothing more. `language` is a hint that today's recognizers do not need.
        """
        del language
        from ingest.desensitize.context import TextView

        view = TextView(text)
        found = (self._span(view, one) for one in _without_overlaps(self._find(view)))
        spans = [span for span in found if span is not None and text[span.start : span.end] != span.replacement]
        return _replaced(text, 0, spans), spans

    def desensitize_document(self, document: LoadedDocument) -> tuple[LoadedDocument, Counter[str]]:
        """The document with its blocks, title and metadata desensitized, and how many values of each kind there were.

        The blocks are looked at as one text, so that a word in one counts as context for the next.
        """
        text = _BETWEEN.join(block.text for block in document.blocks)
        _, spans = self.desensitize(text)
        counts = Counter(span.type for span in spans)
        blocks = tuple(_blocks_replaced(document.blocks, spans))
        title, in_title = self.desensitize(document.title)
        metadata = {}
        for key, value in document.metadata.items():
            # The key is the context of its value, as in "phone: …"
            metadata[key] = self.desensitize(f"{key}: {value}")[0].removeprefix(f"{key}: ")
        counts.update(span.type for span in in_title)
        return replace(document, blocks=blocks, title=title, metadata=metadata), counts

    def close(self) -> None:
        """Nothing is held open."""

    def _find(self, view: TextView) -> list[_Found]:
        from ingest.desensitize.recognizers.base import ViewArtifacts

        artifacts = ViewArtifacts(view)
        return [
            _Found(result.start, result.end, result.score, recognizer)
            for recognizer in self._registry
            for result in recognizer.analyze(view.text, self._entities, artifacts)
        ]

    def _span(self, view: TextView, found: _Found) -> Span | None:
        """What comes into a place; None when the value is one that stays."""
        recognizer = found.recognizer
        value = view.plain[found.start : found.end]
        canonical = recognizer.canonical(value)
        if (recognizer.entity, canonical) in self._kept or self._is_own_address(recognizer.entity, canonical):
            return None
        replacement = self._replacement(recognizer, value, canonical)
        return Span(found.start, found.end, recognizer.entity, replacement)

    def _is_own_address(self, entity: str, address: str) -> bool:
        if entity != "EMAIL_ADDRESS":
            return False
        domain = address.rpartition("@")[2]
        return any(domain == own or domain.endswith(f".{own}") for own in self._policy.keep_domains)

    def _replacement(self, recognizer: Recognizer, value: str, canonical: str) -> str:
        entity = recognizer.entity
        match self._policy.action(entity):
            case Action.PSEUDONYM:
                return pseudonym(self._key, entity, canonical)
            case Action.MASK:
                return masked(value, entity)
            case Action.GENERALIZE:
                return recognizer.generalized(value) or tag(entity)
            case Action.REMOVE:
                return ""
            case _:
                return tag(entity)


def masked(value: str, entity: str) -> str:
    """The value with its middle starred: of an ID card 6 and 4 characters stay, of others at most 3 and 4."""
    if entity in {"PRIVATE_KEY", "JWT", "PASSWORD", "API_KEY"}:
        return tag(entity)
    if entity == "EMAIL_ADDRESS":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***＠{domain}"  # a full-width @, so that the rest is no address again
    head, tail = (6, 4) if entity == "CN_ID_CARD" else (min(3, len(value) // 4), min(4, len(value) // 4))
    return f"{value[:head]}{'*' * (len(value) - head - tail)}{value[len(value) - tail :]}"


def _registry() -> list[Recognizer]:
    """Our recognizers, held and handed out by Presidio's registry."""
    from ingest.desensitize.presidio import RecognizerRegistry
    from ingest.desensitize.recognizers import all_recognizers
    from ingest.desensitize.recognizers.base import LANGUAGE, Recognizer

    registry = RecognizerRegistry(recognizers=all_recognizers(), supported_languages=[LANGUAGE])
    found = registry.get_recognizers(language=LANGUAGE, all_fields=True)
    return [recognizer for recognizer in found if isinstance(recognizer, Recognizer)]


def _without_overlaps(found: Iterable[_Found]) -> list[_Found]:
    """Of places that overlap the surest, then the longest, in order of the text."""
    taken: list[_Found] = []
    starts: list[int] = []
    for one in sorted(found, key=lambda one: (-one.score, one.start - one.end, one.start)):
        place = bisect_left(starts, one.end)
        if place and taken[place - 1].end > one.start:
            continue  # `taken` has no overlaps, so only the last that begins before the end of `one` can touch it
        starts.insert(place, one.start)
        taken.insert(place, one)
    return taken


def _replaced(text: str, offset: int, spans: Sequence[Span]) -> str:
    """`text`, which begins at `offset` of the text that the spans count in, with its spans replaced.

    A value that runs over the border leaves its replacement where it begins.
    """
    pieces: list[str] = []
    place = 0
    for span in spans:
        start, end = max(span.start - offset, 0), min(span.end - offset, len(text))
        pieces.append(text[place:start])
        if span.start >= offset:
            pieces.append(span.replacement)
        place = end
    return "".join([*pieces, text[place:]])


def _blocks_replaced(blocks: Sequence[Block], spans: Sequence[Span]) -> Iterator[Block]:
    offset = first = 0
    for block in blocks:
        end = offset + len(block.text)
        while first < len(spans) and spans[first].end <= offset:
            first += 1
        last = first
        while last < len(spans) and spans[last].start < end:
            last += 1
        yield replace(block, text=_replaced(block.text, offset, spans[first:last])) if last > first else block
        offset = end + len(_BETWEEN)
