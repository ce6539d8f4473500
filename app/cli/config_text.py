"""`plumbline.toml` with every setting explained and set to its default, commented out unless a value is given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from app.settings import Section, Settings

_HEAD = """\
# Settings of this Plumbline workspace. A line behind a # shows the default; take the # away to change it.
# A variable of the environment goes over this file: PLUMBLINE_ANSWER__MODEL=… sets model of [answer].
# `plumbline config show` prints what applies.
"""


def commented_settings(values: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """The whole file; `values` by section and key are written in force."""
    given = values or {}
    parts = [_HEAD]
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            parts.append(_section(name, field.default, given.get(name, {})))
    return "\n".join(parts)


def _section(name: str, section: Section, given: Mapping[str, Any]) -> str:
    about = (type(section).__doc__ or "").split("\n")[0]
    lines = [f"# {about}", f"[{name}]"]
    for key, field in type(section).model_fields.items():
        explained = _explained(field)
        if explained:
            lines.append(f"# {explained}")
        lines.append(f"{key} = {_toml(given[key])}" if key in given else f"# {key} = {_toml(field.default)}")
    return "\n".join(lines) + "\n"


def _explained(field: FieldInfo) -> str:
    """The description, with the allowed values where they are few."""
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    allowed = f"one of {', '.join(_toml(choice) for choice in choices)}" if choices else ""
    return "; ".join(part for part in (field.description or "", allowed) if part)


def _toml(value: Any) -> str:
    if value is None:
        return '"…"'
    if isinstance(value, Path):
        return json.dumps(value.as_posix())
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(part) for part in value)}]"
    # Strings, numbers and booleans are written alike in JSON and TOML
    return json.dumps(value, ensure_ascii=False)
