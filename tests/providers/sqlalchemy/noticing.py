"""The test that a case of the conformance suite notices each provider of a chapter of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import request_failed
from bzz.testing import capture
from bzz.testing.conformance import blocking, cases, failing, outages, visibility
from tests.providers.sqlalchemy import suite as sqlalchemy
from tests.support.broken import BREAKAGES, Breakage, suite_of

SECONDS = 10  # a case that takes longer notices nothing
BUGS = (AttributeError, NameError, TypeError)  # errors of a provider that is broken in another way than was meant


def noticed(chapter: ModuleType) -> Callable[..., None]:
    """The test of all breakages of a chapter. ``make test`` runs a tenth of them, ``make nightly`` all."""
    found = [one for one in BREAKAGES if one.kind.__module__ == chapter.__name__]
    marks = [[pytest.mark.nightly] if number % 10 else [] for number in range(len(found))]
    parameters = [pytest.param(one, id=one.name, marks=own) for one, own in zip(found, marks, strict=True)]

    @pytest.mark.parametrize("breakage", parameters)
    def test(breakage: Breakage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cases, "SECONDS", SECONDS)
        for module in (blocking, failing, outages, visibility):
            monkeypatch.setattr(module, "SOON", 0.2)
        for module in (blocking, failing):
            monkeypatch.setattr(module, "LONG", 0.5)
        notice(breakage, tmp_path)

    return test


def notice(breakage: Breakage, folder: Path) -> None:
    """Run the case of a breakage, and check that it fails for the broken promise."""
    kind: Any = breakage.kind
    suite = sqlalchemy.suite_of(kind, folder) if issubclass(kind, SQLAlchemyProvider) else suite_of(kind)
    case = getattr(suite, f"test_{breakage.case}")
    with capture(request_failed) as sent, pytest.raises((AssertionError, pytest.fail.Exception)) as failure:
        case(**breakage.arguments)
    assert failure.errisinstance(AssertionError) or failure.match("DID NOT RAISE")
    assert [one.keywords["error"] for one in sent if isinstance(one.keywords["error"], BUGS)] == []
