"""The skill store that nodes query: library, indexes and embedder of one language."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from psychagent.domain.base import WORKING_STAGES, Modality, Stage
from psychagent.domain.skill import MetaSkill, Skill, StageSkills
from psychagent.errors import SkillStoreError
from psychagent.skills.embed import Embedder, LateEmbedder
from psychagent.skills.library import SkillLibrary, skill_text
from psychagent.skills.method import resolve_method

if TYPE_CHECKING:
    from psychagent.skills.encoders import Vectors
    from psychagent.skills.index import Hit, StageIndex
    from psychagent.skills.vectors import VectorCache


class SkillStore:
    """Finds skills; built once per process and shared by all cases.

    A run cannot continue without skills, so every failure here raises SkillStoreError.
    """

    def __init__(
        self,
        library: SkillLibrary,
        *,
        embedder: Embedder | None,
        method: str = "auto",
        stages: Literal["own", "previous"] = "previous",
        floor: float = 0.0,
        cache_dir: Path | None = None,
    ) -> None:
        """Prepare the store; indexes are built when their stage is first searched.

        Args:
            library: The skills.
            embedder: What embeds them; None where the method ranks by words only.
            method: How they are ranked; `auto` is the language's default.
            stages: Whether a stage also holds the families of the one before.
            floor: Fit that the best skill of a turn must reach for any to be shown.
            cache_dir: Where vectors are kept; None keeps them in memory.
        """
        self.library = library
        self.method = resolve_method(library.language, method)
        if self.method != "lexical" and embedder is None:
            raise SkillStoreError(f"retrieval method {self.method!r} needs an embedder")
        self.floor = floor
        self._stages_open = stages
        self._embedder = embedder if self.method != "lexical" else None
        self._cache_dir = cache_dir
        self._vectors: VectorCache | None = None
        self._stages: dict[tuple[Modality, Stage], StageSkills] = {}
        self._by_id: dict[tuple[Modality, Stage], Mapping[str, Skill]] = {}
        self._indexes: dict[tuple[Modality, Stage], StageIndex] = {}
        self._building = asyncio.Lock()

    @property
    def embedder(self) -> Embedder | None:
        """What embeds its skills, for texts that are searched as skills are; None where it ranks by words."""
        return self._embedder

    def stage(self, modality: Modality, stage: Stage) -> StageSkills:
        """Return the families that a session of a stage may draw on.

        First its own, then those of the stage before, then those that are available in every stage.
        Termination draws on the skills of consolidation. Files are read once.
        """
        key = (modality, working_stage(stage))
        if key not in self._stages:
            self._stages[key] = self._read(*key)
        return self._stages[key]

    def by_id(self, modality: Modality, stage: Stage) -> Mapping[str, Skill]:
        """Return the skills of `stage`, by their ids."""
        key = (modality, working_stage(stage))
        if key not in self._by_id:
            skills = self.stage(*key).skills()
            self._by_id[key] = MappingProxyType({skill.id: skill for skill in skills})
        return self._by_id[key]

    def warm(self) -> None:
        """Read every stage and load the embedder now, as a server does before its event loop runs.

        Raises:
            SkillStoreError: If the embedder cannot be loaded.
            AssetError: If a skill file is malformed.
        """
        for part in self.library.all_stages():
            self.by_id(part.modality, part.stage)
        self.load_embedder()

    def load_embedder(self) -> None:
        """Load the embedder now, if one is to be loaded at all; any thread may do so.

        Raises:
            SkillStoreError: If it cannot be loaded.
        """
        if isinstance(self._embedder, LateEmbedder):
            self._embedder.load()

    def _read(self, modality: Modality, own: Stage) -> StageSkills:
        skills = self.library.stage(modality, own)
        others = [s for s in WORKING_STAGES if s is not own and self.library.may_lend(modality, s)]
        always = [m for s in others for m in self.library.stage(modality, s).meta_skills if m.always]
        metas = (*skills.meta_skills, *self._earlier(modality, own), *always)
        return skills.model_copy(update={"meta_skills": metas})

    def _earlier(self, modality: Modality, own: Stage) -> list[MetaSkill]:
        """List the families of the stage before that are not available anyway; none if it has no file."""
        if self._stages_open == "own" or own.rank == 0:
            return []
        before = WORKING_STAGES[own.rank - 1]
        if not self.library.path(modality, before).exists():
            return []
        # the reference release uses some ids in more than one stage
        taken = {skill.id for skill in self.library.stage(modality, own).skills()}
        families = [
            meta.model_copy(update={"skills": tuple(s for s in meta.skills if s.id not in taken)})
            for meta in self.library.stage(modality, before).meta_skills
            if not meta.always
        ]
        return [meta for meta in families if meta.skills]

    async def search(
        self,
        query: str,
        *,
        modality: Modality,
        stage: Stage,
        candidates: Iterable[str] | None = None,
        k: int = 5,
    ) -> list[Hit]:
        """Find the skills of a stage that fit a query, best first.

        Raises:
            SkillStoreError: If the embedder or the index fails.
            AssetError: If the stage has no skill file.
        """
        index = await self.index(modality, working_stage(stage))
        vector = None
        if self._embedder is not None:
            vector = (await self._embedder.embed([query]))[0]
        words = query if self.method in {"lexical", "fusion"} else ""
        return index.search(query=words, vector=vector, candidates=candidates, k=k)

    async def prepare(self, modality: Modality, stage: Stage) -> None:
        """Build the index of a stage now.

        Raises:
            SkillStoreError: If the embedder or the index fails.
            AssetError: If the stage has no skill file.
        """
        await self.index(modality, working_stage(stage))

    async def index(self, modality: Modality, stage: Stage) -> StageIndex:
        """Return the index of a stage, building it on first use."""
        key = (modality, stage)
        if key not in self._indexes:
            async with self._building:
                if key not in self._indexes:
                    skills = await asyncio.to_thread(self.stage, modality, stage)
                    vectors = await self._embed(skills)
                    earlier = {skill.id for meta in self._earlier(*key) for skill in meta.skills}
                    self._indexes[key] = await asyncio.to_thread(
                        _build_index, skills.skills(), vectors, earlier
                    )
        return self._indexes[key]

    async def _embed(self, skills: StageSkills) -> Vectors | None:
        if self._embedder is None:
            return None
        if self._vectors is None:
            self._vectors = await asyncio.to_thread(_open_cache, self._cache_dir, self._embedder)
        return await self._vectors.embed([skill_text(skill) for skill in skills.skills()])


def _build_index(skills: Sequence[Skill], vectors: Vectors | None, earlier: Collection[str]) -> StageIndex:
    # numpy and FAISS are what a command that only names the store is spared
    from psychagent.skills.index import StageIndex  # noqa: PLC0415

    return StageIndex(skills, vectors, earlier=earlier)


def _open_cache(folder: Path | None, embedder: Embedder) -> VectorCache:
    # imported here for the same reason
    from psychagent.skills.vectors import VectorCache  # noqa: PLC0415

    return VectorCache(folder, embedder)


def working_stage(stage: Stage) -> Stage:
    """Map termination to consolidation: a last session, if one is held, consolidates."""
    return Stage.CONSOLIDATION if stage is Stage.TERMINATION else stage
