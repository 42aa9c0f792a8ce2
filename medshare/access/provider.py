"""Logging in at a hospital's identity provider: OpenID Connect, authorization code with PKCE.

References
----------
OpenID Connect Core 1.0 sections 3.1 and 3.1.3.7; OpenID Connect Discovery 1.0 section 4;
RFC 7636 (PKCE); RFC 9700 (best current practice).
"""

import hashlib
import secrets
import threading
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from joserfc import jwt
from joserfc.jwk import KeySet

from medshare.access.assertions import UNREADABLE
from medshare.access.model import ProviderLogin, ProviderRefusedError
from medshare.access.outbound import ask
from medshare.kernel.errors import UnavailableError
from medshare.kernel.ports import Clock

ALGORITHMS = ["RS256", "PS256", "ES256", "ES384"]
UNDERWAY = timedelta(minutes=10)
"""For how long a login may stay at the provider."""
FRESH = timedelta(minutes=10)
"""After which the provider's description and keys are read again."""
LEEWAY = timedelta(seconds=30)
SUBJECT_LENGTH_MAX = 255


class ProviderSilentError(UnavailableError):
    """The identity provider does not answer, or not as one."""

    slug = "provider-silent"
    title = "The identity provider does not answer; try again later"
    title_zh = "身份提供方无响应，请稍后重试"


@dataclass(frozen=True, slots=True)
class Registration:
    """What we are at the provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class _Description:
    authorization_endpoint: str
    token_endpoint: str
    keys: KeySet
    read_at: datetime


class Provider:
    """One identity provider; its description and keys are remembered for a while."""

    def __init__(self, registration: Registration, clock: Clock) -> None:
        self._ours = registration
        self._clock = clock
        self._lock = threading.Lock()
        self._described: _Description | None = None

    def begin(self, next_path: str) -> tuple[str, str, ProviderLogin]:
        """Return where to send the browser, the state that must come back, and what to keep.

        Raises
        ------
        ProviderSilentError
            The provider cannot be asked where that is.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": self._ours.client_id,
            "redirect_uri": self._ours.redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        address = self._description().authorization_endpoint
        joint = "&" if "?" in address else "?"
        login = ProviderLogin(nonce, verifier, next_path, self._clock.now())
        return f"{address}{joint}{urlencode(asked)}", state, login

    def subject(self, code: str, login: ProviderLogin) -> str:
        """Return who logged in, by the ``sub`` of the ID token that a code is exchanged for.

        Raises
        ------
        ProviderRefusedError
            The login took too long, the code is not accepted, or the token does not hold.
        ProviderSilentError
            The provider does not answer.
        """
        if self._clock.now() - login.started_at > UNDERWAY:
            raise ProviderRefusedError
        return self._checked(self._exchange(code, login.verifier), login.nonce)

    def _exchange(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._ours.redirect_uri,
            "code_verifier": verifier,
        }
        pair = f"{quote(self._ours.client_id)}:{quote(self._ours.client_secret)}"
        basic = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        try:
            answer = orjson.loads(ask(self._description().token_endpoint, form, basic))
            return str(answer["id_token"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ProviderRefusedError from None

    def _checked(self, id_token: str, nonce: str) -> str:
        try:
            decoded = jwt.decode(id_token, self._description().keys, algorithms=ALGORITHMS)
        except UNREADABLE:
            raise ProviderRefusedError from None
        claims = decoded.claims
        if not self._is_for_us(claims) or claims.get("nonce") != nonce or not self._is_live(claims):
            raise ProviderRefusedError
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
            raise ProviderRefusedError
        return subject

    def _is_for_us(self, claims: dict[str, Any]) -> bool:
        audiences = claims.get("aud")
        named = audiences if isinstance(audiences, list) else [audiences]
        presenter = claims.get("azp", self._ours.client_id)
        return (
            claims.get("iss") == self._ours.issuer
            and self._ours.client_id in named
            and presenter == self._ours.client_id
        )

    def _is_live(self, claims: dict[str, Any]) -> bool:
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            return False
        now, leeway = self._clock.now().timestamp(), LEEWAY.total_seconds()
        return issued - leeway <= now < expires + leeway

    def _description(self) -> _Description:
        now = self._clock.now()
        with self._lock:
            if self._described is None or now - self._described.read_at > FRESH:
                self._described = self._read_description(now)
            return self._described

    def _read_description(self, now: datetime) -> _Description:
        address = self._ours.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            told = orjson.loads(ask(address))
            if told["issuer"] != self._ours.issuer:
                raise ProviderSilentError
            keys = KeySet.import_key_set(orjson.loads(ask(told["jwks_uri"])))
            return _Description(told["authorization_endpoint"], told["token_endpoint"], keys, now)
        except (OSError, *UNREADABLE):
            raise ProviderSilentError from None
