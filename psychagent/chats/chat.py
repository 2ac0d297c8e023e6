"""A chat that is open: the course graph with a person as client, its checkpoints and its files."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from psychagent.chats.back import take_back
from psychagent.chats.plan import ChatPlan
from psychagent.chats.scene import Scene, scene_of
from psychagent.domain.call import thread_id
from psychagent.domain.profile import Case
from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.role import ClientKind
from psychagent.errors import LockError, PsychAgentError, RecordError, usage_of
from psychagent.files.change import make_folder, remove_file
from psychagent.files.lock import hold_lock
from psychagent.files.write import remove_parts
from psychagent.flows.build import build_deps
from psychagent.flows.course import build_course, limit_of
from psychagent.flows.events import CourseEnded, Event, SessionClosed, read_events
from psychagent.flows.live import open_live
from psychagent.flows.spent import open_usage
from psychagent.nodes.client import CLOSE
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.state import CourseState
from psychagent.records.audit.file import FileAudit
from psychagent.records.chat import UNSENT, Unsent, read_unsent, write_chat, write_unsent
from psychagent.records.folder import CaseFolder
from psychagent.records.manifest import Manifest, write_manifest
from psychagent.records.session import to_record, write_session
from psychagent.runs.checkpoints.base import Checkpoints
from psychagent.runs.checkpoints.sqlite import open_checkpoints
from psychagent.runs.closing import close_case
from psychagent.runs.log import log_to
from psychagent.runs.manifest import build_manifest, refuse_other
from psychagent.runs.totals import with_totals

Answer = str | Mapping[str, bool]
"""A person's words, or `CLOSE` in place of them."""


@dataclass(frozen=True)
class Chat:
    """A chat that is open in this process."""

    plan: ChatPlan
    deps: Deps
    graph: CompiledStateGraph[CourseState, Knobs, Any, Any]
    checkpoints: Checkpoints
    manifest: Manifest
    audit: FileAudit

    @property
    def case(self) -> Case:
        """The person's case."""
        return self.plan.case

    @property
    def knobs(self) -> Knobs:
        """The knobs of the course; the region may become known on the way, so every step is given them."""
        record = self.plan.record
        return replace(
            self.deps.knobs,
            language=record.language,
            modality=record.modality,
            client=ClientKind.HUMAN,
            region=record.region or "",
        )

    @property
    def thread(self) -> str:
        """The course's thread."""
        return thread_id(self.case.modality, self.case.case_id)

    @property
    def place(self) -> CaseFolder:
        """The folder of the course's files."""
        return self.plan.folder.case(self.case.modality, self.case.case_id)

    @property
    def config(self) -> RunnableConfig:
        """The configuration of the course's graph."""
        limit = limit_of(self.deps, self.knobs)
        return {"configurable": {"thread_id": self.thread}, "recursion_limit": limit}

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """Errors of the store of checkpoints."""
        return self.checkpoints.faults

    def in_region(self, region: str) -> Chat:
        """Note the person's region, empty where they would not say, and return the chat with it."""
        plan = self.plan.in_region(region)
        write_chat(plan.record_path, plan.record)
        return replace(self, plan=plan)

    def note_help(self, scene: Scene) -> None:
        """Record that the person asked for help.

        Raises:
            RecordError: If it cannot be written.
        """
        self.audit.add_help(AuditKey(self.thread, scene.session, 0, 0, len(scene.turns)))

    def load_ahead(self) -> None:
        """Begin to load the embedder while the person types: it takes seconds that a reply would wait for."""
        store = self.deps.skills(self.plan.record.language)

        def load() -> None:
            # the search that needs it says by itself what is wrong
            with suppress(PsychAgentError):
                store.load_embedder()

        # a daemon, so that leaving does not wait for it
        threading.Thread(target=load, daemon=True).start()

    async def scene(self) -> Scene:
        """Return where the chat stands."""
        return scene_of(self.deps, await self.graph.aget_state(self.config, subgraphs=True), self.knobs)

    def unsent(self, scene: Scene) -> str | None:
        """Return words that were typed for this very turn and that the course may not have got."""
        kept = read_unsent(self._unsent_path)
        is_due = kept is not None and (kept.session, kept.turns) == (scene.session, len(scene.turns))
        return kept.text if kept is not None and is_due else None

    def keep(self, scene: Scene, words: str) -> None:
        """Keep words that were typed for this turn until the course has them."""
        kept = Unsent(schema_version=1, session=scene.session, turns=len(scene.turns), text=words)
        write_unsent(self._unsent_path, kept)

    async def take_back(self) -> bool:
        """Take back words that wait for an answer; return whether there were some."""
        waiting = self.unsent(await self.scene())
        is_taken = await take_back(self.graph, self.config)
        remove_file(self._unsent_path)
        return is_taken or waiting is not None

    @property
    def _unsent_path(self) -> Path:
        return self.plan.folder.path / UNSENT

    async def go_on(self, scene: Scene, answer: Answer | None = None) -> AsyncIterator[Event]:
        """Play the course up to where the person has the word, or a session is over, and yield what happens.

        Args:
            scene: Where the chat stands.
            answer: What the person answers, where it has the word.

        Raises:
            ProviderError, ReplyError: When a model call fails for good.
            RecordError: If a file cannot be written.
        """
        start: Any = None
        if answer is not None:
            # by the interrupt's id: an answer without one stays in the course's own checkpoint until the
            # session is over, and after a crash the next interrupt would take it for its own
            start = Command(resume={scene.asked: answer if isinstance(answer, str) else dict(CLOSE)})
        elif scene.at == "start":
            start = {"case": self.case}
        stream = self.graph.astream(
            start,
            self.config,
            context=self.knobs,
            # a card comes on the custom one, before anything that may fail
            stream_mode=["updates", "messages", "custom"],
            subgraphs=True,
            durability="sync",
            # the person decides when the next session begins
            interrupt_after=["reflect"],
            version="v2",
        )
        async for event in read_events(stream, end_token=self.deps.baseline.end_token):
            if isinstance(event, SessionClosed):
                self._store(event)
            yield event
            if isinstance(event, SessionClosed | CourseEnded):
                await self._write_course()
        remove_file(self._unsent_path)
        if (await self.scene()).at == "over":
            await self.checkpoints.compact(self.thread)

    def _store(self, event: SessionClosed) -> None:
        path = self.place.session_path(event.session.session_index)
        write_session(path, to_record(self.case, event.session))

    async def mend(self) -> None:
        """Write the file of the last session if a process was killed before it could.

        Raises:
            RecordError: If sessions are there and their course is not: it would begin again over them.
        """
        values = cast("CourseState", (await self.graph.aget_state(self.config)).values)
        if not values and self.place.session_files():
            raise RecordError(
                f"{self.plan.folder.checkpoints}: does not hold the course whose sessions are in "
                f"{self.place.path}; put the file back, or begin another chat with --name"
            )
        last = values.get("finished_session")
        if last is not None and not self.place.session_path(last.session_index).exists():
            self._store(SessionClosed(last))
        if values:
            await self._write_course()

    async def count_failed(self, error: Exception) -> None:
        """Add the cost of a call that failed for good to the course's file."""
        await self._write_course(error)

    async def _write_course(self, error: Exception | None = None) -> None:
        snapshot = await self.graph.aget_state(self.config, subgraphs=True)
        close_case(
            self.plan.folder,
            self.place,
            values=cast("CourseState", snapshot.values),
            failure=None,
            open_usage=open_usage(snapshot),
            spent=usage_of(error or RecordError()),
        )
        write_manifest(self.plan.folder.manifest_path, with_totals(self.plan.folder, self.manifest))


@asynccontextmanager
async def open_chat(plan: ChatPlan) -> AsyncIterator[Chat]:
    """Open a chat whose lock is held: read what it was made with, and wire it.

    Raises:
        RecordError: If it was begun with other settings, prompts or skills.
        SettingsError, AssetError, SkillStoreError: If it cannot start.
    """
    folder = plan.folder
    with log_to(folder.log, plan.runtime.machine.log_level):
        async with open_live(plan.env) as live, open_checkpoints(folder.checkpoints) as checkpoints:
            audit = FileAudit(folder.safety)
            audit.open()
            deps = build_deps(plan.baseline, plan.runtime, live, cache_dir=plan.cache_dir, audit=audit)
            manifest = _describe(plan, deps)
            write_chat(plan.record_path, plan.record)
            write_manifest(folder.manifest_path, with_totals(folder, manifest))
            graph = build_course(deps, checkpoints.saver)
            yield Chat(plan, deps, graph, checkpoints, manifest, audit)


@contextmanager
def hold_chat_lock(plan: ChatPlan) -> Iterator[None]:
    """Hold the lock of a chat, whose folder only its owner may read.

    Raises:
        LockError: If the chat is open in another process.
    """
    folder = plan.folder.path
    make_folder(folder, option="--save-dir")
    try:
        with hold_lock(plan.folder.lock):
            if plan.is_new and plan.record_path.exists():
                raise RecordError(f"{folder}: the chat was begun this moment by another process; run again")
            remove_parts(folder)
            yield
    except LockError as error:
        raise LockError(
            f"the chat {plan.folder.name!r} is open in another window; close it there, or begin another with "
            "--name"
        ) from error


def _describe(plan: ChatPlan, deps: Deps) -> Manifest:
    language, path = plan.record.language, plan.folder.manifest_path
    prompts, skills = deps.prompts(language), deps.skills(language).library
    manifest = build_manifest(plan.settings, (), prompts=prompts, skills=skills, client=ClientKind.HUMAN)
    if path.exists():
        before = plan.folder.manifest()
        # a number that was corrected reaches a person at once, also in a chat that was begun before
        hashes = before.hashes.model_copy(update={"safety": manifest.hashes.safety})
        remedy = "go back to it, or begin another chat with --name"
        refuse_other(path, before.model_copy(update={"hashes": hashes}), manifest, remedy)
    return manifest
