"""A chat with a cast in the counselor's place, real checkpoints and files, and a typist for the person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from psychagent.chats.chat import Chat
from psychagent.chats.plan import Choices, make_plan
from psychagent.chats.scene import Ended
from psychagent.chats.talk import talk
from psychagent.domain.base import Language
from psychagent.domain.risk.finding import HIGH, IMMINENT, About
from psychagent.domain.role import ClientKind
from psychagent.domain.turn import Turn
from psychagent.flows.course import build_course
from psychagent.flows.events import Event, Said, Unsaid, Words
from psychagent.nodes.deps import Deps
from psychagent.records.audit.file import FileAudit
from psychagent.records.chat import write_chat
from psychagent.records.manifest import write_manifest
from psychagent.runs.checkpoints.sqlite import open_checkpoints
from psychagent.runs.manifest import build_manifest
from psychagent.safety.answer import Card, SafetyTexts, load_safety
from psychagent.safety.rule_file import RiskPattern, RulesFile
from psychagent.safety.rules import RiskRules
from tests.support.fakes import Cast

SAD, HOPELESS, DOOMED = "I am tired.", "PURPLE words", "SCARLET words"
"""What a typist says at level 0, 2 and 3 of the rules of these tests."""


def plain_rules(language: Language) -> SafetyTexts:
    """The bundled texts under rules that know two words, whatever the bundled rules are."""
    patterns = tuple(
        RiskPattern(id=word, level=level, about=About.SELF, match=(word,))
        for word, level in (("purple", HIGH), ("scarlet", IMMINENT))
    )
    rules = RulesFile(patterns=patterns, asks=("want to die",))
    return load_safety(language)._replace(rules=RiskRules(rules, language, "plain"))


@dataclass
class Typist:
    """Types the lines given, remembers everything shown, and leaves when the lines have run dry."""

    lines: list[str]
    can_choose: bool = True
    shown: list[tuple[str, str]] = field(default_factory=list)
    """Kind and text, in order."""
    cards: list[Card] = field(default_factory=list)
    """The cards among them."""
    on_card: Callable[[], object] = lambda: None
    on_ask: Callable[[], object] = lambda: None

    def hear(self, event: Event) -> None:
        match event:
            case Words(text):
                self.shown.append(("words", text))
            case Unsaid():
                self.shown.append(("unsaid", ""))
            case Said(turn):
                self.shown.append(("said", turn.text))

    def see_turn(self, turn: Turn) -> None:
        self.shown.append(("before", turn.text))

    def see_card(self, card: Card) -> None:
        self.on_card()
        self.cards.append(card)
        self.shown.append(("card", card.title))

    def be_told(self, text: str) -> None:
        self.shown.append(("told", text))

    def wait(self, text: str) -> None:
        self.shown.append(("wait", text))

    def ask(self, prompt: str, below: str = "") -> str | None:
        self.on_ask()
        typed = self.lines.pop(0) if self.lines else None
        self.shown.append(("asked", prompt))
        return typed

    def of(self, *kinds: str) -> list[str]:
        """What was shown of some kinds."""
        return [text for kind, text in self.shown if kind in kinds]

    def kinds(self, *left_out: str) -> list[str]:
        """The kinds of what was shown, one for several in a row."""
        found = [kind for kind, _ in self.shown if kind not in left_out]
        return [kind for at, kind in enumerate(found) if not at or found[at - 1] != kind]


@asynccontextmanager
async def chat_of(deps: Deps, folder: Path, *, region: str | None = "US") -> AsyncIterator[Chat]:
    """Open the chat `chat` in a folder, or open it again."""
    language = deps.knobs.language
    plan = make_plan(folder, "chat", Choices(region=region, language=language), {})
    plan = replace(plan, baseline=deps.baseline)
    plan.folder.path.mkdir(parents=True, exist_ok=True)
    audit = FileAudit(plan.folder.safety)
    prompts, skills = deps.prompts(language), deps.skills(language).library
    manifest = build_manifest(plan.settings, (), prompts=prompts, skills=skills, client=ClientKind.HUMAN)
    write_chat(plan.record_path, plan.record)
    write_manifest(plan.folder.manifest_path, manifest)
    wired = replace(deps, safety=plain_rules, audit=audit)
    async with open_checkpoints(plan.folder.checkpoints) as checkpoints:
        graph = build_course(wired, checkpoints.saver)
        yield Chat(plan, wired, graph, checkpoints, manifest, audit)


async def type_into(
    cast: Cast, folder: Path, lines: Sequence[str], *, region: str | None = "US", **typist: object
) -> tuple[Typist, Ended]:
    """Open a chat, type some lines and leave."""
    person = Typist(list(lines), **typist)  # type: ignore[arg-type]
    async with chat_of(cast.deps, folder, region=region) as chat:
        return person, await talk(chat, person)


def recorded(folder: Path) -> list[str]:
    """The lines of the audit of the chat in a folder."""
    path = folder / "chat" / "safety.jsonl"
    return path.read_text().splitlines() if path.exists() else []
