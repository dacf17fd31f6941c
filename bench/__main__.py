"""`python -m bench [NAME ...]`: measures, writes `bench/results/NAME.json`, and makes `docs/bench.md` of them all."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import click

from bench import awards, demo, levels, likely, saving, simulation, votes
from bench.report import write_page
from bench.results import write_result

NAMES = ("levels", "awards", "simulation", "likely", "saving", "votes", "demo")


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES), metavar="[NAME ...]")
@click.option("--branches", "sizes", multiple=True, type=click.IntRange(min=1), help="Sizes for levels; repeatable.")
@click.option("--votes", "ballots", multiple=True, type=click.IntRange(min=1), help="Sizes for votes; repeatable.")
def main(names: tuple[str, ...], sizes: tuple[int, ...], ballots: tuple[int, ...]) -> None:
    """Measure levels, awards, the simulation, the likely rating, saving, votes or the demo; all of them by default."""
    benches: dict[str, Callable[[], dict[str, object]]] = {
        "levels": partial(levels.run, sizes or levels.SIZES),
        "awards": awards.run,
        "simulation": simulation.run,
        "likely": likely.run,
        "saving": saving.run,
        "votes": partial(votes.run, ballots or votes.SIZES),
        "demo": demo.run,
    }
    for name in names or benches:
        print(name, file=sys.stderr, flush=True)
        write_result(name, benches[name]())
    print(write_page())


if __name__ == "__main__":
    main()
