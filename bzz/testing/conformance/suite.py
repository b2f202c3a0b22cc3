"""The suite of all cases.

Its class documents the attributes that a subclass must have.
"""

from __future__ import annotations

from bzz.testing.conformance.blocking import BlockingCases
from bzz.testing.conformance.broken_rows import BrokenRowCases
from bzz.testing.conformance.conditions import ConditionCases
from bzz.testing.conformance.embedded import EmbeddedCases
from bzz.testing.conformance.failing import FailureCases
from bzz.testing.conformance.hidden import HiddenCases
from bzz.testing.conformance.holders import HolderCases
from bzz.testing.conformance.identity import IdentityCases
from bzz.testing.conformance.lists import ListCases
from bzz.testing.conformance.members import DependentCases, MemberCases
from bzz.testing.conformance.needs import NeedCases
from bzz.testing.conformance.outages import OutageCases
from bzz.testing.conformance.races import RaceCases
from bzz.testing.conformance.reach import ReachCases
from bzz.testing.conformance.relations import RelationCases
from bzz.testing.conformance.results import ResultCases
from bzz.testing.conformance.subclasses import SubclassCases
from bzz.testing.conformance.types import TypeCases
from bzz.testing.conformance.units import UnitCases
from bzz.testing.conformance.values import ValueCases
from bzz.testing.conformance.visibility import VisibilityCases
from bzz.testing.conformance.watching import WatchingCases
from bzz.testing.conformance.writes import WriteCases


class ProviderConformance(
    TypeCases,
    ValueCases,
    ConditionCases,
    ListCases,
    WriteCases,
    ResultCases,
    IdentityCases,
    RelationCases,
    MemberCases,
    EmbeddedCases,
    HolderCases,
    DependentCases,
    VisibilityCases,
    HiddenCases,
    ReachCases,
    SubclassCases,
    RaceCases,
    UnitCases,
    BlockingCases,
    NeedCases,
    FailureCases,
    WatchingCases,
    BrokenRowCases,
    OutageCases,
):
    """Tests that a provider keeps the promises of its interface.

    pytest runs a subclass that is called ``Test...``. The subclass must have ``connect()``, an async context manager
    that yields the provider on an empty store. It must also have models as class attributes:

    ``person``
        ``id`` (generated), ``name`` (text, required), ``email`` (text, unique), ``age`` (integer), ``height`` (float),
        ``active`` (boolean, False by default), ``status`` (``Status``, ``Status.NEW`` by default), ``balance`` (decimal
        number with two places), ``born`` (date and time), ``day`` (date), ``wake`` (time), ``token`` (UUID), ``photo``
        (bytes), ``notes`` (any JSON), ``tags`` (list of text), ``home`` (embedded: ``city`` and ``street``, texts).
        Only ``name`` is required.
    ``team``
        ``id`` (generated), ``name`` (text, required), ``owner`` (a person), ``members`` (list of persons), ``projects``
        (list of embedded documents), ``topic`` (a note), ``topics`` (list of notes). A project has ``id``, given by the
        client, and ``name``. Both are texts and required.
    ``country``
        ``code`` (text, primary key, given by the client), ``name`` (text).
    ``note``
        ``id`` (generated), ``text`` (text), ``hidden`` (boolean, False by default). ``get_list_queryset`` and
        ``get_instance_queryset`` hide instances whose ``hidden`` is true. A method that ``bzz.represents`` marks
        returns ``{"id": ..., "shown": text}``, with the id as text. The suite also uses ``get_list_queryset`` as a
        scope.
    ``pet``
        ``id`` (generated), ``name`` (text, required), ``sound`` (text), ``hidden`` (boolean, False by default). Its two
        hooks are those of ``note``.
    ``cat``
        A subclass of ``pet``, with ``lives`` (integer). Lists of pets contain cats.
    ``album``
        ``id`` (generated), ``name`` (text, required), ``tracks`` (list of tracks). The rows of the tracks store this
        relation. Without the model ``track``, there is no such field.
    ``review``
        ``id`` (generated), ``name`` (text, required), ``album`` (an album). If the album is deleted, the ORM deletes
        the review.
    ``track``
        ``id`` (generated), ``name`` (text, required), ``album`` (an album). If the album is deleted, the ORM sets
        ``album`` to null.

    ``unreachable()`` must be an async context manager. It yields a provider with an unreachable store and a timeout of
    at most one second.

    ``write_in(unit, **values)`` must be a coroutine method. It creates a person with these typed values in a unit of
    work, and does not commit it. A store without units of work declares ``unit``.

    ``break_row(provider, key)`` must be a coroutine method. It stores a value in the person with this identifier that
    the ORM cannot load, as another program would. A store that no other program writes to declares ``broken``.

    ``skips`` declares the features that the provider or the models lack. It is a dict from feature to reason: ``skips =
    {"photo": "there is no type for bytes"}``. A feature is one of these:

    - a field, or a model (``country``, ``note``);
    - ``pet`` (subclasses: the models ``pet`` and ``cat``);
    - ``album`` (instances that the ORM deletes with a parent: the models ``album`` and ``review``);
    - ``track`` (relations that the rows of the members store: the models ``album`` and ``track``);
    - ``unit`` (units of work: ``write_in``), ``broken`` (``break_row``) or ``unreachable``;
    - ``threads`` (the code of the model may block, as it runs in threads. In an asynchronous ORM it may run on the
      event loop);
    - the name of a case without ``test_``.

    A case that needs a declared feature is skipped with the reason. So is a case that needs a capability which the
    provider's ``capabilities`` lack: that needs no other declaration. A case fails if it needs another feature that the
    provider lacks and has not declared.
    """
