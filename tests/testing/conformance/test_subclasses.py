"""Cases of subclasses fail for a provider that treats an instance as one of its base class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.visibility import select_visible
from bzz.providers.visibility import visibility_of
from tests.providers.sqlalchemy.suite import Cat, Pet, suite_of


class Forgets(SQLAlchemyProvider):
    """Asks only the base class."""

    async def _visible(self, schema: Any, state: Any, identifier: Any = None) -> Any:
        rules = visibility_of(schema, (), identifier)
        return select_visible(self.mapped_class(schema.model), rules, state.handler, identifier)


class Lists(SQLAlchemyProvider):
    """Shows hidden subclasses in lists."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        return await super().list(replace(schema, variants={}), query, state=state, represent=represent)


class NarrowsPages(SQLAlchemyProvider):
    """Takes hidden subclasses from a page, and not from the list."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        listing = await super().list(replace(schema, variants={}), query, state=state, represent=represent)
        return replace(listing, items=[one for one in listing.items if schema.variant_of(type(one.instance))])


class Finds(SQLAlchemyProvider):
    """Finds instances of hidden subclasses by id."""

    async def _at(self, address: Any, state: Any) -> Any:
        return await super()._at(replace(address, schema=replace(address.schema, variants={})), state)


class Flattens(SQLAlchemyProvider):
    """Returns an instance of the base class."""

    async def get(self, address: Any, *, state: Any, represent: bool) -> Any:
        found = await super().get(address, state=state, represent=represent)
        return replace(found, instance=Pet(**found.values)) if isinstance(found.instance, Cat) else found


class Represents(SQLAlchemyProvider):
    """Represents an instance as one of its base class."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        listing = await super().list(schema, query, state=state, represent=represent)
        plain = replace(schema, variants={})
        return replace(listing, items=[replace(one, body=plain.represent(one.values)) for one in listing.items])


class ForgetsHooks(SQLAlchemyProvider):
    """Forgets the hooks of subclasses, and knows their schemas."""

    async def _visible(self, schema: Any, state: Any, identifier: Any = None) -> Any:
        rules = replace(visibility_of(schema, [Cat], identifier), below={})
        return select_visible(self.mapped_class(schema.model), rules, state.handler, identifier)


LEFT_OUT = "instances_of_hidden_subclasses_are_left_out"
FORBIDDEN = "instances_that_their_own_class_forbids_are_in_no_reply"
HOOKS, SCOPES = (f"the_{name}_of_a_subclass_narrow_its_instances_only" for name in ("hooks", "scopes"))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, LEFT_OUT) for kind in (Forgets, Lists, NarrowsPages, Finds)),
        *((kind, name) for kind in (Forgets, ForgetsHooks) for name in (HOOKS, SCOPES)),
        (Flattens, "an_instance_is_of_its_own_class"),
        (Represents, "a_field_that_a_subclass_hides_is_hidden_in_its_instances"),
    ],
)
def test_a_provider_that_forgets_subclasses_fails_their_cases(kind: Any, name: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_of(kind, tmp_path), f"test_{name}")()


@pytest.mark.parametrize("options", [{"methods": ["POST"]}, {"authenticated": {"get": True}}])
@pytest.mark.parametrize("kind", [Forgets, Lists, NarrowsPages, Finds])
def test_a_provider_that_shows_forbidden_subclasses_fails_their_case(kind: Any, options: Any, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_of(kind, tmp_path), f"test_{FORBIDDEN}")(options=options)
