"""How far OpenVINO's logits are from those of the same GGUF file in 32-bit floats: as its reader rounds, and exactly.

    PYTHONPATH=. python bench/weights.py [--model qwen2.5-coder-1.5b-instruct-q4]

Both ways are converted into a temporary folder (a minute each for 1.5 billion weights) and compared with transformers
over two short dialogues: correlation of the logits, Kullback-Leibler divergence per place in nats, share of places
where the likeliest token is the same. Needs the extra `gpu` and, for the default model, 10 GB of memory.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.chat_format import render
from adapters.gguf_values import GgufValues
from adapters.model_catalog import ModelCatalog
from adapters.openvino_weights import regroup
from knowledge.types import Message

DIALOGUES = (
    (
        Message("system", "You answer from the sources."),
        Message(
            "user",
            "Sources: Employees book trips in Meridian. The hotel limit for staff is CNY 600 a night and CNY 800 for "
            "managers.\n\nWhat is the limit for managers?",
        ),
    ),
    (
        Message("system", "你是公司的知识助手。"),
        Message(
            "user",
            "资料：从连续第3天起须提交医院开具的诊断证明；前两天无需证明。直属经理负责审批。\n\n问题：病假从第几天开始要交证明？",
        ),
    ),
)


def converted(file: Path, folder: Path) -> Path:
    """The model as OpenVINO reads it from `file`."""
    import openvino_genai as genai

    (folder / file.name).symlink_to(file)
    genai.LLMPipeline(str(folder / file.name), "CPU", enable_save_ov_model=True)
    return folder / "openvino_model.xml"


def logits(model: object, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of shape (tokens, vocabulary), computed as the assistant does."""
    import openvino as ov

    length = ids.shape[1]
    places = {"attention_mask": np.ones_like(ids), "position_ids": np.arange(length)[None]}
    made = ov.Core().compile_model(model, "CPU")({"input_ids": ids, "beam_idx": np.zeros(1, np.int32), **places})
    found: NDArray[np.float32] = made[0][0]
    return found


def compared(true: NDArray[np.float32], found: NDArray[np.float32]) -> tuple[float, float, float]:
    """Correlation, divergence and agreement, means over all places."""
    first, second = _log_softmax(true), _log_softmax(found)
    correlation = float(np.mean([np.corrcoef(*rows)[0, 1] for rows in zip(true, found, strict=True)]))
    divergence = float((np.exp(first) * (first - second)).sum(-1).mean())
    return correlation, divergence, float((true.argmax(-1) == found.argmax(-1)).mean())


def _log_softmax(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = rows - rows.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def main() -> None:
    """Print a line per way of converting."""
    import openvino as ov
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b-instruct-q4")
    name = parser.parse_args().model
    catalog = ModelCatalog.load()
    file = catalog.require(name)
    place = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(**place)
    prompts = [tokenizer(render(dialogue, catalog.chat(name)), add_special_tokens=False) for dialogue in DIALOGUES]
    tokens = [np.array([prompt["input_ids"]], np.int64) for prompt in prompts]
    exact = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    with torch.no_grad():
        true = [exact(torch.tensor(ids)).logits[0].numpy() for ids in tokens]
    del exact
    with tempfile.TemporaryDirectory() as folder:
        saved = converted(file, Path(folder))
        for way, values in (("rounded zero points", None), ("exact numbers", GgufValues(file))):
            begin, model = time.perf_counter(), ov.Core().read_model(saved)
            regroup(model, os.cpu_count() or 1, values)
            seconds = time.perf_counter() - begin
            rows = [compared(*pair) for pair in zip(true, (logits(model, ids) for ids in tokens), strict=True)]
            for language, (correlation, divergence, same) in zip(("en", "zh"), rows, strict=True):
                told = f"correlation {correlation:.4f}, divergence {divergence:.4f}, same token {same:.3f}"
                print(f"{way}, {language}: {told}; written in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
