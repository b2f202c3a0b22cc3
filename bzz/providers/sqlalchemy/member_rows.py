"""The rows of the members that join or leave a relation, locked and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.keys import key_from, one_of
from bzz.providers.sqlalchemy.locks import for_update
from bzz.providers.sqlalchemy.relationships import Relationship
from bzz.schema.composite_keys import join
from bzz.schema.errors import MAX_ERRORS

Found = Mapping[Any, Sequence[Any]]  # for each primary key of a member: values of some attributes


def find(session: Session, relation: Relationship, keys: Sequence[Any], attributes: Collection[str] = ()) -> Found:
    """Lock members, and return a dict from primary key to the values of the ``attributes``.

    A key without a member is left out.
    """
    key = relation.member_key
    columns = [getattr(relation.model, name) for name in attributes]
    statement: Any = sa.select(*key, *columns).where(one_of(key, keys)).order_by(*key)
    rows = session.execute(for_update(statement, relation.prop.mapper))
    return {key_from(row[: len(key)]): row[len(key) :] for row in rows}


def check_found(relation: Relationship, keys: Collection[Any], found: Collection[Any]) -> None:
    """Raise Invalid if a key is not among the keys that were ``found``."""
    missing = [_text(key) for key in keys if key not in found][:MAX_ERRORS]
    if missing:
        raise Invalid(errors={relation.name: [f"there is no {relation.model.__name__} {', '.join(missing)}"]})


def check_fixed(relation: Relationship, key: Any, values: Mapping[str, Any], fixed: Mapping[str, Any]) -> None:
    """Check the values that the primary key of a member fixes.

    Args:
        relation: the relation that the member joins.
        key: the primary key of the member.
        values: the values of the member's attributes.
        fixed: the values that the member must have to join.

    Raises:
        Invalid: the member has another value.
    """
    for name, value in fixed.items():
        if values[name] != value:
            raise Invalid(errors={relation.name: [f"{_text(key)} has another {name}, which is part of its key"]})


def _text(key: Any) -> str:
    return join(map(str, key)) if isinstance(key, tuple) else str(key)
