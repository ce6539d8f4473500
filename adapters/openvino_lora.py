"""Makes a model that OpenVINO GenAI saved from a GGUF file take adapters: gives its projections their names.

The saved model's matrix products have no names of the model's parts, so the tensors of an adapter find no place. Their
weights' constants are numbered in the order in which the GGUF reader makes the layers: q, k, v, o, gate, up, down. That
this order is right is held by a test that compares each projection's weights with those of transformers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from knowledge.errors import Unavailable

_XML = "openvino_model.xml"
_ORDER = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)
_BETWEEN = {"Convert", "Multiply", "Subtract", "Reshape"}
"""What stands between a quantized constant and its product."""


def name_projections(saved: Path, folder: Path) -> None:
    """The model of folder `saved` in `folder`, with named projections; weights and tokenizer are linked, not copied."""
    import openvino as ov

    names = _names(ov.Core().read_model(saved / _XML))
    text = (saved / _XML).read_text(encoding="utf-8")
    for old, new in names.items():
        before, after = f'name="{old}" type="MatMul"', f'name="{new}" type="MatMul"'
        if text.count(before) != 1:
            raise Unavailable(f"{saved}: {old} stands there {text.count(before)} times, so no adapter can be used")
        text = text.replace(before, after)
    (folder / _XML).write_text(text, encoding="utf-8")
    for file in saved.iterdir():
        if file.suffix in {".bin", ".xml"} and file.name != _XML:
            (folder / file.name).symlink_to(Path("..") / saved.name / file.name)


def _names(model: Any) -> dict[str, str]:
    """Each projection's name in the saved model -> the name that its part of an adapter looks for."""
    found = []
    for operation in model.get_ordered_ops():
        if operation.get_type_name() == "MatMul":
            weights = operation.input_value(1).get_node()
            while weights.get_type_name() in _BETWEEN:
                weights = weights.input_value(0).get_node()
            if weights.get_type_name() == "Constant":
                found.append((_number(weights), _number(operation), operation.get_friendly_name()))
    # The last product makes the logits
    projections = sorted(found, key=lambda each: each[1])[:-1]
    layers, rest = divmod(len(projections), len(_ORDER))
    if rest or not layers:
        raise Unavailable(f"the model has {len(projections)} projections, not {len(_ORDER)} a layer; no adapter fits")
    return {
        name: f"__module.model.layers.{place // len(_ORDER)}.{_ORDER[place % len(_ORDER)]}/aten::linear/MatMul"
        for place, (_, _, name) in enumerate(sorted(projections))
    }


def _number(node: Any) -> int:
    digits = re.search(r"_(\d+)$", node.get_friendly_name())
    if digits is None:
        raise Unavailable(f"{node.get_friendly_name()}: a name without a number; no adapter can be used")
    return int(digits[1])
