"""The command `plumbline ingest` with the real model, killed at random moments; `plumbline doctor` after each.

    python bench/crash.py [--kills 50] [--seed 1]

Between kills documents change, appear and vanish. Ends with exit code 1 at the first document that is lost, doubled or
not found, and at the first doctor that is not content. Each command is a process of its own, forked from this one,
which has only read the code: so no kill is spent on imports. Needs `plumbline models pull --needed-for-tests`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

DOCUMENTS = 12
CODE = (
    "app.wiring",
    "ingest.pipeline",
    "ingest.desensitize.presidio",
    "knowledge.retriever",
    "knowledge.shadow",
    "adapters.openvino_embedder",
    "openvino",
    "faiss",
    "tantivy",
)


def started(workspace: Path, *arguments: str) -> int:
    """Start a command in a process of its own, with its output in `output` beside the workspace; gives its number."""
    from app.cli.main import main

    process = os.fork()
    if process:
        return process
    output = os.open(workspace.parent / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["plumbline", "--workspace", str(workspace), *arguments]
    status = 1
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        os._exit(status)


def ended(workspace: Path, *arguments: str) -> str:
    """What a command printed that was run to its end, and well."""
    status = os.waitstatus_to_exitcode(os.waitpid(started(workspace, *arguments), 0)[1])
    output = (workspace.parent / "output").read_text(encoding="utf-8")
    assert status == 0, f"{arguments[0]}: exit {status}: {output[-2000:]}"
    return output


def killed(workspace: Path, seconds: float, *arguments: str) -> bool:
    """Kill a command after so many seconds; gives whether it was still running."""
    process = started(workspace, *arguments)
    time.sleep(seconds)
    running = os.waitpid(process, os.WNOHANG)[0] == 0
    if running:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    return running


class Site:
    """A folder of documents; each says a word of its own that changes with every version."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance, self.number = folder, chance, 0
        self.words: dict[str, list[str]] = {}
        folder.mkdir()
        for place in range(DOCUMENTS):
            self.write(f"d{place}.md")

    def write(self, name: str) -> None:
        """A new version of a document."""
        self.number += 1
        self.words.setdefault(name, []).append(f"zq{self.number}x")
        parts = "\n\n".join(f"## Part {part}\n\n{f'Rule {part} of this document. ' * 20}" for part in range(2))
        text = f"# Document {name}\n\nIts word is {self.words[name][-1]}.\n\n{parts}\n"
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self) -> None:
        """Some documents change, one appears, one vanishes."""
        names = sorted(path.name for path in self.folder.iterdir())
        for name in self.chance.sample(names, 4):
            self.write(name)
        (self.folder / self.chance.choice(names)).unlink()
        self.write(f"n{self.number}.md")


def listed(workspace: Path) -> set[str]:
    """Paths of the documents that are there, after the doctor was content."""
    ended(workspace, "doctor", "--json")
    there = [each["path"] for each in json.loads(ended(workspace, "documents", "list", "--json"))["documents"]]
    assert len(there) == len(set(there)), "doubled"
    return set(there)


def search(workspace: Path, site: Site, there: set[str]) -> None:
    """Each document must be found once by one of its words, and only by its own."""
    asked = [{"id": f"{name} {word}", "question": word} for name in sorted(there) for word in site.words[name]]
    queries = workspace.parent / "queries.jsonl"
    queries.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    answers = ended(workspace, "search", "--batch", str(queries), "--limit", "50").splitlines()
    found: dict[str, list[str]] = {name: [] for name in there}
    for answer in map(json.loads, answers):
        name, word = answer["id"].split()
        hits = [hit["path"] for hit in answer["hits"] if f"{word}." in hit["text"]]
        assert set(hits) <= {name}
        found[name] += [word] * len(hits)
    wrong = {name: words for name, words in found.items() if len(words) != 1}
    assert not wrong, wrong
    for name, (word,) in found.items():
        # What came before cannot come back; the one before is asked for once more
        site.words[name] = site.words[name][max(0, site.words[name].index(word) - 1) :]


def main() -> None:
    """Kill, check, change; then let a run end and compare with the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--search", type=int, default=1, metavar="N", help="search after each Nth kill only")
    given = parser.parse_args()
    # The doctor reads all bytes of the models: of the answer model's most time would go into that
    os.environ.setdefault("PLUMBLINE_ANSWER__MODEL", "smollm2-135m-instruct-q4")
    chance = random.Random(given.seed)  # noqa: S311 - not a secret
    with tempfile.TemporaryDirectory() as temporary:
        workspace, site = Path(temporary) / "workspace", Site(Path(temporary) / "source", chance)
        for name in CODE:
            import_module(name)
        ended(workspace, "init")
        started_at = time.monotonic()
        ended(workspace, "ingest", str(site.folder))
        whole = time.monotonic() - started_at
        before, interrupted = listed(workspace), 0
        for kill in range(given.kills):
            site.change()
            running = killed(workspace, chance.random() * whole, "ingest", str(site.folder))
            interrupted += running
            # Kills behind the end of a run prove nothing: aim earlier then
            whole = whole * 1.05 if running else max(0.5, whole * 0.8)
            there = listed(workspace)
            if kill % given.search == given.search - 1:
                search(workspace, site, there)
            lost = {name for name in before - there if (site.folder / name).exists()}
            assert not lost, f"kill {kill}: lost {lost}"
            before = there
            print(
                f"kill {kill + 1}: {len(there)} documents, {time.monotonic() - started_at:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        ended(workspace, "ingest", str(site.folder))
        there = listed(workspace)
        assert there == {path.name for path in site.folder.iterdir()}
        search(workspace, site, there)
    print(json.dumps({"kills": given.kills, "in_the_middle": interrupted, "lost": 0, "doubled": 0}))


if __name__ == "__main__":
    main()
