"""Real stores that documents are fetched from, started for a test: S3, FTP, SFTP and WebDAV servers."""

from __future__ import annotations

import contextlib
import ftplib
import io
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from source_places import PASSWORD, Place

from knowledge.catalog.sources import Source


@contextmanager
def s3(folder: Path) -> Iterator[Place]:
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="k", aws_secret_access_key=PASSWORD, region_name="us-east-1"
    )
    client.create_bucket(Bucket="papers")
    source = Source(
        name="bucket",
        kind="store",
        location="s3://papers/shared",
        options={"client_kwargs.endpoint_url": address, "client_kwargs.region_name": "us-east-1"},
        secrets={"key": "env:S3_KEY", "secret": "env:S3_SECRET"},
    )
    try:
        yield Place(
            source,
            lambda name, text: client.put_object(Bucket="papers", Key=f"shared/{name}", Body=text.encode()) and None,
            lambda name: client.delete_object(Bucket="papers", Key=f"shared/{name}") and None,
            server.stop,
            {"key": "k", "secret": PASSWORD},
        )
    finally:
        server.stop()


@contextmanager
def ftp(folder: Path) -> Iterator[Place]:
    pytest.importorskip("pyftpdlib")
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    logging.getLogger("pyftpdlib").setLevel(logging.ERROR)
    home = folder / "ftp"
    home.mkdir()
    authorizer = DummyAuthorizer()
    authorizer.add_user("reader", PASSWORD, str(home), perm="elradfmw")
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    port = server.address[1]
    threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.05}, daemon=True).start()

    def connected() -> ftplib.FTP:
        client = ftplib.FTP()  # noqa: S321 - the server of this test
        client.connect("127.0.0.1", port)
        client.login("reader", PASSWORD)
        return client

    clock = iter(range(1_700_000_000, 1_800_000_000, 60))

    def put(name: str, text: str) -> None:
        with connected() as client:
            client.storbinary(f"STOR {name}", io.BytesIO(text.encode()))
        at = next(clock)
        os.utime(home / name, (at, at))

    def drop(name: str) -> None:
        with connected() as client:
            client.delete(name)

    source = Source(
        name="ftp",
        kind="store",
        location=f"ftp://127.0.0.1:{port}/",
        options={"username": "reader"},
        secrets={"password": "env:FTP_PASSWORD"},
    )
    try:
        yield Place(source, put, drop, server.close_all, {"password": PASSWORD}, asks_for_password=True)
    finally:
        server.close_all()


class SftpServer:
    """An SFTP server over a folder, for one account, with a host key of its own."""

    def __init__(self, home: Path) -> None:
        import paramiko

        self._paramiko = paramiko
        self._key = paramiko.RSAKey.generate(2048)
        self._home = home
        self.asked: list[str] = []
        """Accounts that a password was sent for."""
        self._transports: list[Any] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def host_key(self) -> str:
        """The key's fingerprint, as ssh-keygen prints it."""
        return str(self._key.fingerprint)

    @property
    def known_host(self) -> str:
        """The line of a file of known hosts."""
        return f"[127.0.0.1]:{self.port} {self._key.get_name()} {self._key.get_base64()}\n"

    def close(self) -> None:
        self._socket.close()
        for transport in self._transports:
            transport.close()

    def _accept(self) -> None:
        paramiko = self._paramiko
        door, files = _sftp_parts(paramiko, self._home, self.asked)
        with contextlib.suppress(OSError):  # the socket was closed
            while True:
                connection, _ = self._socket.accept()
                transport = paramiko.Transport(connection)
                self._transports.append(transport)
                transport.add_server_key(self._key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                with contextlib.suppress(paramiko.SSHException, EOFError):  # the client did not like our key
                    transport.start_server(server=door())


def _sftp_parts(paramiko: Any, home: Path, asked: list[str]) -> tuple[type, type]:
    """What paramiko wants to be told: who may come in, and what there is to read."""

    class Door(paramiko.ServerInterface):
        def check_auth_password(self, username: str, password: str) -> int:
            asked.append(username)
            right = (username, password) == ("reader", PASSWORD)
            return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

        def check_channel_request(self, _kind: str, _number: int) -> int:
            return int(paramiko.OPEN_SUCCEEDED)

    class Files(paramiko.SFTPServerInterface):
        def _place(self, path: str) -> Path:
            return home / self.canonicalize(path).lstrip("/")

        def list_folder(self, path: str) -> Any:
            with os.scandir(self._place(path)) as entries:
                return [paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in entries]

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(self._place(path).stat())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        lstat = stat

        def open(self, path: str, flags: int, _attributes: object) -> Any:
            try:
                file = self._place(path).open("rb")
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = file
            handle.stat = lambda: self.stat(path)
            return handle

    return Door, Files


def _in_folder(home: Path) -> tuple[Any, Any]:
    """Puts and drops documents in a folder that a server shows; each has a time of its own, in whole seconds."""
    clock = iter(range(1_700_000_000, 1_800_000_000, 60))

    def put(name: str, text: str) -> None:
        (home / name).write_text(text, encoding="utf-8")
        at = next(clock)
        os.utime(home / name, (at, at))

    return put, lambda name: (home / name).unlink()


@contextmanager
def sftp(folder: Path) -> Iterator[Place]:
    pytest.importorskip("paramiko")
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    home = folder / "sftp"
    (home / "papers").mkdir(parents=True)
    put, drop = _in_folder(home / "papers")
    server = SftpServer(home)
    source = Source(
        name="sftp",
        kind="store",
        location=f"sftp://127.0.0.1:{server.port}/papers",
        options={"username": "reader", "host_key": server.host_key},
        secrets={"password": "env:SFTP_PASSWORD"},
    )
    try:
        yield Place(source, put, drop, server.close, {"password": PASSWORD}, asks_for_password=True)
    finally:
        server.close()


class ThreadedServer(ThreadingMixIn, WSGIServer):
    """A web server that answers several at once."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """Tests print nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def webdav(folder: Path) -> Iterator[Place]:
    pytest.importorskip("webdav4")
    app_module = pytest.importorskip("wsgidav.wsgidav_app")
    home = folder / "webdav"
    (home / "papers").mkdir(parents=True)
    put, drop = _in_folder(home / "papers")
    app = app_module.WsgiDAVApp(
        {
            "provider_mapping": {"/": {"root": str(home), "readonly": True}},
            "simple_dc": {"user_mapping": {"*": {"reader": {"password": PASSWORD}}}},
            "verbose": 0,
            "logging": {"enable": False},
        }
    )
    server = make_server("127.0.0.1", 0, app, ThreadedServer, QuietHandler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    source = Source(
        name="webdav",
        kind="store",
        location=f"webdav://127.0.0.1:{server.server_port}/papers",
        options={"username": "reader"},
        secrets={"password": "env:WEBDAV_PASSWORD"},
    )
    try:
        yield Place(source, put, drop, stop, {"password": PASSWORD}, asks_for_password=True)
    finally:
        stop()


STORES = {"s3": s3, "ftp": ftp, "sftp": sftp, "webdav": webdav}
