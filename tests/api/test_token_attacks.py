"""What forgers, thieves and the careless send in place of a proof, over HTTP: all of it refused."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.test import TestResponse

from medshare.access.assertions import TYPE
from medshare.access.authenticator import COOKIE
from medshare.access.model import Role
from tests.site import PASSWORD, Caller, Site, copy_stores, problem_of

OURS, THEIRS, STRANGE = (RSAKey.generate_key(2048, {"kid": each}) for each in ("k", "other", "k"))
CURVE = ECKey.generate_key("P-384", {"kid": "ec"})
FACILITIES = "/api/v1/facilities"
Signer = Callable[[bytes], bytes]


def rs384(key: RSAKey) -> Signer:
    private = key.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    return lambda data: private.sign(data, padding.PKCS1v15(), hashes.SHA384())


def rs256(data: bytes) -> bytes:
    private = OURS.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    return private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def hs384(data: bytes) -> bytes:
    """Sign with the public key as if it were a shared secret."""
    return hmac.new(OURS.as_pem(private=False), data, hashlib.sha384).digest()


def es384_in_der(data: bytes) -> bytes:
    """Sign in the form that certificates use and JWS does not (RFC 7518 section 3.4)."""
    private = CURVE.private_key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return private.sign(data, ec.ECDSA(hashes.SHA384()))


def unsigned(_data: bytes) -> bytes:
    return b""


def coded(part: object) -> bytes:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def jws(header: object, claims: object, sign: Signer) -> str:
    signed = coded(header) + b"." + coded(claims)
    return (signed + b"." + coded(sign(signed))).decode()


@dataclass
class Place:
    """A site where the client ``ris`` signs, ``other`` signs with its own key, ``off`` is shut."""

    site: Site
    count: int = 0

    @property
    def now(self) -> int:
        return int(self.site.clock.now().timestamp())

    def assertion(self, forged: "Forged") -> str:
        self.count += 1
        claims = {
            "iss": "ris",
            "sub": "ris",
            "aud": self.site.settings.effective_base_url + "/oauth/token",
            "exp": self.now + 240,
            "jti": f"once-{self.count}",
        }
        claims |= {name: self.value(each) for name, each in forged.claims.items()}
        header = {"alg": "RS384", "typ": "JWT", "kid": "k"} | forged.header
        kept = [
            {name: each for name, each in part.items() if each is not ...}
            for part in (header, claims)
        ]
        return jws(*kept, forged.sign)

    def value(self, given: Any) -> Any:
        return given(self) if callable(given) else given

    def ask(self, assertion: str, **form: str) -> TestResponse:
        grant = {"grant_type": "client_credentials", "client_assertion_type": TYPE}
        sent = grant | {"client_assertion": assertion} | form
        return self.site.anonymous().post("/oauth/token", data=sent)

    def token(self) -> str:
        answer = self.ask(self.assertion(Forged()))
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["access_token"])

    def used(self, token: str) -> TestResponse:
        return Caller(self.site, {"Authorization": f"Bearer {token}"}).get(FACILITIES)


@dataclass
class Forged:
    """An assertion that differs from a good one: ``...`` leaves a member out."""

    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Signer = field(default_factory=lambda: rs384(OURS))


@pytest.fixture(scope="module")
def place(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    site = Site(copy_stores(embedded_template, tmp_path_factory.mktemp("attacks")))
    admin = site.administrator()
    for name, keys in (("ris", [OURS, CURVE]), ("other", [THEIRS]), ("off", [OURS])):
        jwks = KeySet(list(keys)).as_dict(private=False)
        scopes = ["system/Organization.r", "system/Patient.rs"]
        client = {"id": name, "name": name, "facility": "SZ-A", "scopes": scopes, "jwks": jwks}
        assert admin.post("/api/v1/clients", client).status_code == 201
    assert admin.delete("/api/v1/clients/off").status_code == 204
    yield Place(site)
    site.close()


def test_the_assertion_that_all_forgeries_differ_from_is_good(place: Place) -> None:
    assert place.used(place.token()).status_code == 200


JWK = OURS.as_dict(private=False)
STRANGE_JWK = STRANGE.as_dict(private=False)
FORGERIES = {
    "no algorithm": Forged({"alg": "none"}, sign=unsigned),
    "no algorithm in capitals": Forged({"alg": "NONE"}, sign=unsigned),
    "no algorithm named": Forged({"alg": ...}),
    "an algorithm that is a number": Forged({"alg": 384}),
    "a weaker hash": Forged({"alg": "RS256"}, sign=rs256),
    "a weaker hash under the right name": Forged(sign=rs256),
    "the public key as a shared secret": Forged({"alg": "HS384"}, sign=hs384),
    "another kind of key than named": Forged({"alg": "ES384"}),
    "a curve's signature in DER": Forged({"alg": "ES384", "kid": "ec"}, sign=es384_in_der),
    "a signature of zeros": Forged({"alg": "ES384", "kid": "ec"}, sign=lambda _: bytes(96)),
    "no signature": Forged(sign=unsigned),
    "a key of nobody": Forged(sign=rs384(STRANGE)),
    "the key of another client": Forged({"kid": "other"}, sign=rs384(THEIRS)),
    "the key of another client under ours": Forged(sign=rs384(THEIRS)),
    "a key id that is a path": Forged({"kid": "../../../../dev/null"}, sign=rs384(STRANGE)),
    "a key id that is SQL": Forged({"kid": "' OR 1=1 --"}, sign=rs384(STRANGE)),
    "a key id that is a list": Forged({"kid": ["k"]}, sign=rs384(STRANGE)),
    "a key of its own": Forged({"jwk": STRANGE_JWK}, sign=rs384(STRANGE)),
    "an address of keys": Forged({"jku": "https://evil.example/k"}, sign=rs384(STRANGE)),
    "an address of certificates": Forged({"x5u": "https://evil.example/k"}, sign=rs384(STRANGE)),
    "certificates of its own": Forged({"x5c": ["MIIB"]}, sign=rs384(STRANGE)),
    "a critical header nobody knows": Forged({"crit": ["exp"], "exp": 1}),
    "no critical headers, but a list of them": Forged({"crit": []}),
    "an unencoded payload": Forged({"crit": ["b64"], "b64": False}),
    "expired": Forged(claims={"exp": lambda place: place.now}),
    "valid for too long": Forged(claims={"exp": lambda place: place.now + 301}),
    "without an end": Forged(claims={"exp": ...}),
    "an end that is a text": Forged(claims={"exp": lambda place: str(place.now + 60)}),
    "an end that is a truth": Forged(claims={"exp": True}),
    "an end beyond all numbers": Forged(claims={"exp": 10**400}),
    "not valid yet": Forged(claims={"nbf": lambda place: place.now + 60}),
    "issued in the future": Forged(claims={"iat": lambda place: place.now + 60}),
    "issued at a text": Forged(claims={"iat": "now"}),
    "another audience": Forged(claims={"aud": "https://other.example/oauth/token"}),
    "an audience that begins alike": Forged(claims={"aud": "http://127.0.0.1:8080/oauth/token/x"}),
    "audiences without ours": Forged(claims={"aud": ["https://other.example", ""]}),
    "no audience": Forged(claims={"aud": ...}),
    "an audience that is an object": Forged(claims={"aud": {"http://127.0.0.1:8080": 1}}),
    "an issuer other than the subject": Forged(claims={"iss": "other"}),
    "a subject other than the issuer": Forged(claims={"sub": "other"}),
    "an unknown client": Forged(claims={"iss": "nobody", "sub": "nobody"}),
    "a client that was shut out": Forged(claims={"iss": "off", "sub": "off"}),
    "a client that is a list": Forged(claims={"iss": ["ris"], "sub": ["ris"]}),
    "a client with a line break": Forged(claims={"iss": "ris\n", "sub": "ris\n"}),
    "without an id": Forged(claims={"jti": ...}),
    "an empty id": Forged(claims={"jti": ""}),
    "an id that is a number": Forged(claims={"jti": 7}),
    "an id of a thousand characters": Forged(claims={"jti": "x" * 1000}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_assertion_is_refused_like_any_other(place: Place, name: str) -> None:
    answer = place.ask(place.assertion(FORGERIES[name]))
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    assert answer.get_json()["error_description"] == "The client could not be authenticated"
    assert place.site.last_entry().outcome == "unauthenticated"


MANGLED: dict[str, Callable[[Place, str], str]] = {
    "nothing": lambda _place, _good: "",
    "two parts": lambda _place, good: good.rpartition(".")[0],
    "four parts": lambda _place, good: good + ".x",
    "no base64": lambda _place, _good: "!!!.###.$$$",
    "no JSON": lambda _place, _good: jws(b"{", b"}", rs384(OURS)),
    "a list as header": lambda _place, _good: jws([], {"sub": "ris"}, rs384(OURS)),
    "a list as claims": lambda _place, _good: jws({"alg": "RS384"}, ["sub"], rs384(OURS)),
    "claims nested ten thousand deep": lambda _place, _good: jws(
        {"alg": "RS384"}, b'{"sub":' + b"[" * 10_000 + b"]" * 10_000 + b"}", rs384(OURS)
    ),
    "an altered payload": lambda _place, good: _with_claims(good, sub="other", iss="other"),
    "an altered signature": lambda _place, good: good[:-4] + "AAAA",
    "an encrypted token": lambda _place, good: good + ".a.b",
    "an access token of ours": lambda place, _good: place.token(),
    "letters of another alphabet": lambda _place, good: good.replace("e", "е"),
}


def _with_claims(token: str, **changes: Any) -> str:
    head, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{head}.{coded(claims | changes).decode()}.{signature}"


@pytest.mark.parametrize("name", MANGLED)
def test_what_is_no_assertion_is_refused(place: Place, name: str) -> None:
    sent = MANGLED[name](place, place.assertion(Forged()))
    answer = place.ask(sent)
    assert answer.status_code in (400, 401), answer.text
    assert answer.get_json()["error"] in ("invalid_client", "invalid_request")


def test_a_huge_assertion_is_not_read(place: Place) -> None:
    answer = place.ask(place.assertion(Forged(claims={"padding": "x" * 100_000})))
    assert answer.status_code == 413


def test_an_assertion_counts_once(place: Place) -> None:
    sent = place.assertion(Forged())
    assert [place.ask(sent).status_code for _ in range(2)] == [200, 401]


def test_an_assertion_counts_once_in_all_processes(place: Place) -> None:
    other = Site(place.site.settings, place.site.clock, fresh=False)
    sent = place.assertion(Forged())
    assert place.ask(sent).status_code == 200
    assert Place(other).ask(sent).status_code == 401
    other.close()


def test_nobody_gets_more_than_was_registered(place: Place) -> None:
    for scope in ("system/*.cruds", "system/Client.c", "user/Patient.r", "system/Patient.rs x"):
        answer = place.ask(place.assertion(Forged()), scope=scope)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_scope"), scope


BODIES: dict[str, tuple[str, str]] = {
    "JSON": ('{"grant_type": "client_credentials"}', "application/json"),
    "a form of parts": ("--x--", "multipart/form-data; boundary=x"),
    "a parameter twice": ("grant_type=client_credentials&grant_type=x", ""),
    "another grant": ("grant_type=password&username=a&password=b", ""),
    "no grant": ("scope=system/Patient.r", ""),
    "bytes": ("grant_type=%ff%fe", ""),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_request_in_another_form_is_refused(place: Place, name: str) -> None:
    body, kind = BODIES[name]
    kind = kind or "application/x-www-form-urlencoded"
    answer = place.site.anonymous().post("/oauth/token", data=body, content_type=kind)
    assert answer.status_code in (400, 401), answer.text


def test_two_proofs_at_once_are_none(place: Place) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": TYPE,
        "client_assertion": place.assertion(Forged()),
    }
    answer = place.site.anonymous().post("/oauth/token", data=form, auth=("ris", "secret"))
    assert answer.status_code == 401


def test_the_kind_of_assertion_is_named(place: Place) -> None:
    sent = place.assertion(Forged())
    saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    assert place.ask(sent, client_assertion_type=saml).status_code == 401


MISUSED: dict[str, Callable[[Place], str]] = {
    "an assertion as token": lambda place: place.assertion(Forged()),
    "a token with another scope": lambda place: _with_claims(place.token(), scope="system/*.cruds"),
    "a token of another client": lambda place: _with_claims(place.token(), client_id="other"),
    "a token prolonged": lambda place: _with_claims(place.token(), exp=place.now + 9999),
    "a token without signature": lambda place: place.token().rpartition(".")[0] + ".",
    "a token that says it needs none": lambda place: jws(
        {"alg": "none", "typ": "at+jwt"}, _claims(place), unsigned
    ),
    "a token signed by the client": lambda place: jws(
        {"alg": "RS384", "typ": "at+jwt", "kid": "k"}, _claims(place), rs384(OURS)
    ),
    "a token signed by a text": lambda place: jws(
        {"alg": "HS256", "typ": "at+jwt"},
        _claims(place),
        lambda data: hashlib.sha256(data).digest(),
    ),
    "a token twice": lambda place: f"{place.token()} {place.token()}",
    "a secret": lambda _place: "c2VjcmV0",
    "nothing": lambda _place: "",
    "a token of a hundred thousand characters": lambda place: place.token() + "A" * 100_000,
}


def _claims(place: Place) -> dict[str, Any]:
    payload = place.token().split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


@pytest.mark.parametrize("name", MISUSED)
def test_a_token_that_is_not_ours_as_it_was_given_opens_nothing(place: Place, name: str) -> None:
    answer = place.used(MISUSED[name](place))
    assert answer.status_code == 401, answer.text
    assert problem_of(answer)["title"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_another_server_opens_nothing(place: Place, tmp_path: Path) -> None:
    copied = copy_stores(place.site.settings.data_dir, tmp_path)
    there = Site(replace(copied, base_url="https://other.example"), place.site.clock, fresh=False)
    assert Place(there).used(place.token()).status_code == 401
    there.close()


def test_a_token_that_has_ended_or_was_taken_back_opens_nothing(place: Place) -> None:
    token = place.token()
    form = {
        "client_assertion_type": TYPE,
        "client_assertion": place.assertion(Forged()),
        "token": token,
    }
    assert place.site.anonymous().post("/oauth/revoke", data=form).status_code == 200
    assert place.used(token).status_code == 401
    late = place.token()
    place.site.clock.advance(minutes=5)
    assert place.used(late).status_code == 401


def test_a_token_outside_the_header_is_not_looked_at(place: Place) -> None:
    token = place.token()
    caller = place.site.anonymous()
    assert caller.get(f"{FACILITIES}?access_token={token}").status_code == 401
    assert caller.post(f"{FACILITIES}", data={"access_token": token}).status_code == 401
    assert caller.get(FACILITIES, headers={"Authorization": f"Basic {token}"}).status_code == 401


def test_a_session_that_was_planted_is_not_taken_over(place: Place) -> None:
    person = place.site.person(Role.AUDITOR, username="planted")
    victim = place.site.anonymous()
    victim.http.set_cookie(COOKIE, "planted-key", domain="medshare.test", secure=True)
    login = {"username": "planted", "password": PASSWORD}
    assert victim.post("/api/v1/session", login).status_code == 200
    cookie = victim.http.get_cookie(COOKIE, "medshare.test")
    assert cookie is not None
    assert cookie.value != "planted-key"
    thief = place.site.anonymous()
    thief.http.set_cookie(COOKIE, "planted-key", domain="medshare.test", secure=True)
    assert thief.get("/api/v1/session").status_code == 401
    assert person.get("/api/v1/session").status_code == 200


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_change_by_a_foreign_page_is_refused(place: Place, token: str | None) -> None:
    person = place.site.person(
        Role.ADMINISTRATOR, username=f"admin-{len(token or ())}-{token is None}"
    )
    del person.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    answer = person.delete("/api/v1/clients/ris", headers=headers)
    assert (answer.status_code, problem_of(answer)["type"]) == (403, "urn:medshare:problem:csrf")
