"""Writes constraints.txt: the versions that pip installs for ``.[dev]`` in a fresh environment of each Python.

The standard input names the Pythons, one a line: a version and a path, the lowest version first.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = """\
# The versions that the tests ran with. `make constraints` renews them.
"""
LEFT_OUT = {"bzz", "pip"}


def installed(python: str) -> dict[str, str]:
    """Return the version of each package that ``.[dev]`` brings, by canonical name."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/python", "-m", "pip", "--disable-pip-version-check"]
        upgrade = ["--upgrade", "--upgrade-strategy", "eager"]  # of setuptools, too, which an environment may bring
        subprocess.run([*pip, "install", "--quiet", *upgrade, "--editable", f"{ROOT}[dev]"], check=True)
        listed = subprocess.check_output([*pip, "list", "--format", "json"])
    found = {re.sub(r"[-_.]+", "-", entry["name"]).lower(): entry["version"] for entry in json.loads(listed)}
    return {name: version for name, version in found.items() if name not in LEFT_OUT}


def lines(name: str, versions: dict[str, str]) -> list[str]:
    """Return the constraints of one package, given its version by that of Python; one, if all are equal."""
    groups = [
        (version, [python for python, _ in group]) for version, group in groupby(versions.items(), lambda v: v[1])
    ]
    starts = [pythons[0] for _, pythons in groups]
    found = []
    for place, (version, _) in enumerate(groups):
        bounds = [f'python_version >= "{starts[place]}"'] * (place > 0)
        bounds += [f'python_version < "{bound}"' for bound in starts[place + 1 : place + 2]]
        found.append(f"{name}=={version}" + (f" ; {' and '.join(bounds)}" if bounds else ""))
    return found


def main() -> None:
    """Write the file anew."""
    by_python = {version: installed(path) for version, path in map(str.split, sys.stdin)}
    names = sorted({name for found in by_python.values() for name in found})
    rows = [
        line
        for name in names
        for line in lines(name, {python: found[name] for python, found in by_python.items() if name in found})
    ]
    (ROOT / "constraints.txt").write_text(HEAD + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
