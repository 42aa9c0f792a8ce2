"""Access tokens: signed by the server, at most five minutes valid (RFC 9068 ``at+jwt``)."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from medshare.access.assertions import UNREADABLE
from medshare.access.keys import ServerKeys
from medshare.access.model import Client
from medshare.kernel.errors import UnauthenticatedError
from medshare.kernel.principal import ActingUser, PurposeOfUse

ALGORITHM = "Ed25519"
TYPE = "at+jwt"
LIFETIME_MAX_S = 300
VERIFIED_MAX = 4096
LEEWAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token carries: the client, its scopes, and the person and purpose behind it."""

    client_id: str
    scopes: tuple[str, ...]
    acting_user: ActingUser | None = None
    purpose: PurposeOfUse | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that holds: what it carries, under which id, and from when until when."""

    grant: Grant
    token_id: str
    issued_at: datetime
    expires_at: datetime


class TokenError(UnauthenticatedError):
    """The token is not ours, was altered, or has expired."""

    slug = "invalid-token"
    title = "The access token is not valid; ask for a new one"
    title_zh = "访问令牌无效，请重新获取"


class TokenMaker:
    """Issues and reads tokens.

    Parameters
    ----------
    issuer
        The server's base address; stands in ``iss`` and ``aud``.
    lifetime_s
        Seconds of validity, cut to 300.
    """

    def __init__(self, keys: ServerKeys, issuer: str, lifetime_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._verified: dict[bytes, Bearer] = {}
        self.lifetime = timedelta(seconds=min(lifetime_s, LIFETIME_MAX_S))

    def issue(self, client: Client, grant: Grant, *, token_id: str, now: datetime) -> str:
        """Sign a token for a client."""
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": client.id,
            "client_id": client.id,
            "jti": token_id,
            "iat": int(now.timestamp()),
            "exp": int((now + self.lifetime).timestamp()),
            "scope": " ".join(grant.scopes),
        }
        if grant.acting_user is not None:
            acting = grant.acting_user
            claims["act"] = {"sub": acting.id, "name": acting.name, "dept": acting.department}
        if grant.purpose is not None:
            claims["purpose_of_use"] = str(grant.purpose)
        header = {"alg": ALGORITHM, "typ": TYPE}
        return jwt.encode(header, claims, self._keys.signing, algorithms=[ALGORITHM])

    def read(self, token: str, now: datetime) -> Bearer:
        """Return what a token carries.

        Raises
        ------
        TokenError
            It is not ours, was altered, or has expired.
        """
        # A signature takes longer to check than a search: once a token, known by its hash.
        digest = hashlib.sha256(token.encode()).digest()
        bearer = self._verified.get(digest)
        if bearer is None:
            bearer = self._verify(token, now)
            if len(self._verified) >= VERIFIED_MAX:
                self._verified.clear()
            self._verified[digest] = bearer
        if not bearer.issued_at - LEEWAY <= now < bearer.expires_at:
            raise TokenError
        return bearer

    def _verify(self, token: str, now: datetime) -> Bearer:
        """Return what a token carries, whenever it is valid."""
        tried = (_signed_by(key, token) for key in self._keys.verifying(now))
        decoded = next(filter(None, tried), None)
        if decoded is None:
            raise TokenError
        claims = decoded.claims
        ours = claims.get("iss") == self._issuer and claims.get("aud") == self._issuer
        if decoded.header.get("typ") != TYPE or not ours or not _is_complete(claims):
            raise TokenError
        return Bearer(
            _grant(claims),
            token_id=claims["jti"],
            issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )


def _signed_by(key: OKPKey, token: str) -> jwt.Token | None:
    try:
        return jwt.decode(token, key, algorithms=[ALGORITHM])
    except UNREADABLE:
        return None


def _grant(claims: dict[str, Any]) -> Grant:
    return Grant(
        client_id=claims["client_id"],
        scopes=tuple(claims["scope"].split()),
        acting_user=_acting_user(claims.get("act")),
        purpose=PurposeOfUse(claims["purpose_of_use"]) if "purpose_of_use" in claims else None,
    )


def _is_complete(claims: dict[str, object]) -> bool:
    dated = all(isinstance(claims.get(name), int) for name in ("iat", "exp"))
    return dated and isinstance(claims.get("jti"), str)


def _acting_user(claim: dict[str, str] | None) -> ActingUser | None:
    return None if claim is None else ActingUser(claim["sub"], claim["name"], claim["dept"])
