"""Small stand-ins for parts that a test does not exercise; they fail when they are used after all."""

from collections.abc import Sequence

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
