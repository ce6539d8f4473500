"""Projections get their names in the right order: each has the weights that transformers has under that name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from adapters.generators import load_generator
from adapters.model_catalog import ModelCatalog
from adapters.openvino_lora import name_projections
from adapters.training.torch_models import weights_folder

pytestmark = pytest.mark.model
SMALL = "smollm2-135m-instruct-q4"
PARTS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
PARTS += ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any]]:
    import openvino as ov

    catalog = ModelCatalog.load()
    load_generator(SMALL, "openvino", catalog, context_tokens=256).close()  # converts the model when that was not done
    saved = max(place for place in catalog.home(SMALL).glob("openvino-[0-9]*") if place.is_dir())
    folder = catalog.home(SMALL) / f"named-for-a-test-{tmp_path_factory.mktemp('x').name}"
    folder.mkdir()
    try:
        name_projections(saved, folder)
        model = ov.Core().read_model(folder / "openvino_model.xml")
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    return model, load_file(weights_folder(SMALL, catalog) / "model.safetensors")


@pytest.mark.parametrize("layer", [0, 17, 29])
@pytest.mark.parametrize("part", PARTS)
def test_each_name_stands_at_its_own_weights(models: tuple[Any, dict[str, Any]], layer: int, part: str) -> None:
    import openvino as ov

    model, expected = models
    wanted = f"__module.model.layers.{layer}.{part}/aten::linear/MatMul"
    product = next(each for each in model.get_ordered_ops() if each.get_friendly_name() == wanted)
    weights = product.input_value(1).get_node()
    found = ov.Core().compile_model(ov.Model([weights.output(0)], []), "CPU")([])[0].astype(np.float32)
    theirs = expected[f"model.layers.{layer}.{part}.weight"].astype(np.float32)
    # Not 1: a byte in groups of its own; with the zero points as OpenVINO's reader rounds them it would be .996
    assert np.corrcoef(found.ravel(), theirs.ravel())[0, 1] > 0.999
