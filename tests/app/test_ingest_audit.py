"""Whoever ingests through the library leaves the same trace as on the command line."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.assistant import Assistant
from app.settings import load_settings
from app.wiring import open_workspace
from knowledge.protocols import Vectors


class OneDirection:
    """Every text has the same vector; nothing is searched here."""

    fingerprint, dimension, max_tokens = "one", 4, 512

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.array([1, 0, 0, 0], dtype=np.float32), (len(texts), 1))

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def test_ingest_is_audited_and_a_dry_run_is_not(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    workspace = open_workspace(load_settings(tmp_path / "ws", environment={}), create=True)
    workspace.parts["embedder"] = OneDirection()
    with Assistant(workspace) as assistant:
        assistant.ingest(tmp_path / "docs", dry_run=True)
        assert list(workspace.audit.list(action="ingest")) == []
        report = assistant.ingest([tmp_path / "docs"], access=["hr"])
        (entry,) = workspace.audit.list(action="ingest")
        assert (entry.actor, entry.subject) == ("library", report.run_id)
        assert entry.detail["access"] == ["hr"]
        assert entry.detail["documents"]["added"] == 1
        assert workspace.audit.verify().ok
