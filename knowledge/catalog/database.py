"""`Catalog`: opening the file, its transactions, and the table families as attributes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from knowledge.catalog.migrating import bring_to_head
from knowledge.errors import Damaged, NotFound, Unavailable

if TYPE_CHECKING:
    from knowledge.catalog.accounts import Accounts
    from knowledge.catalog.audit import Audit
    from knowledge.catalog.candidates import Candidates
    from knowledge.catalog.centres import LanguageCentres
    from knowledge.catalog.conversations import Conversations
    from knowledge.catalog.decisions import Decisions
    from knowledge.catalog.documents import Documents
    from knowledge.catalog.feedback import Feedback
    from knowledge.catalog.generations import Generations
    from knowledge.catalog.leases import Leases
    from knowledge.catalog.listing import Listing
    from knowledge.catalog.mentions import Mentions
    from knowledge.catalog.news import News
    from knowledge.catalog.proposals import Proposals
    from knowledge.catalog.queries import SavedQueries
    from knowledge.catalog.reaches import Reaches
    from knowledge.catalog.releases import Releases
    from knowledge.catalog.revisions import Revisions
    from knowledge.catalog.runs import Quarantine, Runs
    from knowledge.catalog.schedules import Schedules
    from knowledge.catalog.sessions import Sessions
    from knowledge.catalog.source_runs import SourceRuns
    from knowledge.catalog.sources import Sources
    from knowledge.catalog.tokens import ApiTokens
    from knowledge.catalog.versions import Versions
    from knowledge.catalog.watches import Watches
    from knowledge.protocols import Progress

BUSY_TIMEOUT_MS = 30_000
SQLITE_MAGIC = b"SQLite format 3\x00"
_PAGES_AT_ONCE = 4096


_log = structlog.get_logger(__name__)


class Catalog:
    """The workspace's single source of truth. Safe from many threads; any number of processes may open it."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self.path = path
        self.engine = engine
        self._writing = engine.execution_options(plumbline_write=True)

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Catalog:
        """The catalog at `path`, brought to the newest schema (after a copy of the file when it is an older one).

        Raises NotFound when the file is missing and `create` is false, Damaged when it is no catalog, Unavailable
        when a newer version of the program made it.
        """
        if not path.is_file():
            if not create:
                raise NotFound(
                    f"{path}: no catalog here; run `plumbline init` in this folder or name another workspace"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            _check_header(path)
        engine = _engine(path)
        with ExitStack() as undo:
            undo.callback(engine.dispose)
            bring_to_head(path, engine)
            undo.pop_all()
        return cls(path, engine)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: takes SQLite's write lock at once, commits at the end, rolls back on any error."""
        try:
            with self._writing.begin() as connection:
                yield connection
        except OperationalError as error:
            raise _explained(self.path, error) from error

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection for reading; all its reads see the state of the first one."""
        with self.engine.connect() as connection:
            yield connection

    def backup(self, target: Path, progress: Progress | None = None) -> None:
        """Copy the catalog, consistent even while others write, to `target`."""
        copy_file(self.path, target, progress)

    def checkpoint(self) -> None:
        """Empty the write-ahead log into the file, as far as readers allow: removed text leaves the disk."""
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            # Whoever reads just now is not waited for as long as a writer would be
            cursor.execute("PRAGMA busy_timeout=500")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.OperationalError as error:  # the disk is full; the log stays, and is emptied another time
                _log.warning("checkpoint_put_off", error=str(error))
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        finally:
            connection.close()

    def close(self) -> None:
        """Close all idle connections. Using the catalog afterwards opens new ones."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    # Each family is imported when first used, so that a command loads only what it needs.

    @cached_property
    def documents(self) -> Documents:
        """Documents, chunks, vectors, and who may read them."""
        from knowledge.catalog.documents import Documents

        return Documents(self)

    @cached_property
    def runs(self) -> Runs:
        """Ingestion and other jobs."""
        from knowledge.catalog.runs import Runs

        return Runs(self)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Files that could not be read."""
        from knowledge.catalog.runs import Quarantine

        return Quarantine(self)

    @cached_property
    def listing(self) -> Listing:
        """Pages of the list of documents."""
        from knowledge.catalog.listing import Listing

        return Listing(self)

    @cached_property
    def decisions(self) -> Decisions:
        """What operators decided about single files."""
        from knowledge.catalog.decisions import Decisions

        return Decisions(self)

    @cached_property
    def sources(self) -> Sources:
        """Where documents are fetched from."""
        from knowledge.catalog.sources import Sources

        return Sources(self)

    @cached_property
    def schedules(self) -> Schedules:
        """When sources are run."""
        from knowledge.catalog.schedules import Schedules

        return Schedules(self)

    @cached_property
    def source_runs(self) -> SourceRuns:
        """Runs of sources, with progress and log."""
        from knowledge.catalog.source_runs import SourceRuns

        return SourceRuns(self)

    @cached_property
    def leases(self) -> Leases:
        """Who may write derived state."""
        from knowledge.catalog.leases import Leases

        return Leases(self)

    @cached_property
    def generations(self) -> Generations:
        """Published states of the indexes."""
        from knowledge.catalog.generations import Generations

        return Generations(self)

    @cached_property
    def centres(self) -> LanguageCentres:
        """What embedding models make of languages."""
        from knowledge.catalog.centres import LanguageCentres

        return LanguageCentres(self)

    @cached_property
    def revisions(self) -> Revisions:
        """Revisions of the term graph."""
        from knowledge.catalog.revisions import Revisions

        return Revisions(self)

    @cached_property
    def proposals(self) -> Proposals:
        """Changes of the term graph that wait, and what is said about it."""
        from knowledge.catalog.proposals import Proposals

        return Proposals(self)

    @cached_property
    def releases(self) -> Releases:
        """Named revisions of the term graph."""
        from knowledge.catalog.releases import Releases

        return Releases(self)

    @cached_property
    def mentions(self) -> Mentions:
        """Where documents and answers may mention something."""
        from knowledge.catalog.mentions import Mentions

        return Mentions(self)

    @cached_property
    def candidates(self) -> Candidates:
        """What documents and the checker offer for the term graph."""
        from knowledge.catalog.candidates import Candidates

        return Candidates(self)

    @cached_property
    def watches(self) -> Watches:
        """Who watches which concepts."""
        from knowledge.catalog.watches import Watches

        return Watches(self)

    @cached_property
    def reaches(self) -> Reaches:
        """For which languages and schemes people may change the term graph."""
        from knowledge.catalog.reaches import Reaches

        return Reaches(self)

    @cached_property
    def queries(self) -> SavedQueries:
        """Queries of the term graph that people keep."""
        from knowledge.catalog.queries import SavedQueries

        return SavedQueries(self)

    @cached_property
    def news(self) -> News:
        """Who is told of changes of the term graph by e-mail."""
        from knowledge.catalog.news import News

        return News(self)

    @cached_property
    def accounts(self) -> Accounts:
        """People who may sign in."""
        from knowledge.catalog.accounts import Accounts

        return Accounts(self)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        from knowledge.catalog.sessions import Sessions

        return Sessions(self)

    @cached_property
    def tokens(self) -> ApiTokens:
        """Which programs may call the service."""
        from knowledge.catalog.tokens import ApiTokens

        return ApiTokens(self)

    @cached_property
    def conversations(self) -> Conversations:
        """Questions and answers, per person."""
        from knowledge.catalog.conversations import Conversations

        return Conversations(self)

    @cached_property
    def feedback(self) -> Feedback:
        """What people said about answers."""
        from knowledge.catalog.feedback import Feedback

        return Feedback(self)

    @cached_property
    def versions(self) -> Versions:
        """Model versions, and which of them answers whom."""
        from knowledge.catalog.versions import Versions

        return Versions(self)

    @cached_property
    def audit(self) -> Audit:
        """Who did what."""
        from knowledge.catalog.audit import Audit

        return Audit(self)


def copy_file(source: Path, target: Path, progress: Progress | None = None) -> None:
    """The content of one SQLite file in another, made or replaced in one transaction, through its backup interface.

    The copy is of one moment, however much is written meanwhile, and others may go on reading both files. `progress`
    counts pages. Raises sqlite3.DatabaseError for a file that is damaged.
    """

    def report(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        for connection in (old, new):
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        # A read transaction over all steps: without it a copy would begin anew whenever another process commits
        old.isolation_level = None
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(new, pages=_PAGES_AT_ONCE, progress=report, sleep=0)


def _explained(path: Path, error: OperationalError) -> Exception:
    """The error as one line where the person can do something about it, else as it is."""
    text = str(error.orig)
    if "full" in text:
        return Unavailable(f"{path}: no room left on the disk; make room and try again (nothing was half written)")
    if "I/O error" in text:
        return Unavailable(f"{path}: the disk refuses: no room for a file of this size, or the disk itself is failing")
    if "locked" in text or "busy" in text:
        return Unavailable(f"{path}: another process has been writing for {BUSY_TIMEOUT_MS // 1000} s; try again")
    if "readonly" in text or "unable to open" in text:
        return Unavailable(f"{path}: may not be written by this account; check the permissions of file and folder")
    return error


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(len(SQLITE_MAGIC))
    if head and head != SQLITE_MAGIC:
        raise Damaged(f"{path}: not a catalog (no SQLite header); restore it with `plumbline restore`")


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _prepare_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_connection(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by its own rules; `_begin` does it instead
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a transaction that will write must not find out half-way that another one wrote in between
    write = connection.get_execution_options().get("plumbline_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
