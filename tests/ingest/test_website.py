"""Websites that are hostile, shy or odd, against a server of this machine."""

from __future__ import annotations

import gzip
import json
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from source_places import Site, start_site

from ingest.connectors import Opening
from ingest.connectors.base import Fetched, Item, ItemUnavailable
from ingest.connectors.website import WebsiteConnector
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    started = start_site(tmp_path / "site")
    for name in ("index", "docs/travel", "docs/leave", "private/pay"):
        file = started.folder / f"{name}.html"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"<p>{name}</p>", encoding="utf-8")
    started.write_sitemap()
    yield started
    started.close()


@pytest.fixture
def connect(site: Site, tmp_path: Path) -> Callable[..., WebsiteConnector]:
    def call(below: str = "", **options: str) -> WebsiteConnector:
        source = Source(name="s", kind="website", location=site.address + below, options={"delay": "0", **options})
        return WebsiteConnector(source, Opening({}, tmp_path))

    return call


def paths(connector: WebsiteConnector) -> list[str]:
    with closing(connector):
        return sorted(item.path for item in connector.items())


def content(connector: WebsiteConnector, page: str, known: str = "", changed: str = "") -> Fetched | None:
    return connector.fetch(Item("x", json.dumps([page, changed])), known)


def test_robots_are_obeyed(site: Site, connect: Callable[..., WebsiteConnector]) -> None:
    (site.folder / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n", encoding="utf-8")
    assert paths(connect()) == ["docs/leave.html", "docs/travel.html", "index.html"]
    assert not any("private" in place for place in site.handler.asked)
    # A page that is open may not lead to one that is not
    site.handler.sends_to["/index.html"] = "/private/pay.html"
    with closing(connect()) as connector, pytest.raises(ItemUnavailable, match=r"robots\.txt"):
        content(connector, f"{site.address}index.html")


def test_only_what_lies_below_the_address_is_taken(site: Site, connect: Callable[..., WebsiteConnector]) -> None:
    assert paths(connect("docs/")) == ["docs/leave.html", "docs/travel.html"]


def test_other_hosts_are_never_spoken_to(site: Site, connect: Callable[..., WebsiteConnector], tmp_path: Path) -> None:
    other = start_site(tmp_path / "other")  # the same machine, another port: another site
    try:
        site.write_sitemap({"docs/travel.html": "", f"{other.address}secret.html": "", "file:///etc/passwd": ""})
        assert paths(connect()) == ["docs/travel.html"]
        for target in (
            f"{other.address}secret",
            "http://169.254.169.254/meta",
            "file:///etc/passwd",
            "//evil.example/",
        ):
            site.handler.sends_to["/docs/travel.html"] = target
            with closing(connect()) as connector, pytest.raises(ItemUnavailable, match="not followed"):
                content(connector, f"{site.address}docs/travel.html")
        assert other.handler.asked == []
    finally:
        other.close()


def test_redirects_on_the_site_are_followed_but_not_for_ever(
    site: Site, connect: Callable[..., WebsiteConnector]
) -> None:
    site.handler.sends_to |= {"/old": "/docs/travel.html", "/round": "/round"}
    with closing(connect()) as connector:
        fetched = content(connector, f"{site.address}old")
        assert fetched is not None
        assert b"travel" in b"".join(fetched.pieces)
        with pytest.raises(ItemUnavailable, match="circles"):
            content(connector, f"{site.address}round")


def test_a_time_in_the_sitemap_spares_the_request(site: Site, connect: Callable[..., WebsiteConnector]) -> None:
    page = f"{site.address}docs/travel.html"
    with closing(connect()) as connector:
        first = content(connector, page, changed="2026-11-24T08:00:00Z")
        assert first is not None
        b"".join(first.pieces)
        asked = len(site.handler.asked)
        assert content(connector, page, first.version, "2026-11-24T08:00:00Z") is None
        assert len(site.handler.asked) == asked
        assert content(connector, page, first.version, "2026-11-24T09:00:00Z") is None  # the server says: unchanged
        assert len(site.handler.asked) == asked + 1


def test_sitemaps_of_sitemaps_and_packed_ones_are_read(site: Site, connect: Callable[..., WebsiteConnector]) -> None:
    (site.folder / "part.xml.gz").write_bytes(gzip.compress((site.folder / "sitemap.xml").read_bytes()))
    index = f"<sitemapindex><sitemap><loc>{site.address}part.xml.gz</loc></sitemap></sitemapindex>"
    (site.folder / "sitemap.xml").write_text(index, encoding="utf-8")
    assert len(paths(connect())) == 4


@pytest.mark.parametrize(
    "sitemap",
    [
        b"<html>not found</html",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>',
        gzip.compress(b"x" * (51 * 1024 * 1024)),
        None,
    ],
    ids=["no XML", "entities", "external entity", "bomb", "missing"],
)
def test_what_is_no_sitemap_ends_the_run(
    site: Site, connect: Callable[..., WebsiteConnector], sitemap: bytes | None
) -> None:
    if sitemap is None:
        (site.folder / "sitemap.xml").unlink()
    else:
        (site.folder / "sitemap.xml").write_bytes(sitemap)
    with pytest.raises(Unavailable, match="nothing was removed"):
        paths(connect())


def test_too_many_pages_end_the_run(connect: Callable[..., WebsiteConnector]) -> None:
    with pytest.raises(Unavailable, match="max_pages"):
        paths(connect(max_pages="3"))


def test_a_host_that_is_not_known_is_one_line(tmp_path: Path) -> None:
    source = Source(name="s", kind="website", location="http://no-such-host.invalid/")
    with pytest.raises(Unavailable, match="nothing was removed"):
        WebsiteConnector(source, Opening({}, tmp_path))


# --- proxies --------------------------------------------------------------------------------------------------------


class ProxyHandler(BaseHTTPRequestHandler):
    """Fetches for those who know the password; the name intranet.invalid is known to it alone."""

    asked: ClassVar[list[str]] = []
    open_to: ClassVar[str] = "Basic " + b64encode(b"plumb:letmein").decode()

    def do_GET(self) -> None:
        if self.headers.get("Proxy-Authorization") != self.open_to:
            self._answer(407, b"", "")
            return
        self.asked.append(self.path)
        place = self.path.replace("//intranet.invalid:", "//127.0.0.1:")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(place, timeout=20) as found:
                self._answer(found.status, found.read(), found.headers["content-type"])
        except urllib.error.HTTPError as error:
            self._answer(error.code, b"", "")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind or "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    ProxyHandler.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), ProxyHandler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://plumb@127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_site_that_only_a_proxy_knows(
    site: Site, proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = site.address.replace("127.0.0.1", "intranet.invalid")
    (site.folder / "sitemap.xml").write_text(
        f"<urlset><url><loc>{address}docs/travel.html</loc></url></urlset>", encoding="utf-8"
    )

    def connect(password: str, **options: str) -> WebsiteConnector:
        source = Source(name="s", kind="website", location=address, options={"delay": "0", **options})
        return WebsiteConnector(source, Opening({"proxy_password": password}, tmp_path))

    with closing(connect("letmein", proxy=proxy)) as connector:
        assert [item.path for item in connector.items()] == ["docs/travel.html"]
        fetched = content(connector, f"{address}docs/travel.html")
        assert fetched is not None
        assert b"docs/travel" in b"".join(fetched.pieces)
    assert f"{address}docs/travel.html" in ProxyHandler.asked
    with pytest.raises(Unavailable, match="wants another account") as caught:
        connect("wrong-donkey", proxy=proxy)
    assert "wrong-donkey" not in str(caught.value)
    # A proxy that only stands in the environment is not asked
    monkeypatch.setenv("HTTP_PROXY", proxy.replace("plumb@", "plumb:letmein@"))
    monkeypatch.setenv("http_proxy", proxy.replace("plumb@", "plumb:letmein@"))
    with pytest.raises(Unavailable, match="is not known here"):
        connect("letmein")
    with pytest.raises(InvalidInput, match="no address of a proxy"):
        connect("letmein", proxy="proxy:3128")
