from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bzz
from bzz.providers import registry
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider
from tests.support.models import User


class OwnProvider(MemoryProvider):
    """A provider of the application's own."""


def test_a_provider_is_found_by_name_path_class_or_instance() -> None:
    assert type(registry.resolve("memory", {})) is MemoryProvider
    assert type(registry.resolve("tests.providers.test_registry.OwnProvider", {})) is OwnProvider
    assert type(registry.resolve("tests.providers.test_registry:OwnProvider", {})) is OwnProvider
    assert type(registry.resolve(OwnProvider, {})) is OwnProvider
    instance = OwnProvider()
    assert registry.resolve(instance, {}) is instance


def test_one_class_with_the_same_options_is_one_provider_with_one_pool() -> None:
    assert registry.resolve("memory", {}) is registry.resolve(MemoryProvider, {})
    two = registry.resolve("mongoengine", {"threads": 2})
    assert registry.resolve("mongoengine", {"threads": 2}) is two
    assert registry.resolve("mongoengine", {"threads": 3}) is not two


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(LookupError, match="'mongo'; known are memory, mongoengine"):
        registry.resolve("mongo", {})


def test_a_class_that_is_no_provider_is_refused() -> None:
    wrongs: list[Any] = ["tests.support.models.User", User]
    for wrong in wrongs:
        with pytest.raises(TypeError, match=r"no bzz\.Provider"):
            registry.resolve(wrong, {})


def test_an_instance_takes_no_options() -> None:
    with pytest.raises(TypeError, match="unknown option timeout; there are per_page"):
        registry.resolve(MemoryProvider(), {"timeout": 1}, known=["per_page"])


def test_a_dotted_path_that_leads_nowhere_is_pythons_own_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        registry.resolve("nowhere.at.all", {})


def test_a_registered_provider_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})
    bzz.register_provider("own", OwnProvider)
    bzz.register_provider("memory", "tests.providers.test_registry:OwnProvider")
    assert type(registry.resolve("own", {})) is OwnProvider
    assert type(registry.resolve("memory", {})) is OwnProvider


def test_an_installed_package_brings_its_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "thing-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[bzz.providers]\nthing = tests.providers.test_registry:OwnProvider\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert type(registry.resolve("thing", {})) is OwnProvider


def test_a_provider_whose_orm_is_missing_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bzz.providers.mongoengine", None)
    with pytest.raises(ImportError, match=r"pip install 'bzz\[mongoengine\]'"):
        registry.resolve("mongoengine", {})


def test_importing_bzz_imports_no_orm() -> None:
    program = "import bzz, sys; print([m for m in ('mongoengine', 'pymongo', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"


class Passing(OwnProvider):
    """Takes one option and passes the rest on."""

    def __init__(self, url: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.url = url


class Timed(MongoEngineProvider):
    """Another option beside those of its base."""

    def __init__(self, *, tags: list[str], **options: Any) -> None:
        super().__init__(**options)
        self.tags = tags


def test_a_provider_takes_its_own_options_and_those_it_passes_on() -> None:
    made = registry.resolve(Timed, {"tags": ["a"], "timeout": 2.0})
    assert isinstance(made, Timed)
    assert (made.tags, made.timeout) == (["a"], 2.0)
    assert isinstance(registry.resolve(Passing, {"url": "x"}), Passing)
    with pytest.raises(TypeError, match=r"unknown option threads; there are url$"):
        registry.resolve(Passing, {"threads": 2})
