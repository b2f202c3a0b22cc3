"""Sessions: how they start, are renewed, expire and end."""

from __future__ import annotations

import pytest

from bzz.auth import sessions, tokens
from bzz.auth.sessions import EndedInMemory, Sessions
from bzz.auth.tokens import Signer
from bzz.http.policy import Session
from tests.support.client import SECRET
from tests.support.clock import Clock

ADA = {"id": 7, "provider": "mock", "name": "Ada"}


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    time = Clock(tokens.now())
    monkeypatch.setattr(sessions, "now", time)
    return time


@pytest.fixture
def held() -> Sessions:
    return Sessions(Signer(SECRET, "bzz"), 1200, 3000, EndedInMemory())


async def test_a_token_is_read_as_the_session_that_was_started(held: Sessions, time: Clock) -> None:
    session, token = held.start(ADA)
    assert await held.read(token) == session
    assert (session.user, session.started, session.expires) == (ADA, time.now, time.now + 1200)
    claims = held.signer.read(sessions.KIND, token)
    assert claims
    assert claims["sub"] == "mock:7"


def test_no_two_sessions_have_the_same_id(held: Sessions) -> None:
    ids = {held.start(ADA)[0].id for _ in range(100)}
    assert (len(ids), {len(one) for one in ids}) == (100, {32})


def test_a_session_is_renewed_in_the_second_half_of_its_time(held: Sessions, time: Clock) -> None:
    session, _ = held.start(ADA)
    time.now += 599
    assert held.renewed(session) is None
    time.now += 1
    renewed, _ = held.renewed(session) or (session, "")
    assert renewed == Session(session.id, ADA, session.started, time.now, time.now + 1200)
    assert held.renewed(renewed) is None


def test_a_renewed_session_expires_at_max_age_at_the_latest(held: Sessions, time: Clock) -> None:
    session, _ = held.start(ADA)
    while time.now < session.started + 3000:
        time.now += 700
        session = (held.renewed(session) or (session, ""))[0]
    assert session.expires == session.started + 3000


async def test_a_shorter_max_age_holds_for_sessions_that_started_before(held: Sessions, time: Clock) -> None:
    _, token = held.start(ADA)
    shorter = Sessions(held.signer, 100, 100, EndedInMemory())
    time.now += 99
    assert await shorter.read(token)
    time.now += 1
    assert await shorter.read(token) is None
    assert await held.read(token)


@pytest.mark.parametrize("missing", ["sid", "auth_time", "user", "sub"])
async def test_a_token_that_lacks_a_claim_is_no_session(held: Sessions, missing: str) -> None:
    claims = {"sid": "s", "auth_time": tokens.now(), "user": ADA, "sub": "mock:7"}
    signed = [
        held.signer.sign(sessions.KIND, said, issued=tokens.now(), expires=tokens.now() + 60)
        for said in (claims, {name: value for name, value in claims.items() if name != missing})
    ]
    assert [await held.read(token) is None for token in signed] == [False, True]


async def test_no_token_of_an_ended_session_is_valid(held: Sessions, time: Clock) -> None:
    session, token = held.start(ADA)
    time.now += 700
    _, renewed = held.renewed(session) or (session, "")
    _, other = held.start(ADA)
    await held.end(session)
    assert [await held.read(one) for one in (token, renewed)] == [None, None]
    assert await held.read(other)


async def test_an_ended_session_is_forgotten_when_its_seconds_are_over(time: Clock) -> None:
    ended = EndedInMemory()
    await ended.add("a", 10)
    time.now += 5
    await ended.add("a", 10)
    await ended.add("b", 2)
    await ended.add("c", 10)
    time.now += 5
    await ended.add("d", 10)
    assert [await ended.has(name) for name in "abcd"] == [False, False, True, True]


@pytest.mark.parametrize(("expiration", "max_age"), [(1, 3000), (1, 1), (1200, 3000)])
async def test_an_end_is_stored_as_long_as_any_token_of_the_session_may_be_valid(
    held: Sessions, time: Clock, expiration: int, max_age: int
) -> None:
    session, _ = held.start(ADA)
    remembered: dict[str, int] = {}

    class Noted(EndedInMemory):
        async def add(self, session_id: str, seconds: int) -> None:
            remembered[session_id] = seconds

    shorter = Sessions(held.signer, expiration, max_age, Noted())
    time.now += 100
    await shorter.end(session)
    assert remembered[session.id] == max(max_age, 1200) - 100 + sessions.SKEW


@pytest.mark.parametrize(("expiration", "max_age"), [(0, 10), (-1, 10), (20, 10)])
def test_expiration_must_be_from_1_to_max_age(expiration: int, max_age: int) -> None:
    with pytest.raises(ValueError, match="expiration must be from 1 second to max_age"):
        Sessions(Signer(SECRET, "bzz"), expiration, max_age, EndedInMemory())
