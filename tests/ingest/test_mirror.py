"""The mirror against sources that lie, climb and break off; patterns, and definitions that hold secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.connectors import kind_of
from ingest.connectors.base import Fetched, Item, ItemGone, ItemUnavailable
from ingest.connectors.checking import check
from ingest.mirror import Mirror, safe_path
from ingest.selection import Patterns, labels_for
from knowledge.catalog.sources import Source, SourceItem
from knowledge.errors import InvalidInput, Unavailable


@dataclass
class Shelf:
    """A source in memory, as a connector shows it; `broken` are keys that raise."""

    content: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, Exception] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def items(self) -> Iterator[Item]:
        for key, data in self.content.items():
            yield Item(key, key, str(hash(data)), self.sizes.get(key, len(data)))
        if "listing" in self.broken:
            raise self.broken["listing"]

    def fetch(self, item: Item, known: str) -> Fetched | None:  # noqa: ARG002 - the seam's signature
        return Fetched(self._pieces(item), item.version)

    def _pieces(self, item: Item) -> Iterator[bytes]:
        yield self.content[item.handle][:3]
        if item.handle in self.broken:
            raise self.broken[item.handle]
        yield self.content[item.handle][3:]

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path / "own" / "files"


@pytest.fixture
def follow(files: Path) -> Callable[..., Mirror]:
    items: dict[str, SourceItem] = {}

    def run(shelf: Shelf, **options: object) -> Mirror:
        def noted(found: Sequence[SourceItem], gone: Sequence[str]) -> None:
            items.update({item.path: item for item in found})
            for path in gone:
                items.pop(path)

        files.parent.mkdir(exist_ok=True)
        mirror = Mirror(shelf, files, dict(items), lambda _: True, noted, lambda _: None, 1000, **options)
        mirror.follow()
        return mirror

    return run


def names(files: Path) -> list[str]:
    return sorted(str(file.relative_to(files)) for file in files.rglob("*") if file.is_file())


HOSTILE = ["../up", "a/../../b", "/..", "..", "", "/", "./.", "a/./b", "access.yaml"]


def test_names_that_climb_stay_outside(follow: Callable[..., Mirror], files: Path, tmp_path: Path) -> None:
    shelf = Shelf({**dict.fromkeys(HOSTILE, b"bad"), "good.md": b"good", "/etc/passwd": b"inside"})
    mirror = follow(shelf)
    assert names(files) == ["etc/passwd", "good.md"]
    assert mirror.report.left_out == len(HOSTILE)
    assert {path.name for path in tmp_path.iterdir()} <= {"own"}
    assert names(tmp_path / "own") == ["files/etc/passwd", "files/good.md"]


ODD = [
    "a:b.md",
    "a?b.md",
    "a\nb.md",
    "a_b.md",
    "x" * 300 + ".md",
    "中" * 120 + ".md",
    "end. ",
    "a\\b.md",
    "nul\0.md",
    "caf\udce9.md",
]


def test_odd_names_become_files_that_stay_apart(follow: Callable[..., Mirror], files: Path) -> None:
    shelf = Shelf({name: name.encode("utf-8", "surrogateescape") for name in ODD})
    follow(shelf)
    assert len(names(files)) == len(ODD)
    assert all(len(name.encode()) < 256 and name.isprintable() for name in names(files))
    assert {(files / name).read_bytes() for name in names(files)} == set(shelf.content.values())
    assert follow(shelf).report.unchanged == len(ODD)


def test_a_source_whose_rules_cannot_be_fetched_is_not_read(follow: Callable[..., Mirror]) -> None:
    shelf = Shelf({"a.md": b"a", "access.yaml": b"'': [hr]"}, sizes={"access.yaml": 5000})
    with pytest.raises(Unavailable, match="who may read"):
        follow(shelf, own_rules=True)


def test_a_name_that_is_file_and_folder_is_both(follow: Callable[..., Mirror], files: Path) -> None:
    follow(Shelf({"a": b"one", "a/b": b"two"}))
    assert len(names(files)) == 2
    # and what was a file may become a folder, and back
    follow(Shelf({"c": b"1"}))
    follow(Shelf({"c/d": b"2"}))
    assert names(files) == ["c/d"]
    follow(Shelf({"c": b"3"}))
    assert names(files) == ["c"]


def test_a_link_in_the_mirror_is_not_written_through(
    follow: Callable[..., Mirror], files: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    files.mkdir(parents=True)
    (files / "docs").symlink_to(tmp_path / "outside")
    follow(Shelf({"docs/a.md": b"text"}))
    assert list((tmp_path / "outside").iterdir()) == []
    assert names(files) == ["docs/a.md"]


@pytest.mark.parametrize(
    ("problem", "kept"), [(ItemUnavailable("later"), b"old text"), (ItemGone("gone"), None)], ids=["later", "gone"]
)
def test_an_item_that_breaks_off_costs_nothing_else(
    follow: Callable[..., Mirror], files: Path, problem: Exception, kept: bytes | None
) -> None:
    follow(Shelf({"a.md": b"old text", "b.md": b"b"}))
    follow(Shelf({"a.md": b"new text", "b.md": b"better"}, broken={"a.md": problem}))
    assert (files / "b.md").read_bytes() == b"better"
    assert ((files / "a.md").read_bytes() if (files / "a.md").exists() else None) == kept


def test_a_listing_that_breaks_off_removes_nothing(follow: Callable[..., Mirror], files: Path) -> None:
    follow(Shelf({"a.md": b"a", "b.md": b"b"}))
    with pytest.raises(Unavailable):
        follow(Shelf({"a.md": b"a"}, broken={"listing": Unavailable("lost")}))
    assert names(files) == ["a.md", "b.md"]


def test_a_file_that_is_larger_than_it_says_ends_at_the_limit(follow: Callable[..., Mirror], files: Path) -> None:
    mirror = follow(Shelf({"a.md": b"x" * 5000, "b.md": b"y" * 5000, "c.md": b"c"}, sizes={"a.md": 5, "b.md": 5000}))
    assert names(files) == ["c.md"]
    assert mirror.report.failed == 2


def test_a_path_that_is_safe_stays_as_it_is() -> None:
    assert safe_path("handbook/差旅 制度.v2.md") == "handbook/差旅 制度.v2.md"


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        ((), (), {"a.md", "docs/b.md", "docs/old/c.txt"}),
        (("*.md",), (), {"a.md", "docs/b.md"}),
        (("docs",), (), set()),  # a folder is named with its files
        (("docs/*",), (), {"docs/b.md", "docs/old/c.txt"}),
        (("docs/**",), ("old",), {"docs/b.md"}),
        ((), ("docs/old",), {"a.md", "docs/b.md"}),
        ((), ("*",), set()),
    ],
)
def test_patterns(include: tuple[str, ...], exclude: tuple[str, ...], taken: set[str]) -> None:
    patterns = Patterns(include, exclude)
    assert {path for path in ("a.md", "docs/b.md", "docs/old/c.txt") if patterns.take(path)} == taken


@pytest.mark.parametrize(
    ("readers", "labels"),
    [
        ({"sales"}, {"s"}),
        ({"sales", "hr"}, {"s", "h"}),
        ({"*"}, set()),
        ({"*", "hr"}, set()),
        ({"x"}, None),
        ((), None),
    ],
)
def test_readers_map_to_labels(readers: set[str], labels: set[str] | None) -> None:
    assert labels_for(readers, {"sales": ("s",), "hr": ("h",), "*": ()}) == labels


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("/data/docs", "folder"),
        ("docs", "folder"),
        ("https://wiki.example.com/handbook/", "website"),
        ("https://git.example.com/team/wiki.git", "git"),
        ("git@git.example.com:team/wiki", "git"),
        ("ssh://git@git.example.com/wiki", "git"),
        ("imaps://mail.example.com", "imap"),
        ("postgresql+psycopg://db/crm", "sql"),
        ("sqlite:///crm.db", "sql"),
        ("s3://bucket/folder", "store"),
        ("sftp://host/folder", "store"),
    ],
)
def test_the_kind_is_seen_in_the_location(location: str, kind: str) -> None:
    assert kind_of(location) == kind


QUERY = {"query": "SELECT 1 AS id", "key": "id"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "sql", "location": "postgresql://me:hunter2@db/crm", "options": QUERY}, "holds a password"),
        ({"kind": "git", "location": "https://me:hunter2@git.example.com/x.git"}, "holds a password"),
        ({"kind": "website", "location": "https://example.com/?access_token=hunter2"}, "looks like a secret"),
        ({"kind": "store", "location": "s3://b", "options": {"secret": "hunter2"}}, "looks like a secret"),
        ({"kind": "store", "location": "s3://b", "secrets": {"secret": "hunter2"}}, "not a reference"),
        (
            {"kind": "website", "location": "https://a.b/", "options": {"proxy": "http://u:hunter2@p"}},
            "holds a password",
        ),
        ({"kind": "sql", "location": "sqlite:///x", "options": {"query": "SELECT 1"}}, "needs the option key"),
        ({"kind": "imap", "location": "imaps://m", "options": {"username": "u"}}, "needs its password"),
        ({"kind": "git", "location": "x.git", "options": {"brunch": "main"}}, "no such option"),
        ({"kind": "git", "location": "x.git", "secrets": {"token": "env:X"}}, "no such secret"),
        ({"kind": "git", "location": "x.git", "permissions": {"*": ()}}, "tells none"),
        ({"kind": "sql", "location": "sqlite:///x", "options": QUERY, "permissions": {"*": ()}}, "column"),
        ({"kind": "folder", "location": "/no/such/folder"}, "no such folder"),
        ({"kind": "folder", "location": "/", "access_file": "/no/such.yaml"}, "no such access file"),
        ({"kind": "folder", "location": "/", "rules": {"../x": ("a",)}}, "plain folders"),
        ({"kind": "folder", "location": "/", "rules": {"x": ("a,b",)}}, "access label"),
    ],
)
def test_definitions_that_cannot_work_or_hold_a_secret_are_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        check(Source(name="s", **fields))
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
