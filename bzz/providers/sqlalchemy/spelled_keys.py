"""Instances whose keys other programs have stored in another form than SQLAlchemy writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy.loading import Visible, load_all
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.queries import clause_of
from bzz.providers.values import Address

SPELLED = "The store keeps the key of this instance in a form that the application does not write; change it there."


def load_spelled(session: Session, mapped_class: MappedClass, address: Address, visible: Visible) -> Any:
    """Return the instance at ``address``, if its key is stored in another form. Return None if there is none.

    SQLAlchemy can read such an instance, but cannot change or delete it.
    """
    if not any(mapped_class.comparisons(address.field)):
        return None
    dialect = session.get_bind(mapped_class.mapper).dialect.name
    base = mapped_class.select_all if visible is None else visible
    clause = clause_of(mapped_class, Condition(address.field, "eq", address.key), dialect)
    return next(iter(load_all(session, mapped_class, base.where(clause))), None)
