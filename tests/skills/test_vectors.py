"""The vector cache: nothing is embedded twice, and a broken file is made anew."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from psychagent.errors import SkillStoreError
from psychagent.skills.dense import DenseIndex
from psychagent.skills.encoders import Vectors
from psychagent.skills.vectors import VectorCache
from tests.support.small_skills import CountingEmbedder


def the_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


async def test_a_text_is_embedded_once_in_memory(counting: CountingEmbedder) -> None:
    cache = VectorCache(None, counting)
    first = await cache.embed(["sleep", "anger", "sleep"])
    again = await cache.embed(["anger", "sleep"])
    assert counting.asked == ["sleep", "anger"]
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(again[1], first[0])


async def test_a_later_process_reads_the_file_and_embeds_nothing(
    tmp_path: Path, counting: CountingEmbedder
) -> None:
    await VectorCache(tmp_path, counting).embed(["sleep", "anger"])
    counting.asked.clear()
    vectors = await VectorCache(tmp_path, counting).embed(["anger", "sleep"])
    assert counting.asked == []
    assert vectors.shape == (2, 997)


async def test_only_new_texts_are_embedded(tmp_path: Path, counting: CountingEmbedder) -> None:
    await VectorCache(tmp_path, counting).embed(["sleep"])
    await VectorCache(tmp_path, counting).embed(["sleep", "grief"])
    assert counting.asked == ["sleep", "grief"]


async def test_two_caches_of_one_folder_keep_each_others_texts(
    tmp_path: Path, counting: CountingEmbedder
) -> None:
    one, other = VectorCache(tmp_path, counting), VectorCache(tmp_path, counting)
    await one.embed(["sleep"])
    await other.embed(["anger"])
    counting.asked.clear()
    await VectorCache(tmp_path, counting).embed(["sleep", "anger"])
    assert counting.asked == []


class ExchangedEmbedder:
    """A server's model that was exchanged under its name: its vectors have another length."""

    name = "counting"

    async def embed(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 5), np.float32)


async def test_a_model_that_was_exchanged_under_its_name_is_refused(
    tmp_path: Path, counting: CountingEmbedder
) -> None:
    await VectorCache(tmp_path, counting).embed(["sleep"])
    (path,) = tmp_path.iterdir()
    exchanged = ExchangedEmbedder()
    exchanged.name = counting.name
    told = f"{path}: holds vectors of 997 numbers of .*, which now gives 5; name the model"
    with pytest.raises(SkillStoreError, match=told):
        await VectorCache(tmp_path, exchanged).embed(["sleep", "anger"])
    index = DenseIndex(await VectorCache(tmp_path, counting).embed(["sleep"]))
    with pytest.raises(SkillStoreError, match="gives vectors of 5 numbers, and the skills' have 997"):
        index.search((await exchanged.embed(["sleep"]))[0], 1)


async def test_each_embedder_has_a_file_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "other"):
        await VectorCache(tmp_path, CountingEmbedder(name)).embed(["sleep"])
    assert len(list(tmp_path.iterdir())) == 2


def cut_to(keep: float) -> Callable[[Path], None]:
    """Make a damage that keeps so many bytes, or such a share of them."""

    def damage(path: Path) -> None:
        whole = path.read_bytes()
        path.write_bytes(whole[: int(keep if keep >= 1 else keep * len(whole))])

    return damage


def put(vectors: object) -> Callable[[Path], None]:
    """Make a damage that stores other vectors."""

    def damage(path: Path) -> None:
        with np.load(path) as stored:
            hashes = stored["hashes"]
        np.savez(path, hashes=hashes, vectors=np.array(vectors))

    return damage


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


DAMAGES = {
    **{f"cut to {keep}": cut_to(keep) for keep in (0, 10, 0.5, 0.99)},
    "something else": lambda path: np.savez(path, other=np.zeros(3)),
    "one vector too few": put([[1.0, 0.0]]),
    "NaN": put([[1.0, 0.0], [float("nan"), 0.0]]),
    "endless": put([[1.0, 0.0], [float("inf"), 0.0]]),
    "zeros": put([[1.0, 0.0], [0.0, 0.0]]),
    "no vectors": put([1.0, 0.0]),
    "texts": put([["a"], ["b"]]),
    "a flipped byte": flip,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_file_is_set_aside_with_a_warning_and_made_anew(
    tmp_path: Path,
    counting: CountingEmbedder,
    damage: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    vectors = await VectorCache(tmp_path, counting).embed(["sleep", "anger"])
    path = the_file(tmp_path)
    damage(path)
    damaged = path.read_bytes()
    counting.asked.clear()
    again = await VectorCache(tmp_path, counting).embed(["sleep", "anger"])
    assert np.array_equal(again, vectors)
    assert counting.asked == ["sleep", "anger"]
    aside = path.with_name(f"{path.name}.damaged")
    assert aside.read_bytes() == damaged
    assert f"{path}: is no vector cache (" in caplog.text
    assert f"moved to {aside} and made anew" in caplog.text
    counting.asked.clear()
    await VectorCache(tmp_path, counting).embed(["sleep", "anger"])
    assert counting.asked == []


async def test_a_failed_embedding_leaves_the_file_as_it_was(
    tmp_path: Path, counting: CountingEmbedder
) -> None:
    await VectorCache(tmp_path, counting).embed(["sleep"])
    before = the_file(tmp_path).read_bytes()

    class Broken(CountingEmbedder):
        async def embed(self, texts: object) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
            raise SkillStoreError("gone")

    with pytest.raises(SkillStoreError, match="gone"):
        await VectorCache(tmp_path, Broken()).embed(["anger"])
    assert the_file(tmp_path).read_bytes() == before


async def test_a_cache_that_cannot_be_written_is_a_warning_and_the_vectors_stay_in_memory(
    tmp_path: Path,
    counting: CountingEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await VectorCache(tmp_path, counting).embed(["sleep"])
    path = the_file(tmp_path)
    before = path.read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache = VectorCache(tmp_path, counting)
    for _ in range(2):
        await cache.embed(["anger"])
    await cache.embed(["grief"])
    assert counting.asked == ["sleep", "anger", "grief"]
    (warning,) = caplog.messages
    assert warning.startswith(f"vectors stay in memory: {path}: cannot be written (No space left on device)")
    assert the_file(tmp_path) == path
    assert path.read_bytes() == before


async def test_a_cache_folder_that_is_a_file_is_a_warning(
    tmp_path: Path, counting: CountingEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    assert (await VectorCache(tmp_path / "file" / "cache", counting).embed(["sleep"])).shape == (1, 997)
    assert len(caplog.messages) == 1


async def test_a_cache_that_may_not_be_read_is_a_warning(
    tmp_path: Path,
    counting: CountingEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def forbidden(self: Path, mode: str) -> object:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    cache = VectorCache(tmp_path, counting)
    assert (await cache.embed(["sleep"])).shape == (1, 997)
    assert "cannot be read (Permission denied)" in caplog.messages[0]
    assert list(tmp_path.iterdir()) == []


async def test_no_bit_that_flips_makes_other_vectors_or_ends_in_a_traceback(tmp_path: Path) -> None:
    """The sizes in an array's head decide how much of it is read, and a part has no check sum."""
    texts = ["sleep", "anger", "grief"]
    whole = (await VectorCache(tmp_path, CountingEmbedder()).embed(texts)).tolist()
    path = the_file(tmp_path)
    data = path.read_bytes()
    head = data.index(b"vectors.npy")
    ends = [*range(60), *range(len(data) - 240, len(data))]
    lost: list[tuple[int, int]] = []
    flips = [*((place, place % 8) for place in ends), *product(range(head, head + 150), range(8))]
    for place, bit in flips:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        try:
            found = (await VectorCache(tmp_path, CountingEmbedder()).embed(texts)).tolist()
        except SkillStoreError as error:
            lost += [] if path.name in str(error) else [(place, bit)]
        else:
            lost += [] if found == whole else [(place, bit)]
    assert lost == []
