"""The ways to train: what becomes trainable, what the loss is, and what is written at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.training.batches import IGNORED, Sample, padded
from adapters.training.plan import ADAPTER_CONFIG, Plan
from adapters.training.torch_models import attention_names
from knowledge.errors import InvalidInput


def prepared(model: Any, plan: Plan) -> Any:
    """`model` with what `plan` trains made trainable, and nothing else."""
    if plan.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if plan.method == "full":
        return model
    from peft import LoraConfig, PeftModel, PromptTuningConfig, get_peft_model, prepare_model_for_kbit_training

    if plan.quantize != "none":
        model = prepare_model_for_kbit_training(  # type: ignore[no-untyped-call]
            model, use_gradient_checkpointing=plan.gradient_checkpointing
        )
    if plan.from_adapter:
        return PeftModel.from_pretrained(model, plan.from_adapter, is_trainable=True)
    if plan.method == "prompt":
        config: Any = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=plan.prompt_tokens)
        return get_peft_model(model, config)
    targets = plan.targets or attention_names(model)
    try:
        config = LoraConfig(
            r=plan.rank,
            lora_alpha=plan.alpha,
            lora_dropout=plan.dropout,
            target_modules=list(targets),
            task_type="CAUSAL_LM",
        )
        return get_peft_model(model, config)
    except ValueError as error:  # what peft raises for names that the model does not have
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"--targets {','.join(targets)}: not in this model ({reason})") from error


def answer_loss(model: Any, samples: Sequence[Sample], padding: int) -> tuple[Any, int]:
    """The sum of the answer tokens' cross entropies, and how many tokens that are."""
    import torch.nn.functional as functions

    batch = padded([sample[0] for sample in samples], padding, str(model.device))
    logits, labels = _logits(model, batch)
    loss = functions.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return loss, int((labels != IGNORED).sum())


def preference_loss(
    model: Any, samples: Sequence[Sample], padding: int, reference: Any, beta: float
) -> tuple[Any, int]:
    """The sum of -log sigmoid(beta * (how much more likely chosen than rejected became)), and how many pairs.

    Direct preference optimization (Rafailov et al. 2023), formula 7. `reference` holds the log-likelihoods under the
    model as it was, shape (len(samples), 2).
    """
    import torch.nn.functional as functions

    gained = likelihoods(model, samples, padding) - reference.to(str(model.device))
    return -functions.logsigmoid(beta * (gained[:, 0] - gained[:, 1])).sum(), len(samples)


def likelihoods(model: Any, samples: Sequence[Sample], padding: int) -> Any:
    """Log-likelihoods of the answers, shape (len(samples), 2): chosen, rejected."""
    batch = padded([text for sample in samples for text in sample], padding, str(model.device))
    logits, labels = _logits(model, batch)
    each = logits.log_softmax(-1).gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return (each * (labels != IGNORED)).sum(-1).view(-1, 2)


def _logits(model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
    """Logits in 32 bits, and the label that each of them is to foretell."""
    labels = batch["labels"]
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits
    # A tuned prompt stands before the tokens
    logits = logits[:, -labels.shape[1] :]
    return logits[:, :-1].float(), labels[:, 1:]


def write_trained(model: Any, tokenizer: Any, plan: Plan, folder: Path) -> None:
    """What was trained, as PEFT or transformers read it; names the base by its name in the catalog, not by a path."""
    if plan.method == "full":
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return
    # Embeddings are never trained; left to itself peft asks the model hub about that
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / ADAPTER_CONFIG
    config = json.loads(file.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = plan.base
    config["inference_mode"] = True
    file.write_text(json.dumps(config, indent=1, sort_keys=True), encoding="utf-8")
