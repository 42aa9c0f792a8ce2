"""CDS Hooks calls that the client signs itself, in place of a token."""

import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from medshare.access import service as access
from medshare.access.model import Client
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from tests.cds import SIGN, a_call, an_ehr
from tests.orders import a_prior
from tests.site import Caller, Site

EHR = "https://his-b.example/cds"


def a_signing_client(site: Site) -> ECKey:
    """Register SZ-B's EHR with a key of its own; return the private key."""
    key = ECKey.generate_key("P-384", {"kid": "ehr"})
    jwks = KeySet([key]).as_dict(private=False)

    def register_client(uow: UnitOfWork) -> None:
        client = Client(EHR, EHR, FacilityCode("SZ-B"), ("system/*.cruds",), json.dumps(jwks))
        access.add_client(uow, site.application.keys, client)

    site.write(register_client)
    return key


def signed(site: Site, key: ECKey, **changes: Any) -> Caller:
    now = int(site.clock.now().timestamp())
    claims = {
        "iss": EHR,
        "aud": site.settings.effective_base_url + SIGN,
        "iat": now,
        "exp": now + 300,
        "jti": "call-1",
    } | changes
    token = jwt.encode({"alg": "ES384", "typ": "JWT", "kid": "ehr"}, claims, key, ["ES384"])
    return Caller(site, {"Authorization": f"Bearer {token}"})


def test_a_signed_call_needs_no_token_and_holds_once(site: Site) -> None:
    a_prior(site)
    an_ehr(site)
    key = a_signing_client(site)

    first = signed(site, key).post(SIGN, a_call())
    again = signed(site, key).post(SIGN, a_call())

    assert len(first.get_json()["cards"]) == 1
    assert again.status_code == 401
    assert site.last_entry().outcome == "unauthenticated"


def test_a_call_that_is_not_rightly_signed_is_refused(site: Site) -> None:
    a_prior(site)
    an_ehr(site)
    key = a_signing_client(site)
    now = int(site.clock.now().timestamp())
    other = ECKey.generate_key("P-384", {"kid": "ehr"})

    for caller in (
        signed(site, other),
        signed(site, key, iss="https://stranger.example"),
        signed(site, key, aud="https://elsewhere.example/cds-services/x"),
        signed(site, key, exp=now - 1),
        signed(site, key, exp=now + 301),
        signed(site, key, jti=None),
        site.anonymous(),
    ):
        assert caller.post(SIGN, a_call()).status_code == 401
    assert signed(site, key, jti="other").get("/api/v1/facilities").status_code == 401
