"""How each model may be reached: what the options of its hives leave, wherever a path or an expansion leads to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from bzz.interfaces import Provider
from bzz.resources import Field, Resource
from bzz.routing import Path, parse

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_hives: dict[Any, list[Callable[[], View]]] = {}
_views: dict[Any, View] = {}  # what was made of them so far


@dataclass(frozen=True)
class View:
    """A model as requests may reach it.

    Args:
        resource: what it looks like; its ``sort`` is the default order of lists.
        methods: the verbs its paths take.
        per_page: how many instances a page of a list holds.
        max_per_page: how many a request may ask for.
        max_body: how many bytes a body may have.
        authenticated: whether requests take a signed-in user, for those of ``get``, ``create``, ``update`` and
            ``delete`` of which it is not for the application to say.
    """

    resource: Resource
    methods: frozenset[str] = frozenset((*METHODS, "HEAD"))
    per_page: int = 20
    max_per_page: int = 100
    max_body: int = 1_048_576
    authenticated: Mapping[str, bool] = field(default_factory=dict)

    def trusting(self, provider: Provider) -> View:
        """Return the model as plain code may reach it: all of it, listed just so."""
        resource = replace(provider.describe(self.resource.model), sort=self.resource.sort)
        return replace(self, resource=resource, max_per_page=2**31 - 1)

    def strictest(self, other: View) -> View:
        """Return what both this view and another, of the same model or one it inherits from, allow.

        Fields that only this one has, and the order, are as they are here.
        """
        fields = {
            name: _both(known, other.resource.fields.get(name, known)) for name, known in self.resource.fields.items()
        }
        return View(
            replace(self.resource, fields=fields),
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


def register(model: Any, view: Callable[[], View]) -> None:
    """Have a hive's view of ``model``, asked for when it is needed, hold wherever that is reached in this process."""
    _hives.setdefault(model, []).append(view)
    _views.clear()


def view_of(provider: Provider, model: Any) -> View:
    """Return the strictest view that the hives of a model, and of those it inherits from, leave; without any, all.

    Raises:
        TypeError: the provider cannot serve the model.
    """
    if model not in _views:
        held = [view() for base in model.__mro__ for view in _hives.get(base, ())]
        first = held.pop(0) if model in _hives else View(provider.describe(model))
        _views[model] = reduce(View.strictest, held, first)
    return _views[model]


def find_path(view: View, name: str, below: Iterable[Any], reach: Callable[[Any], View]) -> tuple[Path, list[View]]:
    """Return the path that segments lead to, and the views of the models along it that are stored on their own.

    Args:
        view: of the model that the path begins with.
        name: its resource's name.
        below: the segments after the name, as ``routing.parse`` takes them.
        reach: returns the view of a model that something refers to.

    Raises:
        NotFound: as ``routing.parse``.
    """
    views = [view]

    def describe(model: Any) -> Resource:
        views.append(reach(model))
        return views[-1].resource

    return parse(view.resource, name, below, describe), views


def clear() -> None:
    """Forget every hive, as tests want it."""
    _hives.clear()
    _views.clear()


def restrict(
    resource: Resource,
    *,
    fields: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    read_only: Iterable[str] = (),
    write_only: Iterable[str] = (),
) -> Resource:
    """Return a resource with the access that a hive's options leave.

    Args:
        resource: as the provider describes it.
        fields: the only fields a request may see or set, besides the primary key.
        exclude: fields it may neither see nor set.
        read_only: fields it may only see.
        write_only: fields it may only set.

    Raises:
        TypeError: an option names a field that the model does not have.
    """
    shown = None if fields is None else _names(resource, "fields", fields) | {resource.pk}
    hidden, fixed = _names(resource, "exclude", exclude), _names(resource, "read_only", read_only)
    secret = _names(resource, "write_only", write_only)

    def access(known: Field) -> Field:
        if known.name in hidden or (shown is not None and known.name not in shown):
            return replace(known, readable=False, insertable=False, updatable=False)
        writable = known.name not in fixed
        return replace(
            known,
            readable=known.readable and known.name not in secret,
            insertable=known.insertable and writable,
            updatable=known.updatable and writable,
        )

    return replace(resource, fields={name: access(known) for name, known in resource.fields.items()})


def _names(resource: Resource, option: str, names: Iterable[str]) -> set[str | None]:
    if isinstance(names, str):
        raise TypeError(f"{option} takes several names, not the text {names!r}")
    found: Mapping[str, Field | None] = {name: resource.field_for(name) for name in names}
    unknown = sorted(name for name, known in found.items() if known is None)
    if unknown:
        raise TypeError(f"{option}: {resource.model.__name__} has no field {', '.join(unknown)}")
    return {known.name for known in found.values() if known}
