"""The pages in a real browser, on the demo company with the default model."""

import re
import uuid

import numpy as np
import pytest
from answers import cited, store, unchecked
from conftest import ANSWER_MS, Site, Visits
from playwright.sync_api import expect
from xss_payloads import PAYLOADS

from app.answer import Citation
from app.ui.doors import COOKIE
from knowledge.types import Chunk, Document, DocumentRecord

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.xdist_group("browser")]

ANNA, LI, FINANCE = "anna.schmidt", "li.wei", "ye.minglang"


def test_from_signing_in_to_signing_out(site: Site, visit: Visits) -> None:
    """Ask, see the evidence first, read the answer, open its source, come back after a reload, leave."""
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ANNA)
    cookie = next(each for each in visitor.context.cookies() if each["name"] == COOKIE)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"

    page.locator(".st-key-plb-starters button").first.click()
    expect(page.locator(".plb-stage")).to_be_visible()
    page.locator(".plb-evidence").wait_for(timeout=ANSWER_MS)
    page.locator(".plb-foot").wait_for(timeout=ANSWER_MS)
    answer = page.locator(".plb-prose")
    text = answer.inner_text()
    assert re.search(r"\w", text)
    expect(page.locator(".plb-badge")).to_be_visible()
    expect(page.locator(".plb-foot")).to_contain_text(re.compile(r"llama\.cpp|openvino"))

    answer.locator("button.plb-cite").first.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".plb-passage mark").first).to_be_visible()
    with page.expect_download() as download:
        drawer.locator(".plb-download").click()
    assert download.value.suggested_filename
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)

    page.reload()
    expect(answer).to_have_text(text.replace("\n", ""), use_inner_text=True)
    expect(page.locator(".plb-question")).to_have_count(1)
    page.get_by_text("Why this answer").click()
    expect(page.get_by_text("Term graph revision")).to_be_visible()

    other_tab = visitor.context.new_page()
    other_tab.goto(site.address)
    other_tab.get_by_test_id("stChatInputTextArea").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    other_tab.locator(".st-key-plb-new button").click()
    other_tab.wait_for_url("**/sign-in")
    assert COOKIE not in {each["name"] for each in visitor.context.cookies()}
    page.goto(site.address)
    expect(page).to_have_url(f"{site.address}/sign-in")


def test_an_edit_is_explained_and_undone_for_good(site: Site, visit: Visits) -> None:
    report = site.assistant.check("You book business trips in TripDesk [1].")
    assert [edit.before for edit in report.edits] == ["TripDesk"]
    after = report.edits[0].after
    conversation = store(site, ANNA, "Where do I book?", report, (cited(site, ANNA, "book business trips"),))
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ANNA, f"/?c={conversation}")
    prose = page.locator(".plb-prose")
    expect(prose.locator(".plb-edit")).to_contain_text(after)
    expect(page.locator(".plb-edits")).to_contain_text(f"TripDesk → {after}")
    expect(page.locator(".plb-badge")).to_contain_text("Corrected")

    proof = page.locator(".plb-edits .plb-proof")
    proof.get_by_text("Evidence").click()
    expect(proof).to_contain_text(f"{after} · old name · TripDesk (term graph, revision")
    page.get_by_role("button", name="Report as wrong").click()
    expect(page.locator(".plb-edits")).to_contain_text("Reported")
    expect(page.get_by_role("button", name="Report as wrong")).to_have_count(0)

    page.get_by_role("button", name="Undo").click()
    expect(prose.locator(".plb-edit.plb-undone")).to_contain_text("TripDesk")
    page.reload()
    visitor.ready()
    expect(prose.locator(".plb-edit.plb-undone")).to_contain_text("TripDesk")
    page.get_by_role("button", name="Apply again").click()
    expect(prose.locator(".plb-edit:not(.plb-undone)")).to_contain_text(after)


def test_enter_sends_nothing_while_an_input_method_composes(visit: Visits) -> None:
    visitor = visit(locale="zh-CN")
    page = visitor.page
    page.add_init_script("window.composing = []; addEventListener('keydown', e => composing.push(e.isComposing), true)")
    visitor.sign_in(LI)
    visitor.box.focus()
    chrome = visitor.context.new_cdp_session(page)
    chrome.send("Input.imeSetComposition", {"text": "chailv", "selectionStart": 6, "selectionEnd": 6})
    expect(visitor.box).to_have_value("chailv")
    chrome.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 13})
    assert page.evaluate("() => window.composing") == [True], "the browser did not compose: this would show nothing"
    # Safari says so only by the key code, and only after composing has ended
    visitor.box.evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', keyCode: 229, which: 229, bubbles: true, cancelable: true}))"
    )
    page.wait_for_timeout(1000)
    expect(page.locator(".plb-question")).to_have_count(0)

    chrome.send("Input.insertText", {"text": "差旅"})
    expect(visitor.box).to_have_value("差旅")
    page.keyboard.press("Shift+Enter")
    expect(visitor.box).to_have_value("差旅\n")
    page.reload()
    expect(visitor.box).to_have_value("差旅\n")
    visitor.box.press("Enter")
    expect(page.locator(".plb-question")).to_contain_text("差旅")

    # Escape stops the answer; the question is not lost
    page.get_by_role("button", name="停止").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_text("已停止。")).to_be_visible()
    page.get_by_role("button", name="关闭").click()
    expect(page.locator(".plb-question")).to_have_count(0)


def hostile_document(site: Site, payload: str) -> Citation:
    """A document that carries `payload` wherever text of a document is shown."""
    found = uuid.uuid4().hex
    chunk = Chunk(f"{found}-0", found, 0, f"A sentence. {payload} Another one.", heading=payload, page=1)
    document = Document(
        found,
        f"{payload[:100]}.md",
        payload,
        language="en",
        content_hash=found,
        text_hash=found,
        source_root="/nowhere",
    )
    vectors = np.eye(1, site.assistant.workspace.embedder.dimension, dtype=np.float32)
    site.assistant.catalog.documents.put(DocumentRecord(document, chunk.text, (chunk,), vectors))
    return Citation(
        marker=1, document_id=found, title=payload, path=document.path, page=1, heading=payload, chunk_id=chunk.id,
        quote=payload,
    )  # fmt: skip


FORBIDDEN = ".stHtml :is(img, script, iframe, svg, form, input, math, meta, link, object)"


def test_stored_text_is_never_run_or_loaded(site: Site, visit: Visits) -> None:
    stored, accounts = site.assistant.workspace.conversations, site.assistant.workspace.accounts
    accounts.set_display_name(ANNA, "<img src=x onerror=window.pwned=1>")
    conversation = None
    documents = [hostile_document(site, payload) for payload in PAYLOADS]
    for payload, citation in zip(PAYLOADS, documents, strict=True):
        conversation = store(site, ANNA, payload, unchecked(f"{payload} and so on [1]"), (citation,), conversation)
        stored.create(site.user(ANNA), payload)
    visitor = visit()
    page = visitor.page

    def harmless() -> None:
        assert page.evaluate("() => window.pwned") is None
        assert page.locator(FORBIDDEN).count() == 0
        assert page.locator(".stHtml style").count() == 1, "only the pages' own style sheet"
        assert page.url.startswith(site.address)

    visitor.sign_in(ANNA)
    harmless()
    visitor.open(str(conversation))
    expect(page.locator(".plb-foot")).to_have_count(len(PAYLOADS))
    harmless()
    for number in range(0, len(PAYLOADS), 6):
        page.locator(".plb-prose").nth(number).locator("button.plb-cite").first.click()
        page.get_by_role("dialog").locator(".plb-passage").wait_for()
        harmless()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    accounts.set_display_name(ANNA, "Anna Schmidt")
    site.assistant.catalog.documents.remove([citation.document_id for citation in documents])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_never_scrolls_sideways(site: Site, visit: Visits, dark: bool) -> None:
    table = "| " + " | ".join(["column"] * 12) + " |\n" + "|---" * 12 + "|\n" + "| a long cell " * 12 + "|"
    text = f"A-very-long-word-{'x' * 120} [1].\n\n{table}\n\n```\n{'code ' * 60}\n```"
    conversation = store(site, LI, "问" * 300, unchecked(text), (cited(site, LI, "出差住宿标准"),))
    visitor = visit(width=360, height=740, dark=dark, locale="zh-CN")
    page = visitor.page
    page.goto(site.address)
    assert visitor.sideways() <= 0
    visitor.sign_in(LI)
    assert visitor.sideways() <= 0
    visitor.open(conversation)
    page.locator(".plb-foot").wait_for()
    assert visitor.sideways() <= 0
    page.locator("button.plb-cite").first.click()
    page.get_by_role("dialog").locator(".plb-passage").wait_for()
    assert visitor.sideways() <= 0
    page.goto(f"{site.address}/help")
    page.get_by_text("回答是怎样得来的").wait_for()
    assert visitor.sideways() <= 0


def test_a_deleted_document_takes_its_citations_along(site: Site, visit: Visits) -> None:
    citation = hostile_document(site, "A document that will be gone")
    conversation = store(site, ANNA, "What is it?", unchecked("It says so [1]."), (citation,))
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ANNA, f"/?c={conversation}")
    page.locator("button.plb-cite").first.wait_for()
    site.assistant.catalog.documents.remove([citation.document_id])
    page.reload()
    expect(page.get_by_text("This answer is no longer shown")).to_be_visible()
    expect(page.locator("button.plb-cite")).to_have_count(0)
    expect(page.get_by_text("A document that will be gone")).to_have_count(0)


def test_nothing_of_others_opens_by_its_address(site: Site, visit: Visits) -> None:
    documents = site.assistant.catalog.documents.list(site.user(FINANCE))
    hidden = next(each for each in documents if "finance" in each.access)
    everyones = next(each for each in documents if not each.access)
    conversation = store(site, FINANCE, "Budget?", unchecked("Secret."), ())
    visitor = visit()
    page = visitor.page
    nobody = visitor.context.request.get(f"{site.address}/source/{everyones.id}/original")
    assert nobody.status == 404
    visitor.sign_in(ANNA)
    request = visitor.context.request
    assert request.get(f"{site.address}/source/{everyones.id}/original").status == 200
    assert request.get(f"{site.address}/source/{hidden.id}/original").status == 404
    visitor.open(conversation)
    expect(page.get_by_text("This conversation does not exist, or it is not yours.")).to_be_visible()
    expect(page.get_by_text("Secret.")).to_have_count(0)


def test_conversations_are_found_renamed_and_deleted(site: Site, visit: Visits) -> None:
    for question in ("What about parking spaces?", "What about bicycles?"):
        store(site, ANNA, question, unchecked("No."), ())
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ANNA)
    rows = page.locator(".st-key-plb-conversations .stButton button")
    page.keyboard.press("Control+k")
    page.keyboard.type("parking")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    # Streamlit makes a second, hidden one for touch screens
    more = page.locator(".st-key-plb-conversations [data-testid=stMenuButton] button").first
    more.click()
    page.get_by_text("Rename", exact=True).click()
    title = page.get_by_role("dialog").get_by_role("textbox")
    title.fill("About *parking*")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(rows).to_have_text(["About *parking*"])
    more.click()
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(0)


def test_the_language_of_the_pages_is_kept(site: Site, visit: Visits) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in(ANNA)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.locator(".st-key-plb-account").get_by_text("中文").click()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.locator(".st-key-plb-account").get_by_text("English").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert site.user(ANNA).language == "en"
