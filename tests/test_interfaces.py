from __future__ import annotations

from typing import Any

import pytest

from bzz.interfaces import Provider
from bzz.providers.mongoengine import MongoEngineProvider


def test_a_provider_that_lacks_an_operation_cannot_be_made() -> None:
    class Half(Provider):
        """Describes nothing and stores nothing."""

    with pytest.raises(TypeError, match="create, delete, describe, get, list, update, values"):
        Half()  # type: ignore[abstract]


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"threads": 0}])
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="timeout is more than 0"):
        MongoEngineProvider(**options)
