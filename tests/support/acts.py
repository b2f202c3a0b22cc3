"""Acts that tests of the lifecycle run without a hive."""

from __future__ import annotations

from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.values import ActState
from bzz.resources.paths import Path, Step
from bzz.resources.resource import Resource
from bzz.schema.schema import Schema


def act_on(provider: Provider, schema: Schema, name: str, id: str | None = None, handler: object = None) -> Act:  # noqa: A002
    """An act on all of a resource, or on one instance of it."""
    return Act(UnitOfWork(provider, ActState(handler)), Path((Step(Resource(schema), name, id),)))
