"""``If-Match`` and ``If-None-Match``: the state that the stored instance must have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from bzz.exceptions import PreconditionFailed
from bzz.schema.etags import ANY_TAG, covered_by, etag
from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Precondition:
    """The conditions of a request on the stored instance (RFC 9110, section 13.1).

    Args:
        match: the entity tags of ``If-Match``. The instance must have one of these tags. ``*`` stands for any tag. None
            if there is no such condition.
        none_match: the entity tags of ``If-None-Match``. The instance must have none of these tags. None if there is no
            such condition.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def covered(self, schema: Schema) -> set[str]:
        """Return the names of the deferred fields that the entity tags cover. ``check`` needs their values."""
        if not schema.deferred:
            return set()
        tags = (self.match or frozenset()) | (self.none_match or frozenset())
        return {name for tag in tags for name in covered_by(schema, tag)}

    def check(self, schema: Schema, stored: Mapping[str, Any], changes: Collection[str] = ()) -> None:
        """Compare the conditions with stored values.

        Args:
            schema: the schema of the instance.
            stored: the stored values, with those of the ``covered`` fields.
            changes: the names of the fields that the request sets.

        Raises:
            PreconditionFailed: a condition does not hold. The reason may also be that the request sets a relation that
                no entity tag covers.
        """
        if self.match is not None and ANY_TAG not in self.match:
            held = [tag for tag in self.match if _is_of(tag, schema, stored)]
            if not held:
                self._refuse("If-Match does not hold: the instance has changed; read it again.", schema, stored)
            covered = {name for tag in held for name in covered_by(schema, tag)}
            relations = (schema.deferred - schema.computed).intersection(changes)
            if uncovered := sorted(map(schema.public_name, relations - covered)):
                names, way = ",".join(uncovered), "read the instance with ?fields="
                hidden = relations - schema.coverable
                way = "no tag does, so leave out If-Match" if hidden else f"{way}{names}"
                self._refuse(f"The entity tag of If-Match does not cover {names}; {way}.", schema, stored)
        if self.none_match is not None and any(
            tag == ANY_TAG or _is_of(tag, schema, stored) for tag in self.none_match
        ):
            self._refuse("If-None-Match does not hold: it excludes the stored instance.", schema, stored)

    def _refuse(self, detail: str, schema: Schema, stored: Mapping[str, Any]) -> NoReturn:
        raise PreconditionFailed(detail, headers={"ETag": etag(schema, stored, relations=self.covered(schema))})


def _is_of(tag: str, schema: Schema, stored: Mapping[str, Any]) -> bool:
    """Tell whether an entity tag is that of the stored values."""
    relations = covered_by(schema, tag) if schema.deferred else frozenset()
    return relations <= stored.keys() and etag(schema, stored, relations=relations) == tag
