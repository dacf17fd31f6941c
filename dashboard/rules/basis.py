"""The clause behind each basis and status, as the rulebook states it."""

from __future__ import annotations

from dashboard.rules.rulebook import Rulebook


def clause_of(rulebook: Rulebook) -> dict[str, str]:
    """The clause behind each basis of an award and each status of an application ("" where none is stated)."""
    inspection, application = rulebook.inspection, rulebook.application
    quota = next((q for q in rulebook.quotas.values() if q), None)
    merit = inspection.collective_sanction.clause if inspection.collective_sanction else None
    merit = merit or (quota.clause if quota else None)
    sanction = inspection.collective_sanction
    clauses = {
        "inactive": next((s.clause for s in rulebook.sectors.values() if s.clause), None),
        "vetoed": rulebook.veto.clause,
        "downgraded_recheck": rulebook.downgrade.clause,
        "downgraded_rectification": rulebook.consequences.clause or rulebook.downgrade.clause,
        "retained": rulebook.downgrade.clause,
        "recognised": merit,
        "spot_check_failed": inspection.spot_check.clause if not sanction else merit,
        "collective_sanction": sanction.clause if sanction else None,
        "selected": merit,
        "cascaded": merit,
        "tie_pending": merit,
        "not_inspected": inspection.acceptance.clause,
        "over_quota": quota.clause if quota else None,
        "not_met": next((s.clause for s in rulebook.standards.values() if s.clause), None),
        "not_accepted": application.clause,
        "deferred": rulebook.coverage.clause if rulebook.coverage else None,
        "not_applied": rulebook.coverage.clause if rulebook.coverage else application.clause,
        "ineligible": next((s.clause for s in rulebook.sectors.values() if s.clause), None),
        "late": application.clause,
        "returned": application.clause,
        "pending": application.clause,
        "self_unmet": application.clause,
        "above_step": rulebook.promotion.clause,
        "over_cap": application.caps.clause or application.clause,
    }
    return {name: clause or "" for name, clause in clauses.items()}
