"""One running server on the demo company, and a headless Chromium to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from app.assistant import Assistant
from app.settings import load_settings
from knowledge.types import User

# The payloads are shared with the tests of the pages' parts
sys.path.append(str(Path(__file__).parents[1] / "app" / "ui"))

ROOT = Path(__file__).parents[2]
CHROMIUM_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 90
ANSWER_MS = 240_000
"""Long enough for a cold model on a busy machine; on an idle one an answer takes a few seconds."""


@dataclass
class Site:
    """The server, its workspace, and an assistant of our own over the same workspace."""

    address: str
    folder: Path
    assistant: Assistant
    log: Path

    def user(self, name: str) -> User:
        return self.assistant.workspace.accounts.user(name)


@dataclass
class Visitor:
    """A page in a browser of its own, with what it did that it should not have done."""

    page: Page
    context: BrowserContext
    site: Site
    wrong: list[str] = field(default_factory=list)

    def sign_in(self, name: str, path: str = "/") -> None:
        """Sign in with one click on a demo account."""
        self.page.goto(self.site.address + path)
        self.page.locator(f".people form:has(input[value='{name}']) button").click()
        self.ready()

    def open(self, conversation: str) -> None:
        self.page.goto(f"{self.site.address}/?c={conversation}")
        self.ready()

    def ready(self) -> None:
        """Wait for the question box and for the script of the pages."""
        self.box.wait_for()
        self.page.locator("html[data-plumbline=listening]").wait_for(state="attached")

    @property
    def box(self) -> Locator:
        return self.page.get_by_test_id("stChatInputTextArea")

    def ask(self, question: str) -> None:
        self.box.fill(question)
        self.box.press("Enter")

    def answered(self) -> None:
        """Wait until the newest answer stands with everything under it."""
        self.page.locator(".plb-foot").last.wait_for(timeout=ANSWER_MS)
        expect(self.page.locator(".plb-stage")).to_have_count(0, timeout=ANSWER_MS)

    def sideways(self) -> int:
        """How many pixels the page can be scrolled sideways."""
        return int(self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    pytest.fail("no Chromium found; install it with `apt install chromium`, or put google-chrome on the PATH")


def press(what: Locator) -> None:
    """Click it once the page is drawn: a browser loses presses of what is drawn anew between button down and up."""
    settled(what.page)
    what.click()


def press_key(page: Page, key: str) -> None:
    """Press a key once the page is drawn: it acts on what stands there."""
    settled(page)
    page.keyboard.press(key)


def settled(page: Page) -> None:
    """Wait until the page is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


@pytest.fixture(scope="session")
def site(_demo_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages with the default model."""
    with _served(_demo_master, tmp_path_factory.mktemp("browser"), {}) as site:
        yield site


@pytest.fixture(scope="module")
def quick_site(_demo_master: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages with the small model, for what does not depend on what is answered."""
    small = {
        "PLUMBLINE_ANSWER__MODEL": "smollm2-135m-instruct-q4",
        "PLUMBLINE_ANSWER__BACKEND": "llama.cpp",
        "PLUMBLINE_ANSWER__MAX_TOKENS": "16",
    }
    with _served(_demo_master, tmp_path_factory.mktemp("quick"), small) as site:
        yield site


@contextmanager
def _served(master: Path, place: Path, environment: dict[str, str]) -> Iterator[Site]:
    folder = Path(shutil.copytree(master, place / "workspace"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = place / "server.log"
    command = [sys.executable, "-c", "from app.cli.main import main; main()", "ui"]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "--workspace", str(folder), "--port", str(port)],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env=os.environ | environment,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(server, address, log)
            with Assistant.open(settings=load_settings(folder, environment={})) as assistant:
                yield Site(address, folder, assistant, log)
        finally:
            server.terminate()
            server.wait(timeout=60)


def _wait_for(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(START_SECONDS * 4):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/sign-in", timeout=5):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    pytest.fail(f"the server did not come up:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        yield started
        started.close()


@pytest.fixture
def visit(site: Site, browser: Browser) -> Iterator["Visits"]:
    with _visits(site, browser) as visits:
        yield visits


@pytest.fixture
def quick_visit(quick_site: Site, browser: Browser) -> Iterator["Visits"]:
    with _visits(quick_site, browser) as visits:
        yield visits


@contextmanager
def _visits(site: Site, browser: Browser) -> Iterator["Visits"]:
    visits = Visits(site, browser)
    yield visits
    for visitor in visits.made:
        visitor.context.close()
    assert [each for visitor in visits.made for each in visitor.wrong] == []


class Visits:
    """Makes visitors; each may load nothing from elsewhere and break no rule of the page."""

    def __init__(self, site: Site, browser: Browser) -> None:
        self._site = site
        self._browser = browser
        self.made: list[Visitor] = []

    def __call__(self, *, width: int = 1280, height: int = 860, dark: bool = False, locale: str = "en-US") -> Visitor:
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", locale=locale
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        visitor = Visitor(page, context, self._site)

        def requested(url: str) -> None:
            if not url.startswith((self._site.address, "data:", "blob:")):
                visitor.wrong.append(f"loads {url}")

        def said(text: str) -> None:
            if "Content Security Policy" in text:
                visitor.wrong.append(text)

        page.on("request", lambda request: requested(request.url))
        page.on("console", lambda message: said(message.text))
        page.on("pageerror", lambda error: visitor.wrong.append(str(error)))
        self.made.append(visitor)
        return visitor
