"""Settings of fine-tuning; the reference prints every field's note."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from psychagent.assets.settings.endpoint import FilePath, Settings
from psychagent.assets.settings.named import settings_file
from psychagent.assets.settings.secrets import ModelName
from psychagent.errors import SettingsError
from psychagent.files.read import load_model


class LoraSettings(Settings):
    """Low-rank adapters in place of training all weights."""

    rank: int = Field(default=32, ge=1)
    """Rank of the adapters."""
    alpha: int = Field(default=64, ge=1)
    """Scale of the adapters."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout inside the adapters."""
    target_modules: tuple[str, ...] = ("all-linear",)
    """Layers that get an adapter; `all-linear` is every linear layer but the output."""


class TinyModelSettings(Settings):
    """A small model with random weights, built on the fly only to show that training works."""

    chat_template: FilePath
    """Chat template of its tokenizer (Jinja); the tokenizer is trained on the training data."""
    vocabulary: int = Field(default=1024, ge=300)
    """Largest vocabulary of the tokenizer, in tokens."""
    hidden_size: int = Field(default=64, ge=8)
    """Width of the model."""
    layers: int = Field(default=2, ge=1)
    """Number of layers."""
    heads: int = Field(default=4, ge=1)
    """Attention heads."""


class TrainSettings(Settings):
    """Rejection fine-tuning of a causal language model on an export."""

    model: ModelName | None = None
    """Name or folder of the model to start from; null needs `tiny_model`."""
    tiny_model: TinyModelSettings | None = None
    """A random small model instead of `model`."""
    data: FilePath | None = None
    """Export to train on (prompt-completion, messages or sharegpt); the command line may name it."""
    eval_data: FilePath | None = None
    """Export whose loss is measured after each epoch; null measures none."""
    output_dir: FilePath | None = None
    """Where the trained model goes; the command line may name it."""
    context: int = Field(default=32768, ge=16)
    """Most tokens of a sample; longer ones are left out and counted, never cut."""
    history_masking: bool = True
    """Loss on the last reply alone; false puts it on every assistant message of a sample, and needs
    a chat template that marks them."""
    learning_rate: float = Field(default=1e-5, gt=0)
    """Peak learning rate."""
    schedule: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    """How the learning rate decays."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps over which the learning rate rises."""
    epochs: float = Field(default=3, gt=0)
    """Passes over the data."""
    max_steps: int | None = Field(default=None, ge=1)
    """Ends training after this many steps; null is no limit."""
    batch_size: int = Field(default=1, ge=1)
    """Samples per device in a batch."""
    accumulate: int = Field(default=1, ge=1)
    """Batches accumulated for one optimizer step."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Weight decay."""
    gradient_checkpointing: bool = True
    """Recompute activations in the backward pass: less memory, more time."""
    lora: LoraSettings | None = None
    """Adapters; null trains all weights."""
    use_cpu: bool = False
    """Train on the CPU even where there is a GPU."""
    log_every: int = Field(default=10, ge=1)
    """Steps between two lines of the log."""
    measure: bool = False
    """Whether to measure the loss on the training data before and after; costs two passes over it."""
    seed: int = 0
    """Seed of weights and order."""

    @model_validator(mode="after")
    def _one_model(self) -> TrainSettings:
        if (self.model is None) == (self.tiny_model is None):
            raise ValueError("name either 'model' or 'tiny_model'")
        return self


def load_train_settings(path: Path | str | None) -> TrainSettings:
    """Read training settings: a file or a bundled name; None reads the paper's."""
    return load_model(TrainSettings, settings_file(path, "train", default="rft_sft"), SettingsError)
