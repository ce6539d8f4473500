"""Contrast by WCAG 2.1: text needs 4.5 to 1, marks and borders of controls 3 to 1."""

import re
from pathlib import Path

import pytest

import app.ui
from app.ui.theme import THEME

STYLE = (Path(app.ui.__file__).parent / "style.css").read_text(encoding="utf-8")
SIGN_IN = (Path(app.ui.__file__).parent / "sign_in.html").read_text(encoding="utf-8")


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(over: str, under: str, share: float) -> str:
    pairs = zip((1, 3, 5), (1, 3, 5), strict=True)
    values = [round(int(over[a : a + 2], 16) * share + int(under[b : b + 2], 16) * (1 - share)) for a, b in pairs]
    return "#" + "".join(f"{value:02x}" for value in values)


def variables(source: str) -> list[dict[str, str]]:
    """The colours of the light and of the dark scheme."""
    both = re.split(r"@media \(prefers-color-scheme: dark\)", source)[:2]
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})\b", part)) for part in both]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(scheme: str) -> None:
    def colour(name: str) -> str:
        return str(THEME[f"theme.{scheme}.{name}"])

    own = variables(STYLE)[scheme == "dark"]
    for ground in ("backgroundColor", "secondaryBackgroundColor", "sidebar.backgroundColor"):
        paper = colour(ground)
        assert contrast(colour("textColor"), paper) >= 7
        assert contrast(mixed(colour("textColor"), paper, 0.72), paper) >= 4.5, "quiet text"
        for name in ("plb-accent", "plb-warn", "plb-bad"):
            assert contrast(own[name], paper) >= 4.5, (name, ground)
        assert contrast(colour("linkColor"), paper) >= 4.5
        assert contrast(colour("primaryColor"), paper) >= 3
    assert contrast(colour("textColor"), own["plb-mark"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_on_the_sign_in_page(scheme: str) -> None:
    own = variables(SIGN_IN)[scheme == "dark"]
    for paper in ("paper", "card"):
        for name in ("ink", "quiet", "accent"):
            assert contrast(own[name], own[paper]) >= 4.5, (name, paper)
    assert contrast(own["on-accent"], own["accent"]) >= 4.5
    assert contrast(own["warn"], own["warn-paper"]) >= 4.5
