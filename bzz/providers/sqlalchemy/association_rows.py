"""The rows of a many-to-many relation's association table."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.providers.sqlalchemy.keys import attribute_of, key_from, one_of
from bzz.providers.sqlalchemy.member_rows import check_fixed, check_found, find
from bzz.providers.sqlalchemy.relationships import Relationship, batches


def write_association_rows(
    session: Session, relation: Relationship, parent: Any, leaving: list[Any], joining: list[Any]
) -> None:
    """Delete the rows of the members that leave, and insert rows for the members that join.

    Raises:
        Invalid: a joining member does not exist, or it differs from the parent in a column that both share.
    """
    prop: Any = relation.prop
    table, where = prop.secondary, {"mapper": prop.parent}
    own = {column: getattr(parent, attribute_of(prop.parent, local)) for local, column in prop.synchronize_pairs}
    theirs = {column: attribute_of(prop.mapper, local) for local, column in prop.secondary_synchronize_pairs}
    leave = sa.delete(table).where(*(column == value for column, value in own.items()))
    for some in batches(leaving):
        values = [key_from(each) for each in find(session, relation, some, theirs.values()).values()]
        session.execute(leave.where(one_of([*theirs], values)), bind_arguments=where)
    names = [column.key for column in (*own, *theirs)]
    shared = {theirs[column]: value for column, value in own.items() if column in theirs}
    for some in batches(joining):
        found = find(session, relation, some, theirs.values())
        check_found(relation, some, found)
        for key, each in found.items():
            check_fixed(relation, key, dict(zip(theirs.values(), each, strict=True)), shared)
        rows = [dict(zip(names, (*own.values(), *each), strict=True)) for each in found.values()]
        session.execute(sa.insert(table), rows, bind_arguments=where)
