"""Keys by address, secrets that change, and tokens asked about and taken back, through HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet
from werkzeug.test import TestResponse

from medshare.app import build
from medshare.kernel.audit import AuditOutcome
from tests.api.test_access import JWKS, RIS, administrator, ask, assertion, with_token
from tests.site import Caller, Site, problem_of

__all__ = ["administrator"]
CREDENTIALS = {"grant_type": "client_credentials"}


class KeyServer:
    """A hospital's web server on loopback that publishes the keys of its system."""

    def __init__(self) -> None:
        self.status, self.document, self.location = 200, JWKS, ""
        keys = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(keys.document).encode()
                self.send_response(keys.status)
                if keys.location:
                    self.send_header("Location", keys.location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/jwks.json"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


def client_with_secret(administrator: Caller, name: str = "his") -> tuple[str, str]:
    made = administrator.post("/api/v1/clients", RIS | {"id": name})
    return name, made.get_json()["secret"]


def token_of(site: Site, auth: tuple[str, str], **form: str) -> str:
    return ask(site, CREDENTIALS | form, auth=auth).get_json()["access_token"]


def introspect(site: Site, auth: tuple[str, str], token: str) -> dict[str, Any]:
    answer = site.anonymous().post("/oauth/introspect", data={"token": token}, auth=auth)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_a_client_that_keeps_its_keys_itself_gets_a_token(
    administrator: Caller, key_server: KeyServer
) -> None:
    site = administrator.site
    made = administrator.post("/api/v1/clients", RIS | {"jwksUri": key_server.url})
    assert "secret" not in made.get_json()
    assert ask(site, assertion(site)).status_code == 200


@pytest.mark.parametrize(
    ("status", "document", "location"),
    [
        (500, JWKS, ""),
        (302, JWKS, "/elsewhere"),
        (200, {"keys": []}, ""),
        (200, [], ""),
        (200, JWKS | {"padding": "x" * 70_000}, ""),
    ],
)
def test_keys_that_cannot_be_fetched_prove_nothing(
    administrator: Caller,
    key_server: KeyServer,
    status: int,
    document: Any,
    location: str,
) -> None:
    site = administrator.site
    administrator.post("/api/v1/clients", RIS | {"jwksUri": key_server.url})
    key_server.status, key_server.document, key_server.location = status, document, location
    refused = ask(site, assertion(site))
    assert refused.status_code == 401
    assert refused.get_json()["error"] == "invalid_client"


def test_a_new_key_at_the_address_is_found_without_a_word_to_us(
    administrator: Caller, key_server: KeyServer
) -> None:
    site = administrator.site
    administrator.post("/api/v1/clients", RIS | {"jwksUri": key_server.url})
    assert ask(site, assertion(site)).status_code == 200
    fresh = ECKey.generate_key("P-384", {"kid": "ec"})
    key_server.document = KeySet([fresh]).as_dict(private=False)
    site.clock.advance(minutes=5)
    assert ask(site, assertion(site, "ES384", key=fresh)).status_code == 200
    assert ask(site, assertion(site, "RS384")).status_code == 401


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [
        ({"jwksUri": "http://ris.example/jwks"}, "/jwksUri"),
        ({"jwksUri": "https://ris.example/jwks", "jwks": JWKS}, "/jwksUri"),
    ],
)
def test_keys_are_registered_once_and_from_a_safe_address(
    administrator: Caller, fault: dict[str, Any], pointer: str
) -> None:
    refused = administrator.post("/api/v1/clients", RIS | fault)
    assert refused.status_code == 422
    assert [each["pointer"] for each in problem_of(refused)["errors"]] == [pointer]


def test_a_client_is_shown_and_changed_under_its_version(administrator: Caller) -> None:
    client_with_secret(administrator)
    shown = administrator.get("/api/v1/clients/his")
    change = {"name": "HIS 2", "scopes": ["system/Patient.r"]}
    put = {"headers": {"If-Match": shown.headers["ETag"]}}
    changed = administrator.put("/api/v1/clients/his", change, **put)
    assert changed.status_code == 200, changed.text
    assert changed.get_json()["scopes"] == ["system/Patient.r"]
    assert changed.get_json()["facility"] == "SZ-A"
    assert administrator.site.last_entry().operation == "access.replace-client"
    assert administrator.put("/api/v1/clients/his", change, **put).status_code == 412
    assert administrator.put("/api/v1/clients/his", change).status_code == 428
    assert administrator.get("/api/v1/clients/nobody").status_code == 404


def test_a_client_that_is_given_keys_loses_its_secret_and_keeps_keys(
    administrator: Caller,
) -> None:
    site = administrator.site
    auth = client_with_secret(administrator, "ris")
    change = {"name": "RIS", "scopes": RIS["scopes"]}
    given = administrator.put(
        "/api/v1/clients/ris", change | {"jwks": JWKS}, headers={"If-Match": '"1"'}
    )
    assert given.status_code == 200
    assert ask(site, CREDENTIALS, auth=auth).status_code == 401
    assert ask(site, assertion(site)).status_code == 200
    without = administrator.put("/api/v1/clients/ris", change, headers={"If-Match": '"2"'})
    assert problem_of(without)["type"].endswith("client-without-proof")
    rotated = administrator.post("/api/v1/clients/ris/secret", {})
    assert problem_of(rotated)["type"].endswith("client-has-keys")


def test_a_disabled_client_can_be_let_in_again(administrator: Caller) -> None:
    site = administrator.site
    auth = client_with_secret(administrator)
    administrator.delete("/api/v1/clients/his")
    assert ask(site, CREDENTIALS, auth=auth).status_code == 401
    administrator.put(
        "/api/v1/clients/his",
        {"name": "HIS", "scopes": RIS["scopes"]},
        headers={"If-Match": '"2"'},
    )
    assert ask(site, CREDENTIALS, auth=auth).status_code == 200


def test_a_new_secret_counts_at_once_and_the_former_one_for_as_long_as_is_asked(
    administrator: Caller,
) -> None:
    site = administrator.site
    name, former = client_with_secret(administrator)
    answer = administrator.post(f"/api/v1/clients/{name}/secret", {"overlapHours": 24})
    assert answer.status_code == 200, answer.text
    fresh = answer.get_json()["secret"]
    assert ask(site, CREDENTIALS, auth=(name, fresh)).status_code == 200
    assert ask(site, CREDENTIALS, auth=(name, former)).status_code == 200
    site.clock.advance(hours=24)
    assert ask(site, CREDENTIALS, auth=(name, former)).status_code == 401
    assert ask(site, CREDENTIALS, auth=(name, fresh)).status_code == 200


def test_without_an_overlap_the_former_secret_ends_at_once(administrator: Caller) -> None:
    name, former = client_with_secret(administrator)
    administrator.post(f"/api/v1/clients/{name}/secret", {})
    assert ask(administrator.site, CREDENTIALS, auth=(name, former)).status_code == 401


@pytest.mark.parametrize("hours", [-1, 73, 1.5, "24", None])
def test_an_overlap_is_a_whole_number_of_hours_up_to_three_days(
    administrator: Caller, hours: Any
) -> None:
    name, _secret = client_with_secret(administrator)
    refused = administrator.post(f"/api/v1/clients/{name}/secret", {"overlapHours": hours})
    assert refused.status_code == 422


def test_only_administrators_see_and_change_clients(administrator: Caller) -> None:
    site = administrator.site
    client_with_secret(administrator)
    own = site.facility_client()
    put = {"name": "HIS", "scopes": ["system/*.rs"]}
    answers: list[TestResponse] = [
        own.get("/api/v1/clients/his"),
        own.put("/api/v1/clients/his", put, headers={"If-Match": '"1"'}),
        own.post("/api/v1/clients/his/secret", {}),
    ]
    assert {each.status_code for each in answers} == {403}
    assert site.last_entry().outcome is AuditOutcome.DENIED


def test_a_token_is_described_to_its_own_facility(administrator: Caller) -> None:
    site = administrator.site
    auth = client_with_secret(administrator)
    token = token_of(
        site, auth, scope="system/Patient.r", acting_user="d-1", purpose_of_use="TREAT"
    )
    said = introspect(site, client_with_secret(administrator, "pacs"), token)
    assert said["active"] is True
    assert said["client_id"] == "his"
    assert said["scope"] == "system/Patient.r"
    assert said["exp"] - said["iat"] == 300
    assert said["act"]["sub"] == "d-1"
    assert said["purpose_of_use"] == "TREAT"
    assert site.last_entry().operation == "access.introspect"


def test_a_token_that_does_not_count_is_inactive_and_nothing_else(administrator: Caller) -> None:
    site = administrator.site
    auth = client_with_secret(administrator)
    token = token_of(site, auth)
    administrator.post("/api/v1/clients", RIS | {"id": "other", "facility": "SZ-B"})
    secret = administrator.post("/api/v1/clients/other/secret", {}).get_json()["secret"]
    assert introspect(site, ("other", secret), token) == {"active": False}
    assert introspect(site, auth, "garbage") == {"active": False}
    site.anonymous().post("/oauth/revoke", data={"token": token}, auth=auth)
    assert introspect(site, auth, token) == {"active": False}
    later = token_of(site, auth)
    site.clock.advance(minutes=5)
    assert introspect(site, auth, later) == {"active": False}


def test_a_token_that_is_taken_back_is_refused(administrator: Caller) -> None:
    site = administrator.site
    auth = client_with_secret(administrator)
    answer = ask(site, CREDENTIALS, auth=auth)
    caller = with_token(site, answer)
    assert caller.get("/api/v1/facilities/SZ-A").status_code == 200
    form = {"token": answer.get_json()["access_token"], "token_type_hint": "access_token"}
    assert site.anonymous().post("/oauth/revoke", data=form, auth=auth).status_code == 200
    assert site.last_entry().operation == "access.revoke"
    assert caller.get("/api/v1/facilities/SZ-A").status_code == 401


def test_a_token_is_taken_back_by_its_own_client_only(administrator: Caller) -> None:
    site = administrator.site
    answer = ask(site, CREDENTIALS, auth=client_with_secret(administrator))
    form = {"token": answer.get_json()["access_token"]}
    other = client_with_secret(administrator, "pacs")
    assert site.anonymous().post("/oauth/revoke", data=form, auth=other).status_code == 200
    assert with_token(site, answer).get("/api/v1/facilities/SZ-A").status_code == 200


def test_another_process_learns_of_it_within_a_minute(administrator: Caller) -> None:
    site = administrator.site
    auth = client_with_secret(administrator)
    token = token_of(site, auth)
    bearer = {"Authorization": f"Bearer {token}"}
    other = build(site.settings, site.clock)
    neighbour = other.flask.test_client()
    assert neighbour.get("/api/v1/facilities/SZ-A", headers=bearer).status_code == 200
    site.anonymous().post("/oauth/revoke", data={"token": token}, auth=auth)
    site.clock.advance(seconds=31)
    refused = neighbour.get("/api/v1/facilities/SZ-A", headers=bearer)
    other.stop_quietly()
    assert refused.status_code == 401


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
def test_who_asks_about_a_token_proves_themselves_and_names_it(
    administrator: Caller, path: str
) -> None:
    site = administrator.site
    auth = client_with_secret(administrator)
    call = site.anonymous().post
    assert call(path, data={"token": "t"}).status_code == 401
    assert call(path, data={"token": "t"}, auth=("his", "wrong")).status_code == 401
    assert call(path, data={}, auth=auth).status_code == 400
    assert call(path, json={"token": "t"}, auth=auth).status_code == 400


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
def test_an_assertion_asks_about_one_token_once(administrator: Caller, path: str) -> None:
    site = administrator.site
    administrator.post("/api/v1/clients", RIS | {"jwks": JWKS})
    form = assertion(site) | {"token": "t"}
    assert site.anonymous().post(path, data=form).status_code == 200
    assert site.anonymous().post(path, data=form).status_code == 401


@pytest.mark.parametrize("place", ["/fhir", ""])
def test_the_server_describes_its_endpoints(site: Site, place: str) -> None:
    told = site.anonymous().get(f"{place}/.well-known/smart-configuration").get_json()
    base = site.settings.effective_base_url
    assert told["token_endpoint"] == f"{base}/oauth/token"
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert "client-confidential-asymmetric" in told["capabilities"]
    assert told["revocation_endpoint"] == f"{base}/oauth/revoke"
