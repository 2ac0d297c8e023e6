"""Embedders are built when first asked, once, and refused earlier where that is cheap."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from psychagent.assets.settings.baseline import EmbeddingSettings
from psychagent.domain.base import Language, Modality, Stage
from psychagent.errors import SkillStoreError
from psychagent.llm.wire import Wire
from psychagent.skills import embed
from psychagent.skills.embed import MINILM, MINILM_BYTES, LateEmbedder, build_embedder, build_minilm
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore
from tests.support.small_skills import CountingEmbedder


class Slow:
    """Takes a while to build, and notes where and how often that was done."""

    def __init__(self, embedder: CountingEmbedder) -> None:
        self.embedder = embedder
        self.threads: list[int] = []

    def __call__(self) -> CountingEmbedder:
        self.threads.append(threading.get_ident())
        time.sleep(0.2)
        return self.embedder


async def test_many_at_once_build_it_once_and_the_loop_keeps_running(counting: CountingEmbedder) -> None:
    build = Slow(counting)
    late = LateEmbedder("slow", build)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    heart = asyncio.create_task(beat())
    await asyncio.gather(*(late.embed([f"text {n}"]) for n in range(20)))
    heart.cancel()
    assert len(build.threads) == 1
    assert build.threads[0] != threading.get_ident()
    assert len(counting.asked) == 20
    assert beats >= 5


async def test_a_store_builds_its_embedder_at_the_first_search(
    small_library: Path, counting: CountingEmbedder
) -> None:
    build = Slow(counting)
    store = SkillStore(
        SkillLibrary(Language.EN, small_library), embedder=LateEmbedder("slow", build), method="fusion"
    )
    store.by_id(Modality.CBT, Stage.INTERVENTION)
    assert build.threads == []
    await asyncio.gather(
        *(store.search("sleep", modality=Modality.CBT, stage=Stage.INTERVENTION) for _ in range(20))
    )
    assert len(build.threads) == 1


def test_a_warm_store_has_its_embedder_and_its_skills(
    small_library: Path, counting: CountingEmbedder
) -> None:
    build = Slow(counting)
    store = SkillStore(
        SkillLibrary(Language.EN, small_library), embedder=LateEmbedder("slow", build), method="embed"
    )
    store.warm()
    assert build.threads == [threading.get_ident()]
    assert counting.asked == []


async def test_a_failure_to_load_reaches_every_case_and_is_tried_again(counting: CountingEmbedder) -> None:
    tries = 0

    def build() -> CountingEmbedder:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise SkillStoreError("not yet")
        return counting

    late = LateEmbedder("x", build)
    with pytest.raises(SkillStoreError, match="not yet"):
        await late.embed(["a"])
    assert (await late.embed(["a"])).shape == (1, 997)


@pytest.fixture
def other_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the model's weights are looked for; no file is there yet."""
    monkeypatch.setattr(embed, "minilm_folder", lambda: tmp_path)
    return tmp_path / "model.safetensors"


def test_weights_of_another_size_are_refused_before_anything_is_asked(other_weights: Path) -> None:
    other_weights.write_bytes(b"cut short")
    with pytest.raises(SkillStoreError, match="sha256 is .*; reinstall the package"):
        build_minilm()


def test_weights_that_are_not_there_are_refused_before_anything_is_asked(other_weights: Path) -> None:
    with pytest.raises(SkillStoreError, match="cannot be read"):
        build_minilm()


async def test_other_weights_of_the_same_size_are_refused_when_first_asked(other_weights: Path) -> None:
    with other_weights.open("wb") as stream:
        stream.truncate(MINILM_BYTES)
    embedder = build_minilm()
    assert embedder.name == MINILM
    with pytest.raises(SkillStoreError, match="sha256 is .*; reinstall the package"):
        await embedder.embed(["a"])


async def test_a_folder_that_is_not_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    settings = EmbeddingSettings(provider="sentence_transformers", model=str(tmp_path / "none"))
    with pytest.raises(SkillStoreError, match="none' cannot be loaded: no such folder; check 'model'"):
        build_embedder(settings, key=None, wire=Wire({}))


def loaded_after(code: str) -> set[str]:
    """Run code in a process of its own, and tell which heavy packages it has loaded."""
    heavy = {"torch", "faiss", "scipy", "numpy", "bm25s", "sentence_transformers"}
    tell = f"\nimport sys\nprint(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + tell], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["psychagent.flows.build", "psychagent.cli.eval"])
def test_the_wiring_and_an_evaluation_load_no_numpy(module: str) -> None:
    assert loaded_after(f"import {module}") == set()


def test_a_search_in_chinese_loads_numpy_alone() -> None:
    code = """
import asyncio
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Language, Modality, Stage
from psychagent.flows.build import build_skills
from psychagent.flows.live import open_live

async def search():
    async with open_live({}) as live:
        store = build_skills(BaselineSettings(name="x"), Language.ZH, live, cache_dir=None)
        assert await store.search("睡不着", modality=Modality.CBT, stage=Stage.INTERVENTION)

asyncio.run(search())
"""
    assert loaded_after(code) == {"numpy"}


def test_an_index_of_vectors_loads_faiss_but_no_torch() -> None:
    code = """
import numpy as np
from psychagent.domain.skill import Skill
from psychagent.skills.index import StageIndex

one = Skill(id="a", name="a", description="b", when_to_use="c", trigger="d")
assert StageIndex([one], np.ones((1, 4), dtype=np.float32)).search(query="b", vector=None, k=1)
"""
    assert loaded_after(code) == {"numpy", "faiss"}
