"""The plan of an evaluation and what can be checked of it before a model or a graph is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as plan_class

from psychagent.assets.key import require_key
from psychagent.assets.locate import asset_dir
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.budget import BudgetSettings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import SCHOOLS, Language, LogLevel, School
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.events import Tell, tell_nobody
from psychagent.evals.find import Search
from psychagent.evals.importing.files import find_files
from psychagent.evals.importing.roles import Roles
from psychagent.evals.money.prices import price_of_judge
from psychagent.files.given import OPEN, Plan, to_word
from psychagent.files.kind import resolved
from psychagent.records.summary import InputFormat
from psychagent.runs.home import require_home
from psychagent.runs.money.check import check_prices
from psychagent.runs.workers.beside import ALONE, Beside
from psychagent.scales.asked import check_methods, check_methods_of
from psychagent.scales.scale import find_scales

OUTPUT = "--output-root"


@plan_class(frozen=True, config=OPEN)
class EvalPlan(Plan):
    """Everything an evaluation needs to know."""

    settings: EvalSettings
    output_root: Path
    env: Mapping[str, str]
    data_root: Path | None = None
    """None means the example courses in the settings' language (English if none is set)."""
    modalities: tuple[School, ...] = ()
    methods: tuple[str, ...] | None = None
    """Scales by name; None means each modality's default set."""
    case_limit: Annotated[int, Field(ge=1)] | None = None
    resume: bool = True
    input_format: InputFormat = "auto"
    roles: Roles = field(default_factory=dict)
    """Which side a speaker's name stands for, beside the names that are known."""
    log_level: LogLevel = "info"
    """Lowest level that is written to the log next to the scores."""
    log_calls: bool = False
    """Whether the journals of calls are kept, with every prompt, as the log of all calls."""
    tell: Tell = tell_nobody
    """Called with every event."""
    cases: frozenset[str] | None = None
    """The cases to judge, as `<modality>/<id>`; None is all that are found."""
    budget: BudgetSettings | None = None
    """What may be spent, earlier commands in its folder included; None is without end."""
    beside: Beside = ALONE
    """What is shared with other runs and evaluations of the process."""

    def search(self) -> Search:
        """Return what to look for, and where.

        Raises:
            SettingsError: If neither data nor example courses are named.
        """
        return Search(
            root=self.data_root or example_courses(self.settings.language),
            input_format=self.input_format,
            modalities=self.modalities,
            case_limit=self.case_limit,
            language=self.settings.language,
            roles=self.roles,
        )


def example_courses(language: Language | str | None) -> Path:
    """Return the example courses that ship with the project."""
    folder = asset_dir("profiles") / to_word(Language, language or Language.EN).value / "courses"
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no example courses; name sessions with --data-root")
    return folder


def nothing_found(root: Path) -> SettingsError:
    """Say that a folder holds nothing to judge."""
    return SettingsError(f"{root}: holds no session to judge; check --data-root and --modalities")


def check_output(plan: EvalPlan) -> None:
    """Check that scores would not be written over what is judged, nor over a run or a chat.

    Raises:
        RecordError: If the folder of the scores holds one of them.
    """
    require_home(plan.output_root, "an evaluation", OUTPUT)
    search, out = plan.search(), resolved(plan.output_root)
    written = {out / school for school in SCHOOLS}
    for path in find_files(search.root, plan.input_format):
        if out == resolved(search.root) or written & {*resolved(path).parents}:
            raise RecordError(f"{out}: holds {path}, which is to be judged; name another {OUTPUT}")


def check_scales(plan: EvalPlan) -> None:
    """Check that there are the scales that a plan names.

    Raises:
        SettingsError, AssetError: Naming one that there is not.
    """
    scales = [path.stem for path in find_scales(plan.settings.scales_root)]
    check_methods_of(plan.settings.methods, scales, "methods")
    check_methods(plan.methods or (), scales, "--methods")


def check_eval(plan: EvalPlan) -> None:
    """Check the paths and the key of a plan.

    An evaluation meets the same errors by itself; a command looks first, because importing what asks
    a judge takes longer than all of this.

    Raises:
        SettingsError, AssetError, RecordError: If the evaluation could not start.
    """
    root = plan.search().root
    if not find_files(root, plan.input_format):
        raise nothing_found(root)
    check_output(plan)
    check_scales(plan)
    check_judging(plan.settings, plan.env)
    check_prices(plan.budget, {"judge": price_of_judge(plan.settings)})


def check_judging(settings: EvalSettings, env: Mapping[str, str]) -> None:
    """Check what settings of an evaluation name, whatever is judged.

    Raises:
        SettingsError, AssetError: If nothing could be judged by them.
    """
    scales = [path.stem for path in find_scales(settings.scales_root)]
    check_methods_of(settings.methods, scales, "methods")
    PromptLibrary(settings.language or Language.EN, settings.prompts_root)
    if settings.judge.provider != "offline":
        for name in settings.judge.secret_names:
            require_key(name, env)
