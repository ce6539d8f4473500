"""TBX in its versions and styles, in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import InvalidInput
from knowledge.graph import TermGraph
from knowledge.graph.exchange import export_quads
from knowledge.graph.importing import ImportPlan, plan_import

Make = Callable[[str], TermGraph]

V2 = """<?xml version="1.0"?>
<!DOCTYPE martif SYSTEM "TBXBasiccoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en">
<martifHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></martifHeader>
<text><body>
 <termEntry id="c1">
  <descrip type="subjectField">stones</descrip>
  <descripGrp><descrip type="definition">A banded stone.</descrip><admin type="source">A book</admin></descripGrp>
  <ref type="crossReference" target="c2">gem</ref>
  <langSet xml:lang="en">
   <ntig><termGrp><term>agate</term><termNote type="administrativeStatus">preferredTerm-admn-sts</termNote>
     <termNote type="partOfSpeech">noun</termNote></termGrp></ntig>
   <tig><term>sard</term><termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></tig>
   <tig><term>achates</term><termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></tig>
   <tig><term>fool's agate</term><termNote type="normativeAuthorization">deprecatedTerm-admn-sts</termNote></tig>
  </langSet>
  <langSet xml:lang="zh-CN"><tig><term>玛瑙</term><descrip type="context">玛瑙是石头。</descrip></tig>
   <tig><term>玛瑙石</term></tig></langSet>
 </termEntry>
 <termEntry id="c2"><langSet xml:lang="en"><tig><term>gem</term></tig></langSet></termEntry>
</body></text></martif>
"""
DCA = """<?xml version="1.0"?>
<tbx type="TBX-Basic" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"><tbxHeader/><text><body>
 <conceptEntry id="c1"><descrip type="subjectField">stones</descrip>
  <descripGrp><descrip type="definition">A banded stone.</descrip><admin type="source">A book</admin></descripGrp>
  <ref type="crossReference" target="c2">gem</ref>
  <langSec xml:lang="en">
   <termSec><term>agate</term><termNote type="administrativeStatus">preferredTerm-admn-sts</termNote>
     <termNote type="partOfSpeech">noun</termNote></termSec>
   <termSec><term>sard</term><termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></termSec>
   <termSec><term>achates</term><termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></termSec>
   <termSec><term>fool's agate</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termSec>
  </langSec>
  <langSec xml:lang="zh-CN"><termSec><term>玛瑙</term><descrip type="context">玛瑙是石头。</descrip></termSec>
   <termSec><term>玛瑙石</term></termSec></langSec>
 </conceptEntry>
 <conceptEntry id="c2"><langSec xml:lang="en"><termSec><term>gem</term></termSec></langSec></conceptEntry>
</body></text></tbx>
"""
DCT = """<?xml version="1.0"?>
<tbx type="TBX-Basic" style="dct" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
  xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic"><tbxHeader/><text><body>
 <conceptEntry id="c1"><min:subjectField>stones</min:subjectField>
  <descripGrp><basic:definition>A banded stone.</basic:definition><basic:source>A book</basic:source></descripGrp>
  <basic:crossReference target="c2">gem</basic:crossReference>
  <langSec xml:lang="en">
   <termSec><term>agate</term><min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus>
     <min:partOfSpeech>noun</min:partOfSpeech></termSec>
   <termSec><term>sard</term><min:administrativeStatus>admittedTerm-admn-sts</min:administrativeStatus></termSec>
   <termSec><term>achates</term><min:administrativeStatus>supersededTerm-admn-sts</min:administrativeStatus></termSec>
   <termSec><term>fool's agate</term>
     <min:administrativeStatus>deprecatedTerm-admn-sts</min:administrativeStatus></termSec>
  </langSec>
  <langSec xml:lang="zh-CN"><termSec><term>玛瑙</term><basic:context>玛瑙是石头。</basic:context></termSec>
   <termSec><term>玛瑙石</term></termSec></langSec>
 </conceptEntry>
 <conceptEntry id="c2"><langSec xml:lang="en"><termSec><term>gem</term></termSec></langSec></conceptEntry>
</body></text></tbx>
"""


def planned(folder: Path, text: str, graph: TermGraph | None = None, name: str = "t.tbx") -> ImportPlan:
    (folder / name).write_text(text, encoding="utf-8")
    return plan_import(graph or TermGraph(), folder / name)


@pytest.mark.parametrize("text", [V2, DCA, DCT], ids=["v2", "v3 dca", "v3 dct"])
def test_every_style_says_the_same(tmp_path: Path, text: str) -> None:
    plan = planned(tmp_path, text)
    graph = TermGraph(plan.added)
    concept = graph.concept("urn:plumbline:term:c1")
    assert {(label.text, label.kind, label.language) for label in concept.labels} == {
        ("agate", "preferred", "en"), ("sard", "alternative", "en"), ("achates", "deprecated", "en"),
        ("fool's agate", "deprecated", "en"), ("玛瑙", "preferred", "zh"), ("玛瑙石", "alternative", "zh"),
    }  # fmt: skip
    assert concept.definition == "A banded stone."
    assert graph.related_to(concept.id) == ("urn:plumbline:term:c2",)
    said = {(quad.predicate.value.rpartition("/")[2], getattr(quad.object, "value", "")) for quad in graph.quads}
    assert {
        ("core#example", "玛瑙是石头。"),
        ("source", "A book"),
        ("urn:plumbline:tbx#subjectField", "stones"),
    } <= said
    assert [(one.rule, one.severity, one.values) for one in plan.preview.problems] == [
        ("not_taken_over", "info", {"name": "partOfSpeech", "count": "1"})
    ]
    assert [change.line for change in plan.preview.added] == [
        next(number for number, line in enumerate(text.splitlines(), 1) if f'Entry id="{name}"' in line)
        for name in ("c1", "c2")
    ]


def test_an_entry_with_a_known_name_joins_it(graph_of: Make, tmp_path: Path) -> None:
    graph = graph_of('ex:a skos:prefLabel "Agate"@en ; skos:altLabel "onyx"@en .')
    plan = planned(tmp_path, DCA, graph)
    assert [change.concept for change in plan.preview.merged] == ["urn:ex:a"]
    assert plan.removed == frozenset()
    assert {label.text for label in TermGraph({*graph.quads, *plan.added}).labels_of("urn:ex:a")} >= {
        "onyx",
        "玛瑙",
        "sard",
    }


FULL = """
ex:a a skos:Concept ; skos:prefLabel "Agate"@en, "玛瑙"@zh-Hans ; skos:altLabel "Sard"@en ; skos:hiddenLabel "agat"@en ;
  plb:deprecatedLabel "Achates"@en ; plb:forbiddenLabel "假玛瑙"@zh ; skos:definition "A <stone> & more."@en ;
  skos:note "n"@zh ; skos:example "e"@en ; skos:broader ex:b ; skos:related ex:b ; plb:accessLabel "board" .
ex:b a skos:Concept ; skos:prefLabel "Gem"@en ; skos:altLabel "Jewel"@en .
"""


def test_what_is_written_reads_back(graph_of: Make, tmp_path: Path) -> None:
    graph = graph_of(FULL)
    file = tmp_path / "out.tbx"
    export_quads(graph.quads, file)
    again = TermGraph(plan_import(TermGraph(), file).added)
    assert set(again.quads) == set(graph.quads)
    plan = plan_import(graph, file)
    assert (plan.added, plan.removed, plan.preview.problems) == (frozenset(), frozenset(), ())


_LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(9))
BROKEN = {
    "not closed": ("<martif><text>\n<body></text></martif>", r"t\.tbx: line 2"),
    "no TBX": ("<html><body/></html>", "no TBX"),
    "billion laughs": (f"<!DOCTYPE m [{_LAUGHS}]><martif><termEntry/>&l8;</martif>", "line 1: XML entities"),
    "an external entity": (
        "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><martif><termEntry id='a'>&x;</termEntry></martif>",
        "line 1: external XML entities",
    ),
    "a huge term": (f"<martif><termEntry id='a'><p>{'x' * 11_000_000}</p></termEntry></martif>", "t.tbx"),
    "nothing": ("", r"t\.tbx"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        planned(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_entries_with_faults_are_named_by_line(tmp_path: Path) -> None:
    text = """<martif><text><body>
<termEntry id="a"><langSet xml:lang="english"><tig>
  <term>agate</term><termNote type="administrativeStatus">so so</termNote></tig></langSet></termEntry>
<termEntry id="a"><ref type="crossReference" target="zzz"/><langSet xml:lang="en">
  <tig><term> </term></tig></langSet></termEntry>
</body></text></martif>"""
    problems = planned(tmp_path, text).preview.problems
    assert {(one.rule, one.line) for one in problems} == {
        ("bad_language", 2), ("unknown_status", 3), ("repeated_id", 4), ("unknown_target", 4), ("unusable_label", 5),
        ("entry_without_term", 4),
    }  # fmt: skip
