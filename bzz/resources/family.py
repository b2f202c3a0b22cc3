"""Families: the hives of one API, and the access to each model that they give together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property, reduce
from typing import Protocol

from bzz.providers.base import Provider
from bzz.resources.reach import Reach, has_other_hooks
from bzz.resources.resource import HOOKS, Resource
from bzz.schema.fields import Field, Holder
from bzz.schema.inheritance import subclasses
from bzz.schema.relations import reference_of
from bzz.schema.schema import Schema

MAX_REACHES = 100  # kept for each family; checks may deny in many combinations
Denied = frozenset[tuple[type, str]]  # pairs of a class and a verb that the caller may not use on its instances


class Served(Protocol):
    """A hive, as a family sees it.

    Attributes:
        model: the model.
        provider: the provider of the model.
        is_main: whether this hive alone decides how the model is reached through other models.
    """

    model: type
    provider: Provider
    is_main: bool

    @property
    def resource(self) -> Resource:
        """The access to the model that the hive's options allow."""


class Family:
    """The hives of one API. Requests to one of them reach the models of all of them, and no other model.

    Args:
        hives: the hives. Several hives may have the same model.

    Raises:
        ValueError: two hives of the same model are marked as the main hive.
    """

    def __init__(self, hives: Iterable[Served]) -> None:
        self._hives: dict[type, list[Served]] = {}
        for hive in hives:
            self._hives.setdefault(hive.model, []).append(hive)
        for model, held in self._hives.items():
            if sum(hive.is_main for hive in held) > 1:
                raise ValueError(f"only one hive of {model.__name__} can have main=True")
        self._reaches: dict[Denied, FamilyReach] = {}
        self._access: dict[type, Resource | None] = {}

    def reach(self, denied: Denied = frozenset()) -> FamilyReach:
        """Return the models that a caller may reach.

        Args:
            denied: pairs of a class in ``guarded`` and a verb that the caller may not use.
        """
        if denied not in self._reaches:
            if len(self._reaches) >= MAX_REACHES:
                self._reaches.clear()
            self._reaches[denied] = FamilyReach(self, denied)
        return self._reaches[denied]

    @cached_property
    def guarded(self) -> Mapping[type, Resource]:
        """The access to each class with a hive that inherits from another class with a hive."""
        inner = (model for model in self._hives if any(base in self._hives for base in model.__mro__[1:]))
        return {model: access for model in inner if (access := self.access(model))}

    def access(self, model: type) -> Resource | None:
        """Return the access to ``model`` that its hives allow together. Return None if it has no hive.

        The main hive decides. Without a main hive, a request must be allowed by all hives.
        """
        if model not in self._access:
            held = self._hives.get(model, [])
            deciding = [hive for hive in held if hive.is_main] or held
            resources = [hive.resource for hive in deciding]
            self._access[model] = reduce(Resource.strictest, resources) if resources else None
        return self._access[model]


class FamilyReach(Reach):
    """The models of a family that one caller may reach.

    Args:
        family: the family.
        denied: see ``Family.reach``.
    """

    def __init__(self, family: Family, denied: Denied) -> None:
        self._family, self._denied = family, denied
        self._found: dict[type, Resource | None] = {}
        self._roots: dict[Served, Resource] = {}
        self._members: dict[tuple[type, str], Resource] = {}

    def find(self, model: type) -> Resource | None:
        """Return the access to ``model`` through another model."""
        if model not in self._found:
            access = self._family.access(model)
            self._found[model] = access and self._within_family(access)
        return self._found[model]

    def members(self, known: Field) -> Resource | None:
        """Return the access to the members of a relation.

        A member is left out if the hive of its own class hides the reference that stores the relation.
        """
        resource, holder = super().members(known), known.holder
        if resource is None or holder is None or holder.field is None or holder.model is not resource.schema.model:
            return resource
        key = holder.model, holder.field
        if key not in self._members:
            variants = {
                inner: variant if variant and variant.schema.fields[holder.field].readable else None
                for inner, variant in resource.variants.items()
            }
            self._members[key] = resource.with_variants(variants) if variants != resource.variants else resource
        return self._members[key]

    def root(self, hive: Served) -> Resource:
        """Return the access to the model of ``hive`` through the hive's own routes."""
        if hive not in self._roots:
            self._roots[hive] = self._within_family(hive.resource)
        return self._roots[hive]

    def _within_family(self, resource: Resource) -> Resource:
        """Return ``resource`` without the relations that the other hives close, and with its variants."""
        model = resource.schema.model
        variants = {
            inner: self._variant(resource, inner)
            for inner in subclasses(model)
            if self._family.access(inner) is not None or has_other_hooks(inner, model)
        }
        hidden = {
            name
            for variant in variants.values()
            for name, known in (variant.schema.fields if variant else {}).items()
            if not known.readable
        }
        fields = {name: self._closed(known) for name, known in resource.schema.fields.items()}
        fields |= {name: replace(fields[name], filterable=False) for name in hidden & fields.keys()}
        closed = replace(resource, schema=replace(resource.schema, fields=fields))
        return closed.with_variants(
            {inner: variant and replace(variant, schema=self._schema(variant)) for inner, variant in variants.items()}
        )

    def _variant(self, resource: Resource, inner: type) -> Resource | None:
        """Return the access to instances of the class ``inner`` that are reached as instances of its base class.

        Return None if the caller may not read them.
        """
        outer = resource.schema.model
        bases = [model for model in inner.__mro__ if issubclass(model, outer) and model is not outer]
        own = [(model, access) for model in bases if (access := self._family.access(model))]
        if any("GET" not in access.methods or (model, "get") in self._denied for model, access in own):
            return None
        variant = reduce(Resource.strictest, (access for _, access in own), resource)
        refused = {verb for model, _ in own for verb in ("create", "update", "delete") if (model, verb) in self._denied}
        return replace(variant, schema=replace(variant.schema, model=inner), refused=frozenset(refused))

    def _schema(self, variant: Resource) -> Schema:
        fields = {name: self._closed(known) for name, known in variant.schema.fields.items()}
        return replace(variant.schema, fields=fields)

    def _closed(self, known: Field) -> Field:
        """Return a field with the access that the class on the other side of its relation leaves."""
        kind = reference_of(known)
        if kind is None or not known.deferred:
            return known
        other = self._family.access(kind.model)
        if other is None:
            return _with_access(known, readable=False)
        holder = known.holder
        rows = self._family.access(holder.model) if holder else other
        is_hiding = self._is_narrowed(kind.model, other) or (holder is not None and self._hides(holder))
        if is_hiding or any("GET" not in one.methods for one in (other, rows) if one):
            known = replace(known, filterable=False)  # a filter must not tell of hidden members
        if holder is None:
            mirror = other.schema.fields.get(str(known.mirror))
            return _with_access(known, writable=mirror is None or not mirror.is_fixed)
        if rows is not None and holder.model is not kind.model:
            is_hiding = self._hides(holder) or self._is_narrowed(holder.model, rows, HOOKS[:1])
            known = _with_access(known, readable=not is_hiding)
        return _closed_by_holder(known, holder, kind.model, rows)

    def _hides(self, holder: Holder) -> bool:
        """Tell whether the hive of a subclass hides a reference in the rows that store a relation."""
        held = [found for one in subclasses(holder.model) if (found := self._family.access(one))]
        stored = (one.schema.fields.get(name) for one in held for name in (holder.field, holder.member_field) if name)
        return any(known is not None and not known.readable for known in stored)

    def _is_narrowed(self, model: type, access: Resource, hooks: Iterable[str] = HOOKS) -> bool:
        """Tell whether a caller may be unable to see some instances of ``model``.

        Args:
            model: the model.
            access: the access to it.
            hooks: the names of the hooks that may hide instances.
        """
        inner = [*subclasses(model)]
        held = [found for one in inner if (found := self._family.access(one))]
        is_hiding = any(one.schema.scopes or "GET" not in one.methods or "get" in one.authenticated for one in held)
        is_hooked = any(hasattr(model, hook) for hook in hooks) or any(has_other_hooks(one, model) for one in inner)
        return bool(access.schema.scopes) or is_hiding or is_hooked


def _closed_by_holder(known: Field, holder: Holder, member: type, rows: Resource | None) -> Field:
    """Return a relation's field with the access that the rows leave that store the relation.

    Args:
        known: the field.
        holder: these rows.
        member: the class of the members.
        rows: the access to the class of these rows; None without a hive.
    """
    if rows is None:
        return _with_access(known, writable=False)
    names = [name for name in (holder.field, holder.member_field) if name]
    stored = [rows.schema.fields[name] for name in names]
    are_made = holder.model is not member  # rows of an association table are created, not updated
    is_open = all(one.insertable if are_made else one.updatable or _may_leave(holder, one) for one in stored)
    is_complete = len(names) == (2 if are_made else 1)
    shown = [*stored, *(rows.schema.fields[name] for name in holder.columns)]
    return _with_access(known, readable=all(one.readable for one in shown), writable=is_open and is_complete)


def _may_leave(holder: Holder, reference: Field) -> bool:
    """Tell whether members may leave although their reference to the parent cannot change: they are deleted then."""
    return holder.is_owner and not reference.is_fixed


def _with_access(known: Field, *, readable: bool = True, writable: bool = True) -> Field:
    writable = writable and readable
    return replace(
        known,
        readable=known.readable and readable,
        insertable=known.insertable and writable,
        updatable=known.updatable and writable,
    )
