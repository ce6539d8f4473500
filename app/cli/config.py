"""`plumbline config`: the settings that apply."""

from __future__ import annotations

import json
from typing import Any

import typer

from app.cli.common import Run, command, group
from app.cli.output import print_json, print_text

config = group("config", "The settings that apply.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(config)


@command(config, "show", json=True)
def show(run: Run) -> None:
    """All settings with their values: defaults, plumbline.toml and the environment put together."""
    settings = run.settings().model_dump(mode="json")
    if run.json:
        print_json(settings)
        return
    for key, value in settings.items():
        if not isinstance(value, dict):
            print_text(f"{key} = {_shown(value)}")
    for section, values in settings.items():
        if isinstance(values, dict):
            print_text(f"\n[{section}]")
            for key, value in values.items():
                print_text(f"{key} = {_shown(value)}")


def _shown(value: Any) -> str:
    return "# not set" if value is None else json.dumps(value, ensure_ascii=False)
