"""Clients and their tokens, through HTTP."""

from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.test import TestResponse

from medshare.access.assertions import TYPE
from medshare.app import build
from tests.site import Caller, Site, problem_of

KEYS = {
    "RS384": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "ES384": ECKey.generate_key("P-384", {"kid": "ec"}),
}
JWKS = KeySet(list(KEYS.values())).as_dict(private=False)
RIS = {
    "id": "ris",
    "name": "RIS",
    "facility": "SZ-A",
    "scopes": ["system/*.rs", "system/Organization.r"],
}


@pytest.fixture
def administrator(site: Site) -> Caller:
    return site.administrator()


def assertion(site: Site, alg: str = "RS384", key: Any = None, **changes: Any) -> dict[str, str]:
    """Return the form of a token request by a signed assertion."""
    claims = {
        "iss": "ris",
        "sub": "ris",
        "aud": site.settings.effective_base_url + "/oauth/token",
        "exp": int(site.clock.now().timestamp()) + 240,
        "jti": site.clock.new_key(),
    } | changes
    signer = key or KEYS[alg]
    text = jwt.encode({"alg": alg, "kid": KEYS[alg].kid}, claims, signer, algorithms=[alg])
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": TYPE,
        "client_assertion": text,
    }


def ask(site: Site, form: dict[str, str], **options: Any) -> TestResponse:
    return site.anonymous().post("/oauth/token", data=form, **options)


def with_token(site: Site, answer: TestResponse) -> Caller:
    assert answer.status_code == 200, answer.text
    return Caller(site, {"Authorization": f"Bearer {answer.get_json()['access_token']}"})


def test_a_client_with_a_secret_gets_a_token_and_uses_it(administrator: Caller) -> None:
    site = administrator.site
    made = administrator.post("/api/v1/clients", RIS)
    assert made.status_code == 201, made.text
    form = {"grant_type": "client_credentials"}
    answer = ask(site, form, auth=("ris", made.get_json()["secret"]))
    assert answer.get_json()["expires_in"] == 300
    assert site.last_entry().principal.id == "ris"
    assert with_token(site, answer).get("/api/v1/facilities/SZ-A").status_code == 200


def test_a_client_with_keys_gets_a_token_and_is_shown_no_secret(administrator: Caller) -> None:
    site = administrator.site
    made = administrator.post("/api/v1/clients", RIS | {"jwks": JWKS}).get_json()
    assert "secret" not in made
    assert made["jwks"] == JWKS
    for alg in KEYS:
        answer = ask(site, assertion(site, alg) | {"scope": "system/Patient.r"})
        assert answer.get_json()["scope"] == "system/Patient.r"
        assert with_token(site, answer).get("/api/v1/facilities/SZ-A").status_code == 403


def test_every_failed_proof_is_answered_alike_and_recorded(
    administrator: Caller,
) -> None:
    site = administrator.site
    administrator.post("/api/v1/clients", RIS | {"jwks": JWKS})
    secret = administrator.post("/api/v1/clients", RIS | {"id": "his"}).get_json()["secret"]
    administrator.post("/api/v1/clients", RIS | {"id": "off", "jwks": JWKS})
    administrator.delete("/api/v1/clients/off")
    used = assertion(site)
    assert ask(site, used).status_code == 200
    form = {"grant_type": "client_credentials"}
    stranger = RSAKey.generate_key(2048)
    refused: list[tuple[dict[str, str], tuple[str, str] | None]] = [
        (used, None),
        (assertion(site, key=stranger), None),
        (assertion(site, sub="nobody", iss="nobody"), None),
        (assertion(site, sub="off", iss="off"), None),
        (assertion(site, sub="his", iss="his"), None),
        (assertion(site, sub="a\x00b", iss="a\x00b"), None),
        (assertion(site, aud="https://other.test"), None),
        (assertion(site) | {"client_assertion_type": "other"}, None),
        (assertion(site) | {"client_assertion": "garbage"}, None),
        (assertion(site), ("his", secret)),
        (form, None),
        (form, ("his", "wrong")),
        (form, ("his", "")),
        (form, ("ris", secret)),
        (form, ("nobody", secret)),
        (form, ("his\x00", secret)),
    ]
    for number, (fields, auth) in enumerate(refused):
        answer = ask(site, fields, **({"auth": auth} if auth else {}))
        assert answer.status_code == 401, number
        assert answer.get_json() == {
            "error": "invalid_client",
            "error_description": "The client could not be authenticated",
        }
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="medshare"'
    _granted, replayed, *others = site.entries(operation="access.token")
    assert {each.outcome for each in [replayed, *others]} == {"unauthenticated"}
    assert replayed.principal.id == "ris"  # whoever replays it, it is the client's own word
    assert {each.principal.id for each in others} == {"anonymous"}
    assert len(others) == len(refused) - 1


def test_an_assertion_is_good_for_one_use_in_all_processes_together(
    administrator: Caller,
) -> None:
    site = administrator.site
    administrator.post("/api/v1/clients", RIS | {"jwks": JWKS})
    other = build(site.settings, site.clock)
    form = assertion(site)
    first = other.flask.test_client().post("/oauth/token", data=form)
    second = ask(site, form)
    other.stop_quietly()
    assert (first.status_code, second.status_code) == (200, 401)


GRANT = {"grant_type": "client_credentials"}
REFUSALS: list[tuple[dict[str, str], int, str]] = [
    ({"scope": "system/Patient.rs"}, 400, "unsupported_grant_type"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    (GRANT | {"scope": "system/AuditEvent.rs"}, 400, "invalid_scope"),
    (GRANT | {"scope": "system/Patient.cruds"}, 400, "invalid_scope"),
    (GRANT | {"scope": "x" * 4001}, 400, "invalid_request"),
    (GRANT | {"purpose_of_use": "FUN"}, 400, "invalid_request"),
    (GRANT | {"acting_user": "d\x001"}, 400, "invalid_request"),
    (GRANT | {"acting_user": "x" * 201}, 400, "invalid_request"),
    (GRANT | {"padding": "x" * 70_000}, 413, "invalid_request"),
]


def test_a_request_that_does_not_fit_is_told_in_the_words_of_oauth(
    administrator: Caller,
) -> None:
    secret = administrator.post("/api/v1/clients", RIS).get_json()["secret"]
    for form, status, error in REFUSALS:
        answer = ask(administrator.site, form, auth=("ris", secret))
        assert (answer.status_code, answer.get_json()["error"]) == (status, error), answer.text


def test_a_form_that_cannot_be_read_is_an_invalid_request(site: Site) -> None:
    kind = "application/x-www-form-urlencoded"
    for body, content_type in (
        ("grant_type=client_credentials&grant_type=client_credentials", kind),
        ("grant_type=%ff", kind),
        ("grant_type=é".encode(), kind),
        ("&".join(f"a{number}=1" for number in range(50)), kind),
        ("{}", "application/json"),
    ):
        answer = ask(site, body, content_type=content_type)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request"), body


def test_shared_secrets_can_be_switched_off(administrator: Caller) -> None:
    site = administrator.site
    secret = administrator.post("/api/v1/clients", RIS).get_json()["secret"]
    strict = build(replace(site.settings, client_secret_basic=False), site.clock)
    answer = strict.flask.test_client().post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("ris", secret)
    )
    strict.stop_quietly()
    assert answer.status_code == 401


def test_a_disabled_client_is_shut_out_within_thirty_seconds(administrator: Caller) -> None:
    site = administrator.site
    secret = administrator.post("/api/v1/clients", RIS).get_json()["secret"]
    form = {"grant_type": "client_credentials"}
    client = with_token(site, ask(site, form, auth=("ris", secret)))
    assert client.get("/api/v1/facilities").status_code == 200
    assert administrator.delete("/api/v1/clients/ris").status_code == 204
    site.clock.advance(seconds=30)
    assert problem_of(client.get("/api/v1/facilities"))["type"].endswith("invalid-token")
    assert ask(site, form, auth=("ris", secret)).status_code == 401


def test_a_token_ends_with_its_time(site: Site) -> None:
    client = site.facility_client()
    site.clock.advance(seconds=299)
    assert client.get("/api/v1/facilities").status_code == 200
    site.clock.advance(seconds=1)
    assert client.get("/api/v1/facilities").status_code == 401


def test_credentials_that_do_not_hold_are_refused(site: Site) -> None:
    for given in (
        "garbage",
        "Bearer",
        "Bearer garbage",
        "Bearer a.b.c",
        "Bearer eyJhbGciOiJFZDI1NTE5IiwiY3JpdCI6NX0.e30.eA",
        "Basic aGlzOnNlY3JldA==",
        "Digest x",
        "Bearer " + "W" * 5000 + ".e30.eA",
    ):
        answer = site.anonymous().get("/api/v1/facilities", headers={"Authorization": given})
        assert answer.status_code == 401, given
        assert site.last_entry().principal.id == "anonymous"


def test_the_person_and_the_purpose_behind_a_client_are_recorded(site: Site) -> None:
    headers = {
        "X-Acting-User": "d-%E6%9D%8E",
        "X-Acting-User-Name": "%E6%9D%8E%E5%A8%9C",
        "X-Department": "Radiology",
        "X-Purpose-Of-Use": "ETREAT",
    }
    site.facility_client().get("/api/v1/facilities", headers=headers)
    principal = site.last_entry().principal
    assert principal.acting_user is not None
    assert (principal.acting_user.id, principal.acting_user.name) == ("d-李", "李娜")
    assert (principal.acting_user.department, principal.purpose) == ("Radiology", "ETREAT")


def test_a_person_or_purpose_that_cannot_be_read_is_refused(site: Site) -> None:
    for name, value in (
        ("X-Purpose-Of-Use", "FUN"),
        ("X-Acting-User", "%ff"),
        ("X-Acting-User", "%00"),
        ("X-Acting-User", "x" * 201),
    ):
        answer = site.facility_client().get("/api/v1/facilities", headers={name: value})
        assert answer.status_code == 422, (name, value)
        assert problem_of(answer)["errors"][0]["pointer"] == name


def test_clients_are_registered_once_listed_without_secrets_and_by_administrators_only(
    administrator: Caller,
) -> None:
    site = administrator.site
    assert administrator.post("/api/v1/clients", RIS).status_code == 201
    assert problem_of(administrator.post("/api/v1/clients", RIS))["type"].endswith("client-taken")
    unknown = administrator.post("/api/v1/clients", RIS | {"id": "x", "facility": "NONE"})
    assert problem_of(unknown)["type"].endswith("facility-missing")
    assert unknown.status_code == 422
    listed = administrator.get("/api/v1/clients").get_json()["items"]
    assert [each["id"] for each in listed] == ["his-SZ-A", "his-SZ-B", "his-SZ-C", "ris"]
    assert all("secret" not in each for each in listed)
    assert administrator.delete("/api/v1/clients/none").status_code == 404
    assert site.facility_client().post("/api/v1/clients", RIS).status_code == 403
    assert site.facility_client().get("/api/v1/clients").status_code == 403


def test_a_client_that_does_not_fit_is_refused(administrator: Caller) -> None:
    for change in (
        {"id": "a:b"},
        {"id": "a/b"},
        {"id": "李"},
        {"scopes": []},
        {"scopes": ["system/AuditEvent.rs"]},
        {"jwks": {"keys": []}},
        {"jwks": KeySet([KEYS["RS384"]]).as_dict(private=True)},
        {"secret": "mine"},
        {"disabled": True},
    ):
        assert administrator.post("/api/v1/clients", RIS | change).status_code == 422, change
