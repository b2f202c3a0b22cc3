"""The promises that a provider has to keep, as tests.

Subclass ``ProviderConformance`` in a test module, say which models it serves and how to connect, and run pytest.
"""

import pytest

MODULES = ("cases", "failing", "lists", "races", "relations", "types", "writes")
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in MODULES))

from bzz.testing.conformance.cases import Status
from bzz.testing.conformance.suite import ProviderConformance  # noqa: E402  # now that its assertions speak

__all__ = ["ProviderConformance", "Status"]
