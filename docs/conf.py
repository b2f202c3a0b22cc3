"""How Sphinx builds the documentation."""

import sys
from pathlib import Path

import bzz

sys.path.insert(0, str(Path(__file__).parent))  # search_check
project = "bzz"
author = "bzz contributors"
copyright = author  # noqa: A001  # what Sphinx calls it
version = release = bzz.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "search_check"]
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]
html_theme = "furo"
html_title = "bzz"
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_attr_annotations = False  # the docstring says it in words
copybutton_prompt_text = r"\$ "  # of a transcript, its commands are copied and its replies are not
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
