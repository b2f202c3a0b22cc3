"""What documents say of their fields."""

from __future__ import annotations

import mongoengine as me

from bzz.providers.mongoengine.documents import document_class_of

OPTIONAL = {"pair", "size", "state", "level", "name", "price"}


def test_a_document_describes_its_fields() -> None:
    class DescribedDocument(me.Document):
        code = me.StringField(unique=True, verbose_name="Code", help_text="On the box.")
        pair = me.StringField(unique=True, unique_with="code")
        size = me.IntField(default=3, null=True)
        made = me.ListField(me.StringField(), default=list)
        odd = me.IntField(default="many")
        state = me.StringField(choices=[("d", "Done"), ("n", "New")], max_length=1)
        level = me.IntField(choices=[1, 2], min_value=0, max_value=9)
        name = me.StringField(min_length=2, max_length=5, regex=r"^x")
        price = me.DecimalField(min_value=0, precision=2)

    fields = document_class_of(DescribedDocument).schema.fields
    assert {name for name, known in fields.items() if known.unique} == {"id", "code"}
    assert (fields["code"].title, fields["code"].description) == ("Code", "On the box.")
    assert (fields["pair"].title, fields["pair"].description) == ("", "")
    assert {name: known.default for name, known in fields.items() if known.default is not None} == {"size": 3}
    assert {name for name, known in fields.items() if known.nullable} == OPTIONAL, (
        "MongoEngine requires fields of unique_with"
    )
    assert fields["state"].members == {"Done": "d", "New": "n"}
    assert fields["level"].type.json_schema() == {"type": "integer", "minimum": 0, "maximum": 9, "enum": [1, 2]}
    assert fields["name"].bounds == {"minLength": 2, "maxLength": 5, "pattern": "^x"}
    assert fields["price"].bounds == {}
