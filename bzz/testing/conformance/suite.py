"""The suite: all cases, and what they want of whoever subclasses it."""

from __future__ import annotations

from bzz.testing.conformance.failing import FailureCases
from bzz.testing.conformance.lists import ListCases
from bzz.testing.conformance.races import RaceCases
from bzz.testing.conformance.relations import RelationCases
from bzz.testing.conformance.types import TypeCases
from bzz.testing.conformance.writes import WriteCases


class ProviderConformance(TypeCases, ListCases, WriteCases, RelationCases, RaceCases, FailureCases):
    """The promises that a provider keeps; a subclass called ``Test...`` has pytest try them.

    It has ``connect()``, which yields the provider on an empty store, and four models as class attributes:

    ``person``
        ``id`` (generated), ``name`` (text, required), ``email`` (text, unique), ``age`` (integer), ``height`` (float),
        ``active`` (boolean, False by default), ``status`` (``Status``, ``Status.NEW`` by default), ``balance`` (decimal
        number with two places), ``born`` (date and time), ``day`` (date), ``wake`` (time), ``token`` (UUID), ``photo``
        (bytes), ``notes`` (any JSON), ``tags`` (list of text), ``home`` (embedded: ``city`` and ``street``, texts).
        Only the name is required.
    ``team``
        ``id`` (generated), ``name`` (text, required), ``owner`` (a person), ``members`` (list of persons), ``projects``
        (list of embedded: ``id``, given by the client, and ``name``, both text and required).
    ``country``
        ``code`` (text, primary key, given by the client), ``name`` (text).
    ``note``
        ``id`` (generated), ``text`` (text), ``hidden`` (boolean, False by default). ``get_list_queryset`` and
        ``get_instance_queryset`` hide what is hidden; ``to_dict()`` returns ``{"id": ..., "shown": text}``, the id as
        text.

    ``skips`` says what is left out and why, by the name of a field, of a model (``country``, ``note``), of one of the
    provider's ``Capabilities``, of ``unit`` or ``unreachable``, or by the name of a case without ``test_``:
    ``skips = {"photo": "there is no type for bytes"}``. What is left out is reported as skipped, with the reason; what
    is missing and not declared fails.
    """
