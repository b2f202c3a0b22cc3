"""Conditions on texts of times that several programs have written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from bzz.providers.sqlalchemy.sqlite_times import compare_times, time_comparison
from tests.providers.sqlalchemy.compared_rows import differences

NEAR = st.one_of(  # times that are near each other
    st.sampled_from([time(), time(10), time(10, 20), time(10, 20, 30), time.max, time(10, 20, 30, 100000)]),
    st.builds(
        time,
        st.sampled_from([0, 10, 23]),
        st.sampled_from([0, 20, 59]),
        st.sampled_from([0, 30, 59]),
        st.sampled_from([0, 1, 100, 120000, 123000, 123456, 999999]),
    ),
)
DAYS = st.sampled_from([date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 2), date(1, 1, 1), date(9999, 12, 31)])


@st.composite
def spelled(draw: Any, *, with_day: bool) -> str:
    """Return a text that some program writes."""
    clock: str = draw(NEAR).isoformat(timespec="microseconds")
    digits: int = draw(st.integers(0, 9))
    text: str = draw(
        st.sampled_from(
            [clock[:5], clock[:8], clock, clock[:9] + (clock[9:] + draw(st.sampled_from(["000", "789"])))[: digits + 1]]
        )
    )
    text += draw(st.sampled_from(["", "", "Z", "+00:00"]))
    if not with_day:
        return text
    day = draw(DAYS).isoformat()
    written: str = draw(st.sampled_from([day, *[f"{day}{between}{text}" for between in " T"] * 3]))
    return written


@pytest.fixture(scope="module")
def memory() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://")
    yield engine
    engine.dispose()


@example(stored=["9999-12-31 23:59:59.999999", "2024-01-01 10:20"], days=[(date.max, time.max)])
@given(stored=st.lists(spelled(with_day=True), max_size=30), days=st.lists(st.tuples(DAYS, NEAR), max_size=6))
def test_conditions_on_dates_and_times_agree_with_plain_python(memory: sa.Engine, stored: Any, days: Any) -> None:
    values = [datetime.combine(day, clock) for day, clock in days]

    class Naive(sa.types.TypeDecorator[datetime]):
        """Shows all times without a zone; they are in UTC."""

        impl = sa.DateTime
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value and value.replace(tzinfo=None)

    assert differences(memory, Naive(), compare_times, stored, values) == []


@example(stored=["23:59:59.999999", "10:20"], values=[time.max])
@given(stored=st.lists(spelled(with_day=False), max_size=30), values=st.lists(NEAR, max_size=6))
def test_conditions_on_times_of_day_agree_with_plain_python(memory: sa.Engine, stored: Any, values: Any) -> None:
    class Naive(sa.types.TypeDecorator[time]):
        """Shows all times without a zone; they are in UTC."""

        impl = sa.Time
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value and value.replace(tzinfo=None)

    assert differences(memory, Naive(), compare_times, stored, values) == []


def test_many_times_are_compared_by_their_short_texts(memory: sa.Engine) -> None:
    start = datetime(2024, 1, 1, 10)
    values = [start + timedelta(minutes=number) for number in range(1500)]
    with memory.begin() as connection:
        for text, is_found in (("2024-01-01T10:01:00Z", 1), ("2024-01-01 10:01:01", 0)):
            assert connection.scalar(sa.select(compare_times(sa.literal(text), "in", values))) == is_found


def test_a_column_with_an_own_form_is_not_compared_as_iso_text() -> None:
    own: Any = sqlite.DATETIME(  # type: ignore[no-untyped-call]
        storage_format="%(day)02d.%(month)02d.%(year)04d", regexp=r"(\d+)\.(\d+)\.(\d+)"
    )
    assert time_comparison(own) is None
    assert time_comparison(sa.DateTime()) is time_comparison(sa.DateTime(timezone=True)) is compare_times
    assert time_comparison(sa.Time()) is compare_times
    assert time_comparison(sa.DateTime().with_variant(own, "sqlite")) is None


def test_an_index_serves_the_conditions(memory: sa.Engine) -> None:
    table = sa.Table(
        "event", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", sa.DateTime, index=True)
    )
    with memory.begin() as connection:
        table.create(connection)
        for name in ("eq", "lt", "lte", "gt", "gte"):
            clause = compare_times(table.c.at, name, datetime(2024, 1, 1, 10, tzinfo=UTC))
            statement = sa.select(table).where(clause).compile(memory, compile_kwargs={"literal_binds": False})
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(statement.params.values())).all()
            assert not any("SCAN event" in row[-1] for row in plan), (name, plan)
        table.drop(connection)
