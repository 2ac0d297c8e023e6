"""Options shared by several commands, declared once: a dataclass's fields become a command's parameters.

What the options name is read in `settings.py`, so a help page is shown without it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar, get_type_hints

import typer

from psychagent.cli.given.effect import Unless
from psychagent.domain.base import MOST_ROLLOUTS, Language, LogLevel

if TYPE_CHECKING:
    from psychagent.assets.settings.runtime import RuntimeSettings

BaselineOption = Annotated[
    Path | None,
    typer.Option("--baseline", help="The system under study: a YAML file, or the name of a bundled one."),
]
RuntimeOption = Annotated[
    Path | None, typer.Option("--runtime", help="World and machine: a YAML file, or a bundled name.")
]
DatasetOption = Annotated[
    Path | None, typer.Option("--dataset", help="Case settings: a YAML file, or a bundled name.")
]
LanguageOption = Annotated[Language | None, typer.Option(help="Language of prompts, skills and dialogue.")]
ModalitiesOption = Annotated[str | None, typer.Option(help="Therapy schools, separated by commas.")]
LibraryLanguage = Annotated[Language, typer.Option("--language", help="Language of the library.")]
LogLevelOption = Annotated[
    LogLevel | None, typer.Option(help="Least level of the lines in the log beside the files.")
]
LogCallsOption = Annotated[
    bool | None, typer.Option("--log-calls", help="Keep every prompt and reply beside the files, in calls/.")
]
RolloutsOption = Annotated[
    int | None,
    typer.Option("-n", "--rollouts", min=2, max=MOST_ROLLOUTS, help="Rollouts per session."),
]
BudgetOption = Annotated[
    str | None,
    typer.Option("--budget", help="Most money to spend, such as 40 or '40 EUR'; see docs/cost.md."),
]
AllowUnpricedOption = Annotated[
    bool,
    typer.Option("--allow-unpriced", help="Keep the budget though a role has no price and never counts."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
ScoreUse = Literal["raw", "verified"]
Options = TypeVar("Options")


@dataclass(frozen=True)
class SettingsFiles:
    """The options for a run's settings files and its folder."""

    DEFAULT_FOLDER: ClassVar[str] = "runs"
    """Folder of runs, relative to the working directory."""

    baseline: BaselineOption = None
    runtime: RuntimeOption = None
    dataset: DatasetOption = None
    save_dir: Annotated[Path | None, typer.Option(help="Folder of runs; default: ./runs.")] = None

    def choose_folder(self, runtime: RuntimeSettings) -> Path:
        """Return the folder of runs: from the option, the settings, or the default."""
        return self.save_dir or runtime.machine.save_dir or Path.cwd() / self.DEFAULT_FOLDER


@dataclass(frozen=True)
class CaseOptions(SettingsFiles):
    """The options that say which cases a run takes, and in which language."""

    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="ID_OR_FILE",
            help="One client, of any split, under each of the modalities; may be given several times.",
        ),
    ] = None
    case: Annotated[
        list[str] | None,
        typer.Option(
            "--case",
            metavar="SCHOOL/ID_OR_FILE",
            help="One case of the dataset's folder, such as cbt/412, or a file in a folder named after its "
            "school; may be given several times.",
        ),
    ] = None
    modalities: ModalitiesOption = None
    language: LanguageOption = None

    def dataset_file(self) -> Path | None:
        """Return the file of case settings; None means the defaults."""
        return self.dataset


@dataclass(frozen=True)
class RunOptions(CaseOptions):
    """The options of every command that generates courses."""

    concurrency: Annotated[int | None, typer.Option(min=1, help="Cases at a time.")] = None
    resume: Annotated[
        bool, typer.Option(help="Continue a run that is in the folder."), Unless("overwrite")
    ] = True
    overwrite: Annotated[bool, typer.Option(help="Remove a run that is in the folder and start anew.")] = (
        False
    )
    max_cases: Annotated[int | None, typer.Option(min=1, help="Largest number of cases.")] = None
    max_sessions: Annotated[
        int | None, typer.Option(min=1, help="Largest number of sessions in a course.")
    ] = None
    log_level: LogLevelOption = None
    log_calls: LogCallsOption = None
    budget: BudgetOption = None
    allow_unpriced: AllowUnpricedOption = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would ask at most, and ask nothing.")
    ] = False


def finite(value: float | None) -> float | None:
    """Check the number of an option: `nan` and `inf` are numbers to the parser, and compare with nothing."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(
            f"'{value}' is no number that anything can be compared with; give a finite one"
        )
    return value


def split_words(text: str) -> tuple[str, ...]:
    """Split an option's value at its commas; a word that stands there twice counts once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def takes(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Decorate a command so that its parameters are the fields of a dataclass.

    Typer reads a command's signature. The decorated function has the signature of the dataclass, and
    passes one instance of it to the command.
    """
    hints = get_type_hints(options, include_extras=True)
    parameters = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(options).parameters.items()
    ]

    def decorate(command: Callable[[Options], None]) -> Callable[..., None]:
        def call(**values: Any) -> None:
            command(options(**values))

        call.__name__, call.__doc__ = command.__name__, command.__doc__
        call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return call

    return decorate
