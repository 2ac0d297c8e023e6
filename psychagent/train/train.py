"""Rejection fine-tuning: train a causal language model on the chosen trajectories of an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from jinja2 import TemplateError
from peft import LoraConfig
from transformers import PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from psychagent.assets.settings.train import TrainSettings
from psychagent.errors import SettingsError
from psychagent.files.digest import hash_file
from psychagent.files.write import write_json
from psychagent.train.data import Row, all_texts, prepare, to_dialogue
from psychagent.train.model import load_model

_PACKAGES = ("psychagent", "trl", "transformers", "peft", "datasets", "accelerate", "torch")


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run."""

    folder: Path
    samples: int
    too_long: int
    """Samples that were left out because they did not fit the context."""
    steps: int
    loss_before: float | None
    """Mean loss per token on the training data; None where it was not measured."""
    loss_after: float | None
    log: tuple[dict[str, float], ...]
    """What the trainer logged: step, loss, learning rate."""


class LogCallback(TrainerCallback):  # type: ignore[misc]
    """Passes on what a trainer logs."""

    def __init__(self, on_log: Callable[[int, dict[str, Any]], None]) -> None:
        """Store the function to call."""
        self._on_log = on_log

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Pass on the step and what was logged.

        Raises:
            SettingsError: If a loss is no number: what is trained from there on is worth nothing.
        """
        self._on_log(state.global_step, dict(logs or {}))
        for name in ("loss", "eval_loss"):
            require_number((logs or {}).get(name, 0.0), f"step {state.global_step}")


def require_number(loss: float, when: str) -> None:
    """Check a loss.

    Raises:
        SettingsError: If it is no number.
    """
    if not isfinite(loss):
        raise SettingsError(
            f"{when}: the loss is {loss}, so nothing is saved; lower 'learning_rate', or look at the data"
        )


def run_training(
    settings: TrainSettings,
    *,
    data: Path | None = None,
    output: Path | None = None,
    on_log: Callable[[int, dict[str, Any]], None] = lambda step, values: None,
) -> Trained:
    """Train, and write the model and `training.json` beside it.

    Args:
        settings: What to train and how.
        data: Export to train on, in place of the settings'.
        output: Folder of the trained model, in place of the settings'.
        on_log: Called with the step and what the trainer logs.

    Raises:
        SettingsError: If data or output is named nowhere, the model cannot be loaded, no sample fits, or the
            loss becomes no number.
        RecordError: If an export cannot be read, or the output folder is not free.

    Source: paper, 3.3; its settings are in configs/train/rft_sft.yaml.
    """
    material = prepare(settings, data=data, output=output)
    path, folder, examples = material.path, material.folder, material.examples
    model, tokenizer = load_model(settings, all_texts(examples))
    fitting = require_fitting(path, examples, tokenizer, settings.context)
    others = material.eval_examples
    if settings.eval_data and others:
        others = require_fitting(settings.eval_data, others, tokenizer, settings.context)
    trainer = build_trainer(settings, model, tokenizer, fitting, folder, others)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(LogCallback(on_log))
    result = _train(trainer, settings, folder, samples=len(fitting), too_long=len(examples) - len(fitting))
    if trainer.is_world_process_zero():
        write_json(folder / "training.json", to_record(result, settings, path))
    return result


def _train(
    trainer: SFTTrainer, settings: TrainSettings, folder: Path, *, samples: int, too_long: int
) -> Trained:
    before = _measure(trainer) if settings.measure else None
    trainer.train()
    after = _measure(trainer) if settings.measure else None
    require_number(after or 0.0, "after the last step")
    trainer.save_model(str(folder))
    return Trained(
        folder=folder,
        samples=samples,
        too_long=too_long,
        steps=trainer.state.global_step,
        loss_before=before,
        loss_after=after,
        log=tuple(trainer.state.log_history),
    )


def build_trainer(
    settings: TrainSettings,
    model: Any,
    tokenizer: Any,
    examples: list[Row],
    folder: Path,
    eval_examples: Sequence[Row] = (),
) -> SFTTrainer:
    """Put model and data into TRL's trainer, which tokenizes them and marks which tokens bear loss."""
    return SFTTrainer(
        model=model,
        args=to_sft_config(settings, folder, has_eval=bool(eval_examples)),
        train_dataset=_dataset(settings, examples),
        eval_dataset=_dataset(settings, list(eval_examples)) if eval_examples else None,
        processing_class=tokenizer,
        peft_config=_lora(settings),
    )


def require_fitting(path: Path, examples: list[Row], tokenizer: Any, most: int) -> list[Row]:
    """Keep the samples of a file that fit.

    Raises:
        SettingsError: If none does, or the tokenizer's chat template refuses one.
    """
    try:
        fitting = fit_context(examples, tokenizer, most)
    except TemplateError as error:
        raise SettingsError(
            f"{path}: the model's chat template refuses a sample ({error}); name another model"
        ) from error
    if not fitting:
        raise SettingsError(f"{path}: no sample fits the context of {most} tokens; raise 'context'")
    return fitting


def fit_context(examples: list[Row], tokenizer: Any, most: int) -> list[Row]:
    """Keep the samples that fit: a trainer would cut off the reply, which comes last."""
    return [example for example in examples if count_tokens(example, tokenizer) <= most]


def count_tokens(example: Row, tokenizer: Any) -> int:
    """Count the tokens of a sample under a tokenizer's chat template."""
    messages = to_dialogue(example)["messages"]
    return len(tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)["input_ids"])


def _dataset(settings: TrainSettings, examples: list[Row]) -> Dataset:
    rows = examples if settings.history_masking else [to_dialogue(example) for example in examples]
    return Dataset.from_list(rows)


def to_sft_config(settings: TrainSettings, folder: Path, *, has_eval: bool) -> SFTConfig:
    """Convert settings to the trainer's."""
    on_gpu = torch.cuda.is_available() and not settings.use_cpu
    return SFTConfig(
        output_dir=str(folder),
        max_length=settings.context,
        completion_only_loss=True if settings.history_masking else None,
        assistant_only_loss=not settings.history_masking,
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulate,
        weight_decay=settings.weight_decay,
        activation_checkpointing=settings.gradient_checkpointing,
        bf16=on_gpu,
        use_cpu=settings.use_cpu,
        logging_steps=settings.log_every,
        # a loss that is no number is told, not left out of the mean
        logging_nan_inf_filter=False,
        eval_strategy="epoch" if has_eval else "no",
        save_strategy="no" if settings.tiny_model else "epoch",
        save_only_model=True,
        dataloader_pin_memory=on_gpu,
        report_to="none",
        disable_tqdm=True,
        seed=settings.seed,
    )


def _lora(settings: TrainSettings) -> LoraConfig | None:
    if settings.lora is None:
        return None
    modules = settings.lora.target_modules
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.lora.rank,
        lora_alpha=settings.lora.alpha,
        lora_dropout=settings.lora.dropout,
        target_modules="all-linear" if modules == ("all-linear",) else list(modules),
    )


def _measure(trainer: SFTTrainer) -> float:
    """Return the mean loss on what the trainer trains on."""
    return float(trainer.evaluate(trainer.train_dataset)["eval_loss"])


def to_record(result: Trained, settings: TrainSettings, data: Path) -> dict[str, Any]:
    """Describe a training run for its file."""
    return {
        "schema_version": 1,
        "settings": settings.model_dump(mode="json"),
        "data": {"file": data.name, "sha256": hash_file(data)},
        "samples": result.samples,
        "too_long": result.too_long,
        "steps": result.steps,
        "loss_before": result.loss_before,
        "loss_after": result.loss_after,
        "log": list(result.log),
        "versions": {name: version(name) for name in _PACKAGES},
    }
