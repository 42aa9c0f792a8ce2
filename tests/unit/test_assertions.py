"""What a client's signed word must be, and every way in which it is not."""

import base64
import functools
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from medshare.access.assertions import (
    AssertionRefusedError,
    claimed_client,
    is_key_set,
    verify,
)
from tests.site import NOW

AUDIENCE = "https://medshare.test/oauth/token"
SECONDS = int(NOW.timestamp())


@functools.cache
def rsa(name: str = "ours") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name})


@functools.cache
def ec(curve: Any = "P-384") -> ECKey:
    return ECKey.generate_key(curve, {"kid": "ec"})


@functools.cache
def registered() -> str:
    return json.dumps(KeySet([rsa(), ec()]).as_dict(private=False))


def claims(**changes: Any) -> dict[str, Any]:
    stated = {
        "iss": "ris",
        "sub": "ris",
        "aud": AUDIENCE,
        "exp": SECONDS + 300,
        "jti": "one-use",
    } | changes
    return {name: value for name, value in stated.items() if value is not ...}


def signed(
    key: Any = None, alg: str = "RS384", header: dict[str, Any] | None = None, **changes: Any
) -> str:
    signer = key or rsa()
    head = {"alg": alg, "typ": "JWT", "kid": signer.kid} | (header or {})
    head = {name: value for name, value in head.items() if value is not ...}
    return jwt.encode(head, claims(**changes), signer, algorithms=[alg])


def by_hand(header: object, payload: object, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)


def own_key_in_the_header(member: str) -> str:
    stranger = rsa("stranger")  # under the kid of ours, so that only the header could save it
    value: object = stranger.as_dict(private=False)
    if member == "jku":
        value = "https://evil.example/jwks.json"
    if member == "x5c":
        value = [base64.b64encode(stranger.as_der(private=False)).decode()]
    return signed(stranger, header={member: value, "kid": "ours"})


def secret_made_of_the_public_key() -> str:
    message = by_hand({"alg": "HS256", "kid": "ours"}, claims()).removesuffix(".")
    digest = hmac.new(rsa().as_pem(private=False), message.encode(), "sha256").digest()
    return f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def altered() -> str:
    head, _payload, signature = signed().split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(jti="another")).encode()).rstrip(b"=")
    return f"{head}.{payload.decode()}.{signature}"


@pytest.mark.parametrize(("key", "alg"), [(rsa, "RS384"), (ec, "ES384")])
def test_a_signed_assertion_names_its_client(key: Callable[[], Any], alg: str) -> None:
    text = signed(key(), alg)
    assert claimed_client(text) == "ris"
    held = verify(text, registered(), audience=AUDIENCE, now=NOW)
    assert (held.client_id, held.jti) == ("ris", "one-use")
    assert held.expires_at == NOW + timedelta(seconds=300)


def test_an_assertion_may_name_several_audiences_and_its_key() -> None:
    text = signed(aud=["https://other.test", AUDIENCE])
    assert verify(text, registered(), audience=AUDIENCE, now=NOW).client_id == "ris"


REFUSED: dict[str, Callable[[], str]] = {
    "no signature (alg none)": lambda: by_hand({"alg": "none"}, claims()),
    "alg none in other letters": lambda: by_hand({"alg": "nOnE"}, claims()),
    "HS256 with the public key as secret": secret_made_of_the_public_key,
    "RS256": lambda: signed(alg="RS256"),
    "RS512": lambda: signed(alg="RS512"),
    "PS384": lambda: signed(alg="PS384"),
    "ES256": lambda: signed(ec("P-256"), "ES256"),
    "another key": lambda: signed(rsa("stranger")),
    "another key under our kid": lambda: signed(rsa("stranger"), header={"kid": "ours"}),
    "no kid where several keys are registered": lambda: signed(header={"kid": ...}),
    "a kid that is not registered": lambda: signed(header={"kid": "none"}),
    "its own key in the header (jwk)": lambda: own_key_in_the_header("jwk"),
    "its own key in the header (jku)": lambda: own_key_in_the_header("jku"),
    "its own key in the header (x5c)": lambda: own_key_in_the_header("x5c"),
    "claims changed after signing": altered,
    "signature cut off": lambda: signed().rpartition(".")[0] + ".",
    "signature shortened": lambda: signed()[:-8],
    "aud of another endpoint": lambda: signed(aud="https://other.test/oauth/token"),
    "aud a prefix of ours": lambda: signed(aud="https://medshare.test"),
    "aud missing": lambda: signed(aud=...),
    "aud an object": lambda: signed(aud={AUDIENCE: True}),
    "iss of another": lambda: signed(iss="his"),
    "iss missing": lambda: signed(iss=...),
    "sub missing": lambda: signed(sub=...),
    "sub a list": lambda: signed(sub=["ris"], iss=["ris"]),
    "exp missing": lambda: signed(exp=...),
    "exp past": lambda: signed(exp=SECONDS - 1),
    "exp now": lambda: signed(exp=SECONDS),
    "exp six minutes ahead": lambda: signed(exp=SECONDS + 360),
    "exp one second too far": lambda: signed(exp=SECONDS + 301),
    "exp true": lambda: signed(exp=True),
    "exp a text": lambda: signed(exp=str(SECONDS + 60)),
    "exp a fraction": lambda: signed(exp=SECONDS + 60.5),
    "exp beyond all years": lambda: signed(exp=10**30),
    "nbf a minute ahead": lambda: signed(nbf=SECONDS + 60),
    "nbf a text": lambda: signed(nbf="0"),
    "jti missing": lambda: signed(jti=...),
    "jti empty": lambda: signed(jti=""),
    "jti too long": lambda: signed(jti="x" * 256),
    "jti a number": lambda: signed(jti=5),
    "jti with NUL": lambda: signed(jti="a\x00b"),
    "crit that nobody knows": lambda: by_hand({"alg": "RS384", "crit": ["x"], "x": 1}, claims()),
    "crit a number": lambda: by_hand({"alg": "RS384", "crit": 5}, claims()),
    "header a list": lambda: by_hand([], claims()),
    "header nested 2,000 deep": lambda: f"{nested(2000)}.{by_hand({}, claims()).split('.')[1]}.x",
    "claims a list": lambda: by_hand({"alg": "RS384"}, []),
    "encrypted, not signed": lambda: "a.b.c.d.e",
    "not a token": lambda: "garbage",
    "empty": lambda: "",
    "not ASCII": lambda: "é.é.é",
}


def nested(depth: int) -> str:
    return base64.urlsafe_b64encode(b"[" * depth).rstrip(b"=").decode()


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_assertion_is_refused(case: str) -> None:
    text = REFUSED[case]()
    with pytest.raises(AssertionRefusedError):
        verify(text, registered(), audience=AUDIENCE, now=NOW)


@pytest.mark.parametrize(
    "payload", [[], 5, None, {}, {"sub": 5}, {"sub": ["a"]}, {"sub": "a\x00b"}, {"sub": None}]
)
def test_a_claim_to_be_nobody_is_refused(payload: object) -> None:
    with pytest.raises(AssertionRefusedError):
        claimed_client(by_hand({"alg": "RS384"}, payload))


@given(st.text(max_size=80) | st.lists(st.binary(max_size=40), min_size=3, max_size=3))
def test_no_text_whatever_breaks_the_reading_of_assertions(hostile: str | list[bytes]) -> None:
    text = hostile
    if isinstance(hostile, list):
        text = ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in hostile)
    assert isinstance(text, str)
    with pytest.raises(AssertionRefusedError):
        claimed_client(text)
        verify(text, registered(), audience=AUDIENCE, now=NOW)


def test_public_rsa_and_p384_keys_can_be_registered() -> None:
    assert is_key_set(json.loads(registered()))


@pytest.mark.parametrize(
    "document",
    [
        None,
        5,
        "x",
        [],
        {},
        {"keys": []},
        {"keys": 5},
        {"keys": [5]},
        {"keys": [{}]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]},
        {"keys": [{"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}]},
    ],
)
def test_what_is_no_set_of_public_keys_cannot_be_registered(document: object) -> None:
    assert not is_key_set(document)


def test_private_weak_and_unfit_keys_cannot_be_registered() -> None:
    public = rsa().as_dict(private=False)
    deep: object = []
    for _ in range(400):
        deep = [deep]
    assert not is_key_set({"keys": [rsa().as_dict(private=True)]})
    weak = public | {"n": base64.urlsafe_b64encode(bytes([255] * 128)).decode().rstrip("=")}
    assert not is_key_set({"keys": [weak]})
    assert not is_key_set({"keys": [ec("P-256").as_dict(private=False)]})
    assert not is_key_set({"keys": [public] * 21})
    named = [public | {"kid": "k"}, rsa().as_dict(private=False) | {"kid": "k"}]
    assert not is_key_set({"keys": named})
    assert is_key_set({"keys": [named[0], named[1] | {"kid": "l"}]})
    assert not is_key_set({"keys": [public], "more": deep})
    assert not is_key_set({"keys": [public], "more": "x" * 70_000})
