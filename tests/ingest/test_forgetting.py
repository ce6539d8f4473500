"""What was removed is gone: from every file of the workspace, from copies of older catalogs, and from the vault."""

from __future__ import annotations

import pytest

from app.leaks import scan
from ingest.desensitize import Desensitizer, Policy
from ingest.desensitize.vault import Vault, new_key, read_keys
from knowledge.catalog.placeholders import standing
from knowledge.errors import NotFound

WORD, PHONE = "qwertzuiopasdf", "13857126648"


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vault(tmp_path, clock):
    return Vault(tmp_path / "vault.sqlite", read_keys(new_key(), "test"), clock)


def test_a_removed_value_and_a_deleted_file_are_gone(make_pipeline, catalog, store, source, tmp_path):
    (source / "note.md").write_text(f"# Note\n\nThe word is {WORD}.\n\nAnother line.\n", encoding="utf-8")
    (source / "other.md").write_text(f"# Other\n\nMore of {WORD} here.\n", encoding="utf-8")
    make_pipeline().run([source])
    workspace = tmp_path / "workspace"
    assert scan(workspace, [(1, WORD)]).leaks
    (workspace / "catalog-before-0009-from-0008-20251124-101500.sqlite").write_text(WORD, encoding="utf-8")
    (source / "note.md").write_text("# Note\n\nThe word is gone.\n\nAnother line.\n", encoding="utf-8")
    (source / "other.md").unlink()
    make_pipeline().run([source])
    assert scan(workspace, [(1, WORD)]).leaks == ()


def test_copies_of_older_catalogs_stay_while_nothing_is_taken_out(make_pipeline, source, tmp_path):
    make_pipeline().run([source])
    copy = tmp_path / "workspace" / "catalog-before-0009-from-0008-20251124-101500.sqlite"
    copy.write_text("", encoding="utf-8")
    (source / "new.md").write_text("# New\n\nOne more.\n", encoding="utf-8")
    make_pipeline().run([source])
    assert copy.exists()


def test_the_vault_forgets_what_no_document_holds(make_pipeline, catalog, source, vault, clock):
    kept, removed = "13900001111", PHONE
    desensitizer = Desensitizer(Policy(), b"\x07" * 32, keeper=vault)
    (source / "a.md").write_text(f"# A\n\nCall {kept} or {removed}.\n", encoding="utf-8")
    (source / "b.md").write_text(f"# B\n\nCall {kept}.\n", encoding="utf-8")
    make_pipeline(desensitizer=desensitizer).run([source])
    of = {value: desensitizer.untold().desensitize(value)[0] for value in (kept, removed)}
    assert standing(catalog) >= set(of.values())
    (source / "a.md").unlink()
    clock.now += 3600
    make_pipeline(desensitizer=desensitizer).run([source])
    assert vault.reveal(of[kept]) == [kept]
    with pytest.raises(NotFound):
        vault.reveal(of[removed])


def test_what_was_just_kept_stays_for_the_answer_that_needs_it(vault, clock):
    vault.keep("PHONE_NUMBER", "⟨PHONE·aaaaaa⟩", PHONE)
    assert vault.forget_others(()) == 0
    clock.now += 3600
    vault.keep("PHONE_NUMBER", "⟨PHONE·aaaaaa⟩", PHONE)  # asked again: it counts from now
    assert vault.forget_others(()) == 0
    clock.now += 3600
    assert vault.forget_others(()) == 1
    vault.keep("PHONE_NUMBER", "⟨PHONE·aaaaaa⟩", PHONE)
    assert vault.reveal("⟨PHONE·aaaaaa⟩") == [PHONE]


def test_a_dry_run_tells_the_vault_nothing(make_pipeline, source, vault):
    desensitizer = Desensitizer(Policy(), b"\x07" * 32, keeper=vault)
    (source / "a.md").write_text(f"# A\n\nCall {PHONE}.\n", encoding="utf-8")
    report = make_pipeline(desensitizer=desensitizer).run([source], dry_run=True)
    assert report.desensitized == {"PHONE_NUMBER": 1}
    assert vault.count() == {}


def test_a_dry_run_can_look_at_what_is_known_already(make_pipeline, source):
    (source / "a.md").write_text(f"# A\n\nCall {PHONE}.\n", encoding="utf-8")
    make_pipeline().run([source], access=frozenset({"hr"}))
    assert make_pipeline().run([source], dry_run=True).found == ()
    found = make_pipeline().run([source], dry_run=True, again=True).found
    assert [(one.path, one.kind, one.access) for one in found] == [("a.md", "PHONE_NUMBER", ("hr",))]
