"""The options of a hive that restrict a model's schema and methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bzz.schema.fields import Field
from bzz.schema.schema import Schema

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
VERBS = ("get", "create", "update", "delete")


def restrict(
    schema: Schema,
    *,
    fields: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    read_only: Iterable[str] = (),
    write_only: Iterable[str] = (),
) -> Schema:
    """Return a schema with the access that a hive's options allow.

    Args:
        schema: the schema from the provider.
        fields: the only fields that a request may read or set, besides the primary key; None for all fields.
        exclude: fields that a request may neither read nor set.
        read_only: fields that a request may only read.
        write_only: fields that a request may only set.

    Raises:
        TypeError: an option is one text instead of a list of names, or names a field that the model does not have.
    """
    shown = None if fields is None else _field_names(schema, "fields", fields) | {schema.pk}
    hidden, fixed = _field_names(schema, "exclude", exclude), _field_names(schema, "read_only", read_only)
    secret = _field_names(schema, "write_only", write_only)

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

    return replace(schema, fields={name: access(known) for name, known in schema.fields.items()})


def _field_names(schema: Schema, option: str, names: Iterable[str]) -> set[str | None]:
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of names, not the text {names!r}")
    found: Mapping[str, Field | None] = {name: schema.field_for(name) for name in names}
    unknown = sorted(name for name, known in found.items() if known is None)
    if unknown:
        raise TypeError(f"{option}: {schema.model.__name__} has no field {', '.join(unknown)}")
    return {known.name for known in found.values() if known}


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


def check_sizes(per_page: int, max_per_page: int, max_body: int) -> None:
    """Raise ValueError if a page or body cannot have such a size."""
    if not 1 <= per_page <= max_per_page:
        raise ValueError(f"per_page must be from 1 to max_per_page ({max_per_page}), not {per_page}")
    if max_body < 0:
        raise ValueError(f"max_body must be 0 or more bytes, not {max_body}")


def parse_authenticated(given: bool | Mapping[str, bool] | None) -> Mapping[str, bool]:
    """Return a dict from verb to whether it needs a signed-in user.

    The application's policy decides about a verb that is not in the dict.

    Args:
        given: True or False for all verbs, a dict for some verbs, or None for no verb.

    Raises:
        TypeError: ``given`` has another type, or names another verb.
    """
    switches = dict.fromkeys(VERBS, given) if isinstance(given, bool) else {} if given is None else given
    is_known = isinstance(switches, Mapping) and switches.keys() <= set(VERBS)
    if not is_known or not all(isinstance(value, bool) for value in switches.values()):
        raise TypeError(f"authenticated must be True, False, or a dict of them by {', '.join(VERBS)}, not {given!r}")
    return dict(switches)
