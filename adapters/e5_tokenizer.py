"""The tokenizer of multilingual-e5-small: Unigram pieces after NFKC, blanks collapsed, a mark before each word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.e5_weights import E5Weights

BOS, PAD, EOS = 0, 1, 2


def write(weights: E5Weights, path: Path) -> None:
    """Write the tokenizer as the `tokenizers` library reads it."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = [(piece, float(score)) for piece, score in zip(weights.pieces, weights.scores, strict=True)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=weights.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", BOS), ("</s>", EOS)]
    )
    tokenizer.save(str(path))


def read(path: Path) -> Any:
    """The `tokenizers` tokenizer in `path`."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(path))
