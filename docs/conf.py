"""How Sphinx builds the documentation."""

import sys
from collections import defaultdict
from pathlib import Path

import bzz
from bzz.signals import declared

sys.path.insert(0, str(Path(__file__).parent))  # search_check
project = "bzz"
author = "bzz contributors"
copyright = author  # noqa: A001  # what Sphinx calls it
version = release = bzz.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "search_check"]
myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "substitution"]
html_theme = "furo"
html_title = "bzz"
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_attr_annotations = False  # the docstring says it in words


def _table(*rows: tuple[str, ...]) -> str:
    """Return a table as Markdown has it, the first row its head."""
    head, *body = [f"| {' | '.join(row)} |".replace("``", "`") for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def _signals() -> str:
    rows = []
    for name, signal in declared().items():
        keywords = ", ".join(f"`{keyword}`" for keyword in signal.keywords if keyword != "request_id")
        rows.append((f"`{name}`", signal.doc.rstrip("."), signal.sender, keywords))
    return _table(("signal", "sent", "sender", "keywords"), *rows)


def _keywords() -> str:
    offered_by = defaultdict(list)
    for name, signal in declared().items():
        for keyword, meaning in signal.keywords.items():
            offered_by[keyword, meaning].append(f"`{name}`")
    of_acts = [f"`{name}`" for name, signal in declared().items() if "unit" in signal.keywords]
    short = {len(declared()): "all", len(of_acts): "all of acts"}
    rows = [
        (f"`{keyword}`", meaning, short.get(len(names)) or ", ".join(names))
        for (keyword, meaning), names in sorted(offered_by.items())
    ]
    return _table(("keyword", "what", "offered by"), *rows)


myst_substitutions = {"signals": _signals(), "keywords": _keywords()}
