from __future__ import annotations

import mongoengine
import pymongo.errors
import pytest
from bson.errors import InvalidDocument
from mongoengine.errors import NotUniqueError, OperationError, SaveConditionError, ValidationError

import bzz
from bzz.exceptions import BzzError, Conflict, Invalid, NotFound, Unavailable
from bzz.providers.mongoengine.documents import document_class_of
from bzz.providers.mongoengine.errors import translated
from tests.providers.mongoengine.models import (
    Person,
)
from tests.support.client import Api

SCHEMA = document_class_of(Person).schema
DUPLICATE = {"keyPattern": {"e": 1, "_cls": 1}, "keyValue": {"e": "secret"}}


def wrapped(error: Exception) -> OperationError:
    """Return ``error`` as save() raises it: wrapped while it is handled."""
    try:
        try:
            raise error
        except type(error) as cause:
            kind = NotUniqueError if isinstance(cause, pymongo.errors.DuplicateKeyError) else OperationError
            raise kind(f"Could not save document ({cause})")  # noqa: B904  # as MongoEngine does
    except OperationError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SaveConditionError("race"), NotFound),
        (OperationError("Could not delete document (x refers to it)"), Conflict),
        (pymongo.errors.DuplicateKeyError("E11000", 11000, DUPLICATE), Conflict),
        (wrapped(pymongo.errors.DuplicateKeyError("E11000", 11000, DUPLICATE)), Conflict),
        (NotUniqueError("without a cause"), Conflict),
        (ValidationError("no"), Invalid),
        (InvalidDocument("too large"), Invalid),
        (pymongo.errors.ServerSelectionTimeoutError("10.0.0.7"), Unavailable),
        (pymongo.errors.AutoReconnect("10.0.0.7"), Unavailable),
        (pymongo.errors.ExecutionTimeout("slow"), Unavailable),
        (pymongo.errors.WaitQueueTimeoutError("busy"), Unavailable),
        (wrapped(pymongo.errors.OperationFailure("exceeded time limit", 50)), Unavailable),
        (wrapped(pymongo.errors.WriteError("Document failed validation E11000", 121)), Invalid),
    ],
    ids=repr,
)
def test_errors_of_drivers_become_errors_of_bzz_without_their_texts(error: Exception, expected: type[BzzError]) -> None:
    with pytest.raises(expected) as caught, translated(SCHEMA):
        raise error
    assert caught.value.__cause__ is error
    assert "10.0.0.7" not in caught.value.detail
    assert "E11000" not in caught.value.detail


def test_a_taken_value_is_named_by_the_field_and_not_by_mongodbs_name() -> None:
    for key, name in (("e", "email"), ("_id", "id"), ("legacy", "legacy")):
        with pytest.raises(Conflict) as caught, translated(SCHEMA):
            raise pymongo.errors.DuplicateKeyError("E11000", 11000, {"keyPattern": {key: 1}})
        assert caught.value.errors == {name: ["is taken"]}


def test_an_unanswered_write_but_no_read_may_have_happened() -> None:
    for writing in (True, False):
        with pytest.raises(Unavailable) as caught, translated(SCHEMA, is_write=writing):
            raise pymongo.errors.NetworkTimeout("slow")
        assert ("may have happened" in caught.value.detail) is writing


@pytest.mark.parametrize(
    "error", [pymongo.errors.OperationFailure("not authorized", 13), KeyError("x"), Invalid("ours")], ids=repr
)
def test_other_errors_pass_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated(SCHEMA):
        raise error
    assert caught.value is error


def invalid(error: ValidationError) -> Invalid:
    with pytest.raises(Invalid) as caught, translated(SCHEMA, is_write=True):
        raise error
    return caught.value


def test_validation_errors_are_flattened_to_dotted_names() -> None:
    inner = ValidationError("", errors={"city": ValidationError("too long")})
    general = ValidationError("The two do not go together.")
    tags = ValidationError("", errors={1: "bad"})
    found = invalid(ValidationError("", errors={"address": inner, "tags": tags, "__all__": general}))
    assert found.errors == {"address.city": ["too long"], "tags.1": ["bad"]}
    assert found.detail == "The two do not go together."


def test_errors_of_clean_are_keyed_by_field() -> None:
    said_by_clean = ValidationError("", errors={"name": ValidationError("taken")})
    in_part = ValidationError("", errors={"__all__": ValidationError("odd")})
    found = invalid(ValidationError("", errors={"__all__": said_by_clean, "part": in_part}))
    assert found.errors == {"name": ["taken"], "part": ["odd"]}


def test_an_error_that_names_its_field_belongs_to_that_field() -> None:
    said_by_clean = ValidationError("is taken", field_name="name")
    in_part = ValidationError("", errors={"__all__": ValidationError("is odd", field_name="size")})
    found = invalid(ValidationError("", errors={"__all__": said_by_clean, "part": in_part}))
    assert (found.detail, found.errors) == ("The input is not valid.", {"name": ["is taken"], "part.size": ["is odd"]})
    assert invalid(ValidationError("is short", field_name="name")).errors == {"name": ["is short"]}


async def test_an_update_of_a_unique_value_that_is_taken_is_a_conflict(documents: Api) -> None:
    await documents.create("/person", name="Ada", email="a@b.co")
    bob = await documents.create("/person", name="Bob", email="b@b.co")
    reply = await documents("PUT", f"/person/{bob['id']}", json_body={"email": "a@b.co"})
    assert (reply.status, reply.json["errors"]) == (409, {"email": ["is taken"]})
    assert b"E11000" not in reply.body


async def test_a_validation_error_names_its_field(documents: Api) -> None:
    reply = await documents("POST", "/person", json_body={"name": "x" * 21, "email": "nope"})
    assert reply.status == 400
    assert set(reply.json["errors"]) == {"name", "email"}
    assert (await documents("POST", "/person")).json["errors"] == {"name": ["is required"]}


async def test_a_deny_rule_makes_a_delete_a_conflict(documents: Api) -> None:
    ada = await documents.create("/person", name="Ada")
    await documents.create("/ticket", person=ada["id"])
    assert (await documents("DELETE", f"/person/{ada['id']}")).status == 409
    assert (await documents("GET", f"/person/{ada['id']}")).status == 200


async def test_a_document_that_mongodb_refuses_is_400(documents: Api) -> None:
    reply = await documents("POST", "/place", json_body={"at": [500, 500]})
    assert reply.status == 400
    assert (await documents("POST", "/place", json_body={"at": [5, 5]})).status == 201


async def test_hidden_values_do_not_leak_through_errors(api: Api, mongodb: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, exclude=["email"]))
    document = Person(name="Ada").save()

    def refuse(sender: object, document: object) -> None:
        raise ValidationError("No.", errors={"email": "secret is no address"})

    with mongoengine.signals.pre_save.connected_to(refuse, sender=Person):
        reply = await api("PATCH", f"/person/{document.id}", json_body={"name": "Bob"})
    assert (reply.status, b"secret" in reply.body, b"email" in reply.body) == (400, False, False)
