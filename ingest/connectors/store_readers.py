"""Who may read the objects of an S3 store, by what the store says of each: its access control list, or a tag.

Both cost one request an object in every run, because neither changes the object's etag. Policies of buckets and
accounts are not looked at: they are programs, and what they let in depends on who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Any

from ingest.connectors.base import Item
from ingest.selection import EVERYONE

ACL = "acl"
TAG = "tag:"
_AT_ONCE = 8
_READING = frozenset({"READ", "FULL_CONTROL"})
_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


def tells_readers(how: str) -> bool:
    """Whether this says where readers stand: "acl", or "tag:NAME"."""
    return how == ACL or (how.startswith(TAG) and len(how) > len(TAG))


def with_readers(store: Any, items: Iterable[Item], how: str) -> Iterator[Item]:
    """The items of an s3fs store in their order, each with its readers. Raises OSError as the store does.

    Of an access control list those are the ids of whoever may read the object, the last part of the address of groups,
    and `*` for everybody; of a tag the words of its value. An object that has gone meanwhile has none.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        waiting = iter(items)
        while part := list(islice(waiting, _AT_ONCE * 8)):
            found = threads.map(lambda item: _readers(store, item.handle, how), part)
            yield from (replace(item, readers=readers) for item, readers in zip(part, found, strict=True))


def _readers(store: Any, place: str, how: str) -> frozenset[str]:
    bucket, key, _ = store.split_path(place)
    try:
        if how == ACL:
            return _granted(store.call_s3("get_object_acl", Bucket=bucket, Key=key)["Grants"])
        tags = store.call_s3("get_object_tagging", Bucket=bucket, Key=key)["TagSet"]
    except FileNotFoundError:
        return frozenset()
    return frozenset(word for tag in tags if tag["Key"] == how.removeprefix(TAG) for word in tag["Value"].split())


def _granted(grants: Iterable[dict[str, Any]]) -> frozenset[str]:
    names = set()
    for grant in grants:
        who = grant.get("Grantee", {})
        if grant.get("Permission") in _READING:
            address = who.get("URI", "")
            names.add(EVERYONE if address == _EVERYBODY else who.get("ID") or address.rpartition("/")[2])
    return frozenset(names - {""})
