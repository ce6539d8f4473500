"""The policy page in a real browser: tried, saved, done again, checked, counted, and a look into the vault."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site, Visitor, Visits, _served, _visits, press
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import TimeoutError as NotInTime

from app.ui.policies import Policies
from ingest.desensitize import Action
from ingest.desensitize.vault import VAULT_NAME, Vault, new_key, read_keys

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.xdist_group("browser")]

EMPLOYEE, OPERATOR, ADMIN = "anna.schmidt", "yu.siyuan", "admin"
SOON_MS = 90_000
WORK_MS = 240_000
"""Long enough for a few documents on a busy machine."""
KEY = new_key()
PLACEHOLDER, PHONE = "⟨PHONE·k3f9a2⟩", "13857126648"


@pytest.fixture(scope="module")
def policy_site(_demo_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {
        "PLUMBLINE_ANSWER__MODEL": "smollm2-135m-instruct-q4",
        "PLUMBLINE_ANSWER__BACKEND": "llama.cpp",
        "PLUMBLINE_DESENSITIZE__VAULT": "true",
        "PLUMBLINE_DESENSITIZE__VAULT_KEYS": KEY,
    }
    with _served(_demo_master, tmp_path_factory.mktemp("policy"), settings) as site:
        yield site


@pytest.fixture
def visits(policy_site: Site, browser: Browser) -> Iterator[Visits]:
    with _visits(policy_site, browser) as visits:
        yield visits


def opened(visits: Visits, who: str, **look: object) -> Visitor:
    visitor = visits(**look)
    visitor.context.set_default_timeout(120_000)
    visitor.sign_in(who)
    visitor.page.goto(f"{visitor.site.address}/policy")
    visitor.page.locator(".plb-example").wait_for()
    return visitor


def section(visitor: Visitor, number: int) -> None:
    visitor.page.locator(".st-key-plb-policy-section button").nth(number).click()


def choose(visitor: Visitor, box: Locator, option: str) -> None:
    wanted = visitor.page.get_by_role("option", name=option, exact=True)
    for _ in range(6):  # a run of the page that just ends closes an open list
        box.click()
        try:
            wanted.wait_for(timeout=15_000)
        except NotInTime:
            continue
        break
    wanted.click()


def test_an_exception_is_tried_saved_and_its_documents_are_done_again(visits: Visits, policy_site: Site) -> None:
    visitor = opened(visits, OPERATOR)
    page = visitor.page
    press(page.get_by_role("button", name="Add exception"))
    expect(page.get_by_text("without either this exception is for no document")).to_be_visible(timeout=SOON_MS)
    page.get_by_role("combobox", name="Access labels").click()
    page.get_by_role("option", name="legal", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator(".plb-example")).to_contain_text("⟨PHONE·", timeout=SOON_MS)
    choose(visitor, page.get_by_role("combobox", name="Phone number"), "kind only")
    expect(page.locator(".plb-example")).to_contain_text("⟨PHONE⟩", timeout=SOON_MS)
    bar = page.locator(".st-key-plb-policy-save")
    expect(bar).to_contain_text(re.compile(r"1 changed, [1-9]\d* documents"), timeout=SOON_MS)
    press(bar.get_by_role("button", name="Save the policy"))
    expect(page.get_by_text("The policy is saved")).to_be_visible(timeout=SOON_MS)
    override = Policies(policy_site.assistant.workspace).read().policy.overrides[0]
    assert (override.labels, override.entities) == (("legal",), {"PHONE_NUMBER": Action.TAG})

    press(page.get_by_role("button", name="Do them again now"))
    expect(page.get_by_text(re.compile(r"Done again: [1-9]"))).to_be_visible(timeout=WORK_MS)
    page.reload()
    page.locator(".plb-example").wait_for()
    expect(page.get_by_role("button", name="Do them again now")).to_have_count(0, timeout=SOON_MS)


def test_files_are_checked_with_masked_examples_and_counted(visits: Visits) -> None:
    visitor = opened(visits, OPERATOR)
    page = visitor.page
    section(visitor, 1)
    press(page.get_by_role("button", name="Check", exact=True))
    found = page.get_by_text(re.compile(r"\d+ documents read, \d+ values found"))
    expect(found).to_be_visible(timeout=WORK_MS)
    expect(page.locator(".plb-grid").last).to_contain_text("***", timeout=SOON_MS)
    section(visitor, 2)
    expect(page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first).to_be_visible(
        timeout=SOON_MS
    )


def test_a_look_into_the_vault_is_for_who_may_and_is_listed(visits: Visits, policy_site: Site) -> None:
    Vault(policy_site.folder / VAULT_NAME, read_keys(KEY, "test")).keep("PHONE_NUMBER", PLACEHOLDER, PHONE)
    operator = opened(visits, OPERATOR)
    section(operator, 3)
    expect(operator.page.get_by_text("Originals may be revealed by: administrator.")).to_be_visible(timeout=SOON_MS)
    expect(operator.page.get_by_role("button", name="Reveal")).to_have_count(0, timeout=SOON_MS)

    admin = opened(visits, ADMIN)
    page = admin.page
    section(admin, 3)
    page.get_by_role("textbox", name=re.compile("Pseudonym|假名")).fill("PHONE·k3f9a2")
    page.get_by_role("textbox", name=re.compile("Reason|理由")).fill("case 17")
    press(page.get_by_role("button", name=re.compile("^(visibility )?(Reveal|查看原文)$")))
    expect(page.locator(".plb-revealed")).to_have_text(PHONE, timeout=SOON_MS)
    expect(page.locator(".plb-grid").last).to_contain_text("case 17", timeout=SOON_MS)
    page.reload()
    page.locator(".plb-example").wait_for()
    expect(page.get_by_text(PHONE)).to_have_count(0, timeout=SOON_MS)


def test_others_do_not_find_the_page(visits: Visits) -> None:
    visitor = visits()
    visitor.sign_in(EMPLOYEE)
    expect(visitor.page.locator("[data-testid=stSidebar]").get_by_text("Policy", exact=True)).to_have_count(
        0, timeout=SOON_MS
    )


def test_on_a_narrow_screen_nothing_sticks_out(visits: Visits) -> None:
    visitor = opened(visits, OPERATOR, width=360, height=740, dark=True)
    for number in (0, 1, 2, 3):
        section(visitor, number)
        visitor.page.wait_for_timeout(500)
        assert visitor.sideways() <= 0
