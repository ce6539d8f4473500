"""A branch of a Git repository: its files as they stand there, without a working copy.

The `git` program fetches one commit into a bare repository of our own. Nothing of the repository is executed: there is
no checkout, so no hook, filter or link of it takes effect, and only its plain files are read.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from ingest.connectors.base import Fetched, Item, ItemUnavailable, Opening
from knowledge.catalog.sources import Source
from knowledge.errors import InvalidInput, Unavailable

_PLAIN_FILES: Final = {"100644", "100755"}
_FETCH_SECONDS = 1800.0
_PIECE = 1 << 20
_HERE = "refs/plumbline/fetched"


class GitConnector:
    """Files of a branch; the version of each is the hash of its content."""

    def __init__(self, source: Source, opening: Opening) -> None:
        program = shutil.which("git")
        if program is None:
            raise Unavailable("git: the program is not installed; install it on this machine")
        if source.location.startswith("-"):
            raise InvalidInput(f"{source.location!r}: is no address of a repository")
        self._program = program
        self._location = source.location
        self._branch = source.options.get("branch", "")
        self._below = source.options.get("folder", "").strip("/")
        self._opening = opening
        self._store = opening.folder / "repository"
        self._environment = _environment(source, opening)
        self._reader: subprocess.Popen[bytes] | None = None

    def items(self) -> Iterator[Item]:
        """The plain files of the branch as it is now."""
        self._fetch()
        at = self._git("log", "-1", "--format=%ct", _HERE).strip()
        tree = f"{_HERE}:{self._below}" if self._below else _HERE
        for entry in self._git("ls-tree", "-r", "-z", "-l", "--full-tree", tree).split("\0"):
            if not entry:
                continue
            about, _, path = entry.partition("\t")
            mode, kind, digest, size = about.split()
            if kind == "blob" and mode in _PLAIN_FILES:
                yield Item(path, digest, version=digest, bytes=int(size), modified_at=float(at))

    def fetch(self, item: Item, known: str) -> Fetched | None:  # noqa: ARG002 - equal versions were seen before
        """The content of one file."""
        return Fetched(self._content(item), item.version)

    def close(self) -> None:
        """End the program that gives contents."""
        if self._reader is not None:
            for stream in (self._reader.stdin, self._reader.stdout):
                if stream is not None:
                    stream.close()
            self._reader.wait()
            self._reader = None

    def _content(self, item: Item) -> Iterator[bytes]:
        if self._reader is None:
            self._reader = subprocess.Popen(
                [self._program, "cat-file", "--batch"],
                cwd=self._store,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        asked, given = _pipes(self._reader)
        asked.write(f"{item.handle}\n".encode("ascii"))
        asked.flush()
        head = given.readline().split()
        if len(head) != 3:  # noqa: PLR2004 - hash, kind, size; else "… missing"
            raise ItemUnavailable("the repository does not give its content")
        left = int(head[2])
        while left:
            piece = given.read(min(left, _PIECE))
            if not piece:
                raise Unavailable(f"{self._location}: git ended while a file was read; run it again")
            left -= len(piece)
            yield piece
        given.read(1)

    def _fetch(self) -> None:
        if not (self._store / "HEAD").is_file():
            self._store.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._git("init", "--bare", "--quiet", ".")
        wanted = f"refs/heads/{self._branch}" if self._branch else "HEAD"
        self._git(
            *("fetch", "--quiet", "--depth=1", "--no-tags", "--force", "--no-recurse-submodules"),
            *("--", self._location, f"+{wanted}:{_HERE}"),
        )

    def _git(self, *arguments: str) -> str:
        """What git prints. Raises Unavailable with its first line of complaint."""
        try:
            done = subprocess.run(
                [self._program, *arguments],
                cwd=self._store,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_FETCH_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{self._location}: git did not answer within {_FETCH_SECONDS:.0f} s") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
            reason = next((line for line in said if line.startswith(("fatal:", "error:"))), said[0])
            raise Unavailable(f"{self._location}: git cannot fetch it: {reason}; check address, branch and access")
        return done.stdout.decode("utf-8", "surrogateescape")


def _environment(source: Source, opening: Opening) -> dict[str, str]:
    """Settings for git by its environment, where other users of the machine cannot read them as they can arguments."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = [("http.followRedirects", "false"), ("protocol.version", "2"), ("gc.auto", "0")]
    password = opening.secret("password")
    if password:
        pair = f"{source.options.get('username', 'git')}:{password}".encode()
        settings.append(("http.extraHeader", f"Authorization: Basic {b64encode(pair).decode('ascii')}"))
    ssh = ["ssh", "-oBatchMode=yes", "-oConnectTimeout=20"]
    reference = source.secrets.get("ssh_key", "")
    if reference.startswith("env:"):
        raise InvalidInput("secret 'ssh_key': must be a file: --secret ssh_key=file:/path/of/the/key")
    if reference:
        ssh += ["-oIdentitiesOnly=yes", "-i", str(Path(reference.removeprefix("file:")).expanduser())]
    return {
        **kept,
        **_configuration(settings),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:http:https:ssh:git",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_SSH_COMMAND": shlex.join(ssh),
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
    }


def _configuration(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    numbered = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        numbered |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return numbered


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the process was started with pipes")
    return process.stdin, process.stdout
