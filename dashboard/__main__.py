"""The command line: `python -m dashboard COMMAND`. One thin function a command (docs/data.md)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from dashboard.errors import Problem, UserError
from dashboard.i18n import translator
from dashboard.output import Format, print_expectation, print_json, print_rows, print_simulation, print_tally
from dashboard.settings import DEMO_STORE, Settings

if TYPE_CHECKING:
    from dashboard.rules.rulebook import Rulebook
    from dashboard.rules.scenario import Change
    from dashboard.store.connection import Store

F = TypeVar("F", bound=Callable[..., None])

SETTINGS = Settings.from_environment()
T = translator(SETTINGS.language)

_FILE = click.Path(path_type=Path)


def store_option(command: F) -> F:
    return click.option("--store", "store_path", type=_FILE, metavar="FILE", help=T("cli.help.store"))(command)


def rules_options(command: F) -> F:
    command = click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help=T("cli.help.set"))(command)
    return click.option("--rules", "rules_path", type=_FILE, metavar="FILE", help=T("cli.help.rules"))(command)


def format_option(command: F) -> F:
    choice = click.Choice(["table", "csv", "json"])
    return click.option("--format", "form", type=choice, default="table", help=T("cli.help.format"))(command)


@click.group(help=T("cli.help"), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version=__import__("dashboard").__version__)
def cli() -> None:
    pass


@cli.command(help=T("cli.help.serve"))
@store_option
@rules_options
@click.option("--port", type=click.IntRange(1, 65535), default=8501, help=T("cli.help.port"))
@click.option("--address", default="127.0.0.1", help=T("cli.help.address"))
@click.option("--demo", "with_demo", is_flag=True, help=T("cli.help.serve_demo"))
def serve(
    store_path: Path | None,
    rules_path: Path | None,
    changes: tuple[str, ...],
    port: int,
    address: str,
    with_demo: bool,
) -> None:
    from dashboard.serving import run

    rulebook = load_rules(rules_path, changes)
    path = store_path or (DEMO_STORE if with_demo else SETTINGS.store)
    if with_demo:
        drop_unfinished_demo(path)
    with open_store(path) as store:
        if with_demo and store.revision().version == 0:
            fill_demo(store, rulebook, branches=200, votes=200_000, seed=2022)
    settings = replace(SETTINGS, store=path, rules=rules_path or SETTINGS.rules)
    run(settings, changes, address=address, port=port)


@cli.command(help=T("cli.help.demo"))
@store_option
@rules_options
@click.option("--branches", type=click.IntRange(20, 100_000), default=200, help=T("cli.help.branches"))
@click.option("--votes", type=click.IntRange(0, 200_000_000), default=200_000, help=T("cli.help.votes"))
@click.option("--seed", type=int, default=2022, help=T("cli.help.seed"))
@format_option
def demo(
    store_path: Path | None,
    rules_path: Path | None,
    changes: tuple[str, ...],
    branches: int,
    votes: int,
    seed: int,
    form: Format,
) -> None:
    rulebook = load_rules(rules_path, changes)
    with open_store(store_path or SETTINGS.store) as store:
        counts = fill_demo(store, rulebook, branches=branches, votes=votes, seed=seed)
    rows = [{"table": name, "rows": count} for name, count in counts.items()]
    print_rows(rows, ["table", "rows"], form, T, document=counts)


@cli.command("import", help=T("cli.help.import"))
@click.argument("paths", nargs=-1, required=True, type=_FILE)
@store_option
@rules_options
@format_option
def import_(
    paths: tuple[Path, ...], store_path: Path | None, rules_path: Path | None, changes: tuple[str, ...], form: Format
) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.services.exchange import import_files
    from dashboard.store.files import collect

    rulebook = load_rules(rules_path, changes)
    files = collect(paths)
    with open_store(store_path or SETTINGS.store) as store, progress_bar("cli.importing") as tell:
        counts = import_files(store, rulebook, OPERATOR, files, tell)
    document = {name: count._asdict() for name, count in counts.items()}
    for name, found in document.items():
        if conflicts := found["conflicts"]:
            click.echo(T("cli.conflicts", count=conflicts), err=True)
        if name != "votes":
            del found["conflicts"]
    rows = [{"table": name, **found} for name, found in document.items()]
    print_rows(rows, ["table", "added", "updated", "unchanged"], form, T, document=document)


@cli.command(help=T("cli.help.export"))
@click.argument("folder", type=_FILE)
@store_option
@click.option("--headers", type=click.Choice(["en", "zh"]), default="en", help=T("cli.help.headers"))
@click.option("--as", "suffix", type=click.Choice(["csv", "xlsx"]), default="csv", help=T("cli.help.as"))
@format_option
def export(folder: Path, store_path: Path | None, headers: str, suffix: str, form: Format) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.services.exchange import export_folder

    with open_store(store_path or SETTINGS.store) as store:
        counts = export_folder(store, OPERATOR, folder, chinese=headers == "zh", suffix=suffix)
    rows = [{"table": name, "rows": count} for name, count in counts.items()]
    print_rows(rows, ["table", "rows"], form, T, document=counts)


@cli.command(help=T("cli.help.evaluate"))
@click.option("--year", type=click.IntRange(1900, 2999), required=True, help=T("cli.help.year"))
@click.option("--stage", type=click.Choice(["auto", "projected", "final"]), default="auto", help=T("cli.help.stage"))
@click.option("--write", is_flag=True, help=T("cli.help.write"))
@store_option
@rules_options
@format_option
def evaluate(
    year: int,
    stage: str,
    write: bool,
    store_path: Path | None,
    rules_path: Path | None,
    changes: tuple[str, ...],
    form: Format,
) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.services import evaluation

    rulebook = load_rules(rules_path, changes)
    with open_store(store_path or SETTINGS.store) as store:
        result = evaluation.evaluate(store, rulebook, OPERATOR, year, stage)  # type: ignore[arg-type]
        if write:
            count = evaluation.record_awards(store, OPERATOR, result)
            click.echo(T("cli.recorded", count=count, year=year, stage=T(f"stage.{result.stage}")), err=True)
    print_rows(result.rows(), evaluation.PUBLIC, form, T)


@cli.command(help=T("cli.help.simulate"))
@click.option("--year", type=click.IntRange(1900, 2999), required=True, help=T("cli.help.year"))
@click.option("--stage", type=click.Choice(["auto", "projected", "final"]), default="auto", help=T("cli.help.stage"))
@click.option("--scenario", "scenario_path", type=_FILE, metavar="FILE", help=T("cli.help.scenario"))
@click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help=T("cli.help.simulate_set"))
@click.option("--rules", "rules_path", type=_FILE, metavar="FILE", help=T("cli.help.rules"))
@store_option
@format_option
def simulate(
    year: int,
    stage: str,
    scenario_path: Path | None,
    changes: tuple[str, ...],
    rules_path: Path | None,
    store_path: Path | None,
    form: Format,
) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.rules.scenario import apply
    from dashboard.services.ground import prepare
    from dashboard.services.simulation import simulate as run_simulation

    baseline = load_rules(rules_path, ())
    read = (
        [*read_scenario(scenario_path, baseline), *parse_changes(changes)] if scenario_path else parse_changes(changes)
    )
    scenario = apply(baseline, read)
    with open_store(store_path or SETTINGS.store) as store:
        ground = prepare(store, baseline, OPERATOR, year, stage)  # type: ignore[arg-type]
        print_simulation(run_simulation(store, baseline, scenario, OPERATOR, ground), form, T)


@cli.command(help=T("cli.help.preview"))
@click.argument("branch")
@click.option("--year", type=click.IntRange(1900, 2999), required=True, help=T("cli.help.year"))
@store_option
@rules_options
@format_option
def preview(
    branch: str, year: int, store_path: Path | None, rules_path: Path | None, changes: tuple[str, ...], form: Format
) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.services.expectation import expect

    rulebook = load_rules(rules_path, changes)
    with open_store(store_path or SETTINGS.store) as store:
        print_expectation(branch, expect(store, rulebook, OPERATOR, branch, year), form, T)


@cli.command(help=T("cli.help.draw"))
@click.option("--year", type=click.IntRange(1900, 2999), required=True, help=T("cli.help.year"))
@click.option("--kind", type=click.Choice(["spot_check", "recheck"]), required=True, help=T("cli.help.kind"))
@click.option("--seed", required=True, help=T("cli.help.public_seed"))
@store_option
@rules_options
@format_option
def draw(
    year: int,
    kind: str,
    seed: str,
    store_path: Path | None,
    rules_path: Path | None,
    changes: tuple[str, ...],
    form: Format,
) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.services.drawing import draw_sample
    from dashboard.services.evaluation import evaluate

    rulebook = load_rules(rules_path, changes)
    with open_store(store_path or SETTINGS.store) as store:
        result = evaluate(store, rulebook, OPERATOR, year)
        tickets = draw_sample(rulebook, OPERATOR, result, kind, seed)  # type: ignore[arg-type]
    print_rows([asdict(ticket) for ticket in tickets], ["superior_id", "branch_id", "ticket", "drawn"], form, T)


@cli.command(help=T("cli.help.tally"))
@click.option("--year", type=click.IntRange(1900, 2999), required=True, help=T("cli.help.year"))
@store_option
@rules_options
@format_option
def tally(year: int, store_path: Path | None, rules_path: Path | None, changes: tuple[str, ...], form: Format) -> None:
    from dashboard.auth.viewer import OPERATOR
    from dashboard.services.tally import tally as count

    rulebook = load_rules(rules_path, changes)
    with open_store(store_path or SETTINGS.store) as store:
        print_tally(count(store, rulebook, OPERATOR, year), form, T)


@cli.command(help=T("cli.help.quota"))
@click.option("--years", required=True, metavar="A-B", help=T("cli.help.years"))
@rules_options
@format_option
def quota(years: str, rules_path: Path | None, changes: tuple[str, ...], form: Format) -> None:
    from dashboard.rules.quota import quota_table

    rows = quota_table(load_rules(rules_path, changes), parse_years(years))
    print_rows([asdict(row) for row in rows], ["level", "year", "places"], form, T)


@cli.group(help=T("cli.help.rules_group"))
def rules() -> None:
    pass


@rules.command("check", help=T("cli.help.rules_check"))
@click.argument("file", required=False, type=_FILE)
@rules_options
@format_option
def rules_check(file: Path | None, rules_path: Path | None, changes: tuple[str, ...], form: Format) -> None:
    try:
        rulebook = load_rules(file or rules_path, changes)
    except UserError as error:
        if form == "json":
            print_json({"fingerprint": None, "problems": T.problems(error)})
        raise
    rows = [{"fingerprint": rulebook.fingerprint, "problems": 0}]
    print_rows(rows, ["fingerprint", "problems"], form, T, document={**rows[0], "problems": []})


@rules.command("show", help=T("cli.help.rules_show"))
@click.argument("file", required=False, type=_FILE)
@rules_options
@format_option
def rules_show(file: Path | None, rules_path: Path | None, changes: tuple[str, ...], form: Format) -> None:
    from dashboard.rules.paths import canonical, leaves, write_rules

    rulebook = load_rules(file or rules_path, changes)
    if form == "json":
        print_json({"fingerprint": rulebook.fingerprint, "problems": [], "rules": canonical(rulebook)})
    elif form == "csv":
        print_rows([{"path": p, "value": v} for p, v in leaves(rulebook)], ["path", "value"], form, T)
    else:
        click.echo(write_rules(rulebook), nl=False)


def load_rules(path: Path | None, changes: tuple[str, ...]) -> Rulebook:
    """The rulebook of this call, with its `--set` changes."""
    from dashboard.rules.load import load
    from dashboard.rules.scenario import apply

    return apply(load(path or SETTINGS.rules), parse_changes(changes))


def parse_changes(texts: tuple[str, ...]) -> list[Change]:
    """The `--set` changes of a call, all problems at once."""
    from dashboard.rules.scenario import Change

    parsed: list[Change] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            parsed.append(Change.parse(text))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    return parsed


def read_scenario(path: Path, baseline: Rulebook) -> tuple[Change, ...]:
    """The changes of a scenario file; a warning on standard error if it was made for other rules."""
    from dashboard.rules.load import read_text
    from dashboard.rules.scenario import Scenario

    scenario = Scenario.read(read_text(path), path.name)
    if scenario.base and scenario.base != baseline.fingerprint:
        values = {"base": scenario.base[:12], "rules": baseline.fingerprint[:12]}
        click.echo(T("cli.other_base", name=scenario.name, **values), err=True)
    return scenario.changes


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    from dashboard.store.connection import Store

    with Store(path) as store:
        yield store


def drop_unfinished_demo(path: Path) -> None:
    """Remove a demo store whose filling was cut off, so that it can be filled again."""
    from dashboard.demo.fill import is_unfinished

    with open_store(path) as store:
        unfinished = is_unfinished(store)
    if unfinished:
        path.unlink()


def fill_demo(store: Store, rulebook: Rulebook, *, branches: int, votes: int, seed: int) -> dict[str, int]:
    """Fill the store with synthetic data, with a progress bar on a terminal."""
    from dashboard.auth.viewer import OPERATOR
    from dashboard.demo.fill import fill

    with progress_bar("cli.filling") as tell:
        return fill(store, rulebook, OPERATOR, branches=branches, votes=votes, seed=seed, progress=tell)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, on standard error; it takes the share that is done."""
    with click.progressbar(length=100, label=T(label), file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda done: bar.update(round(done * 100) - bar.pos)


def parse_years(text: str) -> range:
    """`2017-2022` as a range of years."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise UserError.of("cli.years", "--years")
    years = range(int(first), int(last or first) + 1)
    if not years or years[0] < 1900 or years[-1] > 2999:
        raise UserError.of("cli.years", "--years")
    return years


def main() -> None:
    """Run a command; bad input gives one line for each problem on standard error and exit status 2."""
    try:
        cli(prog_name="python -m dashboard")
    except UserError as error:
        for line in T.problems(error):
            click.echo(line, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
