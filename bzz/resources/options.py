"""The options of a hive that restrict a model's schema and methods."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from bzz.schema.fields import Field
from bzz.schema.schema import Schema, Scope

PUBLIC_NAME = re.compile(r"\w[\w-]*")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VERBS = ("get", "create", "update", "delete")
Check = Callable[[Any], bool | Awaitable[bool]]  # takes the handler of a request; whether the request may go on
Requirement = bool | Check  # True: a signed-in user; False: nothing


def restrict(
    schema: Schema,
    *,
    fields: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    read_only: Iterable[str] = (),
    write_only: Iterable[str] = (),
    rename: Mapping[str, str] | None = None,
    create_only: Iterable[str] = (),
    scope: Scope | None = None,
    optional: Iterable[str] = (),
) -> Schema:
    """Return a schema with the access and the public names that a hive's options give.

    Args:
        schema: the schema from the provider.
        fields: the only fields that a request may read or set, besides the primary key; None for all fields.
        exclude: fields that a request may neither read nor set.
        read_only: fields that a request may only read.
        write_only: fields that a request may only set.
        rename: a dict from a field to its public name.
        create_only: fields that a request may only read and set when it creates an instance.
        scope: a function that narrows the instances that a request may see.
        optional: required fields that a request may leave out, because a receiver sets them.

    Raises:
        TypeError: an option is one text instead of a list of names, or names a field that the model does not have. The
            reason may also be that two fields would have the same public name.
    """
    schema = _renamed(schema, rename or {})
    shown = None if fields is None else _with_internal(schema, _field_names(schema, "fields", fields) | {schema.pk})
    filled = _field_names(schema, "optional", optional)
    named = {
        "exclude": _field_names(schema, "exclude", exclude),
        "read_only": _field_names(schema, "read_only", read_only),
        "write_only": _field_names(schema, "write_only", write_only),
        "create_only": _field_names(schema, "create_only", create_only),
    }
    hidden, secret = (named[name] | _alike(schema, named[name]) for name in ("exclude", "write_only"))
    fixed, initial = (named[name] | _stored_alike(schema, named[name]) for name in ("read_only", "create_only"))

    def access(known: Field) -> Field:
        is_open = known.name not in hidden and (shown is None or known.name in shown)
        return replace(
            known,
            readable=is_open and known.readable and known.name not in secret,
            insertable=is_open and known.insertable and known.name not in fixed,
            updatable=is_open and known.updatable and known.name not in fixed | initial,
            is_fixed=known.name in fixed | initial,
            required=known.required and known.name not in filled,
        )

    closed = _closed_verbs(schema, named, shown)
    restricted = {name: replace(access(known), closed=closed[name]) for name, known in schema.fields.items()}
    scopes = schema.scopes if scope is None else (*schema.scopes, scope)
    _check_public_names(schema := replace(schema, fields=restricted, scopes=scopes))
    return schema


def shown_by_to_dict(schema: Schema) -> Schema:
    """Return a schema whose representations the model's own ``to_dict()`` makes.

    Raises:
        TypeError: the model has no such method.
    """
    if not callable(getattr(schema.model, "to_dict", None)):
        raise TypeError(f"to_dict: {schema.model.__name__} has no method to_dict()")
    return replace(schema, represented_by="to_dict")


def _renamed(schema: Schema, rename: Mapping[str, str]) -> Schema:
    if not isinstance(rename, Mapping):
        raise TypeError(f"rename must be a dict from the model's name of a field to its public name, not {rename!r}")
    names = {}
    for (name, public), known in zip(rename.items(), _known_fields(schema, "rename", rename), strict=True):
        if known.name == schema.pk:
            raise TypeError(f"rename: the public name of the primary key, {name}, is always id")
        if not isinstance(public, str) or not PUBLIC_NAME.fullmatch(public):
            raise TypeError(f"rename: {public!r} cannot be the public name of {name}; use letters, digits, _ and -")
        names[known.name] = public
    return replace(schema, public_names=names)


def _check_public_names(schema: Schema) -> None:
    """Raise TypeError if requests can reach two fields under one public name."""
    taken: dict[str, str] = {"id": schema.pk} if schema.pk else {}
    for name, known in schema.fields.items():
        public = schema.public_names.get(name, name)
        if name == schema.pk or known.is_hidden:
            continue
        if public in taken:
            raise TypeError(
                f"{schema.model.__name__}: the fields {taken[public]} and {name} both have the public name {public}; "
                f"give one of them another name: rename={{{name!r}: ...}}"
            )
        taken[public] = name


def _field_names(schema: Schema, option: str, names: Iterable[str]) -> set[str | None]:
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of names, not the text {names!r}")
    return {known.name for known in _known_fields(schema, option, names)}


def _alike(schema: Schema, named: set[str | None]) -> set[str | None]:
    """Return the fields that an option hides together with those that it names.

    They show the parts of a field that it names, or contain such a field: ``team`` and ``team_id`` hide each other.
    The primary key stays open.
    """
    given = [known for known in schema.fields.values() if known.name in named and known.name != schema.pk]

    def is_alike(known: Field, one: Field) -> bool:
        return one.name in known.parts or known.name in one.parts or {*one.stored_in} == {*known.stored_in}

    return {
        known.name
        for known in schema.fields.values()
        if known.name != schema.pk and any(is_alike(known, one) for one in given)
    }


def _stored_alike(schema: Schema, named: set[str | None]) -> set[str | None]:
    """Return the fields that an option fixes together with those that it names.

    They are stored in the same parts. An internal field needs to have only one part in common with them. Another field
    that has further parts can still change: ``closed`` then protects the parts that both have.
    """
    given = [{*known.stored_in} for known in schema.fields.values() if known.name in named and known.name != schema.pk]

    def is_alike(known: Field) -> bool:
        parts = {*known.stored_in}
        return parts in given or (known.is_internal and any(parts & other for other in given))

    return {known.name for known in schema.fields.values() if known.name != schema.pk and is_alike(known)}


def _closed_verbs(
    schema: Schema, named: Mapping[str, set[str | None]], shown: Collection[str | None] | None
) -> dict[str, frozenset[str]]:
    """Return, for each field, the verbs for which the options close the parts in which it is stored.

    An option ``fields`` does not close the parts of the fields that it names.
    """
    open_parts = [{*known.stored_in} for known in schema.fields.values() if shown is None or known.name in shown]

    def verbs(known: Field) -> frozenset[str]:
        is_closed = known.name in named["exclude"] | named["read_only"]
        if shown is not None and known.name not in shown:
            is_closed |= not any(parts <= {*known.stored_in} for parts in open_parts)
        if is_closed:
            return frozenset({"create", "update"})
        return frozenset({"update"} if known.name in named["create_only"] else ())

    return {name: verbs(known) for name, known in schema.fields.items()}


def _with_internal(schema: Schema, shown: set[str | None]) -> set[str | None]:
    """Return the fields that are ``shown``, computed ones, and internal ones whose parts are fields that are shown."""
    parts = {known.name: schema.fields.keys() & {*known.parts} for known in schema.fields.values() if known.is_internal}
    return shown.union(schema.shown, (name for name, fields in parts.items() if fields and fields <= shown))


def _known_fields(schema: Schema, option: str, names: Iterable[str]) -> list[Field]:
    """Return the fields that ``names`` means: the model's own names, or public names."""
    found = {name: schema.field_named(name) or schema.field_for(name) for name in names}
    unknown = sorted(name for name, known in found.items() if known is None)
    if unknown:
        raise TypeError(f"{option}: {schema.model.__name__} has no field {', '.join(unknown)}")
    return [known for known in found.values() if known]


def parse_methods(methods: Iterable[str]) -> frozenset[str]:
    """Return the methods of the option ``methods``, in upper case.

    If GET is one of them, HEAD is added.

    Raises:
        TypeError: ``methods`` is one text instead of a list of names.
        ValueError: a name is not in ``METHODS``.
    """
    if isinstance(methods, str):
        raise TypeError(f"methods must be a list of names, not the text {methods!r}")
    given = frozenset(method.upper() for method in methods)
    if not given <= set(METHODS):
        raise ValueError(f"methods are {', '.join(METHODS)}, not {', '.join(sorted(given - set(METHODS)))}")
    return given | {"HEAD"} if "GET" in given else given


def check_sizes(per_page: int, max_per_page: int, max_body: int, max_reply: int) -> None:
    """Raise ValueError if a page, body or reply cannot have such a size."""
    if not 1 <= per_page <= max_per_page:
        raise ValueError(f"per_page must be from 1 to max_per_page ({max_per_page}), not {per_page}")
    if max_body < 0:
        raise ValueError(f"max_body must be 0 or more bytes, not {max_body}")
    if max_reply < 1:
        raise ValueError(f"max_reply must be 1 byte or more, not {max_reply}")


def parse_authenticated(
    given: Requirement | Mapping[str, Requirement] | None,
) -> Mapping[str, tuple[Requirement, ...]]:
    """Return a dict from verb to the requirements of its requests.

    The application's policy decides about a verb that is not in the dict.

    Args:
        given: a requirement of all verbs, a dict with requirements of some verbs, or None for no requirement.

    Raises:
        TypeError: ``given`` has another type, or names another verb.
    """
    named = given if isinstance(given, Mapping) else {} if given is None else dict.fromkeys(VERBS, given)
    if not named.keys() <= set(VERBS) or not all(map(is_requirement, named.values())):
        raise TypeError(
            f"authenticated must be True, False, a check, or a dict of them by {', '.join(VERBS)}, not {given!r}"
        )
    return {verb: (requirement,) for verb, requirement in named.items()}


def is_requirement(value: object) -> bool:
    """Tell whether a value is True, False or a check.

    A class is no check, because its instances would let everybody pass.
    """
    return isinstance(value, bool) or (callable(value) and isinstance(value, Hashable) and not isinstance(value, type))
