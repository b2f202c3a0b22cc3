"""Functions that make the ``MappedClass`` of a model from its mapper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.providers.sqlalchemy.codec import ONLY_SHOWN, Codec, DialectTypes
from bzz.providers.sqlalchemy.column_codecs import codec_of, composite_codec
from bzz.providers.sqlalchemy.converted_types import annotated_type
from bzz.providers.sqlalchemy.descriptions import described
from bzz.providers.sqlalchemy.holders import holder_of, mirror_of
from bzz.providers.sqlalchemy.hybrids import FREE, encoder_of, has_own_property, hybrids
from bzz.providers.sqlalchemy.keys import has_default, key_attributes
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.proxies import Proxy, proxies
from bzz.providers.sqlalchemy.registries import is_union, mapper_of
from bzz.providers.sqlalchemy.relationships import Relationship, clearable, covered_attributes, relationships
from bzz.providers.sqlalchemy.requirements import fills_fields, required_parameters, unfilled_attributes
from bzz.providers.sqlalchemy.stored_keys import StoredKey, stored_keys
from bzz.schema.composite_keys import join
from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.making import make_schema, with_sortable_key
from bzz.schema.relations import Reference


def make_mapped_class(
    model: type, dialect: DialectTypes, mapped_class_of: Callable[[type], MappedClass]
) -> MappedClass:
    """Return the ``MappedClass`` of a model.

    Args:
        model: the class.
        dialect: the dialect of the database, and the types that hives give to column types.
        mapped_class_of: a function that returns the ``MappedClass`` of a related class. It is called at first use.

    Raises:
        TypeError: ``model`` is no mapped class, or its primary key cannot be part of a URL.
        LookupError: a class of the model's registry refers to a class that is not defined yet.
    """
    mapper = mapper_of(model)
    key = key_attributes(mapper)
    pk = join(key)  # no attribute that declares columns has this name if there are several
    relations = {relation.name: relation for relation in (*relationships(mapper), *proxies(mapper))}
    covered = covered_attributes(mapper)
    keys = stored_keys(mapper, relations.values())
    codecs, fields = {}, {}
    for name, expression in _expressions(mapper).items():
        if name not in covered:
            codecs[name] = codec = _expression_codec(mapper, name, expression, dialect)
            known = _column_field(name, mapper, expression, codec, is_part=name in key)
            fields[name] = _with_key(known, keys.pop(name, None))
    key_codecs = {one.name: _key_codec(model, one.keys, dialect) for one in relations.values() if one.keys}
    if len(key) > 1:
        key_codecs[pk] = codec = _key_codec(model, key, dialect)
        known = Field(pk, codec.type, insertable=True, updatable=False, parts=key)
        fields = {pk: _with_key(known, keys.pop(pk, None)), **fields}
    fields |= {name: _relation_field(mapper, relation, mapped_class_of) for name, relation in relations.items()}
    for name, stored in keys.items():
        key_codecs[name] = _key_codec(model, stored.attributes, dialect)
        fields[name] = _key_field(mapper, stored, dialect, mapped_class_of)
    for name, (known, codec) in _synonyms(mapper, dialect).items():
        codecs[name], fields[name] = codec, known
    computed = {hybrid.name: hybrid for hybrid in hybrids(mapper) if hybrid.name not in fields}
    fields |= {name: hybrid.field for name, hybrid in computed.items()}
    setters = {name: encoder_of(mapper, hybrid, dialect) for name, hybrid in computed.items() if hybrid.setter}
    fields = with_sortable_key(_with_requirements(mapper, fields), pk)
    target = str(getattr(mapper.local_table, "fullname", mapper.local_table))
    schema = make_schema(model, fields, pk=pk, json=FREE, fills_fields=fills_fields(mapper), target_name=target)
    return MappedClass(mapper, schema, codecs, key_codecs, relations, setters)


def _with_requirements(mapper: Mapper[Any], fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return the fields, of which those are marked as required that a new instance needs.

    A relation is required if its foreign key is required, and is not a field of its own.
    """
    required, unfilled = required_parameters(mapper), unfilled_attributes(mapper)
    keys = unfilled.difference(fields)

    def completed(known: Field) -> Field:
        is_filling = known.has_setter and f"_{known.name}" in unfilled  # the column that its setter sets
        is_own = known.name in (required | unfilled) and (known.has_setter or not known.deferred)
        shown = described(mapper, known)
        is_required = is_own or is_filling or not keys.isdisjoint(known.parts)
        return replace(shown, required=is_required, nullable=shown.nullable and not is_filling)

    return {name: completed(known) for name, known in fields.items()}


def _key_codec(model: type, attributes: Sequence[str], dialect: DialectTypes) -> Codec:
    hints = {name: partial(annotated_type, model, name) for name in attributes}
    codecs = {name: codec_of(getattr(model, name).type, dialect, hint) for name, hint in hints.items()}
    return composite_codec(codecs) if len(codecs) > 1 else codecs[attributes[0]]


def _expressions(mapper: Mapper[Any]) -> dict[str, Any]:
    """Return a dict from name to column or expression."""
    key = key_attributes(mapper)
    props = ((name, prop) for name, prop in mapper.column_attrs.items() if not name.startswith("_") or name in key)
    is_made = mapper.concrete or is_union(mapper)  # then the tables lack the discriminator, and so do the instances
    is_derived = is_made and mapper.polymorphic_on is not None
    return {n: prop.expression for n, prop in props if not (is_derived and mapper.polymorphic_on in prop.columns)}


def _synonyms(mapper: Mapper[Any], dialect: DialectTypes) -> dict[str, tuple[Field, Codec]]:
    """Return a dict from each public synonym of a column to its field and codec.

    Synonyms with a property of their own are left out, and one with the public name of the primary key, ``id``.
    """
    found, key, others = {}, key_attributes(mapper), mapper.column_attrs
    skipped = {"id"} if "id" not in others else set()
    for name, target in [(name, prop.name) for name, prop in mapper.synonyms.items() if not name.startswith("_")]:
        is_column = target in others and target not in covered_attributes(mapper)
        if is_column and name not in skipped and not has_own_property(mapper, name):
            expression, parts = others[target].expression, (target,)
            codec = _expression_codec(mapper, target, expression, dialect)
            known = _column_field(target, mapper, expression, codec, is_part=target in key)
            found[name] = replace(known, name=name, parts=parts, cleared=parts), codec
    return found


def _expression_codec(mapper: Mapper[Any], name: str, expression: Any, dialect: DialectTypes) -> Codec:
    if isinstance(expression.type, sa.types.NullType):
        return ONLY_SHOWN
    return codec_of(expression.type, dialect, partial(annotated_type, mapper.class_, name))


def _column_field(name: str, mapper: Mapper[Any], expression: Any, codec: Codec, *, is_part: bool) -> Field:
    column = expression if isinstance(expression, sa.Column) else None
    is_set = (
        column is not None
        and codec.is_settable
        and column.computed is None
        and not (column.identity is not None and column.identity.always)
        and column is not mapper.version_id_col
        and column is not mapper.polymorphic_on
    )
    is_made = is_part and _is_generated(mapper, key_attributes(mapper).index(name))
    return Field(name, codec.type, insertable=is_set and not is_made, updatable=is_set and not is_part)


def _with_key(known: Field, key: StoredKey | None) -> Field:
    """Return the field of a column or of the primary key. It stands for the foreign key ``key``, if there is one."""
    return replace(known, mirror=key.mirror, referred=key.model) if key else known


def _key_field(
    mapper: Mapper[Any], key: StoredKey, dialect: DialectTypes, mapped_class_of: Callable[[type], MappedClass]
) -> Field:
    """Return the internal field of a foreign key that the class shows in another way, or not at all."""
    primary = key_attributes(mapper)
    fields = [
        _column_field(
            name, mapper, expression, _expression_codec(mapper, name, expression, dialect), is_part=name in primary
        )
        for name in key.attributes
        for expression in [mapper.column_attrs[name].expression]
    ]
    return Field(
        key.name,
        _reference_to(lambda: key.model, mapped_class_of),
        insertable=all(known.insertable for known in fields),
        updatable=all(known.updatable for known in fields),
        mirror=key.mirror,
        parts=key.attributes if len(key.attributes) > 1 else (),
        cleared=tuple(clearable(mapper, key.attributes)),
        is_internal=True,
    )


def _is_generated(mapper: Mapper[Any], index: int) -> bool:
    """Return whether requests cannot choose a part of the primary key.

    They can choose a part that has a default, if the primary key has other parts.
    """
    column: Any = mapper.primary_key[index]
    return column is getattr(column.table, "_autoincrement_column", ...) or (
        len(mapper.primary_key) == 1 and has_default(column)
    )


def _relation_field(
    mapper: Mapper[Any], relation: Relationship, mapped_class_of: Callable[[type], MappedClass]
) -> Field:
    reference = _reference_to(lambda: relation.model, mapped_class_of)
    return Field(
        relation.name,
        List(reference) if relation.many else reference,
        insertable=relation.is_insertable,
        updatable=relation.is_writable,
        deferred=not relation.keys,
        holder=relation.holder(mapper) if isinstance(relation, Proxy) else holder_of(mapper, relation.prop),
        mirror=None if isinstance(relation, Proxy) else mirror_of(mapper, relation.prop),
        parts=relation.keys,
        cleared=tuple(clearable(mapper, relation.keys)),
        sort=relation.sort,
    )


def _reference_to(find_model: Callable[[], type], mapped_class_of: Callable[[type], MappedClass]) -> Reference:
    def key_type() -> Any:
        schema = mapped_class_of(find_model()).schema
        return schema.fields[str(schema.pk)].type

    return Reference(find_model, key_type)
