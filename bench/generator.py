"""Reading and writing speed of the default answer model through each back end.

    python bench/generator.py [--rounds 3]

Prompts of about 150, 300 and 600 tokens that share only the system prompt, which is warmed as the pages do it.
"""

import argparse
import os
import random
import time
from statistics import median

from adapters.generators import choose_backend, load_generator
from adapters.model_catalog import ModelCatalog
from knowledge.protocols import Generator
from knowledge.types import Message

MODEL = "qwen2.5-coder-1.5b-instruct-q4"
WORDS = (
    "travel policy hotel limit approval manager finance report sensor water warranty invoice supplier contract".split()
)
SYSTEM = Message("system", "You are the company's knowledge assistant and answer from the sources.")
ANSWER_TOKENS = 40


def measure(generator: Generator, words: int, seed: int) -> tuple[int, float, float]:
    """Tokens of a new prompt, seconds to the first token, and tokens per second after it."""
    text = " ".join(random.Random(seed).choices(WORDS, k=words))  # noqa: S311 - not for secrets
    begin = time.perf_counter()
    stream = generator.stream([SYSTEM, Message("user", f"{text}\nSummarize this at length.")], max_tokens=ANSWER_TOKENS)
    written = next(stream)
    first = time.perf_counter() - begin
    written += "".join(stream)
    rest = time.perf_counter() - begin - first
    return generator.count_tokens(text), first, generator.count_tokens(written) / max(rest, 1e-9)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores; auto: {choose_backend('auto').reason}")
    for backend in ("llama.cpp", "openvino"):
        begin = time.perf_counter()
        generator = load_generator(MODEL, backend, ModelCatalog.load())  # type: ignore[arg-type]
        print(f"{backend}: loaded in {time.perf_counter() - begin:.1f} s")
        generator.warm_up([SYSTEM])
        for words in (100, 220, 450):
            rows = [measure(generator, words, seed) for seed in range(arguments.rounds)]
            tokens, first, decode = (median(column) for column in zip(*rows, strict=True))
            print(f"  {tokens:4.0f} new tokens: first after {first:5.2f} s, then {decode:4.1f}/s")
        generator.close()


if __name__ == "__main__":
    main()
