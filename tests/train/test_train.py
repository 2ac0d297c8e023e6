"""Fine-tuning on an export: the loss falls, nothing is cut, and what does not fit is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.train import TrainSettings, load_train_settings
from psychagent.errors import RecordError, SettingsError
from psychagent.export.formats import Format
from psychagent.export.plan import ExportPlan
from psychagent.export.write import run_export
from psychagent.train.data import read_examples
from tests.support.exporting import make_rft

pytestmark = pytest.mark.slow

for package in ("trl", "datasets", "peft"):
    pytest.importorskip(package, reason="needs the extra `train`: pip install -e '.[train]'")

from psychagent.train.model import load_model  # noqa: E402
from psychagent.train.train import build_trainer, count_tokens, run_training  # noqa: E402


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rft(tmp_path_factory.mktemp("rft"), cases=1)


def export(run: Path, out: Path, name: Format = "prompt-completion") -> Path:
    plan = ExportPlan(run=run, out=out / f"{name}.jsonl", format=name, tasks=("counselor",))
    return run_export(plan).files["all"]


def tiny(**over: Any) -> TrainSettings:
    given = load_train_settings(asset_dir("configs") / "train" / "tiny.yaml").model_dump()
    return TrainSettings.model_validate(given | {"log_every": 1} | over)


def test_the_loss_on_the_chosen_trajectories_goes_down(run: Path, tmp_path: Path) -> None:
    data = export(run, tmp_path)
    heard: list[tuple[int, float]] = []

    def hear(step: int, values: dict[str, Any]) -> None:
        if "loss" in values:
            heard.append((step, values["loss"]))

    done = run_training(tiny(max_steps=10), data=data, output=tmp_path / "model", on_log=hear)
    assert done.steps == 10
    assert done.samples == len(read_examples(data))
    assert done.loss_before is not None
    assert done.loss_after is not None
    assert done.loss_after < done.loss_before - 0.5
    assert [step for step, _ in heard] == list(range(1, 11))
    assert heard[-1][1] < heard[0][1]
    record = json.loads((tmp_path / "model" / "training.json").read_text(encoding="utf-8"))
    assert record["loss_after"] == done.loss_after
    assert record["data"]["file"] == data.name
    assert (tmp_path / "model" / "model.safetensors").is_file()


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")
def test_adapters_are_trained_and_saved_in_place_of_the_weights(run: Path, tmp_path: Path) -> None:
    settings = tiny(max_steps=1, measure=False, lora={"rank": 2, "alpha": 4})
    run_training(settings, data=export(run, tmp_path), output=tmp_path / "model")
    saved = json.loads((tmp_path / "model" / "adapter_config.json").read_text(encoding="utf-8"))
    assert (saved["r"], saved["lora_alpha"]) == (2, 4)
    assert not (tmp_path / "model" / "model.safetensors").exists()


def test_samples_that_do_not_fit_are_left_out_and_never_cut(run: Path, tmp_path: Path) -> None:
    data = export(run, tmp_path)
    examples = read_examples(data)
    settings = tiny()
    _, tokenizer = load_model(
        settings, (m["content"] for e in examples for m in e["prompt"] + e["completion"])
    )
    sizes = sorted(count_tokens(e, tokenizer) for e in examples)
    short = tiny(context=sizes[1], max_steps=1, measure=False)
    done = run_training(short, data=data, output=tmp_path / "model")
    assert done.too_long == sum(size > sizes[1] for size in sizes) > 0
    assert done.samples == len(examples) - done.too_long
    with pytest.raises(SettingsError, match="no sample fits the context of 16 tokens"):
        run_training(tiny(context=16), data=data, output=tmp_path / "none")


def test_without_history_masking_every_reply_of_a_sample_bears_loss(run: Path, tmp_path: Path) -> None:
    examples = [e for e in read_examples(export(run, tmp_path)) if len(e["prompt"]) > 3][:1]
    spoken = [m["content"] for m in examples[0]["prompt"] if m["role"] == "assistant"]
    texts = [m["content"] for e in examples for m in e["prompt"] + e["completion"]]
    for masked in (True, False):
        settings = tiny(history_masking=masked)
        model, tokenizer = load_model(settings, texts)
        row = build_trainer(settings, model, tokenizer, examples, tmp_path).train_dataset[0]
        words = tokenizer.decode([label for label in row["labels"] if label != -100])
        assert examples[0]["completion"][0]["content"] in words
        assert all((text in words) is not masked for text in spoken)


def test_every_format_for_fine_tuning_gives_the_same_examples(run: Path, tmp_path: Path) -> None:
    names: tuple[Format, ...] = ("prompt-completion", "messages", "sharegpt")
    found = [read_examples(export(run, tmp_path, name)) for name in names]
    assert found[0] == found[1] == found[2]
    assert all([m["role"] for m in e["completion"]] == ["assistant"] for e in found[0])


def test_preference_data_and_other_files_are_refused(run: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"prompt": [], "chosen": [], "rejected": []}\n', encoding="utf-8")
    with pytest.raises(RecordError, match="preference data, which is for DPO"):
        read_examples(pairs)
    other = tmp_path / "other.jsonl"
    other.write_text('{"text": "x"}\n', encoding="utf-8")
    with pytest.raises(RecordError, match="line 1: has none of the formats"):
        read_examples(other)
    other.write_text("not json", encoding="utf-8")
    with pytest.raises(RecordError, match=r"other\.jsonl, line 1: is not JSON"):
        read_examples(other)
    with pytest.raises(RecordError, match="no such file"):
        read_examples(tmp_path / "missing.jsonl")


def test_the_large_settings_are_those_of_the_paper() -> None:
    paper = load_train_settings(None)
    assert paper.learning_rate == 1e-5
    assert (paper.schedule, paper.warmup, paper.epochs) == ("cosine", 0.1, 3)
    assert (paper.context, paper.history_masking) == (32768, True)


def test_one_model_is_named_and_not_two() -> None:
    with pytest.raises(SettingsError, match="either 'model' or 'tiny_model'"):
        TrainSettings()


def test_data_that_is_named_nowhere_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'data' \(--data\) is not set"):
        run_training(tiny(), output=tmp_path)


def test_a_loss_that_is_no_number_ends_the_training_and_saves_nothing(run: Path, tmp_path: Path) -> None:
    data = export(run, tmp_path)
    with pytest.raises(SettingsError, match=r"step \d: the loss is nan, so nothing is saved; lower"):
        run_training(tiny(learning_rate=1e30, max_steps=6), data=data, output=tmp_path / "model")
    assert not list((tmp_path / "model").glob("*.safetensors"))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_model_that_is_damaged_is_named(run: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text('{"model_type": "qwen3"}')
    (broken / name).write_text("{")
    settings = tiny(tiny_model=None, model=str(broken))
    with pytest.raises(SettingsError, match="broken' cannot be loaded"):
        run_training(settings, data=export(run, tmp_path), output=tmp_path / "model")


def test_a_model_that_cannot_be_loaded_is_named(run: Path, tmp_path: Path) -> None:
    settings = tiny(tiny_model=None, model=str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match="nothing' cannot be loaded"):
        run_training(settings, data=export(run, tmp_path), output=tmp_path / "model")
