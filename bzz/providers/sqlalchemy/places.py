"""Places: foreign keys that at most one row may have with the same value.

The foreign key of a one-to-one relation is such a place, and so is the foreign key of a relationship with
``single_parent``. If the database itself keeps the foreign key unique, nothing is checked here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from bzz.exceptions import Conflict
from bzz.providers.sqlalchemy.errors import TAKEN
from bzz.providers.sqlalchemy.holders import MANY_TO_ONE, Prop
from bzz.providers.sqlalchemy.keys import attribute_of, equal, key_attributes, key_from
from bzz.providers.sqlalchemy.locks import for_update
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.registries import mappers_of
from bzz.providers.sqlalchemy.relationships import relationships, shows_all


@dataclass(frozen=True, slots=True)
class Place:
    """A foreign key of which no two rows may have the same value.

    Args:
        holder: the mapper of the rows.
        attributes: the attributes of the foreign key.
        referred: the mapper of the class to which the foreign key refers.
        columns: the columns of that class, in the order of ``attributes``.
    """

    holder: Mapper[Any]
    attributes: tuple[str, ...]
    referred: Mapper[Any]
    columns: tuple[Any, ...]

    def attributes_of(self, names: Iterable[str]) -> list[Any]:
        """Return attributes of the rows' class, to use in statements."""
        return [getattr(self.holder.class_, name) for name in names]


@dataclass(frozen=True, slots=True)
class Taking:
    """An instance that takes a place.

    Args:
        place: the place.
        names: the names of the fields that show the foreign key.
        key: the value of the foreign key.
    """

    place: Place
    names: tuple[str, ...]
    key: Any


def takings(mapped_class: MappedClass, instance: Any) -> list[Taking]:
    """Return the places that an instance takes with the next flush."""
    state = sa.inspect(instance)
    found = []
    for place in mapped_class.once(("places", state.mapper), lambda: (*_places(state.mapper),)):
        values = [getattr(instance, name) for name in place.attributes]
        if None not in values and any(state.attrs[name].history.has_changes() for name in place.attributes):
            names = dict.fromkeys(mapped_class.field_names.get(name, name) for name in place.attributes)
            found.append(Taking(place, (*names,), key_from(values)))
    return found


def check_places(session: Session, taken: Iterable[Taking]) -> None:
    """Check after the flush that each place is taken once.

    The rows to which the places refer are locked before. So of two transactions that take a place, the later one finds
    it taken.

    Raises:
        Conflict: another row has the same foreign key.
    """
    for one in sorted(taken, key=lambda one: (str(one.place.referred.local_table), str(one.key))):
        place = one.place
        parents = sa.select(*place.referred.primary_key).where(equal(place.columns, one.key))
        session.execute(for_update(parents, place.referred), bind_arguments={"mapper": place.referred})
        found = sa.select(*place.attributes_of(key_attributes(place.holder)))
        held = equal(place.attributes_of(place.attributes), one.key)
        if len(session.execute(found.where(held).limit(2)).all()) > 1:
            raise Conflict("A value is taken.", errors={name: [TAKEN] for name in one.names})


def _places(mapper: Mapper[Any]) -> Iterator[Place]:
    """Yield the places that instances of exactly one class can take."""
    for (holder, columns), props in _by_foreign_key(mapper).items():
        if all(map(_is_single, props)) and not any(columns >= unique for unique in _unique_keys(holder)):
            prop = props[0]
            names = tuple(attribute_of(holder, local) for _, local in prop.synchronize_pairs)
            referred = prop.mapper if prop.direction is MANY_TO_ONE else prop.parent
            yield Place(holder, names, referred, tuple(remote for remote, _ in prop.synchronize_pairs))


def _by_foreign_key(mapper: Mapper[Any]) -> dict[tuple[Mapper[Any], frozenset[Any]], list[Prop]]:
    """Return the relationships that say how many rows may have a foreign key of the class, by foreign key."""
    found: defaultdict[tuple[Mapper[Any], frozenset[Any]], list[Prop]] = defaultdict(list)
    for other in mappers_of(mapper.registry):
        for prop in (relation.prop for relation in relationships(other) if relation.prop.parent is other):
            holder = prop.parent if prop.direction is MANY_TO_ONE else prop.mapper
            is_counting = prop.direction is not MANY_TO_ONE or prop.single_parent
            is_stored = prop.secondary is None and not prop.viewonly and shows_all(prop)
            if is_counting and is_stored and mapper.isa(holder):
                found[holder, frozenset(local for _, local in prop.synchronize_pairs)].append(prop)
    return found


def _is_single(prop: Prop) -> bool:
    return prop.direction is MANY_TO_ONE or not prop.uselist


def _unique_keys(mapper: Mapper[Any]) -> Iterator[set[Any]]:
    """Yield the sets of columns that the database keeps unique in all rows."""
    for table in mapper.tables:
        for key in (*getattr(table, "constraints", ()), *getattr(table, "indexes", ())):
            is_whole = isinstance(key, sa.Index) and key.unique and not key.dialect_kwargs
            if is_whole or isinstance(key, (sa.UniqueConstraint, sa.PrimaryKeyConstraint)):
                yield {*getattr(key, "expressions", key.columns)}
