"""The pytest fixtures, in a test run of their own."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


def test_sent_signals_records_the_signals_of_one_test(pytester: pytest.Pytester) -> None:
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
