"""The arrows between rooms, and third-party types staying where they are wrapped."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("app", "ingest", "knowledge", "adapters")

# library -> the only modules that may import it
WRAPPED = {
    "faiss": ("knowledge/vector_index.py",),
    "tantivy": ("knowledge/keyword_index.py", "knowledge/cutting.py"),
    "pyoxigraph": ("knowledge/graph/",),
    "opencc": ("knowledge/graph/normal.py",),
    "pypinyin": ("knowledge/graph/pinyin.py",),
    "rapidfuzz": ("knowledge/graph/grams.py",),
    "rdflib": ("knowledge/graph/shapes/shacl.py",),
    "pyshacl": ("knowledge/graph/shapes/shacl.py",),
    "presidio_analyzer": ("ingest/desensitize/",),
    "langchain_core": ("app/chain.py",),
    "latex2mathml": ("app/ui/formulas.py",),
    "llama_cpp": ("adapters/llama_cpp_generator.py", "adapters/training/gguf_merging.py"),
    "peft": ("adapters/training/", "adapters/transformers_generator.py"),
    "gguf": ("adapters/training/", "adapters/gguf_values.py"),
    "openvino": ("adapters/openvino",),
    "openvino_genai": ("adapters/openvino_generator.py",),
    "streamlit": ("app/ui/",),
    "apscheduler": ("knowledge/catalog/schedule_times.py",),
    "fsspec": ("ingest/connectors/store.py",),
    "watchdog": ("ingest/watching.py",),
}


@cache
def imports(path: Path) -> set[str]:
    """Top-level names that a module imports at run time; imports for type checkers only do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    names = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_arrows_between_rooms() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", WRAPPED)
def test_a_library_stays_in_the_module_that_wraps_it(library: str) -> None:
    strays = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if library in imports(path) and not str(path.relative_to(ROOT)).startswith(WRAPPED[library])
    ]
    assert not strays


def test_only_the_wiring_brings_ingest_and_adapters_into_the_app() -> None:
    allowed = ("app/wiring.py", "app/cli/", "app/ui/")
    strays = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if {"ingest", "adapters"} & imports(path) and not str(path.relative_to(ROOT)).startswith(allowed)
    ]
    assert not strays


@pytest.mark.parametrize("forbidden", ["pickle", "shelve", "marshal", "dill", "cloudpickle"])
def test_nothing_is_pickled(forbidden: str) -> None:
    assert not [str(path) for path in MODULES if forbidden in imports(path)]
