from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.changes.addresses import AddressPolicy, may_call, read_url
from medshare.changes.model import PATIENCE, next_attempt
from medshare.changes.sending import post

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PUBLIC, PRIVATE, LOOPBACK = AddressPolicy


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("203.0.114.7", {PUBLIC, PRIVATE, LOOPBACK}),
        ("10.1.2.3", {PRIVATE, LOOPBACK}),
        ("fd00::1", {PRIVATE, LOOPBACK}),
        ("127.0.0.1", {LOOPBACK}),
        ("::1", {LOOPBACK}),
        ("::ffff:127.0.0.1", {LOOPBACK}),
        ("169.254.169.254", set()),
        ("::ffff:169.254.169.254", set()),
        ("fe80::1", set()),
        ("0.0.0.0", set()),
        ("224.0.0.1", set()),
    ],
)
def test_an_address_is_reached_under_these_policies(
    address: str, reach: set[AddressPolicy]
) -> None:
    found = {policy for policy in AddressPolicy if may_call(ip_address(address), policy)}
    assert found == reach


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://his.example/a?b=1", True),
        ("https://his.example:8443", True),
        ("http://127.0.0.1:8080/", True),
        ("http://localhost/", False),
        ("http://10.0.0.1/", False),
        ("https://a b/", False),
        ("https://his.example:99999/", False),
        ("https://his.example:0/", False),
        ("https://[::1/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_url_is_plain_only_for_a_literal_loopback(url: str, *, fits: bool) -> None:
    assert (read_url(url, LOOPBACK) is not None) is fits


@pytest.mark.parametrize("text", ["https://localhost/", "https://127.0.0.1/", "not a url"])
def test_a_name_that_leads_where_it_may_not_is_never_called(text: str) -> None:
    assert post(text, PRIVATE, {}, b"{}") == "address-refused"


@given(st.integers(1, 200), st.timedeltas(timedelta(), timedelta(hours=30)))
def test_every_pause_ends_within_the_day_and_patience_ends(attempts: int, age: timedelta) -> None:
    give_up_at = NOW + PATIENCE
    now = NOW + age
    again = next_attempt(attempts, now, give_up_at)
    if now >= give_up_at:
        assert again is None
    else:
        assert again is not None
        assert now < again <= give_up_at
        assert again - now <= timedelta(hours=4)
