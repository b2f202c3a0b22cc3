"""Functions that update and delete documents.

They try again if another request wrote in between. MongoDB locks nothing between a read and a write. A write
therefore succeeds only if the document is still stored as it was loaded (see ``saving``). Otherwise the document is
loaded and written again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from mongoengine.errors import SaveConditionError

from bzz.exceptions import Conflict
from bzz.providers.changes import Change
from bzz.providers.mongoengine import saving
from bzz.providers.mongoengine.documents import DocumentClasses
from bzz.providers.mongoengine.loading import load_stored
from bzz.providers.mongoengine.queries import find_stored
from bzz.providers.mongoengine.visibility import has_functions
from bzz.providers.values import ActState, Address, Stored
from bzz.schema.computed import computed_values
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

ATTEMPTS = 100  # of the writes that run at the same time, at least one succeeds in each round
CONTENDED = "Other requests keep changing this instance; try again later."


def load(address: Address, state: ActState, classes: DocumentClasses) -> Stored:
    """Return the document at ``address`` for a write.

    Its ``origin`` is the document as MongoDB stores it.

    Raises:
        NotFound: no such document exists, or the request may not see it.
    """
    found = load_stored(classes(address.schema.model), find_stored(address, state, classes))
    computed = computed_values(address.schema, found.instance, address.undefer)
    return replace(found, values={**found.values, **computed})


@dataclass(frozen=True, slots=True)
class Update:
    """One update of a document.

    Args:
        address: the address of the document.
        change: a function from the stored values to the new ones. Each attempt calls it again.
        exact: whether all fields must still be as ``change`` found them. If not, this applies only to the written
            fields.
        state: the state of the act.
        classes: the document classes of the provider.
    """

    address: Address
    change: Change
    exact: bool
    state: ActState
    classes: DocumentClasses

    def run(self, loaded: Stored | None) -> Stored:
        """Apply the change, save the document and return it.

        Raises:
            NotFound, Invalid, BzzError: see ``Provider.update``.
            Conflict: in each of the ``ATTEMPTS`` rounds, another request was faster.
        """
        if loaded:  # receivers have had its document; what they changed in it is not stored
            loaded = load_stored(self.classes(self.address.schema.model), loaded.origin)
        for _ in range(ATTEMPTS):
            loaded = loaded or load(self.address, self.state, self.classes)
            try:
                return self._save(loaded)
            except SaveConditionError:
                loaded = None  # another request deleted the document, or changed a field of this update
        raise Conflict(CONTENDED)

    def _save(self, loaded: Stored) -> Stored:
        schema, document = self.address.schema, loaded.instance
        previous = {**loaded.values, **computed_values(schema, document, self.address.undefer)}
        document_class, key = self.classes(schema.model), document.pk
        changed = schema.changed(previous, self.change(previous))
        document_class.assign(document, previous, changed)
        if schema.changed(previous, document_class.values(document)):
            saving.update(document, key, loaded.origin, _compared(schema, is_exact=self.exact))
        values = document_class.values(document)
        return Stored(document, values, previous=previous, is_broken=loaded.is_broken)


def delete(
    address: Address, check: Callable[[Values], None] | None, state: ActState, classes: DocumentClasses
) -> Stored:
    """Delete the document at ``address`` and return its last state.

    Args:
        address: the address of the document.
        check: a function that takes the stored values, and raises if the document must not be deleted. Each attempt
            calls it again.
        state: the state of the act.
        classes: the document classes of the provider.

    Raises:
        NotFound, BzzError: see ``Provider.delete``.
        Conflict: in each of the ``ATTEMPTS`` rounds, another request was faster.
    """
    schema = address.schema
    for _ in range(ATTEMPTS):
        loaded = load(address, state, classes)
        if check is not None:
            check(loaded.values)
        with suppress(SaveConditionError):  # another request changed or deleted the document: load it again
            saving.delete(loaded.instance, loaded.origin, _compared(schema, is_exact=check is not None))
            return loaded
    raise Conflict(CONTENDED)


def _compared(schema: Schema, *, is_exact: bool) -> list[str]:
    """Return MongoDB's names of the fields that must still be stored as they were loaded, besides the written ones.

    Hooks and scopes have decided over the loaded document, so all fields must be as they were then.
    """
    if not (is_exact or has_functions(schema)):
        return []
    return [schema.model._fields[name].db_field for name, _ in schema.changeable]
