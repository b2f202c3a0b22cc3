"""The statements that find the instances that a request may see.

Rows of subclasses are recognized by their polymorphic identity. Without a discriminator, SQLAlchemy loads all rows as
instances of the base class, and no row can be recognized.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.providers.sqlalchemy.keys import attribute_of
from bzz.providers.sqlalchemy.loading import Visible
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.visibility import Rule, Visibility, visibility_of
from bzz.schema.schema import Schema


def rules_of(mapper: Mapper[Any], schema: Schema, identifier: str | None) -> Visibility:
    """Return the rules for the instances that SQLAlchemy loads when it selects a class.

    Args:
        mapper: the mapper of the class.
        schema: the schema with which the provider was called.
        identifier: the identifier of a single instance. None for a list.
    """
    known = mapper.self_and_descendants
    if mapper.polymorphic_on is None or len(known) == 1:
        return visibility_of(schema, (), identifier)
    rules = visibility_of(schema, [other.class_ for other in known if other is not mapper], identifier)
    if not rules.below:
        return rules
    below = {rule: models for rule, models in rules.below.items() if _identities(mapper, models)}
    return replace(rules, below=below)  # without rules for abstract classes alone


def select_not_hidden(mapped_class: MappedClass, visibility: Visibility) -> Visible:
    """Return the statement that finds all instances but those of hidden classes.

    The statement is built once. Return None if no class is hidden.
    """
    if not visibility.hidden:
        return None
    discriminator: Any = mapped_class.mapper.polymorphic_on
    identities = _identities(mapped_class.mapper, visibility.hidden)
    return mapped_class.once(
        ("not hidden", *identities), lambda: mapped_class.select_all.where(discriminator.not_in(identities))
    )


def select_visible(
    mapped_class: MappedClass, visibility: Visibility, handler: Any, identifier: str | None
) -> sa.Select[Any]:
    """Return the statement that finds the instances that a request may see.

    Hooks and scopes run. They may block.

    Args:
        mapped_class: the class that the request selects.
        visibility: the rules for its instances.
        handler: the handler of the request, for hooks and scopes. None in process.
        identifier: the identifier of a single instance. None for a list.
    """
    statement = select_not_hidden(mapped_class, visibility)
    statement = mapped_class.select_all if statement is None else statement
    for rule, models in visibility.below.items():
        found = rule.narrow(sa.select(rule.model), handler, identifier)
        statement = statement.where(_if_any_of(mapped_class.mapper, models, rule, found))
    narrowed: sa.Select[Any] = visibility.own.narrow(statement, handler, identifier)
    return narrowed


def _if_any_of(mapper: Mapper[Any], models: Collection[type], rule: Rule, found: sa.Select[Any]) -> Any:
    """Return the clause that a row of one of ``models`` meets only if the statement ``found`` finds it.

    The clause counts the rows with one key. So its cost does not depend on the number of rows that ``found`` finds.
    With ``IN`` or ``EXISTS`` instead, PostgreSQL would first read all these rows.
    """
    discriminator: Any = mapper.polymorphic_on
    below: Mapper[Any] = sa.inspect(rule.model)
    own, theirs = _keys(mapper), _keys(below)
    if below.polymorphic_on is not None:  # in tables of their own, rows of two classes may have the same key
        own, theirs = [*own, discriminator], [*theirs, below.polymorphic_on]
    found = found.with_only_columns(*theirs).order_by(None)
    # SQLAlchemy must not put the tables of the outer statement into this one, as it does for concrete tables.
    rows = found._annotate({"no_replacement_traverse": True}).subquery()
    is_same = (one == other for one, other in zip(own, rows.c, strict=True))
    count = sa.select(sa.func.count()).select_from(rows).where(*is_same).correlate_except(rows).scalar_subquery()
    return sa.or_(discriminator.not_in(_identities(mapper, models)), count > 0)


def _identities(mapper: Mapper[Any], models: Collection[type]) -> tuple[Any, ...]:
    """Return the polymorphic identities of classes."""
    return tuple(identity for identity, other in mapper.polymorphic_map.items() if other.class_ in models)


def _keys(mapper: Mapper[Any]) -> list[Any]:
    """Return the attributes of the primary key."""
    return [getattr(mapper.class_, attribute_of(mapper, column)) for column in mapper.primary_key]
