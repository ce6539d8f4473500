"""Small stand-ins for parts that a test does not exercise; they fail when they are used after all."""

import time
from collections.abc import Callable, Sequence

from knowledge.protocols import Vectors


class NoEmbedder:
    """An embedder for tests in which everything is in one language, so that none is needed."""

    fingerprint = ""
    dimension = 0
    max_tokens = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:  # noqa: ARG002 - the seam's signature
        raise AssertionError("nothing is to be embedded here")

    embed_queries = embed_passages

    def count_tokens(self, texts: Sequence[str]) -> list[int]:  # noqa: ARG002 - the seam's signature
        raise AssertionError("nothing is to be counted here")


def wait_until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Return as soon as `true()` holds; the time is only a limit, for machines that are busy with other things."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
