from tests.site import Site, problem_of


def test_a_client_gets_a_token_and_uses_it(site: Site) -> None:
    administrator = site.administrator()
    made = administrator.post(
        "/api/v1/clients",
        {
            "id": "ris",
            "name": "RIS",
            "facility": "SZ-A",
            "scopes": ["system/*.rs", "system/Organization.r"],
        },
    )
    assert made.status_code == 201, made.text
    answer = site.anonymous().post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("ris", made.get_json()["secret"]),
    )
    assert answer.status_code == 200, answer.text
    token = answer.get_json()["access_token"]
    seen = site.anonymous().get(
        "/api/v1/facilities/SZ-A", headers={"Authorization": f"Bearer {token}"}
    )
    assert seen.status_code == 200, seen.text


def test_nobody_sees_nothing(site: Site) -> None:
    answer = site.anonymous().get("/api/v1/facilities")
    assert answer.status_code == 401
    assert problem_of(answer)["type"] == "urn:medshare:problem:unauthenticated"
    assert site.last_entry().outcome == "unauthenticated"


def test_an_auditor_reads_the_trail(site: Site) -> None:
    auditor = site.auditor()
    auditor.get("/api/v1/audit/events")
    answer = auditor.get("/api/v1/audit/events?outcome=success&limit=1")
    assert answer.status_code == 200, answer.text
    again = auditor.get(f"/api/v1/audit/events?cursor={answer.get_json()['next']}")
    assert again.status_code == 200
    assert auditor.get("/api/v1/audit/export").text.count("AuditEvent") >= 2
