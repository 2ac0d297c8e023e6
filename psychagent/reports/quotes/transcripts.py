"""Write the transcripts that a report's quotes link to: one self-contained page a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from psychagent.assets.labels import Labels, load_labels
from psychagent.domain.base import School, Speaker
from psychagent.domain.scores import SessionScores
from psychagent.errors import PsychAgentError, RecordError
from psychagent.evals.find import Search, find_sessions
from psychagent.files.write import write_text
from psychagent.records.evaluation import EvalFolder
from psychagent.records.scores import read_scores
from psychagent.records.summary import ReadAs, read_summary
from psychagent.reports.page.blocks import Block, Heading, Link, Said, Text, Transcript
from psychagent.reports.page.html import to_html
from psychagent.scales.dialogue import Dialogue

FOLDER = "report_sessions"
Place = tuple[str, str, int]
"""Modality, case and number of a session."""


@dataclass(frozen=True)
class Pages:
    """The transcripts that were found, by the session they hold."""

    dialogues: Mapping[Place, Dialogue] = field(default_factory=dict)
    lacking: int = 0
    """Sessions whose files are gone, cannot be read, or are not what was judged."""

    def href(self, place: Place, turn: int | None = None) -> str:
        """Return the way from the report to a turn; empty where there is no page."""
        if place not in self.dialogues:
            return ""
        return f"{FOLDER}/{quote(page_name(place))}" + ("" if turn is None else f"#turn-{turn}")

    def words(self, place: Place, turn: int) -> str:
        """Return what was said in a turn; empty where there is no page."""
        dialogue = self.dialogues.get(place)
        return dialogue.lines[turn - 1].text if dialogue and 0 < turn <= len(dialogue.lines) else ""


def page_name(place: Place) -> str:
    """Return the name of a session's page."""
    modality, case_id, index = place
    return f"{modality}-{case_id}-session_{index}.html"


def find_pages(folder: EvalFolder, root: Path | None, quoted: Iterable[Place]) -> Pages:
    """Find the dialogues of the sessions that a report quotes, and of no other.

    Args:
        folder: The evaluation.
        root: Where the judged sessions lie; None where nobody knows.
        quoted: The sessions to be quoted.
    """
    places = sorted(set(quoted))
    found = {place: _find_dialogue(folder, root, place) for place in places} if root else {}
    dialogues = {place: dialogue for place, dialogue in found.items() if dialogue}
    return Pages(dialogues, len(places) - len(dialogues))


def _find_dialogue(folder: EvalFolder, root: Path, place: Place) -> Dialogue | None:
    """Read the dialogue that was judged; None if its file is gone or holds another by now."""
    try:
        scores = read_scores(folder.scores_path(*place))
        path = root / scores.source_file if root.is_dir() else root
        inputs, _ = find_sessions(_search(folder, path, scores.modality))
    except PsychAgentError:
        return None
    dialogues = [item.dialogue for item in inputs if item.place == place]
    return next((d for d in dialogues if is_same(d, scores)), None)


def _search(folder: EvalFolder, path: Path, modality: School) -> Search:
    """Read a file as it was read when it was judged."""
    how = read_summary(folder.summary).read_as if folder.summary.is_file() else ReadAs()
    return Search.again(path, how, modality)


def is_same(dialogue: Dialogue, scores: SessionScores) -> bool:
    """Return whether a dialogue is the one that was judged: turns of another would bear wrong numbers."""
    return dialogue.hash == scores.input_hash


def write_pages(folder: Path, pages: Pages) -> None:
    """Write the pages next to a report.

    Raises:
        RecordError: If a page cannot be written.
    """
    for place, dialogue in pages.dialogues.items():
        labels = load_labels(dialogue.language)
        title = session_title(dialogue, labels)
        page = to_html(transcript_blocks(dialogue, labels), title, language=dialogue.language.value)
        write_text(folder / FOLDER / page_name(place), page)


def session_title(dialogue: Dialogue, labels: Labels) -> str:
    """Name a session."""
    return f"{dialogue.case_id} · {labels.session.format(number=dialogue.session_index)}"


def transcript_blocks(dialogue: Dialogue, labels: Labels) -> list[Block]:
    """Lay out a dialogue: visible words only, turns numbered as the judge saw them."""
    names = {Speaker.COUNSELOR: labels.counselor, Speaker.CLIENT: labels.client}
    turns = tuple(
        Said(number, names[line.speaker], line.text, line.speaker is Speaker.COUNSELOR)
        for number, line in enumerate(dialogue.lines, start=1)
    )
    about = f"{labels.modality(dialogue.modality)} · {labels.turns.format(number=len(turns))}"
    return [
        Link(labels.back, "../report.html"),
        Heading(session_title(dialogue, labels), 1),
        Text(about),
        Text(labels.spoken, quiet=True),
        Transcript(turns),
    ]


def resolve_root(folder: EvalFolder, named: Path | None, stored: str) -> Path | None:
    """Return where the judged sessions lie: as a person names it, else as the evaluation stored it.

    Raises:
        RecordError: If the named folder does not exist, or holds no session that was judged.
    """
    if named is not None and not named.exists():
        raise RecordError(f"{named}: no such folder of sessions; name what was judged with --data-root")
    if named is not None and named.is_dir():
        judged = [scores.source_file for scores in folder.sessions()]
        if judged and not any((named / file).exists() for file in judged):
            raise RecordError(
                f"{named}: holds no session that was judged (such as {judged[0]}); name with --data-root the "
                "folder in which they lie now"
            )
    root = named or (folder.find_data(stored) if stored else None)
    return root if root and root.exists() else None
