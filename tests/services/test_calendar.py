"""The day of synthetic data moves; that of real data is today."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.auth.viewer import VISITOR
from dashboard.errors import StoreError
from dashboard.services.calendar import move_day, today
from dashboard.store.connection import Store, set_property
from tests.helpers import codes


def test_the_day_of_synthetic_data_moves(store: Store) -> None:
    with store.write("test") as cursor:
        set_property(cursor, "synthetic", "1")
    before = store.revision().version
    move_day(store, VISITOR, date(2022, 4, 20))
    assert today(store) == date(2022, 4, 20)
    assert store.revision().version == before + 1  # whatever is kept for the data follows
    move_day(store, VISITOR, date(2022, 11, 17))
    assert today(store) == date(2022, 11, 17)


def test_the_day_of_real_data_is_today(store: Store) -> None:
    with pytest.raises(StoreError) as caught:
        move_day(store, VISITOR, date(2022, 4, 20))
    assert codes(caught.value) == ["demo.real_data"]
    assert abs((today(store) - datetime.now(ZoneInfo("Asia/Shanghai")).date()).days) <= 1
