"""The writes that a provider performs together in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bzz.providers.changes import Change
from bzz.providers.values import Address, Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

MAX_DEPENDENTS = 10_000
MAX_LEVELS = 100  # each level takes a query for each relation
TOO_MANY = "Too many other instances depend on this one; delete some of them first."


@dataclass(frozen=True, slots=True)
class Create:
    """The arguments of ``Provider.create``."""

    schema: Schema
    data: Values


@dataclass(frozen=True, slots=True)
class Update:
    """The arguments of ``Provider.update``."""

    address: Address
    change: Change
    loaded: Stored | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """The arguments of ``Provider.delete``."""

    address: Address
    check: Callable[[Values], None] | None = None
    loaded: Stored | None = None


Write = Create | Update | Delete


@dataclass(frozen=True, slots=True)
class Dependent:
    """An instance that the ORM changes or deletes together with another instance.

    Args:
        schema: the schema of the instance's own class.
        stored: the instance as it is now.
        change: the new values of its changed fields. None if the instance is deleted.
    """

    schema: Schema
    stored: Stored
    change: Values | None
