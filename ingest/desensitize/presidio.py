"""The parts of Presidio that we build on, imported without the machine-learning frameworks that it can also use.

`import presidio_analyzer` imports torch and transformers where they are installed, for engines that we do not use:
six seconds instead of one. They are kept out of this one import, in this thread only; whoever else needs them imports
them as ever.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult

_KEPT_OUT = frozenset({"torch", "transformers", "tensorflow", "jax", "mxnet", "cupy", "stanza", "gliner"})


class _WithoutFrameworks(MetaPathFinder):
    """Answers "not installed" for frameworks to the thread that made it."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        if threading.get_ident() == self._thread and name.partition(".")[0] in _KEPT_OUT:
            raise ImportError(f"{name} is not needed here")
        return None


def _import() -> None:
    if "presidio_analyzer" in sys.modules:
        return
    # It reports each recognizer that it loads, and warns of each that it does not
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    finder = _WithoutFrameworks()
    sys.meta_path.insert(0, finder)
    try:
        import presidio_analyzer  # noqa: F401 - the import is what it is for
    finally:
        sys.meta_path.remove(finder)


_import()
from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult  # noqa: E402
from presidio_analyzer.nlp_engine import NlpArtifacts  # noqa: E402

__all__ = ["EntityRecognizer", "NlpArtifacts", "RecognizerRegistry", "RecognizerResult"]
