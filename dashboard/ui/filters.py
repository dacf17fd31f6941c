"""Filters of a list, side by side, kept in the address."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.ui import shell, url


def choose_many(options: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """What is chosen by each filter; nothing chosen lets everything through.

    Args:
        options: by the name of the filter in the address, what may be chosen and how it reads.
    """
    t = shell.words()
    chosen: dict[str, list[str]] = {}
    url.arrive(options)
    for column, (name, labels) in zip(st.columns(len(options)), options.items(), strict=True):
        url.start_many(name, list(labels))
        with column:
            chosen[name] = st.multiselect(
                t(f"filter.{name}"),
                list(labels),
                key=url.widget_key(name),
                format_func=labels.__getitem__,
                placeholder=t("filter.all"),
            )
        url.keep(name, chosen[name], [])
    return chosen
