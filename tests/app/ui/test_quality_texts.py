"""Every rule and fix of the quality check has its sentences in both languages."""

from __future__ import annotations

import re

import pytest

from app.ui.texts import LANGUAGES, words
from knowledge.graph.quality import RULES
from knowledge.types import Language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_can_be_said(language: Language) -> None:
    for name, rule in RULES.items():
        assert words(language)(f"quality_title.{name}")
        assert words(language)(f"quality_why.{name}")
        places = set(re.findall(r"\{(\w+)", words(language).sentences[f"quality_message.{name}"]))
        known = set(re.findall(r"(?<!\{)\{(\w+)", rule.message)) | (
            {"right", "tag"} if name == "label_language" else set()
        )
        assert places <= known, name
