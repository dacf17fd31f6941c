"""Marks and requirements as people read them."""

from __future__ import annotations

from decimal import Decimal

from dashboard.i18n import Translator
from dashboard.rules.rulebook import Criterion


def requirement_text(criterion: Criterion, required: Decimal | None) -> str:
    """As the document prints it: ● to be met, — nothing asked, else the least figure."""
    if required is None:
        return "—"
    if criterion.measure == "yes_no":
        return "●"
    return f"{required.normalize():f}{'%' if criterion.measure == 'percent' else ''}"


def mark_text(t: Translator, criterion: Criterion, value: float | None) -> str:
    """A mark: met or not, a count, a percentage; unknown where there is none."""
    if value is None:
        return t("mark.unknown")
    if criterion.measure == "yes_no":
        return t("mark.met") if value >= 1 else t("mark.not_met")
    return t.share(value / 100) if criterion.measure == "percent" else f"{value:g}"
