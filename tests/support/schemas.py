"""Schemas without a provider, for tests of the core."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import Invalid
from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema


class Model:
    """The class of the instances."""


class Other:
    """The class that they refer to."""


def fields(*known: Field) -> dict[str, Field]:
    return {field.name: field for field in known}


def errors_of(call: Any, *arguments: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    return caught.value.errors


ADDRESS = Embedded(lambda: Schema(Model, fields(Field("city", STRING), Field("zip", STRING))))
SCHEMA = Schema(
    Model,
    fields(
        Field("key", INTEGER, insertable=False, updatable=False),
        Field("name", STRING),
        Field("age", INTEGER),
        Field("password", STRING, readable=False),
        Field("created_by", STRING, insertable=False, updatable=False),
        Field("address", ADDRESS),
        Field("others", List(ADDRESS)),
        Field("friends", List(Reference(lambda: Other, lambda: INTEGER))),
        Field("by_role", Map(Reference(lambda: Other, lambda: INTEGER))),
        Field("meta", JSON),
    ),
    pk="key",
    id_field="key",
)
ROWS = Schema(
    Model,
    fields(
        Field("pk", INTEGER),
        Field("name", STRING),
        Field("age", INTEGER),
        Field("tags", List(STRING)),
        Field("secret", STRING, readable=False),
    ),
    pk="pk",
    sort=(("name", False),),
)
