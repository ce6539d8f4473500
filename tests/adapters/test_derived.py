"""Derived folders: made once, whole or not at all."""

from pathlib import Path

import pytest

from adapters.derived import damaged_files, derived_folder


def make(place: Path) -> None:
    (place / "sub").mkdir()
    (place / "model.bin").write_bytes(b"converted")
    (place / "sub" / "part.bin").write_bytes(b"part")


def refuse(_: Path) -> None:
    raise AssertionError("made again though it was whole")


def test_it_is_made_once(tmp_path: Path) -> None:
    folder = derived_folder(tmp_path / "d", "weights-1", make)
    assert derived_folder(folder, "weights-1", refuse) == folder
    assert damaged_files(folder) == []


def test_other_weights_make_it_anew(tmp_path: Path) -> None:
    folder = derived_folder(tmp_path / "d", "weights-1", make)
    (folder / "left-over").touch()
    derived_folder(folder, "weights-2", make)
    assert not (folder / "left-over").exists()


@pytest.mark.parametrize("name", ["model.bin", "sub/part.bin"])
def test_a_cut_off_file_makes_it_anew(tmp_path: Path, name: str) -> None:
    folder = derived_folder(tmp_path / "d", "weights-1", make)
    (folder / name).write_bytes(b"c")
    derived_folder(folder, "weights-1", make)
    assert damaged_files(folder) == []


def test_an_interrupted_making_is_done_again(tmp_path: Path) -> None:
    def break_off(place: Path) -> None:
        (place / "model.bin").write_bytes(b"conv")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        derived_folder(tmp_path / "d", "weights-1", break_off)
    folder = derived_folder(tmp_path / "d", "weights-1", make)
    assert (folder / "model.bin").read_bytes() == b"converted"


def test_changed_bytes_are_found_when_all_are_read(tmp_path: Path) -> None:
    folder = derived_folder(tmp_path / "d", "weights-1", make)
    (folder / "model.bin").write_bytes(b"Converted")
    assert damaged_files(folder) == [folder / "model.bin"]


def test_a_new_layout_takes_the_place_of_older_ones_only(tmp_path: Path) -> None:
    for name in ("net-1", "net-2", "net-named-1", "net-4", "net"):
        derived_folder(tmp_path / name, "weights-1", make)
    derived_folder(tmp_path / "net-3", "weights-1", make)
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"net", "net-3", "net-4", "net-named-1"}
