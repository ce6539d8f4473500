"""What every kind of source promises, held against real ones: a repository, databases, servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from source_places import PASSWORD, PLACES, Place
from store_places import STORES

from ingest.connectors import Opening, open_connector
from ingest.connectors.checking import check
from ingest.mirror import FetchReport, Mirror
from knowledge.catalog.sources import Source, SourceItem
from knowledge.errors import Unavailable

EVERYWHERE = PLACES | STORES


@pytest.fixture(params=EVERYWHERE)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "place"
    folder.mkdir()
    with EVERYWHERE[request.param](folder) as place:
        yield place


@pytest.fixture
def follow(place: Place, tmp_path: Path) -> Callable[..., FetchReport]:
    """Follows the source into `tmp_path / "own" / "files"`."""
    own = tmp_path / "own"
    own.mkdir()
    items: dict[str, SourceItem] = {}

    def noted(found: list[SourceItem], gone: list[str]) -> None:
        items.update({item.path: item for item in found})
        for path in gone:
            del items[path]

    def run(source: Source | None = None) -> FetchReport:
        opening = Opening(place.secrets, own, note=lambda _: None)
        with closing(open_connector(source or place.source, opening)) as connector:
            mirror = Mirror(
                connector, own / "files", dict(items), lambda _: True, noted, opening.note, max_bytes=1 << 20
            )
            return mirror.follow()

    return run


def texts(tmp_path: Path) -> list[str]:
    files = (file for file in (tmp_path / "own" / "files").rglob("*") if file.is_file())
    return sorted(file.read_text(encoding="utf-8") for file in files)


def holds(tmp_path: Path, *words: str) -> bool:
    """Whether the mirror holds exactly one file for each word."""
    found = texts(tmp_path)
    return len(found) == len(words) and all(sum(word in text for text in found) == 1 for word in words)


def test_a_source_is_followed_and_nothing_is_fetched_twice(place: Place, follow: Callable, tmp_path: Path) -> None:
    """One story, because some of these places take long to start."""
    check(place.source)
    place.put("first", "alpha 差旅")
    place.put("second", "beta")
    report = follow()
    assert (report.listed, report.fetched, report.unchanged) == (2, 2, 0)
    assert holds(tmp_path, "alpha 差旅", "beta")

    assert follow().to_json() | {"listed": 0} == FetchReport(unchanged=2).to_json()

    place.put("second", "gamma")
    report = follow()
    assert (report.fetched, report.unchanged) == (1, 1)
    assert holds(tmp_path, "alpha 差旅", "gamma")

    place.drop("first")
    report = follow()
    assert (report.removed, report.unchanged) == (1, 1)
    assert holds(tmp_path, "gamma")

    place.drop("second")
    with pytest.raises(Unavailable, match="nothing was removed"):
        follow()  # a source in which nothing is left is taken for one that is cut off
    assert holds(tmp_path, "gamma")

    if place.asks_for_password:
        right = dict(place.secrets)
        place.secrets.update(dict.fromkeys(right, "wrong-donkey-97"))
        refused(follow, "wrong-donkey-97")
        place.secrets.update(right)
    place.cut_off()
    refused(follow, PASSWORD)
    assert holds(tmp_path, "gamma")


def refused(follow: Callable, secret: str) -> None:
    with pytest.raises(Unavailable) as caught:
        follow()
    assert "\n" not in str(caught.value)
    assert secret not in str(caught.value)
