"""Admission of requests that reach documents through a base class."""

from __future__ import annotations

import mongoengine as me
import pytest

import bzz
from tests.support.client import Api


class Address(me.EmbeddedDocument):
    city = me.StringField()


class Account(me.Document):
    name = me.StringField()
    address = me.EmbeddedDocumentField(Address)
    plan = me.StringField(default="free")
    meta = {"allow_inheritance": True}  # noqa: RUF012


class Root(Account):
    level = me.StringField()


class Desk(me.Document):
    name = me.StringField()
    owner = me.ReferenceField(Account)
    helpers = me.ListField(me.ReferenceField(Account))


@pytest.fixture
def stored(api: Api, mongodb: None) -> tuple[str, str, str]:
    """The ids of a plain account, of the root account, and of a desk of both."""
    ada, root = Account(name="Ada").save(), Root(name="root", level="top").save()
    desk = Desk(name="d", owner=root, helpers=[ada, root]).save()
    api.mount(bzz.ModelHive.routes_for("mongoengine", Account), bzz.ModelHive.routes_for("mongoengine", Desk))
    return str(ada.id), str(root.id), str(desk.id)


async def test_documents_that_the_caller_may_not_read_are_nowhere(api: Api, stored: tuple[str, str, str]) -> None:
    ada, root, desk = stored
    api.mount(bzz.ModelHive.routes_for("mongoengine", Root, authenticated={"get": True}))
    assert [one["name"] for one in (await api("GET", "/account")).json] == ["Ada"]
    for method, path in (("GET", f"/account/{root}"), ("DELETE", f"/account/{root}"), ("GET", f"/desk/{desk}/owner")):
        assert (await api(method, path)).status == 404, (method, path)
    assert [one["id"] for one in (await api("GET", f"/desk/{desk}/helpers")).json] == [ada]
    assert (await api("GET", f"/desk/{desk}?expand=owner,helpers")).json["owner"] is None
    assert (await api("PATCH", f"/desk/{desk}", json_body={"name": "e", "owner": root})).status == 200, "as it is"
    assert (await api("POST", "/desk", json_body={"owner": root})).status == 400


async def test_a_document_is_changed_as_its_own_class_allows(api: Api, stored: tuple[str, str, str]) -> None:
    ada, root, _ = stored
    api.mount(
        bzz.ModelHive.routes_for("mongoengine", Root, exclude=["plan"], read_only=["name"], methods=["GET", "PATCH"])
    )
    assert "plan" not in (await api("GET", f"/account/{root}")).json
    assert ["plan" in one for one in (await api("GET", "/account")).json] == [True, False]
    assert (await api("PATCH", f"/account/{root}", json_body={"name": "x"})).status == 400
    assert (await api("PATCH", f"/account/{root}", json_body={"plan": "x"})).status == 400
    assert (await api("DELETE", f"/account/{root}")).status == 405
    assert (await api("GET", "/account?plan=free")).status == 400
    assert (await api("PATCH", f"/account/{ada}", json_body={"name": "x"})).status == 200
    assert (await api("DELETE", f"/account/{ada}")).status == 204


async def test_the_checks_of_its_own_class_decide_who_changes_a_document(
    api: Api, stored: tuple[str, str, str]
) -> None:
    _, root, _ = stored
    api.mount(bzz.ModelHive.routes_for("mongoengine", Root, authenticated={"update": True}))
    assert (await api("GET", f"/account/{root}")).status == 200
    assert (await api("PATCH", f"/account/{root}", json_body={"name": "x"})).status == 401


async def test_a_document_inside_is_hidden_as_its_own_class_says(api: Api, stored: tuple[str, str, str]) -> None:
    ada, root, _ = stored
    api.mount(bzz.ModelHive.routes_for("mongoengine", Root, exclude=["address"]))
    Account.objects.update(address=Address(city="Rio"))
    assert (await api("GET", f"/account/{ada}/address")).json == {"city": "Rio"}
    assert (await api("GET", f"/account/{root}/address")).status == 404
