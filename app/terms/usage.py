"""Where terms stand in documents and answers, and what a change would do to those.

Of documents only what the viewer may read is looked at; of answers one's own, and for analysts and admins those of
others too, so far as they may read every document behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from app.terms.rights import Viewer, must_see
from app.terms.views import AnswerImpact, DocumentImpact, Impact, Usage, UsageAnswer, UsageSentence
from knowledge.catalog.accounts import account_key
from knowledge.graph.differing import Names
from knowledge.graph.reading import read_lines
from knowledge.sentences import split_sentences
from knowledge.types import AlignmentReport, Mention, Passage

if TYPE_CHECKING:
    from app.terms.parts import Parts
    from app.wiring import Terms
    from knowledge.catalog.mentions import GivenAnswer, Place
    from knowledge.graph import Linker, TermGraph

MOST_ANSWERS = 1000
MOST_CHUNKS = 5000
_MOST_SHOWN = 50


# --- usage --------------------------------------------------------------------------------------------------------


def usage(parts: Parts, viewer: Viewer, concept: str, limit: int) -> Usage:
    """Where a concept is mentioned."""
    terms = parts.workspace.terms()
    must_see(terms.graph, concept, viewer)
    documents: set[str] = set()
    chunks = 0
    sentences: list[UsageSentence] = []
    for place in parts.catalog.mentions.with_concept(concept, viewer.user):
        documents.add(place.document_id)
        chunks += 1
        if len(sentences) < limit:
            sentences += _sentences(terms.linker, place, concept, viewer)
    answers = [
        found for given in answers_for(parts, viewer) if (found := _in_answer(terms.linker, given, concept, viewer))
    ]
    return Usage(
        concept=Names(terms.graph).name(concept),
        documents=len(documents),
        chunks=chunks,
        sentences=tuple(sentences[:limit]),
        answers=len(answers),
        answer_sentences=tuple(answers[:limit]),
    )


def _sentences(linker: Linker, place: Place, concept: str, viewer: Viewer) -> list[UsageSentence]:
    found = []
    for sentence, mention in _mentioning(place.text, linker.link(place.text, viewer.user), concept):
        found.append(
            UsageSentence(
                document_id=place.document_id,
                title=place.title,
                path=place.path,
                page=place.page,
                chunk_id=place.chunk_id,
                sentence=place.text[sentence[0] : sentence[1]],
                start=mention.start - sentence[0],
                end=mention.end - sentence[0],
            )
        )
    return found


def _mentioning(text: str, mentions: Sequence[Mention], concept: str) -> Iterable[tuple[tuple[int, int], Mention]]:
    """The sentences that mention a concept, each with the first mention."""
    about = [each for each in mentions if concept in (each.concept, *each.candidates)]
    for sentence in split_sentences(text) if about else ():
        inside = [each for each in about if sentence.start <= each.start and each.end <= sentence.end]
        if inside:
            yield (sentence.start, sentence.end), inside[0]


def _in_answer(linker: Linker, given: GivenAnswer, concept: str, viewer: Viewer) -> UsageAnswer | None:
    text = str(given.answer.get("answer", ""))
    for (start, end), _ in _mentioning(text, linker.link(text, viewer.user), concept):
        own = _own(given, viewer)
        question = given.question if own else ""
        return UsageAnswer(
            message_id=given.message_id, at=given.at, own=own, question=question, sentence=text[start:end]
        )
    return None


def _own(given: GivenAnswer, viewer: Viewer) -> bool:
    return bool(viewer.name) and given.owner == account_key(viewer.name)


def answers_for(parts: Parts, viewer: Viewer) -> list[GivenAnswer]:
    """The newest answers that a viewer may read, at most `MOST_ANSWERS`."""
    mentions = parts.catalog.mentions
    given = mentions.answers(MOST_ANSWERS, None if viewer.reads_answers else viewer.name)
    allowed = mentions.readable_ids((document for each in given for document in each.documents), viewer.user)
    return [each for each in given if allowed.issuperset(each.documents)]


# --- impact -------------------------------------------------------------------------------------------------------


def impact(parts: Parts, viewer: Viewer, added: str, removed: str) -> Impact:
    """What a change, given as statements, would do to answers and documents."""
    before = parts.workspace.terms()
    after = parts.workspace.terms_after(added, removed)
    touched = _touched(before.graph, after.graph, f"{added}{removed}")
    names = {
        label.text
        for graph in (before.graph, after.graph)
        for each in touched
        if graph.visible(each, viewer.user)
        for label in graph.labels_of(each)
    }
    answers = answers_for(parts, viewer)
    concerned = [each for each in answers if _holds(_draft(each), names)]
    changed = [found for each in concerned if (found := _answer_impact(before, after, each, viewer))]
    documents, examined, hit = _document_impact(parts, viewer, before, after, names)
    return Impact(
        answers_examined=len(answers),
        answers_touched=len(concerned),
        answers=tuple(changed[:_MOST_SHOWN]),
        documents_examined=examined,
        documents_touched=hit,
        documents=tuple(documents[:_MOST_SHOWN]),
    )


def _touched(before: TermGraph, after: TermGraph, lines: str) -> set[str]:
    """Concepts that a change is about or leads to; for a relation all that stand in it."""
    found: set[str] = set()
    for quad in read_lines(lines):
        for term in (quad.subject, quad.object):
            thing = getattr(term, "value", "")
            for graph in (before, after):
                if graph.relation(thing) is not None:
                    found.update(fact.subject for fact in graph.facts_in(thing))
                elif thing in graph:
                    found.add(thing)
                    found.update(graph.successors(thing))
    return found


def _holds(text: str, names: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(name.casefold() in folded for name in names)


def _draft(given: GivenAnswer) -> str:
    alignment = given.answer.get("alignment") or {}
    return str(alignment.get("draft") or given.answer.get("answer", ""))


def _answer_impact(before: Terms, after: Terms, given: GivenAnswer, viewer: Viewer) -> AnswerImpact | None:
    """The answer checked against both graphs, if that makes a difference."""
    draft, quotes = _draft(given), given.answer.get("citations") or []
    passages = [Passage(id=str(each.get("chunk_id", "")), text=str(each.get("quote", ""))) for each in quotes]
    old, new = (terms.checker.check(draft, passages, given.question, user=viewer.user) for terms in (before, after))
    if (old.answer, old.verdict, _findings(old)) == (new.answer, new.verdict, _findings(new)):
        return None
    own = _own(given, viewer)
    return AnswerImpact(
        message_id=given.message_id,
        at=given.at,
        own=own,
        question=given.question if own else "",
        before=old.answer,
        after=new.answer,
        verdict_before=old.verdict,
        verdict_after=new.verdict,
        findings_before=_findings(old),
        findings_after=_findings(new),
    )


def _findings(report: AlignmentReport) -> tuple[str, ...]:
    return tuple(f"{each.kind}: {each.text}" for each in report.findings)


def _document_impact(
    parts: Parts, viewer: Viewer, before: Terms, after: Terms, names: Iterable[str]
) -> tuple[list[DocumentImpact], int, int]:
    """Sentences in which other concepts would be found, how many chunks were looked at, how many documents have one."""
    found: list[DocumentImpact] = []
    documents: set[str] = set()
    examined = 0
    old_names, new_names = Names(before.graph), Names(after.graph)
    for place in islice(parts.catalog.mentions.with_text(names, viewer.user), MOST_CHUNKS):
        examined += 1
        old, new = (_linked(terms.linker, place.text, viewer) for terms in (before, after))
        for start, end in dict.fromkeys(span for span in (*old, *new) if old.get(span) != new.get(span)):
            documents.add(place.document_id)
            if len(found) >= _MOST_SHOWN:
                break
            gone = sorted(old.get((start, end), set()) - new.get((start, end), set()))
            come = sorted(new.get((start, end), set()) - old.get((start, end), set()))
            found.append(
                DocumentImpact(
                    document_id=place.document_id,
                    title=place.title,
                    path=place.path,
                    chunk_id=place.chunk_id,
                    sentence=place.text[start:end],
                    gains=tuple(new_names.name(concept) for concept, _ in come),
                    loses=tuple(old_names.name(concept) for concept, _ in gone),
                )
            )
    return found, examined, len(documents)


def _linked(linker: Linker, text: str, viewer: Viewer) -> dict[tuple[int, int], set[tuple[str, str]]]:
    """Concepts with the kind of their label, by sentence."""
    mentions = linker.link(text, viewer.user)
    found: dict[tuple[int, int], set[tuple[str, str]]] = {}
    for sentence in split_sentences(text) if mentions else ():
        inside: set[tuple[str, str]] = {
            (each.concept, each.label_kind)
            for each in mentions
            if sentence.start <= each.start and each.end <= sentence.end
        }
        if inside:
            found[sentence.start, sentence.end] = inside
    return found
