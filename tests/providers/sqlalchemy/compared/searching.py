"""Lists that are sorted or filtered, each with the instances that SQLAlchemy's session finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.providers.sqlalchemy.compared.conftest import Served
from tests.providers.sqlalchemy.compared.oracle import identifier, json_of, keys, shape_of
from tests.providers.sqlalchemy.compared.reading import Expected

VALUES = 2  # of each column


def sorted_lists(served: Served, session: Session) -> Iterator[Expected]:
    for model in served.models:
        shape = shape_of(model)
        for name in shape.columns:
            for descending in (False, True):
                sort = f"{'-' * descending}{shape.public(name)}"
                yield _list(served, session, model, _sorted(model, name, descending=descending), sort=sort)
        last = sa.select(model).order_by(*(column.desc() for column in keys(model)))
        yield _list(served, session, model, last, sort="-id")


def filtered_lists(served: Served, session: Session) -> Iterator[Expected]:
    for model in served.models:
        shape = shape_of(model)
        for name in shape.columns:
            yield from _by_column(served, session, model, name)
        for name in shape.references:
            yield from _by_reference(served, session, model, name)


def lists_by_member(served: Served, session: Session) -> Iterator[Expected]:
    """Yield lists filtered by the members of relations. No list is filtered by a class whose subclasses have hives."""
    for model in served.models:
        for name, prop in shape_of(model).members.items():
            relation, target = getattr(model, name), shape_of(model).target(name)
            if len([*prop.mapper.self_and_descendants]) > 1:
                continue
            member = session.scalars(sa.select(target).order_by(*keys(target)).limit(1)).one()
            is_member = sa.and_(*(column == getattr(member, column.key) for column in keys(target)))
            found, have = (
                _all(model).where(relation.any(one) if prop.uselist else relation.has(one)) for one in (is_member, None)
            )
            some = {f"{name}__contains" if prop.uselist else name: identifier(target, member)}
            for statement, parameters in ((found, some), (have, {f"{name}__exists": "true"})):
                path, expected = _list(served, session, model, statement, per_page=100, **parameters)
                yield path, expected


def _by_column(served: Served, session: Session, model: Any, name: str) -> Iterator[Expected]:
    column, public = getattr(model, name), shape_of(model).public(name)
    for value in [*session.scalars(sa.select(column).distinct().order_by(column).limit(VALUES))]:
        parameters = {f"{public}__exists": "false"} if value is None else {public: _text(value)}
        yield _list(served, session, model, _all(model).where(column == value), per_page=100, **parameters)


def _by_reference(served: Served, session: Session, model: Any, name: str) -> Iterator[Expected]:
    relation, target = getattr(model, name), shape_of(model).target(name)
    for member in [None, *session.scalars(sa.select(target).order_by(*keys(target)).limit(VALUES))]:
        parameters = {f"{name}__exists": "false"} if member is None else {name: identifier(target, member)}
        yield _list(served, session, model, _all(model).where(relation == member), per_page=100, **parameters)


def _list(served: Served, session: Session, model: Any, statement: Any, **parameters: Any) -> Expected:
    """Return the path of a list of identifiers, and the identifiers that a statement finds."""
    found = [{"id": identifier(model, one)} for one in session.scalars(statement).unique()]
    return f"{served.path(model)}?{urlencode({'fields': 'id', **parameters})}", found


def _all(model: Any) -> Any:
    return sa.select(model).order_by(*keys(model))


def _sorted(model: Any, name: str, *, descending: bool) -> Any:
    """Return the statement that sorts a class by a column: nulls first or, descending, last."""
    column = getattr(model, name)
    is_null = sa.case((column.is_(None), int(descending)), else_=int(not descending))
    return sa.select(model).order_by(is_null, column.desc() if descending else column.asc(), *keys(model))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(json_of(value))
