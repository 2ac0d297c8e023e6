"""The model and tokenizer to train: a named one, or a small random one built on the fly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from safetensors import SafetensorError
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    Qwen3Config,
    set_seed,
)

from psychagent.assets.settings.train import TinyModelSettings, TrainSettings
from psychagent.domain.words.cut import one_line
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.read import read_text

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


def load_model(settings: TrainSettings, texts: Iterable[str]) -> tuple[Any, Any]:
    """Return model and tokenizer.

    Args:
        settings: Which model.
        texts: What a small model's tokenizer is trained on.

    Raises:
        SettingsError: If the named model cannot be loaded or has no chat template.
    """
    set_seed(settings.seed)
    if settings.tiny_model is not None:
        tokenizer = make_tokenizer(settings.tiny_model, texts)
        return make_model(settings.tiny_model, tokenizer, settings.context), tokenizer
    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.model)
        model = AutoModelForCausalLM.from_pretrained(settings.model, dtype="auto")
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = one_line(str(error), 300)
        raise SettingsError(f"model {shown(settings.model)} cannot be loaded ({reason})") from error
    if not tokenizer.chat_template:
        raise SettingsError(
            f"model {shown(settings.model)} has no chat template; name an instruction-tuned model"
        )
    return model, tokenizer


def make_tokenizer(settings: TinyModelSettings, texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level tokenizer on texts, and give it a chat template."""
    bpe = Tokenizer(BPE())
    bpe.pre_tokenizer = ByteLevel(add_prefix_space=False)
    bpe.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=settings.vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    template = read_text(settings.chat_template, SettingsError)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token=PAD, chat_template=template)


def make_model(settings: TinyModelSettings, tokenizer: PreTrainedTokenizerFast, context: int) -> Any:
    """Make a small model of the Qwen3 family with random weights."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        intermediate_size=2 * settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        head_dim=settings.hidden_size // settings.heads,
        max_position_embeddings=context,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    return AutoModelForCausalLM.from_config(config)
