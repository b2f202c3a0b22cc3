"""Random families, requests and callers, each reply, row and signal held against an oracle in plain Python.

``make test`` runs some hundred steps, ``make nightly`` thousands. ``tests/support/reach`` contains the oracle.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.reach.asking import Asker
from tests.support.reach.hives import draw_setting
from tests.support.reach.rows import draw_state
from tests.support.reach.shrinking import Case, smallest
from tests.support.reach.state import Markers
from tests.support.reach.world import World

KINDS = ["read"] * 4 + ["create"] + ["update"] * 3 + ["delete"] * 2 + ["join"] * 3 + ["leave"] * 2
STEPS = 10
NIGHTLY = 100  # examples; fewer are repeated in each run


def run(seed: int) -> None:
    """Send random requests to one random application.

    Args:
        seed: the beginning of all that is random.

    Raises:
        AssertionError: one of them did what the oracle does not say. A note contains the smallest such case.
    """
    rng, markers = Random(seed), Markers()  # noqa: S311
    setting, state = draw_setting(rng), draw_state(rng, markers)
    with World(setting, state) as world:
        for _ in range(STEPS if setting.hives else 0):
            state = world.state
            request = getattr(Asker(rng, markers, setting, state), rng.choice(KINDS))()
            try:
                world.step(request)
            except AssertionError as error:
                failure = error
                break
        else:
            return
    failure.add_note(str(smallest(Case(setting, state, request))))
    raise failure


@pytest.mark.hypothesis
def test_nothing_is_shown_stored_or_kept_from_receivers_against_the_rules() -> None:
    examples = settings().max_examples
    several = settings(
        max_examples=5 * examples,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        derandomize=examples < NIGHTLY,  # so that a failure of ``make test`` comes from the change that it tests
        database=None,
    )
    several(given(st.integers(0, 2**32 - 1))(run))()
