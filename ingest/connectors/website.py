"""Pages of one website, as its sitemap lists them.

Only the host that was named is ever spoken to, at the address that its name had when the run began: neither a
redirect nor a changed name leads anywhere else. Through a proxy it is the proxy that finds the host by its name.
`robots.txt` is obeyed.
"""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import json
import socket
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.robotparser import RobotFileParser

from ingest.connectors.base import Fetched, Item, ItemGone, ItemUnavailable, Opening
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    import httpx

_TIMEOUT = 30.0
_MOST_REDIRECTS = 5
_MOST_SITEMAPS = 500
_LARGEST_SITEMAP = 50 * 1024 * 1024
_LARGEST_ROBOTS = 512 * 1024
_MOST_PAGES = 5000
_TRIES = 3
_NAME = "Plumbline"


class WebsiteConnector:
    """The pages of a site. A page is fetched again only if the site says that it has changed, or does not say."""

    def __init__(self, source: Source, opening: Opening) -> None:
        import httpx

        parts = urlsplit(source.location)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput(f"{source.location}: is no address of a website; write https://host/")
        self._start = source.location
        self._site = _Site(parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme])
        self._proxy = _proxy_of(source, opening)
        self._address = self._site.host if self._proxy is not None else _address_of(self._site)
        self._agent = source.options.get("user_agent", f"{_NAME}/1.0")
        self._most = int(_number("max_pages", source.options.get("max_pages"), _MOST_PAGES))
        self._pause = _number("delay", source.options.get("delay"), 0.2)
        self._sitemap = source.options.get("sitemap", "")
        self._opening = opening
        self._last = 0.0
        user, password = parts.username, opening.secret("password")
        self._client = httpx.Client(
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            proxy=self._proxy,
            auth=(user, password) if user and password else None,
            headers={"user-agent": self._agent, "accept-encoding": "gzip, identity"},
        )
        self._robots = self._read_robots()

    def items(self) -> Iterator[Item]:
        """The pages of the sitemap that are below the location and that robots.txt lets us read."""
        below = urlsplit(self._start).path
        below = below if below.endswith("/") else below.rpartition("/")[0] + "/"
        seen: set[str] = set()
        for page, changed in self._listed():
            parts = urlsplit(page)
            if page in seen or self._site.of(page) != self._site or not (parts.path or "/").startswith(below):
                continue
            seen.add(page)
            if not self._robots.can_fetch(self._agent, page):
                continue
            if len(seen) > self._most:
                raise Unavailable(
                    f"{self._start}: the sitemap lists more than {self._most} pages; nothing was removed: narrow the "
                    "address, or raise max_pages"
                )
            yield Item(_path_of(page), json.dumps([page, changed]))

    def fetch(self, item: Item, known: str) -> Fetched | None:
        """A page, unless the site says that it is the one we know."""
        page, changed = json.loads(item.handle)
        before = _Version.read(known)
        # A day alone does not tell whether it changed twice on that day
        if known and changed and changed == before.changed and "T" in changed:
            return None
        headers = {}
        if before.etag:
            headers["if-none-match"] = before.etag
        if before.modified:
            headers["if-modified-since"] = before.modified
        response = self._get(page, headers)
        if response.status_code == 304:  # noqa: PLR2004 - not modified
            response.close()
            return None
        if response.status_code in {404, 410}:
            response.close()
            raise ItemGone(f"{page}: is gone")
        if response.status_code != 200:  # noqa: PLR2004 - fine
            response.close()
            raise ItemUnavailable(f"the site answers {response.status_code}")
        version = _Version(changed, response.headers.get("etag", ""), response.headers.get("last-modified", ""))
        return Fetched(self._pieces(response), version.write(), _time(version.modified))

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    # --- the list of pages ----------------------------------------------------------------------------------------

    def _listed(self) -> Iterator[tuple[str, str]]:
        """Addresses of pages with the time of their last change, as far as it is told."""
        named = [self._sitemap] if self._sitemap else self._robots.site_maps() or [self._url("/sitemap.xml")]
        waiting, done = [urljoin(self._start, one) for one in named], 0
        seen = set(waiting)
        while waiting:
            place = waiting.pop(0)
            done += 1
            if done > _MOST_SITEMAPS:
                raise Unavailable(
                    f"{self._start}: more than {_MOST_SITEMAPS} sitemaps; name one with --option sitemap=…"
                )
            if self._site.of(place) != self._site:
                self._opening.note(f"left out: the sitemap {place} lies on another host")
                continue
            for kind, address, changed in _entries(place, self._whole(place, _LARGEST_SITEMAP)):
                if kind == "url":
                    yield address, changed
                elif address not in seen:
                    seen.add(address)
                    waiting.append(address)

    def _read_robots(self) -> RobotFileParser:
        """What robots.txt allows; a site without one allows everything, one that fails nothing."""
        robots = RobotFileParser()
        place = self._url("/robots.txt")
        response = self._get(place, {})
        if response.status_code >= 500:  # noqa: PLR2004 - the site's own trouble
            response.close()
            raise Unavailable(f"{place}: the site answers {response.status_code}; nothing was removed: try again later")
        if response.status_code == 407 and self._proxy is not None:  # noqa: PLR2004 - the proxy knows us not
            response.close()
            raise Unavailable(
                f"{self._start}: the proxy {self._proxy.url.host} wants another account; nothing was removed: give it "
                "as --option proxy=http://USER@HOST:PORT with --secret proxy_password=env:NAME"
            )
        lines: list[str] = []
        if response.status_code == 200:  # noqa: PLR2004 - fine
            lines = b"".join(self._limited(response, _LARGEST_ROBOTS)).decode("utf-8", "replace").splitlines()
        else:
            response.close()
        robots.parse(lines)
        delay = robots.crawl_delay(self._agent)
        if delay is not None:
            self._pause = max(self._pause, float(delay))
        return robots

    def _whole(self, place: str, limit: int) -> bytes:
        response = self._get(place, {})
        if response.status_code != 200:  # noqa: PLR2004 - fine
            response.close()
            raise Unavailable(
                f"{place}: the site answers {response.status_code}; nothing was removed: name the sitemap with "
                "--option sitemap=…"
            )
        return b"".join(self._limited(response, limit))

    # --- requests ---------------------------------------------------------------------------------------------------

    def _url(self, path: str) -> str:
        return urlunsplit((self._site.scheme, self._site.netloc, path, "", ""))

    def _get(self, page: str, headers: dict[str, str]) -> httpx.Response:
        """The answer of the site, its body not read yet. Redirects are followed on this host only."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._once(page, headers)
            if response.status_code not in {301, 302, 303, 307, 308}:
                return response
            response.close()
            page = urljoin(page, response.headers.get("location", ""))
            if self._site.of(page) != self._site:
                raise ItemUnavailable(
                    f"the site sends us to {urlsplit(page).netloc or 'nowhere'}, which is not followed; if that is "
                    "right, make it the source's address"
                )
            if not self._robots_allow(page):
                raise ItemUnavailable("the site sends us to a page that robots.txt closes")
        raise ItemUnavailable("the site sends us in circles")

    def _robots_allow(self, page: str) -> bool:
        robots = getattr(self, "_robots", None)
        return robots is None or bool(robots.can_fetch(self._agent, page))

    def _once(self, page: str, headers: dict[str, str]) -> httpx.Response:
        import httpx

        parts = urlsplit(page)
        host = f"[{self._address}]" if ":" in self._address else self._address
        # To the address that the name had at first, under its name: certificates are checked against the name
        place = urlunsplit((parts.scheme, f"{host}:{self._site.port}", parts.path or "/", parts.query, ""))
        asked = self._client.build_request(
            "GET",
            place,
            headers={**headers, "host": self._site.netloc},
            extensions={"sni_hostname": self._site.host},
        )
        for attempt in range(1, _TRIES + 1):
            time.sleep(max(0.0, self._last + self._pause - time.monotonic()))
            try:
                response = self._client.send(asked, stream=True)
            except httpx.HTTPError as error:
                if attempt == _TRIES:
                    reason = str(error) or type(error).__name__
                    raise Unavailable(
                        f"{self._start}: cannot be reached: {reason}; nothing was removed: check address and network"
                    ) from error
            else:
                return response
            finally:
                self._last = time.monotonic()
        raise AssertionError("the last attempt returns or raises")

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        import httpx

        try:
            yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise ItemUnavailable(f"the connection broke: {type(error).__name__}") from error
        finally:
            response.close()

    def _limited(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        size = 0
        for piece in self._pieces(response):
            size += len(piece)
            if size > limit:
                raise Unavailable(f"{response.url.path}: is longer than {limit} bytes; nothing was removed")
            yield piece


@dataclass(frozen=True, slots=True)
class _Site:
    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"

    @classmethod
    def of(cls, address: str) -> _Site | None:
        """The site of an address; None for what is no web address."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        return cls(parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme])


@dataclass(frozen=True, slots=True)
class _Version:
    """What is remembered of a page: the sitemap's word, and the server's."""

    changed: str = ""
    etag: str = ""
    modified: str = ""

    def write(self) -> str:
        return json.dumps([self.changed, self.etag, self.modified])

    @classmethod
    def read(cls, text: str) -> _Version:
        return cls(*json.loads(text)) if text else cls()


def _entries(place: str, content: bytes) -> Iterator[tuple[str, str, str]]:
    """("url" or "sitemap", address, time of change) of each entry. Raises Unavailable for what is no sitemap."""
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        tree: Any = ElementTree.fromstring(_unpacked(content))
    except (ElementTree.ParseError, DefusedXmlException, zlib.error, EOFError, OSError) as error:
        raise Unavailable(f"{place}: is no sitemap that can be read; nothing was removed") from error
    for entry in tree:
        kind = str(entry.tag).rpartition("}")[2]
        values = {str(part.tag).rpartition("}")[2]: (part.text or "").strip() for part in entry}
        if kind in {"url", "sitemap"} and values.get("loc"):
            yield kind, values["loc"], values.get("lastmod", "")


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content, _LARGEST_SITEMAP + 1)
    if len(unpacked) > _LARGEST_SITEMAP:
        raise gzip.BadGzipFile("larger than any sitemap may be")
    return unpacked


def _path_of(page: str) -> str:
    """Where a page lies in the mirror: by its path, with an ending that tells what it is."""
    parts = urlsplit(page)
    path = unquote(parts.path).strip("/") or "index"
    if parts.path.endswith("/") and parts.path != "/":
        path = f"{path}/index"
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    if not (dot and stem and suffix.isalnum() and len(suffix) <= 5):  # noqa: PLR2004 - longest suffix of a page's name
        path = f"{path}.html"
    if parts.query:
        mark = hashlib.sha256(parts.query.encode()).hexdigest()[:8]
        head, _, suffix = path.rpartition(".")
        path = f"{head}~{mark}.{suffix}"
    return path


def _address_of(site: _Site) -> str:
    """The address of a host, found once. A host with a public address is never spoken to at a private one."""
    try:
        found = socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(f"{site.host}: is not known here; nothing was removed: check address and network") from error
    addresses = [str(entry[4][0]) for entry in found]
    public = [address for address in addresses if ipaddress.ip_address(address.partition("%")[0]).is_global]
    return (public or addresses)[0]


def _proxy_of(source: Source, opening: Opening) -> httpx.Proxy | None:
    """The proxy that the source is reached through, if one is named; those of the environment are not used."""
    import httpx

    named = source.options.get("proxy")
    if not named:
        return None
    parts = urlsplit(named)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidInput(f"option 'proxy': {named!r} is no address of a proxy; write http://host:3128")
    user, password = parts.username, opening.secret("proxy_password")
    return httpx.Proxy(
        urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "", "", "")),
        auth=(unquote(user), password) if user and password else None,
    )


def _number(name: str, text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        return max(0.0, float(text))
    except ValueError as error:
        raise InvalidInput(f"option {name!r}: {text!r} is no number") from error


def _time(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (TypeError, ValueError):
        return None
