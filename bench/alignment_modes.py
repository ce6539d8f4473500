"""Failure modes that the benchmark has few cases of, each with its control that must stay as it is.

    PYTHONPATH=. python bench/alignment_modes.py

An invented hospital group, in words, names and predicates of its own. A wrong text counts as found when something in it
is marked contradicted, and as fixed when the result is exactly the right text; a control counts as left alone when
nothing is changed, and as unflagged when nothing is called contradicted.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from knowledge.alignment import Checker
from knowledge.graph import Linker, TermGraph
from knowledge.types import Passage

GRAPH = """
@prefix ex: <urn:h:> . @prefix plb: <urn:plumbline:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
ex:Ward a owl:Class . ex:Nurse a owl:Class . ex:Device a owl:Class . ex:House a owl:Class .
ex:chief a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "head nurse"@en, "护士长"@zh ; plb:complete true ;
  rdfs:domain ex:Ward ; rdfs:range ex:Nurse ;
  plb:phrase "the head nurse of {subject} is {object}"@en, "{subject}的护士长是{object}"@zh .
ex:house a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "building"@en, "所在楼"@zh ; rdfs:domain ex:Ward ;
  rdfs:range ex:House ; plb:phrase "{subject} is located in {object}"@en, "{subject}位于{object}"@zh .
ex:refers a owl:ObjectProperty, owl:AsymmetricProperty, owl:FunctionalProperty ; rdfs:label "refers patients to"@en,
  "转诊至"@zh ; rdfs:domain ex:Ward ; rdfs:range ex:Ward ;
  plb:phrase "{subject} refers patients to {object}"@en, "{subject}向{object}转诊患者"@zh .
ex:beds a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "beds"@en, "床位数"@zh ; rdfs:domain ex:Ward ;
  plb:phrase "{subject} has {object} beds"@en, "{subject}有{object}张床位"@zh .
ex:dose a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "daily dose"@en, "每日剂量"@zh ; plb:unit "mg" ;
  rdfs:domain ex:Device ; plb:phrase "the daily dose of {subject} is {object}"@en, "{subject}的每日剂量为{object}"@zh .
ex:price a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "price"@en, "价格"@zh ; plb:unit "CNY" ;
  rdfs:domain ex:Device ; plb:phrase "the price of {subject} is {object}"@en, "{subject}的价格为{object}"@zh .
ex:since a owl:DatatypeProperty, owl:FunctionalProperty ; rdfs:label "opening date"@en, "启用日期"@zh ;
  rdfs:domain ex:Ward ; plb:phrase "{subject} opened on {object}"@en, "{subject}于{object}启用"@zh .
ex:heron a skos:Concept, ex:Ward ; skos:prefLabel "Heron Ward"@en, "白鹭病区"@zh ; plb:deprecatedLabel "Ward Seven"@en,
  "七病区"@zh ; ex:chief ex:kim ; ex:house ex:north ; ex:refers ex:wren ; ex:beds 24 ; ex:since "2021-04-12"^^xsd:date .
ex:wren a skos:Concept, ex:Ward ; skos:prefLabel "Wren Ward"@en, "鹪鹩病区"@zh ; ex:chief ex:ito ; ex:house ex:south ;
  ex:beds 18 ; ex:since "2019-09-02"^^xsd:date .
ex:ibis a skos:Concept, ex:Ward ; skos:prefLabel "Ibis Ward"@en, "朱鹮病区"@zh ; ex:beds 30 .
ex:s1 a rdf:Statement ; rdf:subject ex:ibis ; rdf:predicate ex:chief ; rdf:object ex:kim ; plb:validUntil "2023-12-31" .
ex:s2 a rdf:Statement ; rdf:subject ex:ibis ; rdf:predicate ex:chief ; rdf:object ex:ito ; plb:validFrom "2024-01-01" .
ex:kim a skos:Concept, ex:Nurse ; skos:prefLabel "Kim Soyan"@en, "金素妍"@zh ; skos:altLabel "Kim"@en .
ex:kim2 a skos:Concept, ex:Nurse ; skos:prefLabel "Kim Daelo"@en, "金大洛"@zh ; skos:altLabel "Kim"@en .
ex:ito a skos:Concept, ex:Nurse ; skos:prefLabel "Ito Renka"@en, "伊藤莲花"@zh .
ex:north a skos:Concept, ex:House ; skos:prefLabel "North House"@en, "北楼"@zh .
ex:south a skos:Concept, ex:House ; skos:prefLabel "South House"@en, "南楼"@zh .
ex:pump a skos:Concept, ex:Device ; skos:prefLabel "Velonal"@en, "维洛那"@zh ; ex:dose 1500 ; ex:price 12800 .
"""
SHEET = Passage("p1", "Velonal is given at 1.5 g a day. A pack costs ¥12,800 until June 2026. Heron Ward has 24 beds.")


@dataclass(frozen=True)
class Mode:
    """A wrong text with the right one ("" where no one text is right), and texts that must stay."""

    name: str
    wrong: str
    right: str
    controls: tuple[str, ...]


MODES = (
    Mode("respectively", "Heron Ward and Wren Ward are located in South House and South House respectively.", "",
         ("Heron Ward and Wren Ward are located in North House and South House respectively.",)),
    Mode("respectively", "The head nurses of Heron Ward and Wren Ward are Ito Renka and Kim Soyan respectively.", "",
         ("The head nurses of Heron Ward and Wren Ward are Kim Soyan and Ito Renka respectively.",)),
    Mode("分别", "白鹭病区和鹪鹩病区分别位于南楼和南楼。", "白鹭病区和鹪鹩病区分别位于北楼和南楼。",
         ("白鹭病区和鹪鹩病区分别位于北楼和南楼。",)),
    Mode("homonym", "The head nurse of Wren Ward is Kim Soyan.", "The head nurse of Wren Ward is Ito Renka.",
         ("The head nurse of Wren Ward is Kim.", "The head nurse of Heron Ward is Kim.")),
    Mode("past", "The head nurse of Ibis Ward is Kim Soyan.", "The head nurse of Ibis Ward is Ito Renka.",
         ("The head nurse of Ibis Ward was Kim Soyan until 2023.",
          "Formerly, the head nurse of Ibis Ward was Kim Soyan.",
          "朱鹮病区的护士长曾经是金素妍。", "2023年之前，朱鹮病区的护士长是金素妍。")),
    Mode("inverse direction", "Wren Ward refers patients to Heron Ward.", "Heron Ward refers patients to Wren Ward.",
         ("Heron Ward refers patients to Wren Ward.", "Wren Ward receives patients from Heron Ward.")),
    Mode("inverse direction", "鹪鹩病区向白鹭病区转诊患者。", "白鹭病区向鹪鹩病区转诊患者。",
         ("白鹭病区向鹪鹩病区转诊患者。", "鹪鹩病区接收白鹭病区转来的患者。")),
    Mode("other unit", "The daily dose of Velonal is 1500 g.", "The daily dose of Velonal is 1500 mg.",
         ("The daily dose of Velonal is 1.5 g.", "The daily dose of Velonal is 1,500 milligrams.")),
    Mode("other unit", "维洛那的价格为12800美元。", "维洛那的价格为12800元。", ("维洛那的价格为1.28万元。",)),
    Mode("rounding", "The price of Velonal is about CNY 21,000.", "", ("The price of Velonal is about CNY 13,000.",
         "The price of Velonal is roughly ¥12.8 thousand.", "维洛那的价格约为1.3万元。")),
    Mode("quotation", "Heron Ward has 42 beds.", "Heron Ward has 24 beds.",
         ("The poster says “Heron Ward has 42 beds”.", "> Heron Ward has 42 beds.", "`Heron Ward has 42 beds`")),
    Mode("renamed", "Ward Seven has 24 beds.", "Heron Ward has 24 beds.",
         ("Heron Ward, formerly Ward Seven, has 24 beds.", "Before 2020 Ward Seven had its own kitchen.",
          "See plan_ward_seven.pdf and “Ward Seven rules”.", "白鹭病区（原称七病区）有24张床位。")),
    Mode("denied, supposed, asked", "白鹭病区的护士长是伊藤莲花。", "白鹭病区的护士长是金素妍。",
         ("白鹭病区的护士长不是伊藤莲花。", "如果白鹭病区的护士长是伊藤莲花，请告知。",
          "白鹭病区的护士长是伊藤莲花吗？",
          "The head nurse of Heron Ward might soon be Ito Renka.", "Is the head nurse of Heron Ward Ito Renka?")),
    Mode("date notations", "Heron Ward opened on 21 April 2021.", "Heron Ward opened on 12 April 2021.",
         ("Heron Ward opened on 2021-04-12.", "Heron Ward opened in April 2021.",
          "白鹭病区于二〇二一年四月十二日启用。")),
    Mode("table", "| Ward | Beds | Head nurse |\n|---|---|---|\n| Heron Ward | 24 | Ito Renka |",
         "| Ward | Beds | Head nurse |\n|---|---|---|\n| Heron Ward | 24 | Kim Soyan |",
         ("| Ward | Beds | Head nurse |\n|---|---|---|\n| Heron Ward | 24 | Kim Soyan |",)),
    Mode("list", "Heron Ward:\n- Beds: 24\n- Head nurse: Ito Renka", "Heron Ward:\n- Beds: 24\n- Head nurse: Kim Soyan",
         ("Heron Ward:\n- Beds: 24\n- Head nurse: Kim Soyan",)),
    Mode("taken up again", "Heron Ward opened on 12 April 2021. Its head nurse is Ito Renka.",
         "Heron Ward opened on 12 April 2021. Its head nurse is Kim Soyan.",
         ("Heron Ward opened on 12 April 2021. Its head nurse is Kim Soyan.",)),
    Mode("two wrong slots", "The head nurse of Heron Ward is Ito Renka, and Heron Ward has 42 beds.",
         "The head nurse of Heron Ward is Kim Soyan, and Heron Ward has 24 beds.",
         ("The head nurse of Heron Ward is Kim Soyan, and Heron Ward has 24 beds.",)),
)  # fmt: skip


def main() -> None:
    """Check every text and print a row for each mode."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.ttl"
        file.write_text(GRAPH, encoding="utf-8")
        graph = TermGraph.from_files([file])
    checker = Checker(graph, Linker(graph), today=lambda: date(2026, 1, 15))
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * 7)
    for mode in MODES:
        for passages in ((), (SHEET,)):
            count = counts[mode.name]
            report = checker.check(mode.wrong, passages)
            count[0] += 1
            count[1] += any(finding.kind in ("contradicted", "deprecated") for finding in report.findings)
            count[2] += bool(mode.right)
            count[3] += bool(mode.right) and report.answer == mode.right
            for control in mode.controls:
                kept = checker.check(control, passages)
                count[4] += 1
                count[5] += kept.answer == control
                count[6] += "contradicted" not in {finding.kind for finding in kept.findings}
    table = Table(title="failure modes, each with and without a passage")
    for column in ("mode", "wrong", "found", "one right text", "fixed", "controls", "left alone", "unflagged"):
        table.add_column(column, justify="left" if column == "mode" else "right")
    for name, count in counts.items():
        table.add_row(name, *map(str, count))
    table.add_row("all", *(str(sum(count[place] for count in counts.values())) for place in range(7)))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
