"""The position at which a page of documents ends, where typed values do not tell it.

MongoDB takes any BSON value for any field, and sorts values of all types. MongoEngine reads 1.2 in an IntField as 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import bson
import orjson
from bson import Binary, Decimal128, Int64, ObjectId, Timestamp, json_util
from bson.binary import UuidRepresentation
from bson.errors import BSONError

from bzz.providers.conditions import Order, value_at
from bzz.providers.mongoengine.documents import DocumentClasses
from bzz.providers.mongoengine.queries import locate
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.schema.types import comes_back

PLAIN = json_util.CANONICAL_JSON_OPTIONS.with_options(
    tz_aware=False, tzinfo=None, uuid_representation=UuidRepresentation.UNSPECIFIED
)
KINDS = {bool, int, Int64, float, str, bytes, datetime, ObjectId, Decimal128, Binary, Timestamp, UUID}


def position_of(
    classes: DocumentClasses, schema: Schema, order: Order, raw: Mapping[str, Any], values: Values
) -> Values | None:
    """Return the ``position`` of a ``Listing``. Stored values are in it as canonical Extended JSON.

    Return None if the document stores a list for a field of the order, or a value that is neither data nor an object.
    MongoDB sorts a list by one of its items.

    Args:
        classes: the document classes of the provider.
        schema: the schema of the documents.
        order: the order of the list.
        raw: the last document of the page, as MongoDB stores it.
        values: its typed values.
    """
    found = {}
    for name, _ in order:
        path, field, codec = locate(schema.model, name, classes)
        stored, value = value_at(raw, ".".join(path)), value_at(values, name)
        is_told = comes_back(codec.type, value) and _same(None if value is None else codec.encode(value), stored, field)
        if not is_told:
            if not (stored is None or _is_data(stored)):
                return None
            found[name] = None if stored is None else _to_json(schema.model, stored)
    return found


def _is_data(value: Any) -> bool:
    """Return whether a value may be in a cursor: no list, and no object with the name of an operator of MongoDB."""
    if not isinstance(value, dict):
        return type(value) in KINDS
    return all(not key.startswith("$") and _is_data(item) for key, item in value.items())


def _same(part: Any, stored: Any, field: Any) -> bool:
    """Return whether MongoEngine stores ``part`` as what is stored."""
    told = None if part is None else field.to_mongo(part)
    return isinstance(told, bool) == isinstance(stored, bool) and bool(told == stored)


def _to_json(model: Any, stored: Any) -> Any:
    options = PLAIN.with_options(uuid_representation=model._get_collection().codec_options.uuid_representation)
    return orjson.loads(json_util.dumps(stored, json_options=options))


def parse_stored(raw: Any) -> Any:
    """Return the stored value that a cursor has as ``raw``.

    Raises:
        ValueError: no cursor has such a value.
    """
    try:
        value = json_util.loads(orjson.dumps(raw), json_options=PLAIN)
        bson.encode({"value": value})
    except (ArithmeticError, AttributeError, BSONError, LookupError, TypeError, ValueError) as error:
        raise ValueError("expected a stored value") from error
    if not _is_data(value):
        raise ValueError("expected a stored value")
    return value
