"""All sentences of the pages: `words(language)` gives them by key, as `words("zh")("chat.stop")`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from knowledge.types import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
NAMES: Mapping[Language, str] = {"zh": "中文", "en": "English"}


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language by `section.key`."""

    language: Language
    sentences: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence under `key` with its `{names}` filled in; an unknown key is a programming mistake."""
        return self.sentences[key].format_map(values) if values else self.sentences[key]

    def has(self, key: str) -> bool:
        """Whether there is a sentence under `key`."""
        return key in self.sentences


@cache
def words(language: Language) -> Words:
    """The sentences of `language`, read once."""
    tree = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return Words(language, {f"{section}.{key}": text for section, keys in tree.items() for key, text in keys.items()})


def other(language: Language) -> Language:
    """The other one of the two."""
    return "en" if language == "zh" else "zh"
