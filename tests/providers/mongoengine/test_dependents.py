"""Documents that are deleted together with a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import mongoengine as me
import mongomock
import pytest

import bzz
from bzz.exceptions import Conflict, NotFound
from bzz.providers.mongoengine import MongoEngineProvider, dependents
from bzz.providers.values import ActState, Address
from bzz.providers.writes import MAX_DEPENDENTS, Dependent
from bzz.signals import post_delete_instance, pre_delete_instance
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.commands import Commands


class Company(me.Document):
    name = me.StringField(primary_key=True)
    meta = {"allow_inheritance": True}  # noqa: RUF012


class SeatPlace(me.EmbeddedDocument):
    row = me.IntField()


class Seat(me.Document):
    """Cannot be served, because its key has parts."""

    place = me.EmbeddedDocumentField(SeatPlace, primary_key=True)
    company = me.ReferenceField(Company, reverse_delete_rule=me.CASCADE)


class Sitter(me.Document):
    name = me.StringField(primary_key=True)
    seat = me.ReferenceField(Seat, reverse_delete_rule=me.CASCADE)


class Subsidiary(Company):
    pass


class Owning(me.Document):
    """Gives its own collections to the classes that inherit from it."""

    company = me.ReferenceField(Company, reverse_delete_rule=me.CASCADE)
    meta = {"abstract": True}  # noqa: RUF012


class Plan(Owning):
    name = me.StringField(primary_key=True)
    subsidiary = me.ReferenceField(Subsidiary, reverse_delete_rule=me.CASCADE)
    meta = {"allow_inheritance": True}  # noqa: RUF012


class BigPlan(Plan):
    budget = me.IntField()


class Step(me.Document):
    name = me.StringField(primary_key=True)
    plans = me.ListField(me.LazyReferenceField(Plan, reverse_delete_rule=me.CASCADE))
    after = me.ReferenceField("self", reverse_delete_rule=me.CASCADE)


class Loan(me.Document):
    name = me.StringField(primary_key=True)
    plan = me.ReferenceField(BigPlan, reverse_delete_rule=me.CASCADE)


class Memo(me.Document):
    name = me.StringField(primary_key=True)
    plan = me.ReferenceField(Plan, reverse_delete_rule=me.NULLIFY)
    plans = me.ListField(me.ReferenceField(Plan, reverse_delete_rule=me.PULL))


class Lock(me.Document):
    name = me.StringField(primary_key=True)
    company = me.ReferenceField(Company, reverse_delete_rule=me.DENY)


MODELS = (Company, Subsidiary, Plan, BigPlan, Step, Loan, Seat, Sitter, Memo, Lock)


@pytest.fixture(params=["server", "mongomock"])
def store(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "server":
        request.getfixturevalue("mongodb")
    else:
        me.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    yield
    for model in MODELS:
        model.drop_collection()


def insert_all() -> None:
    """Insert two companies, and what belongs to each of them."""
    for number, kind in ((1, Company), (2, Subsidiary)):
        company = kind(name=f"c{number}").save()
        plan = Plan(name=f"p{number}", company=company).save()
        big = BigPlan(name=f"b{number}", company=company, budget=number).save()
        first = Step(name=f"s{number}", plans=[plan, big]).save()
        second = Step(name=f"t{number}", after=first).save()
        first.update(after=second)
        seats = [Seat(place=SeatPlace(row=10 * number + row), company=company).save() for row in (1, 2)]
        for name, seat in zip("gh", seats, strict=True):
            Sitter(name=f"{name}{number}", seat=seat).save()
        Loan(name=f"l{number}", plan=big).save()
        Memo(name=f"n{number}", plan=plan, plans=[plan, big]).save()
    Plan(name="q2", subsidiary="c2").save()


def stored() -> set[str]:
    """Return the keys of all documents in the store, without the seats."""
    return {document.name for model in MODELS if model is not Seat for document in model.objects}


async def dependents_of(model: Any, key: str) -> Sequence[Dependent]:
    provider = MongoEngineProvider()
    try:
        return await provider.dependents(
            Address.parse(provider.describe(model), key), heard=lambda model: True, state=ActState()
        )
    finally:
        await provider.close()


def keys(found: Sequence[Dependent]) -> set[str]:
    assert all(one.change is None for one in found)
    return {one.stored.values["name"] for one in found}


@pytest.mark.parametrize("key", ["c1", "c2"])
async def test_dependents_are_the_documents_that_the_deletion_deletes(store: None, key: str) -> None:
    insert_all()
    found = await dependents_of(Company, key)
    before = stored()
    Company.objects.get(name=key).delete()
    assert keys(found) == before - stored() - {key}
    assert len(found) == (6 if key == "c1" else 7), "the loan of a big plan is kept, as MongoEngine deletes plans"


async def test_documents_that_are_deleted_one_by_one_follow_the_rules_of_their_own_class(store: None) -> None:
    insert_all()

    def ignore(sender: Any, document: Any) -> None: ...

    with me.signals.post_delete.connected_to(ignore, Plan):
        found = await dependents_of(Company, "c1")
        before = stored()
        Company.objects.get(name="c1").delete()
    assert keys(found) == before - stored() - {"c1"}
    assert "l1" in keys(found)


async def test_dependents_have_their_own_class_and_all_their_values(store: None) -> None:
    insert_all()
    [big] = [one for one in await dependents_of(Company, "c1") if one.stored.values["name"] == "b1"]
    assert (big.schema.model, type(big.stored.instance)) == (BigPlan, BigPlan)
    assert big.stored.values == {"name": "b1", "company": "c1", "subsidiary": None, "budget": 1}


async def test_each_rule_takes_one_query_for_each_level(mongodb_uri: str, commands: Commands) -> None:
    counts = []
    for number in (1, 20):
        company = Company(name=f"many{number}").save()
        plans = [Plan(name=f"{number}.{n}", company=company).save() for n in range(number)]
        for plan in plans:
            Step(name=plan.name, plans=[plan]).save()
        commands.asked.clear()
        assert len(await dependents_of(Company, company.name)) == 2 * number
        counts.append(len(commands.asked))
    assert counts[0] == counts[1]


async def test_classes_without_cascades_have_no_dependents_and_take_no_query(commands: Commands) -> None:
    Loan(name="l").save()
    commands.asked.clear()
    assert await dependents_of(Loan, "l") == ()
    assert commands.asked == []


async def test_dependents_of_a_document_that_does_not_exist_are_not_found(store: None) -> None:
    with pytest.raises(NotFound):
        await dependents_of(Company, "c1")


@pytest.mark.parametrize(("name", "limit"), [("MAX_LEVELS", 3), ("MAX_DEPENDENTS", 3)])
async def test_too_many_dependents_are_refused(
    store: None, monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    for number in range(1, 6):
        Step(name=f"s{number}", after=f"s{number - 1}" if number > 1 else None).save()
    assert keys(await dependents_of(Step, "s1")) == {"s2", "s3", "s4", "s5"}
    monkeypatch.setattr(dependents, name, limit)
    assert keys(await dependents_of(Step, "s4")) == {"s5"}
    with pytest.raises(Conflict, match="depend on this one"):
        await dependents_of(Step, "s1")


@pytest.fixture
def companies(api: Api, store: None) -> Api:
    served = (Company, Plan, Step, Memo, Lock)
    return api.mount([bzz.ModelHive.routes_for("mongoengine", model) for model in served])


async def test_deleted_documents_send_signals_with_their_own_class(companies: Api, sent: list[Sent]) -> None:
    insert_all()
    assert (await companies("DELETE", "/company/c1")).status == 204
    pre = [one for one in sent if one.signal == "pre_delete_instance"]
    assert [one.signal for one in sent] == ["pre_delete_instance"] * 7 + ["post_delete_instance"] * 7
    names = [(one.sender.__name__, one.keywords["instance"].name) for one in pre]
    assert names[0] == ("Company", "c1")
    assert {*names[1:]} == {
        ("Plan", "p1"), ("BigPlan", "b1"), ("Step", "s1"), ("Step", "t1"), ("Sitter", "g1"), ("Sitter", "h1")
    }  # fmt: skip
    post = [(one.sender.__name__, one.keywords["instance"].name) for one in sent[7:]]
    assert post == names
    assert Memo.objects.get(name="n1").plan is None, "what the database does by itself sends nothing"


async def test_documents_are_loaded_only_if_a_receiver_listens(api: Api, commands: Commands) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Company))
    loaded = []
    for is_heard in (False, True):
        insert_all()
        with post_delete_instance.connected_to(lambda: None, Step) if is_heard else nullcontext():
            commands.asked.clear()
            assert (await api("DELETE", "/company/c1")).status == 204
        loaded.append(sum(one.get("limit") == MAX_DEPENDENTS + 2 for one in commands.asked))
    assert loaded[0] == 0 < loaded[1]


async def test_a_rule_that_denies_refuses_and_nothing_is_told_as_deleted(companies: Api, sent: list[Sent]) -> None:
    insert_all()
    Lock(name="k", company="c1").save()
    before = stored()

    def refuse(sender: Any) -> None:
        raise RuntimeError("cannot prevent it")

    with pre_delete_instance.connected_to(refuse, Plan):
        assert (await companies("DELETE", "/company/c1")).status == 409
    assert stored() == before
    assert [one.signal for one in sent] == ["pre_delete_instance"] * 7 + ["request_failed"] * 7
