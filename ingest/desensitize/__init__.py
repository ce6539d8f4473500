"""Takes personal data and secrets out of text before anything stores or logs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest.desensitize.desensitizer import Desensitizer
    from ingest.desensitize.directory import Directory, load_directory
    from ingest.desensitize.policy import Action, Policy, load_policy
    from ingest.desensitize.pseudonyms import workspace_key

__all__ = ["Action", "Desensitizer", "Directory", "Policy", "load_directory", "load_policy", "workspace_key"]
_MODULES = {
    "Action": "policy",
    "Desensitizer": "desensitizer",
    "Directory": "directory",
    "Policy": "policy",
    "load_directory": "directory",
    "load_policy": "policy",
    "workspace_key": "pseudonyms",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
