"""Desensitizing beside a run: in processes of its own the same as here, in order, and a crash costs one document."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Options

from ingest.child import Child
from ingest.desensitize import Desensitizer, Directory, Policy
from ingest.desensitize.directory import Colleague
from ingest.desensitize.policy import Action, Override
from ingest.desensitize.spans import stretches
from ingest.desensitize.vault import Vault, VaultKeys
from ingest.examining import Examiner, _Beside
from ingest.pipeline import Pipeline
from ingest.sources import SourceFile
from ingest.survey import Candidate
from ingest.types import Block, Limits, LoadedDocument, Unreadable
from knowledge.errors import NotFound

KEY = b"\x07" * 32
TEXT = "员工王小明的电话是 13812345678，邮箱 wang@corp.example。Signed by John Smith."
LIMITS = Limits(seconds=60.0, memory_mb=700)


def document(text: str = TEXT, times: int = 1) -> LoadedDocument:
    blocks = tuple(Block("text", f"{text} {number}", page=number) for number in range(times))
    return LoadedDocument("text", blocks, title="致李四光", metadata={"phone": "13900001111"}, content_hash="c0ffee")


def candidate(folder: Path, name: str = "a.txt") -> Candidate:
    file = SourceFile(location=folder / name, root=folder, path=name, bytes=1, modified_at=0.0)
    return Candidate(file, None, frozenset())


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(tmp_path_factory.mktemp("vault") / "vault.sqlite", VaultKeys((b"\x01" * 32,)))


@pytest.fixture(scope="module")
def strange(vault: Vault) -> Desensitizer:
    """A policy with an exception, a directory, and a vault."""
    override = Override(labels=("hr",), default=Action.TAG)
    policy = Policy(find={"PERSON": ("Zephyr",)}, overrides=(override,), colleagues=Action.PSEUDONYM)
    return Desensitizer(policy, KEY, Directory([Colleague(("John Smith", "约翰"))], "d1"), vault)


@pytest.fixture(scope="module")
def beside(strange: Desensitizer) -> Iterator[_Beside]:
    made = _Beside(strange.recipe(), LIMITS)
    assert made.is_ready(wait=True)
    yield made
    made.kill()
    made.end()


@pytest.mark.parametrize("labels", [(), ("hr",)])
@pytest.mark.parametrize("text", [TEXT, "Zephyr 与约翰见面", ""])
def test_the_same_as_here(strange: Desensitizer, beside: _Beside, text: str, labels: tuple[str, ...]) -> None:
    view = strange.for_document(Path("/s/a.txt"), "a.txt", frozenset(labels))
    assert beside.examined(view, document(text, 3), len(text)) == view.examined(document(text, 3))


def test_the_key_is_told_through_the_pipe_alone(beside: _Beside) -> None:
    process = Path(f"/proc/{beside._child._popen.pid}")  # type: ignore[union-attr]
    for told in ("cmdline", "environ"):
        assert KEY not in (process / told).read_bytes()
        assert KEY.hex().encode() not in (process / told).read_bytes()
    opened = {str(one.readlink()) for one in (process / "fd").iterdir()}
    assert {one.partition(":")[0] for one in opened} <= {"pipe", "/dev/null"}


def kill(beside: _Beside) -> None:
    os.kill(beside._child._popen.pid, signal.SIGKILL)  # type: ignore[union-attr]
    beside._child._popen.wait()  # type: ignore[union-attr]


def test_after_a_crash_it_is_tried_once_more(strange: Desensitizer, beside: _Beside) -> None:
    kill(beside)
    assert beside.examined(strange, document(), 10) == strange.examined(document())


def test_a_second_crash_costs_the_document(
    strange: Desensitizer, beside: _Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = _Beside.is_ready

    def dies(self: _Beside, *, wait: bool) -> bool:
        ready = real(self, wait=wait)
        kill(self)
        return ready

    with monkeypatch.context() as patch:
        patch.setattr(_Beside, "is_ready", dies)
        refused = beside.examined(strange, document(), 10)
    assert isinstance(refused, Unreadable)
    assert str(refused).startswith("crashed what desensitizes it twice")
    assert (refused.content_hash, refused.passing) == ("", False), "so that the next run tries it again"


def test_too_much_memory_is_a_reason(strange: Desensitizer) -> None:
    small = _Beside(strange.recipe(), Limits(memory_mb=16))
    try:
        assert small.is_ready(wait=True)
        refused = small.examined(strange, document(TEXT * 20, 400), 400)
        assert str(refused) == "needs more than 16 MiB of memory to desensitize"
    finally:
        small.kill()
        small.end()


def test_in_order_with_refusals_between(tmp_path: Path, strange: Desensitizer) -> None:
    bad = Unreadable("damaged")
    outcomes = [document(f"{TEXT} {number}") if number % 3 else bad for number in range(12)]
    files = [candidate(tmp_path, f"{number}.txt") for number in range(12)]
    with Examiner(strange, LIMITS, 2, expected=300) as examiner:
        assert all(one.is_ready(wait=True) for one in examiner._all)
        found = list(examiner.ahead(zip(files, outcomes, strict=True)))
        children = [one._child._popen for one in examiner._all]  # type: ignore[union-attr]
    assert [one for one, _, _ in found] == files
    here = [strange.examined(one) if isinstance(one, LoadedDocument) else bad for one in outcomes]
    assert [result for _, _, result in found] == here
    assert all(child.poll() is not None for child in children), "nothing is left running"


def test_the_vault_hears_of_values_from_here(strange: Desensitizer, beside: _Beside, vault: Vault) -> None:
    text = "他的电话是 13700009999"
    placeholder = strange.untold().desensitize(text)[0].removeprefix("他的电话是 ")
    assert isinstance(beside.examined(strange.untold(), document(text), 10), tuple)
    with pytest.raises(NotFound):
        vault.reveal(placeholder)
    result = beside.examined(strange, document(text), 10)
    assert isinstance(result, tuple)
    assert placeholder in result[0].blocks[0].text
    assert vault.reveal(placeholder) == ["13700009999"]


def test_a_run_with_many_files_that_is_interrupted_and_goes_on(
    tmp_path: Path, make_pipeline: Callable[..., Pipeline], desensitizer: Desensitizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(24):
        (folder / f"d{number}.txt").write_text(f"{TEXT} {number}", encoding="utf-8")
    asked = []
    real = _Beside.examined
    monkeypatch.setattr("ingest.examining._HERE", 10)  # so that it waits for its process
    monkeypatch.setattr(_Beside, "examined", lambda self, *given: asked.append(given) or real(self, *given))
    children = []
    real_kill = Child.kill
    monkeypatch.setattr(Child, "kill", lambda self: children.append(self._popen) or real_kill(self))
    pipeline = make_pipeline(Options(batch_size=1))

    def interrupt(done: int, total: int) -> None:
        if done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.run([folder], progress=interrupt)
    assert len({child.pid for child in children}) == 2, "one that reads, one that desensitizes"
    assert all(child.poll() is not None for child in children), "nothing is left running"
    kept = len(pipeline._catalog.documents.list())
    assert 0 < kept < 24
    report = pipeline.run([folder])
    assert (report.documents.added, report.documents.unchanged, report.documents.quarantined) == (24 - kept, kept, 0)
    assert report.desensitized["PHONE_NUMBER"] == 24 - kept
    assert asked
    for number in range(24):
        found = pipeline._catalog.documents.by_path(f"d{number}.txt")
        assert found is not None
        assert pipeline._catalog.documents.text(found.id) == desensitizer.desensitize(f"{TEXT} {number}")[0]


@pytest.mark.parametrize(
    ("sizes", "runs"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([3, 3, 3], [[3, 3, 3]], id="fits"),
        pytest.param([6, 6, 3], [[6], [6, 3]], id="parted"),
        pytest.param([3, 25, 3], [[3], [25], [3]], id="a long one by itself"),
        pytest.param([0, 0], [[0, 0]], id="empty ones"),
    ],
)
def test_stretches(sizes: list[int], runs: list[list[int]]) -> None:
    blocks = [Block("text", "x" * size) for size in sizes]
    assert [[len(block.text) for block in run] for run in stretches(blocks, 10)] == runs


def test_a_long_document_is_looked_at_in_stretches(monkeypatch: pytest.MonkeyPatch, strange: Desensitizer) -> None:
    whole = strange.examined(document(times=9))
    monkeypatch.setattr("ingest.desensitize.desensitizer._STRETCH", 100)
    assert strange.examined(document(times=9)) == whole
