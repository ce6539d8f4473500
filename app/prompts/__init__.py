"""Prompts: one text file per purpose and language, read once.

What stands in a prompt before its first place for something is read once and then kept: by llama.cpp by the token, by
OpenVINO in blocks of 32. With `answer.*` before it, `question.*` has two whole blocks there, counted by the default
model: instructions cost a user's time only behind the sources, and in what is left over of a block.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from knowledge.types import Language

VERSION = "3"
"""Part of the model version: raised whenever a prompt changes in a way that changes answers."""


@cache
def load(name: str, language: Language) -> str:
    """The prompt text `name` in `language`, without blank lines around it."""
    return files(__name__).joinpath(f"{name}.{language}.txt").read_text(encoding="utf-8").strip("\n")
