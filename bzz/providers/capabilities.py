"""The declaration of what a store can do."""

from __future__ import annotations

from dataclasses import dataclass

from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do.

    bzz refuses a request that needs anything else. Such a request does not reach the provider. The ``DataType`` of a
    field says how a list can be filtered and sorted by the field.

    Args:
        count: whether the store can count the instances on all pages of a list. If not, bzz answers ``count=true``
            with a 400.
        page: whether a page can begin after a given number of instances. If not, bzz answers ``page=2`` with a 400,
            and the links of a list contain cursors only.
        after: whether a page can begin at a cursor. If not, bzz answers ``after`` with a 400, and the links of a list
            contain page numbers.
        if_match: whether the store can compare a whole instance and write it in one step. If not, the reply to a
            write with ``If-Match`` or ``If-None-Match`` is a 501.
        sort: whether the store can sort a list. If not, bzz answers ``sort`` with a 400, and lists come in the store's
            own order, which must stay the same from page to page.
        token: whether a cursor contains the store's own token: ``Listing.token``. If not, it contains the values of an
            instance, in the order of the list.
        keys: the most values in one condition ``in`` or ``nin``. bzz answers a filter with more values with a 400, and
            asks for more keys in batches.
        transactions: whether ``write_all`` can store several writes at once. If not, a field can have no ``holder``.
        unique: whether the store refuses a second instance with the value of a unique field. If not, only the primary
            key can be unique.

    Raises:
        ValueError: no client could read the second page of a list. The reason may also be that a cursor has neither
            an order nor a token, or that ``keys`` is less than 1.
    """

    count: bool = True
    page: bool = True
    after: bool = True
    if_match: bool = True
    sort: bool = True
    token: bool = False
    keys: int = 1_000
    transactions: bool = False
    unique: bool = True

    def __post_init__(self) -> None:  # noqa: D105  # the docstring of the class says what it checks
        if not (self.page or self.after):
            raise ValueError("page and after are both False, so no client could read the second page of a list")
        if self.token and not self.after:
            raise ValueError("a token begins a page as a cursor does: with token=True, after must be True")
        if self.after and not (self.sort or self.token):
            raise ValueError("a cursor needs an order or a token: with sort=False, set token=True or after=False")
        if self.keys < 1:
            raise ValueError(f"keys must be 1 or more, not {self.keys}")

    def check(self, schema: Schema) -> None:
        """Raise TypeError if the store cannot do what ``schema`` asks for."""
        model, pk = schema.model.__name__, schema.fields[str(schema.pk)]
        for known in schema.fields.values():
            if known.holder is not None and not self.transactions:
                raise TypeError(
                    f"{model}.{known.name} is stored by rows of {known.holder.model.__name__}, which are written "
                    "together: it needs a store with Capabilities(transactions=True)"
                )
            if known.unique and known is not pk and not self.unique:
                raise TypeError(f"{model}.{known.name} cannot be unique: the store keeps only primary keys unique")
        if not (self.page or self.token or pk.type.sortable):
            raise TypeError(f"{model}.{pk.name} must be sortable: the store has no pages but those after a cursor")
