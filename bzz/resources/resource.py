"""The resource: the access to a model that its hives allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bzz.providers.base import Provider
from bzz.resources.options import METHODS, Requirement
from bzz.schema.fields import Field
from bzz.schema.schema import Schema

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
    """

    schema: Schema
    methods: frozenset[str] = frozenset((*METHODS, "HEAD"))
    per_page: int = 20
    max_per_page: int = 100
    max_body: int = 1_048_576
    authenticated: Authenticated = field(default_factory=dict)
    _inside: dict[Any, Resource] = field(default_factory=dict, init=False, repr=False, compare=False)

    def inside(self, schema: Schema) -> Resource:
        """Return the resource of embedded documents with ``schema``.

        It has the options of the parent's resource.
        """
        known = self._inside.get(schema.model)
        if known is None or known.schema is not schema:
            known = self._inside[schema.model] = replace(self, schema=schema)
        return known

    def for_plain_code(self, provider: Provider) -> Resource:
        """Return the resource for plain code: all fields and any page size."""
        schema = replace(provider.describe(self.schema.model), sort=self.schema.sort)
        return replace(self, schema=schema, max_per_page=2**31 - 1)

    def strictest(self, other: Resource) -> Resource:
        """Return the resource that allows only the requests that both resources allow.

        Args:
            other: a resource of the same model, or of a model that this model inherits from. Fields that ``other`` does
                not have do not change. The default order does not change.
        """
        fields = {
            name: _both(known, other.schema.fields.get(name, known)) for name, known in self.schema.fields.items()
        }
        return Resource(
            replace(self.schema, fields=fields),
            self.methods & other.methods,
            min(self.per_page, other.per_page),
            min(self.max_per_page, other.max_per_page),
            min(self.max_body, other.max_body),
            _all_of(self.authenticated, other.authenticated),
        )


def _both(one: Field, other: Field) -> Field:
    return replace(
        one,
        readable=one.readable and other.readable,
        insertable=one.insertable and other.insertable,
        updatable=one.updatable and other.updatable,
    )


def _all_of(one: Authenticated, other: Authenticated) -> Authenticated:
    """Return the requirements of both, each once."""
    pairs = {verb: (*one.get(verb, BY_POLICY), *other.get(verb, BY_POLICY)) for verb in {*one, *other}}
    return {verb: tuple(dict.fromkeys(both)) for verb, both in pairs.items()}
