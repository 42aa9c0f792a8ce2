"""Client assertions: ``private_key_jwt`` (RFC 7523) as SMART Backend Services asks for it."""

from base64 import urlsafe_b64decode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS384", "ES384")
AHEAD_MAX = timedelta(minutes=5)
LEEWAY = timedelta(seconds=5)
"""How far a client's clock may be ahead of ours before ``nbf`` and ``iat`` count against it."""
UNREADABLE = (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a hostile JWT or JWK raises: the library trusts the types in a header."""
JTI_LENGTH_MAX = 255
KEYS_MAX = 20
KEY_SET_BYTES_MAX = 64 << 10
RSA_BITS = range(2048, 8193)
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Assertion:
    """A client's signed word that it is who it says, good for one use before ``expires_at``."""

    client_id: str
    jti: str
    expires_at: datetime


class AssertionRefusedError(ValueError):
    """The assertion does not hold; why is nobody's business but the log's."""


def claimed_client(text: str, claim: str = "sub") -> str:
    """Return the client id that an assertion claims, unverified: whose keys to try.

    Raises
    ------
    AssertionRefusedError
        It is not a JWT.
    """
    try:
        _header, payload, _signature = text.split(".")
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        claimed = claims[claim]
    except (ValueError, KeyError, TypeError):
        raise AssertionRefusedError from None
    if not isinstance(claimed, str) or not claimed.isprintable():
        raise AssertionRefusedError
    return claimed


def claimed_key(text: str) -> str:
    """Return the id of the key that an assertion says signed it, empty where it says none."""
    try:
        header = text.split(".", maxsplit=1)[0]
        key_id = orjson.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4))).get("kid", "")
    except (ValueError, AttributeError):
        return ""
    return key_id if isinstance(key_id, str) else ""


def verify(text: str, jwks: str, *, audience: str, now: datetime) -> Assertion:
    """Check an assertion against a client's registered keys.

    Parameters
    ----------
    jwks
        The client's JWK Set as JSON text; no key is ever taken from the assertion's header.
    audience
        The address of the token endpoint.

    Raises
    ------
    AssertionRefusedError
        Signature, algorithm, issuer, audience or time do not hold.

    References
    ----------
    SMART App Launch 2.2, "Backend Services"; RFC 7523 section 3.
    """
    claims = _signed(text, jwks)
    if claims.get("sub") != claims.get("iss"):
        raise AssertionRefusedError
    return _checked(claims, {audience}, now)


def verify_call(text: str, jwks: str, *, audiences: Collection[str], now: datetime) -> Assertion:
    """Check the word that a client signs for a single call, without a token.

    Parameters
    ----------
    audiences
        The addresses that the call may be meant for.

    Raises
    ------
    AssertionRefusedError
        Signature, algorithm, audience or time do not hold.

    References
    ----------
    CDS Hooks 2.0, "Trusting CDS Clients": as a client assertion, but ``iss`` alone says who.
    """
    return _checked(_signed(text, jwks), audiences, now)


def _signed(text: str, jwks: str) -> dict[str, object]:
    try:
        keys = KeySet.import_key_set(orjson.loads(jwks))
        token = jwt.decode(text, keys, algorithms=list(ALGORITHMS))
    except UNREADABLE:
        raise AssertionRefusedError from None
    if "crit" in token.header:  # even an empty list of extensions: RFC 7515 section 4.1.11
        raise AssertionRefusedError
    claims: dict[str, object] = token.claims
    return claims


def _checked(claims: dict[str, object], audiences: Collection[str], now: datetime) -> Assertion:
    client_id, jti, expires = claims.get("iss"), claims.get("jti"), claims.get("exp")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    texts = [each for each in named if isinstance(each, str)]
    if not isinstance(client_id, str) or not any(each in audiences for each in texts):
        raise AssertionRefusedError
    if not isinstance(jti, str) or not 0 < len(jti) <= JTI_LENGTH_MAX or not jti.isprintable():
        raise AssertionRefusedError
    if not isinstance(expires, int) or isinstance(expires, bool):
        raise AssertionRefusedError
    if not now.timestamp() < expires <= (now + AHEAD_MAX).timestamp():
        raise AssertionRefusedError
    for name in ("nbf", "iat"):
        instant = claims.get(name, 0)
        if not isinstance(instant, int) or instant > (now + LEEWAY).timestamp():
            raise AssertionRefusedError
    return Assertion(client_id, jti, datetime.fromtimestamp(expires, UTC))


def is_key_set(document: Any) -> bool:  # noqa: ANN401  # JSON of unknown shape
    """Whether a document is a JWK Set of public keys that our algorithms can use."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= KEYS_MAX:
        return False
    try:
        small = len(orjson.dumps(document)) <= KEY_SET_BYTES_MAX
        fit = small and all(_fits(key) for key in keys) and _are_told_apart(keys)
        return fit and bool(KeySet.import_key_set(document))
    except UNREADABLE:
        return False


def _are_told_apart(keys: list[dict[str, str]]) -> bool:
    """Tell whether no two keys of a kind bear the same id (RFC 7517 section 4.5)."""
    named = [(key["kty"], key["kid"]) for key in keys if "kid" in key]
    return len(named) == len(set(named))


def _fits(key: dict[str, str]) -> bool:
    if "d" in key:
        return False
    if key["kty"] == "RSA":
        modulus = int.from_bytes(urlsafe_b64decode(key["n"] + "=="), "big")
        return modulus.bit_length() in RSA_BITS
    return key["kty"] == "EC" and key["crv"] == "P-384"
