"""The models that a caller may reach."""

from __future__ import annotations

from bzz.providers.memory import MemoryProvider
from bzz.resources.options import restrict
from bzz.resources.reach import PlainReach
from bzz.resources.resource import Resource
from bzz.schema.schema import Schema
from tests.support.models import User


def test_plain_code_reaches_all_fields_in_the_default_order() -> None:
    described = MemoryProvider().describe(User)
    restricted = restrict(described, fields=["name"])
    resource = Resource(Schema(User, restricted.fields, "id", "id", (("name", True),)), max_per_page=3)
    everything = PlainReach(MemoryProvider()).full(resource)
    assert [name for name, _ in everything.schema.readable] == [name for name, _ in described.readable]
    assert everything.schema.fields["age"].updatable
    assert (everything.schema.sort, everything.max_per_page) == ((("name", True),), 2**31 - 1)


def test_the_store_checks_the_foreign_keys_of_plain_code() -> None:
    assert not PlainReach(MemoryProvider()).serves(User)
