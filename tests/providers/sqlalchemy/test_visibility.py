"""A request through a base class sees the rows of a subclass that the subclass's hook, scopes and variant show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, selectinload

import bzz
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.visibility import rules_of, select_visible
from bzz.providers.values import Query
from bzz.resources.options import restrict
from bzz.schema.schema import Schema
from bzz.testing.conformance.visibility import finding, listed
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.families import (
    CONCRETE,
    JOINED,
    SINGLE,
    UNION,
    Family,
    JoinedTeam,
    Shy,
    populate,
    session_of,
)
from tests.support.client import Api

ALL = ["get", "update", "delete"]


@pytest.fixture(params=[SINGLE, JOINED], ids=["single", "joined"])
def family(request: pytest.FixtureRequest) -> Family:
    found: Family = request.param
    return found


async def names(provider: SQLAlchemyProvider, schema: Schema, **query: Any) -> list[str]:
    """Return the names on a page, after a check of the count."""
    listing = await listed(provider, schema, Query(count=True, **query))
    if not query:
        assert listing.total == len(listing.items)
    return sorted(item.values["name"] for item in listing.items)


async def found_ids(provider: SQLAlchemyProvider, schema: Schema) -> str:
    """Return the ids of the instances that get, update and delete find."""
    found = {str(number): await finding(provider, schema, str(number)) for number in range(1, 7)}
    assert all(calls in ([], ALL) for calls in found.values())
    return "".join(number for number, calls in found.items() if calls)


async def test_the_hook_of_a_subclass_also_narrows_through_the_base_class(
    api: Api, database: Database, family: Family
) -> None:
    provider = await populate(api, database, family)
    schema = provider.describe(family.user)
    assert await names(provider, schema) == ["admin", "guest", "root", "user"]
    assert len(Shy.calls) == 1, "the subclass's own subclass inherits the hook"
    assert await names(provider, schema, where=[Condition("id", "in", [2, 3, 4])]) == ["admin"]
    first = await listed(provider, schema, Query(per_page=3, count=True))
    assert [item.values["name"] for item in first.items] == ["user", "admin", "root"]
    assert (first.more, first.total) == (True, 4)
    assert await names(provider, schema, per_page=3, page=2) == ["guest"]
    assert await found_ids(provider, schema) == "1356"


async def test_instances_whose_variant_is_none_are_left_out(api: Api, database: Database, family: Family) -> None:
    provider = await populate(api, database, family)
    for variants, shown, ids in (
        ({family.admin: None}, ["guest", "user"], "16"),
        ({family.guest: None}, ["admin", "root", "user"], "135"),
        ({family.root: None, family.guest: None}, ["admin", "user"], "13"),
        ({family.admin: None, family.root: provider.describe(family.root)}, ["guest", "root", "user"], "156"),
    ):
        schema = replace(provider.describe(family.user), variants=variants)
        assert await names(provider, schema) == shown
        assert await names(provider, schema, per_page=len(shown)) == shown
        assert not (await listed(provider, schema, Query(per_page=len(shown)))).more
        assert await found_ids(provider, schema) == ids
    admins = replace(provider.describe(family.admin), variants={family.root: None})
    assert await names(provider, admins) == ["admin"]
    assert await found_ids(provider, admins) == "3"


async def test_the_scopes_of_a_variant_narrow_the_instances_of_its_class(
    api: Api, database: Database, family: Family
) -> None:
    provider = await populate(api, database, family)

    def named_root(queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
        assert handler == 7
        return queryset.where(family.root.name == "root")

    def not_first(queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
        return queryset.where(family.user.id > 1)

    root = replace(provider.describe(family.root), scopes=(not_first, named_root))
    schema = replace(provider.describe(family.user), scopes=(not_first,), variants={family.root: root})
    listing = await listed(provider, schema, Query(count=True), 7)
    assert ([item.values["name"] for item in listing.items], listing.total) == (["admin", "root", "guest"], 3)
    found = [await finding(provider, schema, str(number), 7) for number in range(1, 7)]
    assert found == [[], [], ALL, [], ALL, ALL]
    none = replace(root, scopes=(lambda queryset, handler: queryset.where(sa.false()),))
    assert await names(provider, replace(schema, variants={family.root: none})) == ["admin", "guest"]


async def test_an_instance_is_of_its_own_class_and_shown_by_its_variant(
    api: Api, database: Database, family: Family
) -> None:
    provider = await populate(api, database, family)
    schema = provider.describe(family.user)
    variants = {
        family.admin: restrict(schema, exclude=["name"]),
        family.root: replace(schema, represented_by="to_dict"),
    }
    family.root.to_dict = lambda self: {"secret": self.secret}
    varied = replace(schema, variants=variants)
    unit_of_work = UnitOfWork(provider)
    listing = await unit_of_work.list(varied, Query(), needs_instances=True)
    instances = [item.instance for item in listing.items]
    shown = [(varied.variant_of(item.own_class) or schema, item) for item in listing.items]
    bodies = await unit_of_work.run(
        varied, instances, lambda: [variant.represent(item.values, item.instance) for variant, item in shown]
    )
    await unit_of_work.end()
    del family.root.to_dict
    assert [type(item.instance) for item in listing.items] == [family.user, family.admin, family.root, family.guest]
    assert bodies == [
        {"id": "1", "kind": "user", "name": "user"},
        {"id": "3", "kind": "admin"},
        {"secret": False},
        {"id": "6", "kind": "guest", "name": "guest"},
    ]


async def test_a_request_through_the_base_class_or_a_reference_respects_the_hook_of_the_subclass(
    api: Api, database: Database
) -> None:
    provider = await populate(api, database, JOINED)
    api.mount([bzz.ModelHive.routes_for(provider, model) for model in (JOINED.user, JoinedTeam)])
    async with session_of(database) as session:
        session.add_all([JoinedTeam(id=1, lead_id=2), JoinedTeam(id=2, lead_id=3)])
    counted = await api("GET", "/joined_user?count=true")
    assert ([user["id"] for user in counted.json], counted.headers["X-Total-Count"]) == (["1", "3", "5", "6"], "4")
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert (await api(method, "/joined_user/2", json_body=body)).status == 404
    assert (await api("PATCH", "/joined_user/3", json_body={"name": "x"})).json["name"] == "x"
    assert [team["lead"] and team["lead"]["id"] for team in (await api("GET", "/joined_team?expand=lead")).json] == [
        None,
        "3",
    ]
    assert [(await api("GET", f"/joined_team/{number}/lead")).status for number in (1, 2)] == [404, 200]
    assert (await api("POST", "/joined_team", json_body={"lead": "4"})).status == 400


async def test_the_hook_of_a_subclass_may_join_and_load_more(
    api: Api, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await populate(api, database, JOINED)
    async with session_of(database) as session:
        session.add_all([JoinedTeam(lead_id=number) for number in (2, 2, 5)])

    def leading(cls: Any, queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
        joined = queryset.join(JoinedTeam, JoinedTeam.lead_id == cls.id).order_by(JoinedTeam.id)
        return joined.options(selectinload(JOINED.admin.teams))

    monkeypatch.setattr(JOINED.admin, "get_list_queryset", classmethod(leading))
    assert await names(provider, provider.describe(JOINED.user)) == ["guest", "root", "secret admin", "user"]
    assert await names(provider, provider.describe(JOINED.admin)) == ["root", "secret admin"]


async def test_statements_are_narrowed_only_where_needed_and_built_once(api: Api, database: Database) -> None:
    provider = await populate(api, database, SINGLE)
    guests = provider.describe(SINGLE.guest)
    users = replace(provider.describe(SINGLE.user), variants={SINGLE.admin: None, SINGLE.guest: guests})
    for schema in (guests, users):
        kept, mapped_class = [], provider.mapped_class(schema.model)
        for _ in range(2):
            await listed(provider, schema)
            assert await finding(provider, schema, "6") == ALL
            kept.append([*mapped_class.pages.values(), *mapped_class._statements.values()])
        assert kept[0] == kept[1]
        assert len(mapped_class.pages) == 1
        assert ("NOT IN" in "".join(database.statements)) == (schema is users)


@pytest.mark.parametrize("family", [CONCRETE, UNION], ids=["concrete", "union"])
def test_rows_of_subclasses_in_tables_of_their_own_are_narrowed(family: Family) -> None:
    engine = sa.create_engine("sqlite://")
    family.base.metadata.create_all(engine)
    mapped_class = SQLAlchemyProvider().mapped_class(family.user)
    schema = replace(mapped_class.schema, variants={family.guest: None})
    rules = rules_of(mapped_class.mapper, schema, None)
    with Session(engine) as session:
        for model in (family.user, family.guest):
            session.add_all([model(id=number, name=model.__name__) for number in (1, 2)])
        for model, secret in ((family.admin, 1), (family.root, 2)):
            session.add_all([model(id=n, name=model.__name__, secret=n == secret) for n in (1, 2)])
        session.flush()
        found: Any = session.scalars(select_visible(mapped_class, rules, None, None).order_by(*mapped_class.key))
        ids: dict[Any, list[int]] = {}
        for one in found:
            ids.setdefault(type(one), []).append(one.id)
        assert ids == {family.user: [1, 2], family.admin: [2], family.root: [1]}
    engine.dispose()


async def test_without_a_discriminator_all_rows_are_of_the_base_class(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Plain(Base):
        __tablename__ = "plain"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Special(Shy, Plain):
        __tablename__ = "special"
        id: Mapped[int] = mapped_column(sa.ForeignKey("plain.id"), primary_key=True)
        secret: Mapped[bool]

    await mount(api, database, Base, Plain, Special)
    await api.create("/special", secret=True)
    assert (await api("GET", "/plain")).json == [{"id": "1"}]
    assert (await api("GET", "/special")).json == []
