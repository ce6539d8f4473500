"""The Terms page in a real browser: found, read, edited, reviewed by another, looked back on."""

import re

import pytest
from conftest import Site, Visitor, Visits
from playwright.sync_api import Locator, expect

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

    page.get_by_role("button", name="Edit").click()
    names = page.get_by_role("textbox", name="Other names").nth(0)
    names.fill("travel platform\ntrip portal")
    names.press("Tab")
    expect(page.locator(".plb-diff ins")).to_have_text("trip portal")
    why = page.get_by_role("textbox", name="Why")
    why.fill("People say so")
    why.press("Tab")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Four eyes")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Approve"))).to_be_disabled()
    proposal = page.url

    other = quick_visit(dark=True)
    enter(other, ADMIN, "/terms?" + proposal.partition("?")[2])
    expect(other.page.locator(".plb-diff ins")).to_have_text("trip portal")
    other.page.get_by_text("Impact").click()
    expect(other.page.get_by_text(re.compile(r"passages with these names"))).to_be_visible()
    other.page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(other.page.locator(".plb-mark", has_text="Approved")).to_be_visible()

    page.goto(address)
    expect(page.locator(".plb-label-text", has_text="trip portal")).to_be_visible()
    tab(visitor, "History").click()
    page.locator("details summary", has_text="Edit").first.click()
    expect(page.locator(".plb-diff ins")).to_have_text("trip portal")
    report = quick_site.assistant.check("Book in the trip portal.")
    assert [mention.concept for mention in report.mentions]


def test_a_rejected_proposal_says_why_and_keys_lead_through_the_queue(quick_site: Site, quick_visit: Visits) -> None:
    from knowledge.graph.changes import ConceptForm, Create, LabelForm

    terms = quick_site.assistant.terms
    for name in ("Blue Room", "Green Room"):
        form = ConceptForm(labels=(LabelForm(text=name, language="en"),))
        terms.propose(Create(form=form), MANAGER, comment="a meeting room")
    visitor = quick_visit()
    page = visitor.page
    enter(visitor, ADMIN, "/terms?view=review")
    rows = page.locator(".st-key-plb-terms-list-front .plb-row")
    expect(rows).to_have_count(2)
    page.keyboard.press("j")
    title = page.locator(".plb-title")
    expect(title).to_contain_text("Green Room")
    page.keyboard.press("j")
    expect(title).to_contain_text("Blue Room")
    page.keyboard.press("x")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("We have no such room")
    dialog.get_by_role("button", name="Reject").click()
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
