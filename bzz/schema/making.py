"""The function that checks the fields of a model and makes its schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.relations import Reference
from bzz.schema.representation import representing_method
from bzz.schema.scalars import Scalar, addressable
from bzz.schema.schema import Schema
from bzz.schema.types import DataType


def make_schema(
    model: Any,
    fields: Mapping[str, Field],
    *,
    pk: str | None = None,
    id_field: str | None = None,
    sort: Iterable[tuple[str, bool]] = (),
    json: DataType = JSON,
    fills_fields: bool = False,
    target_name: str = "",
) -> Schema:
    """Check the fields of a model and return its schema.

    The schema accepts only identifiers that a URL segment can contain.

    Args:
        model: the model.
        fields: a dict from the model's own name of a field to the field.
        pk: the name of the primary key's field. JSON contains its values as text. None for an embedded document.
        id_field: the name of the field that contains identifiers; None for the primary key. If the model has
            ``get_id_field_name()``, that method names the field instead.
        sort: as in ``Schema``.
        json: as in ``Schema``.
        fills_fields: as in ``Schema``.
        target_name: as in ``Schema``. By default, it is the name of the model.

    Raises:
        TypeError: the field of identifiers does not exist, or its values have parts.
    """
    own = model.get_id_field_name() if hasattr(model, "get_id_field_name") else id_field
    id_field = getattr(own, "name", own) or pk
    if id_field and id_field not in fields:
        raise TypeError(f"{model.__name__}.get_id_field_name() names no field: {id_field!r}")
    described = dict(fields)
    for name in {name for name in (pk, id_field) if name}:
        if isinstance(datatype := fields[name].type, Scalar):
            described[name] = replace(fields[name], type=addressable(datatype, as_text=name == pk))
        for part in fields[name].parts or (name,):
            if "eq" not in fields[part].type.operators:
                raise TypeError(
                    f"{model.__name__}.{part} has parts or unknown values, so its values cannot be identifiers"
                )
    return Schema(
        model,
        described,
        pk,
        id_field,
        tuple(sort),
        json,
        fills_fields=fills_fields,
        represented_by=representing_method(model),
        target_name=target_name or model.__name__,
    )


def with_sortable_key(fields: Mapping[str, Field], pk: str) -> dict[str, Field]:
    """Return fields whose primary key lists can be sorted by, because the store orders all keys.

    A type that an option of a hive gives stays as it is.

    Args:
        fields: a dict from name to field.
        pk: the name of the primary key's field.
    """
    datatype = fields[pk].type
    if type(datatype) in (Scalar, Reference):
        datatype = replace(datatype, sortable=True)  # type: ignore[type-var]
    return {**fields, pk: replace(fields[pk], type=datatype)}
