"""Changes of instances: creations, updates and deletions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.providers.sqlalchemy.compared.conftest import ALL, Served
from tests.providers.sqlalchemy.compared.oracle import Row, World, json_of, shape_of
from tests.providers.sqlalchemy.compared.writes import Change, find


def deletions(served: Served, world: World) -> Iterator[Change]:
    for model in served.models:
        for row in [*world[model].values()][::5]:
            path = served.path(model, quote(row.id))
            yield Change("DELETE", path, None, partial(_delete, model=model, row=row))


def creations(served: Served, world: World) -> Iterator[Change]:
    """Yield a copy of a row of each class with values of its own, and a copy with nothing of its own."""
    for model in served.models:
        rows = [*world[model].values()]
        full = [row for row in rows if None not in row.shown.values()]
        for row in {one.id: one for one in (rows[0], *full[:1])}.values():
            for new in (served.new.get(model.__name__, {}), {}):
                yield _creation(served, model, row, new)


def _creation(served: Served, model: Any, row: Row, new: dict[str, Any]) -> Change:
    shape = shape_of(model)
    columns = [name for name in shape.columns if _is_settable(served, model, name)]
    references = {name: keys for name, keys in shape.references.items() if not {*keys} <= {*shape.key}}
    body = {
        shape.public(name): json_of(new[name]) if name in new else row.shown[shape.public(name)] for name in columns
    }
    for name, keys in references.items():
        body[name] = str(new[keys[0]]) if keys[0] in new else row.shown[name]

    def make(session: Session) -> None:
        old = find(session, model, row.id)
        attributes = {*columns, *(key for keys in references.values() for key in keys)}
        session.add(model(**{name: new[name] if name in new else getattr(old, name) for name in attributes}))

    return Change("POST", served.path(model), body, make)


def updates(served: Served, world: World) -> Iterator[Change]:
    """Yield changes of a row of each class, to the values of another row and to null."""
    for model in served.models:
        shape, [row, *others] = shape_of(model), world[model].values()
        columns = [name for name in shape.columns if name not in shape.key and _is_settable(served, model, name)]
        plain = [name for name in columns if not _column(model, name).unique]
        nullable = [name for name in columns if _column(model, name).nullable]
        for names in (plain, *([name] for name in columns if name not in plain)):
            yield _update(served, model, row, others[-1], names)
        required = [name for name in columns if not (_column(model, name).nullable or _column(model, name).default)]
        for names in (nullable, *([name] for name in required)):
            yield _update(served, model, row, None, names)
        for name, keys in shape.references.items():
            if not {*keys} <= {*shape.key}:
                for member in [None, *[one for one in world[shape.target(name)] if one != row.id][-2:]]:
                    make = partial(_set_reference, model=model, row=row, name=name, member=member)
                    for below in (ALL, served.alone(model)):
                        yield Change("PATCH", served.path(model, quote(row.id), below=below), {name: member}, make)


def _update(served: Served, model: Any, row: Row, other: Row | None, names: list[str]) -> Change:
    body = {name: other and other.shown[name] for name in names}
    make = partial(_set_columns, model=model, row=row, other=other, names=names)
    return Change("PATCH", served.path(model, quote(row.id)), body, make)


def _is_settable(served: Served, model: Any, name: str) -> bool:
    """Return whether a request may set a column when it creates an instance."""
    mapper, key = sa.inspect(model), shape_of(model).key
    is_generated = name in key and name not in served.new.get(model.__name__, {})
    return not is_generated and mapper.columns[name] is not mapper.polymorphic_on


def _column(model: Any, name: str) -> Any:
    return sa.inspect(model).columns[name]


def _delete(session: Session, model: Any, row: Row) -> None:
    session.delete(find(session, model, row.id))


def _set_columns(session: Session, model: Any, row: Row, other: Row | None, names: list[str]) -> None:
    instance, source = find(session, model, row.id), other and find(session, model, other.id)
    for name in names:
        setattr(instance, name, source and getattr(source, name))


def _set_reference(session: Session, model: Any, row: Row, name: str, member: str | None) -> None:
    setattr(find(session, model, row.id), name, find(session, shape_of(model).target(name), member))
