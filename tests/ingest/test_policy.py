"""Policy files and the workspace's key."""

import stat
from pathlib import PurePath

import pytest

from ingest.desensitize import Action, Policy, load_policy, workspace_key
from ingest.desensitize.entities import ENTITIES
from ingest.desensitize.pseudonyms import KEY_NAME
from knowledge.errors import InvalidInput


def test_built_in_policy_names_every_kind():
    policy = load_policy()
    assert set(policy.entities) == set(ENTITIES)
    assert policy.action("PASSWORD") is Action.TAG


def test_a_file_overrides(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("entities: {IP_ADDRESS: keep}\nkeep_domains: [example.com]\n", encoding="utf-8")
    policy = load_policy(path)
    assert policy.action("IP_ADDRESS") is Action.KEEP
    assert policy.action("PHONE_NUMBER") is Action.PSEUDONYM
    assert policy.fingerprint != load_policy().fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entities: {PHONE: mask}", "unknown kind 'PHONE'"),
        ("entities: {PHONE_NUMBER: hide}", "entities.PHONE_NUMBER"),
        ("entities: [", "no valid YAML"),
        ("version: 2", "version"),
        ("surprise: 1", "surprise"),
        ("!!python/object/apply:os.system ['true']", "no valid YAML"),
    ],
)
def test_wrong_files_say_where(tmp_path, text, said):
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=said):
        load_policy(path)


def test_strict_is_without_exceptions_for_the_company():
    policy = Policy(keep_domains=("example.com",), overrides=({"labels": ["hr"], "colleagues": "keep"},)).strict()
    assert policy.colleagues is Action.PSEUDONYM
    assert policy.keep_domains == ()
    assert policy.for_document(PurePath("/s/a.md"), "a.md", frozenset({"hr"})).colleagues is Action.PSEUDONYM


@pytest.mark.parametrize(
    ("path", "labels", "action"),
    [
        ("a.md", set(), Action.PSEUDONYM),
        ("a.md", {"hr"}, Action.KEEP),
        ("mail/a.md", set(), Action.REMOVE),
        ("mailing/a.md", set(), Action.PSEUDONYM),  # whole folders only
        ("mail/a.md", {"hr"}, Action.REMOVE),  # the later one wins
        ("mail/x.md", {"legal"}, Action.TAG),  # both must meet
        ("x.md", {"legal"}, Action.PSEUDONYM),
    ],
)
def test_overrides_by_source_and_label(path, labels, action):
    policy = Policy(
        overrides=(
            {"labels": ["hr"], "entities": {"PERSON": "keep"}},
            {"sources": ["mail"], "entities": {"PERSON": "remove"}},
            {"labels": ["legal"], "sources": ["/s/mail"], "entities": {"PERSON": "tag"}},
        )
    )
    assert policy.for_document(PurePath("/s") / path, path, frozenset(labels)).action("PERSON") is action


def test_an_override_changes_the_fingerprint_of_its_documents_only():
    plain, changed = Policy(), Policy(overrides=({"labels": ["hr"], "entities": {"PERSON": "keep"}},))

    def of(policy, *labels):
        return policy.for_document(PurePath("/s/a.md"), "a.md", frozenset(labels)).fingerprint

    assert of(plain) == of(changed)
    assert of(plain, "hr") != of(changed, "hr")


def test_an_override_for_nothing_meets_nothing():
    policy = Policy(overrides=({"entities": {"PERSON": "keep"}},))
    assert policy.for_document(PurePath("/s/a.md"), "a.md", frozenset({"hr"})).action("PERSON") is Action.PSEUDONYM


def test_missing_file(tmp_path):
    with pytest.raises(InvalidInput, match="no such policy file"):
        load_policy(tmp_path / "none.yaml")


def test_key_is_made_once_and_private(tmp_path):
    key = workspace_key(tmp_path / "keys")
    path = tmp_path / "keys" / KEY_NAME
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert workspace_key(tmp_path / "keys") == key
    assert [entry.name for entry in (tmp_path / "keys").iterdir()] == [KEY_NAME]


@pytest.mark.parametrize("content", [b"", b"zz", b"00ff"])
def test_damaged_key_is_refused(tmp_path, content):
    (tmp_path / KEY_NAME).write_bytes(content)
    with pytest.raises(InvalidInput, match="key"):
        workspace_key(tmp_path)
