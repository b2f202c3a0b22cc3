"""Errors of MongoEngine, PyMongo and BSON, translated into those of bzz."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo.errors
from bson.errors import InvalidDocument
from mongoengine.errors import NotUniqueError, OperationError, SaveConditionError, ValidationError

from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.schema import Schema

EXCEEDED_TIME_LIMIT = 50
REQUIRED = "Field is required"  # MongoEngine's text
NO_FIELD = "__all__"  # MongoEngine's key for an error of clean() that names no field


@contextmanager
def translated(schema: Schema, *, is_write: bool = False) -> Iterator[None]:
    """Translate errors that the block raises.

    Errors of the application's own code are not translated.

    Args:
        schema: the schema of the documents.
        is_write: whether the block writes.

    Raises:
        NotFound, Conflict, Invalid, Unavailable: see ``Provider``.
    """
    try:
        yield
    except SaveConditionError as error:
        raise NotFound(NO_INSTANCE) from error
    except (NotUniqueError, pymongo.errors.DuplicateKeyError) as error:
        taken = {name: ["is taken"] for name in _taken(schema.model, error)}
        raise Conflict("A value is taken.", errors=taken) from error
    except ValidationError as error:
        errors = {".".join(path): texts for path, texts in errors_of(error).items()}
        general = " ".join(errors.pop("", []))
        raise Invalid(general or "The input is not valid.", errors=errors) from error
    except InvalidDocument as error:  # for instance, the document is over 16 MB; single values were checked before
        raise Invalid("The store does not take such a document.") from error
    except (OperationError, pymongo.errors.PyMongoError) as error:
        cause = error.__context__ if isinstance(error, OperationError) else error
        if cause is None:
            raise Conflict(
                "Other instances refer to this one; delete them or change their references."
            ) from error  # DENY
        if _unreachable(cause):
            after = " The write may have happened." if is_write else ""
            raise Unavailable(f"The store does not answer.{after}") from error
        if isinstance(cause, pymongo.errors.WriteError):
            raise Invalid("The store does not take such a document.") from error
        raise


def errors_of(error: ValidationError) -> dict[tuple[str, ...], list[str]]:
    """Return a dict from path to texts.

    A path consists of the names of fields and the indices of items. It is empty for the texts that name no field.
    """
    errors: dict[tuple[str, ...], list[str]] = {}
    for path, text in _named(error):
        errors.setdefault(path, []).append("is required" if text == REQUIRED else text)
    return errors


def _named(error: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the texts of an error that ``clean()`` or ``validate()`` raised, with their paths."""
    if isinstance(error, ValidationError) and error.field_name and not error.errors:
        yield (str(error.field_name),), str(error)
    else:
        yield from _nested(error)


def _nested(error: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the texts of an error of one field or document, with their paths inside it."""
    found = error.errors if isinstance(error, ValidationError) else error
    if not (isinstance(found, dict) and found):
        yield (), str(error)
        return
    for key, inner in found.items():
        if key == NO_FIELD:
            yield from _named(inner)
        else:
            yield from (((str(key), *path), text) for path, text in _nested(inner))


def _taken(model: Any, error: BaseException) -> list[str]:
    """Return the names of the fields whose unique index refused a value."""
    cause = error.__context__ if isinstance(error, NotUniqueError) else error
    details = getattr(cause, "details", None) or {}
    names = {field.db_field: name for name, field in model._fields.items()}
    return [names.get(key, key) for key in details.get("keyPattern", ()) if key != "_cls"]


def _unreachable(error: BaseException) -> bool:
    return (
        isinstance(error, (pymongo.errors.ConnectionFailure, pymongo.errors.ExecutionTimeout))
        or getattr(error, "timeout", False)
        or getattr(error, "code", None) == EXCEEDED_TIME_LIMIT
    )
