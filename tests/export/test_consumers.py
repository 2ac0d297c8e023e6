"""Each format of training data, loaded by what reads it: datasets, TRL, a tokenizer's chat template."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from psychagent.export.formats import FORMATS, Format
from psychagent.export.plan import Exported, ExportPlan
from psychagent.export.write import run_export
from tests.support.exporting import make_rft, read_rows

pytestmark = pytest.mark.slow

needed = "needs the extra `train`: pip install -e '.[train]'"
datasets = pytest.importorskip("datasets", reason=needed)
trl = pytest.importorskip("trl", reason=needed)
tokenizers = pytest.importorskip("tokenizers", reason=needed)
transformers = pytest.importorskip("transformers", reason=needed)

PAD, END = "[pad]", "[end]"
TEMPLATE = """
{%- for message in messages -%}
[{{ message.role }}]
{%- if message.role == "assistant" and message.loss is not false -%}
{% generation %}{{ message.content }}[end]{% endgeneration %}
{%- else -%}
{{ message.content }}[end]
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}[assistant]{%- endif -%}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"), cases=2)


@pytest.fixture(scope="module")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Exported]:
    def make(name: Format, **options: Any) -> Exported:
        out = tmp_path_factory.mktemp("out") / "data.jsonl"
        return run_export(ExportPlan(run=run, out=out, format=name, **options))

    return make


@pytest.fixture(scope="module")
def tokenizer(exported: Callable[..., Exported]) -> Any:
    """A tokenizer of the test's own: bytes, merged by what stands in the data."""
    texts = [m["content"] for r in rows_of(exported("messages")) for m in r["messages"]]
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    special = [PAD, END, "[system]", "[user]", "[assistant]"]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=3000,
        special_tokens=special,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=END, pad_token=PAD, chat_template=TEMPLATE.strip()
    )


@pytest.fixture(scope="module")
def model(tokenizer: Any) -> Any:
    return make_model(tokenizer)


def make_model(tokenizer: Any) -> Any:
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    return transformers.AutoModelForCausalLM.from_config(config)


def rows_of(done: Exported) -> list[dict[str, Any]]:
    return read_rows(done.files["all"])


def load(done: Exported, tmp_path: Path) -> Any:
    file = str(done.files["all"])
    return datasets.load_dataset("json", data_files=file, split="train", cache_dir=str(tmp_path / "cache"))


def settings(kind: Any, tmp_path: Path, **more: Any) -> Any:
    return kind(
        output_dir=str(tmp_path / "trained"),
        max_length=None,
        report_to="none",
        use_cpu=True,
        bf16=False,
        dataloader_pin_memory=False,
        activation_checkpointing=False,
        disable_tqdm=True,
        **more,
    )


def with_loss(tokenizer: Any, row: Any) -> str:
    """The text of the tokens that bear loss."""
    pairs = zip(row["input_ids"], row["labels"], strict=True)
    kept = [token for token, label in pairs if label != -100]
    assert kept == [label for label in row["labels"] if label != -100]
    return str(tokenizer.decode(kept))


@pytest.mark.parametrize("name", get_args(Format))
def test_datasets_loads_every_format_whole(
    exported: Callable[..., Exported], name: Format, tmp_path: Path
) -> None:
    done = exported(name)
    loaded = load(done, tmp_path)
    rows = rows_of(done)
    assert loaded.num_rows == len(rows) > 0
    for read, row in zip(loaded, rows, strict=True):
        assert read["meta"] == row["meta"]
    assert set(loaded.column_names) == set(rows[0])


@pytest.mark.parametrize("name", ["messages", "prompt-completion", "preference"])
def test_trl_knows_the_format_as_conversations(exported: Callable[..., Exported], name: Format) -> None:
    assert all(trl.data_utils.is_conversational(row) for row in rows_of(exported(name)))


def test_trl_takes_the_loss_of_prompt_completion_on_the_reply_alone(
    exported: Callable[..., Exported], tokenizer: Any, model: Any, tmp_path: Path
) -> None:
    done = exported("prompt-completion")
    trainer = trl.SFTTrainer(
        model=model,
        args=settings(trl.SFTConfig, tmp_path),
        train_dataset=load(done, tmp_path),
        processing_class=tokenizer,
    )
    prepared = trainer.train_dataset
    assert prepared.num_rows == len(rows_of(done))
    for made, row in zip(prepared, rows_of(done), strict=True):
        assert with_loss(tokenizer, made) == row["completion"][0]["content"] + END
        whole = tokenizer.apply_chat_template(row["prompt"] + row["completion"], tokenize=False)
        assert tokenizer.decode(made["input_ids"]) == whole


def test_trl_takes_the_loss_of_messages_where_the_rows_say_so(
    exported: Callable[..., Exported], tokenizer: Any, model: Any, tmp_path: Path
) -> None:
    done = exported("messages")
    trainer = trl.SFTTrainer(
        model=model,
        args=settings(trl.SFTConfig, tmp_path, assistant_only_loss=True),
        train_dataset=load(done, tmp_path),
        processing_class=tokenizer,
    )
    longest = 0
    for made, row in zip(trainer.train_dataset, rows_of(done), strict=True):
        assert with_loss(tokenizer, made) == row["messages"][-1]["content"] + END
        longest = max(longest, sum(m["role"] == "assistant" for m in row["messages"]))
    assert longest > 1


def test_trl_dpo_splits_a_pair_into_one_prompt_and_two_sides(
    exported: Callable[..., Exported], tokenizer: Any, model: Any, tmp_path: Path
) -> None:
    done = exported("preference")
    trainer = trl.DPOTrainer(
        model=model,
        ref_model=make_model(tokenizer),
        args=settings(trl.DPOConfig, tmp_path),
        train_dataset=load(done, tmp_path),
        processing_class=tokenizer,
    )
    rows = rows_of(done)
    assert trainer.train_dataset.num_rows == len(rows)
    for made, row in zip(trainer.train_dataset, rows, strict=True):
        prompt = tokenizer.apply_chat_template(row["prompt"], tokenize=False, add_generation_prompt=True)
        assert tokenizer.decode(made["prompt_ids"]) == prompt
        for side in ("chosen", "rejected"):
            whole = tokenizer.apply_chat_template(row["prompt"] + row[side], tokenize=False)
            assert prompt + tokenizer.decode(made[f"{side}_ids"]) == whole


def test_one_message_of_each_row_bears_loss_and_it_is_the_last(exported: Callable[..., Exported]) -> None:
    for row in rows_of(exported("messages")):
        marks = [m.get("loss") for m in row["messages"]]
        assert marks[-1] is True
        assert all(
            mark is (False if m["role"] == "assistant" else None)
            for mark, m in zip(marks[:-1], row["messages"][:-1], strict=True)
        )


def test_sharegpt_rows_keep_the_rules_of_llama_factory(
    exported: Callable[..., Exported], tmp_path: Path
) -> None:
    done = exported("sharegpt", split="train=0.5,val=0.5")
    info = json.loads((done.card_json.parent / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {"data_train", "data_val"}
    for entry in info.values():
        assert entry["formatting"] == "sharegpt"
        columns, tags = entry["columns"], entry["tags"]
        for row in read_rows(done.card_json.parent / entry["file_name"]):
            said = row[columns["messages"]]
            speakers = [m[tags["role_tag"]] for m in said]
            assert len(said) % 2 == 0
            assert speakers == [tags["user_tag"], tags["assistant_tag"]] * (len(said) // 2)
            assert all(m[tags["content_tag"]] for m in said)
            assert row[columns["system"]]
            assert row["loss_turns"] == [len(said) - 1]


def test_entries_of_other_datasets_stay_in_the_list(run: Path, tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text('{"other": {"file_name": "x.json"}}', encoding="utf-8")
    run_export(ExportPlan(run=run, out=tmp_path / "mine.jsonl", format="sharegpt"))
    info = json.loads((tmp_path / "dataset_info.json").read_text(encoding="utf-8"))
    assert set(info) == {"other", "mine"}


def test_all_formats_hold_the_same_words(exported: Callable[..., Exported]) -> None:
    texts = []
    for name in ("messages", "prompt-completion", "sharegpt"):
        found = []
        for row in rows_of(exported(name)):
            said = row.get("messages") or [*row.get("prompt", []), *row.get("completion", [])]
            heads = [row["system"]] if "system" in row else []
            found.append(
                [*heads, *(m["content"] for m in said), *(m["value"] for m in row.get("conversations", []))]
            )
        texts.append(found)
    assert texts[0] == texts[1] == texts[2]
    assert set(FORMATS) == set(get_args(Format))
