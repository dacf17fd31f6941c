"""Who there is: superiors, branches and members, and how strong each branch is in each year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.demo import names
from dashboard.demo.sheets import Sheet, sheet
from dashboard.demo.streams import Flags, Floats, Ints, Texts, chance, drawn, stream, texts

YEARS = 6  # five finished ones and the one under way
SHARES = {"two_new": 0.55, "community": 0.30, "direct_unit": 0.08}  # the rest are organs
MEMBERS_A_BRANCH = 15
FIRST_SANCTION = 2  # the years in which a community's new branches fail their spot checks
SANCTIONS = (FIRST_SANCTION, YEARS - 1)


@dataclass(frozen=True)
class Superiors:
    """上级党组织: communities first."""

    ids: Texts
    names: list[str]
    kinds: Texts
    lenient: Floats  # the chance that a branch may rate itself one level too high


@dataclass(frozen=True)
class Branches:
    """党支部, one element a branch, in the order of their ids. `founded` is the year's number from 0."""

    ids: Texts
    names: list[str]
    sector: Texts
    superior: Ints  # position, -1 for none
    active: Flags
    founded: Ints
    estate: Flags  # founded together with others where a business park opened
    strength: Floats  # branches × years; about normal, drifting upwards
    lenient: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def there(self, year: int) -> Flags:
        """Branches that take part in a year, counted from 0."""
        return self.active & (self.founded <= year)


@dataclass(frozen=True)
class Members:
    """党员, in the order of their branches; `first` is where each branch's begin."""

    ids: Texts
    branch: Ints
    full: Flags
    inside: Flags
    first: Ints


@dataclass(frozen=True)
class Cast:
    superiors: Superiors
    branches: Branches
    members: Members
    sheets: tuple[Sheet, ...]

    @property
    def units(self) -> int:
        """How many subdistricts of the usual size this one is worth: rare events happen so many times."""
        return max(1, round(len(self.branches) / 200))


def make_cast(seed: int, n: int) -> Cast:
    """A subdistrict with `n` branches."""
    superiors = _superiors(stream(seed, "superiors"), n)
    branches = _branches(seed, superiors, n)
    members, roll = _members(stream(seed, "members"), branches)
    superior_ids = [superiors.ids[s] if s >= 0 else None for s in branches.superior]
    return Cast(
        superiors,
        branches,
        members,
        (
            sheet("superiors", superior_id=superiors.ids, name=superiors.names, kind=superiors.kinds),
            sheet(
                "branches",
                branch_id=branches.ids,
                name=branches.names,
                superior_id=superior_ids,
                sector=branches.sector,
                active=branches.active,
            ),
            roll,
        ),
    )


def numbered(prefix: str, n: int, width: int) -> Texts:
    """Readable ids: B001, B002 …"""
    digits = max(width, len(str(n)))
    return texts([f"{prefix}{i:0{digits}d}" for i in range(1, n + 1)])


def _superiors(rng: np.random.Generator, n: int) -> Superiors:
    communities, others = max(1, round(0.06 * n)), max(2, round(0.02 * n))
    of_companies, of_units = -(-others // 2), -(-(others // 2) // 2)
    counts = {"two_new_org": of_companies, "direct_unit": of_units, "organ": others - of_companies - of_units}
    total = communities + others
    lenient = rng.uniform(0.08, 0.22, total)
    lenient[drawn(rng, np.ones(total, bool), max(1, round(0.15 * total)))] = 0.5
    return Superiors(
        ids=numbered("S", total, 2),
        names=[f"{name}党委" for name in names.communities(rng, communities)]
        + [name for kind, count in counts.items() for name in names.other_superiors(kind, count)],
        kinds=texts(["community"] * communities + [kind for kind, count in counts.items() for _ in range(count)]),
        lenient=lenient,
    )


def _branches(seed: int, superiors: Superiors, n: int) -> Branches:
    rng = stream(seed, "branches")
    sector, superior = _places(rng, superiors, n)
    founded = np.where(chance(rng, 0.04, n), rng.integers(1, YEARS, n), 0)
    estate = np.zeros(n, bool)
    for year, chosen in _new_estates(rng, sector, superior, superiors).items():
        founded[chosen], estate[chosen] = year, True
    active = np.ones(n, bool)
    active[drawn(rng, founded == 0, max(1, round(0.015 * n)))] = False
    return Branches(
        ids=numbered("B", n, 3),
        names=_branch_names(rng, sector, superior, superiors),
        sector=sector,
        superior=superior,
        active=active,
        founded=founded,
        estate=estate,
        strength=_strength(stream(seed, "strength"), n, founded),
        lenient=np.where(superior >= 0, superiors.lenient[superior], 0.3),
    )


def _places(rng: np.random.Generator, superiors: Superiors, n: int) -> tuple[Texts, Ints]:
    """Sector and superior of every branch, ordered by superior, those without one last."""
    counts = {sector: round(share * n) for sector, share in SHARES.items()}
    counts["organ"] = n - sum(counts.values())
    under = {
        kind: np.flatnonzero(superiors.kinds == kind) for kind in ("community", "two_new_org", "direct_unit", "organ")
    }
    alone = max(1, round(0.02 * n))
    in_orgs = round(0.25 * counts["two_new"])
    weights = rng.uniform(0.75, 1.45, len(under["community"]))
    places = (
        ("community", under["community"], counts["community"], weights),
        ("two_new", under["community"], counts["two_new"] - in_orgs - alone, weights),
        ("two_new", under["two_new_org"], in_orgs, None),
        ("direct_unit", under["direct_unit"], counts["direct_unit"], None),
        ("organ", under["organ"], counts["organ"], None),
    )
    rows: list[tuple[int, int, str]] = [(len(superiors.ids), 1, "two_new")] * alone
    for order, (sector, where, count, shares) in enumerate(places):
        sizes = _split(count, np.ones(len(where)) if shares is None else shares)
        rows += [(int(s), order, sector) for s, size in zip(where, sizes, strict=True) for _ in range(size)]
        rows += [(len(superiors.ids), order, sector)] * (count - int(sizes.sum()))
    rows.sort(key=lambda row: row[:2])
    superior = np.array([row[0] for row in rows])
    return texts([row[2] for row in rows]), np.where(superior == len(superiors.ids), -1, superior)


def _split(count: int, weights: Floats) -> Ints:
    """Whole numbers that add up to `count`, in the proportion of the weights."""
    ends = np.round(np.cumsum(weights) / weights.sum() * count).astype(np.int64) if len(weights) else np.zeros(0, int)
    return np.diff(ends, prepend=0)


def _new_estates(rng: np.random.Generator, sector: Texts, superior: Ints, superiors: Superiors) -> dict[int, Ints]:
    """Branches founded together where a business park opened, by year."""
    units, size = max(1, round(len(sector) / 200)), 5 if len(sector) >= 100 else 4
    order = np.resize(drawn(rng, superiors.kinds == "community", 2 * units), 2 * units)
    chosen: dict[int, Ints] = {}
    for year, communities in zip(SANCTIONS, np.split(order, 2), strict=True):
        taken = np.concatenate([*chosen.values(), np.zeros(0, np.int64)])
        free = [
            np.setdiff1d(np.flatnonzero((superior == s) & (sector == "two_new")), taken)[:size] for s in communities
        ]
        chosen[year] = np.concatenate(free)
    return chosen


def _strength(rng: np.random.Generator, n: int, founded: Ints) -> Floats:
    start = rng.normal(0, 1, n) - 0.4 * (founded > 0)
    drift = np.zeros((n, YEARS))
    for year in range(1, YEARS):
        drift[:, year] = 0.85 * drift[:, year - 1] + rng.normal(0, 0.3, n)
    trend = 0.12 * np.arange(YEARS)
    return np.asarray(start[:, None] + drift + trend, dtype=np.float64)


def _branch_names(rng: np.random.Generator, sector: Texts, superior: Ints, superiors: Superiors) -> list[str]:
    companies = iter(names.companies(rng, int((sector == "two_new").sum())))
    units = iter(names.units(int((sector == "direct_unit").sum())))
    offices = iter(names.offices(int((sector == "organ").sum())))
    seen: dict[int, int] = {}
    result = []
    for kind, s in zip(sector, superior, strict=True):
        if kind == "community":
            seen[s] = number = seen.get(s, 0) + 1
            own = superiors.names[s].removesuffix("党委")
            grid = "网格" if s % 2 == 0 else ""
            result.append(f"{own}{names.ordinal(number)}{grid}党支部")
        else:
            result.append(f"{next({'two_new': companies, 'direct_unit': units, 'organ': offices}[kind])}党支部")
    return result


def _members(rng: np.random.Generator, branches: Branches) -> tuple[Members, Sheet]:
    n = len(branches)
    shares = np.where(branches.active, rng.gamma(2.2, 1.0, n) + 0.15, 0.0)
    spare = max(0, MEMBERS_A_BRANCH * n - 3 * int(branches.active.sum()))
    sizes = rng.multinomial(spare, shares / shares.sum()) + 3 * branches.active
    total = int(sizes.sum())
    members = Members(
        ids=numbered("M", total, 5),
        branch=np.repeat(np.arange(n), sizes),
        full=~chance(rng, 0.06, total),
        inside=~chance(rng, 0.02, total),
        first=np.cumsum(sizes) - sizes,
    )
    roll = sheet(
        "members",
        member_id=members.ids,
        name=names.people(rng, total),
        branch_id=branches.ids[members.branch],
        status=np.where(members.full, "full", "probationary").astype(object),
        in_subdistrict=members.inside,
    )
    return members, roll
