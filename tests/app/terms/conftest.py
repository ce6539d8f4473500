"""A small company's terms with people of every role, in a workspace without documents."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.settings import Settings
from app.terms import Operator
from app.wiring import open_workspace
from knowledge.graph.exchange import import_file
from knowledge.types import Role, User

GRAPH = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix plb: <urn:plumbline:ns#> . @prefix ex: <urn:ex:> .
ex:meridian a skos:Concept, ex:System ; skos:prefLabel "Meridian"@en, "子午差旅平台"@zh ; skos:altLabel "Méridien"@fr ;
    skos:definition "Where trips are booked."@en ; skos:broader ex:systems ; ex:unknown "kept" ;
    ex:owner ex:travel ; ex:limit 5000 .
ex:systems a skos:Concept ; skos:prefLabel "systems"@en, "系统"@zh .
ex:travel a skos:Concept, ex:Team ; skos:prefLabel "travel team"@en, "差旅组"@zh .
ex:finance a skos:Concept, ex:Team ; skos:prefLabel "finance team"@en, "财务组"@zh .
ex:tripdesk a skos:Concept ; skos:prefLabel "TripDesk"@en, "行程台"@zh ; ex:owner ex:travel .
ex:falcon a skos:Concept ; skos:prefLabel "Project Falcon"@en, "猎鹰计划"@zh ; plb:accessLabel "board" ;
    skos:broader ex:systems ; ex:owner ex:finance .
ex:owner a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "owner"@en, "负责团队"@zh ;
    plb:phrase "{subject} is owned by {object}"@en .
ex:limit a owl:DatatypeProperty ; rdfs:label "limit"@en ; plb:unit "CNY" .
[] a rdf:Statement ; rdf:subject ex:falcon ; rdf:predicate ex:owner ; rdf:object ex:finance ; plb:validFrom "2025" .
"""

MANAGER = User("mei", Role.KNOWLEDGE_MANAGER)
OTHER = User("tom", Role.KNOWLEDGE_MANAGER)
BOARD = User("ada", Role.KNOWLEDGE_MANAGER, frozenset({"board"}))
ADMIN = User("root", Role.ADMIN)
EMPLOYEE = User("eve", Role.EMPLOYEE)
OPERATOR = Operator("cli:ops")


@pytest.fixture(scope="session")
def _beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace as each test finds it, made once."""
    folder = tmp_path_factory.mktemp("terms")
    file = folder / "terms.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    workspace = open_workspace(Settings(workspace=folder / "w"), create=True)
    import_file(workspace.catalog, file, "cli:ops", "the beginning")
    workspace.close()
    return folder / "w"


@pytest.fixture
def folder(_beginning: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_beginning, tmp_path / "w"))


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    with Assistant(open_workspace(Settings(workspace=folder))) as opened:
        yield opened
