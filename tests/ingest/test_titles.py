"""A surname with a title is a person when it is known who may be meant; names of one document are found in one pass."""

import sys

import pytest

from ingest.desensitize import Desensitizer, Directory, load_policy
from ingest.desensitize.directory import Colleague
from ingest.desensitize.names import chinese, english
from ingest.desensitize.policy import Override, Titles

KEY = b"\x07" * 32


ENGLISH = "James Mary Robert Linda David Susan Karen Nancy Daniel Laura Kevin Brian Helen Peter Julia".split()


def clean(text, directory=None, **changes):
    policy = load_policy().model_copy(update=changes)
    return Desensitizer(policy, KEY, directory).desensitize(text)[0]


def test_the_only_person_of_that_surname_in_the_document():
    name = clean("联系人：王建国")[4:]
    assert clean("联系人：王建国。王总已批准，请王经理确认。") == f"联系人：{name}。{name}总已批准，请{name}经理确认。"


def test_one_of_several_is_a_person_but_nobody_in_particular():
    text = clean("参会：王建国、王丽华。王总同意。")
    assert text.endswith("。⟨PERSON⟩总同意。")


def test_two_characters_of_surname():
    text = clean("欧阳静负责，请欧阳老师确认。")
    assert text.count("⟨PERSON·") == 2
    assert len(set(text.replace("⟩", "⟨").split("⟨")[1::2])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "王总已批准，李经理说可以。",
        "老师傅带徒弟。",
        "总经理办公会，对方经理未到。",
        "张工作室与高总量不变。",
        "联系人：张伟。王总同意。",
    ],
)
def test_what_stays_when_nobody_is_known(text):
    assert clean(text).endswith(text.rpartition("张伟")[2])


def test_always_and_never():
    assert clean("王总，李经理，老师傅，总经理", titles=Titles.ALWAYS) == "⟨PERSON⟩总，⟨PERSON⟩经理，老师傅，总经理"
    assert "王总" in clean("联系人：王建国。王总同意。", titles=Titles.NEVER)


def test_colleagues_keep_their_titles_and_become_one_pseudonym_when_it_is_strict():
    people = Directory([Colleague(("王建国",))])
    assert clean("王建国说。王总同意。", people) == "王建国说。王总同意。"
    strict = Desensitizer(load_policy().strict(), KEY, people).desensitize("王建国说。王总同意。")[0]
    name = strict.partition("说")[0]
    assert strict == f"{name}说。{name}总同意。"


def test_a_name_in_a_list_before_an_identity_card_or_a_mobile_number():
    text = clean("高建国,11010519491231002X 和 段琪，13857126648；门店,13857126648")
    assert "高建国" not in text
    assert "段琪" not in text
    assert "门店" in text


def test_twice_changes_nothing_more():
    once = clean("联系人：王建国。王总已批准。参会：李雷、李梅，李经理缺席。")
    assert clean(once) == once


def test_given_names_may_hold_everyday_characters():
    for name in ("顾念之", "安可欣", "秦时月", "李修文", "周能", "王镇"):
        assert name not in clean(f"联系人：{name}，电话见附件"), name


def calls_of(function, text):
    """How many calls, of Python and of built-in functions, a function makes for a text."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        function(text)
    finally:
        sys.setprofile(None)
    return calls


WHOLE = Desensitizer(load_policy(), KEY)
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋"


@pytest.mark.parametrize(
    ("find", "names"),
    [
        (chinese.find_names, [f"{a}{b}{c}、" for a in SURNAMES for b in GIVEN for c in GIVEN]),
        (chinese.find_names, [f"{a}{b}{c}" for a in SURNAMES for b in GIVEN for c in GIVEN]),
        (english.find_names, [f"{a} {b}, " for a in ENGLISH for b in ("Smith", "Miller", "Brown", "Keller", "Weber")]),
        (english.find_names, ["Wang "] * 400),
        (WHOLE.desensitize, [f"{a}{b}{c}、{a}总，" for a in SURNAMES for b in GIVEN for c in GIVEN]),
        (WHOLE.desensitize, [f"{a}{b}{c}" for a in SURNAMES for b in GIVEN for c in GIVEN]),
    ],
    ids=["list", "glued", "english", "run", "titles", "whole"],
)
def test_work_grows_as_the_text_does(find, names):
    """A text of nothing but names, twice as long, is twice the work: no name is compared with all the others."""
    half, whole = "".join(names[: len(names) // 2]), "".join(names)
    find(whole)  # what is read once is read now
    assert calls_of(find, whole) < 2.3 * calls_of(find, half)


def test_a_question_finds_names_where_an_exception_keeps_them():
    policy = load_policy().model_copy(
        update={"overrides": (Override(sources=("library",), entities={"PERSON": "keep"}),)}
    )
    desensitizer = Desensitizer(policy, KEY)
    question = "王建国的电话13812345678是谁的？"
    asked = desensitizer.desensitize(question)[0]
    assert "王建国" not in asked
    searched = desensitizer.for_search(question, asked)
    assert searched.startswith(asked)
    assert searched.endswith(" 王建国")
    assert "13812345678" not in searched
    plain = Desensitizer(load_policy(), KEY)
    assert plain.for_search(question, asked) == asked
