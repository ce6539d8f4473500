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
    """The sentences of `language`, read once: those of all pages, then those that only one page says."""
    sentences: dict[str, str] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda file: (file.name != f"{language}.toml", file.name)):
        if file.name == f"{language}.toml" or file.name.endswith(f".{language}.toml"):
            tree = tomllib.loads(file.read_text(encoding="utf-8"))
            sentences |= {f"{section}.{key}": text for section, keys in tree.items() for key, text in keys.items()}
    return Words(language, sentences)


def other(language: Language) -> Language:
    """The other one of the two."""
    return "en" if language == "zh" else "zh"
