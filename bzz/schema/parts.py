"""Parts: the stored values that several fields of an instance may have in common.

A reference over the columns ``shop`` and ``number`` has these two parts. Another reference, or a field, may be stored
in ``shop``, too. So a write of one of them changes the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from bzz.schema.fields import Field, Values
from bzz.schema.naming import NamedFields

UNKNOWN = object()


def implied(schema: NamedFields, new: Mapping[str, Any], old: Mapping[str, Any]) -> Values:
    """Return the values of fields that have a part in common with ``new``, but that ``new`` does not contain.

    Args:
        schema: the schema of the instance.
        new: new values of the instance.
        old: the present values of the instance. A field gets null if a part of it is unknown.
    """
    if not schema.sharing:
        return {}
    given = _parts(schema, new)
    parts, found = {**_parts(schema, old), **given}, Values()
    for known in schema.sharing:
        if known.name not in new and known.name != schema.pk and not given.keys().isdisjoint(known.stored_in):
            key = [parts.get(part) for part in known.stored_in]
            found[known.name] = None if None in key else known.type.parse(tuple(key) if len(key) > 1 else key[0])
    return found


def trespasses(
    schema: NamedFields,
    verb: str,
    sent: Mapping[str, Any],
    old: Mapping[str, Any],
    *,
    new: Mapping[str, Any] = MappingProxyType({}),
    decided: Collection[str] = (),
) -> Iterator[tuple[str, str]]:
    """Yield the values of a request that would change another field, although an option closes that field.

    A field with a part that is null is null. So it does not change as long as one of its parts is null.

    Args:
        schema: the schema of the instance.
        verb: ``create`` or ``update``.
        sent: the values that the request sets.
        old: the present values of the instance. Empty if there are none, or if the request may not read them.
        new: all values that the write sets, with those of receivers.
        decided: closed fields that a receiver has set. The store compares them with the other values.

    Yields:
        Pairs of the public name of a field in ``sent``, and a text for the client.
    """
    kept = {schema.pk, *decided}
    closed = [known for known in schema.sharing if verb in known.closed and known.name not in kept]
    shown = {name: value for name, value in old.items() if name in schema.fields and schema.fields[name].readable}
    before = _parts(schema, shown) if closed else {}
    after = {**before, **_parts(schema, {**sent, **new})} if closed else {}
    absent = UNKNOWN if verb == "update" else None
    closed = [one for one in closed if not (_is_null(one, before, absent) and _is_null(one, after, absent))]
    for name, value in sent.items():
        changed = {
            part
            for part, now in (_split(schema.fields[name], value) if closed else {}).items()
            if before.get(part, absent) != now
        }
        other = next((one for one in closed if one.name != name and not changed.isdisjoint(one.stored_in)), None)
        if other is not None:
            hint = f"{schema.public_name(other.name)}, which is read-only" if other.readable else "a read-only field"
            yield schema.public_name(name), f"would change {hint}"


def _is_null(known: Field, parts: Mapping[str, Any], absent: Any) -> bool:
    return any(parts.get(part, absent) is None for part in known.stored_in)


def _parts(schema: NamedFields, values: Mapping[str, Any]) -> Values:
    """Return a dict from part to value. Values of fields that are null do not hide those of others."""
    found: Values = {}
    for known in _held(schema, values):
        for part, value in _split(known, values[known.name]).items():
            if value is not None or part not in found:
                found[part] = value
    return found


def _held(schema: NamedFields, values: Mapping[str, Any]) -> Iterable[Field]:
    return (known for known in schema.sharing if known.name in values)


def _split(known: Field, value: Any) -> Values:
    """Return a dict from the parts of a field to the values that they have if the field has ``value``."""
    if value is None:
        return dict.fromkeys(known.cleared if known.parts else known.stored_in)
    return dict(zip(known.stored_in, value if len(known.stored_in) > 1 else (value,), strict=True))
