"""An experiment's file: what it may say, and what is wrong in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.experiments.system import System
from psychagent.assets.settings.load import load_settings
from psychagent.domain.strategy.kinds import MemoryKind, Planning, SkillUse, StrategyKind
from psychagent.errors import SettingsError
from psychagent.experiments.notes import find_notes

HEAD = "name: a\nsystems:\n  ours: {baseline: offline}\n"


def read(folder: Path, text: str) -> ExperimentSettings:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(ExperimentSettings, path)


def system(folder: Path, text: str, name: str = "b") -> System:
    return read(folder, HEAD + f"  {text}\n").resolved()[name]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "  b: {from: ours, set: {memry: none}}",
            "systems.b.set: unknown key 'memry'; did you mean 'memory'?",
        ),
        (
            "  b: {from: ours, set: {counselor.temprature: 1}}",
            "systems.b.set: unknown key 'counselor.temprature'; did you mean 'temperature'?",
        ),
        (
            "  b: {from: ours, set: {counselor.temperature: 9}}",
            "field 'counselor.temperature' has 9: write 2 or less",
        ),
        (
            "  b: {from: ours, set: {memory: off}}",
            "systems.b.set: field 'memory' has false: write 'file', 'none'",
        ),
        (
            "  b: {from: ours, set: {max_sessions: true}}",
            "field 'max_sessions' has true: write a whole number",
        ),
        ("  b: {from: ours, set: {skills: {use: offf}}}", "field 'skills.use' has 'offf': write 'on', 'off'"),
        (
            "  b: {from: ours, set: {off: 1}}",
            "key 'off' in line 4 is read as true or false; put it in quotes",
        ),
        ("  b: {from: ours, set: [a]}", "field 'systems.b.set' has a list: write a mapping of keys"),
        (
            "  b: {from: ours, set: {name: x}}",
            "has 'name', and a system bears its own name 'b'; leave it out",
        ),
        (
            "  b: {from: ours, set: {counselor: {temperature: 1}, counselor.temperature: 0.5}}",
            "systems.b.set: says 'counselor.temperature' twice, once as a whole or with dots; keep one",
        ),
        ("  b: {from: ours, set: {memory: none, memory.x: 1}}", "systems.b.set: says 'memory' twice"),
        ("  b: {from: our}", "systems.b.from has 'our', which is no system; did you mean 'ours'?"),
        ("  b: {from: b}", "systems.b.from has 'b', which makes a circle (b from b); break it"),
        ("  b: {from: c}\n  c: {from: b}", "which makes a circle (b from c from b); break it"),
        ("  b: {}", "names neither 'baseline' nor 'from'; give one of them"),
        ("  b: {from: ours, baseline: offline}", "has 'baseline' and 'from'; give one of them"),
        ("  b: {form: ours}", "unknown key 'systems.b.form'; did you mean 'from'?"),
        ("  b: offline", "field 'systems.b' has 'offline': write a mapping of keys"),
        (
            "  b: {baseline: offlin}",
            "neither a file nor one of the bundled baselines; did you mean 'offline'?",
        ),
        ("  b: {baseline: x/y.yaml}", "x/y.yaml: no such file"),
        ("  b: {baseline: ' '}", "is empty; name a file, or leave the key out"),
        ("  b: {from: ours, rft: {rollout_n: 1}}", "field 'systems.b.rft.rollout_n' has 1: write 2 or more"),
        ("  a/b: {from: ours}", "field 'systems.a/b' has 'a/b': use letters, digits"),
        ("reference: our", "reference has 'our', which is no system; did you mean 'ours'?"),
        ("tables: {main: [ours, oors]}", "tables.main has 'oors', which is no system; did you mean 'ours'?"),
        ("seeds: [1, 1]", "names 1 twice; keep one of them"),
        ("seeds: []", "field 'seeds' has an empty list"),
        ("dataset: {splt: x}", "unknown key 'dataset.splt'; did you mean 'split'?"),
        ("runtime: defalt", "neither a file nor one of the bundled runtime; did you mean 'default'?"),
        ("sistems: {}", "unknown key 'sistems'; did you mean 'systems'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_remedy(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, HEAD + text + "\n")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("systems: {a: {baseline: offline}}", "field 'name' is missing; add it"),
        ("name: a", "field 'systems' is missing; add it"),
        ("name: a\nsystems: {}", "field 'systems' has an empty mapping"),
        ("name: a/b\nsystems: {a: {baseline: offline}}", "field 'name' has 'a/b'"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, text + "\n")
    assert words in str(raised.value)


def test_an_unquoted_on_or_off_is_read_as_in_a_baseline(tmp_path: Path) -> None:
    off = system(tmp_path, "b: {from: ours, set: {planning: off, skills: off, safety: {mode: off}}}").baseline
    assert (off.planning, off.skills.use, off.safety.mode.value) == (Planning.OFF, SkillUse.OFF, "off")
    assert system(tmp_path, "b: {from: ours, set: {skills: on}}").baseline.skills.use is SkillUse.ON


def test_keys_in_a_block_leave_those_beside_them_as_they_are(tmp_path: Path) -> None:
    for keys in ("{retrieval: {top_k: 5}}", "{retrieval.top_k: 5}"):
        retrieval = system(tmp_path, f"b: {{from: ours, set: {keys}}}").baseline.retrieval
        assert (retrieval.top_k, retrieval.candidates, retrieval.query) == (5, 100, "rewrite")
    both = system(tmp_path, "b: {from: ours, set: {retrieval: {top_k: 5}, retrieval.floor: 0.2}}").baseline
    assert (both.retrieval.top_k, both.retrieval.floor) == (5, 0.2)
    at = "provider: openai, model: m, base_url: 'http://127.0.0.1:9/v1'"
    body = f"b: {{from: ours, set: {{counselor: {{{at}, extra_body: {{top_k: 5}}}}}}}}"
    more = "c: {from: b, set: {counselor.extra_body: {x: 1}}}"
    assert system(tmp_path, f"{body}\n  {more}", "c").baseline.counselor.extra_body == {"top_k": 5, "x": 1}


def test_a_chain_lays_over_what_the_one_before_comes_to_in_any_order(tmp_path: Path) -> None:
    text = "b: {from: c, set: {skills: off}}\n  c: {from: ours, set: {memory: none}, rft: {rollout_n: 3}}"
    settings = read(tmp_path, HEAD + f"  {text}\n")
    b, ours = settings.resolved()["b"], settings.resolved()["ours"]
    assert (b.baseline.name, b.baseline.memory, b.baseline.skills.use) == ("b", MemoryKind.NONE, SkillUse.OFF)
    assert b.rft is not None
    assert b.rft.rollout_n == 3
    assert (ours.baseline.memory, ours.rft) == (MemoryKind.FILE, None)
    plain = system(tmp_path, text + "\n  d: {from: b, rft: null}", "d")
    assert plain.rft is None, "null is plain simulation, whatever the one before has"


def test_paths_start_from_the_folder_of_the_file_that_says_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "own.yaml").write_text("skills_root: lib\n", encoding="utf-8")
    text = "b: {baseline: sub/own.yaml}\n  c: {from: b, set: {prompts_root: texts, memory: none}}"
    c = system(tmp_path, text, "c").baseline
    assert (c.skills_root, c.prompts_root) == (tmp_path / "sub" / "lib", tmp_path / "texts")
    settings = read(tmp_path, HEAD + f"  {text}\n")
    again = settings.model_copy(update={"seeds": (3,)}).resolved()["c"].baseline
    assert again.prompts_root == tmp_path / "texts"


def test_settings_may_be_files_names_or_the_keys_themselves(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text("world: {language: zh}\n", encoding="utf-8")
    settings = read(tmp_path, HEAD + "runtime: world.yaml\ndataset: rft\neval: {repeats: 2}\n")
    assert settings.runtime.world.language.value == "zh"
    assert settings.dataset.split != "sample"
    assert settings.eval.repeats == 2


def test_one_reflector_is_laid_over_all_systems(tmp_path: Path) -> None:
    reflector = {"model": "one", "base_url": "http://127.0.0.1:9/v1"}
    given: dict[str, Any] = {
        "ours": {"baseline": "offline"},
        "b": {"from": "ours", "set": {"memory": "none"}},
    }
    settings = ExperimentSettings(name="a", systems=given, reflector=EndpointSettings(**reflector))
    assert {one.baseline.reflecting.model for one in settings.resolved().values()} == {"one"}
    assert settings.compared_with == "ours"


def test_the_example_of_the_page_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    (tmp_path / "baselines").mkdir()
    for name in ("runtime.yaml", "eval.yaml", "second_judge.yaml", "baselines/ours.yaml"):
        (tmp_path / name).touch()
    systems = read(tmp_path, page.partition("```yaml\n")[2].partition("```")[0]).resolved()
    wide = systems["wide"].baseline
    assert (wide.retrieval.top_k, wide.counselor.temperature) == (5, 0.3)
    assert systems["no_plan"].baseline.memory is MemoryKind.NONE
    assert systems["ours_bo8"].rft is not None
    assert {one.baseline.reflecting.model for one in systems.values()} == {"my-reflector"}


def test_the_bundled_experiment_holds_every_strategy_that_needs_no_server() -> None:
    settings = load_settings(ExperimentSettings, "strategies")
    systems = settings.resolved()
    assert list(systems) == [
        *("psychagent", "no_memory", "no_plan", "no_skills", "random_skills", "plain", "history"),
    ]
    assert systems["plain"].baseline.strategy is StrategyKind.PLAIN
    assert systems["history"].baseline.memory is MemoryKind.HISTORY
    assert {one.baseline.counselor.provider for one in systems.values()} == {"offline"}
    assert {one.baseline.max_counselor_turns for one in systems.values()} == {8}


def test_the_tables_hold_every_bundled_system_that_needs_no_server() -> None:
    tables = load_settings(ExperimentSettings, "tables")
    assert tables.dataset.max_cases_per_modality == 2

    def told(baseline: BaselineSettings) -> BaselineSettings:
        # names differ, and courses are shorter there
        return baseline.model_copy(update={"name": "one", "max_sessions": 1})

    there = [told(system.baseline) for system in tables.resolved().values()]
    for path in sorted((asset_dir("configs") / "baselines").glob("*.yaml")):
        bundled = load_settings(BaselineSettings, path)
        needs_none = bundled.counselor.provider == "offline" and bundled.embedding.provider == "minilm"
        assert not needs_none or told(bundled) in there, path.name
    assert {one.strategy for one in there} == {*StrategyKind}
    assert {one.planning for one in there} == {*Planning}
    assert {one.skills.use for one in there} == {*SkillUse}
    # the memory of another client is read from a run
    assert {one.memory for one in there} == {*MemoryKind} - {MemoryKind.OTHER}
    assert [system.rft.rollout_n for system in tables.resolved().values() if system.rft] == [2]
    shown = {name for names in tables.tables.values() for name in names}
    assert shown == tables.systems.keys()
    assert find_notes(tables) == ()
