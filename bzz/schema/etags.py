"""Entity tags: names of the stored state of an instance (RFC 9110, section 8.8.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, unquote

from bzz.schema.encoding import encode
from bzz.schema.schema import Schema

ANY_TAG = "*"


def etag(schema: Schema, values: Mapping[str, Any], shown: Any = None, relations: Collection[str] = ()) -> str:
    """Return the strong entity tag of an instance, with its quotes.

    The tag is a hash of the readable fields. A hidden value must not be part of the tag. A client that knows all other
    values could find the hidden value by trying. Of the deferred fields, the tag covers only ``relations``, and names
    them.

    Args:
        schema: the schema of the instance.
        values: the values of the instance. They contain ``relations``.
        shown: the result of ``schema.represent(values)``, if the caller has it already.
        relations: the names of deferred fields.
    """
    shown, names = shown or schema.represent(values), ""
    if schema.deferred:
        left_out = {schema.public_name(name) for name in schema.deferred.difference(relations)}
        shown = {key: value for key, value in shown.items() if key not in left_out}
        covered = sorted(schema.public_name(name) for name in relations)
        names = f".{','.join(quote(name) for name in covered)}" if covered else ""
    canonical = encode(shown, schema.json.dump, sort_keys=True)
    return f'"{blake2b(canonical, digest_size=16).hexdigest()}{names}"'


def covered_by(schema: Schema, tag: str) -> frozenset[str]:
    """Return the names of the deferred fields that an entity tag covers.

    Args:
        schema: the schema of the instance.
        tag: an entity tag with its quotes, from a client.
    """
    names = {unquote(name) for name in tag.strip('"').partition(".")[2].split(",")}
    return frozenset(name for name in schema.coverable if schema.public_name(name) in names)
