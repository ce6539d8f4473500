"""Tables of terms in and out: what columns mean, what a row says, what is wrong with which row."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from knowledge.errors import InvalidInput
from knowledge.graph import TermGraph
from knowledge.graph.exchange import export_quads
from knowledge.graph.importing import ImportOptions, ImportPlan, plan_import
from knowledge.graph.mapping import Column, TableMapping, guess_mapping, mapping_from
from knowledge.graph.tables import read_table
from knowledge.graph.term_export import template

Make = Callable[[str], TermGraph]
TODAY = date(2026, 1, 1)


def planned(
    folder: Path, text: str | bytes, graph: TermGraph | None = None, name: str = "t.csv", **options
) -> ImportPlan:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return plan_import(graph or TermGraph(), file, ImportOptions(**options))


def after(plan: ImportPlan, graph: TermGraph | None = None) -> TermGraph:
    present = set(graph.quads) if graph else set()
    return TermGraph((present - plan.removed) | plan.added)


HEADERS = {
    "中文术语": ("label", None, "zh"),
    "英文名称": ("label", None, "en"),
    "Term": ("label", None, ""),
    "English": ("label", None, "en"),
    "Preferred term (de)": ("label", "preferred", "de"),
    "label@zh-Hant": ("label", None, "zh-Hant"),
    "别名": ("label", "alternative", ""),
    "English synonyms": ("label", "alternative", "en"),
    "简称（中文）": ("label", "alternative", "zh"),
    "Old name": ("label", "deprecated", ""),
    "曾用名": ("label", "deprecated", ""),
    "禁用词": ("label", "forbidden", ""),
    "常见误写": ("label", "hidden", ""),
    "定义": ("definition", None, ""),
    "Definition EN": ("definition", None, "en"),
    "备注": ("note", None, ""),
    "上位概念": ("broader", None, ""),
    "Parent": ("broader", None, ""),
    "Related terms": ("related", None, ""),
    "状态": ("status", None, ""),
    "Replaced by": ("replaced_by", None, ""),
    "可见范围": ("access", None, ""),
    "编号": ("id", None, ""),
    "Concept ID": ("id", None, ""),
    "Language": ("language", None, ""),
    "Price 2026": ("ignore", None, ""),
}


@pytest.mark.parametrize(("header", "meaning"), HEADERS.items())
def test_what_a_header_is_taken_for(tmp_path: Path, header: str, meaning: tuple[str, str | None, str]) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f'"Main term","{header}"\na,b\n', encoding="utf-8")
    column = guess_mapping(read_table(file)).columns[1]
    assert (column.use, column.kind, column.language) == meaning


def test_a_header_that_names_a_relation(graph_of: Make, tmp_path: Path) -> None:
    graph = graph_of('ex:owner a owl:ObjectProperty ; rdfs:label "负责团队"@zh . ex:t skos:prefLabel "Team A"@en .')
    plan = planned(tmp_path, "术语,负责团队\n玛瑙,Team A\n碧玉,Team B\n", graph)
    facts = [quad for quad in plan.added if quad.predicate.value == "urn:ex:owner"]
    assert [quad.object.value for quad in facts] == ["urn:ex:t"]
    assert [(one.rule, one.line, one.column) for one in plan.preview.problems] == [("unknown_target", 3, "负责团队")]


ROWS = """编号,中文,英文,别名,旧称,定义,上位,状态
a,玛瑙,Agate,"玛瑙石;缟玛瑙",旧玛瑙,一种石头,b,有效
b,宝石,Gem,,,,,
c,碧玉,,,,,宝石,停用
"""


def test_a_table_of_concepts(tmp_path: Path) -> None:
    plan = planned(tmp_path, ROWS)
    graph = after(plan)
    agate = graph.concept("urn:plumbline:term:a")
    assert agate.texts("preferred") == ("Agate", "玛瑙")
    assert set(agate.texts("alternative")) == {"玛瑙石", "缟玛瑙"}
    assert agate.texts("deprecated") == ("旧玛瑙",)
    assert (agate.definition, agate.broader) == ("一种石头", ("urn:plumbline:term:b",))
    assert graph.deprecated("urn:plumbline:term:c")
    assert graph.concept("urn:plumbline:term:c").broader == ("urn:plumbline:term:b",)
    assert (plan.preview.concepts, plan.preview.counts["added"], plan.preview.problems) == (3, 3, ())
    assert [change.line for change in plan.preview.added] == [2, 3, 4]


def test_one_label_a_row(tmp_path: Path) -> None:
    graph = after(
        planned(
            tmp_path,
            "concept id,term,language,status\n1,Agate,en,preferred\n1,玛瑙,zh,preferred\n1,Sard,en,admitted\n"
            "1,Aggat,en,forbidden\n1,Achates,en,deprecated\n",
        )
    )
    concept = graph.concept("urn:plumbline:term:1")
    assert {(label.text, label.kind) for label in concept.labels} == {
        ("Agate", "preferred"), ("玛瑙", "preferred"), ("Sard", "alternative"),
        ("Aggat", "forbidden"), ("Achates", "deprecated"),
    }  # fmt: skip
    assert not concept.deprecated


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    words = ["差旅平台", "报销流程", "采购申请单", "供应商管理", "年度预算", "合同审批"]
    rows = ["中文{}英文", *(f"{word}{{}}Name {place}" for place, word in enumerate(words))]
    text = "".join(f"{row.format(delimiter)}\n" for row in rows)
    graph = after(planned(tmp_path, text.encode(encoding)))
    assert {graph.preferred(name, "zh") for name in graph.concepts()} == set(words)
    assert all(graph.preferred(name, "en") for name in graph.concepts())


def test_a_known_name_is_the_known_concept_and_loses_nothing(graph_of: Make, tmp_path: Path) -> None:
    graph = graph_of(
        'ex:a a skos:Concept ; skos:prefLabel "玛瑙"@zh, "Agate"@en ; skos:altLabel "Sard"@en ; '
        'skos:definition "x"@en . ex:b skos:prefLabel "Opal"@en . ex:c skos:prefLabel "Opal"@en . '
        'ex:old skos:prefLabel "Onyx"@en ; owl:deprecated true .'
    )
    plan = planned(tmp_path, "中文,英文,别名\n玛瑙,Achat,红玛瑙\n,Opal,\n,Onyx,\n", graph)
    assert plan.removed == frozenset()
    assert [(one.concept, one.line) for one in plan.preview.merged] == [("urn:ex:a", 2)]
    result = after(plan, graph).concept("urn:ex:a")
    assert set(result.texts("alternative")) == {"Sard", "红玛瑙"}
    assert result.texts("preferred", "en") == ("Agate",)
    assert {(one.rule, one.line) for one in plan.preview.problems} == {
        ("other_preferred", 2),
        ("several_of_that_name", 3),
    }
    assert plan.preview.counts["added"] == 2
    apart = planned(tmp_path, "中文,英文,别名\n玛瑙,Achat,红玛瑙\n", graph, merge=False)
    assert apart.preview.counts == {"added": 1, "changed": 0, "merged": 0, "problems": 0}


def test_a_row_with_an_id_says_all_that_its_columns_can_say(graph_of: Make, tmp_path: Path) -> None:
    graph = graph_of(
        'ex:a a skos:Concept ; skos:prefLabel "Agate"@en ; skos:altLabel "Sard"@en, "Achates"@en ; '
        'ex:unknown 5 ; skos:note "n"@en .'
    )
    plan = planned(tmp_path, "id,preferred label (en),alternative labels (en)\nurn:ex:a,Agate,Sard\n", graph)
    assert {quad.object.value for quad in plan.removed} == {"Achates"}
    assert plan.added == frozenset()
    assert [(one.concept, [said.value for said in one.removed]) for one in plan.preview.changed] == [
        ("urn:ex:a", ["Achates"])
    ]


FAULTS = {
    "no label": ("中文,英文\n玛瑙,\n,\n碧玉,x\n", [], 2),
    "an empty row with a note": ("中文,备注\n玛瑙,\n,why\n", [("row_without_label", 3)], 1),
    "a bad IRI": ("id,term\nurn:a<b>,Agate\nurn:ok,Onyx\n", [("bad_iri", 2)], 1),
    "a second preferred label": ("term,preferred label (en)\nAgate,Sard\n", [("second_preferred", 2)], 1),
    "nothing of that name": ("term,parent\nAgate,Gem\n", [("unknown_target", 2)], 1),
    "two of that name": ("id,term,parent\n1,Gem,\n2,Gem,\n3,Agate,gem\n", [("ambiguous_target", 4)], 3),
    "an unknown status": ("term,status\nAgate,maybe\n", [("unknown_status", 2)], 1),
    "a label that is a page": (f"term,alias\nAgate,{'x' * 300}\n", [("unusable_label", 2)], 1),
    "a wrong language": ("term,language\nAgate,english\n", [("bad_language", 2)], 1),
    "a line end in a cell": ('term,definition\nAgate,"a\nb"\n,\nOnyx,x\nSard,\n,y\n', [("row_without_label", 7)], 3),
}


@pytest.mark.parametrize(("text", "problems", "concepts"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_stands_with_its_row(
    tmp_path: Path, text: str, problems: list[tuple[str, int]], concepts: int
) -> None:
    plan = planned(tmp_path, text)
    assert [(one.rule, one.line) for one in plan.preview.problems] == problems
    assert plan.preview.concepts == concepts


def test_the_quality_check_speaks_by_row(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,term,parent\n1,Agate,1\n2,Onyx,\n", encoding="utf-8")
    problems = plan_import(TermGraph(), file, day=TODAY).preview.problems
    assert [(one.rule, one.line) for one in problems] == [("broader_cycle", 2)]


BROKEN = {
    "nothing": ("t.csv", b"", "no table in it"),
    "binary": ("t.csv", b"PK\x03\x04\0\0\0", "zero bytes"),
    "the encoding given is wrong": ("t.csv", "术语\n玛瑙\n".encode("gb18030"), "line 1: not utf-8"),
    "a quotation mark left open": ("t.csv", b'term,x\na,b\n"c,d\n', "line 3"),
    "more cells than columns": ("t.csv", b"term,note\na,b\nc,d,e\n", "line 3: 3 cells, but the table has 2"),
    "a huge cell": ("t.csv", b"term,note\na," + b"x" * 120_000 + b"\n", "line 2, column 2"),
    "too long for a cell of CSV": ("t.csv", b"term,note\na," + b"x" * 10_000_000 + b"\n", "line 2"),
    "no workbook": ("t.xlsx", b"PK nothing", "not a readable XLSX"),
    "an archive, but no workbook": ("t.xlsx", b"PK\x05\x06" + bytes(18), "not a readable XLSX"),
    "only headers": ("t.csv", b"term,note\n", "no statements"),
    "no labels": ("t.csv", b"price,amount\n", "no statements"),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_table_is_one_clear_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    options = {"encoding": "utf-8"} if "utf-8" in message else {}
    with pytest.raises(InvalidInput, match=message) as caught:
        planned(tmp_path, content, name=name, **options)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_workbook_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.graph.tables.MAX_UNPACKED", 1 << 20)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (2 << 20))
    with pytest.raises(InvalidInput, match="unpacks to more"):
        planned(tmp_path, stream.getvalue(), name="t.xlsx")


def test_a_workbook_and_its_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("terms")
    sheet.append([])
    sheet.append(["术语", "English", "编号"])
    sheet.append(["玛瑙", "Agate", 12])
    sheet.append(["=1+1", True, 12.5])
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx", sheet="terms")
    assert (table.headers, table.lines, table.sheets) == (("术语", "English", "编号"), (3, 4), ("Sheet", "terms"))
    assert table.rows[0] == ("玛瑙", "Agate", "12")
    with pytest.raises(InvalidInput, match="no sheet 'x'; there are: Sheet, terms"):
        read_table(tmp_path / "t.xlsx", sheet="x")


FULL = """
ex:s a owl:ObjectProperty ; rdfs:label "seat"@en . ex:n a owl:DatatypeProperty ; rdfs:range xsd:integer .
ex:a a skos:Concept, ex:Stone ; skos:prefLabel "Agate"@en, "玛瑙"@zh-Hans, "Achat"@de ;
  skos:altLabel "a|b\\\\c"@en, "=1+1"@en ;
  skos:hiddenLabel "agat"@en ; plb:deprecatedLabel "Achates"@en ; plb:forbiddenLabel "假玛瑙"@zh ;
  skos:definition "Line one.\\nLine \\"two\\"; three | four"@en ; skos:note "n"@zh ;
  skos:broader ex:b ; ex:s ex:b ; ex:n 5 ;
  plb:accessLabel "board", "hr" .
ex:b a skos:Concept ; skos:prefLabel "Gem"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:a ; skos:related ex:a .
"""


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_a_table_comes_back_as_it_was_and_takes_nothing_away(graph_of: Make, tmp_path: Path, kind: str) -> None:
    graph = graph_of(FULL + "ex:a ex:unknown [ ex:by 5 ] .")
    file = tmp_path / f"out.{kind}"
    export_quads(graph.quads, file)
    plan = plan_import(graph, file)
    assert (plan.added, plan.removed) == (frozenset(), frozenset())
    assert plan.preview.problems == ()
    alone = after(
        plan_import(
            graph_of("ex:s a owl:ObjectProperty . ex:n a owl:DatatypeProperty ; rdfs:range xsd:integer ."), file
        )
    )
    for name in ("urn:ex:a", "urn:ex:b"):
        assert alone.concept(name) == graph.concept(name)


def test_no_cell_is_a_formula(graph_of: Make, tmp_path: Path) -> None:
    graph = graph_of('ex:a skos:prefLabel "=HYPERLINK(1)"@en, "@x"@de, "+1"@fr .')
    export_quads(graph.quads, tmp_path / "out.csv")
    assert ",=" not in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    export_quads(graph.quads, tmp_path / "out.xlsx")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_the_template_reads_without_a_question(tmp_path: Path, kind: str) -> None:
    plan = planned(tmp_path, template(kind), name=f"t.{kind}")
    assert plan.preview.problems == ()
    assert after(plan).concept("urn:plumbline:term:travel-platform").broader == ("urn:plumbline:term:company-systems",)
    with pytest.raises(InvalidInput, match="'docx' is not known"):
        template("docx")


def test_a_mapping_is_kept_and_checked(tmp_path: Path) -> None:
    mapping = TableMapping(columns=(Column(header="B", use="label", kind="preferred", language="de"),), separator="/")
    assert mapping_from(json.dumps(mapping.to_json())) == mapping
    graph = after(planned(tmp_path, "A,B\nx,Achat\n", mapping=mapping))
    assert [label.text for name in graph.concepts() for label in graph.labels_of(name)] == ["Achat"]
    for wrong, message in (
        ("{}", "columns"),
        ('{"columns": [{"header": "A", "use": "x"}]}', "columns.0.use"),
        ("[", "mapping"),
    ):
        with pytest.raises(InvalidInput, match=message):
            mapping_from(wrong)
    with pytest.raises(InvalidInput, match="no column 'B'; the table has: A"):
        planned(tmp_path, "A\nx\n", mapping=mapping)
    bad = TableMapping(columns=(Column(header="A", use="label"), Column(header="B", use="relation", relation="no iri")))
    with pytest.raises(InvalidInput, match="not an IRI"):
        planned(tmp_path, "A,B\nx,y\n", mapping=bad)
