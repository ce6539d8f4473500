"""Websites that are hostile, shy or odd, against a server of this machine."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from source_places import Site, start_site

from ingest.connectors import Opening
from ingest.connectors.base import Fetched, Item, ItemUnavailable
from ingest.connectors.website import WebsiteConnector
from knowledge.catalog.sources import Source
from knowledge.errors import Unavailable


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
