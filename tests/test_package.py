"""The shape of the package: what it exports, and that imports only look down."""

from __future__ import annotations

import ast
import types
from pathlib import Path

import pytest

import bzz

ROOT = Path(bzz.__file__).parent
FLOORS = [
    {"exceptions", "datatypes", "scalars", "resources", "entity_tags", "relations", "conditions", "changes"}
    | {"cancellation", "correlation", "receivers", "dispatch", "signals"}
    | {"pool"},
    {"operations"},
    {"interfaces", "routing", "tokens", "web_client"},
    {"encoding", "registry", "catalogue", "store", "sessions", "auth_provider", "routes"},
    {"expansion", "references", "places", "canned"},
    {"queries"},
    {"lifecycle"},
    {"actions", "associations"},
    {"in_process"},
    {"gate"},
    {"handlers"},
    {"model_handler", "auth_handlers"},
    {"model", "auth", "mock"},
    {"__init__"},
]
TOWERS = [
    ["exceptions", "datatypes", "scalars", "resources", "entity_tags", "relations", "conditions", "changes"],
    ["cancellation", "correlation", "receivers", "dispatch", "signals"],
    ["cancellation", "exceptions", "pool"],
]
SEND = {"dispatch", "store", "lifecycle", "auth_handlers"}
MAY_IMPORT_TORNADO = {"routes", "gate", "handlers", "model", "model_handler", "auth", "auth_handlers", "mock"} | {
    "web_client",
    "auth_provider",
}
AUTH_PROVIDERS = {"mock", "google", "oidc"}


def imports(path: Path) -> set[str]:
    """The dotted names a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(path: Path) -> set[str]:
    """The modules of the package's own top that a module imports."""
    names = {name.split(".")[1] for name in imports(path) if name.startswith("bzz.")}
    return {name for name in names if (ROOT / f"{name}.py").exists() or name == "providers"}


def family(path: Path) -> str | None:
    """The provider that a module is of."""
    below = path.relative_to(ROOT).parts
    return below[1].removesuffix(".py") if below[0] == "providers" else None


CORE = sorted(path for path in ROOT.glob("*.py"))
WING = sorted(path for path in (ROOT / "providers").rglob("*.py"))


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_a_module_imports_only_from_the_floors_below_it(path: Path) -> None:
    [floor] = [number for number, names in enumerate(FLOORS) if path.stem in names]
    allowed = set().union(*FLOORS[:floor])
    if floor == 0:
        tower = next(tower for tower in TOWERS if path.stem in tower)
        allowed = set(tower[: tower.index(path.stem)])
    assert own(path) <= allowed


@pytest.mark.parametrize("path", WING, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_provider_imports_nothing_that_a_third_partys_cannot(path: Path) -> None:
    assert own(path) <= FLOORS[0] | FLOORS[1] | FLOORS[2] | {"auth_provider", "providers"}
    siblings = {name.split(".")[2] for name in imports(path) if name.startswith("bzz.providers.")}
    assert siblings <= {family(path)} | ({"oidc"} if family(path) == "google" else set())  # which is one


@pytest.mark.parametrize("path", CORE + WING, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_upper_floors_know_tornado(path: Path) -> None:
    if path.stem not in MAY_IMPORT_TORNADO and family(path) not in AUTH_PROVIDERS:
        assert not {name for name in imports(path) if name.split(".")[0] == "tornado"}


@pytest.mark.parametrize("path", CORE + WING, ids=lambda path: str(path.relative_to(ROOT)))
def test_signals_are_sent_by_the_lifecycle_only(path: Path) -> None:
    if path.stem not in SEND:
        sends = [
            n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute) and n.attr == "send_async"
        ]
        assert sends == []


@pytest.mark.parametrize("path", CORE + WING, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_imported_late(path: Path) -> None:
    tree = ast.parse(path.read_text())
    everywhere = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert everywhere == [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]


def test_what_is_exported_is_exactly_what_all_says() -> None:
    exported = {
        name
        for name, value in vars(bzz).items()
        if not name.startswith("_") and not (isinstance(value, types.ModuleType) and name not in bzz.__all__)
    }
    assert sorted(exported) == bzz.__all__ == sorted(bzz.__all__)
