"""The interface through which paths, ``expand`` and references find the models that a caller may reach."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from bzz.providers.base import Provider
from bzz.providers.visibility import function_of
from bzz.resources.resource import HOOKS, Resource
from bzz.schema.fields import Field
from bzz.schema.inheritance import subclasses
from bzz.schema.relations import reference_of
from bzz.schema.schema import Schema


class Reach(ABC):
    """The models that one caller may reach, each with the caller's access to it."""

    @abstractmethod
    def find(self, model: type) -> Resource | None:
        """Return the access to ``model`` through another model. Return None if the caller may not reach it."""

    def members(self, known: Field) -> Resource | None:
        """Return the access to the members of a relation. Return None if the caller may not reach them.

        Args:
            known: the field of the relation.
        """
        kind = reference_of(known)
        return self.find(kind.model) if kind else None

    def between(self, known: Field) -> Resource | None:
        """Return the access to the rows of an association table that store a relation.

        Return None if no such rows store the relation, or if the caller may not reach them.
        """
        kind = reference_of(known)
        is_between = kind is not None and known.holder is not None and known.holder.model is not kind.model
        return self.find(known.holder.model) if is_between and known.holder else None

    def serves(self, model: type) -> bool:
        """Tell whether a foreign key that no relation shows is checked as a reference to ``model``."""
        return self.find(model) is not None

    def referred(self, model: type, provider: Provider) -> Schema:
        """Return the schema of the instances of ``model`` that a write may refer to.

        A caller may refer to instances of a model that the caller may not reach. Then only the model's own hooks hide
        instances.
        """
        resource = self.find(model)
        return provider.describe(model) if resource is None else resource.schema


class PlainReach(Reach):
    """The models that plain code may reach: all models, with all their fields.

    Args:
        provider: the provider of the models.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._resources: dict[type, Resource] = {}

    def find(self, model: type) -> Resource:
        """Return the access to ``model``."""
        if model not in self._resources:
            self._resources[model] = self.full(Resource(self._provider.describe(model)))
        return self._resources[model]

    def serves(self, model: type) -> bool:  # noqa: ARG002
        """Return False: the store itself checks the foreign keys that plain code writes."""
        return False

    def full(self, resource: Resource) -> Resource:
        """Return ``resource`` with all fields, any page size, and the same default order and required fields."""
        model, names = resource.schema.model, {known.name for known in resource.schema.required}
        schema = self._provider.describe(model)
        fields = {name: replace(known, required=name in names) for name, known in schema.fields.items()}
        schema = replace(schema, fields=fields, sort=resource.schema.sort)
        hooked = (inner for inner in subclasses(model) if has_other_hooks(inner, model))
        variants = {inner: replace(resource, schema=replace(schema, model=inner)) for inner in hooked}
        return replace(resource, schema=schema, max_per_page=2**31 - 1).with_variants(variants)


def has_other_hooks(model: type, base: type) -> bool:
    """Tell whether a hook that hides instances of ``model`` differs from the hook of its base class.

    The class may define the hook itself or inherit it from a mixin.
    """
    return any(function_of(getattr(model, hook, None)) is not function_of(getattr(base, hook, None)) for hook in HOOKS)
