"""Stores beyond what every connector promises: who may read an object, and whom an SFTP server is taken for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from source_places import PASSWORD, Place
from store_places import SftpServer, s3

from ingest import Pipeline
from ingest.connectors import Opening, open_connector
from ingest.connectors.checking import check
from ingest.holdings import Holdings
from ingest.source_run import SourceRunner, Wish
from knowledge.catalog import Catalog
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED_IN = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


# --- readers of objects ---------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Place]:
    with s3(tmp_path) as place:
        yield place


@pytest.fixture
def client(bucket: Place) -> Any:
    import boto3

    address = bucket.source.options["client_kwargs.endpoint_url"]
    return boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="k", aws_secret_access_key=PASSWORD, region_name="us-east-1"
    )


@pytest.fixture
def run(
    bucket: Place, catalog: Catalog, make_pipeline: Callable[..., Pipeline], tmp_path: Path
) -> Callable[..., dict[str, int]]:
    """Runs the bucket with these readers; gives how many items were fetched, unchanged and so on."""
    pipeline = make_pipeline(holdings=Holdings(catalog, tmp_path / "ws"))
    environment = {"S3_KEY": "k", "S3_SECRET": PASSWORD}
    runner = SourceRunner(
        catalog, tmp_path / "ws", lambda: pipeline, environment, str, exclude=(".*",), max_file_mb=5.0
    )

    def call(readers: str, permissions: dict[str, tuple[str, ...]]) -> dict[str, int]:
        options = {**bucket.source.options, "readers": readers}
        wanted = bucket.source.model_copy(update={"options": options, "permissions": permissions})
        check(wanted)
        known = next(iter(catalog.sources.list()), None)
        source = (
            catalog.sources.add(wanted)
            if known is None
            else catalog.sources.change(wanted.model_copy(update={"id": known.id}))
        )
        ended = runner.run(source, Wish())
        assert ended.state == "done", ended.message
        return dict(ended.report["fetched"])

    return call


def access(catalog: Catalog) -> dict[str, str]:
    return {one.path: ",".join(sorted(one.access)) for one in catalog.documents.list()}


def test_grants_of_objects_become_labels(
    bucket: Place, client: Any, run: Callable[..., dict[str, int]], catalog: Catalog
) -> None:
    """An access list that changes changes the labels, and nothing is fetched for it."""
    for name in ("open.md", "signed.md", "hr.md", "written.md", "private.md"):
        bucket.put(name, f"# {name}\n\nText of {name}.\n")

    def grant(name: str, **grants: str) -> None:
        client.put_object_acl(Bucket="papers", Key=f"shared/{name}", **grants)

    grant("open.md", GrantRead=f'uri="{EVERYBODY}"')
    grant("signed.md", GrantRead=f'uri="{SIGNED_IN}"')
    grant("hr.md", GrantFullControl='id="hr-team"', GrantRead='id="somebody"')
    grant("written.md", GrantWrite='id="hr-team"')
    mapping = {"*": (), "AuthenticatedUsers": ("staff",), "hr-team": ("hr",)}
    assert run("acl", mapping)["fetched"] == 3
    # Who may only write, and whoever is not named, reads nothing here
    assert access(catalog) == {"open.md": "", "signed.md": "staff", "hr.md": "hr"}
    grant("open.md", GrantRead='id="hr-team"')
    grant("signed.md", GrantRead='id="somebody"')
    fetched = run("acl", mapping)
    assert (fetched["fetched"], fetched["unchanged"], fetched["removed"]) == (0, 2, 1)
    assert access(catalog) == {"open.md": "hr", "hr.md": "hr"}


def test_tags_of_objects_become_labels(
    bucket: Place, client: Any, run: Callable[..., dict[str, int]], catalog: Catalog
) -> None:
    for name, tags in (("a.md", {"readers": "hr board"}), ("b.md", {"readers": "all"}), ("c.md", {"other": "hr"})):
        bucket.put(name, f"# {name}\n\nText of {name}.\n")
        found = [{"Key": key, "Value": value} for key, value in tags.items()]
        client.put_object_tagging(Bucket="papers", Key=f"shared/{name}", Tagging={"TagSet": found})
    run("tag:readers", {"hr": ("hr",), "board": ("board",), "all": ()})
    assert access(catalog) == {"a.md": "board,hr", "b.md": ""}


@pytest.mark.parametrize(
    ("location", "options", "says"),
    [
        ("s3://papers", {}, "say where an object's readers stand"),
        ("s3://papers", {"readers": "tag:"}, "say where an object's readers stand"),
        ("sftp://host/papers", {"readers": "acl"}, "only S3 tells readers"),
    ],
)
def test_permissions_that_no_store_tells_are_refused(location: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check(Source(name="x", kind="store", location=location, options=options, permissions={"*": ()}))


# --- the key of an SFTP server --------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    pytest.importorskip("paramiko")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.md").write_text("# A\n", encoding="utf-8")
    started = SftpServer(tmp_path / "files")
    yield started
    started.close()


def names(server: SftpServer, **options: str) -> list[str]:
    location = f"sftp://127.0.0.1:{server.port}/"
    source = Source(name="x", kind="store", location=location, options={"username": "reader", **options})
    with closing(open_connector(source, Opening({"password": PASSWORD}, Path()))) as connector:
        return [item.path for item in connector.items()]


def test_only_a_server_whose_key_is_known_is_told_the_password(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Unavailable, match="is not known; if it is right, add --option host_key=SHA256:") as caught:
        names(server)
    assert server.host_key in str(caught.value)
    with pytest.raises(Unavailable, match="is not known"):
        names(server, host_key="SHA256:somethingelse")
    (tmp_path / ".ssh").mkdir()
    with closing(SftpServer(tmp_path / "files")) as other:
        forged = other.known_host.replace(str(other.port), str(server.port), 1)
    (tmp_path / ".ssh" / "known_hosts").write_text(forged, encoding="utf-8")
    with pytest.raises(Unavailable, match="is not known"):
        names(server)
    assert server.asked == []
    (tmp_path / ".ssh" / "known_hosts").write_text(server.known_host, encoding="utf-8")
    assert names(server) == ["a.md"]
    assert names(server, host_key=server.host_key) == ["a.md"]
    assert server.asked == ["reader", "reader"]
    with pytest.raises(InvalidInput, match="ssh-keygen"):
        names(server, host_key="aa:bb")


def test_webdav_without_a_server_is_refused() -> None:
    pytest.importorskip("webdav4")
    with pytest.raises(InvalidInput, match="names no server"):
        open_connector(Source(name="x", kind="store", location="webdavs:///papers"), Opening({}, Path()))
