"""The command `plumbline ingest` with the real model, killed at random moments; `plumbline doctor` after each.

    python bench/crash.py [--kills 50] [--seed 1]

Between kills documents change, appear and vanish. Ends with exit code 1 at the first document that is lost, doubled or
not found, and at the first doctor that is not content.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STARTING = "from app.cli.main import main; main()"
DOCUMENTS = 20


def command(workspace: Path, *arguments: str) -> list[str]:
    """A command line in a process of its own."""
    return [sys.executable, "-c", STARTING, "--workspace", str(workspace), *arguments]


def ended(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that is run to its end."""
    return subprocess.run(command(workspace, *arguments), capture_output=True, text=True, check=False)


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
        parts = "\n\n".join(f"## Part {part}\n\n{f'Rule {part} of this document. ' * 30}" for part in range(2))
        text = f"# Document {name}\n\nIts word is {self.words[name][-1]}.\n\n{parts}\n"
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self) -> None:
        """Some documents change, one appears, one vanishes."""
        names = sorted(path.name for path in self.folder.iterdir())
        for name in self.chance.sample(names, 4):
            self.write(name)
        (self.folder / self.chance.choice(names)).unlink()
        self.write(f"n{self.number}.md")


def checked(workspace: Path, site: Site) -> set[str]:
    """Paths of the documents that are there, after the doctor was content and each was found once by its own word."""
    doctor = ended(workspace, "doctor", "--json")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr[-2000:]
    there = [each["path"] for each in json.loads(ended(workspace, "documents", "list", "--json").stdout)["documents"]]
    assert len(there) == len(set(there)), "doubled"
    asked = [{"id": f"{name} {word}", "question": word} for name in there for word in site.words[name]]
    queries = workspace.parent / "queries.jsonl"
    queries.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    answers = ended(workspace, "search", "--batch", str(queries), "--limit", "50").stdout.splitlines()
    found: dict[str, int] = dict.fromkeys(there, 0)
    for answer in map(json.loads, answers):
        name, word = answer["id"].split()
        hits = [hit["path"] for hit in answer["hits"] if f"{word}." in hit["text"]]
        assert set(hits) <= {name}
        found[name] += len(hits)
    assert set(found.values()) <= {1}, {name: count for name, count in found.items() if count != 1}
    return set(there)


def main() -> None:
    """Kill, check, change; then let a run end and compare with the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - not a secret
    with tempfile.TemporaryDirectory() as temporary:
        workspace, site = Path(temporary) / "workspace", Site(Path(temporary) / "source", chance)
        assert ended(workspace, "init").returncode == 0
        started = time.monotonic()
        assert ended(workspace, "ingest", str(site.folder)).returncode == 0
        whole = time.monotonic() - started
        before, interrupted = checked(workspace, site), 0
        for kill in range(given.kills):
            site.change()
            line = command(workspace, "ingest", str(site.folder))
            with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(chance.random() * whole)
                interrupted += process.poll() is None
                process.kill()
            there = checked(workspace, site)
            lost = {name for name in before - there if (site.folder / name).exists()}
            assert not lost, f"kill {kill}: lost {lost}"
            before = there
        assert ended(workspace, "ingest", str(site.folder)).returncode == 0
        assert checked(workspace, site) == {path.name for path in site.folder.iterdir()}
    print(json.dumps({"kills": given.kills, "in_the_middle": interrupted, "lost": 0, "doubled": 0}))


if __name__ == "__main__":
    main()
