"""Changes of relations: members that join and leave, by paths and by bodies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from tests.providers.sqlalchemy.compared.conftest import UNSTORED, Served
from tests.providers.sqlalchemy.compared.oracle import Row, World, shape_of
from tests.providers.sqlalchemy.compared.writes import Change, find


def to_many(served: Served, world: World) -> Iterator[Change]:
    """Yield members that join and leave each list, and lists that are set by bodies."""
    for model in served.models:
        for name, prop in shape_of(model).members.items():
            if not prop.uselist:
                continue
            for row in _parents(world, model, name):
                yield from _list_changes(served, world, model, row, name)


def _list_changes(served: Served, world: World, model: Any, row: Row, name: str) -> Iterator[Change]:
    target, members = shape_of(model).target(name), row.related[name]
    outside = [one for one in world[target] if one not in members and one != row.id]
    path = served.path(model, quote(row.id), name)
    is_open, is_owner = _is_open(model, name), shape_of(model).members[name].cascade.delete_orphan
    for some in filter(None, (outside[:1], outside[-2:])):
        make = partial(_change, model=model, row=row, name=name, joining=some, leaving=[])
        yield Change("POST", path, {name: some}, make if is_open else None)
    for one in members[:2]:
        make = partial(_change, model=model, row=row, name=name, joining=[], leaving=[one])
        yield Change("DELETE", f"{path}/{quote(one)}", None, make if is_open or is_owner else None)
    make = partial(_change, model=model, row=row, name=name, joining=outside[:1], leaving=members[:1])
    body = {name: [*members[1:], *outside[:1]]}
    is_plain = shape_of(model).members[name].secondary is not None and not _association(served, model, name)
    yield Change("PATCH", served.path(model, quote(row.id)), body, make if is_plain and is_open else None)


def to_one(served: Served, world: World) -> Iterator[Change]:
    """Yield members that take the place of others, and members that leave, by the paths of relations to one."""
    for model in served.models:
        shape = shape_of(model)
        for name in [*shape.references, *(name for name, prop in shape.members.items() if not prop.uselist)]:
            for row in [[*world[model].values()][index] for index in (1, -1)]:
                path, target = served.path(model, quote(row.id), name), shape.target(name)
                fixed = {*shape.references.get(name, "?")} <= {*shape.key}
                held, mirror = (row.shown | row.related)[name], getattr(model, name).property.back_populates
                for member in [one for one in world[target] if one not in (held, row.id)][::7]:
                    make = partial(_set, model=model, row=row, name=name, member=member)
                    is_taken = isinstance(world[target][member].related.get(str(mirror)), str)
                    yield Change("POST", path, {name: member}, None if fixed or is_taken else make)
                make = partial(_set, model=model, row=row, name=name, member=None)
                yield Change("DELETE", path, None, None if fixed or held is None else make)


def unstored(served: Served, world: World) -> Iterator[Change]:
    """Yield changes of relations whose members, or whose rows, have a class without a hive. All must be refused."""
    for model in served.models:
        for name in shape_of(model).members:
            target, row = shape_of(model).target(name), next(iter(world[model].values()))
            some = {name: [*world[target]][:3]}
            families = [served.alone(model)] if target is not model else []
            families += [UNSTORED] if _association(served, model, name) else []
            for below in families:
                yield Change("POST", served.path(model, quote(row.id), name, below=below), some)
                yield Change("PATCH", served.path(model, quote(row.id), below=below), some)
                for member in row.related[name] or []:
                    yield Change("DELETE", served.path(model, quote(row.id), name, quote(member), below=below), None)


def _is_open(model: Any, name: str) -> bool:
    """Return whether members may join or leave: not if it is view-only, or part of the key of a member."""
    prop = shape_of(model).members[name]
    is_identity = prop.secondary is None and any(key in prop.mapper.primary_key for _, key in prop.synchronize_pairs)
    return not (prop.viewonly or is_identity)


def _association(served: Served, model: Any, name: str) -> bool:
    """Return whether a class maps the table of a many-to-many relation."""
    secondary = shape_of(model).members[name].secondary
    return any(one.__table__ is secondary for one in served.models)


def _change(session: Session, *, model: Any, row: Row, name: str, joining: list[str], leaving: list[str]) -> None:
    parent, target = find(session, model, row.id), shape_of(model).target(name)
    members = getattr(parent, name)
    for one in leaving:
        members.remove(find(session, target, one))
    for one in joining:
        members.append(find(session, target, one))


def _set(session: Session, model: Any, row: Row, name: str, member: str | None) -> None:
    parent, target = find(session, model, row.id), shape_of(model).target(name)
    if name in shape_of(model).members:
        setattr(parent, name, None)
        session.flush()  # or the one that joins may be written first, while the other still holds the unique key
    setattr(parent, name, find(session, target, member))


def _parents(world: World, model: Any, name: str) -> list[Row]:
    rows = sorted(world[model].values(), key=lambda row: -len(row.related[name]))
    return [rows[0], rows[-1]]
