"""Updates and deletes that are tried again when another request wrote in between.

MongoDB locks nothing between a read and a write. A write therefore holds only if the document is still stored as it was
loaded (``saving``); if not, the document is loaded and written again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field

from mongoengine.errors import SaveConditionError

from bzz.exceptions import Conflict, NotFound
from bzz.providers.changes import Change
from bzz.providers.mongoengine import saving
from bzz.providers.mongoengine.documents import document_class_of
from bzz.providers.mongoengine.queries import at_address
from bzz.providers.values import ActState, Address, Stored
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

ATTEMPTS = 100  # of writes at once, each round lets at least one through
CONTENDED = "Other requests keep changing this instance; try again later."


def load(address: Address, state: ActState) -> Stored:
    """Return the document at ``address``, to be written, with MongoDB's own document as its ``origin``.

    Raises:
        NotFound: no such document exists, or the model's hook hides it.
    """
    for raw in at_address(address, state).as_pymongo():
        document = address.schema.model._from_son(deepcopy(raw))
        return Stored(document, document_class_of(address.schema.model).values(document), origin=raw)
    raise NotFound(NO_INSTANCE)


@dataclass(frozen=True, slots=True)
class Update:
    """One update of a document.

    Args:
        address: of the document.
        change: from its stored values to the new ones; applied again at each attempt.
        exact: whether all fields must be as ``change`` found them, rather than the written ones alone.
        state: of the act.
        given: names of the fields that the change set so far; ``run`` fills it.
    """

    address: Address
    change: Change
    exact: bool
    state: ActState
    given: set[str] = field(default_factory=set)

    def run(self, loaded: Stored | None) -> Stored:
        """Apply the change, save the document and return it.

        Raises:
            NotFound, Invalid, BzzError: as ``Provider.update``.
            Conflict: other requests won all of ``ATTEMPTS`` rounds.
        """
        document_class = document_class_of(self.address.schema.model)
        if loaded and document_class.values(loaded.instance) != loaded.values:
            loaded = None  # a receiver changed the document itself, and such a change is not stored
        for _ in range(ATTEMPTS):
            loaded = loaded or load(self.address, self.state)
            try:
                return self._save(loaded)
            except SaveConditionError:
                loaded = None  # the document was deleted, or a field that this update writes was changed
        raise Conflict(CONTENDED)

    def _save(self, loaded: Stored) -> Stored:
        schema, document, previous = self.address.schema, loaded.instance, loaded.values
        document_class, key = document_class_of(schema.model), document.pk
        changed = schema.changed(previous, self.change(previous))
        self.given.update(changed)
        document_class.assign(document, previous, changed)
        if schema.changed(previous, document_class.values(document)):
            saving.update(document, key, loaded.origin, _all_fields(schema) if self.exact else ())
        return Stored(document, document_class.values(document), previous=previous)


def delete(address: Address, check: Callable[[Values], None] | None, state: ActState) -> Stored:
    """Delete the document at ``address`` and return it as it was last.

    Args:
        address: of the document.
        check: raises if the stored values forbid the delete; called again at each attempt.
        state: of the act.

    Raises:
        NotFound, BzzError: as ``Provider.delete``.
        Conflict: other requests won all of ``ATTEMPTS`` rounds.
    """
    schema = address.schema
    for _ in range(ATTEMPTS):
        loaded = load(address, state)
        if check is not None:
            check(loaded.values)
        with suppress(SaveConditionError):  # the document was changed or deleted: load it again
            saving.delete(loaded.instance, loaded.origin, _all_fields(schema) if check else ())
            return loaded
    raise Conflict(CONTENDED)


def _all_fields(schema: Schema) -> list[str]:
    """Return MongoDB's names of the schema's fields."""
    return [schema.model._fields[name].db_field for name in schema.fields]
