"""The resource: the access to a model that its hives allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bzz.resources.options import METHODS, Requirement
from bzz.schema.computed import has_property
from bzz.schema.fields import Field
from bzz.schema.inheritance import subclasses
from bzz.schema.schema import Schema

HOOKS = ("get_list_queryset", "get_instance_queryset")  # the methods of a model that hide instances
MAX_REPLY = 16 * 1024 * 1024  # bytes

Authenticated = Mapping[str, tuple[Requirement | None, ...]]
BY_POLICY = (None,)  # the requirements of a verb that a resource does not name


@dataclass(frozen=True)
class Resource:
    """The access to a model that requests have.

    Args:
        schema: the schema of the model, with restricted fields. Its ``sort`` is the default order of lists.
        methods: the methods that paths take.
        per_page: the number of instances on a page of a list.
        max_per_page: the largest page that a request may ask for.
        max_body: the longest body in bytes.
        authenticated: a dict from verb (``get``, ``create``, ``update``, ``delete``) to requirements. A request must
            meet all of them. None among them stands for the policy's own requirement. A verb that is not in the dict
            has this one alone.
        max_reply: the longest reply to a read in bytes.
        refused: verbs that the caller may not use on these instances.
        variants: the access to instances whose own class inherits from the model, by class. None for a class whose
            instances the caller may not see.
    """

    schema: Schema
    methods: frozenset[str] = frozenset((*METHODS, "HEAD"))
    per_page: int = 20
    max_per_page: int = 100
    max_body: int = 1_048_576
    authenticated: Authenticated = field(default_factory=dict)
    max_reply: int = MAX_REPLY
    refused: frozenset[str] = frozenset()
    variants: Mapping[type, Resource | None] = field(default_factory=dict)
    _inside: dict[Any, Resource] = field(default_factory=dict, init=False, repr=False, compare=False)

    def inside(self, schema: Schema) -> Resource:
        """Return the resource of embedded documents with ``schema``.

        It has the options of the parent's resource.
        """
        known = self._inside.get(schema.model)
        if known is None or known.schema is not schema:
            known = self._inside[schema.model] = replace(self, schema=schema, variants={})
        return known

    @property
    def senders(self) -> tuple[type, ...]:
        """The classes that instances of the model can have now, the model first."""
        return (self.schema.model, *dict.fromkeys(subclasses(self.schema.model)))

    @cached_property
    def is_narrowed(self) -> bool:
        """Whether hooks, scopes or variants may hide instances from the caller."""
        return bool(self.variants or self.schema.scopes) or any(hasattr(self.schema.model, hook) for hook in HOOKS)

    def with_variants(self, variants: Mapping[type, Resource | None]) -> Resource:
        """Return the resource with ``variants``. Its schema gets the schemas of the variants."""
        schemas = {model: None if variant is None else variant.schema for model, variant in variants.items()}
        return replace(self, schema=replace(self.schema, variants=schemas), variants=variants)

    def of_class(self, model: type) -> Resource:
        """Return the access to an instance whose own class is ``model``."""
        if self.variants:
            for base in model.__mro__:
                if (variant := self.variants.get(base)) is not None:
                    return variant
        return self

    def strictest(self, other: Resource) -> Resource:
        """Return the resource that allows only the requests that both resources allow.

        Args:
            other: a resource of the same model, or of a model that this model inherits from. Fields that ``other`` does
                not have do not change. The default order does not change. A method of the model makes the
                representations only if it does so for both.
        """
        fields = {name: _both(known, _other(known, other.schema)) for name, known in self.schema.fields.items()}
        scopes = dict.fromkeys((*self.schema.scopes, *other.schema.scopes))
        method = self.schema.represented_by if self.schema.represented_by == other.schema.represented_by else ""
        return Resource(
            replace(self.schema, fields=fields, scopes=tuple(scopes), represented_by=method),
            self.methods & other.methods,
            min(self.per_page, other.per_page),
            min(self.max_per_page, other.max_per_page),
            min(self.max_body, other.max_body),
            _all_of(self.authenticated, other.authenticated),
            min(self.max_reply, other.max_reply),
            self.refused | other.refused,
        )


def _other(known: Field, other: Schema) -> Field:
    """Return the field of another schema, which hides a property that it does not have as a field."""
    is_hidden = known.name not in other.fields and known.is_computed and has_property(other.model, known.name)
    return replace(known, readable=False) if is_hidden else other.fields.get(known.name, known)


def _both(one: Field, other: Field) -> Field:
    return replace(
        one,
        readable=one.readable and other.readable,
        insertable=one.insertable and other.insertable,
        updatable=one.updatable and other.updatable,
        filterable=one.filterable and other.filterable,
        is_fixed=one.is_fixed or other.is_fixed,
        is_shown=one.is_shown and other.is_shown,
        closed=one.closed | other.closed,
    )


def _all_of(one: Authenticated, other: Authenticated) -> Authenticated:
    """Return the requirements of both, each once."""
    pairs = {verb: (*one.get(verb, BY_POLICY), *other.get(verb, BY_POLICY)) for verb in {*one, *other}}
    return {verb: tuple(dict.fromkeys(both)) for verb, both in pairs.items()}
