"""The Terms page in a real browser: found, read, edited, merged, split, deleted, reviewed by another, queried."""

import re
from collections.abc import Iterator

import pytest
from conftest import Site, Visitor, Visits, press, press_key
from playwright.sync_api import Locator, Page, expect

from knowledge.graph.changes import ConceptForm, Create, LabelForm

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.xdist_group("browser")]

MANAGER, ADMIN, ANNA = "qin.che", "admin", "anna.schmidt"
SLOW_MS = 120_000
"""A page on a machine that also runs other tests."""


def enter(visitor: Visitor, name: str, path: str) -> None:
    """Sign in and wait for the Terms page."""
    page = visitor.page
    page.context.set_default_timeout(SLOW_MS)
    expect.set_options(timeout=SLOW_MS)
    page.goto(visitor.site.address + path)
    page.locator(f".people form:has(input[value='{name}']) button").click()
    page.locator(".st-key-plb-terms").wait_for()
    page.locator("html[data-plumbline=listening]").wait_for(state="attached")


def tab(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("tab", name=name)


def test_from_searching_to_the_history_of_an_approved_edit(quick_site: Site, quick_visit: Visits) -> None:
    quick_site.assistant.workspace.accounts.set_language(MANAGER, "en")
    visitor = quick_visit()
    page = visitor.page
    enter(visitor, MANAGER, "/terms")
    page.locator(".st-key-plb-terms-search input").press_sequentially("meridia")
    page.locator(".plb-row .plb-name").get_by_text("Meridian", exact=True).click()
    expect(page.locator(".plb-title")).to_contain_text("Meridian")
    expect(page).to_have_url(re.compile(r"/terms\?concept="))
    address = page.url

    tab(visitor, "Drawing").click()
    nodes = page.locator(".st-key-plb-terms-drawing svg .node")
    expect(nodes.first).to_be_visible()
    assert nodes.count() > 3
    tab(visitor, "Where used").click()
    expect(page.locator(".plb-sentence mark").first).to_be_visible()

    press(page.get_by_role("button", name="Edit"))
    names = page.get_by_role("textbox", name="Other names").nth(0)
    names.fill("travel platform\ntrip portal")
    names.press("Tab")
    expect(page.locator(".plb-diff ins")).to_have_text("trip portal")
    why = page.get_by_role("textbox", name="Why")
    why.fill("People say so")
    why.press("Tab")
    press(page.get_by_role("button", name="Propose"))
    expect(page.get_by_text("Four eyes")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_be_disabled()
    proposal = page.url

    other = quick_visit(dark=True)
    enter(other, ADMIN, "/terms?" + proposal.partition("?")[2])
    expect(other.page.locator(".plb-diff ins")).to_have_text("trip portal")
    other.page.get_by_text("Impact").click()
    expect(other.page.get_by_text(re.compile(r"passages with these names"))).to_be_visible()
    press(other.page.get_by_role("button", name=re.compile("^Approve")))
    expect(other.page.locator(".plb-mark", has_text="Approved")).to_be_visible()

    page.goto(address)
    expect(page.locator(".plb-label-text", has_text="trip portal")).to_be_visible()
    tab(visitor, "History").click()
    page.locator("details summary", has_text="Edit").first.click()
    expect(page.locator(".plb-diff ins")).to_have_text("trip portal")
    report = quick_site.assistant.check("Book in the trip portal.")
    assert [mention.concept for mention in report.mentions]

    approved = other.page.url
    box = other.page.locator(".st-key-plb-terms textarea").first
    box.fill("a thought")
    box.press("Control+z")
    expect(other.page).to_have_url(approved)  # in a text box it takes typing back
    box.blur()
    press_key(other.page, "Control+z")
    expect(other.page.get_by_text(re.compile(r"^undo #\d+$"))).to_be_visible()
    expect(other.page.locator(".plb-diff del")).to_have_text("trip portal")


def test_two_that_look_like_one_are_told_apart(quick_site: Site, quick_visit: Visits) -> None:
    terms = quick_site.assistant.terms
    form = ConceptForm(labels=(LabelForm(text="meri dian", language="en"),))
    terms.approve(terms.propose(Create(form=form), MANAGER, comment="another thing").id, ADMIN)
    quick_site.assistant.workspace.accounts.set_language(MANAGER, "zh")
    visitor = quick_visit()
    enter(visitor, MANAGER, "/terms?view=quality")
    page = visitor.page
    page.get_by_text("可能重复的概念").click()
    pair = page.locator("[class*=st-key-plb-issue-plb-duplicate]", has_text="meri dian").first
    expect(pair).to_be_visible()
    press(pair.get_by_role("button", name="是两回事"))
    expect(pair.get_by_text("待审核")).to_be_visible()
    asked = terms.proposals(ADMIN, state="proposed", author=MANAGER)[0]
    terms.approve(asked.id, ADMIN)
    page.reload()
    page.get_by_text("可能重复的概念").click()
    expect(page.locator(".plb-fine, [class*=st-key-plb-issue-plb-duplicate]").first).to_be_visible()
    expect(page.locator("[class*=st-key-plb-issue-plb-duplicate]", has_text="meri dian")).to_have_count(0)


def test_a_rejected_proposal_says_why_and_keys_lead_through_the_queue(quick_site: Site, quick_visit: Visits) -> None:
    terms = quick_site.assistant.terms
    for name in ("Blue Room", "Green Room"):
        form = ConceptForm(labels=(LabelForm(text=name, language="en"),))
        terms.propose(Create(form=form), MANAGER, comment="a meeting room")
    visitor = quick_visit()
    page = visitor.page
    enter(visitor, ADMIN, "/terms?view=review")
    rows = page.locator(".st-key-plb-terms-list-front .plb-row")
    expect(rows).to_have_count(2)
    press_key(page, "j")
    title = page.locator(".plb-title")
    expect(title).to_contain_text("Green Room")
    press_key(page, "j")
    expect(title).to_contain_text("Blue Room")
    press_key(page, "x")
    dialog = page.get_by_role("dialog")
    reason = dialog.get_by_role("textbox")
    reason.fill("We have no such room")
    reason.press("Tab")
    press(dialog.get_by_role("button", name="Reject"))
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("We have no such room")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_an_employee_reads_on_a_phone(quick_site: Site, quick_visit: Visits, dark: bool) -> None:
    visitor = quick_visit(width=375, height=760, dark=dark)
    page = visitor.page
    enter(visitor, ANNA, "/terms")
    assert visitor.sideways() <= 0
    page.locator(".plb-row").first.click()
    expect(page.locator(".plb-title")).to_be_visible()
    expect(page.locator(".st-key-plb-terms-search")).not_to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_have_count(0)
    assert visitor.sideways() <= 0
    page.get_by_role("button", name="Back").click()
    expect(page.locator(".st-key-plb-terms-search")).to_be_visible()


@pytest.fixture
def concepts(quick_site: Site, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The ids of new concepts by their names, which are the test's own; no proposal of the test stays in the queue."""
    quick_site.assistant.workspace.accounts.set_language(MANAGER, "en")
    terms = quick_site.assistant.terms
    made = {}
    for name in request.param:
        proposal = terms.propose(
            Create(form=ConceptForm(labels=(LabelForm(text=name, language="en"),))), MANAGER, comment="for a dialog"
        )
        terms.approve(proposal.id, ADMIN)
        made[name] = next(hit.concept.id for hit in terms.search(name, MANAGER) if hit.concept.en == name)
    yield made
    for row in terms.proposals(MANAGER, state="proposed", author=MANAGER):
        terms.withdraw(row.id, MANAGER)


def opened(visitor: Visitor, concept: str, act: str) -> Locator:
    """The dialog of one of a concept's acts."""
    page = visitor.page
    enter(visitor, MANAGER, f"/terms?concept={concept}")
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()
    press(page.locator(".st-key-plb-terms-menu").get_by_role("button").first)
    page.get_by_role("menuitem", name=act, exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(act, exact=True).first).to_be_visible()
    return dialog


def choose(dialog: Locator, name: str) -> None:
    """Find a concept as one types, and press it."""
    box = dialog.get_by_placeholder("Type a name")
    box.press_sequentially(name)
    dialog.get_by_role("button", name=name).click()


def proposed(page: Page, dialog: Locator, why: str) -> str:
    """Give the reason and propose; gives the proposal's id once it stands in the review queue."""
    comment = dialog.get_by_role("textbox", name="Why")
    comment.fill(why)
    comment.press("Tab")
    press(dialog.get_by_role("button", name="Propose", exact=True))
    expect(page).to_have_url(re.compile(r"proposal=p\d+"))
    expect(page.locator(".plb-lead", has_text=why)).to_be_visible()
    return page.url.rpartition("=")[2]


@pytest.mark.parametrize("concepts", [["Copper Lantern", "Copper Lamp"]], indirect=True)
def test_two_concepts_are_merged_and_approved(quick_site: Site, quick_visit: Visits, concepts: dict[str, str]) -> None:
    visitor = quick_visit()
    page = visitor.page
    dialog = opened(visitor, concepts["Copper Lantern"], "Merge")
    choose(dialog, "Copper Lamp")
    expect(dialog.get_by_role("radio")).to_have_count(2)
    expect(dialog.get_by_placeholder("Type a name")).to_have_value("")
    expect(dialog.locator(".plb-diff ins", has_text="Copper Lamp")).to_be_visible()
    proposal = proposed(page, dialog, "One lamp is enough")
    expect(page.locator(".plb-title")).to_contain_text("Merge")

    other = quick_visit()
    enter(other, ADMIN, f"/terms?view=review&proposal={proposal}")
    press(other.page.get_by_role("button", name=re.compile("^Approve")))
    expect(other.page.locator(".plb-mark", has_text="Approved")).to_be_visible()
    page.goto(f"{quick_site.address}/terms?concept={concepts['Copper Lantern']}")
    expect(page.locator(".plb-label-text", has_text="Copper Lamp")).to_be_visible()
    page.goto(f"{quick_site.address}/terms?concept={concepts['Copper Lamp']}")
    expect(page.get_by_text("Replaced by Copper Lantern")).to_be_visible()


@pytest.mark.parametrize("concepts", [["Silver Kettle"]], indirect=True)
def test_a_concept_is_split(quick_site: Site, quick_visit: Visits, concepts: dict[str, str]) -> None:
    visitor = quick_visit()
    page = visitor.page
    dialog = opened(visitor, concepts["Silver Kettle"], "Split")
    expect(dialog.get_by_text("Give each new concept a name.")).to_be_visible()
    for place, name in enumerate(("Silver Teapot", "Silver Samovar")):
        box = dialog.get_by_role("textbox", name="English").nth(place)
        box.fill(name)
        box.press("Tab")
    expect(dialog.locator(".plb-diff ins", has_text="Silver Samovar")).to_be_visible()
    proposal = proposed(page, dialog, "Two vessels")
    expect(page.locator(".plb-title")).to_contain_text("Split")
    view = quick_site.assistant.terms.proposal(proposal, ADMIN)
    assert {"Silver Teapot", "Silver Samovar"} <= {change.subject.en for change in view.diff.fields}


@pytest.mark.parametrize("concepts", [["Amber Gate", "Amber Door"]], indirect=True)
def test_a_concept_goes_out_of_use_for_another(quick_visit: Visits, concepts: dict[str, str]) -> None:
    visitor = quick_visit()
    page = visitor.page
    dialog = opened(visitor, concepts["Amber Gate"], "Deprecate")
    expect(dialog.get_by_text("is deprecated, and nothing replaces it")).to_be_visible()
    choose(dialog, "Amber Door")
    expect(dialog.get_by_text("is deprecated, and nothing replaces it")).to_have_count(0)
    expect(dialog.locator(".plb-diff ins", has_text="Amber Door")).to_be_visible()
    proposed(page, dialog, "The door is the better name")
    expect(page.locator(".plb-title")).to_contain_text("Deprecate")
    expect(page.locator(".plb-diff ins", has_text="Amber Door")).to_be_visible()


@pytest.mark.parametrize("concepts", [["Cobalt Ladder"]], indirect=True)
def test_a_concept_is_deleted_only_with_a_reason(
    quick_site: Site, quick_visit: Visits, concepts: dict[str, str]
) -> None:
    visitor = quick_visit()
    page = visitor.page
    dialog = opened(visitor, concepts["Cobalt Ladder"], "Delete")
    press(dialog.get_by_role("button", name="Propose", exact=True))
    expect(dialog.get_by_text("Say why, in a few words")).to_be_visible()
    proposal = proposed(page, dialog, "Nobody climbs it")
    expect(page.locator(".plb-diff del", has_text="Cobalt Ladder")).to_be_visible()
    assert quick_site.assistant.terms.proposal(proposal, ADMIN).kind == "delete"


def test_a_query_shows_things_by_name(quick_site: Site, quick_visit: Visits) -> None:
    quick_site.assistant.workspace.accounts.set_language(MANAGER, "en")
    visitor = quick_visit()
    page = visitor.page
    enter(visitor, MANAGER, "/terms?view=query")
    text = page.get_by_role("textbox", name="Query", exact=True)
    text.fill('SELECT ?system WHERE { ?system skos:prefLabel "Meridian"@en }')
    text.press("Control+Enter")
    press(page.get_by_role("button", name="Run"))
    expect(page.get_by_text("Rows: 1")).to_be_visible()
    # The table is drawn on a canvas; what it holds stands beside it for screen readers
    cells = page.get_by_test_id("stDataFrame").locator("[role=gridcell]")
    expect(cells).to_have_text([re.compile("^Meridian · ")])
