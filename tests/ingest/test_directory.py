"""The company's own people: read from CSV and LDIF, kept by default, one pseudonym each when the policy is strict."""

import base64

import pytest

from ingest.desensitize import Action, Desensitizer, Policy, load_directory, load_policy
from knowledge.errors import InvalidInput

KEY = b"\x07" * 32
CSV = (
    "姓名,name,role,mail,办公电话,mobile\n"
    "沈若岚,Ruolan Shen,CEO,ruolan.shen@corp.example.com,0571-86702200,13857120001\n"
    "马库斯·布兰德,Markus Brandl,CTO,markus@corp.example.com,,\n"
)
LDIF = (
    "version: 1\n\ndn: cn=Anneke Vogt,ou=people\ncn: Anneke Vogt\nsn: Vogt\ngivenName: Anneke\n"
    f"displayName:: {base64.b64encode('安妮克·福格特'.encode()).decode()}\nmail: anneke.vogt@corp.exam\n ple.com\n\n"
    "dn: cn=printers\ndescription: no person\n"
)


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "people.csv").write_text(CSV, encoding="utf-8")
    return load_directory(tmp_path / "people.csv")


def test_csv_gives_names_and_work_contacts_but_no_private_numbers(directory):
    assert [person.names for person in directory.people] == [
        ("沈若岚", "Ruolan Shen"),
        ("马库斯·布兰德", "Markus Brandl"),
    ]
    assert directory.people[0].contacts == ("ruolan.shen@corp.example.com", "0571-86702200")


def test_ldif_is_read_with_folded_lines_and_base64(tmp_path):
    (tmp_path / "people.ldif").write_text(LDIF, encoding="utf-8")
    (person,) = load_directory(tmp_path / "people.ldif").people
    assert person.names == ("Anneke Vogt", "安妮克·福格特")
    assert person.contacts == ("anneke.vogt@corp.example.com",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.csv", b"a,b\n1,2\n", "no column with names"),
        ("people.csv", b"\xff\xfe", "not UTF-8"),
        ("people.ldif", b"dn: x\ncn:: !!!\n", "base64"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        load_directory(tmp_path / name)


def test_missing_file(tmp_path):
    with pytest.raises(InvalidInput, match="directory"):
        load_directory(tmp_path / "none.csv")


TEXT = (
    "沈若岚（CEO，电话 0571-86702200，邮箱 ruolan.shen@corp.example.com，私人手机13857120001）通知客户郝建平。"
    "Shen Ruolan and Markus Brandl met Kevin Zhao. Dear Markus,"
)


def test_colleagues_keep_name_and_work_contact_and_others_do_not(directory):
    clean, _ = Desensitizer(load_policy(), KEY, directory).desensitize(TEXT)
    for kept in (
        "沈若岚",
        "0571-86702200",
        "ruolan.shen@corp.example.com",
        "Shen Ruolan",
        "Markus Brandl",
        "Dear Markus,",
    ):
        assert kept in clean
    for gone in ("13857120001", "郝建平", "Kevin Zhao"):
        assert gone not in clean


def test_strict_policy_gives_each_person_one_pseudonym_in_every_language(directory):
    clean, spans = Desensitizer(load_policy().strict(), KEY, directory).desensitize(TEXT)
    assert "沈若岚" not in clean
    assert "Markus Brandl" not in clean
    assert "ruolan.shen@" not in clean
    of = {TEXT[span.start : span.end]: span.replacement for span in spans}
    assert of["沈若岚"] == of["Shen Ruolan"]
    assert of["沈若岚"] != of["Markus Brandl"]


def test_finds_people_that_no_list_of_names_has(tmp_path):
    (tmp_path / "people.csv").write_text("name\nXqzt Vrblfk\n", encoding="utf-8")
    people = load_directory(tmp_path / "people.csv")
    assert Desensitizer(load_policy(), KEY).desensitize("the Xqzt Vrblfk way")[1] == []
    strict = Desensitizer(load_policy().strict(), KEY, people)
    assert [span.type for span in strict.desensitize("the Xqzt Vrblfk way, not XXqzt Vrblfk")[1]] == ["PERSON"]


def test_a_changed_directory_is_another_fingerprint(directory):
    policy = Policy(default=Action.TAG)
    assert Desensitizer(policy, KEY).fingerprint != Desensitizer(policy, KEY, directory).fingerprint
