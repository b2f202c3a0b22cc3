"""The suite: all cases, and the attributes that a subclass must have."""

from __future__ import annotations

from bzz.testing.conformance.failing import FailureCases
from bzz.testing.conformance.lists import ListCases
from bzz.testing.conformance.races import RaceCases
from bzz.testing.conformance.relations import RelationCases
from bzz.testing.conformance.types import TypeCases
from bzz.testing.conformance.writes import WriteCases


class ProviderConformance(TypeCases, ListCases, WriteCases, RelationCases, RaceCases, FailureCases):
    """The promises of the provider interface; pytest runs a subclass called ``Test...``.

    A subclass must have ``connect()``, an async context manager that yields the provider on an empty store, and four
    models as class attributes:

    ``person``
        ``id`` (generated), ``name`` (text, required), ``email`` (text, unique), ``age`` (integer), ``height`` (float),
        ``active`` (boolean, False by default), ``status`` (``Status``, ``Status.NEW`` by default), ``balance`` (decimal
        number with two places), ``born`` (date and time), ``day`` (date), ``wake`` (time), ``token`` (UUID), ``photo``
        (bytes), ``notes`` (any JSON), ``tags`` (list of text), ``home`` (embedded: ``city`` and ``street``, texts).
        Only ``name`` is required.
    ``team``
        ``id`` (generated), ``name`` (text, required), ``owner`` (a person), ``members`` (list of persons), ``projects``
        (list of embedded: ``id``, given by the client, and ``name``, both text and required).
    ``country``
        ``code`` (text, primary key, given by the client), ``name`` (text).
    ``note``
        ``id`` (generated), ``text`` (text), ``hidden`` (boolean, False by default). ``get_list_queryset`` and
        ``get_instance_queryset`` hide instances with ``hidden``; ``to_dict()`` returns ``{"id": ..., "shown": text}``,
        the id as text.

    ``unreachable()`` must be an async context manager that yields a provider with an unreachable store and a
    timeout of at most one second.

    ``skips`` declares the features that are left out, each with the reason:
    ``skips = {"photo": "there is no type for bytes"}``. A feature is a field, a model (``country``, ``note``), one of
    the provider's ``Capabilities``, ``unit`` (units of work), ``unreachable``, or the name of a case without ``test_``.
    A case that needs a declared feature is skipped with the reason. A case that needs a feature which is missing and
    not declared fails.
    """
