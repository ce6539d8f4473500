"""Versions exported, as they are and merged: on a tiny llama with random weights, so that no model is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.model_catalog import ModelCatalog, ModelEntry, ModelFile
from adapters.training import merging
from adapters.training.runs import HELD_BACK
from adapters.training.torch_models import weights_folder
from app.settings import load_settings
from app.version_export import ABOUT, export
from app.wiring import Workspace, open_workspace
from knowledge.errors import Damaged, InvalidInput, NotFound, Unavailable

pytest.importorskip("peft", reason="training needs pip install 'plumbline-assistant[gpu]'")
TINY = "tiny"
WORDS = ["<unk>", "<|im_start|>", "<|im_end|>", "user", "assistant", "What", "does", "our", "handbook", "say", "?"]


def catalog_of(entry: ModelEntry, place: Path) -> ModelCatalog:
    made = ModelCatalog((entry,), ModelCatalog.load().chats, place / "cache", place, offline=True)
    made.pull(entry.name)
    return made


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelCatalog:
    """A catalog with one random llama in 16-bit floats that reads a few words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    place = tmp_path_factory.mktemp("tiny")
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="<unk>"
    ).save_pretrained(place / TINY)
    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(WORDS), **sizes)).half().save_pretrained(place / TINY)
    entry = ModelEntry(
        TINY, "answer", "transformers", "none", ("en",), (), verified=False, bytes=1, context=64, chat="chatml"
    )
    return catalog_of(entry, place)


def adapter(tiny: ModelCatalog, folder: Path, strength: float) -> Path:
    """A LoRA adapter that changes the model by `strength`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny.require(TINY), dtype=torch.float32)
    tuned: Any = get_peft_model(model, LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj", "down_proj"]))
    torch.manual_seed(2)
    for name, weights in tuned.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weights, std=strength)
    tuned.save_pretrained(folder)
    return folder


@pytest.fixture
def workspace(tiny: ModelCatalog, tmp_path: Path) -> Iterator[Workspace]:
    made = open_workspace(load_settings(tmp_path / "ws", environment={}), create=True)
    made.parts["models"] = tiny
    for name, method in (("facts", "lora"), ("whole", "full")):
        folder = adapter(tiny, tmp_path / name, 0.3)
        (folder / HELD_BACK).write_text("{}", encoding="utf-8")
        made.adaptation.register(name, folder, base=TINY, method=method, by="test", settings={"max_tokens": 32})
    yield made
    made.close()


def test_a_merged_version_answers_as_base_and_adapter(workspace: Workspace, tiny: ModelCatalog, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    target = tmp_path / "out" / "merged"
    about = export(workspace, "facts", target, by="test", merged=True)
    assert about["merged"]["dtype"] == "float16"
    assert 0 < about["merged"]["deviation"] < 0.1
    assert json.loads((target / ABOUT).read_text(encoding="utf-8")) == about
    assert [path.name for path in target.parent.iterdir()] == ["merged"]
    assert not list(target.glob("adapter*"))  # it is a model like any other

    options: dict[str, Any] = {"dtype": torch.float32, "local_files_only": True}
    asked = AutoTokenizer.from_pretrained(target)("What does our handbook say ?", return_tensors="pt").input_ids
    assert asked.tolist() == [[5, 6, 7, 8, 9, 10]]
    base = AutoModelForCausalLM.from_pretrained(tiny.require(TINY), **options)
    merged = AutoModelForCausalLM.from_pretrained(target, **options)
    with torch.no_grad():
        plain = base(asked).logits
        wanted = PeftModel.from_pretrained(base, workspace.registry.verified(workspace.registry.get("facts")))(
            asked
        ).logits
        found = merged(asked).logits
    assert (found - wanted).norm() < 0.05 * (wanted - plain).norm()
    assert [entry.subject for entry in workspace.audit.list(action="versions.export")] == ["facts@1.0.0"]


def test_a_version_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    about = export(workspace, "facts@1.0.0", tmp_path / "copy", by="test")
    version = workspace.registry.get("facts")
    names = {
        path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }
    assert names == {*version.files, ABOUT} - {HELD_BACK}
    assert {*about["files"], ABOUT} == names
    assert about["settings"] == {"max_tokens": 32}


def test_what_is_refused_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out" / "new"
    with pytest.raises(NotFound):
        export(workspace, "nope", target, by="test")
    with pytest.raises(InvalidInput, match=r"whole@1\.0\.0: has no adapter to merge \(method full\)"):
        export(workspace, "whole", target, by="test", merged=True)
    with pytest.raises(InvalidInput, match="exists already"):
        export(workspace, "facts", tmp_path, by="test")
    monkeypatch.setattr(merging, "_ALLOWED", 1e-12)  # a measure that no rounding meets
    with pytest.raises(Damaged, match="misses base and adapter"):
        export(workspace, "facts", target, by="test", merged=True)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_adapter_that_16_bits_would_lose_is_kept_in_32(tiny: ModelCatalog, tmp_path: Path) -> None:
    weak = adapter(tiny, tmp_path / "weak", 0.004)
    (tmp_path / "out").mkdir()
    found = merging.merge(TINY, weak, tiny, tmp_path / "out")
    assert found.dtype == "float32"
    assert found.deviation < 0.1


def test_a_base_that_transformers_cannot_read_is_refused(tmp_path: Path) -> None:
    from gguf import GGUFWriter

    (tmp_path / "odd").mkdir()
    writer = GGUFWriter(str(tmp_path / "odd" / "odd.gguf"), "oddarch")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    entry = ModelEntry(
        "odd", "answer", "gguf", "none", ("en",), (ModelFile("odd.gguf"),), verified=False, bytes=1, chat="chatml"
    )
    with pytest.raises(Unavailable, match=r"odd\.gguf: transformers cannot read these weights .*; take a base in safe"):
        weights_folder("odd", catalog_of(entry, tmp_path))
