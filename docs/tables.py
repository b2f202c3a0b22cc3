"""The tables of docs/guides/signals.md, made of the declarations in bzz/signals/named.py.

``python docs/tables.py`` writes them into the page, between its markers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import bzz.signals
from bzz.signals import Signal, declared

PAGE = Path(__file__).parent / "guides" / "signals.md"


def own() -> dict[str, Signal]:
    """Return bzz's own signals by name, without those that an application has declared."""
    return {name: signal for name, signal in declared().items() if name in bzz.signals.__all__}


def table(*rows: tuple[str, ...]) -> str:
    """Return a table as Markdown has it, the first row its head."""
    head, *body = [f"| {' | '.join(row)} |".replace("``", "`") for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *body])


def of_acts() -> dict[str, Signal]:
    """Return the signals of acts by name."""
    return {name: signal for name, signal in own().items() if "unit" in signal.keywords}


def common(signals: dict[str, Signal]) -> set[str]:
    """Return the keywords that all of these signals offer."""
    return set.intersection(*(set(signal.keywords) for signal in signals.values()))


def signals() -> str:
    """Return the table of signals, each with its sender and the keywords that not all signals of its kind offer."""
    rows = []
    for name, signal in own().items():
        left_out = common(of_acts()) if name in of_acts() else common(own())
        offered = ", ".join(f"`{keyword}`" for keyword in signal.keywords if keyword not in left_out)
        rows.append((f"`{name}`", signal.doc.rstrip("."), signal.sender, offered or "no others"))
    return table(("signal", "sent", "sender", "keywords"), *rows)


def keywords() -> str:
    """Return the table of keywords, each with its meaning and the signals that offer it."""
    offered_by = defaultdict(list)
    for name, signal in own().items():
        for keyword, meaning in signal.keywords.items():
            offered_by[keyword, meaning].append(f"`{name}`")
    short = {len(own()): "all", len(of_acts()): "all of acts"}
    rows = [
        (f"`{keyword}`", meaning, short.get(len(names)) or ", ".join(names))
        for (keyword, meaning), names in sorted(offered_by.items())
    ]
    return table(("keyword", "meaning", "offered by"), *rows)


def renewed(page: str) -> str:
    """Return the text of a page with its tables made anew.

    Raises:
        ValueError: the page has no markers for a table.
    """
    for name, text in {"signals": signals(), "keywords": keywords()}.items():
        begin, end = f"<!-- {name}: made by python docs/tables.py -->", f"<!-- {name}: end -->"
        page, count = re.subn(
            f"(?<={re.escape(begin)}\n).*?(?={end})", lambda _, text=text: f"\n{text}\n\n", page, flags=re.S
        )
        if count != 1:
            raise ValueError(f"the page has no lines {begin} and {end}")
    return page


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
