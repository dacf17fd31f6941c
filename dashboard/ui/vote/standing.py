"""The order of the nominees, how robust it is, what looks unusual, and one nominee's file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.charts import vote as charts
from dashboard.rules.tally import Standing
from dashboard.services.tally import Tally, exact
from dashboard.services.voting import Nominee, Question
from dashboard.ui import resources, shell, url
from dashboard.ui.vote import results

AROUND = 15  # nominees on each side of the line in the chart


def line_of(standing: Standing) -> str:
    return "tied" if standing.tied else "inside" if standing.inside else "outside"


def nominees(tally: Tally) -> dict[str, Nominee]:
    return results.nominees(resources.rulebook(), tally.year)


def channel_names() -> dict[str, str]:
    """The channels of the rules by name; what else the rows say stands for itself."""
    rules = resources.rulebook().member_star
    return {key: shell.words().text(channel.name) for key, channel in rules.channels.items()} if rules else {}


def sentence(tally: Tally) -> str:
    """The line: who is last inside, who is first outside, and ties across it."""
    t = shell.words()
    people = nominees(tally)
    tied = [s for s in tally.standings if s.tied]
    inside = [s for s in tally.standings if s.inside]
    outside = [s for s in tally.standings if s.eligible and not s.inside and not s.tied]
    if not tally.balance.received:
        return t("vote.no_votes", places=tally.places)
    if tied:
        return t("vote.tie", inside=len(inside), tied=len(tied), places=tally.places, score=exact(tied[0].score))
    if not outside:
        return t("vote.all_inside", count=len(inside), places=tally.places)
    last, first = inside[-1], outside[0]
    return t(
        "vote.line",
        places=tally.places,
        last=shell.plain(people[last.nominee_id].name),
        first=shell.plain(people[first.nominee_id].name),
        gap=exact(last.score - first.score),
    )


def show(tally: Tally) -> None:
    """The view: the ranking with its line, and votes by day."""
    t = shell.words()
    people = nominees(tally)
    listed = [s for s in tally.standings if s.eligible]
    st.subheader(t("vote.ask.line"), anchor=False)
    near = _near_the_line(listed, tally.places)
    names = {key: t(f"vote.{key}") for key in ("inside", "tied")} | {"outside": t("vote.outside_line")}
    labels = [f"{s.rank}　{people[s.nominee_id].name}（{s.nominee_id}）" for s in near]
    shell.chart(
        charts.ranking(labels, [float(s.score) for s in near], [line_of(s) for s in near], names),
        key="vote_ranking",
    )  # fmt: skip
    st.subheader(t("vote.ask.all"), anchor=False)
    st.dataframe(_table(tally), hide_index=True, height=460)
    st.subheader(t("vote.ask.days"), anchor=False)
    _days(tally)


def _near_the_line(listed: list[Standing], places: int) -> list[Standing]:
    tied = [n for n, s in enumerate(listed) if s.tied]
    low = max(0, min([places, *tied]) - AROUND)
    high = max([places, *(n + 1 for n in tied)]) + AROUND
    return listed[low:high]


def _table(tally: Tally) -> pd.DataFrame:
    t = shell.words()
    people, channels = nominees(tally), channel_names()
    rows = []
    for s in tally.standings:
        found = people[s.nominee_id]
        decision = tally.decisions.get(s.nominee_id)
        row: dict[str, object] = {
            t("column.rank"): s.rank,
            t("column.name"): found.name,
            t("column.branch"): found.branch,
            t("column.score"): float(s.score),
        }
        row |= {channels.get(name, name): s.votes.get(name, 0) for name in channels}
        barred = t(f"barred.{found.barred}") if found.barred else ""
        row[t("column.line")] = barred or t(f"vote.{line_of(s)}")
        row[t("column.decision")] = t(f"decision.{decision[0]}") if decision else "—"
        row[t("column.why")] = decision[1] if decision else ""
        rows.append(row)
    return pd.DataFrame(rows)


def _days(tally: Tally) -> None:
    found = results.days(resources.rulebook(), tally.year)
    names = channel_names()
    days = sorted({d.day for d in found if d.accepted})
    counts = {
        name: [sum(d.accepted for d in found if d.day == day and d.channel == name) for day in days] for name in names
    }
    t = shell.words()
    shell.chart(charts.by_day([t.month_day(day) for day in days], counts, names), key="vote_days")


def show_questions(tally: Tally) -> None:
    """The view: the line without each channel, and what a person should look into."""
    t = shell.words()
    people, channels = nominees(tally), channel_names()
    st.subheader(t("vote.ask.robust"), anchor=False)
    found = results.robustness(resources.rulebook(), tally.year)
    shaky = {n for r in found for n in (*r.comes_in, *r.falls_out)}
    inside = {s.nominee_id for s in tally.standings if s.inside}
    st.markdown(t("robust.sum", always=len(inside - shaky), some=len(shaky)))
    st.table(
        pd.DataFrame(
            {
                t("robust.without"): [channels.get(r.channel, r.channel) for r in found],
                t("robust.comes_in"): ["、".join(people[n].name for n in r.comes_in) or "—" for r in found],
                t("robust.falls_out"): ["、".join(people[n].name for n in r.falls_out) or "—" for r in found],
            }
        ),
        hide_index=True,
    )
    st.subheader(t("vote.ask.unusual"), anchor=False)
    st.caption(t("question.note"))
    asked = results.questions(resources.rulebook(), tally.year)
    if not asked:
        st.markdown(t("question.none"))
    for question in asked:
        st.markdown(f"- {_question(question, people, channels)}")


def _question(question: Question, people: dict[str, Nominee], channels: dict[str, str]) -> str:
    t = shell.words()
    names = "、".join(shell.plain(people[n].name if n in people else n) for n in question.nominees[:8])
    more = t("question.more", count=len(question.nominees) - 8) if len(question.nominees) > 8 else ""
    channel = "、".join(channels.get(part, part) for part in (question.channel or "").split("、"))
    return t(
        f"question.{question.kind}", count=question.count, usual=f"{question.usual or 0:g}",
        channel=shell.plain(channel), names=names + more, when=t.hour(question.at) if question.at else "—",
    )  # fmt: skip


def show_nominee(tally: Tally) -> None:
    """The view: one nominee's file."""
    t = shell.words()
    people, channels = nominees(tally), channel_names()
    ids = [s.nominee_id for s in tally.standings]
    if not ids:
        st.info(t("vote.no_nominees"))
        return
    url.start("nominee", ids, ids[0])
    chosen = st.selectbox(
        t("vote.choose"), ids, key=url.widget_key("nominee"),
        format_func=lambda n: f"{people[n].name}　{people[n].branch}　{n}",
    )  # fmt: skip
    url.keep("nominee", chosen)
    found = people[str(chosen)]
    standing = next(s for s in tally.standings if s.nominee_id == chosen)
    st.subheader(f"{shell.plain(found.name)}　{shell.plain(found.branch)}", anchor=False)
    place = t("nominee.rank", rank=standing.rank, score=exact(standing.score)) if standing.rank else ""
    st.markdown(place + (t(f"barred.{found.barred}") if found.barred else t(f"vote.{line_of(standing)}_told")))
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{t('nominee.statement')}**")
        st.markdown(shell.plain(found.statement) or t("nominee.no_statement"))
        st.markdown(f"**{t('nominee.opinions')}**")
        rules = resources.rulebook().member_star
        for key, department in (rules.departments if rules else {}).items():
            word = t("opinion.object") if key in found.objections else t("opinion.none")
            st.markdown(f"- {t.text(department.name)}：{word}")
    with right:
        st.table(
            pd.DataFrame(
                {
                    t("column.channel"): [channels.get(name, name) for name in channels],
                    t("column.votes"): [t.number(standing.votes.get(name, 0)) for name in channels],
                }
            ),
            hide_index=True,
        )
        decision = tally.decisions.get(standing.nominee_id)
        if decision:
            st.markdown(f"**{t('column.decision')}**　{t(f'decision.{decision[0]}')}")
            st.markdown(shell.plain(decision[1]))
