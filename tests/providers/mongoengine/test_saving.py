from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import mongoengine as me
import pytest

from bzz import signals
from bzz.exceptions import Invalid
from bzz.providers.mongoengine import saving
from bzz.testing import Sent
from tests.providers.mongoengine.models import (
    Careful,
    Keyed,
    Natural,
)
from tests.support.client import Api

pytestmark = pytest.mark.usefixtures("mongodb")


class Twice(me.Document):
    """Saves itself twice, once more than it is asked to."""

    name = me.StringField()
    meta: dict[str, Any] = {"strict": True}  # noqa: RUF012

    def save(self, *args: Any, **kwargs: Any) -> Any:
        super().save(*args, **kwargs)
        self.name = f"{self.name} of {self.pk}"
        return super().save(*args, **kwargs)


def test_an_insert_does_not_replace_a_document_with_the_key() -> None:
    Natural(code="x", title="first").save()
    with pytest.raises(me.NotUniqueError):
        saving.insert(Natural(code="x", title="second"))
    assert Natural.objects.get(pk="x").title == "first"


def test_an_update_does_not_insert_a_deleted_document() -> None:
    document = Careful(name="Ada")
    saving.insert(document)
    Careful.objects.delete()
    document.name = "Bob"
    with pytest.raises(me.errors.SaveConditionError):
        saving.update(document, document.pk, {})
    assert Careful.objects.count() == 0


def test_an_update_fails_if_a_written_field_is_not_as_loaded() -> None:
    document = Natural(code="x", title="first").save()
    document.title = "second"
    with pytest.raises(me.errors.SaveConditionError):
        saving.update(document, "x", {"title": "another"})
    assert Natural.objects.get().title == "first"
    saving.update(document, "x", {"title": "first"})
    assert Natural.objects.get().title == "second"


def test_an_update_cannot_change_the_primary_key() -> None:
    Natural(code="y", title="other").save()
    document = Natural(code="x", title="first").save()
    document.code = document.title = "y"
    with pytest.raises(Invalid, match="primary key"):
        saving.update(document, "x", {})
    assert Natural.objects.get(pk="y").title == "other"


def test_a_save_that_saves_twice_inserts_once_and_then_updates() -> None:
    document = Twice(name="Ada")
    saving.insert(document)
    assert Twice.objects.get().name == f"Ada of {document.pk}"


def test_a_saved_document_has_its_own_methods_back() -> None:
    document = Natural(code="x", title="first")
    saving.insert(document)
    assert not {"_save_create", "_save_update"} & set(vars(document))
    with pytest.raises(me.NotUniqueError):
        saving.insert(failing := Natural(code="x"))
    assert not {"_save_create", "_save_update"} & set(vars(failing))
    Natural.objects.delete()
    document.title = "second"
    document.save()
    assert Natural.objects.get().title == "second", "MongoEngine's own save() upserts"


def test_only_the_first_of_several_saves_compares_with_the_loaded_values() -> None:
    document = Twice(name="Ada")
    saving.insert(document)
    document.name = "Bob"
    saving.update(document, document.pk, {"name": f"Ada of {document.pk}"})
    assert Twice.objects.get().name == f"Bob of {document.pk}"


class Soft(me.Document):
    """Is never really deleted."""

    is_gone = me.BooleanField(default=False)
    meta: dict[str, Any] = {"strict": True}  # noqa: RUF012

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self.update(is_gone=True)


def test_a_delete_fails_if_the_document_is_not_as_loaded() -> None:
    document = Natural(code="x", title="first").save()
    told: list[str] = []

    def gone(sender: Any, document: Natural) -> None:
        told.append(document.title)

    me.signals.post_delete.connect(gone, sender=Natural)
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": "x", "title": "another"}, ["_id", "title"])
    assert (Natural.objects.count(), told) == (1, [])
    saving.delete(document, {"_id": "x", "title": "first"}, ["_id", "title"])
    assert (Natural.objects.count(), told) == (0, ["first"])
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": "x", "title": "first"}, ["title"])
    assert "_get_collection" not in vars(document)


class Careless(me.Document):
    """Deletes its children first, and hears of nothing."""

    parent = me.StringField()
    meta: dict[str, Any] = {"strict": True}  # noqa: RUF012

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self._get_collection().delete_many({"parent": str(self.pk)})
        with suppress(me.OperationError):
            super().delete(*args, **kwargs)


def test_a_delete_is_checked_even_if_the_model_deletes_others_first_and_catches_errors() -> None:
    document = Careless().save()
    saving.delete(document, {"_id": document.pk})
    assert Careless.objects.count() == 0
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": document.pk})


class Going(me.QuerySet):
    """Says what is about to be deleted."""

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        self.update(state="going")
        return super().delete(*args, **kwargs)


class Leaving(me.Document):
    state = me.StringField()
    meta: dict[str, Any] = {"queryset_class": Going, "strict": True}  # noqa: RUF012


def test_a_queryset_class_may_write_before_its_delete() -> None:
    document = Leaving(state="here").save()
    saving.delete(document, {"_id": document.pk, "state": "here"}, ["state"])
    assert Leaving.objects.count() == 0


def test_a_pre_delete_receiver_may_write_before_the_delete() -> None:
    def stamp(sender: Any, document: Natural) -> None:
        document.update(title="second")

    document = Natural(code="x", title="first").save()
    me.signals.pre_delete.connect(stamp, sender=Natural)
    saving.delete(document, {"_id": "x", "title": "first"}, ["_id", "title"])
    assert Natural.objects.count() == 0
    with pytest.raises(me.errors.SaveConditionError):
        saving.delete(document, {"_id": "x"}, [])


def test_an_unacknowledged_delete_counts_as_done() -> None:
    class Fleeting(me.Document):
        meta: dict[str, Any] = {"write_concern": {"w": 0}, "strict": True}  # noqa: RUF012

        def delete(self, *args: Any, **kwargs: Any) -> None:
            super().delete(*args, w=0, **kwargs)

    document = Fleeting().save()
    Fleeting.objects.delete()
    saving.delete(document, {"_id": document.pk}, [])


def test_a_soft_delete_of_the_model_counts_as_done() -> None:
    document = Soft().save()
    saving.delete(document, {"_id": document.pk}, [])
    assert Soft.objects.get().is_gone


async def test_save_clean_and_signals_of_the_document_all_run(documents: Api, sent: list[Sent]) -> None:
    saved: list[bool] = []

    def receive(sender: Any, document: Any, created: bool) -> None:
        saved.append(created)

    me.signals.post_save.connect(receive, sender=Careful)
    made = await documents.create("/careful", name="Ada")
    assert made == {"id": made["id"], "name": "Ada", "slug": "ada", "saves": 1}
    reply = await documents("PUT", f"/careful/{made['id']}", json_body={"name": "Bob"})
    assert reply.json == {"id": made["id"], "name": "Bob", "slug": "bob", "saves": 2}
    assert sent[-1].keywords["updated_fields"] == {
        "name": {"from": "Ada", "to": "Bob"},
        "slug": {"from": "ada", "to": "bob"},
        "saves": {"from": 1, "to": 2},
    }
    unchanged = await documents("PUT", f"/careful/{made['id']}", json_body={"name": "Bob"})
    assert unchanged.json["saves"] == 2, "nothing changed, so nothing is saved"
    refused = await documents("PUT", f"/careful/{made['id']}", json_body={"name": "forbidden"})
    assert (refused.status, refused.json["detail"]) == (400, "This name is forbidden.")
    assert saved == [True, False]


async def test_a_document_that_chooses_its_own_key_is_inserted_once(documents: Api) -> None:
    made = await documents("POST", "/keyed", json_body={"name": "Ada"})
    assert (made.status, made.headers["Location"]) == (201, "/keyed/ada/")
    again = await documents("POST", "/keyed", json_body={"name": "ADA"})
    assert (again.status, again.json["errors"]) == (409, {"id": ["is taken"]})
    assert Keyed.objects.get(pk="ada").name == "Ada"


async def test_a_create_never_replaces_a_document_with_the_same_key(documents: Api) -> None:
    made = await documents("POST", "/natural", json_body={"id": "a/b", "title": "One"})
    assert made.headers["Location"] == "/natural/a%2Fb/"
    taken = await documents("POST", "/natural", json_body={"id": "a/b", "title": "Two"})
    assert (taken.status, taken.json["errors"]) == (409, {"id": ["is taken"]})
    unique = await documents("POST", "/natural", json_body={"code": "c", "title": "One"})
    assert (unique.status, unique.json["errors"]) == (409, {"title": ["is taken"]})
    assert (await documents("POST", "/natural", json_body={"title": "Three"})).json["errors"] == {"id": ["is required"]}
    assert (await documents("GET", "/natural")).json == [{"id": "a/b", "title": "One"}]


async def test_of_concurrent_creates_with_one_key_exactly_one_succeeds(documents: Api) -> None:
    replies = await asyncio.gather(
        *(documents("POST", "/natural", json_body={"id": "x", "title": str(n)}) for n in range(20))
    )
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
    [won] = [reply.json for reply in replies if reply.status == 201]
    assert (await documents("GET", "/natural")).json == [won]


async def test_a_document_never_moves_to_another_key(documents: Api) -> None:
    for name in ("A", "B"):
        await documents.create("/keyed", name=name)
    moved = await documents("PUT", "/keyed/a", json_body={"name": "B"})
    assert moved.status == 400
    assert [keyed["name"] for keyed in (await documents("GET", "/keyed")).json] == ["A", "B"]

    @signals.pre_update_instance.connect_via(Natural)
    def move(sender: Any, data: dict[str, Any]) -> None:
        data["code"] = "other"

    await documents.create("/natural", id="x", title="X")
    reply = await documents("PUT", "/natural/x", json_body={"title": "Y"})
    assert (reply.status, reply.json["errors"]) == (400, {"id": ["is read-only"]})
