"""What the default answer model reads in sentences of which the checker's wordings tell nothing for certain.

    PYTHONPATH=. python bench/model_readings.py [--finre DIR] [--calls 60] [--minutes 10] [--show]

DIR is the benchmark's slice finre-zh. Asked about: its false sentences (names exchanged) that the checker does not find
without a model, the true sentence of each, and sentences of invented firms below, true and with their names exchanged.
A false sentence counts as found when the graph speaks against the model's reading, a true one as wrongly marked.
The checker itself asks a model only about sentences whose words fit no relation fairly well: the row "asked by the
checker" counts only those, the others what a model would add if it were asked about every sentence. Nothing is edited.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.generators import load_generator
from app.sentence_writer import ModelSentenceWriter
from app.settings import load_settings
from app.wiring import open_models
from knowledge.alignment import Checker
from knowledge.alignment.claims import ClaimReader
from knowledge.alignment.draft import read_draft
from knowledge.alignment.model_reading import Unread, unread
from knowledge.alignment.relations import RelationJudge
from knowledge.alignment.rewriting import TRIES
from knowledge.graph import Linker, TermGraph
from knowledge.types import Language

TODAY = date(2026, 1, 15)

GRAPH = """
@prefix ex: <urn:r:> . @prefix plb: <urn:plumbline:ns#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:Firm a owl:Class ; rdfs:label "company"@en, "公司"@zh .
ex:acquired a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "acquired"@en, "收购"@zh ; rdfs:domain ex:Firm ;
  rdfs:range ex:Firm ; plb:phrase "{subject} acquired {object}"@en, "{subject}收购{object}"@zh .
ex:supplies a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "supplies"@en, "供货"@zh ; rdfs:domain ex:Firm ;
  rdfs:range ex:Firm ; plb:phrase "{subject} supplies {object}"@en, "{subject}向{object}供货"@zh .
ex:lends a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "lends money to"@en, "放贷"@zh ;
  rdfs:domain ex:Firm ; rdfs:range ex:Firm ;
  plb:phrase "{subject} lends money to {object}"@en, "{subject}为{object}提供贷款"@zh .
ex:sued a owl:ObjectProperty, owl:AsymmetricProperty ; rdfs:label "sued"@en, "起诉"@zh ; rdfs:domain ex:Firm ;
  rdfs:range ex:Firm ; plb:phrase "{subject} sued {object}"@en, "{subject}起诉{object}"@zh .
ex:moss a skos:Concept, ex:Firm ; skos:prefLabel "Mossbridge Tools"@en, "苔桥工具"@zh ; ex:acquired ex:fern ;
  ex:supplies ex:lark .
ex:fern a skos:Concept, ex:Firm ; skos:prefLabel "Fernhollow Paper"@en, "蕨谷纸业"@zh ; ex:supplies ex:quill .
ex:lark a skos:Concept, ex:Firm ; skos:prefLabel "Larkmere Ceramics"@en, "云雀陶瓷"@zh ; ex:sued ex:quill .
ex:quill a skos:Concept, ex:Firm ; skos:prefLabel "Quillstone Print"@en, "翎石印刷"@zh .
ex:otter a skos:Concept, ex:Firm ; skos:prefLabel "Otterby Bank"@en, "獭滨银行"@zh ; ex:lends ex:moss .
"""

SENTENCES = (
    ("moss", "fern", "{b} has belonged to {a} since the shareholders took the money.",
     "{a}把{b}整个买了下来，员工全部留任。"),
    ("moss", "lark", "{b} gets its kiln parts from {a}.", "{b}的窑炉配件都从{a}那里进货。"),
    ("fern", "quill", "Every Monday a lorry from {a} brings paper to {b}.", "{b}用的纸每周一由{a}送来。"),
    ("otter", "moss", "{b} owes {a} two million, to be paid back by spring.", "{b}欠{a}两百万元，明年春天还清。"),
    ("lark", "quill", "{a} took {b} to court over the unpaid bills.", "{a}把{b}告上了法庭，追讨货款。"),
)  # fmt: skip
"""Who does it, to whom, and two sentences that say so, true as they stand and false with the names exchanged."""


@dataclass(frozen=True)
class Case:
    """A sentence, whether it is true, and where it is from."""

    source: str
    text: str
    true: bool


@dataclass(frozen=True)
class Reading:
    """What came of asking about one sentence. `answered`: in the form asked for; `pairs`: how many statements read.

    `asked`: the checker would ask about it. `marked`: the graph speaks against a statement; `borne_out`: for one.
    """

    case: Case
    asked: bool
    possible: bool
    calls: int = 0
    answered: bool = False
    pairs: int = 0
    marked: bool = False
    borne_out: bool = False
    said: str = ""


class Asking:
    """One graph with the parts of a checker that ask a model, and the checker without one."""

    def __init__(self, graph: TermGraph, model: ModelSentenceWriter) -> None:
        self._graph, self._model = graph, model
        self._linker, self._reader = Linker(graph), ClaimReader(graph)
        self._judge = RelationJudge(graph, self._reader.profiles, None, TODAY)
        self.checker = Checker(graph, self._linker, today=lambda: TODAY)

    def asked(self, case: Case) -> bool:
        """Whether the checker itself would ask about a sentence."""
        draft = read_draft(case.text, self._linker, None, None)
        settled = [(finding.start, finding.end) for finding in self.checker.check(case.text).findings]
        return any(unread(self._graph, self._reader.profiles, draft, self._reader.read(draft), settled))

    def ask(self, case: Case) -> Reading:
        """The model's reading of a sentence, judged by the graph as the checker does it."""
        draft = read_draft(case.text, self._linker, None, None)
        sentence = next(unread(self._graph, self._reader.profiles, draft, (), ()), None)
        if sentence is None:
            return Reading(case, asked=False, possible=False)
        return self._answered(case, sentence, asked=self.asked(case))

    def _answered(self, case: Case, sentence: Unread, *, asked: bool) -> Reading:
        language: Language = "en" if case.text.isascii() else "zh"
        names = [case.text[slot.start : slot.end] for slot in sentence.slots]
        relations = [self._graph.label(relation.id, language) for relation in sentence.relations]
        said = ""
        for attempt in range(TRIES):
            said = self._model.triples(sentence.text, names, relations, language, attempt)
            claims = sentence.claims(said)
            if claims is not None:
                known = [judgement for judgement in self._judge.judge(claims) if judgement.facts]
                supported = {judgement.status == "supported" for judgement in known}
                return Reading(
                    case, asked, possible=True, calls=attempt + 1, answered=True, pairs=len(claims),
                    marked=False in supported, borne_out=True in supported, said=said,
                )  # fmt: skip
        return Reading(case, asked, possible=True, calls=TRIES, said=said)


def finre(folder: Path, asking: Asking) -> list[tuple[Case, Case]]:
    """Each false sentence that the checker does not find without a model, with the true one it was made from.

    Those come first about which the checker would ask.
    """
    lines = (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    missed = [
        (Case("finre-zh", case["text"], true=False), Case("finre-zh", case["expect"]["fixed"], true=True))
        for case in map(json.loads, lines)
        if case["kind"] == "direction_swap" and asking.checker.check(case["text"]).verdict != "contradicted"
    ]
    return sorted(missed, key=lambda pair: not asking.asked(pair[0]))


def own(graph: TermGraph) -> Iterator[tuple[Case, Case]]:
    """The sentences above, each with the names exchanged and true."""
    for doer, other, english, chinese in SENTENCES:
        told: tuple[tuple[Language, str], ...] = (("en", english), ("zh", chinese))
        for language, text in told:
            a, b = (graph.label(f"urn:r:{name}", language) for name in (doer, other))
            source = f"own, {language}"
            yield Case(source, text.format(a=b, b=a), true=False), Case(source, text.format(a=a, b=b), true=True)


def show(readings: list[Reading], console: Console) -> None:
    """A row for each source, and one of what the checker itself would have asked about."""
    table = Table(title="a model's readings")
    for column in ("sentences", "false", "read", "found", "called true", "true", "read", "wrongly marked", "borne out"):
        table.add_column(column, justify="left" if column == "sentences" else "right")
    sources = list(dict.fromkeys(reading.case.source for reading in readings))
    groups = [(source, [each for each in readings if each.case.source == source]) for source in sources]
    groups += [("all", readings), ("asked by the checker", [each for each in readings if each.asked])]
    for name, group in groups:
        cells: list[int] = []
        for true in (False, True):
            ours = [each for each in group if each.case.true is true]
            told = [each.pairs > 0 for each in ours], [each.marked for each in ours], [each.borne_out for each in ours]
            cells += [len(ours), *map(sum, told)]
        table.add_row(name, *map(str, cells))
    console.print(table)


def main() -> None:
    """Ask about every sentence until the calls are used up, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--finre", type=Path, help="the slice finre-zh; without it only the sentences of invented firms"
    )
    parser.add_argument("--calls", type=int, default=60, help="no sentence is begun after so many calls of the model")
    parser.add_argument("--minutes", type=float, default=10, help="nor after so many minutes")
    parser.add_argument("--show", action="store_true", help="print each sentence with the model's answer")
    wanted = parser.parse_args()
    settings = load_settings()
    answer, models = settings.answer, open_models(settings)
    began = time.perf_counter()
    generator = load_generator(answer.model, answer.backend, models, settings.models.threads, answer.context_tokens)
    console = Console(width=130)
    console.print(f"{answer.model} loaded in {time.perf_counter() - began:.1f} s")
    model = ModelSentenceWriter(lambda: generator)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.ttl"
        file.write_text(GRAPH, encoding="utf-8")
        invented = Asking(TermGraph.from_files([file]), model)
        ours = [(invented, pair) for pair in own(TermGraph.from_files([file]))]
    theirs: list[tuple[Asking, tuple[Case, Case]]] = []
    if wanted.finre:
        news = Asking(TermGraph.from_files([wanted.finre / "graph.ttl"]), model)
        theirs = [(news, pair) for pair in finre(wanted.finre, news)]
    # In turn, so that the calls are not used up by one of the two
    pairs = [both for two in zip_longest(theirs, ours) for both in two if both is not None]
    cases = [(asking, case) for asking, pair in pairs for case in pair]
    readings: list[Reading] = []
    began = time.perf_counter()
    for asking, case in cases:
        calls, minutes = sum(reading.calls for reading in readings), (time.perf_counter() - began) / 60
        if calls >= wanted.calls or minutes >= wanted.minutes:
            break
        reading = asking.ask(case)
        readings.append(reading)
        if wanted.show:
            told = "marked" if reading.marked else "borne out" if reading.borne_out else "-"
            print(case.source, case.true, reading.asked, told, repr(reading.said), case.text, sep=" | ", flush=True)
    generator.close()
    show(readings, console)
    calls, seconds = sum(reading.calls for reading in readings), time.perf_counter() - began
    unfit = sum(not reading.possible for reading in readings)
    formless = sum(reading.possible and not reading.answered for reading in readings)
    console.print(
        f"{len(readings)} of {len(cases)} sentences, {unfit} of them not fit to be asked about, {formless} answered in "
        f"no form that counts; {calls} calls, {seconds / max(calls, 1):.1f} s each"
    )


if __name__ == "__main__":
    main()
