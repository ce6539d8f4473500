"""What a recipe asks for, gathered from a workspace, with what the rows are held against."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from app.datasets.from_documents import DocumentExamples
from app.datasets.from_feedback import FeedbackExamples
from app.datasets.from_file import candidate_of, origin_of, read_file
from app.datasets.from_graph import GraphExamples
from app.datasets.near import normalized
from app.datasets.quality import Checks
from app.datasets.types import Candidate, Recipe, Source
from knowledge.catalog.accounts import account_key
from knowledge.errors import InvalidInput
from knowledge.types import User

if TYPE_CHECKING:
    from app.datasets.datasets import Told
    from app.datasets.writing import Formats
    from app.wiring import Workspace
    from ingest.desensitize import Desensitizer


class Gathering:
    """One making of a dataset: nobody in particular reads, with exactly the labels of the recipe."""

    def __init__(self, workspace: Workspace, formats: Formats, recipe: Recipe, now: float) -> None:
        self._workspace = workspace
        self._formats = formats
        self._recipe = recipe
        self.began = now
        self.reader = User("", groups=recipe.access)
        terms = workspace.terms()
        self._checker, self._linker = terms.checker, terms.linker
        self._documents = DocumentExamples(workspace.catalog, self.reader, recipe.context)
        today = date.fromtimestamp(now)  # noqa: DTZ012 - as the graph's days
        self._graph = GraphExamples(terms.graph, self.reader, today, recipe.languages)
        self._feedback = FeedbackExamples(
            workspace.catalog, terms.graph, terms.linker, self.reader, trainable(workspace)
        )

    def sources(self, told: Told) -> Iterator[tuple[str, Iterator[Candidate]]]:
        """What each source gives, by its name."""
        recipe, pairs = self._recipe, self._recipe.form == "preference"
        if "feedback" in recipe.sources:
            found = self._feedback.pairs(recipe.since) if pairs else self._feedback.examples(recipe.since)
            yield "feedback", found
        if "graph" in recipe.sources:
            yield "graph", self._graph.pairs() if pairs else self._graph.examples()
        if "documents" in recipe.sources and not pairs:
            yield "documents", self._documents.examples(recipe.since)
            if recipe.model:
                yield "model", self._by_model(lambda done, total: told("asking the model", done, total))
        for file in recipe.files:
            yield file.name, self._of_file(read_file(file, self._formats.row_of), str(file))

    def replayed(self, older: Sequence[Mapping[str, Any]], fresh: Sequence[Candidate]) -> list[Candidate]:
        """So many of the older training rows that they make the recipe's share; none that is asked anew."""
        asked = {normalized(candidate.question) for candidate in fresh}
        share = self._recipe.replay_share
        wanted = round(share / (1 - share) * len(fresh)) if fresh else len(older)
        candidates: dict[str, Candidate] = {}
        for value in older:
            fallback = Source("replay", str(value.get("source", "")))
            row = self._formats.row_of(value, 0)
            found = candidate_of(row, value, origin_of(value, fallback), str(value.get("kind", "")))
            if normalized(found.question) not in asked and bool(found.rejected) == (self._recipe.form == "preference"):
                candidates.setdefault(normalized(f"{found.question}{found.answer}{found.rejected}"), found)
        drawn = [candidates[key] for key in sorted(candidates)]
        chance = random.Random(self._recipe.seed)  # noqa: S311 - nothing secret is drawn
        return drawn if wanted >= len(drawn) else chance.sample(drawn, wanted)

    def checks(self) -> Checks:
        """What the rows are held against."""
        catalog = self._workspace.catalog

        @cache
        def text_of(document: str) -> str:
            if catalog.documents.get(document, self.reader) is None:
                return ""
            return "\n".join(chunk.text for chunk in catalog.documents.chunks(document))

        company = self._workspace.desensitizer.untold()

        @cache
        def policy_of(document: str) -> Desensitizer:
            found = catalog.documents.get(document, self.reader)
            return company if found is None else self._workspace.desensitizer_of(found)

        def personal(text: str, documents: Collection[str]) -> Counter[str]:
            # What an exception of the policy keeps for the readers of a document is taken out here, since others ask a
            # model too; what another one takes out only there is taken out here as well
            policies = {one.fingerprint: one for one in (company, *map(policy_of, documents))}
            found = Counter[str]()
            for one in policies.values():
                found |= Counter(span.type for span in one.desensitize(text)[1])
            return found

        return Checks(
            personal=personal,
            checker=self._checker,
            linker=self._linker,
            reader=self.reader,
            text_of=text_of,
            languages=self._recipe.languages,
            limits=self._recipe.limits,
        )

    def left_out(self) -> Counter[str]:
        """What made no candidate, by reason."""
        return self._feedback.left_out + self._documents.left_out  # a sum of counters has no zeros

    def alike(self) -> list[tuple[str, ...]]:
        """Documents that are nearly the same, which must not be held apart."""
        documents = self._workspace.catalog.documents
        ids = [document.id for document in documents.list(self.reader)]
        return [(of, *(other.id for other in others)) for of, others in documents.alike(ids, self.reader).items()]

    def _by_model(self, told: Callable[[int, int | None], None]) -> Iterator[Candidate]:
        from app.datasets.by_model import written

        recipe = self._recipe
        yield from written(self._documents, self._workspace.generator, recipe.model_passages, recipe.since, told)

    def _of_file(self, candidates: Iterable[Candidate], file: str) -> Iterator[Candidate]:
        pairs = self._recipe.form == "preference"
        for candidate in candidates:
            if bool(candidate.rejected) != pairs:
                wanted = (
                    "no pairs; a dataset of preferences needs them"
                    if pairs
                    else "pairs; make it with --form preference"
                )
                raise InvalidInput(f"{file}: has {wanted}")
            yield candidate


def trainable(workspace: Workspace) -> frozenset[str]:
    """The accounts whose conversations may be learnt from: not disabled, and not kept out by the settings."""
    kept_out = {each.casefold() for each in workspace.settings.adaptation.not_from}
    return frozenset(
        account_key(account.user.name)
        for account in workspace.accounts.all()
        if not account.disabled
        and account.user.name.casefold() not in kept_out
        and not kept_out & {group.casefold() for group in account.user.groups}
    )
