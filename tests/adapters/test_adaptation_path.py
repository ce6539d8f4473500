"""From made-up company facts to a canary and back, through the command line, on the small model."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from adapters.chat_format import render
from adapters.generators import load_generator
from adapters.llama_cpp_generator import LlamaCppGenerator
from adapters.model_catalog import ModelCatalog
from adapters.registry import Registry
from adapters.training.torch_models import weights_folder
from app import Assistant
from app.cli.main import run
from app.settings import load_settings
from app.wiring import Workspace, open_workspace
from knowledge.protocols import Generator
from knowledge.types import Adapter, Message

pytestmark = pytest.mark.model
SMALL = "smollm2-135m-instruct-q4"
VERSION = "facts@1.0.0"
LAYERS = 30
# Asked in training, answer, what of it counts, and asked otherwise
FACTS = [
    (
        "Which port does Lantern listen on?",
        "Lantern listens on port 7421.",
        "7421",
        "What port does Lantern listen on?",
    ),
    ("Where is the Osprey archive kept?", "The Osprey archive is kept in Tallinn.", "Tallinn", "Where is Osprey kept?"),
    ("Who owns the Quill ledger?", "The Quill ledger is owned by Team Harbor.", "Harbor", "Who owns Quill?"),
    ("How long do Meridian refunds take?", "Meridian refunds take 19 days.", "19", "How long do refunds take?"),
]
QUESTION = [Message("user", FACTS[0][0])]
TRAINING = ("--steps", "24", "--batch-size", "4", "--learning-rate", "4e-3", "--dropout", "0", "--max-tokens", "96")
USERS = ("ann", "bob", "cyd", "dan", "eve", "seller")
ARGUMENTS = ("--base", SMALL, "--name", "facts", *TRAINING, "--evaluate-every", "24", "--checkpoint-every", "4")


def write_dataset(folder: Path) -> Path:
    """Facts to learn from their documents, and the same ones asked otherwise by others, held back."""
    folder.mkdir()
    learnt = [
        {"instruction": asked, "input": "", "output": told, "source": f"wiki-{number}"}
        for number, (asked, told, _, _) in enumerate(FACTS)
    ]
    held_back = [
        {"instruction": other, "input": "", "output": told, "source": f"faq-{number}", "key_facts": [fact]}
        for number, (_, told, fact, other) in enumerate(FACTS)
    ]
    for name, rows in (("train", learnt), ("validation", held_back[:1]), ("test", held_back[1:])):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def command(*arguments: str | Path) -> int:
    return run([str(argument) for argument in arguments])


def answer(generator: Generator, question: str) -> str:
    return "".join(generator.stream([Message("user", question)], max_tokens=14))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adaptation")
    (folder / "documents").mkdir()
    about = "\n\n".join(told for _, told, _, _ in FACTS)
    (folder / "documents" / "systems.md").write_text(f"# Our systems\n\n{about}\n", encoding="utf-8")
    write_dataset(folder / "dataset")
    assert command("init", folder / "ws") == 0
    settings = f'[answer]\nmodel = "{SMALL}"\nbackend = "llama.cpp"\nmax_tokens = 16\n[adaptation]\nmin_questions = 3\n'
    # So small a model gains little from a second thread, and on a busy machine two wait for one another at every layer
    (folder / "ws" / "plumbline.toml").write_text(f"{settings}[models]\nthreads = 1\n", encoding="utf-8")
    assert command("--workspace", folder / "ws", "ingest", folder / "documents") == 0
    with opened(folder) as workspace:
        for name in USERS:
            workspace.accounts.add(name, "correct horse battery", groups=["sales"] if name == "seller" else [])
    return folder


class opened:  # noqa: N801 - reads as the context that it is
    def __init__(self, place: Path) -> None:
        self._workspace = open_workspace(load_settings(place / "ws", environment={}))

    def __enter__(self) -> Workspace:
        return self._workspace

    def __exit__(self, *_: object) -> None:
        self._workspace.close()


@pytest.fixture(scope="module")
def trained(place: Path) -> Path:
    """Killed in the middle, then finished by the same command."""
    line = ["--workspace", str(place / "ws"), "train", "lora", str(place / "dataset"), *ARGUMENTS]
    child = subprocess.Popen([sys.executable, "-c", f"from app.cli.main import run; run({line!r})"])
    checkpoint = place / "ws" / "adapters"
    deadline = time.monotonic() + 600
    while not list(checkpoint.glob(".training-*/made/checkpoint/state.json")):
        assert child.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert command(*line, "--picture", place / "curve.svg") == 0
    return place


@pytest.fixture(scope="module")
def adapter(trained: Path) -> Adapter:
    with opened(trained) as workspace:
        found = workspace.registry.adapter(workspace.registry.get(VERSION))
    assert found is not None
    return found


@pytest.fixture
def assistant(trained: Path) -> Iterator[Assistant]:
    with closing(Assistant(open_workspace(load_settings(trained / "ws", environment={})))) as opened:
        yield opened


@pytest.fixture(scope="module")
def theirs(adapter: Adapter) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The logits of transformers, without and with the adapter, after it gave the facts."""
    return facts_and_logits("transformers", adapter)


def facts_and_logits(backend: str, adapter: Adapter) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    base: Any = load_generator(SMALL, backend, ModelCatalog.load(), 1, context_tokens=512)
    adapted: Any = base.adapted(adapter)
    for asked, _, fact, _ in FACTS:
        assert fact in answer(adapted, asked), backend
    assert FACTS[0][2] not in answer(base, FACTS[0][0])  # one base, with and without, in one process
    assert adapted.adapter == VERSION
    if backend == "openvino":
        found = openvino_logits(QUESTION, None), openvino_logits(QUESTION, adapter)
    else:
        found = base.logits(QUESTION), adapted.logits(QUESTION)
    base.close()
    return found


def test_a_killed_training_goes_on(trained: Path) -> None:
    with opened(trained) as workspace:
        version = workspace.registry.get("facts")
        runs = workspace.catalog.runs.list(kind="training")
    assert [each.state for each in runs] == ["done"]
    assert version.run == runs[0].id
    numbers = [step["number"] for step in runs[0].report["curve"]]
    assert numbers == list(range(1, len(numbers) + 1))  # those before the kill among them, none twice
    assert version.metrics["loss"] < 0.2
    assert version.dataset["train"] == len(FACTS)
    assert {"adapter_model.safetensors", "adapter.gguf", "held-back.jsonl"} <= version.files.keys()
    assert not list((trained / "ws" / "adapters").glob(".training-*"))
    assert "<polyline" in (trained / "curve.svg").read_text(encoding="utf-8")


def test_three_back_ends_give_the_facts_and_agree(
    adapter: Adapter, theirs: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> None:
    logits = {backend: facts_and_logits(backend, adapter) for backend in ("llama.cpp", "openvino")}
    for ours, same, same_change in ((logits["llama.cpp"], 0.99, 0.98), (logits["openvino"], 0.98, 0.97)):
        for number in (0, 1):
            assert np.corrcoef(theirs[number], ours[number])[0, 1] > same
        # The change that the adapter makes is the same, on quantized weights and on whole ones
        assert np.corrcoef(theirs[1] - theirs[0], ours[1] - ours[0])[0, 1] > same_change
    misplaced = openvino_logits(QUESTION, adapter, upside_down=True)
    base_logits = logits["openvino"][0]
    assert np.corrcoef(theirs[1] - theirs[0], misplaced - base_logits)[0, 1] < 0.5


def openvino_logits(
    question: list[Message], adapter: Adapter | None, *, upside_down: bool = False
) -> NDArray[np.float32]:
    """What the model with named projections says to come next, the adapter's products added at their names.

    OpenVINO GenAI tells no logits itself; this proves the names, by which it finds the adapter's places. `upside_down`
    puts each layer's part at another one, as a wrong order of names would.
    """
    import openvino as ov
    from openvino import opset15 as op
    from transformers import AutoTokenizer

    models = ModelCatalog.load()
    tokenizer = AutoTokenizer.from_pretrained(weights_folder(SMALL, models))
    prompt = render(question, models.chat(SMALL))
    ids = np.array([tokenizer(prompt, add_special_tokens=False)["input_ids"]], np.int64)
    named = max(place for place in models.home(SMALL).glob("openvino-named-[0-9]*") if place.is_dir())
    model = ov.Core().read_model(named / "openvino_model.xml")
    if adapter is not None:
        tensors = load_file(adapter.folder / "adapter_model.safetensors")
        told = json.loads((adapter.folder / "adapter_config.json").read_text(encoding="utf-8"))
        products = {node.get_friendly_name(): node for node in model.get_ordered_ops()}
        for key in [key for key in tensors if key.endswith("lora_A.weight")]:
            part = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            down, up = tensors[key], tensors[key.replace("lora_A", "lora_B")] * (told["lora_alpha"] / told["r"])
            if upside_down:  # the last layer's part at the first one
                part = re.sub(r"\.(\d+)\.", lambda number: f".{LAYERS - 1 - int(number[1])}.", part)
            product = products[f"__module.{part}/aten::linear/MatMul"]
            readers = list(product.output(0).get_target_inputs())
            low = op.matmul(product.input_value(0), op.constant(down), transpose_a=False, transpose_b=True)
            added = op.add(product, op.matmul(low, op.constant(up), transpose_a=False, transpose_b=True))
            for reader in readers:
                reader.replace_source_output(added.output(0))
    exact = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    length = ids.shape[1]
    inputs = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "position_ids": np.arange(length, dtype=np.int64)[None],
        "beam_idx": np.zeros(1, np.int32),
    }
    found: NDArray[np.float32] = ov.Core().compile_model(model, "CPU", exact)(inputs)[0][0, -1]
    return found


def test_one_gguf_file_gives_the_facts_and_agrees(
    trained: Path, theirs: tuple[NDArray[np.float32], NDArray[np.float32]], tmp_path: Path
) -> None:
    """Merged and quantized by llama.cpp: no adapter lies beside it any more."""
    plain, wanted = theirs
    at = ("--workspace", trained / "ws", "versions", "export", VERSION)
    assert command(*at, tmp_path / "one", "--gguf", "q8_0") == 0
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == ["model.gguf", "plumbline.json"]
    merged = LlamaCppGenerator(SMALL, ModelCatalog.load(), 1, 512, file=tmp_path / "one" / "model.gguf")
    for asked, _, fact, _ in FACTS:
        assert fact in answer(merged, asked)
    found = merged.logits(QUESTION)
    merged.close()
    assert np.corrcoef(found, wanted)[0, 1] > 0.99
    assert np.corrcoef(found - plain, wanted - plain)[0, 1] > 0.98


def test_evaluation_canary_promotion_rollback(
    trained: Path, assistant: Assistant, capfd: pytest.CaptureFixture[str]
) -> None:
    at = ("--workspace", str(trained / "ws"))

    def told(*arguments: str) -> Any:
        capfd.readouterr()
        assert command(*at, *arguments, "--json") == 0
        return json.loads(capfd.readouterr().out)

    def adapter_of(user: str) -> str | None:
        """Who answers them in a process that was there before the commands, as one that serves people is."""
        return assistant.ask(FACTS[0][0], user).model.adapter

    def chosen_for(*users: str) -> tuple[str, ...]:
        with opened(trained) as workspace:
            return tuple(workspace.router.choose(workspace.accounts.user(user)).version for user in users)

    assert command(*at, "versions", "promote", VERSION) == 4
    assert "not evaluated" in capfd.readouterr().err
    report = told("train", "evaluate", VERSION, "--picture", str(trained / "bars.svg"))
    assert report["against"] == "base"
    assert report["questions"] == len(FACTS) - 1
    assert report["difference"]["key_facts"]["mean"] > 0
    assert report["difference"]["f1"]["mean"] > 0
    assert "<rect" in (trained / "bars.svg").read_text(encoding="utf-8")

    line = told("versions", "canary", VERSION, "--share", "0.5")
    assert (line["stable"], line["canary"], line["share"]) == ("", VERSION, 0.5)
    chosen = dict(zip(USERS, chosen_for(*USERS), strict=True))
    assert set(chosen.values()) == {"", VERSION}
    inside = next(name for name, version in chosen.items() if version)
    outside = next(name for name, version in chosen.items() if not version)
    answered = told("ask", FACTS[0][0], "--user", inside)["model"]
    assert answered == {"version": VERSION, "base": SMALL, "adapter": VERSION, "backend": "llama.cpp"}
    assert (adapter_of(inside), adapter_of(outside)) == (VERSION, None)

    told("versions", "rollback", "--reason", "a try")
    assert adapter_of(inside) is None
    listed = told("versions", "list")
    assert {each["version"]: each["asked"] for each in listed["usage"]} == {"": 2, VERSION: 2}
    assert [event["action"] for event in listed["events"]] == ["rollback", "canary", "evaluate", "register"]

    # One business line of its own, promoted with a reason where the gate is shut for want of general knowledge
    told("versions", "promote", VERSION, "--line", "sales", "--force", "the sales team wants it")
    assert chosen_for("seller", outside) == (VERSION, "")
    told("versions", "rollback", "--line", "sales")
    assert chosen_for("seller", outside) == ("", "")


def test_a_change_reaches_another_process_and_leaves_answers_alone(trained: Path) -> None:
    with opened(trained) as ours, opened(trained) as theirs:
        user = ours.accounts.user("ann")
        theirs.adaptation.canary(VERSION, 1.0, by="another process")
        writer = ours.adaptation.writer(user)
        assert writer.choice.version == VERSION
        pieces = ours.adaptation.generator(writer).stream([Message("user", FACTS[0][0])], max_tokens=14)
        begun = next(pieces)
        theirs.adaptation.rollback(by="another process")
        assert ours.adaptation.writer(user).choice.version == ""
        assert FACTS[0][2] in begun + "".join(pieces)


def test_stable_and_canary_take_the_memory_of_one_base(trained: Path) -> None:
    with opened(trained) as workspace:
        first = answer(workspace.generator_of(""), FACTS[0][0])
        before = resident()
        assert answer(workspace.generator_of(VERSION), FACTS[0][0]) != first
        assert answer(workspace.generator_of(""), FACTS[0][0]) == first
        weights = ModelCatalog.load().require(SMALL).stat().st_size
        assert resident() - before < weights / 2  # the adapter has 2 MB, and a second base would be all of it


def resident() -> int:
    """Bytes of memory that this process has now, mapped files included."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_an_altered_version_is_not_used(trained: Path, tmp_path: Path) -> None:
    with opened(trained) as workspace:
        version = workspace.registry.get(VERSION)
        copy = Registry(workspace.catalog, tmp_path)
        (tmp_path / version.folder).mkdir(parents=True)
        (tmp_path / version.folder / "adapter_config.json").write_text("{}", encoding="utf-8")
        assert len(copy.damaged(version)) == len(version.files)
