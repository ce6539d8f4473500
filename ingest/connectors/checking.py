"""Whether a source's definition can work, and holds no secret in clear."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from ingest.access import load_access, merged
from ingest.connectors.store_readers import tells_readers
from knowledge.catalog.sources import Source, SourceKind
from knowledge.errors import InvalidInput

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|credential|api_?key|access_?key|connection_string|^sig$|^key$"
)
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")

OPTIONS: Mapping[SourceKind, Mapping[str, str]] = {
    "folder": {},
    "store": {},  # whatever the store's own library takes
    "git": {"branch": "the branch; none: the repository's own choice", "username": "for https", "folder": "only below"},
    "website": {
        "sitemap": "address of the sitemap; none: as robots.txt says, else /sitemap.xml",
        "max_pages": "pages fetched at most, 5000",
        "delay": "seconds between two requests, 0.2",
        "user_agent": "how we introduce ourselves",
        "proxy": "http://host:3128 if it is reached through one",
    },
    "imap": {
        "username": "the account",
        "folders": "folders of the mailbox, as A,B; none: INBOX",
        "since_days": "only mails of so many days",
    },
    "sql": {
        "query": "SELECT … that gives one row per document",
        "key": "column that names a row for ever",
        "title": "column with the title",
        "text": "template with {column}; none: every column in a line of its own",
        "modified": "column with the time of the last change",
        "readers": "column with the names of those who may read it, as A,B",
        "max_rows": "rows at most, 100000",
        "username": "the account",
    },
}
SECRETS: Mapping[SourceKind, frozenset[str]] = {
    "folder": frozenset(),
    "git": frozenset({"password", "ssh_key"}),
    "website": frozenset({"password", "proxy_password"}),
    "imap": frozenset({"password"}),
    "sql": frozenset({"password"}),
}
TELL_READERS: frozenset[SourceKind] = frozenset({"folder", "sql", "store"})
"""Kinds of sources that know who may read what; of stores only S3."""
_NEEDED: Mapping[SourceKind, tuple[str, ...]] = {"imap": ("username",), "sql": ("query", "key")}


def check(source: Source) -> None:
    """Raises InvalidInput in one line that says what to change."""
    _no_secret_in(source)
    if source.kind != "store":
        _known(source, "option", source.options, OPTIONS[source.kind])
        _known(source, "secret", source.secrets, SECRETS[source.kind])
    for name in _NEEDED.get(source.kind, ()):
        if not source.options.get(name):
            about = OPTIONS[source.kind][name]
            raise InvalidInput(f"a {source.kind} source needs the option {name}: {about} (--option {name}=…)")
    if source.kind == "imap" and "password" not in source.secrets:
        raise InvalidInput("an imap source needs its password: --secret password=env:NAME or password=file:PATH")
    if source.kind == "folder" and not Path(source.location).is_dir():
        raise InvalidInput(f"{source.location}: no such folder; check the path, or mount it")
    if source.access_file:
        load_access(Path(source.access_file))
    merged(None, source.rules)
    if source.permissions is not None:
        _tells_readers(source)
    if source.location.startswith("sqlite:///") and not Path(source.location.removeprefix("sqlite:///")).is_absolute():
        raise InvalidInput(f"{source.location}: write the file's path from the root on: sqlite:////data/crm.db")


def _known(source: Source, what: str, given: Iterable[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise InvalidInput(f"{what} {name!r}: a {source.kind} source has no such {what}; it has: {names}")


def _tells_readers(source: Source) -> None:
    if source.kind not in TELL_READERS:
        raise InvalidInput(f"permissions: a {source.kind} source tells none; use access labels or an access file")
    if source.kind == "store":
        if urlsplit(source.location).scheme not in {"s3", "s3a"}:
            raise InvalidInput("permissions: of stores only S3 tells readers; use access labels or an access file")
        if not tells_readers(source.options.get("readers", "")):
            raise InvalidInput(
                "permissions: say where an object's readers stand: --option readers=acl, or --option readers=tag:NAME"
            )
    if source.kind == "sql" and not source.options.get("readers"):
        raise InvalidInput("permissions: name the column with the readers too (--option readers=COLUMN)")


def _no_secret_in(source: Source) -> None:
    hint = "give it as a reference: --secret password=env:NAME or --secret password=file:PATH"
    try:
        parts = urlsplit(source.location) if "://" in source.location else None
        password = parts.password if parts else None
    except ValueError as error:
        raise InvalidInput(f"location: cannot be read as an address: {error}") from error
    if password is not None:
        raise InvalidInput(f"location: holds a password, which would be stored in clear; {hint}")
    for name, _ in parse_qsl(parts.query) if parts else ():
        if _SECRET_NAME.search(name.lower()):
            raise InvalidInput(f"location: {name!r} looks like a secret, which would be stored in clear; {hint}")
    for name, value in source.options.items():
        if re.search(r"//[^/@\s]*:[^/@\s]+@", value):
            raise InvalidInput(f"option {name!r}: holds a password, which would be stored in clear; {hint}")
        if _SECRET_NAME.search(name.lower()) and (source.kind, name) != ("sql", "key"):
            raise InvalidInput(
                f"option {name!r}: looks like a secret, which would be stored in clear; give it as a reference: "
                f"--secret {name}=env:NAME or --secret {name}=file:PATH"
            )
    for name, reference in source.secrets.items():
        if not _REFERENCE.fullmatch(reference):
            raise InvalidInput(
                f"secret {name!r}: is not a reference; write env:NAME for a variable or file:PATH for a file"
            )
