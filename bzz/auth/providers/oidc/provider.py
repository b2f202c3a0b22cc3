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
from bzz.auth.provider import NOT_VALID
from bzz.auth.providers.oidc import id_tokens
from bzz.auth.providers.oidc.documents import Issuer
from bzz.auth.web_client import WebClient
from bzz.exceptions import Invalid, Unauthorized, Unavailable

SHOWN = ("name", "email", "picture")


class OIDCProvider(FlowProvider):
    """The auth provider for one OpenID Connect issuer.

    There are two ways to sign in:

    - with an ID token that a page or an app has got: the body is ``{"provider": "oidc", "id_token": "..."}``;
    - by the authorization code flow with PKCE, ``state`` and ``nonce``, which begins at ``/auth/login/oidc/``.

    Override ``user_of`` to change the user's dict or to refuse a user.

    Args:
        issuer: the issuer's URL, exactly as in its metadata.
        client_id: the client id of this application that is registered with the issuer. It may be a list of several
            ids. A flow uses the first one.
        client_secret: the secret of that client, if it has one.
        name: the value of ``provider`` in the body of a sign-in. The default is ``oidc``.
        scopes: the scopes that a flow requests.
        redirect_uri: the URL of ``/auth/callback/NAME/`` that is registered with the issuer. None: bzz makes it from
            the URL of the request.
        trust_email: whether the user's dict contains the e-mail address even if ``email_verified`` is not true. By
            default the dict does not, as the address may be another person's.

    Raises:
        ImportError: ``bzz[auth]`` is not installed.
        ValueError: the issuer's URL does not use https, or a client id is missing or empty.
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
            raise ValueError(f"client_id must be one or more texts that are not empty, not {client_id!r}")
        self.client_secret, self.redirect_uri, self.trust_email = client_secret, redirect_uri, trust_email
        self.name = name or self.name
        self.scope = " ".join(scopes)

    def user_of(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the user's dict.

        It contains ``id``. It also contains ``name``, ``email`` and ``picture`` if the claims do.

        Args:
            claims: the validated claims of the ID token. After a flow they include the claims of the user info.

        Returns:
            The dict that ``authenticate`` returns. None means that the user is refused.
        """
        is_verified = self.trust_email or claims.get("email_verified") is True
        shown = {name: claims[name] for name in SHOWN if isinstance(claims.get(name), str)}
        if not is_verified:
            shown.pop("email", None)
        return {"id": claims["sub"], **shown}

    async def authenticate(self, credentials: dict[str, Any], handler: RequestHandler) -> dict[str, Any] | None:
        """Return the dict of the user whose ``id_token`` is in ``credentials``.

        Raises:
            Invalid: ``id_token`` is not a text.
            Unauthorized: the token is not valid.
            Unavailable: the issuer does not answer.
        """
        token = credentials.get("id_token")
        if not isinstance(token, str) or not token:
            raise Invalid(errors={"id_token": ["must be the issuer's ID token, a text"]})
        return self.user_of(await self._claims(token, self.web_client(handler)))

    async def begin(self, flow: Flow, handler: RequestHandler) -> str:
        """Return the URL of the authorization request.

        Source: OpenID Connect Core 1.0, section 3.1.2.1.

        Raises:
            Unavailable: the issuer does not answer.
        """
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
        """Return the dict of the user whose ``code`` is in ``answer``.

        Raises:
            Unauthorized: the answer has no code, or is not from the issuer. The reason may also be
                that the code or its ID token is not valid.
            Unavailable: the issuer does not answer, or does not accept this application.
        """
        web = self.web_client(handler)
        if "code" not in answer or not await self._is_from_here(answer, web):
            said = {name: text[:100] for name, text in answer.items() if name in ("error", "error_description", "iss")}
            raise Unauthorized(NOT_VALID) from ValueError(f"the issuer answers {said}")
        tokens = await self._redeem(answer["code"], flow, web)
        claims = await self._claims(str(tokens.get("id_token", "")), web, flow.nonce)
        return self.user_of(await self._completed(claims, tokens, web))

    async def _is_from_here(self, answer: Mapping[str, str], web: WebClient) -> bool:
        """Return whether the answer comes from this issuer.

        It does if its ``iss`` is the issuer's URL. Some issuers may leave ``iss`` out (RFC 9207, section 2.4).
        """
        metadata = await self.issuer.metadata(web)
        may_lack = not metadata.get("authorization_response_iss_parameter_supported")
        return answer.get("iss", self.issuer.url if may_lack else None) == self.issuer.url

    async def _redeem(self, code: str, flow: Flow, web: WebClient) -> Mapping[str, Any]:
        """Return the tokens for a code (RFC 6749, section 4.1.3).

        The result is empty if the code is not valid.
        """
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
        raise Unavailable("The auth provider does not accept this application.") from cause

    async def _claims(self, token: str, web: WebClient, nonce: str | None = None) -> id_tokens.Claims:
        """Return the claims of an ID token.

        If the token's key is not among the issuer's keys, fetch the keys again.
        """
        expected: Any = {"issuers": self.issuers, "audiences": self.client_ids, "nonce": nonce}
        try:
            try:
                return id_tokens.read(token, await self.issuer.keys(web), **expected)
            except id_tokens.UnknownKey:
                return id_tokens.read(token, await self.issuer.keys(web, again=True), **expected)
        except jwt.InvalidTokenError as error:
            raise Unauthorized(NOT_VALID) from error

    async def _completed(
        self, claims: id_tokens.Claims, tokens: Mapping[str, Any], web: WebClient
    ) -> Mapping[str, Any]:
        """Return the claims together with those of the user info.

        If the issuer has no user info (OpenID Connect Core 1.0, section 5.3), return the claims alone.
        """
        access_token, metadata = tokens.get("access_token"), await self.issuer.metadata(web)
        if not isinstance(access_token, str) or metadata.get("userinfo_endpoint") is None:
            return claims
        endpoint = await self.issuer.endpoint(web, "userinfo_endpoint")
        info = (await web.fetch(endpoint, headers={"Authorization": f"Bearer {access_token}"})).value
        if not isinstance(info, dict) or info.get("sub") != claims["sub"]:
            return claims
        has_email = claims if "email" in claims else info
        verified = {"email_verified": has_email.get("email_verified")}  # for the address that the user's dict contains
        return {**info, **claims, **verified}
