"""How each model may be reached: what the options of its hives leave, wherever a path or an expansion leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bzz.providers.base import Provider
from bzz.resources.options import METHODS
from bzz.schema.fields import Field
from bzz.schema.schema import Schema


@dataclass(frozen=True)
class Resource:
    """A model as requests may reach it.

    Args:
        schema: what it looks like; its ``sort`` is the default order of lists.
        methods: the verbs its paths take.
        per_page: how many instances a page of a list holds.
        max_per_page: how many a request may ask for.
        max_body: how many bytes a body may have.
        authenticated: whether requests take a signed-in user, for those of ``get``, ``create``, ``update`` and
            ``delete`` of which it is not for the application to say.
    """

    schema: Schema
    methods: frozenset[str] = frozenset((*METHODS, "HEAD"))
    per_page: int = 20
    max_per_page: int = 100
    max_body: int = 1_048_576
    authenticated: Mapping[str, bool] = field(default_factory=dict)
    _inside: dict[Any, Resource] = field(default_factory=dict, init=False, repr=False, compare=False)

    def inside(self, schema: Schema) -> Resource:
        """Return the resource of documents with ``schema`` inside these instances: their options are the same."""
        if schema.model not in self._inside:
            self._inside[schema.model] = replace(self, schema=schema)
        return self._inside[schema.model]

    def trusting(self, provider: Provider) -> Resource:
        """Return the model as plain code may reach it: all of it, listed just so."""
        schema = replace(provider.describe(self.schema.model), sort=self.schema.sort)
        return replace(self, schema=schema, max_per_page=2**31 - 1)

    def strictest(self, other: Resource) -> Resource:
        """Return what both this view and another, of the same model or one it inherits from, allow.

        Fields that only this one has, and the order, are as they are here.
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
            _strictest(self.authenticated, other.authenticated),
        )


def _both(one: Field, other: Field) -> Field:
    return replace(
        one,
        readable=one.readable and other.readable,
        insertable=one.insertable and other.insertable,
        updatable=one.updatable and other.updatable,
    )


def _strictest(one: Mapping[str, bool], other: Mapping[str, bool]) -> Mapping[str, bool]:
    """Return what takes a user if either says so, and takes none if both do; the rest is for the application to say."""
    pairs = {verb: (one.get(verb), other.get(verb)) for verb in {*one, *other}}
    return {verb: True in said for verb, said in pairs.items() if True in said or None not in said}
