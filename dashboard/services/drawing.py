"""Draw the sample of a spot check or a recheck (附2·四·2)."""

from __future__ import annotations

from typing import Literal

from dashboard.auth.viewer import Viewer, require
from dashboard.errors import UserError
from dashboard.rules.rulebook import Rulebook
from dashboard.rules.sampling import Ticket, draw
from dashboard.services.evaluation import Evaluation

Kind = Literal["spot_check", "recheck"]
MOST = 200  # characters of a seed


def draw_sample(
    rulebook: Rulebook, viewer: Viewer, evaluation: Evaluation, kind: Kind, seed: str
) -> tuple[Ticket, ...]:
    """The tickets of everyone in the draw, by superior.

    For a spot check, branches without a star whose application for a level checked by sample is accepted; for a
    recheck, branches that hold a star. Nothing is stored.

    Raises:
        UserError: the seed is blank or longer than anybody would announce.
    """
    require(viewer, "view_results")
    if not seed.strip() or len(seed) > MOST:
        raise UserError.of("draw.seed", "--seed", most=MOST)
    entry = {rulebook.levels[key].value for key in rulebook.entry_keys}
    columns = ["branch_id", "superior_id", "previous_level", "applied_level", "application_status", "basis"]
    rows = [row for row in evaluation.table.select(columns).to_pylist() if row["basis"] != "inactive"]
    if kind == "spot_check":
        chosen = [
            row
            for row in rows
            if row["previous_level"] == 0 and row["applied_level"] in entry and row["application_status"] == "accepted"
        ]
        return draw(rulebook.inspection.spot_check, seed, ((r["superior_id"], r["branch_id"]) for r in chosen))
    holders = ((r["superior_id"], r["branch_id"]) for r in rows if r["previous_level"] > 0)
    return draw(rulebook.inspection.recheck, seed, holders)
