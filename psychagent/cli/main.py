"""The command line's entry point: one thin module a command; bodies import what is heavy lazily."""

from __future__ import annotations

import sys

import typer

from psychagent.cli.agree import agree
from psychagent.cli.doctor import doctor
from psychagent.cli.eval import evaluate
from psychagent.cli.export import export
from psychagent.cli.local_model import local_model
from psychagent.cli.norms import norms
from psychagent.cli.profiles import app as profiles
from psychagent.cli.report import report
from psychagent.cli.rft import rft
from psychagent.cli.sample import sample
from psychagent.cli.show import show
from psychagent.cli.skills import app as skills
from psychagent.cli.train import train
from psychagent.errors import PsychAgentError

app = typer.Typer(
    name="psychagent",
    help="A counselor agent that works with simulated clients over many sessions. Research only: not a "
    "medical device, never a substitute for a professional or for emergency services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(sample)
app.command()(rft)
app.command()(norms)
app.command(name="eval")(evaluate)
app.command()(report)
app.command()(agree)
app.command()(export)
app.command()(train)
app.command()(show)
app.command()(doctor)
app.command()(local_model)
app.add_typer(skills, name="skills")
app.add_typer(profiles, name="profiles")


def run() -> None:
    """Run the command line; an expected error is one clear sentence and exit status 2."""
    try:
        app()
    except PsychAgentError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        sys.exit(2)
