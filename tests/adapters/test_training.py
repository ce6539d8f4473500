"""The ways to train, on a tiny model with random weights: what they learn, how they resume, what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.model_catalog import ModelCatalog, ModelEntry
from adapters.training import estimating
from adapters.training.examples import Dataset, Example, Preference
from adapters.training.gguf_export import export_gguf
from adapters.training.plan import Plan, Step
from adapters.training.runs import TrainingRuns
from adapters.training.torch_models import model_shape, weights_folder
from adapters.training.trainer import foresee, train
from adapters.transformers_generator import TransformersGenerator
from knowledge.catalog import Catalog
from knowledge.catalog.runs import FAILED
from knowledge.errors import InvalidInput, Unavailable
from knowledge.types import Adapter, Message

pytestmark = pytest.mark.model
TINY = "tiny"
PLAN = Plan(TINY, max_steps=12, batch_size=2, learning_rate=2e-2, dropout=0.1, max_tokens=64, checkpoint_every=5)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> ModelCatalog:
    """A catalog with one random llama of two layers, which reads and writes as the small model does."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    place = tmp_path_factory.mktemp("tiny")
    real = ModelCatalog.load()
    AutoTokenizer.from_pretrained(weights_folder("smollm2-135m-instruct-q4", real)).save_pretrained(place / "in" / TINY)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    LlamaForCausalLM(config).save_pretrained(place / "in" / TINY)
    entry = ModelEntry(
        TINY, "answer", "transformers", "none", ("en",), (), verified=False, bytes=1, context=256, chat="chatml"
    )
    made = ModelCatalog((entry,), real.chats, place / "cache", place / "in", offline=True)
    made.pull(TINY)
    return made


def asked(text: str) -> tuple[Message, ...]:
    return (Message("user", text),)


EXAMPLES = Dataset("d", "1", tuple(Example(asked(word), word * 2) for word in ("one", "two", "three")), (), ())
PAIRS = Dataset("p", "2", tuple(Preference(asked(word), "yes", "no") for word in ("one", "two", "three")), (), ())


def learnt(plan: Plan, dataset: Dataset, folder: Path, catalog: ModelCatalog) -> tuple[float, float]:
    """The mean loss of the first and of the last three steps."""
    curve = [step.loss for step in train(plan, dataset, folder, catalog).curve]
    return float(np.mean(curve[:3])), float(np.mean(curve[-3:]))


@pytest.mark.parametrize(
    ("change", "dataset", "made"),
    [
        ({}, EXAMPLES, "adapter_model.safetensors"),
        ({"targets": ("q_proj", "o_proj", "down_proj"), "accumulation": 2}, EXAMPLES, "adapter_model.safetensors"),
        ({"gradient_checkpointing": True}, EXAMPLES, "adapter_model.safetensors"),
        ({"method": "prompt"}, EXAMPLES, "adapter_model.safetensors"),
        ({"method": "full", "learning_rate": 5e-3}, EXAMPLES, "model.safetensors"),
        ({"method": "dpo"}, PAIRS, "adapter_model.safetensors"),
    ],
    ids=["lora", "other targets", "checkpointing", "prompt", "full", "dpo"],
)
def test_each_method_learns(
    change: dict[str, Any], dataset: Dataset, made: str, tmp_path: Path, catalog: ModelCatalog
) -> None:
    before, after = learnt(replace(PLAN, dropout=0.0, **change), dataset, tmp_path, catalog)
    assert after < before
    assert (tmp_path / made).is_file()
    text = "".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("*.json"))
    assert str(catalog.cache) not in text  # no path of this machine travels with a version


class Killed(Exception):
    pass


def killer(after: int) -> Callable[[Step], None]:
    def told(step: Step) -> None:
        if step.number == after:
            raise Killed

    return told


@pytest.mark.parametrize(
    ("plan", "dataset"), [(PLAN, EXAMPLES), (replace(PLAN, method="dpo"), PAIRS)], ids=["lora", "dpo"]
)
def test_a_resumed_training_makes_exactly_the_same(
    plan: Plan, dataset: Dataset, tmp_path: Path, catalog: ModelCatalog
) -> None:
    from safetensors.numpy import load_file

    whole = train(plan, dataset, tmp_path / "whole", catalog)
    with pytest.raises(Killed):
        train(plan, dataset, tmp_path / "cut", catalog, killer(8))
    resumed = train(plan, dataset, tmp_path / "cut", catalog)
    assert [step.loss for step in resumed.curve] == [step.loss for step in whole.curve]
    ours, theirs = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("cut", "whole"))
    assert all(np.array_equal(ours[key], theirs[key]) for key in theirs)
    assert not (tmp_path / "cut" / "checkpoint").exists()
    with pytest.raises(Killed):
        train(plan, dataset, tmp_path / "other", catalog, killer(6))
    with pytest.raises(InvalidInput, match="other settings"):
        train(replace(plan, seed=1), dataset, tmp_path / "other", catalog)


def test_a_training_that_is_asked_to_stop_goes_on_later(tmp_path: Path, catalog: ModelCatalog) -> None:
    """As the page asks it to, from another process; the run in the catalog stays one."""
    import torch

    seen: list[tuple[int, int]] = []
    with closing(Catalog.open(tmp_path / "ws", create=True)) as state:
        trainings = TrainingRuns(state, tmp_path / "adapters", catalog, threads=1)

        def told(step: Step) -> None:
            seen.append((step.number, torch.get_num_threads()))
            if len(seen) == 7:
                (going,) = state.runs.list(kind="training")
                assert trainings.alive(going)
                trainings.stop(going)

        with pytest.raises(Unavailable, match="was stopped; the same command goes on"):
            trainings.make(PLAN, EXAMPLES, told, "facts")
        (stopped,) = state.runs.list(kind="training")
        assert (stopped.state, trainings.alive(stopped)) == (FAILED, False)
        made = trainings.make(PLAN, EXAMPLES, told, "facts")
        (run,) = state.runs.list(kind="training")
        assert (run.id, run.state, made.run) == (stopped.id, "done", stopped.id)
        assert [point["number"] for point in run.report["curve"]] == list(range(1, 13))
        assert [number for number, _ in seen] == [*range(1, 8), *range(6, 13)]  # from the checkpoint after the fifth
        assert {threads for _, threads in seen} == {1}


def test_it_stops_when_validation_no_longer_improves(tmp_path: Path, catalog: ModelCatalog) -> None:
    against = tuple(Example(asked(f"{row.prompt[0].text}?"), "never never") for row in EXAMPLES.train)
    dataset = replace(EXAMPLES, validation=against)
    done = train(replace(PLAN, max_steps=60, evaluate_every=2, patience=2), dataset, tmp_path, catalog)
    assert done.metrics["stopped_early"]
    assert done.metrics["steps"] < 60
    best = min(step.validation for step in done.curve if step.validation is not None)
    assert done.metrics["validation_loss"] == best


def test_another_training_goes_on_from_an_adapter(tmp_path: Path, catalog: ModelCatalog) -> None:
    _, reached = learnt(PLAN, EXAMPLES, tmp_path / "first", catalog)
    begun, _ = learnt(replace(PLAN, from_adapter=str(tmp_path / "first")), EXAMPLES, tmp_path / "second", catalog)
    assert begun < reached * 1.5


def test_a_tuned_prompt_and_whole_weights_are_served(tmp_path: Path, catalog: ModelCatalog) -> None:
    train(replace(PLAN, method="prompt", learning_rate=1.0, max_steps=6), EXAMPLES, tmp_path / "prompt", catalog)
    generator = TransformersGenerator(TINY, catalog, 128)
    tuned = generator.adapted(Adapter("tuned@1.0.0", tmp_path / "prompt"))
    plain = "".join(generator.stream(asked("one"), max_tokens=4))
    assert "".join(tuned.stream(asked("one"), max_tokens=4)) != plain
    assert "".join(generator.stream(asked("one"), max_tokens=4)) == plain
    train(PLAN, EXAMPLES, tmp_path / "lora", catalog)
    with pytest.raises(Unavailable, match="cannot lie beside"):
        generator.adapted(Adapter("lora@1.0.0", tmp_path / "lora"))
    train(replace(PLAN, method="full", learning_rate=5e-3), EXAMPLES, tmp_path / "full", catalog)
    whole = TransformersGenerator(TINY, catalog, 128, folder=tmp_path / "full")
    wanted = whole.tokenizer("one", add_special_tokens=False).input_ids[0]
    assert whole.logits(asked("one"))[wanted] > generator.logits(asked("one"))[wanted]
    alone = ["".join(whole.stream(asked(word), max_tokens=8)) for word in ("one", "three and more")]
    assert whole.answers([asked("one"), asked("three and more")], max_tokens=8) == alone


def test_two_adapters_over_one_model(tmp_path: Path, catalog: ModelCatalog) -> None:
    generator = TransformersGenerator(TINY, catalog, 128)
    plan = replace(PLAN, rank=16, targets=("q_proj", "v_proj", "o_proj", "up_proj", "down_proj"))
    logits = {}
    for name in ("one", "two"):
        dataset = replace(EXAMPLES, train=(Example(asked("say"), name),))
        train(replace(plan, seed=len(name)), dataset, tmp_path / name, catalog)
        logits[name] = generator.adapted(Adapter(f"{name}@1.0.0", tmp_path / name)).logits(asked("say"))
    token = {name: generator.tokenizer(name, add_special_tokens=False).input_ids[0] for name in ("one", "two")}
    for name, values in logits.items():
        other = "two" if name == "one" else "one"
        assert values[token[name]] > values[token[other]]
    again = generator.adapted(Adapter("one@1.0.0", tmp_path / "one")).logits(asked("say"))
    assert np.array_equal(again, logits["one"])


def test_what_is_refused(tmp_path: Path, catalog: ModelCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    long = replace(EXAMPLES, train=(Example(asked("one two three four five six seven"), "x"),))
    rows = [
        (replace(PLAN, method="dpo"), EXAMPLES, InvalidInput, "needs pairs"),
        (PLAN, PAIRS, InvalidInput, "one answer each"),
        (replace(PLAN, targets=("nope",)), EXAMPLES, InvalidInput, "not in this model"),
        (replace(PLAN, max_tokens=16), long, InvalidInput, "--max-tokens 16"),
        (replace(PLAN, rank=0), EXAMPLES, InvalidInput, "--rank 0"),
        (replace(PLAN, method="x"), EXAMPLES, InvalidInput, "--method x"),  # type: ignore[arg-type]
        (replace(PLAN, quantize="4bit"), EXAMPLES, Unavailable, "needs an NVIDIA GPU"),
        (PLAN, replace(EXAMPLES, test=EXAMPLES.train[:1]), InvalidInput, "more than one part"),
    ]
    for plan, dataset, kind, reason in rows:
        with pytest.raises(kind, match=reason):
            train(plan, dataset, tmp_path, catalog)
    monkeypatch.setattr(estimating, "available_memory", lambda: 1 << 20)
    with pytest.raises(Unavailable, match=r"cannot be trained here.*of memory of 0\.0 GiB available"):
        train(PLAN, EXAMPLES, tmp_path, catalog)
    assert not foresee(PLAN, EXAMPLES, catalog).fits


def test_only_plain_adapters_of_known_families_are_exported(tmp_path: Path, catalog: ModelCatalog) -> None:
    train(replace(PLAN, method="prompt", max_steps=1), EXAMPLES, tmp_path, catalog)
    shape = model_shape(TINY, catalog)
    assert (shape.architecture, shape.layers, shape.parameters) == ("llama", 2, 2 * 49152 * 32 + 2 * 9280 + 32)
    with pytest.raises(InvalidInput, match="only plain LoRA"):
        export_gguf(tmp_path, shape)
    with pytest.raises(InvalidInput, match="cannot be exported"):
        export_gguf(tmp_path, replace(shape, architecture="gpt2"))
    config = json.loads((tmp_path / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] == TINY
