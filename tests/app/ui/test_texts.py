import re
from pathlib import Path
from string import Formatter

import app.ui
from app.ui.texts import LANGUAGES, other, words

FOLDER = Path(app.ui.__file__).parent
KEY = re.compile(r"""["']([a-z_]+\.[a-z_0-9A-Z]+)["']""")


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    zh, en = words("zh").sentences, words("en").sentences
    assert list(zh) == list(en)
    assert {key: names(zh[key]) for key in zh} == {key: names(en[key]) for key in en}


def test_chinese_is_chinese() -> None:
    own = {"sign_in.other_language", "answer.other_language"}
    without_han = {key for key, text in words("zh").sentences.items() if not re.search(r"[一-鿿]", text)}
    assert without_han <= own | {"answer.answered_by"}


def test_every_key_that_the_pages_name_exists() -> None:
    sections = {key.split(".")[0] for key in words("en").sentences}
    used = {key for file in FOLDER.glob("*.py") for key in KEY.findall(file.read_text(encoding="utf-8"))}
    files = {"sign_in.html"}
    assert {key for key in used - files if key.split(".")[0] in sections and not words("en").has(key)} == set()


def test_the_two_languages() -> None:
    assert [other(language) for language in LANGUAGES] == ["en", "zh"]
