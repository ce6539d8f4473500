"""Colours and sizes of the pages, light and dark; the browser's preference decides. Contrasts meet WCAG AA."""

from __future__ import annotations

from collections.abc import Mapping

_FONT = '"Source Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'

_LIGHT = {
    "primaryColor": "#0f6b63",
    "backgroundColor": "#fbfaf7",
    "secondaryBackgroundColor": "#f2efe9",
    "textColor": "#1d2a2d",
    "linkColor": "#0f6b63",
    "borderColor": "#ddd9cf",
}
_DARK = {
    "primaryColor": "#56bcae",
    "backgroundColor": "#14191b",
    "secondaryBackgroundColor": "#1e2528",
    "textColor": "#e7eae7",
    "linkColor": "#6fcabd",
    "borderColor": "#353f43",
}

THEME: Mapping[str, object] = {
    "theme.font": _FONT,
    "theme.headingFont": _FONT,
    "theme.baseRadius": "0.6rem",
    "theme.headingFontWeights": 600,
    "theme.showSidebarBorder": True,
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
    "theme.light.sidebar.backgroundColor": "#f5f2ec",
    "theme.dark.sidebar.backgroundColor": "#181e20",
}
"""Streamlit settings by name."""
