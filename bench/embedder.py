"""Texts per second of the embedding model through each back end, in interleaved rounds, and how far they agree.

    python bench/embedder.py [--texts 48] [--rounds 5] [--busy 2]

Needs the extra `torch`. With `--busy` so many other processes compute all the time, as on a machine with other work: it
slows the two down by different amounts, so say with a ratio how busy the machine was.
"""

import argparse
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from statistics import median

from adapters.embedders import load_embedder
from adapters.model_catalog import ModelCatalog

MODEL = "multilingual-e5-small"
SENTENCE = (
    "差旅住宿标准：一线城市每晚不超过六百元，其他城市每晚不超过四百元，"
    "超出部分由员工自行承担，特殊情况须经部门负责人书面批准。"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0)
    arguments = parser.parse_args()
    models = ModelCatalog.load()
    embedders = {name: load_embedder(MODEL, name, models) for name in ("torch", "openvino")}
    texts = [f"{SENTENCE * 3}{number}" for number in range(arguments.texts)]
    vectors = {name: embedder.embed_passages(texts) for name, embedder in embedders.items()}
    speeds: dict[str, list[float]] = {name: [] for name in embedders}
    with ExitStack() as ends:
        for _ in range(arguments.busy):
            ends.callback(subprocess.Popen([sys.executable, "-c", "while True: pass"]).kill)
        for _ in range(arguments.rounds):
            for name, embedder in embedders.items():
                begin = time.perf_counter()
                embedder.embed_passages(texts)
                speeds[name].append(arguments.texts / (time.perf_counter() - begin))
    agree = float((vectors["torch"] * vectors["openvino"]).sum(axis=1).min())
    ratio = median(speeds["openvino"]) / median(speeds["torch"])
    tokens = embedders["openvino"].count_tokens(texts[:1])[0]
    print(f"{os.cpu_count()} cores, {arguments.busy} other processes computing")
    print(f"{arguments.texts} texts of {tokens} tokens, {arguments.rounds} rounds")
    for name, rows in speeds.items():
        print(f"{name:10} median {median(rows):6.1f} texts/s")
    print(f"openvino / torch {ratio:.2f}, lowest cosine between them {agree:.5f}")


if __name__ == "__main__":
    main()
