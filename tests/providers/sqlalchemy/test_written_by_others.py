"""Rows that other programs write: what is shown finds itself, filters agree with plain Python, and walks end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from bzz.providers.sqlalchemy.stored_values import RAW
from tests.providers.sqlalchemy.compared_rows import COMPARED
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api

BLOCKING = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
OFFSETS = ("", "Z", "+00:00")


class Base(DeclarativeBase):
    pass


class Board(Base):
    __tablename__ = "board"
    id: Mapped[int] = mapped_column(primary_key=True)
    entries: Mapped[list[Entry]] = relationship(back_populates="board")


class Entry(Base):
    __tablename__ = "entry"
    key: Mapped[UUID] = mapped_column(primary_key=True)
    board_id: Mapped[int] = mapped_column(sa.ForeignKey("board.id"))
    board: Mapped[Board] = relationship(back_populates="entries")
    at: Mapped[datetime | None]
    zoned: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    hour: Mapped[time | None]
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    size: Mapped[float | None]


CLOCKS = st.builds(
    time, st.sampled_from([0, 10]), st.sampled_from([0, 20]), st.sampled_from([0, 30]), st.sampled_from([0, 500000, 1])
)
TIMES = st.builds(datetime.combine, st.sampled_from([datetime(2024, 1, 1), datetime(2024, 1, 2)]), CLOCKS)
PARSE: dict[str, Callable[[str], Any]] = {
    "at": datetime.fromisoformat,
    "zoned": datetime.fromisoformat,
    "hour": time.fromisoformat,
    "price": Decimal,
    "size": float,
}
NUMBERS = [3, 3.0, 3.004, 3.005, 3.006, 2.999, 2.995, 10, 0.1]
KEYS = st.builds(lambda number: UUID(int=number * 0x0123456789ABCDEF0123456789ABCDE), st.integers(1, 200))


def spelled_clock(text: str, digits: int) -> str:
    return text[:8] if not digits else text[: 9 + digits]


@st.composite
def entries(draw: Any) -> dict[str, Any]:
    """Return a row as some program writes it in SQLite."""
    moment, digits = draw(TIMES).isoformat(timespec="microseconds"), draw(st.sampled_from([0, 1, 3, 6]))
    between, offset = draw(st.sampled_from(" T")), draw(st.sampled_from(OFFSETS))
    text = f"{moment[:10]}{between}{spelled_clock(moment[11:], digits)}{offset}"
    key: UUID = draw(KEYS)
    return {
        "key": key,
        "spelled": draw(st.sampled_from([key.hex, str(key), str(key).upper()])),
        "at": draw(st.sampled_from([None, text, moment[:10]])),
        "zoned": draw(st.sampled_from([None, text, text])),
        "hour": draw(st.sampled_from([None, spelled_clock(moment[11:], digits), moment[11:16]])),
        "price": draw(st.sampled_from([None, *NUMBERS])),
        "size": draw(st.sampled_from([None, *NUMBERS])),
    }


def write(rows: list[dict[str, Any]], dialect: str) -> Callable[[Session], None]:
    """Return a function that replaces the rows of the tables, by plain SQL."""
    names = [*PARSE]
    table = sa.table("entry", sa.column("key"), sa.column("board_id"), *map(sa.column, names))
    kinds = {name: Entry.__table__.c[name].type for name in ("key", *names)}

    def value(name: str, given: Any) -> Any:
        if dialect == "sqlite":
            return sa.literal(given, RAW)
        return sa.cast(sa.literal(None if given is None else str(given), sa.Text()), kinds[name])

    def perform(session: Session) -> None:
        session.execute(sa.delete(Entry))
        session.merge(Board(id=1))
        session.flush()
        for row in rows:
            values = {name: value(name, row[name]) for name in names}
            session.execute(sa.insert(table).values(key=value("key", row["spelled"]), board_id=1, **values))
        session.commit()

    return perform


async def walked(api: Api, path: str) -> list[dict[str, Any]]:
    """Follow ``Link: next`` from ``path``, and return the rows met."""
    met: list[dict[str, Any]] = []
    while path:
        reply = await api("GET", path)
        assert reply.status == 200, reply.body
        met += reply.json
        path = next((part[1:].split(">")[0] for part in reply.headers["Link"].split(", ") if "next" in part), "")
    return met


async def check(api: Api, database: Database, rows: list[dict[str, Any]]) -> None:
    """Write rows, and check what lists find."""
    await database.run(write(rows, database.sync_engine.dialect.name))
    whole = (await api("GET", "/entry?per_page=100")).json
    keys = {row["id"] for row in whole}
    assert keys == {str(row["key"]) for row in rows}
    for key in keys:
        assert (await api("GET", f"/entry/{key}")).json in whole
    for name, parse in PARSE.items():
        shown = {row["id"]: None if row[name] is None else parse(str(row[name])) for row in whole}
        for sort in (name, f"-{name}"):
            for path in ("/entry", "/board/1/entries"):
                met = await walked(api, f"{path}?per_page=2&sort={sort}")
                assert sorted(row["id"] for row in met) == sorted(keys), (path, sort)
        for value in {str(row[name]) for row in whole if row[name] is not None}:
            for operator, holds in COMPARED.items():
                found = {
                    row["id"] for row in (await api("GET", f"/entry?{name}__{operator}={value}&per_page=100")).json
                }
                wanted = {
                    key for key, own in shown.items() if (operator == "ne" if own is None else holds(own, parse(value)))
                }
                assert found == wanted, (name, operator, value)


def test_lists_show_and_find_what_other_programs_have_written(api: Api, database: Database, io_loop: Any) -> None:
    io_loop.run_sync(lambda: mount(api, database, Base, Board, Entry))

    @settings(max_examples=4, suppress_health_check=BLOCKING)
    @given(rows=st.lists(entries(), min_size=3, max_size=6, unique_by=lambda row: row["key"]))
    def finds(rows: list[dict[str, Any]]) -> None:
        io_loop.run_sync(lambda: check(api, database, rows))

    finds()
