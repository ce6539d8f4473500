"""Whole runs over real folders: what comes in, what stays, what goes, and what an interruption leaves."""

import io
import logging
import os
import zipfile
from dataclasses import replace

import pytest

from ingest.desensitize import Desensitizer, Policy
from ingest.pipeline import _Asked
from ingest.reading import Reader
from ingest.renaming import true_location
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import User

HR = User("h", groups=frozenset({"hr"}))
NOBODY = User("n")
PHONE = "13812345678"


def counts(report):
    return {name: number for name, number in report.documents.to_json().items() if number}


def paths(catalog, user=None):
    return [document.path for document in catalog.documents.list(user)]


@pytest.fixture
def pipeline(make_pipeline):
    return make_pipeline()


def test_first_run_then_nothing_to_do(pipeline, catalog, source, embedder, store):
    seen = []
    report = pipeline.run([source], progress=lambda done, total: seen.append((done, total)))
    assert counts(report) == {"added": 3}
    assert report.chunks == catalog.documents.count_chunks() == len(embedder.embedded)
    assert seen[-1] == (3, 3)
    travel = catalog.documents.by_path("travel.md")
    assert (travel.title, travel.language, travel.state, travel.format) == ("Travel", "en", "indexed", "markdown")
    assert any(text.startswith("Travel\n") for text in embedder.embedded)
    assert catalog.runs.list()[0].report == report.to_json()
    embedder.embedded.clear()
    assert counts(pipeline.run([source])) == {"unchanged": 3}
    assert embedder.embedded == []
    assert store.check() == []


def test_an_index_is_built_with_what_the_model_makes_of_each_language(pipeline, catalog, source, embedder):
    (source / "a.md").write_text("# Leave\n\nTen days a year.\n", encoding="utf-8")
    pipeline.run([source])
    assert catalog.centres.get(embedder.fingerprint) is not None, "before the first question asks for it"


def test_touched_file_is_unchanged_by_its_hash(pipeline, source, embedder):
    pipeline.run([source])
    embedder.embedded.clear()
    os.utime(source / "travel.md", (1, 1))
    assert counts(pipeline.run([source])) == {"unchanged": 3}
    assert embedder.embedded == []


def test_changed_file_replaces_its_document_and_embeds_only_what_changed(pipeline, catalog, source, embedder):
    long = "\n\n".join(
        f"## Part {n}\n\nThis is what part {n} says about travelling by train, at some length." for n in range(9)
    )
    (source / "travel.md").write_text(f"# Travel\n\n{long}\n", encoding="utf-8")
    pipeline.run([source])
    before = catalog.documents.by_path("travel.md")
    embedder.embedded.clear()
    (source / "travel.md").write_text(
        f"# Travel\n\n{long.replace('part 4 says', 'part 4 does say')}\n", encoding="utf-8"
    )
    assert counts(pipeline.run([source])) == {"updated": 1, "unchanged": 2}
    assert len(embedder.embedded) == 1
    after = catalog.documents.by_path("travel.md")
    assert after.id == before.id
    assert after.content_hash != before.content_hash
    assert "part 4 does say" in catalog.documents.text(after.id)


def test_vanished_file_is_gone_everywhere(pipeline, catalog, source, store):
    pipeline.run([source])
    (source / "travel.md").unlink()
    (source / "hr" / "pay.csv").unlink()
    assert counts(pipeline.run([source])) == {"removed": 2, "unchanged": 1}
    assert paths(catalog) == ["leave.txt"]
    assert store.check() == []
    assert catalog.generations.live().documents == 1


def test_moved_file_is_not_embedded_again(pipeline, catalog, source, embedder):
    pipeline.run([source])
    embedder.embedded.clear()
    (source / "travel.md").rename(source / "hr" / "trips.md")
    assert counts(pipeline.run([source])) == {"added": 1, "removed": 1, "unchanged": 2}
    assert embedder.embedded == []
    assert paths(catalog) == ["hr/pay.csv", "hr/trips.md", "leave.txt"]


def test_a_part_of_a_known_source_belongs_to_it(pipeline, catalog, source):
    pipeline.run([source])
    (source / "hr" / "new.md").write_text("# New\n\nSomething new.\n", encoding="utf-8")
    assert counts(pipeline.run([source / "hr"])) == {"added": 1, "unchanged": 1}
    assert counts(pipeline.run([source / "hr" / "new.md"])) == {"unchanged": 1}
    assert paths(catalog) == ["hr/new.md", "hr/pay.csv", "leave.txt", "travel.md"]
    assert len({document.source_root for document in catalog.documents.list()}) == 1


def test_a_source_that_grows_upward_takes_its_documents_along(pipeline, catalog, source, embedder):
    pipeline.run([source / "hr"])
    embedder.embedded.clear()
    report = pipeline.run([source])
    assert counts(report) == {"added": 3, "removed": 1}
    assert paths(catalog) == ["hr/pay.csv", "leave.txt", "travel.md"]
    assert len(embedder.embedded) == 2


def test_single_file_and_missing_path(pipeline, catalog, source, tmp_path):
    assert counts(pipeline.run([source / "travel.md"])) == {"added": 1}
    assert catalog.documents.by_path("travel.md").source_root == str(source)
    with pytest.raises(InvalidInput, match="no such file"):
        pipeline.run([tmp_path / "none"])


@pytest.mark.parametrize("changed", ["model", "policy", "chunk size"])
def test_another_way_of_ingesting_does_it_again(make_pipeline, catalog, source, changed, embedder):
    options = type(make_pipeline()._settings)()
    make_pipeline(options).run([source])
    parts = {
        "model": {"embedder": type(embedder)("hashed-2")},
        "policy": {"desensitizer": Desensitizer(Policy(default="tag"), b"\x07" * 32)},
        "chunk size": {"options": replace(options, chunk_tokens=50)},
    }[changed]
    again = make_pipeline(**parts)
    assert counts(again.run([source])) == {"updated": 3}
    assert counts(again.run([source])) == {"unchanged": 3}


def test_quarantine_and_release(pipeline, catalog, source, embedder):
    bad = source / "bad.pdf"
    bad.write_bytes(b"%PDF-1.4 nothing")
    report = pipeline.run([source])
    assert counts(report) == {"added": 3, "quarantined": 1}
    (entry,) = report.quarantine
    assert (entry.path, entry.reason) == ("bad.pdf", "no PDF, or a damaged one")
    assert [one.path for one in catalog.quarantine.list()] == ["bad.pdf"]
    again = pipeline.run([source])
    assert counts(again) == {"unchanged": 3, "quarantined": 1}
    assert again.quarantine == report.quarantine
    asked_for = pipeline.run([bad])  # named itself, it is read again although its bytes are the same
    assert asked_for.quarantine == report.quarantine
    bad.write_text("# Good now\n\nReadable text.\n", encoding="utf-8")
    bad.rename(source / "good.md")
    assert counts(pipeline.run([source])) == {"added": 1, "unchanged": 3}
    assert list(catalog.quarantine.list()) == []


def test_a_file_that_leaves_quarantine_has_the_labels_that_it_was_given(pipeline, catalog, source):
    bad = source / "bad.txt"
    bad.write_bytes(b"")
    pipeline.run([source], access=frozenset({"hr"}))
    assert [entry.access for entry in catalog.quarantine.list()] == [frozenset({"hr"})]
    bad.write_text("Readable now.\n", encoding="utf-8")
    pipeline.run([source])
    assert "bad.txt" not in paths(catalog, NOBODY)
    assert "bad.txt" in paths(catalog, HR)
    bad.write_bytes(b"\x00" * 500)  # and back: what was said of the document is kept too
    pipeline.run([source])
    bad.write_text("Readable again.\n", encoding="utf-8")
    pipeline.run([source])
    assert "bad.txt" in paths(catalog, HR)
    assert "bad.txt" not in paths(catalog, NOBODY)


def test_a_touched_file_is_read_once_more_and_not_again(pipeline, catalog, source, monkeypatch):
    pipeline.run([source])
    os.utime(source / "travel.md", (1, 1))
    asked = []
    original = Reader.read_all

    def watched(self, requests):
        return original(self, (asked.append(request) or request for request in requests))

    monkeypatch.setattr(Reader, "read_all", watched)
    assert counts(pipeline.run([source])) == {"unchanged": 3}
    assert len(asked) == 1
    assert counts(pipeline.run([source])) == {"unchanged": 3}
    assert len(asked) == 1


def test_what_was_embedded_once_is_not_embedded_again(pipeline, catalog, source, embedder):
    """A copy, an edited copy, and a part that wandered to another document of the same title."""
    parts = [f"## Part {number}\n\n{f'Sentence {number} about trains and hotels. ' * 7}\n" for number in range(6)]
    (source / "rules.md").write_text("# Rules\n\n" + "\n".join(parts), encoding="utf-8")
    pipeline.run([source])
    embedder.embedded.clear()
    (source / "copy.md").write_text("# Rules\n\n" + "\n".join(parts), encoding="utf-8")
    pipeline.run([source])
    assert embedder.embedded == []
    parts[3] = f"## Part 3\n\n{'Sentence three was edited by someone. ' * 7}\n"
    (source / "edited.md").write_text("# Rules\n\n" + "\n".join(parts), encoding="utf-8")
    (source / "rules.md").unlink()
    pipeline.run([source])
    assert len(embedder.embedded) == 1
    assert "edited" in embedder.embedded[0]


def test_a_document_that_becomes_unreadable_no_longer_answers(pipeline, catalog, source):
    pipeline.run([source])
    (source / "travel.md").write_bytes(bytes(range(256)) * 20)
    assert counts(pipeline.run([source])) == {"unchanged": 2, "quarantined": 1}
    assert "travel.md" not in paths(catalog)


def test_hostile_folder(pipeline, catalog, source, store):
    """Good files come in whatever lies beside them."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\x00" * 30_000_000)
    (source / "bomb.docx").write_bytes(bomb.getvalue())
    (source / "empty.pdf").write_bytes(b"")
    (source / "zeros.txt").write_bytes(b"\x00" * 10_000)
    (source / "line.txt").write_text("a-" * 100_000, encoding="utf-8")
    (source / "big.txt").write_bytes(b"x" * 6_000_000)
    (source / "loop").symlink_to(source)
    os.mkfifo(source / "pipe.txt")
    (source / "odd\nname\u202e.md").write_text("# Odd\n\nOdd name.\n", encoding="utf-8")
    report = pipeline.run([source])
    assert counts(report) == {"added": 5, "quarantined": 5}
    assert {entry.path for entry in report.quarantine} == {"bomb.docx", "empty.pdf", "zeros.txt", "big.txt", "pipe.txt"}
    assert all(entry.reason and "\n" not in entry.reason for entry in report.quarantine)
    assert "odd\\u000aname\\u202e.md" in paths(catalog)
    assert store.check() == []
    assert counts(pipeline.run([source])) == {"unchanged": 5, "quarantined": 5}


def test_access_rules_and_option(pipeline, catalog, source, tmp_path, embedder):
    rules = tmp_path / "rules.yaml"
    rules.write_text("hr: [hr]\n", encoding="utf-8")
    pipeline.run([source], access_file=rules)
    assert paths(catalog, NOBODY) == ["leave.txt", "travel.md"]
    assert paths(catalog, HR) == ["hr/pay.csv", "leave.txt", "travel.md"]
    embedder.embedded.clear()
    assert counts(pipeline.run([source])) == {"unchanged": 3}
    assert paths(catalog, NOBODY) == ["leave.txt", "travel.md"], "labels stay when a run says nothing about them"
    pipeline.run([source], access=frozenset({"board"}), access_file=rules)
    assert paths(catalog, NOBODY) == []
    assert paths(catalog, HR) == ["hr/pay.csv"], "the rule counts before the option"
    assert embedder.embedded == [], "labels change without embedding"
    with pytest.raises(InvalidInput):
        pipeline.run([source], access=frozenset({"a,b"}))


def test_access_file_in_the_source_is_used_and_is_no_document(pipeline, catalog, source):
    (source / "access.yaml").write_text("hr: [hr]\n", encoding="utf-8")
    assert counts(pipeline.run([source])) == {"added": 3}
    assert paths(catalog, NOBODY) == ["leave.txt", "travel.md"]
    (source / "access.yaml").write_text("hr: ['*']\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="access label"):
        pipeline.run([source])


def test_no_original_is_left_anywhere(pipeline, catalog, source, tmp_path, caplog):
    from itertools import chain

    (source / "contacts.md").write_text(f"# Call {PHONE}\n\nOr {PHONE}, 密码：Tr0ckenDock77\n", encoding="utf-8")
    (source / f"{PHONE}.pdf").write_bytes(b"no pdf 13812345678")
    with caplog.at_level(logging.DEBUG):
        report = pipeline.run([source])
    assert report.desensitized == {"PASSWORD": 1, "PHONE_NUMBER": 2}
    assert catalog.documents.by_path("contacts.md").title.startswith("Call ⟨PHONE·")
    assert PHONE not in caplog.text
    assert "Tr0ckenDock77" not in caplog.text
    catalog.quarantine.remove(f"{PHONE}.pdf")  # its own name is what an operator has to see
    catalog.runs.finish(report.run_id, {})
    catalog.close()
    files = [path.read_bytes() for path in chain((tmp_path / "workspace").rglob("*")) if path.is_file()]
    assert files
    assert not any(b"Tr0ckenDock77" in data or PHONE.encode() in data for data in files)


def test_dry_run_stores_nothing(pipeline, catalog, source):
    (source / "phone.md").write_text(f"Call {PHONE}\n", encoding="utf-8")
    (source / "bad.pdf").write_bytes(b"")
    report = pipeline.run([source], dry_run=True)
    assert counts(report) == {"added": 4, "quarantined": 1}
    assert report.desensitized == {"PHONE_NUMBER": 1}
    assert paths(catalog) == []
    assert list(catalog.quarantine.list()) == []
    assert list(catalog.runs.list()) == []


def test_interrupted_run_keeps_what_it_has_and_the_next_goes_on(make_pipeline, catalog, source, store):
    for number in range(8):
        (source / f"n{number}.md").write_text(f"# N{number}\n\nText of number {number}.\n", encoding="utf-8")
    options = replace(type(make_pipeline()._settings)(), batch_size=1)

    def interrupt(done, total):
        if done == 9:
            raise KeyboardInterrupt

    pipeline = make_pipeline(options)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run([source], progress=interrupt)
    kept = len(paths(catalog))
    assert 0 < kept < 11
    assert catalog.documents.count(state="indexed") == kept, "what was committed is searchable"
    assert catalog.runs.list()[0].message == "interrupted"
    report = pipeline.run([source])
    assert counts(report) == {"added": 11 - kept, "unchanged": kept}
    assert store.check() == []


def test_only_one_writes(make_pipeline, catalog, source, tmp_path):
    from knowledge.catalog import Catalog

    with Catalog.open(catalog.path) as other, other.leases.hold("writer"):
        with pytest.raises(Unavailable, match="process"):
            make_pipeline().run([source], wait=0)
        assert counts(make_pipeline().run([source], dry_run=True)) == {"added": 3}, "looking needs no lease"


def test_concepts_are_linked_and_linked_again(make_pipeline, catalog, source):
    from knowledge.types import Mention

    class Names:
        """Links one word."""

        def __init__(self, word: str) -> None:
            self.word = word

        def link(self, text, user=None):
            del user
            place = text.find(self.word)
            return (
                [Mention(place, place + len(self.word), self.word, f"ex:{self.word}", "preferred")]
                if place >= 0
                else []
            )

    make_pipeline(linker=Names("Hotels")).run([source])
    travel = catalog.documents.by_path("travel.md").id
    assert catalog.documents.chunks(travel)[0].concepts == ("ex:Hotels",)
    assert make_pipeline(linker=Names("600")).relink() == 1
    assert catalog.documents.chunks(travel)[0].concepts == ("ex:600",)
    assert make_pipeline(linker=Names("600")).relink() == 0


def test_dates_pages_and_metadata_reach_the_catalog(pipeline, catalog, source):
    text = "---\nauthor: Legal\n---\n# Rules\n\nVersion 2.1, effective from 1 March 2025.\n"
    (source / "rules.md").write_text(text, encoding="utf-8")
    pipeline.run([source])
    document = catalog.documents.by_path("rules.md")
    assert document.effective_date == "2025-03-01"
    assert document.metadata["author"] == "Legal"
    assert document.metadata["version"] == "2.1"
    assert catalog.documents.text(document.id) == "# Rules\n\nVersion 2.1, effective from 1 March 2025."


# --- policy by document, names of files, dry runs -----------------------------------------------------------------


def test_a_policy_for_a_label_does_exactly_its_documents_again(make_pipeline, catalog, source):
    (source / "hr" / "people.md").write_text(f"# People\n\nCall {PHONE}.\n", encoding="utf-8")
    (source / "call.md").write_text(f"# Call\n\nCall {PHONE}.\n", encoding="utf-8")
    (source / "access.yaml").write_text("hr: [hr]\n", encoding="utf-8")
    plain = Desensitizer(Policy(), b"\x07" * 32)
    assert counts(make_pipeline(desensitizer=plain).run([source])) == {"added": 5}
    changed = Desensitizer(Policy(overrides=({"labels": ["hr"], "entities": {"PHONE_NUMBER": "keep"}},)), b"\x07" * 32)
    assert counts(make_pipeline(desensitizer=changed).run([source])) == {"updated": 2, "unchanged": 3}
    texts = {path: catalog.documents.text(catalog.documents.by_path(path).id) for path in ("hr/people.md", "call.md")}
    assert PHONE in texts["hr/people.md"]
    assert PHONE not in texts["call.md"]
    assert counts(make_pipeline(desensitizer=changed).run([source])) == {"unchanged": 5}


def test_names_of_files_are_desensitized_and_found_again(pipeline, catalog, source):
    (source / "客户").mkdir()
    for number in (PHONE, "13912345678"):
        (source / "客户" / f"王建国_{number}.md").write_text("# Offer\n\nTen sensors.\n", encoding="utf-8")
    assert counts(pipeline.run([source])) == {"added": 5}
    known = [path for path in paths(catalog) if path.startswith("客户/")]
    assert len(set(known)) == 2
    assert not any("王建国" in path or "1381" in path for path in known)
    assert counts(pipeline.run([source])) == {"unchanged": 5}
    assert counts(pipeline.run([source / "客户"])) == {"unchanged": 2}
    place = true_location(source, known[0], pipeline._desensitizer.desensitize_path)
    assert place is not None
    assert "王建国" in place.name
    (source / "客户" / f"王建国_{PHONE}.md").unlink()
    assert counts(pipeline.run([source / "客户"])) == {"unchanged": 1, "removed": 1}


def test_dry_run_says_what_it_would_find_and_shows_it_masked(pipeline, catalog, source):
    (source / "call.md").write_text(f"# Call\n\nCall {PHONE} or 139 1234 5678.\n", encoding="utf-8")
    report = pipeline.run([source], dry_run=True)
    (found,) = [one for one in report.found if one.path == "call.md"]
    assert (found.kind, found.count) == ("PHONE_NUMBER", 2)
    assert found.examples == ("13*******78", "139*******678")
    assert PHONE not in str(report)
    assert catalog.documents.count() == 0
    assert pipeline.run([source]).found == ()


def test_files_that_vanish_while_a_run_goes_on(pipeline, catalog, source, store):
    pipeline.run([source])
    (source / "travel.md").write_text("# Travel\n\nHotels cost at most 700 CNY a night.\n", encoding="utf-8")
    (source / "new.md").write_text("# New\n\nSomething new.\n", encoding="utf-8")

    def vanish(done, total):
        if done == total - 2:  # listed, and not read yet
            (source / "travel.md").unlink(missing_ok=True)
            (source / "new.md").unlink(missing_ok=True)

    report = pipeline.run([source], progress=vanish)
    assert counts(report) == {"quarantined": 2, "unchanged": 2}
    assert {entry.reason for entry in report.quarantine} == {"cannot be opened: No such file or directory"}
    assert paths(catalog) == ["hr/pay.csv", "leave.txt", "travel.md"], "what is known stays until the next run looks"
    assert catalog.runs.list()[0].state == "done"
    assert counts(pipeline.run([source])) == {"removed": 1, "unchanged": 2}
    assert paths(catalog) == ["hr/pay.csv", "leave.txt"]
    assert catalog.quarantine.list() == []
    assert store.check() == []


def test_a_file_that_vanishes_after_it_was_read_is_there_once_and_goes_with_the_next_run(pipeline, catalog, source):
    def vanish(done, total):
        if done == total:  # all are read, the last are neither embedded nor committed
            (source / "travel.md").unlink()

    assert counts(pipeline.run([source], progress=vanish)) == {"added": 3}
    assert paths(catalog) == ["hr/pay.csv", "leave.txt", "travel.md"]
    assert counts(pipeline.run([source])) == {"removed": 1, "unchanged": 2}


def test_no_permission_keeps_the_earlier_version(pipeline, catalog, source, unprivileged):
    pipeline.run([source])
    before = {document.path: document.content_hash for document in catalog.documents.list()}
    (source / "hr").chmod(0)
    try:
        with unprivileged():
            found = pipeline._survey(_Asked([source], None, None))
    finally:
        (source / "hr").chmod(0o755)
    (closed,) = [each.file for each in found.candidates if each.file.problem]
    assert (closed.path, closed.problem) == ("hr", "the folder cannot be opened: Permission denied")
    assert found.vanished == []
    report = pipeline._run_here(found, None, None)
    assert counts(report) == {"unchanged": 2, "quarantined": 1}
    assert {document.path: document.content_hash for document in catalog.documents.list()} == before
    assert counts(pipeline.run([source])) == {"unchanged": 3}
    assert catalog.quarantine.list() == []
