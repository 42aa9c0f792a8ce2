"""What an access token carries, and every way in which it does not hold."""

import base64
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from medshare.access.keys import OVERLAP, load_keys, rotate_signing_key
from medshare.access.model import Client
from medshare.access.tokens import Grant, TokenError, TokenMaker
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.principal import ActingUser, PurposeOfUse
from tests.site import NOW

ISSUER = "https://medshare.test"
GRANT = Grant("ris", ("system/Patient.rs",), ActingUser("d-1", "李娜", "放射科"), PurposeOfUse.BTG)
CLIENT = Client("ris", "RIS", FacilityCode("SZ-A"), GRANT.scopes)


class Mint:
    """A server's token maker, and its key for making tokens that no server would make."""

    def __init__(self, directory: Path) -> None:
        self.keys = load_keys(directory)
        self.maker = TokenMaker(self.keys, ISSUER, 300)

    def issue(self) -> str:
        return self.maker.issue(CLIENT, GRANT, token_id="t-1", now=NOW)

    def forge(self, key: Any = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        now = int(NOW.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "client_id": "ris",
            "iat": now,
            "exp": now + 300,
            "scope": "system/Patient.rs",
        } | changes
        head = {"alg": "Ed25519", "typ": "at+jwt"} | (header or {})
        stated = {name: value for name, value in claims.items() if value is not ...}
        return jwt.encode(head, stated, key or self.keys.signing, algorithms=[head["alg"]])


@pytest.fixture(scope="module")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(tmp_path_factory.mktemp("keys"))


def altered(mint: Mint) -> str:
    head, payload, signature = mint.issue().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["scope"] = "system/*.cruds"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


def unsigned(mint: Mint) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    return f"{head}.{mint.issue().split('.')[1]}."


def by_another(_mint: Mint) -> str:
    return _mint.forge(OKPKey.generate_key("Ed25519"))


def with_own_key(mint: Mint) -> str:
    key = OKPKey.generate_key("Ed25519")
    return mint.forge(key, header={"jwk": key.as_dict(private=False)})


REFUSED: dict[str, Callable[[Mint], str]] = {
    "altered": altered,
    "unsigned": unsigned,
    "signed by another": by_another,
    "with its own key in the header": with_own_key,
    "of another algorithm": lambda mint: mint.forge(
        ECKey.generate_key("P-256"), header={"alg": "ES256"}
    ),
    "of another issuer": lambda mint: mint.forge(iss="https://other.test"),
    "for another audience": lambda mint: mint.forge(aud="https://other.test"),
    "for several audiences": lambda mint: mint.forge(aud=[ISSUER]),
    "of another type": lambda mint: mint.forge(header={"typ": "JWT"}),
    "without expiry": lambda mint: mint.forge(exp=...),
    "without issue": lambda mint: mint.forge(iat=...),
    "expired": lambda mint: mint.forge(exp=int(NOW.timestamp())),
    "not issued yet": lambda mint: mint.forge(iat=int(NOW.timestamp()) + 60),
    "a crit of the wrong type": lambda _mint: (
        base64.urlsafe_b64encode(b'{"alg":"Ed25519","crit":5}').decode().rstrip("=") + ".e30.eA"
    ),
    "a header that is a list": lambda _mint: "W10.e30.eA",
    "garbage": lambda _mint: "garbage",
    "empty": lambda _mint: "",
    "not ASCII": lambda _mint: "é.é.é",
    "nested deep": lambda _mint: base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.eA",
}


def test_a_token_gives_back_what_was_granted(mint: Mint) -> None:
    assert mint.maker.read(mint.issue(), NOW).grant == GRANT
    assert mint.maker.read(mint.issue(), NOW + timedelta(seconds=299)).grant == GRANT


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_token_is_refused(case: str, mint: Mint) -> None:
    with pytest.raises(TokenError):
        mint.maker.read(REFUSED[case](mint), NOW)


def test_a_token_ends_after_five_minutes_whatever_the_setting(mint: Mint) -> None:
    generous = TokenMaker(mint.keys, ISSUER, 86_400)
    token = generous.issue(CLIENT, GRANT, token_id="t-1", now=NOW)
    with pytest.raises(TokenError):
        generous.read(token, NOW + timedelta(seconds=300))


def test_the_servers_keys_are_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    first = load_keys(secrets)
    again = load_keys(secrets)
    assert first.hash_secret("x") == again.hash_secret("x")
    assert first.signing.as_dict(private=True) == again.signing.as_dict(private=True)
    assert {each.stat().st_mode & 0o077 for each in secrets.iterdir()} == {0}
    assert secrets.stat().st_mode & 0o077 == 0


def test_tokens_of_the_former_key_are_good_for_a_while_after_it_was_exchanged(
    tmp_path: Path,
) -> None:
    former = Mint(tmp_path)
    rotate_signing_key(tmp_path, at_once=False)
    os.utime(tmp_path / "token-signing-key.former.pem", times=(NOW.timestamp(),) * 2)
    present = Mint(tmp_path)
    assert present.maker.read(former.issue(), NOW).token_id == "t-1"
    assert present.maker.read(present.issue(), NOW).token_id == "t-1"
    late = NOW + OVERLAP
    forged = former.maker.issue(CLIENT, GRANT, token_id="t-2", now=late)
    with pytest.raises(TokenError):
        present.maker.read(forged, late)
    with pytest.raises(TokenError):
        former.maker.read(present.issue(), NOW)


def test_a_key_that_others_know_counts_no_more_at_once(tmp_path: Path) -> None:
    former = Mint(tmp_path)
    rotate_signing_key(tmp_path, at_once=True)
    with pytest.raises(TokenError):
        Mint(tmp_path).maker.read(former.issue(), NOW)
    assert (tmp_path / "token-signing-key.pem").stat().st_mode & 0o777 == 0o600
