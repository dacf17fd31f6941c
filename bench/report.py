"""The page of results, `docs/bench.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.results import read_result, write_text
from dashboard.settings import ROOT

PAGE = ROOT / "docs" / "bench.md"

_HEAD = """# Speed

Made by `make bench` (`python -m bench`); do not edit. Every figure is a measurement on the machine named below it, and
no promise for another: the multiples travel better than the seconds. “Clock” is time that passes; “CPU” is time
on all cores together. Each is the least of up to three runs after one another. The numbers behind this page are in
`bench/results/`.
"""

_CONTESTANTS = {
    "scan": "bare scan",
    "dashboard": "the dashboard: level of every branch",
    "facts": "the dashboard: all facts of the year",
    "polars": "polars",
    "pandas": "pandas",
}

_LEVELS = """## Levels: {branches:,} branches, {marks:,} marks

What level does every branch meet? The marks are long rows (branch, year, stage, criterion, value) in a store file,
those of a branch together, 3% of them blank. The dashboard rates them all in one query, by the expression of its
preview (`dashboard.rules.preview.bounds`) and by that of its evaluation (`dashboard.rules.facts`).
The floor is a scan that reads every mark and does nothing with it:

    {floor}

pandas and polars start from frames in memory and may use that the store holds one standard; making the frames is not
counted. Each contestant runs in a process of its own. All give the same level for every branch: {levels}
(checksum `{checksum}`).
"""

_GROWTH = """### Growth

Clock time in microseconds a branch; the same at every size means linear growth. Small sizes carry the fixed costs.
"""

_AWARDS = """## Awards: from facts to the results of a year

The facts are made up (`bench/made_up.py`) and lie in memory. “Query” is the award expression; “evaluation” adds the
settings, the outcomes of each level and the order by branch. The floor moves the same rows through the same door:

    {floor}

Compiling the expression to SQL takes {compiling:.2f} s of CPU ({first:.2f} s the first time in a process), once for
each shape of rulebook; all else below is warm.
"""

_SIMULATION = """## Simulation: what another decision would do

On the demo ({branches} branches, one year), warm, as the screen asks for it. “A scenario” is the other half of a
comparison: rating, the outcomes of each level, and everyone who moves. A map is every pair of 40 values of two
parameters, each pair decided by the rules ({scenarios:,} scenarios, with the making of their rulebooks); the loop makes
and rates a sample of the same scenarios one by one, times their number, and must find the same stars. It takes
**{ratio:.0f} times** the CPU of the map.
"""

_LIKELY = """## The likely rating: how good are the estimates?

An estimate for all {branches} branches of the demo, the year played through {worlds} times, takes {wall:.2f} s
({cpu:.2f} s of CPU). Each finished year is estimated as of April from the years before it, in three demos of different
seeds. Brier scores: 0 is perfect; beside it those of two certainties.
"""

_SAVING = """## Saving an answer

In the last days of April most branches rate themselves at once. On the demo ({branches} branches) sheets are filled in
answer by answer over HTTP, and each answer is followed by the feedback that the page then asks for; {clients} at once
are on different branches. “CPU” is that of the server's process, “clock” how long the browser waits; both are the mean
of all calls. Floors: a route that gives back the same JSON, on the same kind of server (Starlette and uvicorn), and one
row put into the same table of the same file, in a transaction of its own.
"""

_VOTES = """## Votes

Importing a file of {rows:,} votes, from its bytes to the ledger (reading, hashing voters, looking for known rows),
takes {import_wall:.1f} s, and its tally {tally_wall:.1f} s, with a peak of {peak:,.0f} MB for the process and the file
together. More votes, made inside DuckDB, are tallied in parts of the persons, with DuckDB held to
{memory}, so that memory stays bounded whatever their number; each part reads all rows once, which is why the time
grows faster than the votes. Floors:

    {scan}
    {group}
"""

_DEMO = """## Demo

A fresh store with {branches} branches over six years and {votes:,} votes ({rows:,} rows in all), and one
`python -m dashboard evaluate` on it, from the start of the process to its end. The floor is a process that only imports
DuckDB, Ibis and Arrow.
"""


def write_page() -> str:
    """Make `docs/bench.md` of the results that there are; gives its text."""
    sections = {
        "levels": _levels,
        "awards": _awards,
        "simulation": _simulation,
        "likely": _likely,
        "saving": _saving,
        "votes": _votes,
        "demo": _demo,
    }
    parts = [_HEAD]
    for name, section in sections.items():
        if result := read_result(name):
            parts += [*section(result), _machine(result["machine"])]
    text = "\n".join(parts)
    write_text(PAGE, text)
    return text


def _levels(result: dict[str, Any]) -> Iterable[str]:
    largest = result["sizes"][-1]
    contestants: dict[str, dict[str, Any]] = largest["contestants"]
    outcome = contestants["dashboard"]
    counts = ", ".join(f"{count:,} at {level}" for level, count in outcome["levels"].items())
    yield _LEVELS.format(**largest, floor=result["floor"], levels=counts, checksum=outcome["checksum"])
    head = ["", "× scan, clock", "× scan, CPU", "clock, s", "CPU, s", "peak memory, MB"]
    yield _table(head, [[_CONTESTANTS[name], *_cost(found)] for name, found in contestants.items()])
    if len(result["sizes"]) > 1:
        yield _GROWTH
        yield _table(
            ["branches", *(f"{size['branches']:,}" for size in result["sizes"])],
            [[_CONTESTANTS[name], *(_microseconds(size, name) for size in result["sizes"])] for name in contestants],
        )


def _cost(found: dict[str, Any]) -> list[str]:
    ratio = found["ratio"]
    memory = f"{found['peak_memory'] / 1e6:,.0f}"
    return [f"{ratio['wall']:.1f}", f"{ratio['cpu']:.1f}", f"{found['wall']:.2f}", f"{found['cpu']:.2f}", memory]


def _microseconds(size: dict[str, Any], name: str) -> str:
    return f"{size['contestants'][name]['wall'] / size['branches'] * 1e6:.2f}"


def _awards(result: dict[str, Any]) -> Iterable[str]:
    compiling = result["compiling"]
    yield _AWARDS.format(floor=result["floor"], compiling=compiling["again"]["cpu"], first=compiling["first"]["cpu"])
    head = ["branches", "query, ms", "query CPU, ms", "× floor", "evaluation, ms", "evaluation CPU, ms"]
    rows = [
        [f"{y['branches']:,}", *_ms(y["query"]), f"{y['ratio']:.0f}", *_ms(y["evaluation"])] for y in result["years"]
    ]
    yield _table(head, rows)


def _simulation(result: dict[str, Any]) -> Iterable[str]:
    yield _SIMULATION.format(**result)
    steps = {
        "the facts of the year, once for all scenarios": result["facts"],
        "making the scenario's rulebook, checked as a whole": result["applying"],
        "a scenario": result["scenario"],
        f"a map of {result['scenarios']:,} scenarios": result["map"],
        f"the same {result['scenarios']:,} in a loop": result["loop"],
        f"where the result turns: {result['swept']:,} values of 6 parameters": result["turning"],
        "every other reading of the doubtful clauses": result["readings"],
        f"the years to 2030 in {result['worlds']} drawn worlds": result["ahead"],
        f"a scenario on {result['many_branches']:,} branches": result["many"],
    }
    yield _table(["", "clock, ms", "CPU, ms"], [[name, *_ms(cost)] for name, cost in steps.items()])


def _likely(result: dict[str, Any]) -> Iterable[str]:
    cost = result["estimate"]
    yield _LIKELY.format(branches=result["branches"], worlds=result["worlds"], wall=cost["wall"], cpu=cost["cpu"])
    head = ["seed", "year", "estimate", "the self-assessed level comes true", "the level held stays"]
    yield _table(
        head,
        [
            [str(s["seed"]), str(s["year"]), *(f"{s[name]:.3f}" for name in ("brier", "self_assessed", "held"))]
            for s in result["scores"]
        ],
    )
    inside = sum(b["interval"][0] <= b["given"] <= b["interval"][1] for b in result["bins"])
    told = f"in {inside} of {len(result['bins'])} the mean chance lies in the 95% interval of what came true"
    yield f"Chances in tenths: {told}.\n"


def _saving(result: dict[str, Any]) -> Iterable[str]:
    yield _SAVING.format(branches=result["branches"], clients=result["loads"][-1]["clients"])
    floors = result["floors"]
    rows = []
    for load in result["loads"]:
        where = f"{load['clients']} at once" if load["clients"] > 1 else "one after another"
        rows += [(f"a save, {where}", load["save"]), (f"its feedback, {where}", load["feedback"])]
    rows += [("floor: echo", floors["echo"]), ("floor: one row", floors["upsert"])]
    least = sum(cost["cpu"] for cost in floors.values())
    cells = [
        [name, f"{c['runs']:,}", f"{c['wall'] * 1000:.1f}", f"{c['cpu'] * 1000:.1f}", f"{c['cpu'] / least:.1f}"]
        for name, c in rows
    ]
    yield _table(["", "calls", "clock, ms", "CPU, ms", "× both floors, CPU"], cells)


def _votes(result: dict[str, Any]) -> Iterable[str]:
    found = result["import"]
    yield _VOTES.format(
        rows=found["rows"], import_wall=found["import"]["wall"], tally_wall=found["tally"]["wall"],
        peak=found["peak_memory"] / 1e6, memory=result["memory"], scan=result["scan"], group=result["group"],
    )  # fmt: skip
    head = ["votes", "scan, s", "GROUP BY, s", "tally, s", "tally CPU, s", "× GROUP BY, CPU", "peak memory, MB"]
    rows = []
    for t in result["tallies"]:
        seconds = [f"{t[name]['wall']:.2f}" for name in ("scan", "group", "tally")]
        times = t["tally"]["cpu"] / t["group"]["cpu"]
        memory = f"{t['peak_memory'] / 1e6:,.0f}"
        rows.append([f"{t['rows']:,}", *seconds, f"{t['tally']['cpu']:.1f}", f"{times:.0f}", memory])
    yield _table(head, rows)


def _demo(result: dict[str, Any]) -> Iterable[str]:
    if "skipped" in result:
        yield f"## Demo\n\nNot measured: {result['skipped']}.\n"
        return
    yield _DEMO.format(**result)
    steps = {
        "filling the store": result["filling"],
        "`evaluate`": result["evaluating"],
        "`--help`": result["help"],
        "floor": result["floor"],
    }
    yield _table(["", "clock, ms", "CPU, ms"], [[name, *_ms(cost)] for name, cost in steps.items()])


def _ms(cost: dict[str, float]) -> list[str]:
    return [f"{cost[unit] * 1000:,.0f}" for unit in ("wall", "cpu")]


def _machine(found: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return (
        f"*{found['date']}: {found['cores']} cores, {found['memory_gb']} GB, {found['system']}, "
        f"Python {found['python']}; {versions}.*\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
