"""Prompts: one text file per purpose and language, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from knowledge.types import Language

VERSION = "2"
"""Part of the model version: raised whenever a prompt changes in a way that changes answers."""


@cache
def load(name: str, language: Language) -> str:
    """The prompt text `name` in `language`, without blank lines around it."""
    return files(__name__).joinpath(f"{name}.{language}.txt").read_text(encoding="utf-8").strip("\n")
