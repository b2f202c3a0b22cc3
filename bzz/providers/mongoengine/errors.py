"""MongoEngine's, PyMongo's and BSON's errors as bzz's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo.errors
from bson.errors import InvalidDocument
from mongoengine.errors import NotUniqueError, OperationError, SaveConditionError, ValidationError

from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable

EXCEEDED_TIME_LIMIT = 50
NOT_FOUND = "There is no such instance."
NO_FIELD = "__all__"  # MongoEngine's key for what clean() says of a document as a whole


@contextmanager
def translated(model: Any, *, writing: bool = False) -> Iterator[None]:
    """Raise what the block raises as bzz's own errors; errors of the user's own code pass.

    Args:
        model: the document class in hand, whose field names the errors get.
        writing: whether something may have been written when the store does not answer.
    """
    try:
        yield
    except SaveConditionError as error:
        raise NotFound(NOT_FOUND) from error
    except (NotUniqueError, pymongo.errors.DuplicateKeyError) as error:
        names = _taken(model, error)
        raise Conflict("A value is taken.", errors={name: ["is taken"] for name in names}) from error
    except ValidationError as error:
        raise invalid(error) from error
    except InvalidDocument as error:  # too large, say; what a field can hold is checked before
        raise Invalid({}, "The document cannot be stored.") from error
    except (OperationError, pymongo.errors.PyMongoError) as error:
        cause = error.__context__ if isinstance(error, OperationError) else error
        if cause is None:
            raise Conflict("Another document refers to this one.") from error  # a reverse delete rule: DENY
        if not _unreachable(cause):
            raise
        after = " The write may have happened." if writing else ""
        raise Unavailable(f"The store does not answer.{after}") from error


def invalid(error: ValidationError) -> Invalid:
    """Return a document's validation error as bzz's, its messages by dotted field name."""
    errors = _flatten(error.to_dict())
    general = errors.pop(NO_FIELD, [])
    return Invalid(errors, " ".join(general) or ("The input is not valid." if errors else str(error)))


def _flatten(found: dict[Any, Any]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for key, message in found.items():
        if isinstance(message, dict):
            for inner, messages in _flatten(message).items():
                name = str(key) if inner == NO_FIELD else inner if key == NO_FIELD else f"{key}.{inner}"
                errors.setdefault(name, []).extend(messages)
        else:
            errors.setdefault(str(key), []).append(str(message))
    return errors


def _taken(model: Any, error: BaseException) -> list[str]:
    """Return the names of the fields whose values a unique index has already."""
    cause = error.__context__ if isinstance(error, NotUniqueError) else error
    details = getattr(cause, "details", None) or {}
    names = {field.db_field: name for name, field in model._fields.items()}
    keys = (key for key in details.get("keyPattern", ()) if key != "_cls")
    return ["id" if key == "_id" else names.get(key, key) for key in keys]


def _unreachable(error: BaseException) -> bool:
    return (
        isinstance(error, (pymongo.errors.ConnectionFailure, pymongo.errors.ExecutionTimeout))
        or getattr(error, "timeout", False)
        or getattr(error, "code", None) == EXCEEDED_TIME_LIMIT
    )
