"""What an issuer publishes: fetched when it is needed, once, and again when it has changed."""

from __future__ import annotations

import asyncio

import pytest

from bzz.auth.providers.oidc import documents
from bzz.auth.providers.oidc.documents import Issuer
from bzz.auth.web_client import WebClient
from bzz.exceptions import Unavailable
from tests.support.clock import Clock
from tests.support.issuer import OpenIDIssuer

WEB = WebClient()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1000)
    monkeypatch.setattr(documents, "monotonic", clock)
    return clock


async def test_each_document_is_fetched_once_however_many_want_it(issuer: OpenIDIssuer, clock: Clock) -> None:
    published = Issuer(issuer.url)
    found = await asyncio.gather(*(published.keys(WEB) for _ in range(20)))
    assert [len(keys) for keys in found] == [1] * 20
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [("max-age=600", 600), ("public, max-age=1", 300), ("max-age=99999999", 21_600), ("no-store", 3600), ("", 3600)],
)
async def test_keys_are_kept_as_long_as_the_issuer_says(
    issuer: OpenIDIssuer, clock: Clock, cache_control: str, seconds: int
) -> None:
    issuer.headers["Cache-Control"] = cache_control
    published = Issuer(issuer.url)
    await published.keys(WEB)
    issuer.asked.clear()
    clock.now += seconds - 1
    await published.keys(WEB)
    assert issuer.paths == []
    clock.now += 1
    await published.keys(WEB)
    assert "/jwks" in issuer.paths


async def test_keys_that_may_have_changed_are_looked_at_again_but_not_all_the_time(
    issuer: OpenIDIssuer, clock: Clock
) -> None:
    published = Issuer(issuer.url)
    [old] = await published.keys(WEB)
    issuer.rotate()
    assert await published.keys(WEB) == [old]
    [new] = await published.keys(WEB, again=True)
    assert new["kid"] != old["kid"]
    issuer.asked.clear()
    for _ in range(100):
        await published.keys(WEB, again=True)
    assert issuer.paths == []
    clock.now += 10
    await published.keys(WEB, again=True)
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


async def test_a_look_that_failed_is_no_look(issuer: OpenIDIssuer, clock: Clock) -> None:
    published = Issuer(issuer.url)
    [old] = await published.keys(WEB)
    issuer.rotate()
    issuer.documents["/jwks"] = {"error": "maintenance"}
    with pytest.raises(Unavailable):
        await published.keys(WEB, again=True)
    del issuer.documents["/jwks"]
    [new] = await published.keys(WEB, again=True)
    assert new["kid"] != old["kid"]


async def test_all_who_look_again_at_once_see_the_new_keys(issuer: OpenIDIssuer, clock: Clock) -> None:
    published = Issuer(issuer.url)
    [old] = await published.keys(WEB)
    issuer.rotate()
    issuer.asked.clear()
    found = await asyncio.gather(*(published.keys(WEB, again=True) for _ in range(20)))
    assert {keys[0]["kid"] for keys in found} == {issuer.kid}
    assert issuer.kid != old["kid"]
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


async def test_what_cannot_be_fetched_is_tried_again_the_next_time(issuer: OpenIDIssuer) -> None:
    published = Issuer(issuer.url)
    issuer.documents["/jwks"] = ["no object"]
    with pytest.raises(Unavailable):
        await published.keys(WEB)
    del issuer.documents["/jwks"]
    assert len(await published.keys(WEB)) == 1


@pytest.mark.parametrize("document", [{"keys": None}, {}, {"error": "maintenance"}])
async def test_a_wrong_document_is_not_kept(issuer: OpenIDIssuer, document: object) -> None:
    issuer.headers["Cache-Control"] = "max-age=86400"
    for path in ("/jwks", "/.well-known/openid-configuration"):
        published = Issuer(issuer.url)
        issuer.documents[path] = document
        with pytest.raises(Unavailable):
            await published.keys(WEB)
        del issuer.documents[path]
        assert len(await published.keys(WEB)) == 1


async def test_what_is_no_key_is_passed_over(issuer: OpenIDIssuer) -> None:
    issuer.documents["/jwks"] = {"keys": ["x", 7, {"kty": "RSA"}]}
    assert await Issuer(issuer.url).keys(WEB) == [{"kty": "RSA"}]


async def test_who_no_longer_waits_keeps_nobody_else_from_it(issuer: OpenIDIssuer) -> None:
    published = Issuer(issuer.url)
    leaving, staying = (asyncio.create_task(published.keys(WEB)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert len(await staying) == 1
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


async def test_an_issuer_may_be_reached_in_several_ways_at_once(issuer: OpenIDIssuer) -> None:
    published = Issuer(issuer.url)
    found = await asyncio.gather(published.keys(WEB), published.keys(WebClient()))
    assert found[0] == found[1]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "http://evil.example", "", 7, "https://x/#a"])
async def test_an_endpoint_that_secrets_cannot_be_sent_to_is_none(issuer: OpenIDIssuer, url: object) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {"issuer": issuer.url, "token_endpoint": url}
    with pytest.raises(Unavailable, match="publishes no token_endpoint"):
        await Issuer(issuer.url).endpoint(WEB, "token_endpoint")


async def test_an_issuer_that_says_it_is_another_is_not_believed(issuer: OpenIDIssuer) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {"issuer": "https://evil.example", "jwks_uri": issuer.url}
    with pytest.raises(Unavailable, match=r"calls itself 'https://evil\.example'"):
        await Issuer(issuer.url).keys(WEB)


async def test_an_endpoint_that_there_is_not_is_said_to_be_missing(issuer: OpenIDIssuer) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {"issuer": issuer.url}
    with pytest.raises(Unavailable, match="publishes no jwks_uri"):
        await Issuer(issuer.url).keys(WEB)


@pytest.mark.parametrize(
    "url", ["http://issuer.example", "issuer.example", "ftp://x", "http://localhost.evil.example", ""]
)
def test_an_issuer_is_reached_over_https(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with https"):
        Issuer(url)


@pytest.mark.parametrize(
    "url", ["https://issuer.example/a", "http://localhost", "http://127.0.0.1:80/x", "http://[::1]:1"]
)
def test_an_issuer_on_this_machine_may_do_without(url: str) -> None:
    assert Issuer(url).url == url
