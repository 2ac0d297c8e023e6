"""The command line's entry point: the table of all commands, each imported when it is called."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from psychagent.cli.lazy import Later, Lazy, build_group
from psychagent.cli.shown.output import harden_output, lost_output
from psychagent.domain.text.plain import plain
from psychagent.domain.words.cut import cut_middle

COMMANDS = {
    "sample": Lazy(
        "psychagent.cli.runs.sample:sample",
        "Generate multi-session courses. Without options: offline, with the embedded script.",
    ),
    "rft": Lazy(
        "psychagent.cli.runs.rft:rft",
        "Generate courses by best-of-n rollouts. Without options: offline, n = 4, scripted judge.",
    ),
    "replay": Lazy(
        "psychagent.cli.runs.replay:replay",
        "Play a run again from its log of calls: the same files, and no model is asked.",
    ),
    "norms": Lazy(
        "psychagent.cli.norms:norms", "Compute the means and spreads that rewards are measured in."
    ),
    "eval": Lazy(
        "psychagent.cli.eval:evaluate",
        "Judge sessions on the scales. Without options: the example courses, by the offline script.",
    ),
    "runs": Lazy(
        "psychagent.cli.runs.overview:runs",
        "List runs: how far each is, what it took, and what it cost where its settings have prices.",
    ),
    "prices": Lazy(
        "psychagent.cli.money.prices:prices",
        "Say what the models of settings cost; with --write, fill in what genai-prices knows.",
    ),
    "report": Lazy(
        "psychagent.cli.report:report",
        "Write report.html and report.md into a folder: numbers with intervals, figures, comparisons.",
    ),
    "compare": Lazy(
        "psychagent.cli.compared.compare:compare",
        "Compare systems by their evaluations: differences, ranks; writes comparison.html, .md, .json.",
    ),
    "pairwise": Lazy(
        "psychagent.cli.compared.pairwise:pairwise",
        "Rank systems: a judge compares their dialogues of the same case and session, in both orders.",
    ),
    "agree": Lazy(
        "psychagent.cli.compared.agree:agree",
        "Compare raters: weighted kappa, Krippendorff's alpha, bias; writes agreement.html, .md and .json.",
    ),
    "export": Lazy(
        "psychagent.cli.export:export", "Write training data from a run, with a data card beside it."
    ),
    "train": Lazy(
        "psychagent.cli.train:train",
        "Fine-tune a model on the chosen sessions of an export (needs the extra `train`).",
    ),
    "chat": Lazy(
        "psychagent.cli.chat.command:chat",
        "Talk with the counselor yourself. Without options: offline, with the embedded script.",
    ),
    "show": Lazy(
        "psychagent.cli.show:show",
        "Read a course: plan, dialogue, skills used, summary, and what changed in memory.",
    ),
    "doctor": Lazy(
        "psychagent.cli.doctor:doctor",
        "Check settings, texts, keys, servers, skill index and disk; what rests on a failure is skipped.",
    ),
    "init": Lazy(
        "psychagent.cli.init:init",
        "Copy configs, prompts, skills and profiles into a folder, to edit and use them from there.",
    ),
    "local-model": Lazy(
        "psychagent.cli.local_model:local_model",
        "Serve a small language model as an OpenAI-compatible endpoint, until Ctrl-C.",
    ),
}
SKILLS = {
    "stats": Lazy(
        "psychagent.cli.skills.library:stats",
        "Count the meta-skills and atomic skills of each modality and stage.",
    ),
    "show": Lazy("psychagent.cli.skills.library:show", "Print one skill with all its fields."),
    "search": Lazy(
        "psychagent.cli.skills.search:search",
        "Search skills as a session would, with the similarity of each.",
    ),
    "validate": Lazy(
        "psychagent.cli.skills.check:validate",
        "Check schema, ids, both languages, lengths, empty fields and pairs that are too similar.",
    ),
    "import": Lazy(
        "psychagent.cli.skills.library:import_library",
        "Write a library of the reference layout as YAML files of ours; ids are kept as given.",
    ),
    "bench": Lazy(
        "psychagent.cli.skills.bench:bench",
        "Measure on gold moments how well skills are ranked, and what a turn shows of them.",
    ),
    "use": Lazy(
        "psychagent.cli.skills.use:use",
        "Count the skills that each turn of a run was shown, and the turns that named one of them.",
    ),
}
PROFILES = {
    "validate": Lazy("psychagent.cli.profiles:validate", "Check profiles; exit status 1 if one is unusable."),
    "show": Lazy("psychagent.cli.profiles:show", "Read a profile as a person would."),
}
EXPERIMENT = {
    "run": Lazy(
        "psychagent.cli.experiment.run:run",
        "Run systems under seeds and have each judged; what is there is not done again.",
    ),
    "status": Lazy(
        "psychagent.cli.experiment.status:status",
        "List the cells of an experiment: how far each is, what it took, and what is missing.",
    ),
    "estimate": Lazy(
        "psychagent.cli.experiment.estimate:estimate",
        "Estimate what an experiment takes, as if it began anew: calls, tokens, money and hours, by cell.",
    ),
    "report": Lazy(
        "psychagent.cli.experiment.report:report",
        "Compare the systems of an experiment: its tables, as a page, Markdown and JSON.",
    ),
    "ratings": Lazy(
        "psychagent.cli.experiment.ratings:ratings",
        "Pack blind tasks for people from an experiment: its systems shuffled, with the key apart.",
    ),
}
ESTIMATE = {
    "sample": Lazy(
        "psychagent.cli.money.estimate:sample",
        "Estimate what `psychagent sample` takes: calls, tokens, money and hours, from its settings alone.",
    ),
    "rft": Lazy(
        "psychagent.cli.money.estimate:rft",
        "Estimate what `psychagent rft` takes: calls, tokens, money and hours, from its settings alone.",
    ),
    "eval": Lazy(
        "psychagent.cli.money.estimate:evaluate",
        "Estimate what `psychagent eval` takes for the sessions that it would judge, as if it began anew.",
    ),
}
AUDIT = {
    "verify": Lazy(
        "psychagent.cli.safety.verify:verify",
        "Check that no line of an audit was changed or removed; exit status 1 if one was.",
    ),
    "summary": Lazy(
        "psychagent.cli.safety.summary:summary",
        "Count what the safety gate found and did, and how often it referred somebody to help.",
    ),
}
SAFETY = {
    "bench": Lazy(
        "psychagent.cli.safety.bench:bench",
        "Measure on labelled turns how much danger the gate hears, and how often it is wrong.",
    ),
}

RATINGS = {
    "pack": Lazy(
        "psychagent.cli.ratings.pack:pack",
        "Pack blind tasks for people to rate: sessions of all systems, shuffled, with the key apart.",
    ),
}

app = build_group(
    COMMANDS,
    help="A counselor agent that works with simulated clients over many sessions. Research only: not a "
    "medical device, never a substitute for a professional or for emergency services.",
    completes=True,
)
for name, commands, about in (
    ("skills", SKILLS, "The skill library: stats, show, search, validate, import, bench."),
    ("experiment", EXPERIMENT, "Systems, seeds and a judge in one file: estimate, run, report, ratings."),
    ("profiles", PROFILES, "Client profiles: check a folder, read one file."),
    ("estimate", ESTIMATE, "What a run takes before it begins: estimate sample, rft, eval."),
    ("ratings", RATINGS, "Ratings of people: pack blind tasks for them."),
):
    app.add_typer(build_group(commands, help=about), name=name, short_help=about)
_safety, _audit = (
    "The safety gate: its bench, its audit.",
    "What the safety gate found and did: verify, summary.",
)
safety = build_group(SAFETY, help=_safety)
safety.add_typer(build_group(AUDIT, help=_audit), name="audit", short_help=_audit)
app.add_typer(safety, name="safety", short_help=_safety)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"psychagent {VERSION.load()('psychagent')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


VERSION: Later[Callable[[str], str]] = Later("importlib.metadata:version")
REFUSED: Later[Callable[[str, str, OSError], str]] = Later("psychagent.files.refused:refused")
EXPECTED: Later[type[Exception]] = Later("psychagent.errors:PsychAgentError")


FILES_MATTER = frozenset(
    {
        *("sample", "rft", "replay", "eval", "pairwise", "ratings", "chat", "export", "train"),
        *("experiment run", "experiment ratings"),
    }
)
"""Commands whose result is files: what they print may be lost without harm."""


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the process as an error does, so that no file is left half written.

    A run has a gentler way of its own while it works; a signal that the shell ignores stays ignored.
    """

    def end(number: int, frame: object) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


NAMED = 300
"""Most characters of a name that a sentence repeats."""


def _fail(sentence: str) -> NoReturn:
    typer.secho(f"error: {plain(sentence)}", err=True, fg="red")
    sys.exit(2)


def run() -> None:
    """Run the command line; an expected error is one clear sentence and exit status 2.

    So is a name that the system takes offence at, or a folder that it lets nobody look into: whether
    something is there is asked in a hundred places, each of which may hear of it.
    """
    harden_output()
    end_on_signals()
    try:
        app()
    except SystemExit as end:
        # the usual end; the errors, and pydantic behind them, are imported only where one is raised
        if lost := lost_output():
            typer.echo(f"note: the output could not be written ({lost})", err=True)
            if not end.code and not FILES_MATTER & {" ".join(sys.argv[1:end]) for end in (2, 3)}:
                sys.exit(1)
        raise
    except EXPECTED.load() as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _fail(REFUSED.load()(cut_middle(str(error.filename), NAMED), "used", error))
    finally:
        # a process that ends looks for garbage once more, a quarter of a second in what it frees anyway
        gc.freeze()
