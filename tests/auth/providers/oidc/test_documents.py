"""The metadata and keys of an issuer: fetched once, kept for a while, fetched again on demand."""

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


async def test_calls_at_the_same_time_share_one_fetch(issuer: OpenIDIssuer, clock: Clock) -> None:
    published = Issuer(issuer.url)
    found = await asyncio.gather(*(published.keys(WEB) for _ in range(20)))
    assert [len(keys) for keys in found] == [1] * 20
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [("max-age=600", 600), ("public, max-age=1", 300), ("max-age=99999999", 21_600), ("no-store", 3600), ("", 3600)],
)
async def test_keys_are_kept_for_the_max_age_within_limits(
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


async def test_keys_are_fetched_again_on_demand_but_at_most_every_ten_seconds(
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


async def test_a_failed_fetch_does_not_delay_the_next(issuer: OpenIDIssuer, clock: Clock) -> None:
    published = Issuer(issuer.url)
    [old] = await published.keys(WEB)
    issuer.rotate()
    issuer.documents["/jwks"] = {"error": "maintenance"}
    with pytest.raises(Unavailable):
        await published.keys(WEB, again=True)
    del issuer.documents["/jwks"]
    [new] = await published.keys(WEB, again=True)
    assert new["kid"] != old["kid"]


async def test_calls_that_fetch_again_at_the_same_time_all_get_the_new_keys(issuer: OpenIDIssuer, clock: Clock) -> None:
    published = Issuer(issuer.url)
    [old] = await published.keys(WEB)
    issuer.rotate()
    issuer.asked.clear()
    found = await asyncio.gather(*(published.keys(WEB, again=True) for _ in range(20)))
    assert {keys[0]["kid"] for keys in found} == {issuer.kid}
    assert issuer.kid != old["kid"]
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


async def test_a_document_that_could_not_be_fetched_is_fetched_at_the_next_call(issuer: OpenIDIssuer) -> None:
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


async def test_an_item_that_is_no_key_is_ignored(issuer: OpenIDIssuer) -> None:
    issuer.documents["/jwks"] = {"keys": ["x", 7, {"kty": "RSA"}]}
    assert await Issuer(issuer.url).keys(WEB) == [{"kty": "RSA"}]


async def test_a_cancelled_call_does_not_cancel_the_shared_fetch(issuer: OpenIDIssuer) -> None:
    published = Issuer(issuer.url)
    leaving, staying = (asyncio.create_task(published.keys(WEB)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert len(await staying) == 1
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


async def test_each_web_client_has_a_fetch_of_its_own(issuer: OpenIDIssuer) -> None:
    published = Issuer(issuer.url)
    found = await asyncio.gather(published.keys(WEB), published.keys(WebClient()))
    assert found[0] == found[1]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "http://evil.example", "", 7, "https://x/#a"])
async def test_an_endpoint_that_is_not_safe_for_secrets_is_unavailable(issuer: OpenIDIssuer, url: object) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {"issuer": issuer.url, "token_endpoint": url}
    with pytest.raises(Unavailable, match="publishes no token_endpoint"):
        await Issuer(issuer.url).endpoint(WEB, "token_endpoint")


async def test_metadata_of_another_issuer_is_refused(issuer: OpenIDIssuer) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {"issuer": "https://evil.example", "jwks_uri": issuer.url}
    with pytest.raises(Unavailable, match=r"calls itself 'https://evil\.example'"):
        await Issuer(issuer.url).keys(WEB)


async def test_a_missing_endpoint_is_unavailable(issuer: OpenIDIssuer) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {"issuer": issuer.url}
    with pytest.raises(Unavailable, match="publishes no jwks_uri"):
        await Issuer(issuer.url).keys(WEB)


@pytest.mark.parametrize(
    "url", ["http://issuer.example", "issuer.example", "ftp://x", "http://localhost.evil.example", ""]
)
def test_the_url_of_an_issuer_must_be_of_https(url: str) -> None:
    with pytest.raises(ValueError, match="must begin with https"):
        Issuer(url)


@pytest.mark.parametrize(
    "url", ["https://issuer.example/a", "http://localhost", "http://127.0.0.1:80/x", "http://[::1]:1"]
)
def test_the_url_of_an_issuer_on_this_machine_may_be_of_http(url: str) -> None:
    assert Issuer(url).url == url
