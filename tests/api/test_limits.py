"""How much one caller may ask for: requests of any kind, and look-ups of persons."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from tests.registrations import NUMBER_SYSTEMS, a_body
from tests.site import Caller, Site, problem_of
from tests.viewer import require_bundle

SEARCH = "/api/v1/patients/search"
FACILITIES = "/api/v1/facilities"


@contextmanager
def held_to(site: Site, **limits: int) -> Iterator[Site]:
    """Return another process on the same stores, under other limits."""
    built = Site(replace(site.settings, **limits), site.clock, fresh=False)
    yield built
    built.close()


def look_up(caller: Caller, value: str, system: str = NUMBER_SYSTEMS["SZ-A"]) -> Any:
    return caller.post(SEARCH, {"identifier": {"system": system, "value": value}})


def test_every_answer_tells_the_budgets_and_what_is_left(site: Site) -> None:
    answer = site.facility_client().acting().get(FACILITIES)
    assert answer.headers["RateLimit-Policy"] == '"requests";q=60000;w=60'
    assert answer.headers["RateLimit"] == '"requests";r=59999;t=1'
    found = look_up(site.facility_client().acting(), "nobody")
    assert '"look-ups";q=300;w=600' in found.headers["RateLimit-Policy"]
    assert '"look-ups";r=299;t=600' in found.headers["RateLimit"]
    assert '"missed-look-ups";q=3000;w=600' in found.headers["RateLimit-Policy"]


def test_a_caller_who_asks_too_much_waits_and_nobody_else_does(site: Site) -> None:
    with held_to(site, requests_per_minute=6) as narrow:
        eager, other = narrow.facility_client("SZ-A"), narrow.facility_client("SZ-B")
        assert [eager.get(FACILITIES).status_code for _ in range(7)] == [200] * 6 + [429]
        refused = eager.get(FACILITIES)
        assert problem_of(refused)["type"] == "urn:medshare:problem:too-many-requests"
        assert refused.headers["Retry-After"] == "10"
        assert refused.headers["RateLimit"] == '"requests";r=0;t=10'
        assert narrow.last_entry().outcome is AuditOutcome.REFUSED
        assert other.get(FACILITIES).status_code == 200
        narrow.clock.advance(seconds=10)
        assert narrow.facility_client("SZ-A").get(FACILITIES).status_code == 200


def test_who_fails_to_prove_themselves_is_counted_by_address(site: Site) -> None:
    with held_to(site, anonymous_requests_per_minute=3) as narrow:
        guesser = Caller(narrow, {"Authorization": "Bearer guess"})
        assert [guesser.get(FACILITIES).status_code for _ in range(4)] == [401] * 3 + [429]
        assert narrow.anonymous().get("/nowhere").status_code == 429
        assert narrow.facility_client().get(FACILITIES).status_code == 200
        assert narrow.anonymous().get("/health/live").status_code == 200


@pytest.mark.parametrize("number", ["M1", "nobody"], ids=["somebody-not-allowed", "nobody"])
def test_a_person_may_look_up_so_many_whoever_is_found(site: Site, number: str) -> None:
    site.facility_client("SZ-A").post("/api/v1/patients", a_body())
    with held_to(site, look_ups_per_person=4) as narrow:
        asker = narrow.facility_client("SZ-B").acting("d-9")
        answers = [look_up(asker, number) for _ in range(5)]
        assert [each.status_code for each in answers] == [200] * 4 + [429]
        assert all(each.get_json() == {"items": []} for each in answers[:4])
        assert problem_of(answers[4])["type"] == "urn:medshare:problem:too-many-look-ups"
        assert answers[4].headers["Retry-After"] == "600"
        assert '"look-ups";r=0;t=600' in answers[4].headers["RateLimit"]
        assert look_up(narrow.facility_client("SZ-B").acting("d-10"), number).status_code == 200
        assert asker.get(FACILITIES).status_code == 200
        narrow.clock.advance(minutes=10, seconds=1)
        assert look_up(narrow.facility_client("SZ-B").acting("d-9"), number).status_code == 200


def test_finding_somebody_is_counted_like_finding_nobody(site: Site) -> None:
    site.facility_client("SZ-A").post("/api/v1/patients", a_body())
    with held_to(site, look_ups_per_person=2) as narrow:
        asker = narrow.facility_client("SZ-A").acting()
        assert [look_up(asker, "M1").status_code for _ in range(3)] == [200, 200, 429]


def test_a_person_who_logged_in_has_a_budget_over_all_doors_and_processes(site: Site) -> None:
    with held_to(site, look_ups_per_person=3) as one, held_to(site, look_ups_per_person=3) as two:
        person = one.person(Role.REGISTRAR)
        assert look_up(person, "1").status_code == 200
        source = f"{NUMBER_SYSTEMS['SZ-A']}|2"
        assert person.get(f"/fhir/Patient?identifier={source}").status_code == 200
        assert person.get(f"/fhir/Patient/$ihe-pix?sourceIdentifier={source}").status_code == 404
        elsewhere = two.anonymous()
        elsewhere.http = two.application.flask.test_client()
        elsewhere.headers |= person.headers
        cookie = person.http.get_cookie("__Host-medshare-session", "medshare.test")
        elsewhere.http.set_cookie(
            "__Host-medshare-session", cookie.value, domain="medshare.test", secure=True
        )
        assert look_up(elsewhere, "3").status_code == 429


def test_an_auditor_tries_no_more_numbers_than_others(site: Site) -> None:
    with held_to(site, look_ups_per_person=2) as narrow:
        auditor, address = narrow.auditor(), "/viewer/auditor/patients"
        tried = [auditor.post(address, {"number": f"MRN-{each}"}) for each in range(3)]
        assert [each.status_code for each in tried] == [200, 200, 429]
        assert auditor.get("/api/v1/audit/events").status_code == 200


def test_a_client_that_finds_nobody_again_and_again_is_stopped(site: Site) -> None:
    site.facility_client("SZ-A").post("/api/v1/patients", a_body())
    with held_to(site, missed_look_ups_per_client=3) as narrow:
        system = narrow.facility_client("SZ-A")
        for _ in range(5):
            assert look_up(system, "M1").status_code == 200
        for number in range(3):
            assert look_up(system, f"no-{number}").status_code == 200
        narrow.clock.advance(seconds=5)  # until when a process believes its count
        assert look_up(narrow.facility_client("SZ-A"), "M1").status_code == 429
        assert look_up(narrow.facility_client("SZ-B"), "M1").status_code == 200


def test_a_page_tells_people_that_they_asked_too_often(site: Site) -> None:
    require_bundle()
    with held_to(site, requests_per_minute=2) as narrow:
        person = narrow.person(Role.REGISTRAR)
        answers = [person.get("/viewer/nowhere") for _ in range(3)]
        assert answers[-1].status_code == 429, [each.status_code for each in answers]
        assert answers[-1].content_type.startswith("text/html")
        assert answers[-1].headers["Retry-After"]
