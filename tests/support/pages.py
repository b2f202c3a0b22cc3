"""The pages of the documentation, and their Python blocks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def run(page: Path) -> dict[str, Any]:
    """Run the blocks of a page, one after the other as a reader would, and return the names they define."""
    names: dict[str, Any] = {"__name__": page.stem}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(block, str(page), "exec", dont_inherit=True), names)  # noqa: S102  # our own documentation
    return names
