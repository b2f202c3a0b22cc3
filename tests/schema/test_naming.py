from __future__ import annotations

from bzz.schema.fields import Field
from bzz.schema.naming import by_public_name, public_errors
from bzz.schema.scalars import STRING
from bzz.schema.schema import Schema
from tests.support.schemas import Model, fields

KNOWN = fields(Field("code", STRING), Field("id", STRING), Field("city", STRING))
HIDDEN = fields(Field("code", STRING), Field("id", STRING, readable=False, insertable=False, updatable=False))


def test_the_primary_key_has_a_public_name_that_no_other_field_has() -> None:
    renamed = by_public_name(KNOWN, "code", {"id": "number", "city": "code"})
    assert {key: known.name for key, known in renamed.items()} == {
        "id": "code",
        "number": "id",
        "code": "city",
    }
    assert by_public_name(KNOWN, "code", {})["id"].name == "id"
    assert by_public_name(HIDDEN, "code", {})["id"].name == "code"


def test_the_errors_of_a_provider_get_public_names() -> None:
    schema = Schema(Model, KNOWN, "code", "code", public_names={"id": "number"})
    assert public_errors(schema, {"id.a": ["x"], "code": ["y"], "other": ["z"]}) == {
        "number.a": ["x"],
        "id": ["y"],
        "other": ["z"],
    }
