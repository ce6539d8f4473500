"""How fast whole runs are: against the bare embedder on the same chunks, and when nothing has changed.

    python bench/ingest_speed.py [FOLDER] [--rounds 3]
    python bench/ingest_speed.py --corpus data/retrieval-mixed/corpus.jsonl --files 120 --rounds 1

With `--corpus` the texts of a JSONL file (`title`, `text`) become a folder of Markdown, HTML and Word files first, each
a third, so that starting up does not decide. Bare and whole runs take turns, so that other work on the machine meets
both; the ratio is that of the medians. `bound` is the most that is possible on processors which the embedder fills by
itself: its processor time against that and the time of all that comes before it, without what starts a process.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from app.settings import load_settings
from app.wiring import Workspace, open_workspace
from knowledge.protocols import Embedder, Vectors


class Noting:
    """An embedder that notes what it was asked to embed."""

    def __init__(self, inner: Embedder) -> None:
        self.inner = inner
        self.fingerprint, self.dimension, self.max_tokens = inner.fingerprint, inner.dimension, inner.max_tokens
        self.texts: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """As the real one, noted."""
        self.texts += texts
        return self.inner.embed_passages(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As the real one."""
        return self.inner.embed_queries(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the real one."""
        return self.inner.count_tokens(texts)


def opened(folder: Path, embedder: Embedder | None) -> tuple[Workspace, Noting]:
    """A new workspace with the embedder that is loaded already, if there is one."""
    workspace = open_workspace(load_settings(folder, environment={}), create=True)
    noting = Noting(embedder or workspace.embedder)
    workspace.parts["embedder"] = noting
    return workspace, noting


class Memory(threading.Thread):
    """Looks five times a second how much memory this process and those that it started take together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Until it is over."""
        while not self.over.wait(0.2):
            self.peak = max(self.peak, sum(resident(process) for process in family(os.getpid())))


def family(process: int) -> list[int]:
    """A process and all that come from it."""
    found = [process]
    for parent in found:
        with suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def resident(process: int) -> int:
    """The memory that a process takes, in MiB; 0 when it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize() // 2**20


def made(corpus: Path, count: int, folder: Path) -> Path:
    """`count` documents of the corpus, evenly drawn, as files of three formats in turn."""
    import docx

    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    folder.mkdir()
    for number, row in enumerate(rows[:: max(1, len(rows) // count)][:count]):
        title, parts = str(row["title"]), [part for part in str(row["text"]).split("\n\n") if part.strip()]
        place = folder / f"{number:04}"
        if number % 3 == 0:
            place.with_suffix(".md").write_text("\n\n".join([f"# {title}", *parts]), encoding="utf-8")
        elif number % 3 == 1:
            body = "".join(f"<p>{html.escape(part)}</p>" for part in parts)
            page = (
                f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>"
            )
            place.with_suffix(".html").write_text(page + body, encoding="utf-8")
        else:
            document = docx.Document()
            document.add_heading(title, 1)
            for part in parts:
                document.add_paragraph("".join(sign for sign in part if sign.isprintable() or sign == "\n"))
            document.save(str(place.with_suffix(".docx")))
    return folder


def timed(work: Callable[..., object], *arguments: object, **options: object) -> tuple[float, float]:
    """How many seconds it took, by the clock and of all processors (ended child processes included)."""
    begin, used = time.perf_counter(), sum(os.times()[:4])
    work(*arguments, **options)
    return time.perf_counter() - begin, sum(os.times()[:4]) - used


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("examples/documents"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--files", type=int, default=120)
    given = parser.parse_args()
    whole: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    reading: list[tuple[float, float]] = []
    centring: list[tuple[float, float]] = []
    starting: list[tuple[float, float]] = []
    chunks, embedder = 0, None
    memory = Memory()
    memory.start()
    with tempfile.TemporaryDirectory() as temporary:
        folder = made(given.corpus, given.files, Path(temporary) / "source") if given.corpus else given.folder
        single = Path(temporary) / "single"
        single.mkdir()
        (single / "one.md").write_text("# One\n\nA line.\n", encoding="utf-8")
        for turn in range(given.rounds):
            workspace, noting = opened(Path(temporary) / str(turn), embedder)
            embedder = noting.inner
            embedder.embed_passages(["warm up"] * 32)
            centring.append(timed(workspace.store.centres, embedder))  # once in the life of a workspace
            pipeline = workspace.pipeline()
            starting.append(timed(pipeline.run, [single], dry_run=True))
            reading.append(timed(pipeline.run, [folder], dry_run=True))
            whole.append(timed(pipeline.run, [folder]))
            texts = list(noting.texts)
            bare.append(timed(embedder.embed_passages, texts))
            again.append(timed(pipeline.run, [folder]))
            assert noting.texts == texts, "an unchanged run embeds nothing"
            chunks = len(texts)
            workspace.catalog.close()

    def middle(rows: list[tuple[float, float]], which: int = 0) -> float:
        return statistics.median(row[which] for row in rows)

    figures = {
        "chunks": chunks,
        "bare_chunks_per_s": round(chunks / middle(bare), 2),
        "pipeline_chunks_per_s": round(chunks / middle(whole), 2),
        "pipeline_to_bare": round(middle(bare) / middle(whole), 3),
        "processor_bare_to_pipeline": round(middle(bare, 1) / middle(whole, 1), 3),
        "processor_bare_s": round(middle(bare, 1), 2),
        "processor_before_embedding_s": round(middle(reading, 1), 2),
        "processor_of_one_line_s": round(middle(starting, 1), 2),
        "once_per_workspace_s": round(middle(centring), 2),
        "bound": round(middle(bare, 1) / (middle(bare, 1) + middle(reading, 1) - middle(starting, 1)), 3),
        "unchanged_seconds": round(middle(again), 3),
        "unchanged_share": round(middle(again) / middle(whole), 4),
        "peak_mib_with_children": memory.peak,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "rounds": given.rounds,
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
