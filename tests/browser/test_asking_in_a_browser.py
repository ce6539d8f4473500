"""Where to look, a file for one question, versions of a question: in a real browser, with the small model."""

import re

import pytest
from answers import store, unchecked
from conftest import ANSWER_MS, Site, Visits
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.xdist_group("browser")]

ANNA, OPERATOR = "anna.schmidt", "yu.siyuan"
CONTRACT = b"# Contract\n\n## Payment\n\nThe purple invoice of Northwind Tools is payable within 45 days.\n"


def test_asked_in_one_folder_then_otherwise_and_back(quick_visit: Visits) -> None:
    visitor = quick_visit()
    page = visitor.page
    visitor.sign_in(ANNA)
    page.locator(".st-key-plb-scope-open button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    page.keyboard.type("policies")
    page.get_by_role("option", name=re.compile("^Folder policies")).click()
    page.keyboard.press("Tab")
    dialog.get_by_role("button", name="Apply").click()
    expect(page.locator(".st-key-plb-scope-open")).to_contain_text("Only in “policies”")

    visitor.ask("How many days of maternity leave are there?")
    expect(page.locator(".plb-stage")).to_be_visible()
    expect(page.locator(".st-key-plb-starters button:visible")).to_have_count(0)
    visitor.answered()
    expect(page.locator(".plb-note")).to_have_text("Only in: policies")
    expect(page.locator(".plb-versions")).to_have_count(0)

    page.locator(".plb-question").hover()
    page.get_by_role("button", name="Edit the question and ask again").click()
    box = page.get_by_role("textbox", name="Edit the question and ask again")
    expect(box).to_have_value("How many days of maternity leave are there?")
    box.fill("How many days of paternity leave are there?")
    box.press("Tab")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".plb-asked")).to_have_text("How many days of paternity leave are there?")
    expect(page.locator(".plb-stage")).to_be_visible()
    expect(page.get_by_text("Why this answer")).to_have_count(0)
    visitor.answered()
    expect(page.locator(".plb-versions")).to_contain_text("2/2")
    expect(page.locator(".plb-asked")).to_have_text("How many days of paternity leave are there?")

    page.get_by_role("button", name="Earlier version").click()
    expect(page.locator(".plb-asked")).to_have_text("How many days of maternity leave are there?")
    page.reload()
    visitor.ready()
    expect(page.locator(".plb-versions")).to_contain_text("1/2")
    page.get_by_role("button", name="Later version").click()
    expect(page.locator(".plb-asked")).to_have_text("How many days of paternity leave are there?")


def test_a_file_comes_along_with_one_question(quick_visit: Visits) -> None:
    visitor = quick_visit()
    page = visitor.page
    visitor.sign_in(OPERATOR)
    chooser = page.locator("[data-testid=stChatInput] input[type=file]")
    chooser.set_input_files({"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"no such thing"})
    page.get_by_text("broken.pdf").wait_for()
    visitor.ask("What is it?")
    expect(page.get_by_text("The attached file cannot be used: broken.pdf")).to_be_visible(timeout=ANSWER_MS)

    chooser.set_input_files({"name": "contract.md", "mimeType": "text/markdown", "buffer": CONTRACT})
    page.get_by_text("contract.md").wait_for()
    visitor.ask("Within how many days is the purple invoice of Northwind Tools payable?")
    visitor.answered()
    expect(page.locator(".plb-note")).to_have_text("Attached: contract.md")
    first = page.locator(".plb-source").first
    expect(first).to_contain_text(re.compile(r"attached file.*near \(0\.\d\d\)"))
    first.click()
    expect(page.get_by_role("dialog")).to_contain_text("was not kept")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Answer again").first).to_be_disabled()

    page.get_by_text("Why this answer").click()
    page.get_by_text("The whole prompt").click()
    expect(page.locator(".plb-prompt pre").last).to_contain_text("payable within 45 days")


def test_formulas_are_drawn_and_prices_are_not(quick_site: Site, quick_visit: Visits) -> None:
    text = r"The rate is $\frac{a_1}{\sqrt{b}}$ of US$30 to $40:" + "\n\n" + r"$$\sum_{i=1}^{n} x_i^2 \le 10\%$$"
    conversation = store(quick_site, ANNA, "What is the rate?", unchecked(text), ())
    visitor = quick_visit(width=360, height=740)
    page = visitor.page
    visitor.sign_in(ANNA, f"/?c={conversation}")
    formulas = page.locator(".plb-prose .plb-math")
    expect(formulas).to_have_count(2)
    expect(formulas.first).to_have_attribute("aria-label", r"\frac{a_1}{\sqrt{b}}")
    above, below = (page.locator(".plb-frac > span").nth(place).bounding_box() for place in (0, 1))
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"] + 1
    expect(page.locator(".plb-prose")).to_contain_text("US$30 to $40")
    assert visitor.sideways() <= 0
