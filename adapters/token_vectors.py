"""From a network's last layer to the vectors of a text's own tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.protocols import Vectors


def own_vectors(
    layer: Vectors, offsets: Sequence[tuple[int, int]], special: Sequence[int], prefix_characters: int
) -> Vectors:
    """Unit rows of the tokens of a text that was read behind a prefix, shape (own tokens, dimension).

    `layer` has a row for each token, padding behind them allowed; `offsets` are the characters of a token, prefix
    counted; `special` is 1 for those that the tokenizer added. A blank between prefix and text belongs to the prefix,
    unless it is part of the text's first token.
    """
    own = [place for place, (_, end) in enumerate(offsets) if not special[place] and end > prefix_characters]
    rows = layer[own]
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
    return unit
