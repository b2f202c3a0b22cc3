"""All names that the author of a provider needs.

The page "Write a provider" shows how to use them.

bzz's own providers are in ``memory``, ``mongoengine`` and ``sqlalchemy``. Each of these packages is imported when an
application asks for it. All but ``memory`` need their ORM.
"""

from bzz.providers.base import Provider
from bzz.providers.capabilities import Capabilities
from bzz.providers.changes import Change, Trail
from bzz.providers.conditions import Condition, all_hold, sort_key, value_at
from bzz.providers.registry import known_providers, register_provider
from bzz.providers.threaded import ThreadedProvider, ThreadUnit
from bzz.providers.values import ActState, Address, AsStored, Cursor, Listing, Membership, Query, Stored, Undefer
from bzz.providers.visibility import Rule, Visibility, visibility_of, visible
from bzz.providers.writes import Create, Delete, Dependent, Update, Write
from bzz.schema.composite_keys import CompositeKey
from bzz.schema.containers import List, Map
from bzz.schema.custom_types import Type
from bzz.schema.enumerations import enumeration
from bzz.schema.errors import NO_INSTANCE, add_error
from bzz.schema.fields import Field, Holder, Values
from bzz.schema.free_form import JSON, Json
from bzz.schema.making import make_schema
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import (
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INTEGER,
    NUMBER,
    STRING,
    TIME,
    UUID_,
    Scalar,
    integer,
)
from bzz.schema.schema import Schema
from bzz.schema.sets import Set
from bzz.schema.types import OPERATORS, DataType

__all__ = [
    "BOOLEAN",
    "BYTES",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "FLOAT",
    "INTEGER",
    "JSON",
    "NO_INSTANCE",
    "NUMBER",
    "OPERATORS",
    "STRING",
    "TIME",
    "UUID_",
    "ActState",
    "Address",
    "AsStored",
    "Capabilities",
    "Change",
    "CompositeKey",
    "Condition",
    "Create",
    "Cursor",
    "DataType",
    "Delete",
    "Dependent",
    "Embedded",
    "Field",
    "Holder",
    "Json",
    "List",
    "Listing",
    "Map",
    "Membership",
    "Provider",
    "Query",
    "Reference",
    "Rule",
    "Scalar",
    "Schema",
    "Set",
    "Stored",
    "ThreadUnit",
    "ThreadedProvider",
    "Trail",
    "Type",
    "Undefer",
    "Update",
    "Values",
    "Visibility",
    "Write",
    "add_error",
    "all_hold",
    "enumeration",
    "integer",
    "known_providers",
    "make_schema",
    "register_provider",
    "sort_key",
    "value_at",
    "visibility_of",
    "visible",
]
