"""What a small harbour knows: a term graph, documents, and answers that its people judged."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from app.wiring import Workspace
from knowledge.types import AlignmentReport, Chunk, Document, DocumentRecord, Edit, User

GRAPH = """
@prefix ex: <urn:harbour:> . @prefix plb: <urn:plumbline:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:port a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "port"@en, "端口"@zh ;
    plb:phrase "{subject} listens on port {object}"@en, "{subject}监听端口{object}"@zh .
ex:owner a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "owner"@en, "负责团队"@zh ; plb:complete true ;
    plb:phrase "{subject} is owned by {object}"@en, "{subject}由{object}负责"@zh .
ex:lantern a skos:Concept ; skos:prefLabel "Lantern"@en, "灯笼平台"@zh ; plb:deprecatedLabel "GlowDesk"@en ;
    skos:definition "The ticket system of the harbour."@en ; ex:port 7421 ; ex:owner ex:wharf .
ex:buoy a skos:Concept ; skos:prefLabel "Buoy"@en, "浮标平台"@zh ; ex:port 7500 ; ex:owner ex:dock .
ex:wharf a skos:Concept ; skos:prefLabel "Wharf Team"@en, "码头组"@zh .
ex:dock a skos:Concept ; skos:prefLabel "Dock Team"@en, "船坞组"@zh .
ex:vault a skos:Concept ; skos:prefLabel "Coffer"@en, "金匮平台"@zh ; plb:accessLabel "treasury" ;
    ex:port 9000 ; ex:owner ex:dock .
"""
GUIDE = """**When is the harbour office open?**
The office is open from 8:30 to 17:00 on working days.

Contact channel: the green radio

| Berth | Depth |
| --- | --- |
| North | 12 m |
| South | 9 m |"""
TREASURY = "**How large is the reserve?**\nThe reserve is 42 million at the end of the year."
ANN, BEN, EVE = "ann", "ben", "eve"


def add_document(workspace: Workspace, name: str, text: str, *access: str, modified: float = 100.0) -> None:
    document = Document(
        id=name,
        path=f"{name}.md",
        title=name,
        access=frozenset(access),
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        modified_at=modified,
        ingested_at=modified,
    )
    chunk = Chunk(f"{name}-0", name, 0, text)
    vector = np.array([[1.0, 0.0]], dtype=np.float32)
    workspace.catalog.documents.put(DocumentRecord(document, text, (chunk,), vector))


def say(
    workspace: Workspace, owner: str, question: str, draft: str, *, edit: tuple[str, str] = ("", ""), **about: Any
) -> str:
    """An answer that `owner` was given, of which `edit` (before, after) was made by the checker; gives its id."""
    before, after = edit
    edits = ()
    if before:
        start = draft.index(before)
        edits = (Edit(kind="term", start=start, end=start + len(before), before=before, after=after, rule="t"),)
    report = AlignmentReport(
        verdict="supported", answer=draft.replace(before, after) if before else draft, draft=draft, edits=edits
    )
    answer = {
        "question": question,
        "answer": report.answer,
        "abstained": False,
        "alignment": report.to_json(),
        "citations": [],
        **about,
    }
    user = User(owner)
    conversations = workspace.conversations
    return conversations.append(conversations.create(user).id, user, answer, documents=about.get("documents", ()))
