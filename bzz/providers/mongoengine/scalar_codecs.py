"""The codecs of scalar fields, and the type of free-form values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import mongoengine as me
from bson import DBRef, Decimal128, ObjectId
from mongoengine.base import BaseField, LazyReference
from mongoengine.base.fields import GeoJsonBaseField

from bzz.providers.mongoengine.codec import Codec
from bzz.providers.mongoengine.exact_codecs import (
    MILLISECONDS,
    complex_datetime_codec,
    decimal128_codec,
    decimal_codec,
)
from bzz.schema import enumerations, free_form, scalars
from bzz.schema.scalars import Scalar
from bzz.schema.shown import Shown, json_of
from bzz.schema.types import DataType

CLASS_MARKERS = frozenset({"_cls", "_ref"})  # MongoEngine instantiates the class that these keys name


def check_key(key: str) -> None:
    """Raise ValueError for a key that MongoDB or MongoEngine treats specially."""
    if not key or key.startswith("$") or "." in key or "\0" in key or key in CLASS_MARKERS:
        raise ValueError(f"{key!r} cannot be a key: no '$' in front, no '.', no NUL, not '_cls' or '_ref'")


def plain(value: Any) -> Any:
    """Return a value of MongoDB's or MongoEngine's own types as JSON.

    Ids, references and decimals become text.
    """
    if isinstance(value, me.Document):
        return plain(value.pk)
    if isinstance(value, me.EmbeddedDocument):
        return JSON.dump({name: value._data.get(name) for name in value._fields if not name.startswith("_")})
    if isinstance(value, LazyReference):
        return plain(value.pk)
    if isinstance(value, DBRef):
        return plain(value.id)
    if isinstance(value, Decimal128):
        return str(value.to_decimal())
    return json_of(value)


DEPTHS = {"LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}  # RFC 7946, 3.1
JSON = free_form.Json(check_key, plain, (ObjectId, DBRef, Decimal128, me.Document, me.EmbeddedDocument))
SHOWN = Shown(check_key, plain)


def _parse_object_id(raw: Any) -> ObjectId:
    if isinstance(raw, ObjectId):
        return raw
    if not isinstance(raw, str) or not ObjectId.is_valid(raw):
        raise ValueError("expected an id of 24 hexadecimal digits")
    return ObjectId(raw)


OBJECT_ID = Scalar("id", _parse_object_id, str)


def _geo_codec(geo_field: Any) -> Codec:
    """Return the codec of a geometry.

    The codec checks how deep the positions are nested. MongoDB checks their shape.
    """
    depth = DEPTHS.get(geo_field._type, 0) if isinstance(geo_field, GeoJsonBaseField) else 0

    def parse_geo(raw: Any) -> Any:
        value = JSON.parse(raw)
        if isinstance(geo_field, GeoJsonBaseField):
            value = {"type": geo_field._type, "coordinates": value} if isinstance(value, list) else value
            fits = isinstance(value, dict) and value.keys() == {"type", "coordinates"}
            fits = fits and value["type"] == geo_field._type and _has_positions(value["coordinates"], depth)
        else:
            fits = _has_positions(value, depth)
        if not fits:
            raise ValueError(f"expected the coordinates of a {type(geo_field).__name__}")
        return value

    return Codec(Scalar("geometry", parse_geo, JSON.dump, DataType.operators, sortable=False))


def _has_positions(value: Any, depth: int) -> bool:
    if not isinstance(value, list):
        return False
    if depth:
        return all(_has_positions(part, depth - 1) for part in value)
    return len(value) == 2 and all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in value)


def _sequence_codec(sequence: Any) -> Codec:
    return Codec(scalars.INTEGER if sequence.value_decorator is int else scalars.STRING, generated=True)


def _date(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _fixed(codec: Codec) -> Callable[[Any], Codec]:
    return lambda _: codec


SCALARS: tuple[tuple[type[BaseField], Callable[[Any], Codec]], ...] = (  # a subclass comes before its base class
    (me.ObjectIdField, _fixed(Codec(OBJECT_ID, kept=ObjectId))),
    (me.SequenceField, _sequence_codec),
    (me.BooleanField, _fixed(Codec(scalars.BOOLEAN, kept=bool))),
    (me.IntField, _fixed(Codec(scalars.INTEGER, kept=int))),
    (me.FloatField, _fixed(Codec(scalars.FLOAT, kept=float))),
    (me.DecimalField, decimal_codec),
    (me.Decimal128Field, decimal128_codec),
    (me.DateField, _fixed(Codec(scalars.DATE, _date))),
    (me.DateTimeField, _fixed(MILLISECONDS)),
    (me.ComplexDateTimeField, complex_datetime_codec),
    (me.EnumField, lambda field: Codec(enumerations.enumeration(field._enum_cls), field.to_python)),
    (me.UUIDField, _fixed(Codec(scalars.UUID_))),
    (me.BinaryField, _fixed(Codec(scalars.BYTES, bytes, kept=bytes))),
    (me.StringField, _fixed(Codec(scalars.STRING, kept=str))),
    (me.GeoPointField, _geo_codec),
    (GeoJsonBaseField, _geo_codec),
)
