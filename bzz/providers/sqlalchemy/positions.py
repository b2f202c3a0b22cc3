"""The position at which a page ends, for orders in which the typed values of its last row do not tell it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.pages import Page
from bzz.providers.sqlalchemy.stored_values import as_stored, is_exact
from bzz.providers.stored_json import to_json
from bzz.providers.values import Query, Stored
from bzz.schema.fields import Values
from bzz.schema.types import comes_back


def position_of(session: Session, mapped_class: MappedClass, query: Query, last: Stored, page: Page) -> Values | None:
    """Return the ``position`` of a ``Listing``.

    Query the store only if the typed values do not tell the place of the last item. Return None if nothing tells it.

    Args:
        session: the session of the items.
        mapped_class: the class of the items.
        query: the query of the list.
        last: the last item.
        page: the statements of the page.
    """
    dialect, pk = session.get_bind(mapped_class.mapper).dialect.name, str(mapped_class.schema.pk)
    order = [name for name, _ in query.order(mapped_class.schema)]
    names = [name for name in order if last.is_broken or not _tells(mapped_class, name, last.values[name], dialect)]
    if not names:
        return {}
    columns = mapped_class.once(("position", dialect, *names), lambda: _columns(mapped_class, names, dialect))
    statement = sa.select(*columns).where(mapped_class.equals(pk))
    row = session.execute(statement, mapped_class.parameters(pk, last.values[pk])).first()
    if row is None and pk in names:  # other programs have written the key in another form
        statement = page.select.with_only_columns(*columns).limit(1).offset(query.skip + query.per_page - 1)
        row = session.execute(statement, page.parameters).first()
    if row is None:  # it was deleted
        return None if pk in names else {}
    parts = iter(map(to_json, row))
    values = {name: [next(parts) for _ in mapped_class.attributes(name)] for name in names}
    return {name: held[0] if len(held) == 1 else held for name, held in values.items()}


def _columns(mapped_class: MappedClass, names: list[str], dialect: str) -> list[Any]:
    columns = [column for name in names for column in mapped_class.columns(name)]
    return [as_stored(column, dialect).label(f"part{index}") for index, column in enumerate(columns)]


def _tells(mapped_class: MappedClass, name: str, value: Any, dialect: str) -> bool:
    """Return whether the typed value of a field tells where its row stands."""
    columns = mapped_class.columns(name)
    are_exact = mapped_class.once(("exact", name, dialect), lambda: all(is_exact(one.type, dialect) for one in columns))
    return are_exact and comes_back(mapped_class.schema.fields[name].type, value)
