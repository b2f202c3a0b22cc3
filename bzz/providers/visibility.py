"""The rules that decide which instances of a model a request may see.

A rule consists of the model's own hook and of the scopes of a schema. An ORM may return instances of classes that
inherit from the model. If such a class has another hook, or if its schema has more scopes, the class has a rule of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bzz.schema.schema import Schema, Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """The functions that narrow the instances of one class.

    Args:
        model: the class.
        hook: the hook of the class for lists or for single instances. None if no hook must run.
        scopes: the scopes that must run after the hook.
    """

    model: Any
    hook: Callable[..., Any] | None
    scopes: tuple[Scope, ...]

    def narrow(self, queryset: Any, handler: Any, identifier: str | None) -> Any:
        """Return a queryset narrowed by all functions of the rule.

        The functions may block.

        Args:
            queryset: a queryset of ``model``, as the ORM makes it.
            handler: the handler of the request, or None.
            identifier: the identifier of a single instance. None for a list.
        """
        if self.hook is not None and identifier is None:
            queryset = self.hook(queryset, handler)
        elif self.hook is not None:
            queryset = self.hook(self.model, queryset, identifier, handler)
        for scope in self.scopes:
            queryset = scope(queryset, handler)
        return queryset


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rules for the instances that a request may see.

    Args:
        own: the rule of the schema's model. It applies to all instances.
        below: a dict from rule to classes that inherit from the model. The rule also applies to their instances.
        hidden: the classes whose instances the request may not see.
    """

    own: Rule
    below: Mapping[Rule, Sequence[Any]]
    hidden: Sequence[Any]

    @property
    def has_functions(self) -> bool:
        """Whether hooks or scopes must run. They may block."""
        return bool(self.own.hook or self.own.scopes or self.below)


EVERYTHING = Visibility(Rule(None, None, ()), {}, ())  # of a model without hook, scopes and subclasses


def visible(schema: Schema, queryset: Any, handler: Any, identifier: str | None = None) -> Any:
    """Return a queryset narrowed to the instances that a request may see.

    The model's hook and the scopes of the schema run. They may block.

    Args:
        schema: the schema with which the provider was called.
        queryset: a queryset of the ORM, with instances of the schema's model only.
        handler: the ``handler`` of the ``ActState``.
        identifier: the ``id`` of the ``Address``. None for a list.
    """
    return visibility_of(schema, (), identifier).own.narrow(queryset, handler, identifier)


def visibility_of(schema: Schema, subclasses: Sequence[Any], identifier: str | None) -> Visibility:
    """Return the rules for the instances of a schema's model.

    Args:
        schema: the schema with which the provider was called.
        subclasses: the classes that inherit from the model. A class must come after the classes from which it inherits.
        identifier: the identifier of a single instance. None for a list.
    """
    name = "get_list_queryset" if identifier is None else "get_instance_queryset"
    hook = getattr(schema.model, name, None)
    if hook is None and not schema.scopes and not subclasses:
        return EVERYTHING
    own = Rule(schema.model, hook, schema.scopes)
    rules, hidden = {schema.model: own}, []
    below: dict[Rule, list[Any]] = {}
    for model in subclasses:
        variant = schema.variant_of(model)
        if variant is None:
            hidden.append(model)
            continue
        rule = rules[model] = _rule_below(rules, own, model, getattr(model, name, None), variant.scopes)
        if rule is not own:
            below.setdefault(rule, []).append(model)
    return Visibility(own, below, hidden)


def _rule_below(
    rules: Mapping[Any, Rule], own: Rule, model: Any, hook: Callable[..., Any] | None, scopes: tuple[Scope, ...]
) -> Rule:
    """Return the rule of a class, without the functions of the rule ``own``.

    If the class inherits all functions, return the rule of the class from which it inherits.
    """
    hook = None if function_of(hook) is function_of(own.hook) else hook
    scopes = () if scopes == own.scopes else tuple(scope for scope in scopes if scope not in own.scopes)
    if hook is None and not scopes:
        return own
    inherited = next(rules[base] for base in model.__mro__ if base in rules)
    is_same = function_of(hook) is function_of(inherited.hook) and scopes == inherited.scopes
    return inherited if is_same else Rule(model, hook, scopes)


def function_of(hook: Callable[..., Any] | None) -> Any:
    """Return the function of a bound method. Return any other hook unchanged."""
    return getattr(hook, "__func__", hook)
