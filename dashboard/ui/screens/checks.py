"""抽查与复检抽签: a list frozen before the seed is known, tickets that anyone can recompute, and replacements."""

from __future__ import annotations

import csv
import io
import shlex
from collections import Counter
from collections.abc import Callable
from typing import get_args

import pandas as pd
import streamlit as st

from dashboard.rules.sampling import chance_of_finding, sample_size
from dashboard.services import drawing
from dashboard.services.drawing import Draw, Kind
from dashboard.ui import resources, shell

FAULTY = (1, 2, 3, 5)  # how many faulty branches of a superior the table of chances speaks of


def show() -> None:
    """The page."""
    t = shell.words()
    year = shell.heading(t("checks.title"))
    if shell.is_empty():
        return
    shell.freshness(resources.store().property("synthetic") is not None)
    view = shell.choose_view(get_args(Kind), lambda name: t(f"checks.kind.{name}"))
    kind: Kind = "recheck" if view == "recheck" else "spot_check"
    st.caption(t(f"checks.about.{kind}"))
    if message := st.session_state.pop("checks_said", None):
        st.success(message)
    found = [each for each in drawing.draws(resources.store(), resources.viewer(), year) if each.kind == kind]
    current = next((each for each in found if each.abandoned is None), None)
    if current is None:
        _freeze(kind, year)
    elif current.seed is None:
        _seed(current)
    else:
        _drawn(current)
    _abandoned([each for each in found if each.abandoned is not None])


def _freeze(kind: Kind, year: int) -> None:
    """Who is in the draw, and how many of each superior will be drawn."""
    t, book, evaluation = shell.words(), resources.rulebook(), resources.evaluation(year)
    branches = drawing.pool(book, evaluation, kind)
    with st.container(border=True):
        st.subheader(t("checks.ask.freeze", count=len(branches)), anchor=False)
        if not branches:
            st.markdown(t("checks.nobody"))
            return
        st.markdown(t("checks.freeze_note"))
        sampling, names = drawing.sampling_of(book, kind), _superiors()
        counts = Counter(superior for superior, _ in branches)
        st.dataframe(
            pd.DataFrame(
                {
                    t("column.superior"): [names(superior) for superior in counts],
                    t("checks.in_draw"): list(counts.values()),
                    t("checks.to_draw"): [sample_size(sampling, n) for n in counts.values()],
                }
            ),
            hide_index=True,
        )
        if st.button(t("checks.freeze"), type="primary", key="checks_freeze"):
            shell.attempt(lambda: drawing.freeze(resources.store(), book, resources.viewer(), evaluation, kind))


def _seed(found: Draw) -> None:
    """The list is frozen; the seed is still to come."""
    t = shell.words()
    with st.container(border=True):
        st.subheader(t("checks.ask.seed"), anchor=False)
        _frozen(found)
        with st.form("checks_seed"):
            seed = st.text_input(t("checks.seed"), max_chars=drawing.MOST, placeholder=t("checks.seed_hint"))
            sent = st.form_submit_button(t("checks.draw"), type="primary")
        st.caption(t("checks.once"))
        if sent:
            shell.attempt(lambda: drawing.say_seed(resources.store(), resources.viewer(), found.draw_id, seed))
    _give_up(found)


def _frozen(found: Draw) -> None:
    t = shell.words()
    rate = t.share(found.sampling.rate)
    st.markdown(t("checks.frozen", time=t.moment(found.frozen_at), count=len(found.branches), rate=rate))
    st.code(found.fingerprint, language=None, wrap_lines=True)
    st.download_button(
        t("checks.list"), found.text, file_name=f"list-{found.year}-{found.kind}.txt", mime="text/plain",
        on_click="ignore", key="checks_list",
    )  # fmt: skip


def _drawn(found: Draw) -> None:
    """Who is drawn, in the order of the tickets."""
    t = shell.words()
    drawn = [ticket for ticket in found.tickets if ticket.drawn]
    branches = {b.branch_id: b.name for b in resources.branches()}
    with st.container(border=True):
        st.subheader(t("checks.ask.drawn", count=len(drawn), total=len(found.tickets)), anchor=False)
        assert found.drawn_at is not None
        st.markdown(t("checks.seed_was", seed=shell.plain(found.seed or ""), time=t.moment(found.drawn_at)))
        shown = _table(found, branches, every=st.toggle(t("checks.every"), key="checks_every"))
        st.dataframe(shown, hide_index=True)
        st.download_button(
            t("checks.download"), _csv(found), file_name=f"draw-{found.year}-{found.kind}.csv", mime="text/csv",
            on_click="ignore", key="checks_csv",
        )  # fmt: skip
        with st.expander(t("checks.verify")):
            st.markdown(t("checks.verify_note"))
            first = shlex.quote(f"{found.seed},{found.tickets[0].branch_id}")
            st.code(f"printf '%s' {first} | sha256sum", language="bash", wrap_lines=True)
            _frozen(found)
    _chances(found)
    _replace(found, branches)
    _give_up(found)


def _table(found: Draw, branches: dict[str, str], *, every: bool) -> pd.DataFrame:
    """The tickets drawn, or every one of them with what became of it; branches first, for a phone shows two columns."""
    t, superiors = shell.words(), _superiors()
    shown = [ticket for ticket in found.tickets if every or ticket.drawn]

    def state(branch: str, *, drawn: bool) -> str:
        return t(f"checks.is_{'drawn' if drawn else 'replaced' if branch in found.replaced else 'not'}")

    columns = {
        t("column.branch"): [branches.get(ticket.branch_id, ticket.branch_id) for ticket in shown],
        t("checks.state"): [state(ticket.branch_id, drawn=ticket.drawn) for ticket in shown],
        t("column.superior"): [superiors(ticket.superior_id) for ticket in shown],
        t("branch.number"): [ticket.branch_id for ticket in shown],
        t("checks.ticket"): [ticket.ticket[:16] for ticket in shown],
    }
    if not every:
        del columns[t("checks.state")]
    return pd.DataFrame(columns)


def _csv(found: Draw) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["superior_id", "branch_id", "ticket", "drawn", "replaced_because"])
    for ticket in found.tickets:
        because = found.replaced.get(ticket.branch_id, "")
        writer.writerow([ticket.superior_id or "", ticket.branch_id, ticket.ticket, int(ticket.drawn), because])
    return out.getvalue().encode("utf-8-sig")


def _chances(found: Draw) -> None:
    """With how many faulty branches a superior is found out."""
    t, names = shell.words(), _superiors()
    with st.expander(t("checks.ask.chances")):
        st.caption(t("checks.chances_note"))
        rows = []
        for superior, count in Counter(superior for superior, _ in found.branches).items():
            size = sample_size(found.sampling, count)
            row: dict[str, object] = {t("column.superior"): names(superior), t("checks.in_draw"): count}
            row[t("checks.to_draw")] = size
            for faulty in FAULTY:
                told = t.percent(float(chance_of_finding(count, size, faulty))) if faulty <= count else "—"
                row[t("checks.faulty", count=faulty)] = told
            rows.append(row)
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _replace(found: Draw, branches: dict[str, str]) -> None:
    t = shell.words()
    with st.expander(t("checks.replace"), expanded=bool(found.replaced)):
        st.caption(t("checks.replace_note"))
        for branch, because in found.replaced.items():
            st.markdown("- " + shell.plain(t("checks.replaced", branch=branches.get(branch, branch), because=because)))
        drawn = [ticket.branch_id for ticket in found.tickets if ticket.drawn]
        with st.form("checks_replace", clear_on_submit=True):
            chosen = st.selectbox(
                t("column.branch"), drawn, index=None, format_func=lambda b: branches.get(b, b),
                placeholder=t("checks.choose"),
            )  # fmt: skip
            because = st.text_input(t("checks.because"), max_chars=drawing.MOST)
            sent = st.form_submit_button(t("checks.replace_send"))
        if sent:
            shell.attempt(lambda: _replaced(found, chosen or "", because))


def _replaced(found: Draw, branch: str, because: str) -> None:
    drawing.replace_drawn(resources.store(), resources.viewer(), found, branch, because)
    st.session_state["checks_said"] = shell.words()("checks.replaced_done")


def _give_up(found: Draw) -> None:
    t = shell.words()
    with st.expander(t("checks.abandon")), st.form("checks_abandon"):
        st.caption(t("checks.abandon_note"))
        because = st.text_input(t("checks.because"), max_chars=drawing.MOST)
        sent = st.form_submit_button(t("checks.abandon_send"))
    if sent:
        shell.attempt(lambda: drawing.abandon(resources.store(), resources.viewer(), found.draw_id, because))


def _abandoned(found: list[Draw]) -> None:
    """Draws that were given up stay in sight."""
    t = shell.words()
    if not found:
        return
    st.subheader(t("checks.ask.abandoned"), anchor=False)
    for each in found:
        line = t(
            "checks.was_abandoned", time=t.moment(each.frozen_at), seed=each.seed or "—", because=each.abandoned,
            fingerprint=each.fingerprint[:16],
        )  # fmt: skip
        st.markdown("- " + shell.plain(line))


def _superiors() -> Callable[[str | None], str]:
    """What a superior is called; one that no branch has any more by its id."""
    named = {b.superior_id: b.superior for b in resources.branches()}
    nobody = shell.words()("superior.none")
    return lambda superior: named.get(superior) or superior or nobody
