"""Find the endpoints of settings files, say what each costs, and write into the files what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.endpoint import Settings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.load import PLACES
from psychagent.assets.settings.named import settings_file
from psychagent.assets.settings.prices import Prices
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.cli.money.genai import find_prices
from psychagent.cli.shown.as_json import show_json
from psychagent.cli.shown.console import open_console
from psychagent.doctor.edit import Edit, edit_yaml, with_value
from psychagent.doctor.setup import KIND_OF, LOADERS, Asked, endpoints_of
from psychagent.domain.base import Record
from psychagent.errors import SettingsError
from psychagent.files.kind import resolved
from psychagent.files.read import load_data, read_text, to_model
from psychagent.files.write import write_text

_MODELS = {kind: model for model, kind in KIND_OF.items()}


class PriceLine(Record):
    """What one endpoint costs."""

    role: str
    model: str
    file: str
    prices: Prices | None = None
    note: str = ""
    """Where the price is from, or why there is none."""


def show_prices(
    given: Mapping[str, Path | None], *, write: bool, provider: str | None, as_json: bool
) -> None:
    """Show what the endpoints of some settings cost; write what was found.

    Raises:
        SettingsError: If no file is named, one cannot be read, or it is bundled and was to be written.
    """
    named = {_MODELS[kind]: path for kind, path in given.items() if path is not None}
    if not named:
        raise SettingsError("names no settings; give --baseline, --runtime, --rft-config or --config")
    files = {model: settings_file(path, PLACES[model][0], default="") for model, path in named.items()}
    if write:
        _refuse_bundled(files.values())
    read = {model: LOADERS[model](path) for model, path in files.items()}
    lines: list[PriceLine] = []
    for model, file in files.items():
        asked = list(endpoints_of(model, read[model]))
        found = _found(asked, provider) if write else {}
        if found:
            _write(file, model, found)
        lines += [_line(one, file, found.get(one.keys), read, wrote=write) for one in asked]
    if as_json:
        show_json(lines)
    else:
        open_console(highlight=False).print(_table(lines))


def _refuse_bundled(files: Iterable[Path]) -> None:
    for file in files:
        if resolved(file).is_relative_to(resolved(asset_dir("configs"))):
            raise SettingsError(
                f"{file}: is bundled and stays as it is; copy it with `psychagent init` and name the copy"
            )


def _found(asked: Sequence[Asked], provider: str | None) -> dict[tuple[str, ...], Prices]:
    today = datetime.now(UTC).date()
    found = {
        one.keys: find_prices(one.settings.model, str(one.settings.base_url), provider, today)
        for one in asked
        if one.settings.provider != "offline"
    }
    return {keys: prices for keys, prices in found.items() if prices is not None}


def _write(file: Path, model: type[Settings], found: Mapping[tuple[str, ...], Prices]) -> None:
    data = load_data(file, SettingsError)
    edits: list[Edit] = [
        ((*keys, "prices"), prices.model_dump(mode="json", exclude_unset=True, exclude_none=True))
        for keys, prices in found.items()
    ]
    for keys, value in edits:
        data = with_value(data, keys, value)
    # before anything is written
    to_model(model, data, origin=str(file), base=file.parent, raise_as=SettingsError)
    text, is_kept = edit_yaml(read_text(file, SettingsError), edits, data)
    write_text(file, text)
    if not is_kept:
        typer.echo(f"note: {file} is written anew, without its comments", err=True)


def _line(
    one: Asked,
    file: Path,
    found: Prices | None,
    read: Mapping[type[Settings], Settings],
    *,
    wrote: bool,
) -> PriceLine:
    line = PriceLine(role=one.role, model=one.settings.model, file=str(file))
    if one.settings.provider == "offline":
        return line.model_copy(update={"note": "a script costs nothing"})
    if found is not None:
        return line.model_copy(update={"prices": found, "note": f"written, from {found.source}"})
    if (prices := one.settings.prices or _beside(one, read)) is not None:
        return line.model_copy(update={"prices": prices, "note": prices.source or "in the settings"})
    why = (
        "genai-prices knows no such model at this address; give 'prices' by hand, or its --provider"
        if wrote
        else "no price; --write looks it up, or give 'prices' by hand"
    )
    return line.model_copy(update={"note": why})


def _beside(one: Asked, read: Mapping[type[Settings], Settings]) -> Prices | None:
    """Return a price that stands elsewhere in the settings that are read."""
    judging, runtime = read.get(EvalSettings), read.get(RuntimeSettings)
    if one.model is EvalSettings and isinstance(judging, EvalSettings) and judging.prices:
        return judging.prices
    return runtime.machine.prices.get(one.settings.model) if isinstance(runtime, RuntimeSettings) else None


def _table(lines: Sequence[PriceLine]) -> Table:
    table = Table(box=None)
    for name in ("role", "model"):
        table.add_column(name, overflow="fold")
    for name in ("prompt", "cached", "completion"):
        table.add_column(name, justify="right")
    table.add_column("per million, in")
    table.add_column("", overflow="fold")
    for line in lines:
        table.add_row(line.role, escape(line.model), *_rates(line.prices), escape(line.note))
    return table


def _rates(prices: Prices | None) -> Iterator[str]:
    if prices is None:
        yield from ("–", "–", "–", "")
        return
    yield from (f"{rate:g}" for rate in prices.rates)
    yield prices.currency
