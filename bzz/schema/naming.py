"""Public names: the names of a model's fields in requests and replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import cached_property

from bzz.schema.fields import Field
from bzz.schema.scalars import Scalar


class NamedFields:
    """The fields of a model by their two names: the model's own name, and the public name.

    Attributes:
        fields: a dict from the model's own name of a field to the field.
        pk: the name of the primary key's field, or None.
        public_names: a dict from the model's own name of a renamed field to its public name.
        fills_fields: whether the model's own code may give values to required fields of a new instance.
    """

    fields: Mapping[str, Field]
    pk: str | None
    public_names: Mapping[str, str]
    fills_fields: bool

    def field_for(self, key: str) -> Field | None:
        """Return the field with the public name ``key``, or None.

        The model's own name of the primary key is a public name, too, unless another field has it.
        """
        return self._by_public_name.get(key)

    def field_named(self, name: str) -> Field | None:
        """Return the field with the model's own name ``name``, or None.

        ``id`` means the primary key unless the model has another field of this name.
        """
        return self.fields.get(name) or (self.fields.get(self.pk) if name == "id" and self.pk else None)

    def public_name(self, name: str) -> str:
        """Return the public name of the field with the model's own name ``name``."""
        if name == self.pk:
            return "id" if self._by_public_name["id"].name == name else name
        return self.public_names.get(name, name)

    @cached_property
    def _by_public_name(self) -> dict[str, Field]:
        return by_public_name(self.fields, self.pk, self.public_names)

    @cached_property
    def readable(self) -> tuple[tuple[str, Field], ...]:
        """The readable fields as pairs of public name and field."""
        return tuple((self.public_name(f.name), f) for f in self.fields.values() if f.readable and not f.is_internal)

    @cached_property
    def deferred(self) -> frozenset[str]:
        """The names of the deferred fields."""
        return frozenset(f.name for f in self.fields.values() if f.deferred)

    @cached_property
    def is_flat(self) -> bool:
        """Whether no value has parts, unless a deferred field is loaded."""
        return all(isinstance(f.type, Scalar) for f in self.fields.values() if not f.deferred)

    @cached_property
    def coverable(self) -> frozenset[str]:
        """The names of the deferred fields that an entity tag may cover.

        A tag must not tell of members that the request may not see. So it covers no field by which requests may not
        filter, and no value that the model computes.
        """
        known = (self.fields[name] for name in self.deferred - self.computed)
        return frozenset(f.name for f in known if f.readable and f.filterable)

    @cached_property
    def computed(self) -> frozenset[str]:
        """The names of the fields whose values the model computes."""
        return frozenset(f.name for f in self.fields.values() if f.is_computed)

    @cached_property
    def changeable(self) -> tuple[tuple[str, Field], ...]:
        """The fields that a write can change, with their names."""
        return tuple((name, known) for name, known in self.fields.items() if known.has_setter or not known.is_computed)

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """The names of the computed fields that each reply shows unless the request names others."""
        return tuple(f.name for f in self.fields.values() if f.is_shown and f.readable)

    @cached_property
    def sharing(self) -> tuple[Field, ...]:
        """The fields that have a part in common with another field."""
        count = Counter(part for f in self.fields.values() for part in f.stored_in)
        return tuple(f for f in self.fields.values() if any(count[part] > 1 for part in f.stored_in))

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """The fields of which a request must give a value if it creates an instance.

        If the model's own code may give the values, only the store can tell which fields have none.
        """
        if self.fills_fields:
            return ()
        return tuple(f for f in self.fields.values() if f.required and f.insertable and not f.is_internal)


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
        if not (known.is_internal or (known.is_hidden and key in found)):
            found[key] = known
    return found


def public_errors(
    schema: NamedFields, errors: Mapping[str, list[str]], given: Collection[str] | None = None
) -> dict[str, list[str]]:
    """Return the errors of a provider under public names.

    Args:
        schema: the schema of the instance.
        errors: a dict from dotted name to texts. A name begins with the model's own name of a field, or with ``id`` for
            the primary key.
        given: the model's own names of the fields that a request sets. The errors of other fields are left out if
            requests cannot read these fields. None keeps all errors.
    """
    public = {}
    for dotted, messages in errors.items():
        name, dot, inner = dotted.partition(".")
        known = schema.field_named(name)
        if given is not None and known is not None and not known.readable and known.name not in given:
            continue
        public[f"{schema.public_name(known.name) if known else name}{dot}{inner}"] = messages
    return public
