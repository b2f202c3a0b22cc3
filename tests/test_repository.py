"""The files that developers use: the targets of make, and the versions that it installs."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONSTRAINTS = (ROOT / "constraints.txt").read_text().splitlines()
VERSION = re.compile(r'([a-z0-9-]+)==[\w.+]+( ; python_version [<>=]+ "3\.\d+"( and python_version < "3\.\d+")?)?')


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    listed = subprocess.check_output(["make", "--no-print-directory", "help"], cwd=ROOT, text=True)  # noqa: S607
    assert targets == phony.split() == [line.split()[0] for line in listed.splitlines()]


def test_constraints_hold_versions_only() -> None:
    assert [line for line in CONSTRAINTS if not (line.startswith("# ") or VERSION.fullmatch(line))] == []


def test_each_requirement_has_a_tested_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [one for group in (project["dependencies"], *project["optional-dependencies"].values()) for one in group]
    names = {re.split(r"[\[<>=;~! ]", requirement)[0].lower().replace("_", "-") for requirement in required}
    assert names - {found[1] for line in CONSTRAINTS if (found := VERSION.fullmatch(line))} == {"bzz"}
