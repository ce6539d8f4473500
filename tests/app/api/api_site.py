"""What the tests of the service share."""

from __future__ import annotations

from app.assistant import Assistant

LARGEST = 64 * 1024


def bearer(assistant: Assistant, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {assistant.workspace.tokens.issue(name)}"}
