"""Instances of subclasses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.visibility import select_visible
from bzz.providers.visibility import visibility_of
from tests.providers.sqlalchemy.suite import Cat, Pet
from tests.support.broken import breaks


@breaks("Lists and single reads leave hidden subclasses out.", "instances_of_hidden_subclasses_are_left_out")
@breaks("A subclass has hooks of its own.", "the_hooks_of_a_subclass_narrow_its_instances_only")
@breaks("A subclass has scopes of its own.", "the_scopes_of_a_subclass_narrow_its_instances_only")
@breaks(
    "A forbidden subclass is left out everywhere.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"methods": ["POST"]},
)
@breaks(
    "A forbidden subclass is left out everywhere.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"authenticated": {"get": True}},
)
class Forgets(SQLAlchemyProvider):
    """Asks only the base class."""

    async def _visible(self, schema: Any, state: Any, identifier: Any = None) -> Any:
        rules = visibility_of(schema, (), identifier)
        return select_visible(self.mapped_class(schema.model), rules, state.handler, identifier)


@breaks("A list leaves hidden subclasses out.", "instances_of_hidden_subclasses_are_left_out")
@breaks(
    "A list leaves forbidden subclasses out.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"methods": ["POST"]},
)
@breaks(
    "A list leaves forbidden subclasses out.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"authenticated": {"get": True}},
)
class Lists(SQLAlchemyProvider):
    """Shows hidden subclasses in lists."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(replace(schema, variants={}), query, **options)


@breaks("An instance of a hidden subclass takes no place on a page.", "instances_of_hidden_subclasses_are_left_out")
@breaks(
    "An instance of a forbidden subclass takes no place on a page.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"methods": ["POST"]},
)
@breaks(
    "An instance of a forbidden subclass takes no place on a page.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"authenticated": {"get": True}},
)
class NarrowsPages(SQLAlchemyProvider):
    """Takes hidden subclasses from a page, and not from the list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(replace(schema, variants={}), query, **options)
        return replace(listing, items=[one for one in listing.items if schema.variant_of(type(one.instance))])


@breaks("A single read leaves hidden subclasses out.", "instances_of_hidden_subclasses_are_left_out")
@breaks(
    "A single read leaves forbidden subclasses out.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"methods": ["POST"]},
)
@breaks(
    "A single read leaves forbidden subclasses out.",
    "instances_that_their_own_class_forbids_are_in_no_reply",
    options={"authenticated": {"get": True}},
)
class Finds(SQLAlchemyProvider):
    """Finds instances of hidden subclasses by id."""

    async def _at(self, address: Any, state: Any) -> Any:
        return await super()._at(replace(address, schema=replace(address.schema, variants={})), state)


@breaks("An instance is of its own class.", "an_instance_is_of_its_own_class")
class Flattens(SQLAlchemyProvider):
    """Returns an instance of the base class."""

    async def get(self, address: Any, **options: Any) -> Any:
        found = await super().get(address, **options)
        return replace(found, instance=Pet(**found.values)) if isinstance(found.instance, Cat) else found


@breaks(
    "A read without instances names the class of each.",
    "a_field_that_a_subclass_hides_is_hidden_in_its_instances",
)
class ForgetsClasses(SQLAlchemyProvider):
    """Names the base class where no instances are needed."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=[replace(one, instance=None, model=schema.model) for one in listing.items])


@breaks("The hooks of a subclass narrow its instances.", "the_hooks_of_a_subclass_narrow_its_instances_only")
@breaks("The scopes of a subclass narrow its instances.", "the_scopes_of_a_subclass_narrow_its_instances_only")
class ForgetsHooks(SQLAlchemyProvider):
    """Forgets the hooks of subclasses, and knows their schemas."""

    async def _visible(self, schema: Any, state: Any, identifier: Any = None) -> Any:
        rules = replace(visibility_of(schema, [Cat], identifier), below={})
        return select_visible(self.mapped_class(schema.model), rules, state.handler, identifier)
