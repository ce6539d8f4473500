"""The Documents page in a real browser: an operator's whole walk, and what others see of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Site, Visitor, Visits, press
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.xdist_group("browser")]

OPERATOR, ANNA, MANAGER = "yu.siyuan", "anna.schmidt", "qin.che"
WAIT_MS = 120_000
MOVE = "# Office move\n\nThe Tampere office moves to Kalevantie on 3 March. Call Zhang Wei (13812345678) for boxes.\n"


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """Others may load the machine."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def operator(quick_visit: Visits) -> Visitor:
    visitor = quick_visit()
    visitor.page.context.set_default_timeout(WAIT_MS)
    visitor.sign_in(OPERATOR)
    return visitor


def goto(visitor: Visitor, query: str = "") -> Page:
    visitor.page.goto(f"{visitor.site.address}/documents{query}")
    visitor.page.locator(".st-key-plb-documents-top").wait_for()
    return visitor.page


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def found_by(site: Site, question: str, user: str) -> set[str]:
    return {hit.path for hit in site.assistant.search(question, user)}


def test_an_operators_walk(quick_site: Site, operator: Visitor) -> None:
    """Upload, progress and report, find and preview, change readers, remove: each seen in the next search."""
    site, visitor = quick_site, operator
    page = goto(visitor, "?view=upload")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [
            {"name": "move.md", "mimeType": "text/markdown", "buffer": MOVE.encode()},
            {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"},
        ]
    )
    page.locator(".st-key-plb-upload-send button:enabled").click()
    expect(page.get_by_text("Adding files", exact=True)).to_be_visible()
    expect(page.get_by_text("Files added", exact=True)).to_be_visible(timeout=WAIT_MS)
    results = page.locator("[class*=st-key-plb-job] .plb-lines li")
    expect(results).to_have_count(2)
    expect(results.filter(has_text="broken.pdf")).to_contain_text("The file is damaged")
    assert "shared/move.md" in found_by(site, "When does the Tampere office move?", ANNA)

    page = goto(visitor, "?view=runs")
    page.locator(".plb-run-list a").filter(has_text="1 new").first.click()
    expect(page.locator(".plb-number-tile").filter(has_text="new")).to_contain_text("1")

    page = goto(visitor)
    page.get_by_label("Search in titles and paths").fill("office move")
    page.get_by_label("Search in titles and paths").press("Enter")
    expect(page.locator("a.plb-document")).to_have_count(1)
    page.locator("a.plb-document").click()
    sheet = page.locator(".plb-sheet")
    expect(sheet).to_contain_text("moves to Kalevantie on 3 March")
    expect(sheet.locator(".plb-chip").last).to_contain_text("phone number")
    assert "13812345678" not in page.content()
    page.get_by_role("tab", name="Passages").click()
    expect(page.locator(".plb-piece")).to_have_count(1)
    with page.expect_download() as download:
        page.locator(".plb-download").click()
    assert Path(download.value.path()).read_text(encoding="utf-8") == MOVE

    page.locator(".st-key-plb-detail-access button").click()
    box = dialog(page).get_by_role("combobox")
    box.fill("legal")
    box.press("Enter")
    expect(dialog(page).get_by_text("You are in none of these groups")).to_be_visible()
    page.keyboard.press("Escape")
    dialog(page).locator(".st-key-plb-access-save button").click()
    expect(page.get_by_text("You may not read this document")).to_be_visible()
    assert "moves to Kalevantie" not in page.content()
    assert "shared/move.md" not in found_by(site, "When does the Tampere office move?", ANNA)
    assert "shared/move.md" in found_by(site, "When does the Tampere office move?", "song.yining")

    page.locator(".st-key-plb-detail-remove button").click()
    dialog(page).locator(".st-key-plb-remove-yes button").click()
    expect(page.locator("a.plb-document").first).to_be_visible()
    assert "shared/move.md" not in found_by(site, "When does the Tampere office move?", "song.yining")
    assert not (site.folder / "uploads" / "shared" / "shared" / "move.md").exists()


def test_a_source_from_adding_to_its_quarantine(quick_site: Site, operator: Visitor, tmp_path: Path) -> None:
    """Add a folder, run it, see its report and log, mend and retry what could not be read, leave the rest out."""
    site, visitor = quick_site, operator
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "parking.md").write_text("# Parking\n\nBicycles stand in hall 3.\n", encoding="utf-8")
    (folder / "limits.json").write_text('{"hotel": ', encoding="utf-8")
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7 nothing")
    page = goto(visitor, "?view=sources")
    page.locator(".st-key-plb-source-add button").click()
    dialog(page).get_by_label("Folder", exact=True).fill(str(folder))
    dialog(page).get_by_label("Folder", exact=True).press("Tab")
    dialog(page).locator(".st-key-plb-source-save button").click()
    expect(page.get_by_text("This source has not been run yet.")).to_be_visible()
    expect(dialog(page)).to_have_count(0)
    press(page.locator(".st-key-plb-source-run button"))
    row = page.locator(".plb-run-list a").filter(has_text="drive").first
    expect(row).to_contain_text("2 failed", timeout=WAIT_MS)
    row.click()
    expect(page.locator(".plb-number-tile").filter(has_text="could not be read")).to_contain_text("2")
    expect(page.get_by_text(re.compile(r"Log \(\d+ lines\)"))).to_be_visible()

    (folder / "limits.json").write_text('{"hotel": "600 CNY a night"}', encoding="utf-8")
    page = goto(visitor, "?view=quarantine")
    page.locator("[class*=st-key-plb-quarantine-tick] label").filter(has_text="limits.json").click()
    page.get_by_role("button", name="Read 1 again").click()
    expect(page.get_by_text("1 read, 0 still cannot be read.")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".st-key-plb-quarantine-rows").get_by_text("limits.json")).to_have_count(0)
    press(page.locator("[class*=st-key-plb-quarantine-tick] label").filter(has_text="torn.pdf").last)
    press(page.get_by_role("button", name="Leave 1 out"))
    expect(page.locator(".st-key-plb-quarantine-rows").get_by_text("torn.pdf")).to_have_count(0, timeout=WAIT_MS)
    expect(page.get_by_text(re.compile(r"[1-9]\d* files? (?:is|are) left out", re.IGNORECASE)).last).to_be_visible(
        timeout=WAIT_MS
    )
    assert site.assistant.catalog.quarantine.list(source_root=str(folder)) == []

    page = goto(visitor, f"?view=sources&source={site.assistant.sources.list()[0].id}")
    page.locator(".st-key-plb-source-remove button").click()
    dialog(page).locator(".st-key-plb-source-remove-yes button").click()
    expect(page.get_by_text("No source is connected.")).to_be_visible()
    assert "parking.md" not in found_by(site, "Where do bicycles stand?", ANNA)


def dropped(page: Page, place: Path) -> None:
    """A folder of this machine, dragged onto the box for files and let go there."""
    box = page.get_by_test_id("stFileUploaderDropzone").bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(place)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})


def test_a_dropped_folder_keeps_its_paths(quick_site: Site, operator: Visitor, tmp_path: Path) -> None:
    """Two files of one name in two folders; what systems hide in folders is not taken."""
    for name, text in (("2025/plan.md", "tricycles"), ("2026/plan.md", "unicycles"), (".git/config", "secret")):
        file = tmp_path / "plans" / name
        file.parent.mkdir(parents=True)
        file.write_text(f"# Plan\n\nThe company buys {text}.\n", encoding="utf-8")
    page = goto(operator, "?view=upload")
    dropped(page, tmp_path / "plans")
    expect(page.get_by_text("Hidden files left out: 1.")).to_be_visible()
    press(page.locator(".st-key-plb-upload-send button:enabled"))
    results = page.locator("[class*=st-key-plb-job] .plb-lines li").filter(has_text="added")
    expect(results.filter(has_text="plans/2025/plan.md")).to_have_count(1, timeout=WAIT_MS)
    expect(results.filter(has_text="plans/2026/plan.md")).to_have_count(1, timeout=WAIT_MS)
    assert "shared/plans/2025/plan.md" in found_by(quick_site, "Who buys tricycles?", ANNA)
    page.get_by_text("A whole folder", exact=True).click()
    expect(page.locator("input[webkitdirectory]")).to_have_count(1)


def test_readers_of_a_folder_hold_from_the_next_question(quick_site: Site, operator: Visitor, tmp_path: Path) -> None:
    site, folder = quick_site, tmp_path / "hall"
    (folder / "yard").mkdir(parents=True)
    (folder / "yard" / "parking.md").write_text("# Yard\n\nScooters stand in the yard.\n", encoding="utf-8")
    source = site.assistant.sources.add(str(folder), name="hall")
    assert site.assistant.sources.run_now(source.id).state == "done"
    assert "yard/parking.md" in found_by(site, "Where do scooters stand?", ANNA)
    page = goto(operator, f"?view=sources&source={source.id}")
    page.locator(".st-key-plb-rule-add button").click()
    place = dialog(page).get_by_role("combobox").first
    place.fill("yard")
    page.get_by_role("option", name="yard", exact=True).click()
    groups = dialog(page).get_by_role("combobox").last
    groups.fill("legal")
    groups.press("Enter")
    page.keyboard.press("Escape")
    press(dialog(page).locator(".st-key-plb-rule-save button:enabled"))
    expect(page.locator(".st-key-plb-rule-rows")).to_contain_text("legal")
    assert "yard/parking.md" not in found_by(site, "Where do scooters stand?", ANNA)
    document = next(one for one in site.assistant.sources.documents("hall") if one.path == "yard/parking.md")
    page = goto(operator, f"?d={document.id}")
    expect(page.locator(".plb-document-head")).to_contain_text("by the rule for “yard” in the source “hall”")
    site.assistant.sources.remove("hall")


def test_others_do_not_see_the_page(quick_visit: Visits) -> None:
    visitor = quick_visit()
    visitor.sign_in(ANNA, "/documents")
    expect(visitor.page.get_by_role("link", name="Documents")).to_have_count(0)
    expect(visitor.page.locator(".st-key-plb-documents")).to_have_count(0)
    expect(visitor.page.locator(".st-key-plb-own-open")).to_have_count(0)


def test_somebody_with_the_right_adds_an_own_document_while_chatting(quick_site: Site, quick_visit: Visits) -> None:
    visitor = quick_visit(width=375, height=812, dark=True, locale="zh-CN")
    page = visitor.page
    page.context.set_default_timeout(WAIT_MS)
    visitor.sign_in(MANAGER)
    page.locator(".st-key-plb-own-open button").click()
    dialog(page).get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [{"name": "notes.md", "mimeType": "text/markdown", "buffer": "# 笔记\n\n星期五去赫尔辛基。\n".encode()}]
    )
    page.locator(".st-key-plb-own-send button:enabled").click()
    expect(dialog(page).get_by_text("文件添加完毕")).to_be_visible(timeout=WAIT_MS)
    assert visitor.sideways() <= 0
    assert "personal/notes.md" in found_by(quick_site, "星期五去哪里？", MANAGER)
    assert "personal/notes.md" not in found_by(quick_site, "星期五去哪里？", OPERATOR)
    dialog(page).get_by_text("我的 1 篇文档").click()
    dialog(page).get_by_role("button", name="移除").click()
    expect(dialog(page).get_by_text("我的 1 篇文档")).to_have_count(0)
    assert quick_site.assistant.uploads.mine(quick_site.user(MANAGER)) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_view_scrolls_sideways_on_a_phone(quick_site: Site, quick_visit: Visits, dark: bool) -> None:
    visitor = quick_visit(width=375, height=812, dark=dark)
    visitor.page.context.set_default_timeout(WAIT_MS)
    visitor.sign_in(OPERATOR)
    document = quick_site.assistant.catalog.documents.list(quick_site.user(OPERATOR))[0]
    for query in ("", "?view=upload", "?view=sources", "?view=quarantine", "?view=quality", f"?d={document.id}"):
        page = goto(visitor, query)
        expect(page.get_by_text("Something went wrong")).to_have_count(0)
        assert visitor.sideways() <= 0, query
