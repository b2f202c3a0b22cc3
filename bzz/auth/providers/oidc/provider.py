"""The auth provider for any OpenID Connect issuer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt
from jwt.algorithms import has_crypto
from tornado.web import RequestHandler

from bzz.auth.flows import Flow, FlowProvider
from bzz.auth.provider import NOBODY
from bzz.auth.providers.oidc import id_tokens
from bzz.auth.providers.oidc.documents import Issuer
from bzz.auth.web_client import WebClient
from bzz.exceptions import Invalid, Unauthorized, Unavailable

TOLD = ("name", "email", "picture")


class OIDCProvider(FlowProvider):
    """Signs in whom an OpenID Connect issuer vouches for.

    Either with an ID token that a page or an app has got (``{"provider": "oidc", "id_token": "..."}``), or by the
    authorization code flow, with PKCE, ``state`` and ``nonce`` (``/auth/login/oidc/``). Override ``user_of`` to tell
    more of a user, or to refuse some.

    Args:
        issuer: its URL, exactly as it calls itself.
        client_id: of this application, as it is registered there; or several, the first of which the flow uses.
        client_secret: of that client, if it has one.
        name: what a sign-in calls this provider; ``oidc`` by default.
        scopes: what is asked for in the flow.
        redirect_uri: as it is registered; by default ``/auth/callback/NAME/`` as the request reached this site.
        trust_email: whether the issuer vouches for each e-mail address it tells, though it does not say so
            (``email_verified``); otherwise one that is not verified is left out, as it may be somebody else's.

    Raises:
        ImportError: ``bzz[auth]`` is not installed.
        ValueError: the issuer's URL is not of https, or there is no client id.
    """

    name = "oidc"

    def __init__(
        self,
        issuer: str,
        client_id: str | Iterable[str],
        client_secret: str | None = None,
        *,
        name: str | None = None,
        scopes: Iterable[str] = ("openid", "email", "profile"),
        redirect_uri: str | None = None,
        trust_email: bool = False,
    ) -> None:
        if not has_crypto:
            raise ImportError("ID tokens need cryptography: pip install 'bzz[auth]'")
        self.issuer = Issuer(issuer)
        self.issuers: tuple[str, ...] = (issuer,)
        self.client_ids = (client_id,) if isinstance(client_id, str) else tuple(client_id)
        if not all(self.client_ids) or not self.client_ids:
            raise ValueError("client_id is what the issuer knows this application by")
        self.client_secret, self.redirect_uri, self.trust_email = client_secret, redirect_uri, trust_email
        self.name = name or self.name
        self.scope = " ".join(scopes)

    def user_of(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what is known of a user: ``id``, and ``name``, ``email`` and ``picture`` as far as they are told.

        Args:
            claims: of the ID token, and of the user info where that was asked for; verified.

        Returns:
            What ``authenticate`` returns: None refuses the user.
        """
        is_verified = self.trust_email or claims.get("email_verified") is True
        told = {name: claims[name] for name in TOLD if isinstance(claims.get(name), str)}
        if not is_verified:
            told.pop("email", None)
        return {"id": claims["sub"], **told}

    async def authenticate(self, credentials: dict[str, Any], handler: RequestHandler) -> dict[str, Any] | None:
        """Return what is known of the user whose ``id_token`` it is; raise as the interface says."""
        token = credentials.get("id_token")
        if not isinstance(token, str) or not token:
            raise Invalid(errors={"id_token": ["is the issuer's token, a text"]})
        return self.user_of(await self._claims(token, self.web_client(handler)))

    async def begin(self, flow: Flow, handler: RequestHandler) -> str:
        """Return the URL of the authorization request (OpenID Connect Core 1.0, section 3.1.2.1)."""
        endpoint = await self.issuer.endpoint(self.web_client(handler), "authorization_endpoint")
        parameters = {
            "response_type": "code",
            "client_id": self.client_ids[0],
            "redirect_uri": flow.redirect_uri,
            "scope": self.scope,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    async def finish(self, flow: Flow, answer: Mapping[str, str], handler: RequestHandler) -> dict[str, Any] | None:
        """Return what is known of the user for whom the code in ``answer`` is; raise as the interface says."""
        web = self.web_client(handler)
        if "code" not in answer or not await self._is_from_here(answer, web):
            said = {name: text[:100] for name, text in answer.items() if name in ("error", "error_description", "iss")}
            raise Unauthorized(NOBODY) from ValueError(f"the issuer says {said}")
        tokens = await self._redeem(answer["code"], flow, web)
        claims = await self._claims(str(tokens.get("id_token", "")), web, flow.nonce)
        return self.user_of(await self._completed(claims, tokens, web))

    async def _is_from_here(self, answer: Mapping[str, str], web: WebClient) -> bool:
        """Tell whether an answer is this issuer's, if it says whose it is (RFC 9207, section 2.4)."""
        metadata = await self.issuer.metadata(web)
        may_lack = not metadata.get("authorization_response_iss_parameter_supported")
        return answer.get("iss", self.issuer.url if may_lack else None) == self.issuer.url

    async def _redeem(self, code: str, flow: Flow, web: WebClient) -> Mapping[str, Any]:
        """Return the tokens for a code (RFC 6749, section 4.1.3), or nothing if the issuer does not know it."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "client_id": self.client_ids[0],
            "code_verifier": flow.code_verifier,
        }
        headers = {}
        metadata = await self.issuer.metadata(web)
        methods = metadata.get("token_endpoint_auth_methods_supported")
        if self.client_secret and (not isinstance(methods, list) or "client_secret_basic" in methods):
            pair = f"{quote_plus(self.client_ids[0])}:{quote_plus(self.client_secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        elif self.client_secret:
            form["client_secret"] = self.client_secret
        answer = await web.fetch(await self.issuer.endpoint(web, "token_endpoint"), form=form, headers=headers)
        if answer.status == 200 and isinstance(answer.value, dict):
            return answer.value
        error = answer.value.get("error") if isinstance(answer.value, dict) else None
        if error == "invalid_grant":
            return {}
        cause = ValueError(f"status {answer.status}, error {str(error)[:100]!r}")
        raise Unavailable("The service that vouches for users does not accept this application.") from cause

    async def _claims(self, token: str, web: WebClient, nonce: str | None = None) -> id_tokens.Claims:
        """Return the claims of an ID token; with the issuer's newest keys, if its own is not known yet."""
        expected: Any = {"issuers": self.issuers, "audiences": self.client_ids, "nonce": nonce}
        try:
            try:
                return id_tokens.read(token, await self.issuer.keys(web), **expected)
            except id_tokens.UnknownKey:
                return id_tokens.read(token, await self.issuer.keys(web, again=True), **expected)
        except jwt.InvalidTokenError as error:
            raise Unauthorized(NOBODY) from error

    async def _completed(
        self, claims: id_tokens.Claims, tokens: Mapping[str, Any], web: WebClient
    ) -> Mapping[str, Any]:
        """Return the claims with those of the user info (OpenID Connect Core 1.0, section 5.3), if there is any."""
        access_token, metadata = tokens.get("access_token"), await self.issuer.metadata(web)
        if not isinstance(access_token, str) or metadata.get("userinfo_endpoint") is None:
            return claims
        endpoint = await self.issuer.endpoint(web, "userinfo_endpoint")
        told = (await web.fetch(endpoint, headers={"Authorization": f"Bearer {access_token}"})).value
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            return claims
        says_email = claims if "email" in claims else told
        verified = {"email_verified": says_email.get("email_verified")}  # of that address, and no other
        return {**told, **claims, **verified}
