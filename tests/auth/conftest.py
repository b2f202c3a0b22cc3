"""The browsers of these tests."""

from __future__ import annotations

import pytest

from bzz.auth.providers.oidc import OIDCProvider
from tests.support.client import Api, Browser
from tests.support.flows import signing_in
from tests.support.issuer import OpenIDIssuer


@pytest.fixture
def visitor(api: Api, issuer: OpenIDIssuer) -> Browser:
    """A browser at the API, which signs in with the issuer."""
    return signing_in(api, OIDCProvider(issuer.url, "client", "s3cret"))
