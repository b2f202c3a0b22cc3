"""A schema with a field of each kind, and the errors that parsing raises."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import Invalid
from bzz.schema.containers import List, Map
from bzz.schema.errors import add_error
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema


class Model:
    """The model that the schema describes."""


class Other:
    """The model that its references lead to."""


def fields(*known: Field) -> dict[str, Field]:
    return {field.name: field for field in known}


ADDRESS = Embedded(lambda: Schema(Model, fields(Field("city", STRING), Field("zip", STRING))))
OTHER = Reference(lambda: Other, lambda: INTEGER)
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
        Field("friends", List(OTHER)),
        Field("by_role", Map(OTHER)),
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


def errors_of(call: Any, *arguments: Any) -> dict[str, list[str]]:
    """Return the errors of the Invalid that a call raises."""
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    return caught.value.errors


def errors_in_field(call: Any, *arguments: Any) -> dict[str, list[str]]:
    """Return the errors that a call's ValueError adds under the name ``field``."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # its text is what is asserted
        call(*arguments)
    errors: dict[str, list[str]] = {}
    add_error(errors, "field", caught.value)
    return errors
