"""What one may decide otherwise: a control for each value, with the value in force and the words of the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import streamlit as st
import yaml

from dashboard.i18n.rule_words import label, say
from dashboard.rules.adjustable import Adjustable
from dashboard.services.domain import options, write_value
from dashboard.ui import resources, shell
from dashboard.ui.simulation import draft as drafts
from dashboard.ui.simulation import results
from dashboard.ui.simulation.draft import Draft


def panel(draft: Draft, year: int) -> None:
    """The controls of the usual levers, of everything changed, and the search for more."""
    t = shell.words()
    everything = results.choices(resources.rulebook(), year)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(t("simulate.levers"), anchor=False, width="stretch")
        st.button(
            t("simulate.undo"), key="sim_undo", on_click=drafts.undo, disabled=not drafts.can_undo(), type="tertiary"
        )
        st.button(
            t("simulate.reset"), key="sim_reset", on_click=drafts.replace, args=([],), disabled=not draft.entries,
            type="tertiary",
        )  # fmt: skip
    usual = usual_levers(everything, year)
    for path in dict.fromkeys([*usual, *(p for p, _ in draft.entries if p in everything)]):
        control(everything[path], draft)
    for n, (path, value) in enumerate(draft.entries):
        if path not in everything:
            _stray(path, value, draft, n)
    _more(everything, [*usual, *(p for p, _ in draft.entries)])


def usual_levers(everything: Mapping[str, Adjustable], year: int) -> list[str]:
    """What leadership turns first: places of the year, and the share where applications fall short."""
    book = resources.rulebook()
    found = []
    for key in reversed(book.level_keys):
        found += [f"quotas.{key}.places.{year}", f"quotas.{key}.share.ratio", f"quotas.{key}.shortfall.ratio"]
    return [path for path in found if path in everything]


def control(item: Adjustable, draft: Draft, place: str = "panel") -> None:
    """One value to set, with what is wrong beside it. `place` tells two controls of one value apart."""
    t, book = shell.words(), resources.rulebook()
    changed = any(path == item.path for path, _ in draft.entries)
    name = label(t, book, item.path)
    value = draft_value(item, draft)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        with st.container(width="stretch"):
            _WIDGETS[item.kind](item, f"sim_{place}_{item.path}", name, value, _passage(item))
        if changed:
            st.button(
                "✕",
                key=f"sim_drop_{place}_{item.path}",
                help=t("simulate.drop"),
                on_click=drafts.put,
                args=(item.path, None),
            )
    if changed:
        now = t("simulate.in_force", value=say(t, book, item.value))
        st.caption(now)
    for problem in draft.problems_of(item.path):
        st.error(shell.plain(t("simulate.refused", problem=t.sentence(problem))))


def draft_value(item: Adjustable, draft: Draft) -> object:
    """The value that a control shows: as drafted, even if the rules refuse it, else the one in force."""
    written = next((value for path, value in draft.entries if path == item.path), None)
    if written is None:
        return item.value
    try:
        return yaml.safe_load(written)
    except yaml.YAMLError:
        return item.value


def _passage(item: Adjustable) -> str:
    """The words of the clause, to read beside the control."""
    t, book = shell.words(), resources.rulebook()
    passage = next((p for p in book.document if p.clause == item.clause), None)
    if passage is None:
        return t("simulate.no_clause")
    return f"**{item.clause}**　{shell.plain(t.text(passage.text))}"


def _showing(key: str, value: Any) -> str:
    """The key of a control, which shows what the draft says."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def _changed(item: Adjustable, key: str, write: Callable[[Any], str]) -> None:
    text = write(st.session_state[key])
    same = text == write_text(item.value)
    drafts.put(item.path, None if same else text)


def write_text(value: object) -> str:
    """A value as one writes it after `PATH=`."""
    written = write_value(value)
    if isinstance(written, (list, tuple)):
        return "[" + ", ".join(write_text(v) for v in written) + "]"
    if isinstance(written, bool) or written is None:
        return {True: "true", False: "false", None: "null"}[written]
    return f"{written:f}" if isinstance(written, Decimal) else str(written)


def _number(item: Adjustable, key: str, name: str, value: object, words: str) -> None:
    shown = int(value) if isinstance(value, int) and not isinstance(value, bool) else None
    st.number_input(
        name, key=_showing(key, shown), step=1, help=words, placeholder=shell.words()("value.null"),
        on_change=_changed, args=(item, key, write_text),
    )  # fmt: skip


def _amount(item: Adjustable, key: str, name: str, value: object, words: str) -> None:
    shown = float(str(value)) if isinstance(value, (int, float, Decimal)) else None
    st.number_input(
        name, key=_showing(key, shown), step=100.0 if item.path.startswith("consequences") else 1.0, format="%g",
        help=words, placeholder=shell.words()("value.null"),
        on_change=_changed, args=(item, key, lambda v: "null" if v is None else f"{v:g}"),
    )  # fmt: skip


def _percent(item: Adjustable, key: str, name: str, value: object, words: str) -> None:
    share = value if isinstance(value, Fraction) else _share(str(value))
    shown = None if share is None else float(share * 100)
    st.number_input(
        f"{name}（%）" if shell.language() == "zh_CN" else f"{name} (%)", key=_showing(key, shown), step=1.0,
        format="%g", help=words, on_change=_changed, args=(item, key, lambda v: "null" if v is None else f"{v:g}%"),
    )  # fmt: skip


def _share(text: str) -> Fraction | None:
    try:
        number = Fraction(text.strip().removesuffix("%"))
    except (ValueError, ZeroDivisionError):
        return None
    return number / 100 if text.strip().endswith("%") else number


def _choice(item: Adjustable, key: str, name: str, value: object, words: str) -> None:
    """One of the options, or one of the orders that some of them can have."""
    t, book = shell.words(), resources.rulebook()
    found, value = options(item), tuple(value) if isinstance(value, list) else value
    shown = value if value in found else item.value
    st.selectbox(
        name, found, key=_showing(key, shown), format_func=lambda v: say(t, book, v), help=words,
        on_change=_changed, args=(item, key, write_text),
    )  # fmt: skip


def _several(item: Adjustable, key: str, name: str, value: object, words: str) -> None:
    t, book = shell.words(), resources.rulebook()
    shown = [v for v in value if v in item.options] if isinstance(value, (list, tuple)) else []
    st.multiselect(
        name, item.options, key=_showing(key, shown), format_func=lambda v: say(t, book, v), help=words,
        placeholder=t("value.nobody"), on_change=_changed, args=(item, key, lambda v: write_text(tuple(v))),
    )  # fmt: skip


def _day(item: Adjustable, key: str, name: str, value: object, words: str) -> None:
    parts = value if isinstance(value, tuple) else tuple(str(value).split("-"))
    try:
        shown = date(2001, int(parts[0]), int(parts[1])) if len(parts) == 2 else None
    except ValueError:
        shown = None
    st.date_input(
        name, key=_showing(key, shown), min_value=date(2001, 1, 1), max_value=date(2001, 12, 31),
        format="YYYY/MM/DD", help=words, on_change=_changed, args=(item, key, _write_day),
    )  # fmt: skip


def _write_day(value: date | None) -> str:
    return "null" if value is None else f"{value:%m-%d}"


_WIDGETS: dict[str, Callable[[Adjustable, str, str, object, str], None]] = {
    "whole": _number,
    "amount": _amount,
    "share": _percent,
    "choice": _choice,
    "order": _choice,
    "several": _several,
    "day": _day,
}


def _stray(path: str, value: str, draft: Draft, n: int) -> None:
    """A change that no control can show, such as a path that is not there."""
    t = shell.words()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(shell.plain(f"{path} = {value}"), width="stretch")
        st.button("✕", key=f"sim_drop_{n}", help=t("simulate.drop"), on_click=drafts.put, args=(path, None))
    for problem in draft.problems.get(n, ()):
        st.error(shell.plain(t("simulate.refused", problem=t.sentence(problem))))


def _more(everything: Mapping[str, Adjustable], shown: list[str]) -> None:
    """Find any other value by its name or by the words of the document."""
    t, book = shell.words(), resources.rulebook()
    labels = {path: label(t, book, path) for path in everything if path not in shown}
    words = {p.clause: t.text(p.text) for p in book.document}
    wanted = (
        st.text_input(t("simulate.find"), key="sim_find", placeholder=t("simulate.find_hint"), max_chars=40)
        .strip()
        .lower()
    )
    found = [
        path for path, name in labels.items()
        if wanted in name.lower() or wanted in words.get(everything[path].clause, "").lower()
    ]  # fmt: skip
    if not found:
        st.caption(t("simulate.find_none"))
        return
    found.sort(key=lambda path: (wanted not in labels[path].lower(), everything[path].effect != "stars"))
    st.selectbox(
        t("simulate.add", count=len(found)), found, index=None, key="sim_add", placeholder=t("simulate.add_hint"),
        format_func=lambda path: f"{labels[path]}　{everything[path].clause}", on_change=_add, args=(everything,),
    )  # fmt: skip


def _add(everything: Mapping[str, Adjustable]) -> None:
    path = st.session_state["sim_add"]
    if path:
        drafts.put(path, write_text(everything[path].value))
        st.session_state["sim_add"] = None
