"""The registry of providers.

It finds a provider for a registered name, a dotted path, a class or an instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from bzz.providers.base import Provider

BUILT_IN = {
    "memory": "bzz.providers.memory:MemoryProvider",
    "mongoengine": "bzz.providers.mongoengine:MongoEngineProvider",
    "sqlalchemy": "bzz.providers.sqlalchemy:SQLAlchemyProvider",
}
ENTRY_POINTS = "bzz.providers"

_registered: dict[str, str | type[Provider]] = {}
_names: dict[type[Provider], str] = {}  # only classes that were registered or loaded by a name


def register_provider(name: str, provider: str | type[Provider]) -> None:
    """Register ``provider`` under the name ``name``.

    An installed or built-in provider of this name is replaced.

    Args:
        name: the name that ``routes_for`` takes.
        provider: a Provider class, or its dotted path (``package.module:Class``).
    """
    _registered[name] = provider
    if not isinstance(provider, str):
        _names.setdefault(provider, name)


def known_providers() -> dict[str, str | type[Provider]]:
    """Return all known providers, as a dict from name to provider.

    They are built-in, installed or registered. Packages install providers in the entry-point group
    ``bzz.providers``.
    """
    installed = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    return BUILT_IN | installed | _registered


def resolve(
    provider: str | type[Provider] | Provider, options: Mapping[str, Any], *, known: Iterable[str] = ()
) -> Provider:
    """Return the provider that ``provider`` names.

    For the same class and the same options, it returns the same instance. That instance has one pool of threads.

    Args:
        provider: a known name, a dotted path, a Provider class, or an instance.
        options: arguments of the provider's constructor. For an instance, there must be none.
        known: names of other options, for the error message.

    Raises:
        LookupError: no provider has this name. The message lists the known names.
        ImportError: the ORM is not installed. For a built-in provider, the message names the extra to install.
        TypeError: ``provider`` is no provider, or does not take such an option. The message lists the options.
    """
    found = _load(provider) if isinstance(provider, str) else provider
    if not (isinstance(found, Provider) or (isinstance(found, type) and issubclass(found, Provider))):
        raise TypeError(f"{found!r} is no bzz.Provider: give a name, a class or an instance of one")
    own = [] if isinstance(found, Provider) else _options_of(found)
    unknown = sorted(set(options) - set(own))
    if unknown:
        raise TypeError(f"unknown option {', '.join(unknown)}; there are {', '.join([*known, *own])}")
    made = found if isinstance(found, Provider) else _make(found, options)
    if type(made) in _names and "name" not in vars(made) and type(made).name is Provider.name:
        made.name = _names[type(made)]
    return made


def _options_of(provider: type[Provider]) -> list[str]:
    """Return the options of a provider's constructor.

    If it takes ``**kwargs``, the options of the base class's constructor are included.
    """
    names: list[str] = []
    passes_on = True
    for base in provider.__mro__:
        if passes_on and "__init__" in vars(base):
            _, *parameters = signature(vars(base)["__init__"]).parameters.values()
            names += [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
            passes_on = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return names


def _make(provider: type[Provider], options: Mapping[str, Any]) -> Provider:
    try:
        return _shared(provider, tuple(sorted(options.items())))
    except TypeError:  # an option is not hashable, or the call is wrong and fails again below
        return provider(**options)


@cache
def _shared(provider: type[Provider], options: tuple[tuple[str, Any], ...]) -> Provider:
    return provider(**dict(options))


def _load(name: str) -> type[Provider]:
    known = known_providers()
    target = known.get(name, name if "." in name else None)
    if target is None:
        raise LookupError(f"there is no provider {name!r}; known are {', '.join(sorted(known))}")
    if not isinstance(target, str):
        return target
    module, _, attribute = target.replace(":", ".").rpartition(".")
    try:
        found: type[Provider] = getattr(import_module(module), attribute)
    except ImportError as error:
        if target == BUILT_IN.get(name):
            raise ImportError(f"the provider {name!r} needs its ORM: pip install 'bzz[{name}]'") from error
        raise
    if name in known:
        _names.setdefault(found, name)
    return found
