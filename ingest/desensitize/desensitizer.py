"""Finds personal data and secrets in a text and puts in their place what the policy says."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

from ingest.desensitize.directory import Colleague, Directory
from ingest.desensitize.masking import examples_of, masked, together
from ingest.desensitize.policy import Action, Policy, Titles
from ingest.desensitize.pseudonyms import pseudonym, tag
from ingest.desensitize.spans import BETWEEN, blocks_replaced, merged, replaced, stretches
from ingest.types import Block, Examined, LoadedDocument
from knowledge.types import Language, Span

if TYPE_CHECKING:
    from ingest.desensitize.context import TextView
    from ingest.desensitize.recognizers.base import Recognizer
    from knowledge.catalog import Catalog

_RECOGNIZERS_VERSION = "8"
"""Part of the fingerprint: raised when recognizers find more or less than before, so that documents are done again."""
_STRETCH = 1_000_000
"""Characters of a document that are looked at as one text; what is found in a text takes 200 times its memory."""
_ROUNDS = 5
"""How often a text is looked at again at most; nearly always the second look finds nothing."""
_LEAST = 0.1
"""Below every recognizer's score."""
_MOST = 1.5
"""Above it."""
_CERTAIN = 2.0
"""Above every recognizer's score: what the company itself says wins."""


class Keeper(Protocol):
    """Keeps the originals of pseudonyms."""

    def keep(self, entity: str, placeholder: str, value: str) -> None:
        """Remember what a placeholder stands for."""
        ...

    def forget_others(self, standing: Collection[str]) -> int:
        """Forget what no placeholder in `standing` stands for; gives how many values went."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    score: float
    recognizer: Recognizer
    stands_for: str | None = None
    """The whole name that a surname with a title stands for; "" when it may be one of several."""


class Desensitizer:
    """Applies one policy with one key. Safe from many threads; needs about a second when it is first used.

    `directory` says who belongs to the company. `keeper`, if there is one, is told every value that is replaced by a
    pseudonym, with its placeholder.
    """

    def __init__(
        self, policy: Policy, secret_key: bytes, directory: Directory | None = None, keeper: Keeper | None = None
    ) -> None:
        self._key = secret_key
        self._directory = directory or Directory()
        self._keeper = keeper
        self._registry = _registry()
        self._of = {one.entity: one for one in self._registry}
        self._views: dict[str, Desensitizer] = {}
        self._use(policy)

    def _use(self, policy: Policy) -> None:
        self._policy = policy
        keeps_colleagues = policy.colleagues is Action.KEEP
        self._entities = [
            entity
            for one in self._registry
            for entity in one.supported_entities
            if policy.action(entity) is not Action.KEEP
        ]
        stays = list(policy.keep_values)
        if keeps_colleagues:
            stays += [contact for person in self._directory.people for contact in person.contacts]
        self._kept = {(one.entity, one.canonical(value)) for one in self._registry for value in stays}
        self._always_found = _any_of(value for values in policy.find.values() for value in values)
        self._kind_of = {value: entity for entity, values in policy.find.items() for value in values}

    def for_document(self, location: PurePath, path: str, labels: frozenset[str]) -> Desensitizer:
        """The one for a document at `location`, which is `path` inside its source and has these access labels."""
        if not self._policy.overrides:
            return self
        policy = self._policy.for_document(location, path, labels)
        if policy.fingerprint not in self._views:
            self._views[policy.fingerprint] = self._view(policy, self._keeper)
        return self._views[policy.fingerprint]

    def untold(self, policy: Policy | None = None) -> Desensitizer:
        """The same (under another policy, if one is given) that tells no keeper: for what is looked at but not kept."""
        return self._view(policy or self._policy, None)

    def with_policy(self, policy: Policy) -> Desensitizer:
        """The same under another policy."""
        return self._view(policy, self._keeper)

    def recipe(self) -> dict[str, Any]:
        """What `from_recipe` makes an equal one of, as a JSON value. It holds the key: for pipes, never for files."""
        people = [[person.names, person.contacts] for person in self._directory.people]
        return {
            "policy": self.policy_json,
            "key": self._key.hex(),
            "directory": [people, self._directory.fingerprint],
            "tells": self._keeper is not None,
        }

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any], keeper: Keeper | None = None) -> Desensitizer:
        """The one that `recipe` wrote down, with a keeper of its own."""
        people, fingerprint = recipe["directory"]
        colleagues = (Colleague(tuple(names), tuple(contacts)) for names, contacts in people)
        policy = Policy.model_validate_json(recipe["policy"])
        return cls(policy, bytes.fromhex(recipe["key"]), Directory(colleagues, fingerprint), keeper)

    @cached_property
    def policy_json(self) -> str:
        """Its policy as JSON text."""
        return self._policy.model_dump_json()

    def tell(self, entity: str, placeholder: str, value: str) -> None:
        """Tell the keeper, if there is one, of a value that was replaced elsewhere under the same recipe."""
        if self._keeper is not None:
            self._keeper.keep(entity, placeholder, value)

    def _view(self, policy: Policy, keeper: Keeper | None) -> Desensitizer:
        view = object.__new__(Desensitizer)
        view.__dict__.update(self.__dict__, _keeper=keeper, _views={})
        for cached in ("_lenient", "policy_json"):
            view.__dict__.pop(cached, None)
        view._use(policy)
        return view

    @property
    def fingerprint(self) -> str:
        """Equal for desensitizers that give equal texts: policy, key, directory and recognizers."""
        mark = hmac.new(self._key, b"fingerprint", hashlib.sha256).hexdigest()[:8]
        return f"{self._policy.fingerprint}-{mark}-{self._directory.fingerprint}-{_RECOGNIZERS_VERSION}"

    def desensitize(self, text: str, language: Language | None = None) -> tuple[str, list[Span]]:
        """The text with values replaced, and what was replaced where, in order; offsets count characters of `text`.

        Doing it twice changes nothing more. `language` is a hint that today's recognizers do not need.
        """
        del language
        spans = self._found_in(text)
        for _ in range(_ROUNDS if spans else 0):
            # A placeholder is another neighbour than the value was: what it makes recognizable goes now, not next time
            more = self._found_in(replaced(text, 0, spans))
            if not more:
                break
            spans = merged(spans, more)
        return replaced(text, 0, spans), spans

    def for_search(self, question: str, clean: str) -> str:
        """`clean` (what has become of `question`) with the values that some documents keep behind it.

        Where an exception of the policy keeps names, a question about one must find it in those documents, and its
        pseudonym in all others. Only for searching in memory: what comes back is not to be stored or logged.
        """
        if not self._lenient or clean == question:
            return clean
        taken = [question[span.start : span.end] for span in self.untold().desensitize(question)[1]]
        stays = [value for value in taken if any(value in view.desensitize(question)[0] for view in self._lenient)]
        return " ".join([clean, *dict.fromkeys(stays)])

    @cached_property
    def _lenient(self) -> tuple[Desensitizer, ...]:
        """One for each exception of the policy, telling no keeper."""
        policies = (self._policy.under(override) for override in self._policy.overrides)
        return tuple(self._view(policy, None) for policy in policies)

    def _found_in(self, text: str) -> list[Span]:
        """What one look at a text finds to replace, in order."""
        from ingest.desensitize.context import TextView

        view = TextView(text)
        found = (self._span(view, one) for one in _without_overlaps(self._find(view)))
        return [span for span in found if span is not None and text[span.start : span.end] != span.replacement]

    def desensitize_document(self, document: LoadedDocument) -> tuple[LoadedDocument, Counter[str]]:
        """The document with its blocks, title and metadata desensitized, and how many values of each kind there were.

        The blocks are looked at as one text, so that a word in one counts as context for the next.
        """
        clean, counts, _ = self.examined(document)
        return clean, counts

    def examined(self, document: LoadedDocument) -> Examined:
        """As `desensitize_document`, with up to three of the values by kind, masked, for people to look at."""
        counts: Counter[str] = Counter()
        blocks: list[Block] = []
        examples: dict[str, tuple[str, ...]] = {}
        for stretch in stretches(document.blocks, _STRETCH):
            text = BETWEEN.join(block.text for block in stretch)
            _, spans = self.desensitize(text)
            counts.update(span.type for span in spans)
            blocks += blocks_replaced(stretch, spans)
            examples = together(examples, examples_of(text, spans))
        title, in_title = self.desensitize(document.title)
        metadata = {}
        for key, value in document.metadata.items():
            # The key is the context of its value, as in "phone: …"
            metadata[key] = self.desensitize(f"{key}: {value}")[0].removeprefix(f"{key}: ")
        counts.update(span.type for span in in_title)
        return replace(document, blocks=tuple(blocks), title=title, metadata=metadata), counts, examples

    def desensitize_path(self, path: str) -> str:
        """A path without personal data in its names. Every value becomes a pseudonym, so that two files stay two."""
        return "/".join(self._clean_name(name) for name in path.split("/"))

    def _clean_name(self, name: str) -> str:
        from ingest.desensitize.context import TextView

        view = TextView(name.replace("_", " "))  # an underscore is a blank in names, and part of a word in text
        spans = []
        for found in _without_overlaps(self._find(view)):
            if self._span(view, found) is not None:
                canonical = found.recognizer.canonical(view.plain[found.start : found.end])
                entity = found.recognizer.entity
                code = pseudonym(self._key, entity, canonical)
                spans.append(Span(view.place(found.start), view.place(found.end), entity, code))
        return replaced(name, 0, spans)

    def forget_removed(self, catalog: Catalog) -> None:
        """Let the keeper, if there is one, forget the originals of what no longer stands in the catalog."""
        from knowledge.catalog.placeholders import standing

        if self._keeper is not None:
            self._keeper.forget_others(standing(catalog))

    def close(self) -> None:
        """Nothing is held open."""

    def _find(self, view: TextView) -> list[_Found]:
        from ingest.desensitize.recognizers.base import ViewArtifacts

        artifacts = ViewArtifacts(view)
        found = [
            _Found(result.start, result.end, result.score, recognizer)
            for recognizer in self._registry
            for result in recognizer.analyze(view.text, self._entities, artifacts)
        ]
        if "PERSON" in self._entities:
            person = self._of["PERSON"]
            found += [_Found(start, end, _CERTAIN, person) for start, end in self._directory.find(view.plain)]
        if self._always_found is not None:
            for match in self._always_found.finditer(view.plain):
                found.append(_Found(*match.span(), _CERTAIN, self._of[self._kind_of[match.group()]]))
        if "PERSON" in self._entities and self._policy.titles is not Titles.NEVER:
            found += self._titled(view, found)
        return found

    def _titled(self, view: TextView, found: Sequence[_Found]) -> Iterator[_Found]:
        """Surnames before titles, with the one person in this text (or among colleagues) who has that surname."""
        from ingest.desensitize.names import chinese

        places = list(chinese.titled(view.plain)) if view.has_han else []
        if not places:
            return
        names = _by_surname(view.plain[one.start : one.end] for one in found if one.recognizer.entity == "PERSON")
        meant = {surname: self._meant(surname, names) for surname in {view.plain[start:end] for start, end in places}}
        for start, end in places:
            surname = view.plain[start:end]
            one = meant[surname]
            if one is not None:
                # A surname of two characters must win over a name that it could be itself (欧阳)
                score = _LEAST if len(surname) == 1 else _MOST
                yield _Found(start, end, score, self._of["PERSON"], one)

    def _meant(self, surname: str, names: Mapping[str, set[str]]) -> str | None:
        """Who a surname with a title is, by the names of a text; "": one of several; None: nobody who is private."""
        here, there = names.get(surname, set()), self._colleagues.get(surname, set())
        if self._policy.colleagues is Action.KEEP:
            if not here.isdisjoint(there):
                return None  # it may be a colleague, who keeps the name
        else:
            here = here or there
        if here or self._policy.titles is Titles.ALWAYS:
            return next(iter(here)) if len(here) == 1 else ""
        return None

    @cached_property
    def _colleagues(self) -> dict[str, set[str]]:
        return _by_surname(name for person in self._directory.people for name in person.names)

    def _span(self, view: TextView, found: _Found) -> Span | None:
        """What comes into a place; None when the value is one that stays."""
        recognizer = found.recognizer
        value = view.plain[found.start : found.end]
        canonical = recognizer.canonical(found.stands_for or value)
        if (recognizer.entity, canonical) in self._kept or self._is_own_address(recognizer.entity, canonical):
            return None
        action = self._policy.action(recognizer.entity)
        if recognizer.entity == "PERSON" and self._directory.people:
            number = self._directory.person(found.stands_for or value)
            if number is not None:
                # One person is one pseudonym, in whichever language and order the name stands
                canonical = recognizer.canonical(self._directory.people[number].names[0])
                action = self._policy.colleagues
            elif (
                found.stands_for is None
                and self._policy.colleagues is Action.KEEP
                and self._directory.knows_part(value)
            ):
                return None
        if action is Action.KEEP:
            return None
        if found.stands_for == "" and action is Action.PSEUDONYM:
            action = Action.TAG  # a code for all people of one surname would tell how frequent it is
        replacement = self._replacement(recognizer, value, canonical, action)
        if self._keeper is not None and found.stands_for is None and action is Action.PSEUDONYM:
            self._keeper.keep(recognizer.entity, replacement, view.text[found.start : found.end])
        return Span(view.place(found.start), view.place(found.end), recognizer.entity, replacement)

    def _is_own_address(self, entity: str, address: str) -> bool:
        if entity != "EMAIL_ADDRESS":
            return False
        domain = address.rpartition("@")[2]
        return any(domain == own or domain.endswith(f".{own}") for own in self._policy.keep_domains)

    def _replacement(self, recognizer: Recognizer, value: str, canonical: str, action: Action) -> str:
        entity = recognizer.entity
        match action:
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


def _by_surname(names: Iterable[str]) -> dict[str, set[str]]:
    """Chinese names by what may be their surname: the first character, and the first two."""
    found: dict[str, set[str]] = {}
    for name in names:
        for length in (1, 2):
            if len(name) > length and "·" not in name:
                found.setdefault(name[:length], set()).add(name)
    return found


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern for these values, the longest first; Latin ones not inside other words."""
    pieces = [
        (r"(?<![0-9A-Za-z])" if value[0].isascii() else "")
        + re.escape(value)
        + (r"(?![0-9A-Za-z])" if value[-1].isascii() else "")
        for value in sorted(set(values), key=len, reverse=True)
        if value
    ]
    return re.compile("|".join(pieces)) if pieces else None


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
    ordered = sorted(found, key=lambda one: (-one.score, one.start - one.end, one.start))
    taken = bytearray(max((one.end for one in ordered), default=0))
    chosen = []
    for one in ordered:
        if taken.find(1, one.start, one.end) < 0:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            chosen.append(one)
    return sorted(chosen, key=lambda one: one.start)
