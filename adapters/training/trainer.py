"""The training itself: `train` is the whole story on one screen.

A loop of our own rather than a trainer library's: those keep optimizer and random state as pickles. Checkpoints here
are plain tensors, and a resumed training makes exactly what an uninterrupted one would have made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.model_catalog import ModelCatalog
from adapters.training.batches import Sample, TokenReader, batches
from adapters.training.checkpoints import Checkpoint, load_checkpoint, remove_checkpoint, save_checkpoint
from adapters.training.estimating import estimate
from adapters.training.examples import Dataset, Preference, leaks
from adapters.training.methods import answer_loss, likelihoods, preference_loss, prepared, write_trained
from adapters.training.plan import Estimate, Plan, Step, Trained
from adapters.training.torch_models import load_model, load_tokenizer, require_torch, weights_folder
from knowledge.errors import InvalidInput, Unavailable

Told = Callable[[Step], None]
_WARM_UP = 0.1
"""The share of the steps in which the learning rate rises."""
_REFERENCE = "reference.safetensors"


def train(plan: Plan, dataset: Dataset, folder: Path, catalog: ModelCatalog, told: Told = lambda _: None) -> Trained:
    """Train as `plan` says and write what came of it into `folder`; goes on where a killed training stopped there.

    Raises InvalidInput for a dataset that leaks or does not suit the method, Unavailable when the memory is too small
    or something is not installed.
    """
    plan = plan.checked()
    require_torch()
    checked_dataset(plan, dataset)
    source = weights_folder(plan.base, catalog)
    tokenizer = load_tokenizer(source)
    reader = TokenReader(tokenizer, catalog.chat(plan.base), plan.max_tokens)
    samples, held_back = reader.samples(dataset.train), reader.samples(dataset.validation)
    expected = estimate(plan, len(samples), _tokens(samples), catalog)
    if not expected.fits:
        raise Unavailable(f"{plan.base}: cannot be trained here, it would take {expected.told()}; {_smaller(plan)}")
    folder.mkdir(parents=True, exist_ok=True)
    _seed(plan.seed)
    work = _Work(plan, prepared(load_model(source, plan.quantize), plan), tokenizer, samples, held_back, folder)
    work.resume()
    work.run(told)
    work.model.eval()
    write_trained(work.model, tokenizer, plan, folder)
    remove_checkpoint(folder)
    (folder / _REFERENCE).unlink(missing_ok=True)
    return Trained(folder, tuple(work.curve), work.metrics(expected))


def foresee(plan: Plan, dataset: Dataset, catalog: ModelCatalog) -> Estimate:
    """What `train` would take; the tokens are estimated at three characters each, so that nothing is loaded for it."""
    checked_dataset(plan.checked(), dataset)
    characters = sum(len(message.text) for row in dataset.train for message in row.prompt)
    for row in dataset.train:
        characters += len(row.chosen) + len(row.rejected) if isinstance(row, Preference) else len(row.answer)
    return estimate(plan, len(dataset.train), characters // 3 + 20 * len(dataset.train), catalog)


def checked_dataset(plan: Plan, dataset: Dataset) -> None:
    """Raises InvalidInput when the rows do not suit the method, or something stands in more than one part."""
    wants_pairs, has_pairs = plan.method == "dpo", isinstance(dataset.train[0], Preference)
    if wants_pairs != has_pairs:
        wanted = "pairs of a chosen and a rejected answer" if wants_pairs else "examples with one answer each"
        raise InvalidInput(f"{dataset.name}: --method {plan.method} needs {wanted}; see docs/adaptation.md")
    found = leaks(dataset)
    if found:
        raise InvalidInput(
            f"{dataset.name}: {len(found)} sources or questions stand in more than one part, such as {found[0]!r}; "
            "what is measured there would have been learnt"
        )


@dataclass(slots=True)
class _Work:
    """A training under way."""

    plan: Plan
    model: Any
    tokenizer: Any
    samples: Sequence[Sample]
    held_back: Sequence[Sample]
    folder: Path
    optimizer: Any = None
    done: int = 0
    curve: list[Step] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)
    best_loss: float = float("inf")
    worse: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reference: Any = None

    def __post_init__(self) -> None:
        import torch

        self.optimizer = torch.optim.AdamW(self._trained().values(), lr=self.plan.learning_rate, weight_decay=0.0)

    @property
    def steps(self) -> int:
        return self.plan.steps(len(self.samples))

    def run(self, told: Told) -> None:
        """Step by step to the end, or until validation has stopped improving; the best weights stay."""
        if self.plan.method == "dpo":
            self.reference = self._reference()
        size = self.plan.batch_size
        source = batches(len(self.samples), size, self.plan.seed, self.done * self.plan.accumulation)
        while self.done < self.steps and not self._stalled():
            started = time.perf_counter()
            parts = [next(source) for _ in range(self.plan.accumulation)]
            loss = self._step(parts)
            self.done += 1
            self.tokens += sum(len(text.ids) for part in parts for index in part for text in self.samples[index])
            last = self.done == self.steps
            validation = self._validate() if last or not self.done % self.plan.evaluate_every else None
            self.seconds += time.perf_counter() - started
            self._tell(loss, validation, told)
            if not last and not self.done % self.plan.checkpoint_every:
                self._save()
        if self.best:
            self._put(self.best)

    def _step(self, parts: Sequence[Sequence[int]]) -> float:
        """One update of the weights; gives the mean loss before it."""
        import torch

        self.model.train()
        self.optimizer.zero_grad()
        total, count = 0.0, 0
        for part in parts:
            loss, counted = self._loss(part, self.samples, self.reference)
            loss.backward()
            total, count = total + float(loss.detach()), count + counted
        for parameter in self._trained().values():
            if parameter.grad is not None:
                parameter.grad /= count
        torch.nn.utils.clip_grad_norm_(list(self._trained().values()), 1.0)
        rise = max(1, round(self.steps * _WARM_UP))
        rate = min((self.done + 1) / rise, (self.steps - self.done) / max(1, self.steps - rise))
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate * rate
        self.optimizer.step()
        return total / count

    def _loss(self, part: Sequence[int], samples: Sequence[Sample], reference: Any) -> tuple[Any, int]:
        chosen = [samples[index] for index in part]
        if self.plan.method == "dpo":
            return preference_loss(self.model, chosen, self._padding, reference[list(part)], self.plan.beta)
        return answer_loss(self.model, chosen, self._padding)

    def _validate(self) -> float | None:
        """The mean loss on the held-back rows; keeps the weights when they are the best so far. None without rows."""
        import torch

        if not self.held_back or self.plan.method == "dpo":
            return None
        self.model.eval()
        total, count = 0.0, 0
        with torch.no_grad():
            for start in range(0, len(self.held_back), self.plan.batch_size):
                part = list(range(start, min(start + self.plan.batch_size, len(self.held_back))))
                loss, counted = self._loss(part, self.held_back, None)
                total, count = total + float(loss), count + counted
        mean = total / count
        if mean < self.best_loss:
            self.best_loss, self.worse = mean, 0
            self.best = {name: value.detach().clone() for name, value in self._trained().items()}
        else:
            self.worse += 1
        return mean

    def _stalled(self) -> bool:
        return bool(self.plan.patience) and self.worse >= self.plan.patience

    def _reference(self) -> Any:
        """Log-likelihoods under the model before the first step, kept for a training that goes on."""
        import torch
        from safetensors.torch import load_file, save_file

        file = self.folder / _REFERENCE
        if not file.is_file():
            self.model.eval()
            with torch.no_grad():
                rows = [likelihoods(self.model, [sample], self._padding).cpu() for sample in self.samples]
            save_file({"reference": torch.cat(rows)}, file)
        return load_file(file)["reference"]

    def _tell(self, loss: float, validation: float | None, told: Told) -> None:
        speed = self.tokens / self.seconds if self.seconds else 0.0
        left = self.seconds / self.done * (self.steps - self.done)
        step = Step(self.done, self.steps, round(loss, 4), _rounded(validation), round(speed, 1), round(left, 1))
        self.curve.append(step)
        told(step)

    @property
    def _padding(self) -> int:
        padding = self.tokenizer.pad_token_id
        return int(self.tokenizer.eos_token_id if padding is None else padding)

    def _trained(self) -> dict[str, Any]:
        return {name: value for name, value in self.model.named_parameters() if value.requires_grad}

    def _put(self, weights: dict[str, Any]) -> None:
        import torch

        with torch.no_grad():
            for name, value in self._trained().items():
                value.copy_(weights[name])

    # --- going on after a kill ------------------------------------------------------------------------------------

    def _save(self) -> None:
        import torch

        tensors = {f"weight.{name}": value for name, value in self._trained().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        tensors["random"] = torch.get_rng_state()
        for name, value in self._trained().items():
            for key, moment in self.optimizer.state.get(value, {}).items():
                tensors[f"{key}.{name}"] = moment
        state = {
            "plan": self.plan.to_json(),
            "done": self.done,
            "curve": [step.to_json() for step in self.curve],
            "best_loss": self.best_loss if self.best else None,
            "worse": self.worse,
            "tokens": self.tokens,
            "seconds": self.seconds,
        }
        save_checkpoint(self.folder, Checkpoint(tensors, state))

    def resume(self) -> None:
        """Go on from the folder's checkpoint; raises InvalidInput when it belongs to another plan."""
        import torch

        found = load_checkpoint(self.folder)
        if found is None:
            return
        if Plan.from_json(found.state["plan"]) != self.plan:
            raise InvalidInput(f"{self.folder}: a training with other settings stands there; remove it, or give those")
        self._put({name: found.tensors[f"weight.{name}"] for name in self._trained()})
        for name, value in self._trained().items():
            moments = {key: found.tensors.get(f"{key}.{name}") for key in ("step", "exp_avg", "exp_avg_sq")}
            self.optimizer.state[value] = {
                key: moment.to("cpu" if key == "step" else value.device)
                for key, moment in moments.items()
                if moment is not None
            }
        torch.set_rng_state(found.tensors["random"])
        kept = "best."
        self.best = {key.removeprefix(kept): value for key, value in found.tensors.items() if key.startswith(kept)}
        self.best_loss = found.state["best_loss"] if self.best else float("inf")
        self.done, self.worse = found.state["done"], found.state["worse"]
        self.tokens, self.seconds = found.state["tokens"], found.state["seconds"]
        self.curve = [Step(**step) for step in found.state["curve"]]

    def metrics(self, expected: Estimate) -> dict[str, Any]:
        """What a version keeps of its training."""
        return {
            "steps": self.done,
            "loss": self.curve[-1].loss if self.curve else None,
            "validation_loss": _rounded(self.best_loss if self.best else None),
            "stopped_early": self.done < self.steps,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "trained_parameters": sum(value.numel() for value in self._trained().values()),
            "device": expected.device,
        }


def _seed(seed: int) -> None:
    import torch

    torch.manual_seed(seed)


def _tokens(samples: Sequence[Sample]) -> int:
    return sum(len(text.ids) for sample in samples for text in sample)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _smaller(plan: Plan) -> str:
    ways = ["take a smaller base"]
    if plan.batch_size > 1:
        ways.append("lower --batch-size")
    if not plan.gradient_checkpointing:
        ways.append("give --gradient-checkpointing")
    return ", ".join(ways)
