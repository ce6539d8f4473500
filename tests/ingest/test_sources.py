"""Finding and reading files among all the odd things that a folder may hold."""

import os
import socket

import pytest

from ingest.sources import list_files, printable, read_regular_file
from ingest.types import Unreadable
from knowledge.errors import InvalidInput


def paths(folder, exclude=()):
    return [file.path for file in list_files(folder, folder, exclude) if not file.problem]


def test_order_is_fixed_and_patterns_apply(tmp_path):
    for name in ("b.md", "a/z.md", "a/b/c.md", "B.md", ".git/x", "~$lock.docx", "c/.hidden/y.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    assert paths(tmp_path, (".*", "~$*")) == ["B.md", "b.md", "a/z.md", "a/b/c.md"]


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("x", encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "loop").symlink_to(inside)
    (inside / "out").symlink_to(outside)
    (inside / "file.md").symlink_to(outside / "secret.md")
    (inside / "zero").symlink_to("/dev/zero")
    assert list(list_files(inside, inside)) == []
    with pytest.raises(Unreadable):
        read_regular_file(inside / "file.md", 1)


def test_pipes_and_sockets_are_named_not_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.md")
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")
        found = {file.path: file.problem for file in list_files(tmp_path, tmp_path)}
    assert set(found) == {"pipe.md", "socket.md"}
    assert all("not a regular file" in problem for problem in found.values())
    with pytest.raises(Unreadable, match="not a regular file"):
        read_regular_file(tmp_path / "pipe.md", 1)


def test_odd_names_are_safe_and_stay_different(tmp_path):
    names = [b"new\nline.md", b"bad\xff\xfe.md", "rtl\u202etxt.md".encode(), b"x" * 250 + b".md", "正常.md".encode()]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_text("x", encoding="utf-8")
    found = paths(tmp_path)
    assert len(set(found)) == len(names)
    assert all(path.isprintable() for path in found)
    assert "正常.md" in found
    assert printable("a\nb") != printable("a\\nb")


def test_sizes_and_missing(tmp_path):
    big = tmp_path / "big.md"
    big.write_bytes(b"x" * (1024 * 1024 + 1))
    with pytest.raises(Unreadable, match="more than max_file_mb = 1"):
        read_regular_file(big, 1)
    with pytest.raises(InvalidInput, match="no such file"):
        list(list_files(tmp_path / "none", tmp_path))


def test_closed_folder_is_a_problem(tmp_path, unprivileged):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    try:
        with unprivileged():
            (found,) = list_files(tmp_path, tmp_path)
        assert "cannot be opened" in found.problem
    finally:
        closed.chmod(0o700)
