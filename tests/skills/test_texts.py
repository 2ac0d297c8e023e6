"""Texts of a memory are ranked as skills are: by words, by vector, or by both."""

from __future__ import annotations

import pytest

from psychagent.skills.embed import Embedder, LateEmbedder
from psychagent.skills.texts.search import TextSearch
from tests.support.small_skills import CountingEmbedder

TEXTS = ("The dog sleeps on the sofa.", "My boss shouted at me.", "My boss shouted at the dog.")


async def test_words_find_what_shares_most_and_leave_out_what_shares_none() -> None:
    search = TextSearch(None, "lexical")
    assert await search.rank("the boss shouted", TEXTS, 5) == [1, 2]
    assert await search.rank("the boss and the dog", TEXTS, 1) == [2]
    assert await search.rank("nothing here", TEXTS, 5) == []


async def test_chinese_is_found_by_its_signs() -> None:
    search = TextSearch(None, "lexical")
    assert await search.rank("老板骂我", ["狗睡在沙发上", "老板今天骂了我", "老板请客"], 2) == [1, 2]


@pytest.mark.parametrize(("query", "texts"), [("", TEXTS), ("  \n", TEXTS), ("boss", ())])
async def test_nothing_is_found_for_nothing_or_in_nothing(
    query: str, texts: tuple[str, ...], counting: CountingEmbedder
) -> None:
    for search in (TextSearch(None, "lexical"), TextSearch(counting, "fusion")):
        assert await search.rank(query, texts, 5) == []
    assert counting.asked == []


async def test_a_text_is_embedded_once_and_a_query_each_time(counting: CountingEmbedder) -> None:
    search = TextSearch(counting, "embed")
    await search.prepare(TEXTS[:2])
    await search.rank("boss", TEXTS[:2], 2)
    await search.rank("boss", TEXTS, 2)
    assert sorted(counting.asked) == sorted([*TEXTS, "boss", "boss"])


async def test_preparing_loads_the_embedder_even_where_there_is_no_text_yet(
    counting: CountingEmbedder,
) -> None:
    built: list[int] = []

    def build() -> Embedder:
        built.append(1)
        return counting

    await TextSearch(LateEmbedder("late", build), "fusion").prepare([])
    assert (built, counting.asked) == ([1], [])
    await TextSearch(None, "lexical").prepare(TEXTS)


async def test_a_vector_finds_what_is_said_in_other_words(minilm: Embedder) -> None:
    texts = ["The cake was too sweet.", "My manager yelled at me.", "It rained all week."]
    assert await TextSearch(minilm, "embed").rank("the boss shouted", texts, 1) == [1]
    assert (await TextSearch(minilm, "fusion").rank("the boss shouted", texts, 3))[0] == 1
