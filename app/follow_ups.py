"""What one may ask next: facts of the concepts spoken of that the answer left out, and headings beside its sources."""

from __future__ import annotations

import re

from app.evidence import Evidence
from app.texts import FACT_OF, MORE_ABOUT
from knowledge.graph import TermGraph
from knowledge.language import detect_language
from knowledge.types import AlignmentReport, Language, User

_NO_NOUN = re.compile(r"(?:^|\s)(?:at|of|by|to|in|with|from|\w+s)$|[于给接代任]$")
"""'owner' and 'list price' can be asked for; 'hosted at', 'supersedes' and '隶属于' are better left alone."""
_ENUMERATOR = re.compile(r"^(?:[一二三四五六七八九十]+、|第[一二三四五六七八九十\d]+[章条节]|\d+(?:\.\d+)*[.、]?\s)\s*")
_MOST = 3
_LONGEST_HEADING = 40


def suggest(
    report: AlignmentReport, evidence: Evidence, graph: TermGraph, question: str, language: Language, user: User
) -> tuple[str, ...]:
    """At most three questions in `language` that the documents or the graph can answer; none that was just asked or
    answered.
    """
    found: dict[str, None] = {}
    for concept in dict.fromkeys(mention.concept for mention in report.mentions):
        for relation in graph.relations_of(concept, user):
            name, label = graph.label(concept, language), graph.label(relation, language)
            if (
                not _NO_NOUN.search(label)
                and label.lower() not in question.lower()
                and detect_language(name) == language
            ):
                found.setdefault(FACT_OF[language].format(concept=name, relation=label))
    cited = {int(marker) for marker in re.findall(r"\[(\d+)\]", report.answer)}
    for passage, item in zip(evidence.passages, evidence.chunks, strict=True):
        heading = _ENUMERATOR.sub("", item.chunk.heading.split(" › ")[-1])
        told = passage.marker in cited or heading in ("", item.document.title)
        fits = not told and len(heading) <= _LONGEST_HEADING
        if fits and item.document.language == language and heading.lower() not in question.lower():
            found.setdefault(MORE_ABOUT[language].format(title=item.document.title, heading=heading))
    facts = [text for text in found if "《" not in text and "“" not in text]
    more = [text for text in found if text not in facts]
    return tuple([*facts[:2], *more][:_MOST])
