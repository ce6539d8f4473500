"""The demo company is whole: its documents, questions, accounts and planted originals agree with one another."""

import importlib.util
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from ingest.loaders import load

EXAMPLES = Path(__file__).parents[2] / "examples"
DOCUMENTS = EXAMPLES / "documents"
QUERIES = [json.loads(line) for line in (EXAMPLES / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
FILES = sorted(path for path in DOCUMENTS.rglob("*") if path.is_file())
ACCESS = yaml.safe_load((EXAMPLES / "access.yaml").read_text(encoding="utf-8"))


@cache
def text_of(path: Path) -> str:
    """What the project's own loader reads, without blanks, Markdown marks and thousands separators."""
    return squeeze(raw_text_of(path))


@cache
def raw_text_of(path: Path) -> str:
    document = load(path)
    return "\n".join([document.title, *(block.text for block in document.blocks)])


def squeeze(text: str) -> str:
    return re.sub(r"[\s*_`|\\]+", "", re.sub(r"(?<=\d),(?=\d{3})", "", text.lower()))


def restricted(path: Path) -> bool:
    return path.relative_to(DOCUMENTS).parts[0] in ACCESS


def test_there_is_enough_of_everything() -> None:
    assert len(FILES) >= 45
    assert len({path.suffix for path in FILES}) >= 9
    chinese = sum(len(re.findall(r"[㐀-鿿]", text_of(path))) > len(text_of(path)) * 0.2 for path in FILES)
    assert 0.4 <= chinese / len(FILES) <= 0.6
    assert len(QUERIES) >= 100
    languages = Counter(query["lang"] for query in QUERIES)
    assert min(languages.values()) >= 0.4 * len(QUERIES)
    kinds = Counter(query["kind"] for query in QUERIES)
    assert kinds.keys() >= {
        "single_fact", "table", "multi_document", "versions", "misfiled", "follow_up", "cross_lingual", "renamed",
        "unanswerable", "restricted",
    }  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query["id"])
def test_a_question_rests_on_its_documents(query: dict) -> None:
    for item in query["relevant"]:
        path = DOCUMENTS / item["doc_id"]
        assert path in FILES
        assert squeeze(item["quote"]) in text_of(path)
    assert bool(query["relevant"]) == query["answerable"]
    assert bool(query["answers"]) == query["answerable"]
    users = {account["name"]: account for account in yaml.safe_load((EXAMPLES / "users.yaml").read_text("utf-8"))}
    groups = set(users[query["user"]]["groups"])
    for item in query["relevant"]:
        label = ACCESS.get(item["doc_id"].split("/")[0])
        assert not label or groups & set(label)
    ids = [each["id"] for each in QUERIES]
    assert query.get("follows") is None or query["follows"] in ids[: ids.index(query["id"])]


def test_ids_are_unique() -> None:
    assert len({query["id"] for query in QUERIES}) == len(QUERIES)


def test_every_planted_original_stands_in_a_document() -> None:
    whole = "".join(path.read_bytes().decode("utf-8", "ignore") for path in FILES) + "".join(
        raw_text_of(path) for path in FILES
    )
    planted = (EXAMPLES / "planted.txt").read_text(encoding="utf-8").split("\n")
    assert len([line for line in planted if line]) >= 15
    for original in filter(None, planted):
        assert original in whole


@pytest.fixture(scope="module")
def desensitized() -> dict[Path, str]:
    """What is left of each document under the company's policy, with its directory of people."""
    from ingest.desensitize import Desensitizer, load_directory, load_policy

    policy, people = load_policy(EXAMPLES / "policy.yaml"), load_directory(EXAMPLES / "directory.csv")
    desensitizer = Desensitizer(policy, b"\x07" * 32, people)
    texts = {}
    for path in FILES:
        document = desensitizer.desensitize_document(load(path))[0]
        texts[path] = "\n".join([document.title, *(block.text for block in document.blocks)])
    return texts


@pytest.mark.parametrize("query", [query for query in QUERIES if query["answerable"]], ids=lambda query: query["id"])
def test_what_questions_rest_on_outlives_desensitizing(query: dict, desensitized: dict[Path, str]) -> None:
    for item in query["relevant"]:
        assert squeeze(item["quote"]) in squeeze(desensitized[DOCUMENTS / item["doc_id"]])


def test_no_planted_original_outlives_desensitizing(desensitized: dict[Path, str]) -> None:
    whole = re.sub(r"[\s-]", "", "".join(desensitized.values()))
    for original in (EXAMPLES / "planted.txt").read_text(encoding="utf-8").split("\n"):
        assert not original or re.sub(r"[\s-]", "", original) not in whole


def test_the_companys_people_keep_their_names(desensitized: dict[Path, str]) -> None:
    before = "\n".join(raw_text_of(path) for path in FILES)
    after = "\n".join(desensitized.values())
    facts = yaml.safe_load((EXAMPLES / "source" / "facts.yaml").read_text(encoding="utf-8"))
    for person in facts["people"]:
        for name in (person.get("zh"), person.get("en")):
            assert not name or before.count(name) == after.count(name), name


def test_planted_identifiers_have_valid_check_digits() -> None:
    planted = (EXAMPLES / "planted.txt").read_text(encoding="utf-8").split()
    cards = [line for line in planted if re.fullmatch(r"62\d{17}", line)]
    people = [line for line in planted if re.fullmatch(r"\d{17}[\dX]", line)]
    assert len(cards) >= 2
    assert len(people) >= 2
    for card in cards:
        digits = [int(digit) for digit in reversed(card)]
        assert sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0
    for person in people:
        weights = [2**power % 11 for power in range(17, 0, -1)]
        total = sum(int(digit) * weight for digit, weight in zip(person[:17], weights, strict=True))
        assert "10X98765432"[total % 11] == person[17]


def test_restricted_facts_stand_only_behind_their_labels() -> None:
    open_texts = {path: text_of(path) for path in FILES if not restricted(path)}
    for query in QUERIES:
        for fact in query.get("forbidden_facts", ()):
            assert not [str(path) for path, text in open_texts.items() if squeeze(fact) in text]


def test_forbidden_facts_are_real_and_key_facts_are_in_the_answers() -> None:
    hidden = "".join(text_of(path) for path in FILES if restricted(path))
    for query in QUERIES:
        forbidden = query.get("forbidden_facts", ())
        assert not forbidden or any(squeeze(fact) in hidden for fact in forbidden), query["id"]
        answers = squeeze(" ".join(query["answers"]))
        for fact in query.get("key_facts", ()):
            wordings = [fact] if isinstance(fact, str) else fact
            assert any(squeeze(wording) in answers for wording in wordings), query["id"]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    specification = importlib.util.spec_from_file_location("examples_build", EXAMPLES / "build.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def test_built_documents_come_from_their_sources(build: ModuleType, tmp_path: Path) -> None:
    try:
        build.find_font()
        skip = frozenset()
    except build.BuildError:
        skip = frozenset({".pdf"})  # its glyphs come from a font that this computer lacks
    once = build.build(tmp_path / "one", skip)
    again = build.build(tmp_path / "two", skip)
    assert once == again
    for relative in once:
        built = tmp_path / "one" / relative
        assert built.read_bytes() == (tmp_path / "two" / relative).read_bytes()
        assert text_of(built) == text_of(DOCUMENTS / relative)
