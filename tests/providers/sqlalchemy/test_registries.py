"""Classes that SQLAlchemy maps late, and concrete inheritance as in SQLAlchemy's documentation."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.declarative import AbstractConcreteBase, ConcreteBase, DeferredReflection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.exceptions import NotFound
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import post_update_instance
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


def make_models() -> dict[str, Any]:
    """Return classes that no test before has configured."""

    class Base(DeclarativeBase):
        pass

    class Company(Base):
        __tablename__ = "concrete_company"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        employees = relationship("Employee", viewonly=True)
        people = relationship("Person", viewonly=True)

    class Employee(AbstractConcreteBase, Base):
        strict_attrs = True
        name: Mapped[str | None]
        company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("concrete_company.id"))

    class Manager(Employee):
        __tablename__ = "concrete_manager"
        id: Mapped[int] = mapped_column(primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "manager", "concrete": True}  # noqa: RUF012

    class Engineer(Employee):
        __tablename__ = "concrete_engineer"
        id: Mapped[int] = mapped_column(primary_key=True)
        company: Mapped[Company | None] = relationship(Company)
        __mapper_args__ = {"polymorphic_identity": "engineer", "concrete": True}  # noqa: RUF012

    class Person(ConcreteBase, Base):
        __tablename__ = "concrete_person"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("concrete_company.id"))
        __mapper_args__ = {"polymorphic_identity": "person", "concrete": True}  # noqa: RUF012

    class Boss(Person):
        __tablename__ = "concrete_boss"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None] = mapped_column(unique=True)
        company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("concrete_company.id"))
        __mapper_args__ = {"polymorphic_identity": "boss", "concrete": True}  # noqa: RUF012

        @classmethod
        def get_id_field_name(cls) -> str:
            return "name"

    class Plain(Base):
        __tablename__ = "concrete_plain"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]

    class Special(Plain):
        __tablename__ = "concrete_special"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]
        __mapper_args__ = {"concrete": True}  # noqa: RUF012

    return {name: value for name, value in locals().items() if isinstance(value, type)}


async def test_concrete_classes_have_all_routes(api: Api, database: Database) -> None:
    models = make_models()
    names = ("Company", "Manager", "Engineer", "Boss", "Plain", "Special")
    for name in names:  # before anything configures the mappers
        api.mount(bzz.ModelHive.routes_for("sqlalchemy", models[name], session_factory=database.factory))
    await database.create(models["Base"])
    for name in names:
        path, key = f"/{name.lower()}", "x" if name == "Boss" else "1"
        made = await api.create(path, name="x")
        assert made["name"] == "x"
        with capture(post_update_instance) as sent:
            same = await api("PATCH", f"{path}/{key}", json_body={"name": "x"})
        assert (same.status, sent[0].sender) == (200, models[name])
        changed = await api("PATCH", f"{path}/{key}", json_body={"name": "y"})
        assert (changed.status, changed.json) == (200, {**made, "name": "y"})
        assert (await api("GET", f"{path}?name=y&sort=-name&count=true")).json == [{**made, "name": "y"}]
        assert (await api("DELETE", f"{path}/{'y' if name == 'Boss' else '1'}")).status == 204
        assert (await api("GET", path)).json == []


async def test_members_of_concrete_classes_join_and_leave(api: Api, database: Database) -> None:
    models = make_models()
    await mount(api, database, models["Base"], models["Company"], models["Engineer"])
    await api.create("/company", name="x")
    made = await api.create("/engineer", name="y", company="1")
    assert made == {"id": "1", "name": "y", "company": "1"}
    assert (await api("DELETE", "/engineer/1/company")).status == 204
    assert (await api("GET", "/company?fields=employees")).status == 400, "no hive serves them"


async def test_the_base_of_concrete_classes_reads_all_tables_and_writes_its_own(api: Api, database: Database) -> None:
    models = make_models()
    names = ("Company", "Employee", "Manager", "Engineer", "Person", "Boss")
    await mount(api, database, models["Base"], *(models[name] for name in names))
    await api.create("/company", name="x")
    await api.create("/manager", name="m")
    await api.create("/person", name="p")
    for _ in range(2):
        await api.create("/engineer", name="e", company="1")
        await api.create("/boss", name=f"b{_}", company_id=1)
    assert (await api("DELETE", "/engineer/1")).status == 204
    assert (await api("DELETE", "/boss/b0")).status == 204
    employees = [
        {"id": "1", "name": "m", "company_id": None},
        {"id": "2", "name": "e", "company_id": 1},
    ]
    assert (await api("GET", "/employee")).json == employees
    assert (await api("GET", "/employee/2")).json == employees[1]
    assert (await api("GET", "/company/1?fields=employees,people")).json == {"employees": ["2"], "people": ["2"]}
    assert (await api("GET", "/company/1/employees")).json == employees[1:]
    assert (await api("POST", "/company/1/employees", json_body={"employees": ["1"]})).status == 405
    people = (await api("GET", "/person")).json
    assert [one["id"] for one in people] == ["1", "2"]
    assert (await api("PATCH", "/person/1", json_body={"name": "q"})).json["name"] == "q"
    for path, name in (("/person/2", "Boss"), ("/employee/2", "Engineer")):
        for method in ("PATCH", "DELETE"):
            refused = await api(method, path, json_body={"name": "z"} if method == "PATCH" else None)
            assert (refused.status, f"is a {name}" in refused.json["detail"]) == (409, True)
    assert (await api("POST", "/employee", json_body={"name": "x"})).status == 400
    hive = bzz.ModelHive("sqlalchemy", models["Person"], session_factory=database.factory)
    with pytest.raises(NotFound):
        await hive.delete(9)
    await hive.close()
    assert (await api("DELETE", "/person/1")).status == 204


def test_a_class_that_is_reflected_later_is_described_at_first_use() -> None:
    class Base(DeclarativeBase):
        pass

    class Reflected(DeferredReflection, Base):
        __tablename__ = "reflected_later"

    class Other(Base):
        __tablename__ = "beside_reflected"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(LookupError, match="prepare"):
        SQLAlchemyProvider().describe(Reflected)
    assert list(SQLAlchemyProvider().describe(Other).fields) == ["id"]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE reflected_later (id INTEGER PRIMARY KEY, name TEXT)")
        DeferredReflection.prepare(connection)
    engine.dispose()
    assert list(SQLAlchemyProvider().describe(Reflected).fields) == ["id", "name"]
