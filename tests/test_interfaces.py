from __future__ import annotations

from typing import Any

import pytest

from bzz.interfaces import Condition, Path, Provider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.resources import Resource


def test_a_path_gives_signals_its_arguments_as_strings() -> None:
    resource = Resource(object, {})
    assert Path(resource, "user").arguments == ["user"]
    assert Path(resource, "user", "a/b").arguments == ["user/a/b"]


def test_a_provider_that_lacks_an_operation_cannot_be_made() -> None:
    class Half(Provider):
        """Describes nothing and stores nothing."""

    with pytest.raises(TypeError, match="create, delete, describe, get, list, represent, update"):
        Half()  # type: ignore[abstract]


def test_a_condition_has_an_operator_that_there_is() -> None:
    with pytest.raises(ValueError, match="'gte' is no operator"):
        Condition("age", "gte", 3)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"threads": 0}])
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="timeout is more than 0"):
        MongoEngineProvider(**options)
