"""The codec of a MongoEngine field, and the codecs of scalar fields.

A codec contains the type of a field. It decodes and encodes the field's values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import mongoengine as me
from bson import DBRef, Decimal128, ObjectId
from mongoengine.base import BaseField, LazyReference
from mongoengine.base.fields import GeoJsonBaseField

from bzz.schema import enumerations, free_form, scalars
from bzz.schema.scalars import Scalar
from bzz.schema.shown import Shown, json_of
from bzz.schema.types import EQUALITY, DataType, identity

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


@dataclass(frozen=True)
class Codec:
    """The type of one MongoEngine field, with conversion in both directions.

    A part is the raw value of the field in a document.

    Args:
        type: the type of the field.
        decode: returns the typed value of a part. It is never called with None.
        encode: returns the part for a typed value. It is never called with None.
        generated: whether requests must not set the field.
        reuse: returns the part for a new value. It is called with the old part, the old value and the new value. It
            reuses the old part's documents, so that they keep their classes. ``reuse`` is None for a type without
            documents.
    """

    type: DataType
    decode: Callable[[Any], Any] = identity
    encode: Callable[[Any], Any] = identity
    generated: bool = False
    reuse: Callable[[Any, Any, Any], Any] | None = None

    def encode_over(self, part: Any, before: Any, value: Any) -> Any:
        """Return the part for ``value``, with the documents of the old ``part``.

        The value of the old part is ``before``.
        """
        if self.reuse is None or part is None or not isinstance(before, (dict, list)):
            return self.encode(value)
        return self.reuse(part, before, value)

    def decode_if_possible(self, value: Any) -> Any:
        """Return the typed value.

        None is returned unchanged, and so is a value that the type cannot decode.
        """
        try:
            return None if value is None else self.decode(value)
        except Exception:  # noqa: BLE001  # a document may contain any value, and bzz must show it
            return value


def _parse_object_id(raw: Any) -> ObjectId:
    if isinstance(raw, ObjectId):
        return raw
    if not isinstance(raw, str) or not ObjectId.is_valid(raw):
        raise ValueError("expected an id of 24 hexadecimal digits")
    return ObjectId(raw)


OBJECT_ID = Scalar("id", _parse_object_id, str)


def _naive(value: Any, *, milliseconds: bool) -> Any:
    """Return a date and time as MongoDB stores it.

    It is in UTC, without a zone. With ``milliseconds``, smaller parts are cut off, as BSON dates do not have them.
    """
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day) if isinstance(value, date) else value
    value = scalars.utc(value).replace(tzinfo=None)
    return value.replace(microsecond=value.microsecond // 1000 * 1000) if milliseconds else value


def _datetime_codec(decode: Callable[[Any], Any], *, milliseconds: bool) -> Codec:
    def parse_naive(raw: Any) -> Any:
        return _naive(scalars.DATETIME.parse(raw), milliseconds=milliseconds)

    datatype = replace(scalars.DATETIME, parser=parse_naive)
    return Codec(datatype, lambda value: _naive(decode(value), milliseconds=milliseconds))


def _decimal_codec(convert: Callable[[Any], Any], *, is_number: bool = True) -> Codec:
    def parse_decimal(raw: Any) -> Decimal:
        try:
            value: Decimal = convert(scalars.DECIMAL.parse(raw))
        except (ArithmeticError, ValueError):
            raise ValueError("expected a decimal number that the field can keep") from None
        return value

    datatype = replace(scalars.DECIMAL, parser=parse_decimal)
    if not is_number:  # it is stored as text, and text sorts differently
        datatype = replace(datatype, operators=EQUALITY, sortable=False)
    return Codec(datatype, convert)


def _float_decimal(decimal_field: Any) -> Codec:
    """Return the codec of a DecimalField.

    The field stores a float, or text if it has ``force_string``. The codec rounds to the field's precision.
    """

    def convert(value: Any) -> Any:
        return decimal_field.to_python(decimal_field.to_mongo(value))

    return _decimal_codec(convert, is_number=not decimal_field.force_string)


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
    (me.ObjectIdField, _fixed(Codec(OBJECT_ID))),
    (me.SequenceField, _sequence_codec),
    (me.BooleanField, _fixed(Codec(scalars.BOOLEAN))),
    (me.IntField, _fixed(Codec(scalars.INTEGER))),
    (me.FloatField, _fixed(Codec(scalars.FLOAT))),
    (me.DecimalField, _float_decimal),
    (me.Decimal128Field, lambda field: _decimal_codec(field.to_python)),
    (me.DateField, _fixed(Codec(scalars.DATE, _date))),
    (me.DateTimeField, _fixed(_datetime_codec(identity, milliseconds=True))),
    (me.ComplexDateTimeField, lambda field: _datetime_codec(field.to_python, milliseconds=False)),
    (me.EnumField, lambda field: Codec(enumerations.enumeration(field._enum_cls), field.to_python)),
    (me.UUIDField, _fixed(Codec(scalars.UUID_))),
    (me.BinaryField, _fixed(Codec(scalars.BYTES, bytes))),
    (me.StringField, _fixed(Codec(scalars.STRING))),
    (me.GeoPointField, _geo_codec),
    (GeoJsonBaseField, _geo_codec),
)
