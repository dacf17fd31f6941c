"""How the vote balances, by channel and by file, and taking a file back."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard.charts import vote as charts
from dashboard.rules.tally import REJECTIONS
from dashboard.services import voting
from dashboard.services.tally import Balance, Tally
from dashboard.ui import resources, shell
from dashboard.ui.vote.standing import channel_names


def show(tally: Tally) -> None:
    """The view."""
    t = shell.words()
    names = channel_names()
    st.subheader(t("vote.ask.balance"), anchor=False)
    balance = tally.balance
    told = "，".join(
        t("balance.reason", reason=t(f"vote.{r}"), count=t.number(n)) for r, n in balance.rejected.items() if n
    )
    st.markdown(
        t(
            "balance.sum", received=t.number(balance.received), accepted=t.number(balance.accepted),
            rejected=t.number(sum(balance.rejected.values())), told=told or "—",
        )
    )  # fmt: skip
    channels = {names.get(key, key or t("balance.blank")): found for key, found in tally.channels.items()}
    shell.chart(
        charts.balance(
            list(channels),
            [b.accepted for b in channels.values()],
            [b.received - b.accepted for b in channels.values()],
            (t("vote.accepted"), t("balance.rejected")),
        ),
        key="vote_balance",
    )
    st.dataframe(_table(t("column.channel"), channels), hide_index=True)
    st.subheader(t("vote.ask.files"), anchor=False)
    files = {f"{f.file_id}　{f.name}" + (t("file.withdrawn") if f.withdrawn else ""): f.balance for f in tally.files}
    if files:
        st.dataframe(_table(t("column.file"), files), hide_index=True, height=min(36 * len(files) + 40, 400))
        _withdraw(tally)
    if tally.conflicts:
        _conflicts(tally)
    st.caption(t("balance.prints", inputs=tally.inputs[:16], rules=tally.rules[:16], result=tally.result[:16]))


def _table(title: str, rows: dict[str, Balance]) -> pd.DataFrame:
    t = shell.words()
    table: dict[str, list[object]] = {title: list(rows)}
    table[t("vote.received")] = [b.received for b in rows.values()]
    table[t("vote.accepted")] = [b.accepted for b in rows.values()]
    for reason in REJECTIONS:
        table[t(f"vote.{reason}")] = [b.rejected[reason] for b in rows.values()]
    table[t("balance.difference")] = [b.received - b.accepted - sum(b.rejected.values()) for b in rows.values()]
    return pd.DataFrame(table)


def _conflicts(tally: Tally) -> None:
    t, names = shell.words(), channel_names()

    def told(said: tuple[str, str, datetime | None]) -> str:
        channel, nominee, moment = said
        return "　".join((names.get(channel, channel), nominee, f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "—"))

    with st.expander(t("conflict.title", count=tally.conflicts)):
        found = voting.conflicts(resources.store(), resources.viewer())
        st.dataframe(
            pd.DataFrame(
                {
                    t("conflict.key"): [c.row_key for c in found],
                    t("conflict.in"): [c.file_id for c in found],
                    t("conflict.said"): [told(c.said) for c in found],
                    t("conflict.counted_in"): [c.counted_in for c in found],
                    t("conflict.counted"): [told(c.counted) for c in found],
                }
            ),
            hide_index=True,
        )


def _withdraw(tally: Tally) -> None:
    t = shell.words()
    there = {f.file_id: f.name for f in tally.files if not f.withdrawn}
    if not there:
        return
    with st.expander(t("file.withdraw")), st.form("withdraw", clear_on_submit=True):
        st.caption(t("file.withdraw_note"))
        chosen = st.selectbox(t("column.file"), list(there), format_func=lambda n: f"{n}　{there[n]}")
        because = st.text_input(t("file.because"), max_chars=200)
        sent = st.form_submit_button(t("file.send"))
    if sent:
        shell.attempt(lambda: voting.withdraw(resources.store(), resources.viewer(), int(chosen), because))
