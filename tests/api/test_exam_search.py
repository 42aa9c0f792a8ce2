from tests.exams import (
    SYSTEMS,
    a_test,
    codes_of,
    post_exam,
    post_report,
    register,
    take_into_care,
)
from tests.site import Site, problem_of


def test_a_search_finds_what_fits_and_may_be_seen(site: Site) -> None:
    ours, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    register(ours)
    register(theirs, "B-1", "SZ-B")
    exam = post_exam(ours)
    laboratory = ours.post("/api/v1/exams", a_test()).get_json()
    post_exam(theirs, patient={"system": SYSTEMS["SZ-B"], "value": "B-1"})

    def found(**wanted: str) -> list[str]:
        answer = ours.post("/api/v1/exams/search", wanted)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.get_json()["items"]]

    assert found(accessionNumber="ACC-1") == [exam["id"]]
    assert "ACC-1" in site.last_entry().query
    assert found(accessionNumber="ACC-1", facility="SZ-B") == []
    assert site.last_entry().reason == "nothing found"
    assert found(modality="CT") == [exam["id"]]
    assert found(kind="laboratory") == [laboratory["id"]]
    assert found(item="CT-CHEST-PLAIN") == [exam["id"]]
    assert found(item="urn:medshare:local:SZ-A|CT-CHEST-PLAIN") == []
    assert found(status="completed") == [exam["id"], laboratory["id"]]
    assert found(performedFrom="2026-11-19T01:30:00Z") == [exam["id"]]
    assert found(performedUntil="2026-11-19T08:00:00+08:00") == [laboratory["id"]]
    take_into_care(theirs, "B-1", "SZ-B")
    answer = theirs.acting().post("/api/v1/exams/search", {"accessionNumber": "ACC-1"})
    assert {each["facility"] for each in answer.get_json()["items"]} == {"SZ-A", "SZ-B"}
    assert "care-relationship, own-facility" in site.last_entry().basis


def test_a_search_for_everything_is_refused(site: Site) -> None:
    answer = site.facility_client("SZ-A").post("/api/v1/exams/search", {"limit": 5})
    assert answer.status_code == 422
    assert codes_of(problem_of(answer)) == {"": "no-criterion"}


def test_the_timeline_runs_across_facilities_newest_first_in_pages(site: Site) -> None:
    ours, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    patient_id = register(ours)
    register(theirs, "B-1", "SZ-B")
    take_into_care(theirs, "B-1", "SZ-B")
    mine = {"system": SYSTEMS["SZ-B"], "value": "B-1"}
    oldest = post_exam(ours, accessionNumber="1", performedAt="2026-11-01T08:00:00+08:00")
    newest = post_exam(theirs, performedAt="2026-11-19T08:00:00+08:00", patient=mine)
    twins = [
        post_exam(
            ours,
            accessionNumber=number,
            performedAt="2026-11-10T08:00:00+08:00",
            studyInstanceUids=None,
        )
        for number in ("2", "3")
    ]
    expected = [newest["id"], twins[1]["id"], twins[0]["id"], oldest["id"]]
    path = f"/api/v1/patients/{patient_id}/exams"
    found: list[str] = []
    address: str | None = f"{path}?limit=1"
    while address:
        answer = theirs.acting().get(address)
        assert answer.status_code == 200, answer.text
        found += [each["id"] for each in answer.get_json()["items"]]
        cursor = answer.get_json().get("next")
        address = f"{path}?limit=1&cursor={cursor}" if cursor else None
    assert found == expected
    alone = ours.acting().get(path).get_json()["items"]
    assert [each["id"] for each in alone] == expected[1:]
    some = theirs.acting().get(f"{path}?facility=SZ-A&since=2026-11-10T00:00:00Z&modality=CT")
    assert [each["id"] for each in some.get_json()["items"]] == expected[1:3]


def test_the_timeline_of_a_stranger_is_empty_like_that_of_nobody(site: Site) -> None:
    ours, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting()
    patient_id = register(ours)
    post_exam(ours)
    for each in (patient_id, "00000000-0000-7000-8000-000000000000"):
        answer = theirs.get(f"/api/v1/patients/{each}/exams")
        assert answer.status_code == 200
        assert answer.get_json() == {"items": []}


def test_a_result_entered_in_error_is_shown_and_marked(site: Site) -> None:
    his = site.facility_client("SZ-A")
    patient_id = register(his)
    exam = post_exam(his)
    post_report(his, exam["id"])
    post_report(his, exam["id"], status="entered-in-error", texts=None)
    his.put(
        f"/api/v1/exams/{exam['id']}", {"status": "entered-in-error"}, headers={"If-Match": '"3"'}
    )
    (shown,) = his.get(f"/api/v1/patients/{patient_id}/exams").get_json()["items"]
    assert shown["status"] == "entered-in-error"
    assert shown["currentReport"] == {"version": 2, "status": "entered-in-error"}
