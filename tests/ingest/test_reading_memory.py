"""What the program holds in memory does not count against the processes that read for it."""

from pathlib import Path

import numpy as np

from ingest.reading import Reader, Request
from ingest.types import Limits, LoadedDocument


def test_a_reader_started_by_a_large_process_is_kept(tmp_path: Path) -> None:
    held = np.ones(500 * 1024 * 1024 // 8)  # as a loaded model would
    path = tmp_path / "a.md"
    path.write_text("# A\n\nText.\n", encoding="utf-8")
    with Reader(Limits(memory_mb=700)) as reader:
        processes = set()
        for _ in range(3):
            assert isinstance(reader.read(Request(path)), LoadedDocument)
            (worker,) = reader._all
            processes.add(worker._process and worker._process._popen.pid)
    assert held.sum() > 0
    assert len(processes) == 1
    assert None not in processes
