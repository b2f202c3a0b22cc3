"""A Sphinx extension: the search of these pages finds the page that answers a question.

It reads ``questions.toml``. Each synonym there becomes an entry of the index of its page. After an HTML build it
searches for all terms, ranks as ``searchtools.js`` of Sphinx does, and warns if the page is not among the best
results. With ``--fail-on-warning`` the build fails.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage, js_index
from sphinx.util import logging

FILE = "questions.toml"
BEST = 3  # pages
TITLE, PARTIAL_TITLE, TERM, PARTIAL_TERM = 15, 7, 5, 2  # points, as Scorer in searchtools.js
OBJECT, PARTIAL_OBJECT, PRIORITY = 11, 6, {0: 15, 1: 5, 2: -5}
_WORD = re.compile(r"\w+")

logger = logging.getLogger(__name__)


class Result(NamedTuple):
    """One line of the results; the one with most points is shown first."""

    points: int
    title: str
    page: str


class Search:
    """The search in an index.

    Args:
        index: the content of ``searchindex.js``.
        language: of the pages; it stems words.
    """

    def __init__(self, index: dict[str, Any], language: SearchLanguage) -> None:
        self.index, self.language = index, language

    def pages(self, query: str) -> list[str]:
        """Return the pages found for ``query``, the best first, each once."""
        found = [*self._titles(query), *self._entries(query), *self._objects(query), *self._words(query)]
        found.sort(key=lambda result: result.title.lower(), reverse=True)
        found.sort(key=lambda result: result.points)
        return [*dict.fromkeys(result.page for result in reversed(found))]

    def _result(self, file: int, points: float, title: str | None = None) -> Result:
        return Result(int(points), title or self.index["titles"][file], self.index["docnames"][file])

    def _titles(self, query: str) -> Iterator[Result]:
        """Yield the pages with a heading that is at most twice as long as ``query`` and has it."""
        wanted = query.lower().strip()
        for title, places in self.index["alltitles"].items():
            if wanted in title.lower() and len(wanted) >= len(title) / 2:
                for file, _ in places:
                    own = self.index["titles"][file]
                    points = round(TITLE * len(wanted) / len(title)) + (own == title)
                    yield self._result(file, points, title if own == title else f"{own} > {title}")

    def _entries(self, query: str) -> Iterator[Result]:
        """Yield the pages of explicit entries, such as those of the glossary."""
        wanted = query.lower().strip()
        for entry, places in self.index["indexentries"].items():
            if wanted in entry and len(wanted) >= len(entry) / 2:
                for file, _, is_main in places:
                    yield self._result(file, round(100 * len(wanted) / len(entry)) if is_main else -1)

    def _objects(self, query: str) -> Iterator[Result]:
        """Yield the pages of documented names that contain a word of ``query``, and all others in what is around."""
        words = set(_WORD.findall(query.lower()))
        for word in words:
            for prefix, objects in self.index["objects"].items():
                for file, kind, priority, _, name in objects:
                    full = f"{prefix}.{name}".lower() if prefix else name.lower()
                    around = f"{prefix} {name} {self.index['objnames'][str(kind)][2]} {self.index['titles'][file]}"
                    if word in full and all(other in around.lower() for other in words - {word}):
                        last = full.rpartition(".")[2]
                        points = OBJECT if word in (full, last) else PARTIAL_OBJECT if word in last else 0
                        yield self._result(file, points + PRIORITY.get(priority, 0), full)

    def _words(self, query: str) -> Iterator[Result]:
        """Yield the pages with all words of ``query``, in a heading or in the text."""
        words = [word.lower() for word in _WORD.findall(query)]
        stems = {
            self.language.stem(word) for word in words if word not in self.language.stopwords and not word.isdigit()
        }
        points = {stem: self._points(stem) for stem in stems}
        for file in set().union(*points.values()):
            having = [stem for stem in stems if file in points[stem]]
            if len(having) in (len(stems), sum(len(stem) > 2 for stem in stems)):
                yield self._result(file, max(points[stem][file] for stem in having))

    def _points(self, stem: str) -> dict[int, int]:
        points: dict[int, int] = {}
        for name, exact, partial in (("terms", TERM, PARTIAL_TERM), ("titleterms", TITLE, PARTIAL_TITLE)):
            known = self.index[name]
            given = {stem: exact} if stem in known else {}
            if stem not in known and len(stem) > 2:
                given = dict.fromkeys((term for term in known if stem in term), partial)
            for term, value in given.items():
                files = known[term] if isinstance(known[term], list) else [known[term]]
                points |= dict.fromkeys(files, value)
        return points


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the questions of ``questions.toml``."""
    with (folder / FILE).open("rb") as file:
        found: list[dict[str, Any]] = tomllib.load(file)["question"]
    return found


def add_synonyms(app: Sphinx, document: nodes.document) -> None:
    """Add the synonyms of a page to the index."""
    app.env.note_dependency(str(Path(app.srcdir, FILE)))
    own = [question for question in read(Path(app.srcdir)) if question["page"] == app.env.docname]
    synonyms = [term for question in own for term in question.get("synonyms", [])]
    if synonyms:
        title = document.next_node(nodes.section)
        entries = [("single", term, title["ids"][0], "main", None) for term in synonyms]
        document.insert(0, addnodes.index(entries=entries))


def check(app: Sphinx, error: Exception | None) -> None:
    """Warn of each term whose page is not among the best results."""
    if error or app.builder.format != "html":
        return
    index = js_index.loads(Path(app.outdir, "searchindex.js").read_text("utf-8"))
    search = Search(index, app.builder.indexer.lang)
    for question in read(Path(app.srcdir)):
        for term in question["searches"] + question.get("synonyms", []):
            best = search.pages(term)[:BEST]
            if question["page"] not in best:
                message = "the search for %r does not find %s, which answers %r, but %s"
                logger.warning(message, term, question["page"], question["asks"], ", ".join(best) or "nothing")


def setup(app: Sphinx) -> dict[str, bool]:
    """Add synonyms to the pages, and check the search once they are built."""
    app.connect("doctree-read", add_synonyms)
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
