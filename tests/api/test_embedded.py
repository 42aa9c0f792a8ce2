"""The page in a hospital system's frame: its ticket, what it shows, and what it lets decide."""

from dataclasses import replace

import pytest
from werkzeug.test import Client, TestResponse

from medshare.access import embedding
from medshare.access import service as access
from medshare.access.sessions import csrf_token_of
from medshare.app import build
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import ExamId
from medshare.recognition.decisions import service as decisions
from tests.dicom import multipart
from tests.documents import A_PDF, a_document, an_sr, in_series, measurement
from tests.orders import a_doctor, a_prior, an_order
from tests.site import Caller, Site, problem_of
from tests.viewer import require_bundle

TICKETS = "/api/v1/recognition/tickets"
PAGE = "/embed/recognition"
ORIGIN = "https://his.example"
LANGUAGES = {"zh-CN": ("可互认的既往结果", "胸部CT平扫"), "en": ("Existing results", "Chest CT")}


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def doctor(site: Site) -> Caller:
    """A doctor of SZ-B behind a system that may embed, with a prior at SZ-A."""
    a_prior(site)
    let_embed(site, ORIGIN)
    return a_doctor(site)


def let_embed(site: Site, origin: str) -> None:
    def change(uow: UnitOfWork) -> None:
        client = access.get_client(uow, "his-SZ-B")
        access.replace_client(uow, replace(client, embed_origin=origin), client.version)

    site.write(change)


def a_ticket(doctor: Caller, language: str = "zh-CN") -> str:
    answer = doctor.post(TICKETS, {"order": an_order(), "language": language})
    assert answer.status_code == 201, answer.text
    shown = answer.get_json()
    assert shown["address"] == PAGE
    return str(shown["ticket"])


def opened(http: Client, ticket: str, origin: str | None = ORIGIN) -> TestResponse:
    headers = {"Origin": origin} if origin else {}
    return http.post(PAGE, data={"ticket": ticket}, headers=headers, base_url="https://localhost")


def browser(site: Site) -> Client:
    return site.application.flask.test_client()


def proof(http: Client) -> dict[str, str]:
    cookie = http.get_cookie(embedding.COOKIE, path=PAGE)
    assert cookie is not None
    return {"X-CSRF-Token": csrf_token_of(cookie.value)}


def get(http: Client, path: str = PAGE) -> TestResponse:
    return http.get(path, base_url="https://localhost")


def read(http: Client, number: int) -> TestResponse:
    return http.post(
        f"{PAGE}/results/{number}/report", headers=proof(http), base_url="https://localhost"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_the_candidates_in_the_language_of_the_ticket(
    site: Site, doctor: Caller, language: str
) -> None:
    http = browser(site)
    answer = opened(http, a_ticket(doctor, language))
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    for cookie in answer.headers.getlist("Set-Cookie"):
        for attribute in ("SameSite=None", "Secure", "Partitioned", "HttpOnly", f"Path={PAGE}"):
            assert attribute in cookie
    entry = site.last_entry()
    assert (entry.operation, entry.principal.acting_user.id) == ("embedded.open", "d-007")  # type: ignore[union-attr]  # somebody acted
    assert len(entry.subjects) == 2

    page = get(http)
    assert page.status_code == 200, page.text
    assert page.headers["Content-Language"] == language
    assert f"frame-ancestors {ORIGIN}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert "X-Medshare-Framed" not in page.headers
    assert LANGUAGES[language][0] in page.text
    assert "badge-due" in page.text
    assert "<script>" not in page.text
    report = read(http, 0)
    assert report.status_code == 200
    assert "<p" in report.text
    assert read(http, 9).status_code == 404


def test_whoever_opens_a_report_is_known_to_have_looked(site: Site) -> None:
    exam_id = ExamId(a_prior(site))
    let_embed(site, ORIGIN)
    http = browser(site)
    opened(http, a_ticket(a_doctor(site)))
    get(http)
    assert looked_at(site, exam_id) == []
    read(http, 0)
    assert looked_at(site, exam_id) == [("SZ-B", "d-007")]


def test_what_came_with_the_images_is_shown_beside_the_report(site: Site, doctor: Caller) -> None:
    of_exam = {"PatientID": "MRN-1", "AccessionNumber": "ACC-1"}
    report = an_sr(measurement("D", "8", "mm"), **in_series(2), **of_exam)
    document = a_document(A_PDF, "application/pdf", **in_series(3), **of_exam)
    site.facility_client("SZ-A").post("/dicom-web/studies", **multipart(report, document))
    http = browser(site)
    opened(http, a_ticket(doctor))
    addresses = [f"{PAGE}/results/0/documents/{position}" for position in range(3)]
    told = read(http, 0).text
    assert [each in told for each in addresses] == [True, True, False]
    assert "2.999.9.1" not in told
    shown = [get(http, each) for each in addresses]
    assert [each.status_code for each in shown] == [200, 200, 404]
    assert [each.content_type for each in shown[:2]] == [
        "text/html; charset=utf-8",
        "application/pdf",
    ]
    assert ("8" in shown[0].text, shown[1].data) == (True, A_PDF)
    get(http, addresses[0])
    entry = site.last_entry()
    assert (entry.operation, entry.outcome) == ("embedded.document", "success")
    assert entry.subjects
    assert get(browser(site), addresses[0]).status_code == 401


def looked_at(site: Site, exam_id: ExamId) -> list[tuple[str, str]]:
    found = site.read(lambda uow: decisions.views_without_decision(uow, [exam_id]))
    return [(facility, view.viewer) for facility, view in found]


def test_a_decision_is_recorded_once_and_told(site: Site, doctor: Caller) -> None:
    http = browser(site)
    opened(http, a_ticket(doctor))
    choice = {"version": 1, "outcome": "recognised", "dwellMs": 900}
    address = f"{PAGE}/results/0/decision"
    unproved = http.post(address, json=choice, base_url="https://localhost")
    assert problem_of(unproved)["type"].endswith("csrf")
    stale = http.post(
        address, json=choice | {"version": 7}, headers=proof(http), base_url="https://localhost"
    )
    assert problem_of(stale)["type"].endswith("result-changed")
    bare = http.post(
        address,
        json={"version": 1, "outcome": "repeated"},
        headers=proof(http),
        base_url="https://localhost",
    )
    assert bare.status_code == 422
    answer = http.post(address, json=choice, headers=proof(http), base_url="https://localhost")
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert (told["outcome"], told["orderReference"]) == ("recognised", "ORD-1")
    kept = doctor.get(f"/api/v1/recognition/decisions/{told['decisionId']}").get_json()
    assert (kept["channel"], kept["doctor"]) == ("page", "d-007")
    assert "badge-decided" in get(http).text


def test_a_ticket_opens_one_page_whichever_process_is_asked(site: Site, doctor: Caller) -> None:
    ticket = a_ticket(doctor)
    assert opened(browser(site), ticket).status_code == 303
    other = build(site.settings, site.clock)
    for http in (browser(site), other.flask.test_client()):
        answer = opened(http, ticket)
        assert answer.status_code == 403
        assert "X-Frame-Options" not in answer.headers
    other.stop_quietly()


@pytest.mark.parametrize("origin", ["https://other.example", "null", None])
def test_a_ticket_shown_elsewhere_is_refused_and_not_spent(
    site: Site, doctor: Caller, origin: str | None
) -> None:
    ticket = a_ticket(doctor)
    assert opened(browser(site), ticket, origin).status_code == 403
    assert opened(browser(site), ticket).status_code == 303


def test_tickets_and_pages_expire_and_forged_ones_are_nothing(site: Site, doctor: Caller) -> None:
    http, ticket = browser(site), a_ticket(doctor)
    assert opened(http, ticket[:-1] + ("A" if ticket[-1] != "A" else "B")).status_code == 403
    site.clock.advance(seconds=61)
    assert opened(http, ticket).status_code == 403
    opened(http, a_ticket(doctor))
    assert get(http).status_code == 200
    site.clock.advance(minutes=16)
    assert get(http).status_code == 401


def test_the_page_may_do_nothing_else(site: Site, doctor: Caller) -> None:
    http = browser(site)
    opened(http, a_ticket(doctor))
    cookie = http.get_cookie(embedding.COOKIE, path=PAGE)
    assert cookie is not None
    elsewhere = browser(site)
    elsewhere.set_cookie(embedding.COOKIE, cookie.value)
    answer = get(elsewhere, "/api/v1/recognition/reasons")
    assert answer.status_code == 403


def test_without_a_registered_origin_or_a_person_there_is_no_ticket(site: Site) -> None:
    a_prior(site)
    doctor, body = a_doctor(site), {"order": an_order()}
    assert problem_of(doctor.post(TICKETS, body))["type"].endswith("no-embed-origin")
    let_embed(site, ORIGIN)
    nobody = site.facility_client("SZ-B").post(TICKETS, body)
    assert problem_of(nobody)["errors"][0]["code"] == "acting-user-required"


@pytest.mark.parametrize("origin", ["*", "https://his.example/", "http://his.example", "null"])
def test_an_origin_is_one_origin(site: Site, origin: str) -> None:
    answer = site.administrator().post(
        "/api/v1/clients",
        {
            "id": "x",
            "name": "x",
            "facility": "SZ-B",
            "scopes": ["system/*.cruds"],
            "embedOrigin": origin,
        },
    )
    assert problem_of(answer)["errors"][0]["code"] == "embed-origin"
