"""What single protocols need before fsspec can speak them safely: who an SFTP server is, and WebDAV's address."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from knowledge.errors import InvalidInput

if TYPE_CHECKING:
    import paramiko

_WEBDAV = {"webdav": "http", "dav": "http", "webdavs": "https", "davs": "https"}


def prepared(location: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The location and the options as the store's library takes them.

    Raises InvalidInput for options that contradict the location, ImportError when the library is missing.
    """
    protocol = urlsplit(location).scheme
    if protocol == "sftp":
        return location, _sftp(options)
    if protocol in _WEBDAV:
        return _webdav(location, options)
    return location, {"use_listings_cache": False, **options}  # the other two keep none, and refuse to be told so


def _webdav(location: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """`webdav://` is spoken over http, `webdavs://` over https; fsspec wants the server's address apart."""
    parts = urlsplit(location)
    if not parts.hostname:
        raise InvalidInput(f"{location}: names no server; write webdavs://host/folder")
    given = dict(options)
    user, password = given.pop("username", None), given.pop("password", None)
    host = parts.netloc.rpartition("@")[2]
    address = f"{_WEBDAV[parts.scheme]}://{host}"
    auth = (str(user), str(password)) if user is not None and password is not None else None
    return f"webdav://{parts.path.lstrip('/')}", {"base_url": address, "auth": auth, "trust_env": False, **given}


def _sftp(options: Mapping[str, Any]) -> dict[str, Any]:
    """Only a server whose key is known is told the password; by itself fsspec would trust whoever answers."""
    given = dict(options)
    wanted = str(given.pop("host_key", ""))
    if wanted and not wanted.startswith("SHA256:"):
        raise InvalidInput("option 'host_key': write the fingerprint as ssh-keygen -lf prints it: SHA256:…")
    return {"host_key_policy": _known_keys(wanted), "look_for_keys": False, "allow_agent": False, **given}


def _known_keys(wanted: str) -> paramiko.MissingHostKeyPolicy:
    """Lets in the server whose key has this fingerprint; without one, those in `~/.ssh/known_hosts`."""
    import paramiko

    class KnownKeys(paramiko.MissingHostKeyPolicy):  # type: ignore[misc] # the package ships no types
        def missing_host_key(self, _client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
            found = fingerprint(key.asbytes())
            file = Path("~/.ssh/known_hosts").expanduser()
            listed = file.is_file() and paramiko.HostKeys(str(file)).check(hostname, key)
            if not (found == wanted if wanted else listed):
                raise paramiko.SSHException(
                    f"the server's key {found} is not known; if it is right, add --option host_key={found}"
                )

    return KnownKeys()


def fingerprint(key: bytes) -> str:
    """A public key's fingerprint as `ssh-keygen -lf` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
