"""An adapter merged into a GGUF file and quantized by llama.cpp: on tiny models with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.llama_cpp_generator import LlamaCppGenerator
from adapters.model_catalog import ModelCatalog, ModelEntry, ModelFile
from adapters.training.gguf_export import export_gguf
from adapters.training.gguf_merging import GGUF_MODEL, KINDS, add_adapter, merge_gguf
from adapters.training.torch_models import model_shape
from knowledge.errors import Damaged, InvalidInput, Unavailable
from knowledge.types import Message

pytest.importorskip("peft", reason="training needs pip install 'plumbline-assistant[gpu]'")
pytest.importorskip("llama_cpp", reason="needs pip install 'plumbline-assistant[llama-cpp]'")
ASKED = [Message("user", "Which of them is it?")]
SIZES = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "tie_word_embeddings": False,
}
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""What GGUF calls the parts of both families."""


def vocabulary() -> list[str]:
    """One token for each byte, as GPT-2 writes them, one merge, and the two marks of turns."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return [*map(chr, printed), *(chr(256 + place) for place in range(len(others))), "it", "<|im_start|>", "<|im_end|>"]


def write_gguf(file: Path, model: Any, family: str) -> None:
    """The model as llama.cpp reads it, in 16-bit floats."""
    from gguf import GGUFWriter, TokenType

    tokens, config = vocabulary(), model.config
    writer = GGUFWriter(str(file), family)
    writer.add_context_length(256)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.NORMAL] * (len(tokens) - 2) + [TokenType.CONTROL] * 2)
    writer.add_token_merges(["i t"])
    writer.add_eos_token_id(len(tokens) - 1)
    for key, weights in model.state_dict().items():
        name, array = key, weights.float().numpy()
        for part, short in NAMES.items():
            name = name.replace(part, short)
        name = name.replace("model.layers.", "blk.")
        if family == "llama" and ("attn_q" in name or "attn_k" in name):
            heads = config.num_attention_heads if "attn_q" in name else config.num_key_value_heads
            array = array.reshape(heads, 2, -1, array.shape[1]).swapaxes(1, 2).reshape(array.shape)
        writer.add_tensor(name, array.astype(np.float16 if array.ndim > 1 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Made:
    """A family's tiny base in a catalog, and an adapter for it, as GGUF and for transformers."""

    def __init__(self, place: Path, family: str) -> None:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

        torch.manual_seed(3)
        config, kind = (LlamaConfig, LlamaForCausalLM) if family == "llama" else (Qwen2Config, Qwen2ForCausalLM)
        self.name, self.place = family, place
        self.model: Any = kind(config(vocab_size=len(vocabulary()), initializer_range=0.1, **SIZES)).eval()
        for name, weights in self.model.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(weights, std=0.1)
        (place / family).mkdir(parents=True)
        write_gguf(place / family / "tiny.gguf", self.model, family)
        entry = ModelEntry(
            family, "answer", "gguf", "none", ("en",), (ModelFile("tiny.gguf"),), verified=False, bytes=1,
            context=256, chat="chatml",
        )  # fmt: skip
        safe = replace(entry, name="safe", format="transformers", files=())
        self.catalog = ModelCatalog((entry, safe), ModelCatalog.load().chats, place / "cache", place, offline=True)
        self.catalog.pull(family)
        self.adapter, self.adapted = self.tuned(0.1, place / "adapter")

    def tuned(self, strength: float, folder: Path) -> tuple[Path, Any]:
        """An adapter that changes the model by `strength`, and the model under it."""
        import copy

        import torch
        from peft import LoraConfig, get_peft_model

        targets = ["q_proj", "k_proj", "v_proj", "o_proj", "down_proj"]
        tuned: Any = get_peft_model(copy.deepcopy(self.model), LoraConfig(r=4, lora_alpha=8, target_modules=targets))
        torch.manual_seed(4)
        for name, weights in tuned.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weights, std=strength)
        tuned.save_pretrained(folder)
        export_gguf(folder, model_shape(self.name, self.catalog))
        return folder, tuned.eval()

    def logits_of(self, file: Path) -> NDArray[np.float32]:
        """What llama.cpp makes of the question with the weights in a file."""
        generator = LlamaCppGenerator(self.name, self.catalog, 1, 256, file=file)
        found: NDArray[np.float32] = generator.logits(ASKED)
        generator.close()
        return found

    def theirs(self, model: Any) -> NDArray[np.float32]:
        """What transformers makes of the same tokens."""
        import torch

        generator = LlamaCppGenerator(self.name, self.catalog, 1, 256)
        text = "<|im_start|>user\nWhich of them is it?<|im_end|>\n<|im_start|>assistant\n"
        ids = generator._llama.tokenize(text.encode(), add_bos=False, special=True)
        generator.close()
        with torch.no_grad():
            found: NDArray[np.float32] = model(torch.tensor([ids])).logits[0, -1].numpy()
        return found


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp(request.param), request.param)


def apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.linalg.norm(one - other))


def test_the_merged_file_gives_the_logits_of_transformers(made: Made, tmp_path: Path) -> None:
    plain, wanted = made.theirs(made.model), made.theirs(made.adapted)
    effect = apart(plain, wanted)
    assert apart(made.logits_of(made.catalog.require(made.name)), plain) < 0.02 * effect
    add_adapter(made.catalog.require(made.name), made.adapter / "adapter.gguf", tmp_path / "whole.gguf")
    assert apart(made.logits_of(tmp_path / "whole.gguf"), wanted) < 0.02 * effect


@pytest.mark.parametrize(("kind", "types"), [("f16", {"F16"}), ("q8_0", {"Q8_0"}), ("q4_k_m", {"Q4_K", "Q6_K"})])
def test_each_type_keeps_the_adapter_and_all_but_the_weights(
    made: Made, tmp_path: Path, kind: str, types: set[str]
) -> None:
    from gguf import GGUFReader

    plain, wanted = made.theirs(made.model), made.theirs(made.adapted)
    found = merge_gguf(made.name, made.adapter, made.catalog, tmp_path, kind)
    assert [file.name for file in tmp_path.iterdir()] == [GGUF_MODEL]
    assert found.kind == kind
    assert 0 < found.deviation < {"f16": 0.02, "q8_0": 0.05, "q4_k_m": 0.5}[kind]  # 4 bits of random weights
    assert apart(made.logits_of(tmp_path / GGUF_MODEL), wanted) < 0.5 * apart(plain, wanted)
    written, base = GGUFReader(tmp_path / GGUF_MODEL), GGUFReader(made.catalog.require(made.name))
    matrices = {tensor.tensor_type.name for tensor in written.tensors if len(tensor.shape) > 1}
    assert matrices & types
    assert matrices <= types | {"Q5_0", "Q8_0"}  # what llama.cpp takes where a row is no whole block
    for field in base.fields.values():
        if field.name.startswith(("tokenizer.", f"{made.name}.")):
            assert written.fields[field.name].contents() == field.contents()


def test_what_is_refused(made: Made, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in made.adapter.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "adapter.gguf").unlink()
    with pytest.raises(Unavailable, match=r"has no adapter\.gguf"):
        merge_gguf(made.name, other, made.catalog, tmp_path, "q8_0")
    with pytest.raises(InvalidInput, match=f"--gguf q9: not known; there are {', '.join(KINDS)}"):
        merge_gguf(made.name, made.adapter, made.catalog, tmp_path, "q9")
    with pytest.raises(InvalidInput, match="safe: is no GGUF file"):
        merge_gguf("safe", made.adapter, made.catalog, tmp_path, "q8_0")
    weak, _ = made.tuned(0.01, tmp_path / "weak")
    with pytest.raises(Damaged, match=r"as q4_0 it misses .* take a finer type, such as q8_0 or f16"):
        merge_gguf(made.name, weak, made.catalog, tmp_path, "q4_0")


def test_an_adapter_of_another_base_is_refused(made: Made, tmp_path: Path) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(str(tmp_path / "adapter.gguf"), made.name)
    writer.add_float32("adapter.lora.alpha", 8.0)
    for side, shape in (("lora_a", (4, 128)), ("lora_b", (256, 4))):
        writer.add_tensor(f"blk.0.attn_q.weight.{side}", np.ones(shape, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(InvalidInput, match=r"blk\.0\.attn_q\.weight does not suit .*trained on another base"):
        add_adapter(made.catalog.require(made.name), tmp_path / "adapter.gguf", tmp_path / "whole.gguf")
