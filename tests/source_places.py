"""Real places that documents are fetched from, started for a test: a repository, a database, a server."""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from knowledge.catalog.sources import Source

PASSWORD = "correct-horse-41"
"""The password of every place that has one."""


@dataclass
class Place:
    """A source with what a test does to it. `put` makes or changes a document, `drop` takes it away."""

    source: Source
    put: Callable[[str, str], None]
    drop: Callable[[str], None]
    cut_off: Callable[[], None]
    secrets: dict[str, str] = field(default_factory=dict)
    asks_for_password: bool = False


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at {port}")


# --- git ------------------------------------------------------------------------------------------------------------


@contextmanager
def git(folder: Path) -> Iterator[Place]:
    work = folder / "work"
    work.mkdir()

    def run(*arguments: str) -> None:
        about = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *about, *arguments], cwd=work, check=True, capture_output=True)

    run("init", "-q", "-b", "main")
    run("commit", "-q", "--allow-empty", "-m", "begin")

    def put(name: str, text: str) -> None:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, encoding="utf-8")
        run("add", "-A")
        run("commit", "-q", "-m", "change")

    def drop(name: str) -> None:
        run("rm", "-q", name)
        run("commit", "-q", "-m", "remove")

    def cut_off() -> None:
        work.rename(folder / "elsewhere")

    source = Source(name="git", kind="git", location=str(work), options={"branch": "main"})
    yield Place(source, put, drop, cut_off)


# --- SQL ------------------------------------------------------------------------------------------------------------

_QUERY = "SELECT id, title, body FROM notes"
_ROWS = {"query": _QUERY, "key": "id", "title": "title", "text": "{body}"}


@contextmanager
def sqlite(folder: Path) -> Iterator[Place]:
    file = folder / "crm.db"

    def run(statement: str, *values: str) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(statement, values)

    run("CREATE TABLE notes (id TEXT PRIMARY KEY, title TEXT, body TEXT)")
    source = Source(name="crm", kind="sql", location=f"sqlite:///{file}", options=_ROWS)
    yield Place(
        source,
        lambda name, text: run("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", name, f"Note {name}", text),
        lambda name: run("DELETE FROM notes WHERE id = ?", name),
        file.unlink,
    )


@contextmanager
def postgres(_folder: Path) -> Iterator[Place]:
    psycopg = pytest.importorskip("psycopg")
    home = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    tools = {name: shutil.which(name) or (home and str(home / name)) for name in ("initdb", "pg_ctl")}
    if not all(tools.values()):
        pytest.skip("no PostgreSQL server on this machine; install the package postgresql")
    # Not in the test's own folder: a server that runs as another user could not enter it
    folder = Path(tempfile.mkdtemp(prefix="plumbline-postgres-"))
    as_owner = _as_postgres(folder)
    data, port = folder / "data", free_port()
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    as_owner(tools["initdb"], "-D", data, "-U", "reader", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    as_owner(tools["pg_ctl"], "-D", data, "-w", "-l", folder / "log", "-o", options, "start")

    def stop() -> None:
        as_owner(tools["pg_ctl"], "-D", data, "-m", "immediate", "stop", check=False)

    def run(statement: str, *values: str) -> None:
        where = f"host=127.0.0.1 port={port} user=reader dbname=postgres password={PASSWORD}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement, values)

    try:
        run("CREATE TABLE notes (id text PRIMARY KEY, title text, body text)")
        insert = "INSERT INTO notes VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
        source = Source(
            name="erp",
            kind="sql",
            location=f"postgresql://127.0.0.1:{port}/postgres",
            options={**_ROWS, "username": "reader"},
        )
        yield Place(
            source,
            lambda name, text: run(insert, name, f"Note {name}", text),
            lambda name: run("DELETE FROM notes WHERE id = %s", name),
            stop,
            {"password": PASSWORD},
            asks_for_password=True,
        )
    finally:
        stop()
        shutil.rmtree(folder, ignore_errors=True)


def _as_postgres(folder: Path) -> Callable[..., None]:
    """Runs commands as a user that is not root: the server refuses that one."""
    owner: dict[str, Any] = {}
    if os.getuid() == 0:
        import pwd

        record = pwd.getpwnam("nobody")
        os.chown(folder, record.pw_uid, record.pw_gid)
        owner = {"user": record.pw_uid, "group": record.pw_gid, "extra_groups": []}

    def run(*command: object, check: bool = True) -> None:
        subprocess.run([str(part) for part in command], check=check, stdout=subprocess.DEVNULL, cwd=folder, **owner)

    return run


# --- website --------------------------------------------------------------------------------------------------------


class SiteHandler(SimpleHTTPRequestHandler):
    """Files of a folder, with the last change of each; addresses in `sends_to` lead elsewhere."""

    sends_to: ClassVar[dict[str, str]] = {}
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path in self.sends_to:
            self.send_response(302)
            self.send_header("Location", self.sends_to[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@dataclass
class Site:
    """A web server over a folder; `handler.asked` are the addresses that were asked for."""

    folder: Path
    server: ThreadingHTTPServer
    handler: type[SiteHandler]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"

    def write_sitemap(self, pages: dict[str, str] | None = None) -> None:
        """The sitemap of all pages; `pages` gives addresses with the time of their last change."""
        found = (
            pages
            if pages is not None
            else dict.fromkeys((str(file.relative_to(self.folder)) for file in sorted(self.folder.rglob("*.html"))), "")
        )
        urls = "".join(
            f"<url><loc>{place if '://' in place else self.address + place}</loc>"
            f"{f'<lastmod>{changed}</lastmod>' if changed else ''}</url>"
            for place, changed in found.items()
        )
        text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
        (self.folder / "sitemap.xml").write_text(text, encoding="utf-8")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def start_site(folder: Path) -> Site:
    folder.mkdir(exist_ok=True)
    handler = type("Handler", (SiteHandler,), {"sends_to": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return Site(folder, server, handler)


@contextmanager
def website(folder: Path) -> Iterator[Place]:
    site = start_site(folder / "site")
    site.write_sitemap()
    clock = iter(range(1_700_000_000, 1_800_000_000, 60))

    def put(name: str, text: str) -> None:
        file = site.folder / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<html><body><p>{text}</p></body></html>", encoding="utf-8")
        # The server tells whole seconds; a test is quicker than that
        at = next(clock)
        os.utime(file, (at, at))
        site.write_sitemap()

    def drop(name: str) -> None:
        (site.folder / f"{name}.html").unlink()
        site.write_sitemap()

    source = Source(name="site", kind="website", location=site.address, options={"delay": "0"})
    try:
        yield Place(source, put, drop, site.close)
    finally:
        site.server.server_close()


# --- mail -----------------------------------------------------------------------------------------------------------


@contextmanager
def mailbox(folder: Path) -> Iterator[Place]:
    pytest.importorskip("pymap")
    port = free_port()
    program = Path(sys.executable).with_name("pymap")
    account = ("dict", "--demo-user", "support", "--demo-password", PASSWORD)
    server = subprocess.Popen(
        [str(program), "--host", "127.0.0.1", "--port", str(port), "--no-tls", "--no-service", "admin", *account],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    wait_for(port)

    client = imaplib.IMAP4("127.0.0.1", port)
    client.login("support", PASSWORD)
    client.select("INBOX")

    def drop(name: str) -> None:
        client.noop()
        for number in client.search(None, "SUBJECT", f'"{name}"')[1][0].split():
            client.store(number.decode(), "+FLAGS", "\\Deleted")
        client.expunge()

    def put(name: str, text: str) -> None:
        drop(name)  # a mail never changes; another one comes
        head = f"Subject: {name}\r\nFrom: a@example.com\r\nTo: b@example.com\r\nMessage-ID: <{time.monotonic()}@t>\r\n"
        message = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        client.append("INBOX", "", imaplib.Time2Internaldate(1_700_000_000), message.encode("utf-8"))

    def stop() -> None:
        if server.poll() is None:
            client.shutdown()
            server.terminate()
            server.wait()

    source = Source(
        name="mail",
        kind="imap",
        location=f"imap://127.0.0.1:{port}",
        options={"username": "support"},
        secrets={"password": "env:MAIL_PASSWORD"},
    )
    try:
        yield Place(source, put, drop, stop, {"password": PASSWORD}, asks_for_password=True)
    finally:
        stop()


PLACES = {
    "git": git,
    "sqlite": sqlite,
    "postgresql": postgres,
    "website": website,
    "imap": mailbox,
}
