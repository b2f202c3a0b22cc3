"""Public names: the names of a model's fields in requests and replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bzz.schema.fields import Field


class Naming(Protocol):
    """The two directions of naming, as a schema has them."""

    def field_named(self, name: str) -> Field | None:
        """Return the field with the model's own name ``name``, or None."""

    def public_name(self, name: str) -> str:
        """Return the public name of the field with the model's own name ``name``."""


def by_public_name(fields: Mapping[str, Field], pk: str | None, public_names: Mapping[str, str]) -> dict[str, Field]:
    """Return a dict from public name to field.

    The primary key has the public name ``id``, and its own name. Any other field comes before it, if requests can reach
    that field. A field that requests cannot reach comes last.

    Args:
        fields: a dict from the model's own name of a field to the field.
        pk: the name of the primary key's field, or None.
        public_names: a dict from the model's own name of a renamed field to its public name.
    """
    found = {pk: fields[pk], "id": fields[pk]} if pk else {}
    for known in sorted(fields.values(), key=lambda known: not known.is_hidden):
        key = public_names.get(known.name, known.name)
        if not (known.is_hidden and key in found):
            found[key] = known
    return found


def public_errors(names: Naming, errors: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the errors of a provider under public names.

    Args:
        names: the schema of the instance.
        errors: a dict from dotted name to texts. A name begins with the model's own name of a field, or with ``id`` for
            the primary key.
    """
    public = {}
    for dotted, messages in errors.items():
        name, dot, inner = dotted.partition(".")
        known = names.field_named(name)
        public[f"{names.public_name(known.name) if known else name}{dot}{inner}"] = messages
    return public
