from __future__ import annotations

import pymongo.errors
import pytest
from bson.errors import InvalidDocument
from mongoengine.errors import NotUniqueError, OperationError, SaveConditionError, ValidationError

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound, Unavailable
from bzz.providers.mongoengine.documents import document_class_of
from bzz.providers.mongoengine.errors import translated
from bzz.resources.options import restrict
from bzz.schema.schema import Schema
from tests.providers.mongoengine.models import Natural, Person

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
def test_errors_of_the_driver_leave_as_ours_and_without_their_wording(
    error: Exception, expected: type[BzzError]
) -> None:
    with pytest.raises(expected) as caught, translated(SCHEMA):
        raise error
    assert caught.value.__cause__ is error
    assert "10.0.0.7" not in caught.value.detail
    assert "E11000" not in caught.value.detail


def test_a_taken_value_names_the_models_field_and_not_the_stores() -> None:
    for key, name in (("e", "email"), ("_id", "id"), ("legacy", "legacy")):
        with pytest.raises(Conflict) as caught, translated(SCHEMA):
            raise pymongo.errors.DuplicateKeyError("E11000", 11000, {"keyPattern": {key: 1}})
        assert caught.value.errors == {name: ["is taken"]}


def test_only_a_write_may_have_happened() -> None:
    for writing in (True, False):
        with pytest.raises(Unavailable) as caught, translated(SCHEMA, () if writing else None):
            raise pymongo.errors.NetworkTimeout("slow")
        assert ("may have happened" in caught.value.detail) is writing


@pytest.mark.parametrize(
    "error", [pymongo.errors.OperationFailure("not authorized", 13), KeyError("x"), Invalid("ours")], ids=repr
)
def test_other_errors_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated(SCHEMA):
        raise error
    assert caught.value is error


def invalid(error: ValidationError, schema: Schema = SCHEMA, given: tuple[str, ...] = ()) -> Invalid:
    with pytest.raises(Invalid) as caught, translated(schema, given):
        raise error
    return caught.value


def test_validation_errors_are_flattened_to_dotted_names() -> None:
    inner = ValidationError("", errors={"city": ValidationError("too long")})
    general = ValidationError("The two do not go together.")
    tags = ValidationError("", errors={1: "bad"})
    found = invalid(ValidationError("", errors={"address": inner, "tags": tags, "__all__": general}))
    assert found.errors == {"address.city": ["too long"], "tags.1": ["bad"]}
    assert found.detail == "The two do not go together."


def test_what_clean_says_of_fields_is_under_their_names() -> None:
    said_by_clean = ValidationError("", errors={"name": ValidationError("taken")})
    in_part = ValidationError("", errors={"__all__": ValidationError("odd")})
    found = invalid(ValidationError("", errors={"__all__": said_by_clean, "part": in_part}))
    assert found.errors == {"name": ["taken"], "part": ["odd"]}


def test_what_is_wrong_with_a_hidden_field_is_told_only_to_who_has_given_it() -> None:
    hidden = restrict(SCHEMA, write_only=["email"])
    error = ValidationError("", errors={"email": ValidationError("Invalid email address: secret")})
    assert invalid(error, hidden).errors == {}
    assert invalid(error, hidden, given=("email",)).errors == {"email": ["Invalid email address: secret"]}
    with pytest.raises(Conflict) as caught, translated(hidden, ()):
        raise pymongo.errors.DuplicateKeyError("E11000", 11000, DUPLICATE)
    assert caught.value.errors == {}


def test_the_primary_key_is_called_id() -> None:
    error = ValidationError("", errors={"code": ValidationError("Field is required")})
    assert invalid(error, document_class_of(Natural).schema).errors == {"id": ["Field is required"]}
