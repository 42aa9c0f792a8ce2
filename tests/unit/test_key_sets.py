"""Keys that clients keep themselves: where they may be fetched, how often, how long they count."""

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from medshare.access.assertions import AssertionRefusedError
from medshare.access.key_sets import KeySets
from medshare.access.model import Client
from medshare.access.outbound import may_be_asked
from medshare.kernel.identifiers import FacilityCode
from tests.site import StandingClock

URL = "https://ris.test/jwks.json"
RIS = Client("ris", "RIS", FacilityCode("SZ-A"), ("system/*.rs",), jwks_uri=URL)


@functools.cache
def key(name: str) -> ECKey:
    return ECKey.generate_key("P-384", {"kid": name})


def published(*names: str) -> str:
    return json.dumps(KeySet([key(each) for each in names]).as_dict(private=False))


def signed(name: str) -> str:
    return jwt.encode(
        {"alg": "ES384", "kid": name}, {"sub": "ris"}, key(name), algorithms=["ES384"]
    )


class Address:
    """Stands for the hospital's web server; a real one is asked in the API tests."""

    def __init__(self, answer: Callable[[], str]) -> None:
        self.answer = answer
        self.asked = 0

    def __call__(self, url: str) -> str:
        assert url == URL
        self.asked += 1
        return self.answer()


def unreachable() -> str:
    raise OSError


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def test_keys_are_fetched_once_for_five_minutes(clock: StandingClock) -> None:
    address = Address(lambda: published("a"))
    sets = KeySets(clock, address)
    for _ in range(3):
        assert sets.of(RIS, signed("a")) == published("a")
    assert address.asked == 1
    clock.advance(minutes=5)
    sets.of(RIS, signed("a"))
    assert address.asked == 2


def test_a_key_that_the_set_lacks_makes_us_look_again_but_not_at_every_request(
    clock: StandingClock,
) -> None:
    address = Address(lambda: published("a"))
    sets = KeySets(clock, address)
    sets.of(RIS, signed("a"))
    address.answer = lambda: published("a", "b")
    for _ in range(5):
        sets.of(RIS, signed("b"))
    assert address.asked == 1
    clock.advance(seconds=30)
    assert "b" in [each["kid"] for each in json.loads(sets.of(RIS, signed("b")))["keys"]]
    assert address.asked == 2


def test_the_last_keys_count_for_a_while_when_the_address_is_silent(clock: StandingClock) -> None:
    address = Address(lambda: published("a"))
    sets = KeySets(clock, address)
    sets.of(RIS, signed("a"))
    address.answer = unreachable
    clock.advance(minutes=14)
    assert sets.of(RIS, signed("a")) == published("a")
    clock.advance(minutes=2)
    with pytest.raises(AssertionRefusedError):
        sets.of(RIS, signed("a"))


def test_a_client_without_keys_has_none(clock: StandingClock) -> None:
    with pytest.raises(AssertionRefusedError):
        KeySets(clock, Address(unreachable)).of(
            Client("his", "HIS", FacilityCode("SZ-A"), ("system/*.rs",)), signed("a")
        )


@pytest.mark.parametrize("text", ["garbage", "", "W10.e30.eA", "é.é.é"])
def test_a_garbled_assertion_names_no_key(clock: StandingClock, text: str) -> None:
    address = Address(lambda: published("a"))
    assert KeySets(clock, address).of(RIS, text) == published("a")


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://ris.hospital.example/jwks.json", True),
        ("http://127.0.0.1:9000/jwks", True),
        ("http://[::1]/jwks", True),
        ("http://localhost/jwks", True),
        ("http://ris.hospital.example/jwks.json", False),
        ("http://10.0.0.1/jwks", False),
        ("https://169.254.169.254/jwks", False),
        ("https://user@ris.example/jwks", False),
        ("https://", False),
        ("https://a:b/", False),
        ("file:///etc/passwd", False),
        ("ftp://ris.example/jwks", False),
        ("https://[broken/", False),
        ("https://ris.example/" + "a" * 500, False),
    ],
)
def test_keys_are_fetched_over_https_or_from_this_machine(url: str, fits: Any) -> None:
    assert may_be_asked(url) is fits
