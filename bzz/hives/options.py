"""The options of model hives, and those among them that an ``Api`` may set for all its hives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from bzz.http.model_handler import ModelHandler
from bzz.resources.options import Requirement
from bzz.schema.custom_types import Types
from bzz.schema.schema import Scope


class HiveDefaults(TypedDict, total=False):
    """The options that ``Api`` may set for all hives that do not set them. ``ModelHive`` describes each."""

    methods: Iterable[str]
    per_page: int | None
    max_per_page: int
    max_body: int
    max_reply: int
    types: Types
    authenticated: Requirement | Mapping[str, Requirement] | None
    handler_class: type[ModelHandler] | None


class HiveOptions(HiveDefaults, total=False):
    """The options of ``ModelHive``, which describes each.

    The last three are those of the built-in providers. A provider that is given as an instance has its own already.
    """

    fields: Iterable[str] | None
    exclude: Iterable[str]
    read_only: Iterable[str]
    write_only: Iterable[str]
    create_only: Iterable[str]
    optional: Iterable[str]
    to_dict: bool
    computed: Iterable[str]
    rename: Mapping[str, str] | None
    sort: str
    scope: Scope | None
    main: bool
    nested_only: bool
    session_factory: Callable[[], Any]
    timeout: float
    threads: int


DEFAULTS = tuple(sorted(HiveDefaults.__annotations__))
PROVIDER = ("session_factory", "timeout", "threads")
ACCESS = ("fields", "exclude", "read_only", "write_only", "create_only", "rename", "scope", "optional")
OPTIONS = tuple(sorted({*HiveDefaults.__annotations__, *HiveOptions.__annotations__}.difference(PROVIDER)))
