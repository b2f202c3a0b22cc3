"""Members whose own class hides the reference that stores a relation: the other side does not tell of them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import tornado.ioloop
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.lifecycle.relations.conftest import World
from tests.providers.sqlalchemy.conftest import Database
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Firm(Base):
    __tablename__ = "hidden_firm"
    id: Mapped[int] = mapped_column(primary_key=True)
    workers: Mapped[list[Worker]] = relationship(back_populates="firm", foreign_keys="Worker.firm_id")
    chief: Mapped[Worker | None] = relationship(foreign_keys="Worker.led_id", uselist=False)
    guests: Mapped[list[Worker]] = relationship(secondary="hidden_visit")


class Worker(Base):
    __tablename__ = "hidden_worker"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="worker")
    firm_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hidden_firm.id"))
    led_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hidden_firm.id"))
    firm: Mapped[Firm | None] = relationship(back_populates="workers", foreign_keys=firm_id)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "worker"}  # noqa: RUF012


class Spy(Worker):
    __tablename__ = "hidden_spy"
    id: Mapped[int] = mapped_column(sa.ForeignKey("hidden_worker.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "spy"}  # noqa: RUF012


class Mole(Spy):
    """Inherits what its base class hides."""

    __mapper_args__ = {"polymorphic_identity": "mole"}  # noqa: RUF012


class Visit(Base):
    __tablename__ = "hidden_visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="visit")
    firm_id: Mapped[int] = mapped_column(sa.ForeignKey("hidden_firm.id"))
    worker_id: Mapped[int] = mapped_column(sa.ForeignKey("hidden_worker.id"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "visit"}  # noqa: RUF012


class Raid(Visit):
    __mapper_args__ = {"polymorphic_identity": "raid"}  # noqa: RUF012


@pytest.fixture
def firm(api: Api, database: Database, io_loop: tornado.ioloop.IOLoop) -> World:
    """A firm with a worker, a spy and a mole, which leads it, and an empty firm."""
    world = World(api, SQLAlchemyProvider(database.factory))
    io_loop.run_sync(lambda: database.create(Base))

    async def fill() -> None:
        await world.store(Firm)
        await world.store(Firm)
        await world.store(Worker, firm=1)
        await world.store(Spy, firm=1)
        await world.store(Mole, firm=1, led_id=1)
        await world.store(Visit, firm_id=1, worker_id=1)

    io_loop.run_sync(fill)
    world.serve(Firm)
    world.serve(Worker)
    return world


@pytest.mark.parametrize("option", ["exclude", "write_only"])
async def test_they_are_in_no_list_of_the_other_side(firm: World, option: str) -> None:
    hidden: dict[str, Any] = {option: ["firm", "led_id"]}
    firm.serve(Spy, **hidden)
    assert "firm" not in (await firm.api("GET", "/worker/2")).json
    listed = await firm.api("GET", "/firm/1/workers?count=true")
    assert ([row["id"] for row in listed.json], listed.headers["X-Total-Count"]) == (["1"], "1")
    assert (await firm.api("GET", "/firm/1?fields=workers,chief")).json == {"workers": ["1"], "chief": None}
    shown = (await firm.api("GET", "/firm/1?expand=workers,chief")).json
    assert ([row["id"] for row in shown["workers"]], shown["chief"]) == (["1"], None)
    for path in ("/firm/1/workers/2", "/firm/1/workers/3", "/firm/1/chief"):
        assert (await firm.api("GET", path)).status == 404, path
    assert [row["id"] for row in (await firm.api("GET", "/worker")).json] == ["1", "2", "3"]


async def test_no_filter_finds_the_other_side_by_them(firm: World) -> None:
    firm.serve(Spy, exclude=["firm", "led_id"])
    for query in ("workers__contains=2", "workers__contains=2&count=true", "chief=3", "chief__exists=true"):
        assert (await firm.api("GET", f"/firm?{query}")).status == 400, query


async def test_they_neither_join_nor_leave_from_the_other_side(firm: World) -> None:
    firm.serve(Spy, exclude=["firm", "led_id"])
    assert (await firm.api("POST", "/firm/2/workers", json_body={"workers": ["2"]})).status == 400
    assert (await firm.api("DELETE", "/firm/1/workers/2")).status == 404
    assert (await firm.api("POST", "/firm/1/chief", json_body={"chief": "1"})).status == 409
    assert (await firm.api("POST", "/firm/2/workers", json_body={"workers": ["1"]})).status == 201
    everything = bzz.ModelHive(firm.provider, Firm)
    assert [worker.id for worker in await everything.list(1, "workers")] == [2, 3], "plain code sees them"


async def test_association_objects_that_hide_a_reference_close_the_relation(firm: World) -> None:
    firm.serve(Visit)
    assert (await firm.api("GET", "/firm?guests__contains=1")).status == 200
    firm.serve(Raid, exclude=["worker_id"])
    queries: list[tuple[str, Any]] = [
        ("/firm/1/guests", 404),
        ("/firm/1?fields=guests", 400),
        ("/firm?guests__contains=1", 400),
    ]
    for path, status in queries:
        assert (await firm.api("GET", path)).status == status, path
