"""The fixtures, in a test of somebody else's."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


def test_the_fixture_records_what_a_test_sends(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["bzz.testing.fixtures"]')
    pytester.makepyfile(
        """
        import asyncio
        from dataclasses import dataclass

        import bzz

        @dataclass
        class Cat:
            id: str

        def test_a_cat_is_created(sent_signals):
            asyncio.run(bzz.ModelHive("memory", Cat).create({"id": "Tom"}))
            [created] = [one for one in sent_signals if one.signal == "post_create_instance"]
            assert created.keywords["instance"].id == "Tom"

        def test_the_next_one_begins_anew(sent_signals):
            assert sent_signals == []
        """
    )
    pytester.runpytest("-q", "-p", "no:cacheprovider").assert_outcomes(passed=2)
