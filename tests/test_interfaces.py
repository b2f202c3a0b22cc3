from __future__ import annotations

import pytest

from bzz.interfaces import Path, Provider
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
