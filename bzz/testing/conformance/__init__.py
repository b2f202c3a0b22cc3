"""Tests that a provider keeps the promises of its interface.

Write a subclass of ``ProviderConformance`` in a test module, give it models and ``connect()``, and run pytest.
"""

import pytest

MODULES = (
    "blocking",
    "cases",
    "conditions",
    "embedded",
    "failing",
    "hidden",
    "holders",
    "identity",
    "lists",
    "members",
    "needs",
    "outages",
    "races",
    "reach",
    "relations",
    "results",
    "serving",
    "subclasses",
    "types",
    "units",
    "values",
    "visibility",
    "writes",
)
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in MODULES))  # must come before the imports

from bzz.testing.conformance.cases import Status  # noqa: E402  # see MODULES
from bzz.testing.conformance.suite import ProviderConformance  # noqa: E402  # see MODULES

__all__ = ["ProviderConformance", "Status"]
