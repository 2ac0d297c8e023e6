"""`psychagent skills ...` as a person calls it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from psychagent.cli import settings
from psychagent.cli.main import app
from psychagent.cli.skills import check
from psychagent.errors import AssetError, SettingsError
from psychagent.skills import embed
from psychagent.skills.embed import Embedder

EVIDENCE = "cbt.consolidation.firming-new-beliefs.rerate-beliefs"


@pytest.fixture(autouse=True)
def _one_model_and_one_cache(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, vector_dir: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(settings, "default_cache_dir", lambda: vector_dir)
    # the model is loaded once for all tests; the commands would load it again
    for module in (embed, check):
        monkeypatch.setattr(module, "build_minilm", lambda *args: request.getfixturevalue("minilm"))


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["skills", *map(str, words)], catch_exceptions=False)


def test_stats_counts_both_languages() -> None:
    shown = call("stats").output
    assert "Skills (en)" in shown
    assert "Skills (zh)" in shown
    assert shown.count("consolidation") == 10


def test_show_prints_every_field_in_the_language_asked_for() -> None:
    english, chinese = call("show", EVIDENCE).output, call("show", EVIDENCE, "--language", "zh").output
    for label in ("what to do", "when to use", "trigger", "example"):
        assert label in english
    assert EVIDENCE in chinese
    assert "信念" in chinese


def test_show_suggests_near_ids() -> None:
    with pytest.raises(AssetError, match=f"near it: .*{EVIDENCE}"):
        call("show", EVIDENCE.removesuffix("s"))


@pytest.mark.slow
def test_search_tells_the_similarity_of_each_skill() -> None:
    shown = call("search", "get up when awake instead of lying in bed", "--modality", "bt", "-k", "3").output
    assert "cosine" in shown
    assert "bt." in shown
    assert "in order of the score (fusion)" in shown
    assert sum(line.strip()[:1].isdigit() for line in shown.splitlines()) == 3


def test_search_keeps_to_modality_and_stage() -> None:
    shown = call(
        *("search", "结束", "--language", "zh", "--modality", "pdt", "--stage", "consolidation", "-k", "4")
    ).output
    assert shown.count("pdt.consolidation.") == 4
    assert "in order of the score (lexical)" in shown


def test_a_stage_without_skills_is_told() -> None:
    with pytest.raises(AssetError, match="no skills of that modality and stage"):
        call("search", "x", "--stage", "termination", "--language", "zh")


@pytest.mark.slow
def test_validate_of_the_bundled_library_says_its_limits() -> None:
    result = call("validate")
    assert result.exit_code == 0
    assert "No problems. Largest cosine allowed: en 0.82, zh 0.6." in result.output


@pytest.mark.slow
def test_validate_lists_the_pairs_beyond_a_stricter_cosine(reference_root: Path, small_library: Path) -> None:
    result = call("validate", small_library, "--max-cosine", "0.1")
    assert result.exit_code == 1
    assert "[en] cbt/intervention: a.sleep and a." in result.output
    assert call("validate", reference_root, "--loose").exit_code == 0
    assert call("validate", reference_root).exit_code == 1


def test_import_writes_our_layout(reference_root: Path, tmp_path: Path) -> None:
    result = call("import", reference_root, "--out", tmp_path / "out")
    assert (
        "cbt/intervention: 1 meta-skills, 1 skills (1 meta-skills without skills of their own"
        in result.output
    )
    assert call("stats", tmp_path / "out").exit_code == 0


@pytest.mark.slow
def test_bench_prints_every_way_of_retrieval(tmp_path: Path, minilm: Embedder) -> None:
    gold = tmp_path / "mine.yaml"
    gold.write_text(
        "- id: m-1\n  modality: cbt\n  stage: consolidation\n  focus: New beliefs\n  turns:\n"
        "    - {speaker: counselor, text: How is it today?}\n"
        "    - {speaker: client, text: I half believe it.}\n"
        f"  skills: [{EVIDENCE}]\n",
        encoding="utf-8",
    )
    shown = call("bench", "--gold", gold, "--language", "en").output
    assert "en: 1 moments" in shown
    for way in ("random (expected)", "BM25 + all-MiniLM-L6-v2", "client's last words", "session's focus"):
        assert way in shown
    assert "rewrite" not in shown
    assert "what a turn shows" not in shown, "that is measured from rewrites"
    assert "default ranking of en: fusion" in shown


@pytest.mark.slow
def test_bench_tells_what_a_turn_shows_where_there_are_rewrites() -> None:
    output = call("bench", "--language", "zh").output
    assert "zh: what a turn shows" in output
    for way in ("own stage, five", "with the stage before", "with a floor"):
        assert way in output


def test_a_gold_file_needs_its_language() -> None:
    with pytest.raises(SettingsError, match="--gold needs one --language"):
        call("bench", "--gold", "x.yaml")


@pytest.mark.parametrize("words", [["stats"], ["show", EVIDENCE], ["--help"]])
def test_a_command_that_needs_no_model_loads_none(words: list[str]) -> None:
    heavy = {"torch", "faiss", "bm25s", "sentence_transformers", "langgraph"}
    code = (
        "import sys; from psychagent.cli.main import app; "
        f"app(['skills', *{words!r}], standalone_mode=False); "
        f"loaded = {heavy!r} & set(sys.modules); sys.exit(' '.join(loaded) or 0)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # under a second on a free machine; this only catches a heavy import by another name
    assert time.monotonic() - began < 10


def test_a_text_of_another_encoding_is_told() -> None:
    result = CliRunner().invoke(app, ["skills", "search", "caf\udce9 noir"])
    assert "not UTF-8" in " ".join(str(result.exception or result.output).split())
