"""The organisation's own sign-in (OpenID Connect, authorisation code with PKCE): the address to send the reader to, and what comes back from there.

Streamlit's `st.login` does the same; but its cookie is good for thirty days, also after signing out, and routes beside the pages do not know it. So this
ends in a session of our own, like a password does.
"""

import secrets
import time
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gcrm.config import settings
from gcrm.errors import AccessError

_SECONDS_TO_COME_BACK = 600
_SECONDS_TO_ANSWER = 10
_LEEWAY_S = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_AGAIN = "try to sign in again, or ask whoever administers gcrm"


@dataclass(frozen=True)
class _Asked:
    verifier: str
    nonce: str
    redirect: str
    ends: float


_asked: dict[str, _Asked] = {}
_one = Lock()


def offered() -> bool:
    """Whether an organisation's sign-in is set (GCRM_OIDC_ISSUER, GCRM_OIDC_CLIENT_ID, GCRM_OIDC_CLIENT_SECRET)."""
    return bool(settings().oidc_issuer and settings().oidc_client_id)


def begin(redirect: str) -> tuple[str, str]:
    """Begins to sign somebody in.

    Args:
        redirect: the address that the organisation sends the reader back to.

    Returns:
        The address to send the reader to, and the state that the reader's browser has to bring back.

    Raises:
        AccessError: the organisation's sign-in does not answer.
    """
    state, nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(24), generate_token(64)
    with _client(redirect) as client:
        address, _ = client.create_authorization_url(_provider()["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier)
    now = time.monotonic()
    with _one:
        for old in [name for name, each in _asked.items() if each.ends < now]:
            del _asked[old]
        _asked[state] = _Asked(verifier, nonce, redirect, now + _SECONDS_TO_COME_BACK)
    return str(address), state


def finish(state: str, code: str) -> str:
    """The mail address that the organisation vouches for.

    Args:
        state: that of `begin`, which works once.
        code: that the organisation sent along.

    Raises:
        AccessError: the state is not one of ours, or the organisation does not vouch for a mail address.
    """
    with _one:
        asked = _asked.pop(state, None)
    if asked is None or asked.ends < time.monotonic():
        raise AccessError(f"Signing in took longer than {_SECONDS_TO_COME_BACK // 60} minutes, or was begun elsewhere; {_AGAIN}.")
    try:
        with _client(asked.redirect) as client:
            token = client.fetch_token(_provider()["token_endpoint"], code=code, code_verifier=asked.verifier)
        claims = _claims(token["id_token"], asked.nonce)
    except (OAuthError, JoseError, requests.RequestException, KeyError, ValueError) as error:
        raise AccessError(f"Your organisation's sign-in could not be completed ({type(error).__name__}); {_AGAIN}.") from error
    mail = claims.get("email")
    if not isinstance(mail, str) or claims.get("email_verified") is False:
        raise AccessError(f"Your organisation names no confirmed mail address for you; {_AGAIN}.")
    return mail


def _claims(id_token: str, nonce: str) -> dict[str, Any]:
    """What an ID token says, after its signature and its claims were checked (OpenID Connect Core 1.0, 3.1.3.7)."""
    keys = KeySet.import_key_set(requests.get(_provider()["jwks_uri"], timeout=_SECONDS_TO_ANSWER).json())
    said = jwt.decode(id_token, keys, algorithms=_ALGORITHMS).claims
    jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": _provider()["issuer"]},
        aud={"essential": True, "value": settings().oidc_client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(said)
    return dict(said)


def _client(redirect: str) -> OAuth2Session:
    return OAuth2Session(
        settings().oidc_client_id,
        settings().oidc_client_secret or None,
        scope="openid email",
        redirect_uri=redirect,
        code_challenge_method="S256",
        default_timeout=_SECONDS_TO_ANSWER,
    )


def _provider() -> dict[str, Any]:
    try:
        return _discovered(settings().oidc_issuer)
    except (requests.RequestException, ValueError) as error:
        raise AccessError(f"{settings().oidc_issuer} does not answer as a sign-in ({type(error).__name__}); look at GCRM_OIDC_ISSUER.") from error


@cache
def _discovered(issuer: str) -> dict[str, Any]:
    """What the organisation says of its sign-in (OpenID Connect Discovery 1.0)."""
    answer = requests.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=_SECONDS_TO_ANSWER)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    missing = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"} - found.keys()
    if missing or found["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise ValueError("the discovery document is of another issuer, or not whole")
    return found
