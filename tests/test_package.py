"""The shape of the package: each import looks down, and each door shows the names in its ``__all__``."""

from __future__ import annotations

import ast
import importlib
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import bzz

ROOT = Path(bzz.__file__).parent
ROWS = [
    {"exceptions"},
    {"concurrency", "schema"},
    {"providers", "signals"},
    {"resources"},
    {"query"},
    {"lifecycle"},
    {"http"},
    {"auth", "mock"},
    {"hives"},
]
EXCEPTION = ("providers/mock.py", "auth")  # the name that the mock auth provider has always had
DOORS = ["bzz", "bzz.auth", "bzz.exceptions", "bzz.providers", "bzz.signals", "bzz.testing"]
MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
INDOORS = [module for module in MODULES if module != "__init__.py" and not module.startswith("testing/")]


def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


def imports(module: str) -> Iterator[str]:
    """Yield the dotted names that a module imports, anywhere in it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", INDOORS)
def test_a_package_imports_only_packages_of_lower_rows(module: str) -> None:
    room = module.partition("/")[0].removesuffix(".py")
    lower = set().union(*ROWS[: next(row for row, rooms in enumerate(ROWS) if room in rooms)])
    rooms = {name.split(".")[1] for name in imports(module) if name.startswith("bzz.")}
    assert [found for found in rooms - lower - {room} if (module, found) != EXCEPTION] == []


@pytest.mark.parametrize("module", MODULES)
def test_each_import_stands_at_the_top_of_its_module(module: str) -> None:
    parsed = tree(module)
    everywhere = [node for node in ast.walk(parsed) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert everywhere == [node for node in parsed.body if isinstance(node, (ast.Import, ast.ImportFrom))]


@pytest.mark.parametrize("module", INDOORS)
def test_only_packages_from_http_up_import_tornado(module: str) -> None:
    if module.partition("/")[0] not in {"http", "auth", "mock", "hives"}:
        assert not {name for name in imports(module) if name.split(".")[0] == "tornado"}


@pytest.mark.parametrize(
    "module", [module for module in INDOORS if module.startswith("providers/") and module.count("/") > 1]
)
def test_no_package_of_a_provider_imports_another(module: str) -> None:
    siblings = {name.split(".")[2] for name in imports(module) if name.startswith("bzz.providers.")}
    assert siblings & {"memory", "mongoengine", "sqlalchemy"} <= {module.split("/")[1]}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_shows_the_names_in_its_all_and_no_others(door: str) -> None:
    package = importlib.import_module(door)
    shown = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "bzz").startswith("bzz")
        and not (isinstance(value, types.ModuleType) and name not in package.__all__)
    }
    assert shown <= {*package.__all__} <= vars(package).keys()
    kind_and_name = [(not name.isupper(), not name[0].isupper(), name) for name in package.__all__]
    assert kind_and_name == sorted(kind_and_name), "constants, classes, functions"
