"""The instances that SQLAlchemy changes or deletes together with an instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import RelationshipProperty, Session

from bzz.exceptions import Conflict
from bzz.providers.sqlalchemy.broken_rows import related_rows
from bzz.providers.sqlalchemy.cascades import Cascade, cascades_of
from bzz.providers.sqlalchemy.loading import Visible, populated
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.operations import get
from bzz.providers.values import Address, Stored
from bzz.providers.writes import MAX_DEPENDENTS, MAX_LEVELS, TOO_MANY, Dependent
from bzz.schema.fields import Values


def dependent_classes(mapped_class: MappedClass) -> frozenset[type]:
    """Return the classes whose instances may be dependents of an instance of the class."""
    props = [prop for mapper in mapped_class.mapper.self_and_descendants for prop in mapper.relationships]
    return mapped_class.once("dependent classes", lambda: _reached(mapped_class, props))


def find_dependents(
    session: Session,
    mapped_class: MappedClass,
    address: Address,
    visible: Visible,
    *,
    mapped_class_of: Callable[[type], MappedClass],
    heard: Callable[[type], bool],
) -> Sequence[Dependent]:
    """Return the instances that SQLAlchemy changes or deletes together with the instance at ``address``.

    Instances of a class that bzz cannot serve are left out.

    Args:
        session: the session of the act.
        mapped_class: the class of the address.
        address: the address of the instance.
        visible: the instances that the model's hook shows.
        mapped_class_of: a function that returns the ``MappedClass`` of a class.
        heard: a function that tells whether a receiver listens to instances of a class. Instances through which no such
            instance is reached are left out.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
        Conflict: there are too many instances.
    """
    root = get(session, mapped_class, address, visible).instance
    search = Search(session, mapped_class, root, heard)
    for _ in range(MAX_LEVELS):
        if not search.level:
            return search.results(mapped_class_of)
        search.descend()
    raise Conflict(TOO_MANY)


class Search:
    """The search for the dependents of one instance, level by level.

    Args:
        session: the session of the act.
        mapped_class: the class that keeps the statements of the search.
        root: the instance.
        heard: see ``find_dependents``.

    Attributes:
        level: the deleted instances whose cascades were not followed yet.
    """

    def __init__(self, session: Session, mapped_class: MappedClass, root: Any, heard: Callable[[type], bool]) -> None:
        self.level = [root]
        self._session, self._mapped_class, self._heard = session, mapped_class, heard
        self._root = _identity(root)
        self._followed = {self._root}
        self._found: dict[Any, Any] = {}
        self._changes: dict[Any, Values | None] = {}

    def descend(self) -> None:
        """Follow the cascades of the level, with one statement for each relationship.

        Raises:
            Conflict: there are too many instances.
        """
        parents: defaultdict[RelationshipProperty[Any], list[Any]] = defaultdict(list)
        for instance in self.level:
            key = sa.inspect(instance).identity
            for prop in sa.inspect(instance).mapper.relationships:
                parents[prop].append(key[0] if len(key) == 1 else key)
        self.level = []
        for prop, keys in parents.items():
            if any(map(self._heard, _reached_by(self._mapped_class, prop))):
                for cascade in _cascades_of(self._mapped_class, prop):
                    self._follow(cascade, keys)

    def results(self, mapped_class_of: Callable[[type], MappedClass]) -> Sequence[Dependent]:
        """Return the dependents in the order in which they were found."""
        classes = {model: _served(model, mapped_class_of) for model in map(type, self._found.values())}
        return [
            Dependent(served.schema, Stored(instance, served.values(instance)), self._changes[key])
            for key, instance in self._found.items()
            if (served := classes[type(instance)]) is not None
        ]

    def _follow(self, cascade: Cascade, keys: Sequence[Any]) -> None:
        with related_rows():
            found = populated(self._session, cascade.statement, {"keys": keys})
        for instance in found:
            identity = _identity(instance)
            if identity == self._root:
                continue
            before, change = self._changes.get(identity, {}), cascade.change
            self._found[identity] = instance
            self._changes[identity] = None if before is None or change is None else before | change
            if cascade.is_recursive and identity not in self._followed:
                self._followed.add(identity)
                self.level.append(instance)
        if len(self._found) > MAX_DEPENDENTS:
            raise Conflict(TOO_MANY)


def _cascades_of(mapped_class: MappedClass, prop: RelationshipProperty[Any]) -> tuple[Cascade, ...]:
    return mapped_class.once(("cascades", prop), lambda: cascades_of(prop, MAX_DEPENDENTS + 1))


def _reached_by(mapped_class: MappedClass, prop: RelationshipProperty[Any]) -> frozenset[type]:
    return mapped_class.once(("reached", prop), lambda: _reached(mapped_class, [prop]))


def _reached(mapped_class: MappedClass, props: Sequence[RelationshipProperty[Any]]) -> frozenset[type]:
    """Return the classes whose instances the cascades of relationships may change or delete."""
    left, followed, found = [*props], {*props}, set[type]()
    while left:
        prop = left.pop()
        for cascade in _cascades_of(mapped_class, prop):
            mappers = [*cascade.mapper.self_and_descendants]
            found.update(mapper.class_ for mapper in mappers)
            if cascade.is_recursive:
                new = {inner for mapper in mappers for inner in mapper.relationships} - followed
                followed |= new
                left += new
    return frozenset(found)


def _identity(instance: Any) -> Any:
    """Return the identity of an instance in its session."""
    return sa.inspect(instance).key


def _served(model: type, mapped_class_of: Callable[[type], MappedClass]) -> MappedClass | None:
    """Return the ``MappedClass`` of a class, or None if bzz cannot serve the class."""
    try:
        return mapped_class_of(model)
    except TypeError:
        return None
