"""The extras of the package. Without them, the tests that need none run, on the memory provider."""

from __future__ import annotations

import re
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

INSTALLED = find_spec("mongoengine") is not None
needs_extras = pytest.mark.skipif(not INSTALLED, reason="the extras are not installed")
PLUGINS = ["tests.support.issuer", "tests.support.mongodb"]  # their fixtures need extras
NAMES = "bson|commands|cryptography|documents|example_app|issuer|mongoengine|mongomock|pymongo|sqlalchemy|test_docs"
IMPORTS = re.compile(rf"^ *(?:from|import) .*\b(?:{NAMES})\b", re.MULTILINE)

if INSTALLED:
    from authlib.deprecate import AuthlibDeprecationWarning

    warnings.simplefilter("ignore", AuthlibDeprecationWarning)  # which Authlib has always shown, once it is imported


def needing_extras(tests: Path) -> list[Path]:
    """Return the test modules that import an extra, and the folders whose conftest.py does."""
    found = [path for path in tests.rglob("*.py") if IMPORTS.search(path.read_text())]
    return [path.parent if path.name == "conftest.py" else path for path in found]
