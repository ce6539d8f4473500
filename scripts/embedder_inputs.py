"""Measures how large the inputs of the embedding model's products get: adapters/e5_inputs.json.

    PYTHONPATH=. python scripts/embedder_inputs.py

The largest absolute value of each channel over the demo company's documents and some lines of other kinds, by torch
(extra `torch`). `adapters/openvino_embedder.py` fixes the steps of bytes by them. The same input gives the same file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from adapters.embedders import load_embedder
from adapters.model_catalog import ModelCatalog
from ingest.loaders import load

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "adapters" / "e5_inputs.json"
MODEL = "multilingual-e5-small"
PIECE = 300
BATCH = 16
OTHER = (
    "a",
    "。。。。。",
    "...",
    "🙂🙂🙂",
    "0 0 0 0 0 0 0 0",
    "1234567890" * 40,
    "aaaa " * 200,
    "中" * 300,
    "—" * 100,
    "-" * 200,
    "\t\t\t",
    "A-1203-XK/77.5",
    "∑ x² ≥ π/2",
    "https://example.com/?q=1",
    "def f(x):\n    return x**2 + 3*x - 1",
    "SELECT * FROM orders WHERE id = 42;",
    "{'a': [1, 2, null]}",
    "ERROR 500 at /api/v1/users: NullPointerException",
    "|a|b|c|\n|---|---|---|\n|1|2|3|",
    "請問您的訂單編號是多少？",
    "お見積もりは来週の水曜日までにお送りします。",
    "견적서를 다음 주까지 보내 드리겠습니다.",
    "Die Rechnung wurde am 3. Mai bezahlt.",
    "La réunion est reportée à jeudi.",
    "Привет, как дела?",
    "مرحبا بكم في الشركة",
    "สวัสดีครับ",
    "नमस्ते, आप कैसे हैं?",
)
"""Text of other kinds and languages: what is typical of none of the documents may be large in a channel too."""


def texts() -> Iterator[str]:
    """Pieces of documents and the other lines, as passages and as queries."""
    found = [*OTHER]
    for path in sorted((ROOT / "examples" / "documents").rglob("*")):
        if path.is_file():
            whole = "\n\n".join(block.text for block in load(path).blocks)
            found += [whole[start : start + PIECE] for start in range(0, len(whole), PIECE)]
    for number, text in enumerate(found):
        yield ("passage: " if number % 4 else "query: ") + text


def main() -> None:
    """Measure and write."""
    models = ModelCatalog.load()
    embedder: Any = load_embedder(MODEL, "torch", models)
    transformer = embedder._model[0]  # noqa: SLF001 - the bare network
    network, tokenizer = transformer.auto_model.eval(), transformer.tokenizer
    largest: dict[str, torch.Tensor] = defaultdict(lambda: torch.zeros(1))
    mask = torch.zeros(0)

    def measure(name: str, _module: object, inputs: tuple[torch.Tensor, ...]) -> None:
        largest[name] = torch.maximum(largest[name], inputs[0][mask].abs().amax(dim=0))

    for number, layer in enumerate(network.encoder.layer):
        parts = {"q": layer.attention.self.query, "ao": layer.attention.output.dense}
        parts |= {"fi": layer.intermediate.dense, "fo": layer.output.dense}
        for part, module in parts.items():
            hook: Callable[..., None] = partial(measure, f"l{number}.{part}")
            module.register_forward_pre_hook(hook)
    every = list(texts())
    with torch.no_grad():
        for start in range(0, len(every), BATCH):
            read = tokenizer(every[start : start + BATCH], return_tensors="pt", padding=True, truncation=True)
            mask = read["attention_mask"].bool()
            network(**read)
    lines = (
        f"{json.dumps(name)}: [{', '.join(f'{value:.2g}' for value in values.tolist())}]"
        for name, values in largest.items()
    )
    weights = models.get(MODEL).files[0].sha256
    body = ",\n".join(lines)
    TARGET.write_text(f'{{"weights": "{weights}", "largest": {{\n{body}\n}}}}\n', encoding="utf-8")
    print(f"{len(every)} texts, {len(largest)} inputs, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
