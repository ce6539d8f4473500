"""The Terms page as Streamlit runs it, without a browser and without models."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button
from ui_site import PASSWORD, Site

from app.terms import Operator
from app.ui import identity
from knowledge.catalog.candidates import NewCandidate, Place
from knowledge.graph.changes import ConceptForm, Create, Edit, LabelForm, Raw
from knowledge.graph.exchange import import_file
from knowledge.types import Role

GRAPH = """
@prefix plb: <urn:plumbline:ns#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <urn:test:> .
ex:System a owl:Class ; rdfs:label "system"@en, "系统"@zh .
ex:owner a owl:ObjectProperty, owl:FunctionalProperty ; rdfs:label "owner"@en, "负责团队"@zh ; rdfs:domain ex:System ;
    plb:complete true ; plb:phrase "{subject} is owned by {object}"@en, "{subject}由{object}负责"@zh .
ex:limit a owl:DatatypeProperty ; rdfs:label "limit"@en, "限额"@zh ; plb:unit "CNY" .
ex:systems a skos:Concept ; skos:prefLabel "systems"@en, "各类系统"@zh ; skos:definition "What we run."@en .
ex:meridian a skos:Concept, ex:System ; skos:prefLabel "Meridian"@en, "子午差旅平台"@zh ; skos:altLabel "差旅平台"@zh ;
    skos:broader ex:systems ; skos:definition "Where business trips are booked."@en ;
    plb:deprecatedLabel "TripDesk"@en ; ex:owner ex:travel ; ex:limit 5000 .
ex:travel a skos:Concept ; skos:prefLabel "Travel Team"@en .
ex:old a skos:Concept ; skos:prefLabel "Old Desk"@en ; owl:deprecated true ; dcterms:isReplacedBy ex:meridian .
ex:secret a skos:Concept ; skos:prefLabel "Project Heron"@en ; skos:broader ex:systems ; plb:accessLabel "finance" ;
    ex:owner ex:travel .
ex:evil a skos:Concept ; skos:prefLabel "<img src=x onerror=alert(1)> **Bold**"@en .
"""
MERIDIAN, SECRET, TRAVEL = "urn:test:meridian", "urn:test:secret", "urn:test:travel"


def alone() -> None:
    from app.ui.chat import chat  # noqa: F401 - AppTest runs this function's source by itself
    from app.ui.page import begin
    from app.ui.terms.frame import terms_page

    terms_page(begin(), None)


@pytest.fixture
def graph(site: Site, tmp_path: Path) -> Site:
    """The site with a small graph; mona and max may work on it, sam and lina read."""
    file = tmp_path / "terms.ttl"
    file.write_text(GRAPH, encoding="utf-8")
    import_file(site.assistant.catalog, file, "test", "First import")
    accounts = site.assistant.workspace.accounts
    accounts.add("mona", PASSWORD, role=Role.KNOWLEDGE_MANAGER, language="en")
    accounts.add("max", PASSWORD, role=Role.KNOWLEDGE_MANAGER, language="zh")
    return site


def opened(monkeypatch: pytest.MonkeyPatch, site: Site, name: str, **parameters: str) -> AppTest:
    token = site.token(name)
    monkeypatch.setattr(identity, "token", lambda: token)
    test = AppTest.from_function(alone, default_timeout=300)
    for key, value in parameters.items():
        test.query_params[key] = value
    return fine(test.run())


def fine(test: AppTest) -> AppTest:
    assert not test.exception
    assert [each.value for each in test.error] == []
    return test


def html(test: AppTest) -> str:
    """All HTML of the page but the style sheets."""
    return "".join(body for each in test.get("html") if not (body := each.proto.body).startswith("<style>"))


def press(test: AppTest, key: str) -> AppTest:
    return fine(test.button(key=key).click().run())


def approving(test: AppTest) -> Button:
    return next(each for each in test.button if str(each.key).startswith("plb-terms-approve"))


def edited(site: Site, name: str, label: str, base: str | None = None) -> str:
    """A proposal that gives Meridian another English name."""
    terms = site.assistant.terms
    form = terms.concept(MERIDIAN, name).form
    labels = tuple(
        LabelForm(text=label, kind=each.kind, language="en") if each.text == "Meridian" else each
        for each in form.labels
    )
    change = Edit(form=form.model_copy(update={"labels": labels}))
    return terms.propose(change, name, comment=f"call it {label}", base=base).id


# --- reading --------------------------------------------------------------------------------------------------------


def test_everybody_finds_a_concept_by_any_name(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "sam")
    assert "systems" in html(test)
    test.text_input(key="plb-terms-search").set_value("tripd").run()
    assert 'href="/terms?concept=urn%3Atest%3Ameridian"' in html(test)
    test.text_input(key="plb-terms-search").set_value("no such thing").run()
    assert "Nothing found" in html(fine(test))


def test_a_concept_shows_both_languages_and_what_is_missing(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = html(opened(monkeypatch, graph, "sam", concept=MERIDIAN))
    for text in ("Meridian", "子午差旅平台", "差旅平台", "TripDesk", "Where business trips are booked.", "5000 CNY"):
        assert text in shown
    assert "Travel Team" in shown
    assert 'plb-mark plb-warn">missing' in html(opened(monkeypatch, graph, "sam", concept=TRAVEL))
    assert "子午差旅平台" in html(opened(monkeypatch, graph, "max", concept=MERIDIAN))


def test_labels_are_shown_as_they_are(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = html(opened(monkeypatch, graph, "sam", concept="urn:test:evil"))
    assert "<img" not in shown
    assert "&lt;img src=x" in shown


def test_hidden_and_unknown_look_alike(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = opened(monkeypatch, graph, "sam", concept=SECRET)
    unknown = opened(monkeypatch, graph, "sam", concept="urn:test:no-such")
    assert [each.value for each in hidden.warning] == [each.value for each in unknown.warning]
    assert "Heron" not in html(hidden)
    assert "Heron" not in html(opened(monkeypatch, graph, "sam", concept=TRAVEL))
    assert "Heron" in html(opened(monkeypatch, graph, "lina", concept=TRAVEL))


@pytest.mark.parametrize("view", ["review", "quality", "nonsense"])
def test_employees_only_read(graph: Site, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    edited(graph, "mona", "Meridian Travel")
    test = opened(monkeypatch, graph, "sam", view=view)
    assert "Meridian Travel" not in html(test)
    assert not [
        each
        for each in test.button
        if str(each.key).startswith(("plb-terms-new", "plb-terms-approve", "plb-terms-edit"))
    ]
    test = opened(monkeypatch, graph, "sam", concept=MERIDIAN, edit="1")
    assert not test.text_area


@pytest.mark.parametrize(
    "view", ["browse", "review", "candidates", "relations", "table", "quality", "exchange", "query", "history"]
)
def test_every_view_opens(graph: Site, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    shown = html(opened(monkeypatch, graph, "max", view=view))
    assert "术语" in shown
    assert "Heron" not in shown


# --- changing -------------------------------------------------------------------------------------------------------


def test_an_edit_becomes_a_proposal_that_another_approves(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", concept=MERIDIAN, edit="1")
    key = f"plb-edit-{MERIDIAN}"
    assert "Nothing is changed yet." in html(test)
    fine(test.text_input(key=f"{key}-preferred-en").set_value("Meridian Travel").run())
    fine(test.text_area(key=f"{key}-deprecated-en").set_value("TripDesk\nMeridian").run())
    assert "<ins>" in html(test)
    test.text_input(key=f"{key}-comment").set_value("The new brand").run()
    press(test, f"{key}-propose")
    assert test.query_params["proposal"] == "p1"
    assert "Four eyes" in "".join(each.value for each in test.info)
    assert approving(test).disabled

    other = opened(monkeypatch, graph, "max", view="review", proposal="p1")
    assert "The new brand" in html(other)
    fine(approving(other).click().run())
    form = graph.assistant.terms.concept(MERIDIAN, "sam").form
    assert LabelForm(text="Meridian Travel", language="en") in form.labels
    assert LabelForm(text="Meridian", kind="deprecated", language="en") in form.labels
    assert "Meridian Travel" in html(opened(monkeypatch, graph, "sam", view="history"))


def test_an_invalid_concept_is_not_made_without_saying_so(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", concept=MERIDIAN, edit="1")
    key = f"plb-edit-{MERIDIAN}"
    fine(test.text_area(key=f"{key}-alternative-en").set_value("Meridian").run())
    assert 'plb-mark plb-bad">Error' in html(test)
    assert test.button(key=f"{key}-propose").disabled
    fine(test.checkbox(key=f"{key}-sure").check().run())
    assert not test.button(key=f"{key}-propose").disabled


def test_what_two_changed_is_chosen_field_by_field(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    base = graph.assistant.terms.current()
    first = edited(graph, "mona", "Meridian One", base)
    second = edited(graph, "mona", "Meridian Two", base)
    graph.assistant.terms.approve(first, "max")
    test = opened(monkeypatch, graph, "max", view="review", proposal=second)
    assert "Meridian One" in html(test)
    assert approving(test).disabled
    choice = next(each for each in test.segmented_control if str(each.key).startswith("plb-conflict-"))
    fine(choice.set_value("mine").run())
    fine(approving(test).click().run())
    assert graph.assistant.terms.concept(MERIDIAN, "sam").concept.en == "Meridian Two"


def test_a_new_concept_and_a_fact(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", edit="new")
    key = "plb-edit-new"
    assert "Give it a name first." in html(test)
    fine(test.text_input(key=f"{key}-preferred-en").set_value("Ledger").run())
    fine(test.text_input(key=f"{key}-preferred-zh").set_value("总账").run())
    fine(test.selectbox(key=f"{key}-facts-relation").select("urn:test:owner").run())
    fine(test.text_input(key=f"{key}-facts-target-text").set_value("travel").run())
    press(test, f"{key}-facts-target-{TRAVEL}")
    fine(test.text_input(key=f"{key}-comment").set_value("We have one").run())
    press(test, f"{key}-draft")
    row = graph.assistant.terms.proposals("mona", state="draft")[0]
    view = graph.assistant.terms.proposal(row.id, "mona")
    assert {change.field_name for change in view.diff.fields} >= {"owner"}
    press(test, "plb-terms-submit")
    assert graph.assistant.terms.waiting("max") == 1


def test_an_import_is_looked_at_and_proposed(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", view="exchange")
    table = "preferred label (en),preferred label (zh),definition (en)\nLedger,总账,Where accounts are kept.\n"
    fine(test.file_uploader[0].set_value(("terms.csv", table.encode(), "text/csv")).run())
    assert "1 new" in html(test)
    fine(test.text_input(key="plb-terms-import-why").set_value("The finance list").run())
    press(test, "plb-terms-import-do")
    assert "Ledger" in html(test)
    row = graph.assistant.terms.proposals("mona")[0]
    assert (row.state, row.comment) == ("proposed", "The finance list")
    # The audit log tells of it as of an import at the command line
    [entry] = graph.assistant.workspace.audit.list(action="graph.import")
    assert (entry.actor, entry.subject, entry.detail["file"]) == ("mona", row.id, "terms.csv")
    broken = opened(monkeypatch, graph, "mona", view="exchange")
    broken.file_uploader[0].set_value(("broken.ttl", b"<urn:a> <urn:b> .", "text/turtle")).run()
    assert "line 1" in broken.error[0].value
    assert "plumbline-import" not in broken.error[0].value


@pytest.mark.parametrize(("name", "nothing", "kind"), [("sam", "nothing new", "Edit"), ("lina", "没有新变化", "修改")])
def test_a_watched_concept_tells_what_others_changed(
    graph: Site, monkeypatch: pytest.MonkeyPatch, name: str, nothing: str, kind: str
) -> None:
    press(opened(monkeypatch, graph, name, concept=MERIDIAN), "plb-terms-watch")
    assert nothing in html(opened(monkeypatch, graph, name))
    terms = graph.assistant.terms
    form = terms.concept(MERIDIAN, "mona").form
    label = LabelForm(text="Trip Portal", kind="alternative", language="en")
    change = Edit(form=form.model_copy(update={"labels": (*form.labels, label)}))
    terms.approve(terms.propose(change, "mona", comment="People <b>say</b> so").id, "max")
    test = opened(monkeypatch, graph, name)
    assert "People &lt;b&gt;say&lt;/b&gt; so" in html(test)
    assert f"{kind} · mona" in html(test)
    press(test, "plb-terms-seen")
    assert nothing in html(test)
    press(opened(monkeypatch, graph, name, concept=MERIDIAN), "plb-terms-unwatch")
    assert nothing not in html(opened(monkeypatch, graph, name))


def test_a_query_answers_with_what_its_author_may_see(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", view="query")
    examples = next(each for each in test.get("button_group") if each.key == "plb-terms-query-example")
    fine(examples.set_value("no_definition").run())
    assert "skos:definition" in test.text_area[0].value
    press(test, "plb-terms-query-do")
    names = [row for column in test.dataframe[0].value.to_numpy() for row in column]
    assert "Travel Team (en)" in names
    assert not any("Heron" in name or "secret" in name for name in names)
    # Things are called by name, and numbers can be sorted as numbers
    fine(examples.set_value("children").run())
    press(test, "plb-terms-query-do")
    table = test.dataframe[0].value
    assert list(table["broader"]) == ["systems · urn:test:systems"]
    assert table["narrower"].dtype.kind == "i"
    assert list(table["narrower"]) == [1]
    fine(test.text_area[0].set_value('ASK { ?any ?said "Project Heron"@en }').run())
    press(test, "plb-terms-query-do")
    assert "No." in html(test)
    test.text_area[0].set_value("DROP ALL").run()
    test.button(key="plb-terms-query-do").click().run()
    assert "DROP changes the graph" in test.error[0].value
    assert "No." not in html(test), "the answer before is gone"


def test_a_query_is_kept_shared_asked_again_and_deleted(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", view="query")
    fine(test.text_area[0].set_value('ASK { ?any ?said "Meridian"@en }').run())
    fine(test.text_input(key="plb-terms-query-name").set_value("Is *Meridian* there?").run())
    test.checkbox(key="plb-terms-query-shared").check().run()
    press(test, "plb-terms-query-keep")
    kept = graph.assistant.terms.saved_queries("mona")
    assert [(one.name, one.shared) for one in kept] == [("Is *Meridian* there?", True)]

    other = opened(monkeypatch, graph, "max", view="query")
    fine(other.button_group(key="plb-terms-query-kept").set_value(("mona", "Is *Meridian* there?")).run())
    assert "是，图中如此。" in html(other)
    assert not [button for button in other.button if button.key == "plb-terms-query-forget"], "it is not his"

    again = opened(monkeypatch, graph, "mona", view="query")
    fine(again.button_group(key="plb-terms-query-kept").set_value(("mona", "Is *Meridian* there?")).run())
    press(again, "plb-terms-query-forget")
    assert graph.assistant.terms.saved_queries("mona") == []


def test_two_concepts_that_look_like_one_are_compared(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = graph.assistant.terms
    form = ConceptForm(labels=(LabelForm(text="travel team", language="en"), LabelForm(text="heron", language="en")))
    terms.approve(terms.propose(Create(form=form), "mona", comment="x").id, "max")
    twin = next(hit.concept.id for hit in terms.search("travel team") if hit.concept.id != TRAVEL)
    test = opened(monkeypatch, graph, "mona", view="quality")
    test.session_state["plb-terms-duplicates"] = True  # opened
    fine(test.run())
    press(test, f"plb-duplicate-{'-'.join(sorted([twin, TRAVEL]))}")
    stays = test.radio(key=f"plb-duplicate-merge-{'-'.join(sorted([twin, TRAVEL]))}-stays")
    assert len(stays.options) == 2
    assert "heron" in html(test), "both stand side by side"
    assert "plb-diff" in html(test), "and what merging changes"


def test_two_concepts_that_only_look_like_one_are_told_apart(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = graph.assistant.terms
    form = ConceptForm(labels=(LabelForm(text="travel team", language="en"),))
    terms.approve(terms.propose(Create(form=form), "mona", comment="x").id, "max")
    pair = terms.duplicates("mona")[0]
    test = opened(monkeypatch, graph, "mona", view="quality")
    test.session_state["plb-terms-duplicates"] = True  # opened
    fine(test.run())
    press(test, f"plb-duplicate-apart-{pair.first.id}-{pair.second.id}")
    assert [toast.value for toast in test.toast] == ["Proposed; once it is approved, the pair is no longer listed."]
    waiting = terms.proposals("max", state="proposed")[0].id
    assert [one.proposal for one in terms.duplicates("mona")] == [waiting], "it waits for another's eyes"
    to_proposal = test.button(key=f"plb-duplicate-to-{pair.first.id}-{pair.second.id}")
    assert to_proposal.label == f"Proposal {waiting} is waiting", "and is not offered to be proposed twice"
    terms.approve(waiting, "max")
    assert terms.duplicates("mona") == []


def test_the_form_offers_what_things_of_a_class_are_told_about(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = """
    <urn:test:owner> <http://www.w3.org/2000/01/rdf-schema#domain> <urn:test:System> .
    <urn:test:Team> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class> .
    <urn:test:travel> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:test:Team> .
    <urn:test:App> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <urn:test:System> .
    <urn:test:App> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class> .
    """
    terms = graph.assistant.terms
    terms.approve(terms.propose(Raw(added=rules), "mona", comment="classes").id, "max")
    assert [form.id for form in terms.relations("mona", of=["urn:test:App"])] == ["urn:test:limit", "urn:test:owner"]
    assert [form.id for form in terms.relations("mona", of=["urn:test:Team"])] == ["urn:test:limit"]

    test = opened(monkeypatch, graph, "mona", concept=TRAVEL, edit="1")
    key = f"plb-edit-{TRAVEL}-facts"
    assert test.selectbox(key=f"{key}-relation").options == ["limit"], "a team owns nothing here"
    fine(test.checkbox(key=f"{key}-all").check().run())
    assert test.selectbox(key=f"{key}-relation").options == ["limit", "owner"]

    new = opened(monkeypatch, graph, "mona", edit="new")
    key = "plb-edit-new"
    fine(new.multiselect(key=f"{key}-types").set_value(["urn:test:App"]).run())
    press(new, f"{key}-facts-usual-urn:test:owner")
    assert new.selectbox(key=f"{key}-facts-relation").value == "urn:test:owner"
    fine(new.text_input(key=f"{key}-facts-target-text").set_value("travel").run())
    press(new, f"{key}-facts-target-{TRAVEL}")
    assert f"{key}-facts-usual-urn:test:owner" not in {str(button.key) for button in new.button}, "it is told now"


def test_a_rule_that_only_suggests_is_told_to_knowledge_managers(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    document = graph.document("trips.md", "Trips", "Employees book all business trips in Meridian.")
    for number in range(20):
        _, message = graph.answered("lina", (graph.citation(document),))
        if number < 2:
            graph.assistant.workspace.conversations.set_undone(message, 0, True, user=graph.user("lina"))
    test = opened(monkeypatch, graph, "max")
    assert [each.value for each in test.warning] == ["超过 5% 的改动被撤销或报告有误，核对器现在只作提示：旧名称。"]
    press(test, "plb-terms-dropped-look")
    assert "2 (10%)" in html(test)
    assert "只作提示" in html(test)
    assert not opened(monkeypatch, graph, "lina").warning, "readers are not told"


def test_what_one_may_change_is_said_on_the_form(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    graph.assistant.terms.set_reach("mona", Operator("cli"), languages=["zh"])
    test = opened(monkeypatch, graph, "mona", concept=MERIDIAN, edit="1")
    assert "You may change texts in: zh." in html(test)
    test.text_area(key=f"plb-edit-{MERIDIAN}-definitions-en-0").set_value("Something else.").run()
    assert "Texts in en are not yours to change: see “Meridian”." in test.error[0].value


def test_a_revision_is_undone_from_the_page(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = graph.assistant.terms
    form = terms.concept(MERIDIAN, "mona").form
    label = LabelForm(text="MRD", kind="alternative", language="en")
    change = Edit(form=form.model_copy(update={"labels": (*form.labels, label)}))
    revision = terms.approve(terms.propose(change, "mona", comment="also MRD").id, "max")
    graph.assistant.workspace.accounts.add("mia", PASSWORD, role=Role.KNOWLEDGE_MANAGER, language="en")
    keys = {str(each.key) for each in opened(monkeypatch, graph, "mia", view="history").button}
    assert "plb-terms-undo-last" not in keys, "the key takes back one's own changes only"
    test = opened(monkeypatch, graph, "mona", view="history")
    assert test.button(key="plb-terms-undo-last").label == f"Undo #{revision.number}"
    press(test, f"plb-terms-undo-{revision.id}")
    assert [row.comment for row in terms.proposals("max", state="proposed")] == [f"undo #{revision.number}"]


def test_the_first_revision_is_not_undone_by_a_key(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = graph.assistant.terms.history("mona")[0]
    assert newest.number == 1
    graph.assistant.workspace.accounts.add(newest.author, PASSWORD, role=Role.ADMIN, language="en")
    test = opened(monkeypatch, graph, newest.author, view="history")
    assert "plb-terms-undo-last" not in {str(each.key) for each in test.button}, "it would empty the graph"


def test_a_candidate_is_accepted_with_one_press(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "The night shift rota is posted on Fridays."
    document = graph.document("rota.md", "Rota", sentence)
    place = Place(document, 3, (sentence,))
    graph.assistant.catalog.candidates.offer([NewCandidate("term", "documents", "night shift rota", "en", (place,))])
    test = opened(monkeypatch, graph, "mona", view="candidates")
    assert "<mark>night shift rota</mark>" in html(test), "its sentence, with the phrase marked"
    number = graph.assistant.terms.candidates("mona")[0].id
    press(test, f"plb-candidate-accept-{number}")
    (row,) = graph.assistant.terms.proposals("max", state="proposed")
    assert [name.en for name in row.subjects] == ["night shift rota"]
    assert graph.assistant.terms.candidates("mona") == [], "it is not offered again"


def test_a_concept_is_talked_about(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", concept=MERIDIAN)
    test.session_state["plb-terms-tabs-en"] = "Discussion"
    fine(test.run())
    test.text_area[0].set_value("Is <b>this</b> still right?")
    fine(next(each for each in test.button if each.label == "Send").click().run())
    assert [each.text for each in graph.assistant.terms.discussion(MERIDIAN, "max")] == ["Is <b>this</b> still right?"]
    assert "Is &lt;b&gt;this&lt;/b&gt; still right?" in html(test)


def test_the_quality_of_revisions_is_drawn(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = graph.assistant.terms
    bare = ConceptForm(labels=(LabelForm(text="Nothing known", language="en"),))
    terms.approve(terms.propose(Create(form=bare), "mona", comment="x").id, "max")
    test = opened(monkeypatch, graph, "mona", view="quality")
    test.session_state["plb-terms-trend"] = True  # opened
    fine(test.run())
    drawn = json.loads(test.get("vega_lite_chart")[0].proto.spec)
    assert drawn["layer"][0]["mark"]["type"] == "line"


def test_a_quality_fix_becomes_a_proposal(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    concept = ConceptForm(labels=(LabelForm(text="A", language="en"), LabelForm(text="B", language="en")))
    change = Edit(form=concept.model_copy(update={"id": TRAVEL}))
    terms = graph.assistant.terms
    terms.approve(terms.propose(change, "mona", comment="two names").id, "max")
    test = opened(monkeypatch, graph, "mona", view="quality")
    fine(test.selectbox(key="plb-terms-rule").select("several_preferred_labels").run())
    button = next(each for each in test.button if str(each.key).startswith("plb-fix-"))
    fine(button.click().run())
    assert terms.waiting("max") == 1
    assert "Heron" not in html(test)


def test_a_sentence_is_read_by_the_relations_on_the_page(graph: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(monkeypatch, graph, "mona", view="relations", relation="urn:test:owner")
    fine(test.text_input(key="plb-terms-try").set_value("Travel Team minds Meridian.").run())
    assert "Names were found, but no claim was read." in html(test)
    phrases = test.text_area(key="plb-relation-urn:test:owner-phrases-en")
    fine(phrases.set_value("{subject} is owned by {object}\n{object} minds {subject}").run())
    assert "Meridian · owner · Travel Team" in html(test)
    assert not test.button(key="plb-relation-urn:test:owner-propose").disabled
    hidden = opened(monkeypatch, graph, "mona", view="relations")
    fine(hidden.text_input(key="plb-terms-try").set_value("Project Heron is owned by Travel Team.").run())
    assert "Project Heron ·" not in html(hidden)
    assert SECRET not in html(hidden)
    assert "Travel Team" in html(hidden)


def test_a_table_cell_changes_only_that(graph: Site) -> None:
    from app.ui.terms.bulk import with_cells

    form = graph.assistant.terms.concept(MERIDIAN, "mona").form
    names = ("preferred_zh", "preferred_en", "alternative_zh", "alternative_en", "definition_zh", "definition_en")
    values = ("子午差旅平台", "Meridian", "差旅平台", "", "", "Where business trips are booked.")
    old = dict(zip(names, values, strict=True))
    assert with_cells(form, old, old) == form
    new = with_cells(form, old, old | {"alternative_en": "MT; Trips", "definition_en": None})
    assert new.definitions == ()
    assert {label.text for label in new.labels} - {label.text for label in form.labels} == {"MT", "Trips"}
    assert new.facts == form.facts
