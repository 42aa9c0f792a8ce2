from typing import Any

import pytest
from sqlalchemy import select

from medshare.patients.matching.tables import PatientMatchDecisionRow, PatientReviewRow
from tests.links import (
    PATIENTS,
    ask_merge,
    ask_unmerge,
    by_hand,
    merged,
    record_ids,
    registered,
    registrar,
    two_persons,
)
from tests.registrations import a_body
from tests.site import Caller, Site, problem_of

REVIEWS = f"{PATIENTS}/reviews"
SEPARATIONS = f"{PATIENTS}/separations"
NOBODY = "00000000-0000-7000-8000-000000000000"


def slug_of(answer: Any) -> str:
    return str(problem_of(answer)["type"].rpartition(":")[2])


def opened(site: Site, record: dict[str, Any], person: dict[str, Any]) -> str:
    """Return the review that matching opened of a record and a person."""
    return str(
        site.read(
            lambda uow: uow.session.scalars(
                select(PatientReviewRow.id).where(
                    PatientReviewRow.record_id == record["recordId"],
                    PatientReviewRow.patient_id == person["patientId"],
                )
            ).one()
        )
    )


def queue(caller: Caller, state: str = "open") -> list[str]:
    answer = caller.get(f"{REVIEWS}?state={state}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.get_json()["items"]]


def decided(caller: Caller, review: str, decision: str) -> Any:
    tag = {"If-Match": caller.get(f"{REVIEWS}/{review}").headers["ETag"]}
    body = {"decision": decision, "reason": "Same card, same face."}
    return caller.post(f"{REVIEWS}/{review}/decision", body, headers=tag)


def test_a_review_shows_both_sides_and_links_them(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    keeper = registrar(site)
    assert queue(keeper) == [review]
    assert slug_of(decided(keeper, review, "link")) == "review-not-claimed"
    keeper.post(f"{REVIEWS}/{review}/claim")
    shown = keeper.get(f"{REVIEWS}/{review}").get_json()
    assert shown["record"]["recordId"] == second["recordId"]
    assert [each["recordId"] for each in shown["patient"]["records"]] == [first["recordId"]]
    assert shown["evidence"]["doubts"] == ["name-and-birth-date-alone"]
    assert shown["evidence"]["levels"]["given"]["level"] == "exact"
    assert len(site.last_entry().subjects) == 2
    done = decided(keeper, review, "link")
    assert (done.status_code, done.get_json()["state"]) == (200, "decided")
    assert len(record_ids(keeper, first["patientId"])) == 2
    assert queue(keeper) == []
    assert queue(keeper, "decided") == [review]
    assert slug_of(keeper.post(f"{REVIEWS}/{review}/claim")) == "review-closed"


def test_not_the_same_is_never_linked_until_it_is_lifted(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    keeper = registrar(site)
    keeper.post(f"{REVIEWS}/{review}/claim")
    assert decided(keeper, review, "not-the-same").get_json()["decision"] == "not-the-same"
    refused = ask_merge(keeper, first["patientId"], second["patientId"])
    assert slug_of(refused) == "never-link"
    by_record = by_hand(keeper, "links", first["patientId"], second["recordId"])
    assert slug_of(by_record) == "never-link"
    address = f"{PATIENTS}/{first['patientId']}/separations"
    (mark,) = keeper.get(address).get_json()["items"]
    assert sorted(mark["recordIds"]) == sorted([first["recordId"], second["recordId"]])
    lifted = keeper.post(f"{SEPARATIONS}/{mark['id']}/lift", {"reason": "Papers prove it."})
    assert lifted.get_json()["endedReason"] == "Papers prove it."
    again = keeper.post(f"{SEPARATIONS}/{mark['id']}/lift", {"reason": "Once more."})
    assert again.get_json() == lifted.get_json()
    merged(keeper, first["patientId"], second["patientId"])


def test_later_gives_the_review_back(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    keeper = registrar(site)
    keeper.post(f"{REVIEWS}/{review}/claim")
    assert decided(keeper, review, "later").get_json()["state"] == "open"
    assert queue(keeper) == [review]


def test_a_review_is_one_registrars_until_released_or_half_an_hour_has_gone(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    one, other = registrar(site, name="one"), registrar(site, name="other")
    assert one.post(f"{REVIEWS}/{review}/claim").get_json()["state"] == "claimed"
    assert slug_of(other.post(f"{REVIEWS}/{review}/claim")) == "review-claimed"
    assert slug_of(other.post(f"{REVIEWS}/{review}/release")) == "review-not-claimed"
    assert one.post(f"{REVIEWS}/{review}/release").get_json()["state"] == "open"
    one.post(f"{REVIEWS}/{review}/claim")
    site.clock.advance(minutes=29)
    other.get("/api/v1/session")
    assert other.post(f"{REVIEWS}/{review}/claim").status_code == 409
    site.clock.advance(minutes=1)
    assert other.post(f"{REVIEWS}/{review}/claim").status_code == 200


def test_a_merge_settles_a_review_and_its_undoing_opens_it_again(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    keeper = registrar(site)
    before = keeper.get(f"{REVIEWS}/{review}").get_json()
    act = merged(keeper, first["patientId"], second["patientId"])
    assert queue(keeper) == []
    assert slug_of(keeper.post(f"{REVIEWS}/{review}/claim")) == "review-closed"
    ask_unmerge(keeper, act["id"])
    assert queue(keeper) == [review]
    assert keeper.get(f"{REVIEWS}/{review}").get_json() == before


def test_a_review_follows_a_person_who_was_merged(site: Site) -> None:
    first, second = two_persons(site)
    third = registered(site, "SZ-C")
    review = opened(site, second, first)
    keeper = registrar(site)
    merged(keeper, third["patientId"], first["patientId"])
    shown = keeper.get(f"{REVIEWS}/{review}").get_json()
    assert shown["review"]["patientId"] == third["patientId"]
    by_hand(keeper, "links", second["patientId"], registered(site, "SZ-C", "M2")["recordId"])
    keeper.post(f"{REVIEWS}/{review}/claim")
    assert slug_of(decided(keeper, review, "link")) == "merge-instead"


def test_a_decision_is_made_on_links_that_were_seen(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    keeper = registrar(site)
    keeper.post(f"{REVIEWS}/{review}/claim")
    address, body = f"{REVIEWS}/{review}/decision", {"decision": "link", "reason": "r"}
    assert keeper.post(address, body).status_code == 428
    assert keeper.post(address, body, headers={"If-Match": '"9"'}).status_code == 412
    assert keeper.post(address, {"decision": "yes"}, headers={"If-Match": '"2"'}).status_code == 422


def test_a_facilitys_registrar_sees_the_facilitys_own_queue(site: Site) -> None:
    first, second = two_persons(site)
    review = opened(site, second, first)
    theirs, ours = registrar(site, "SZ-A"), registrar(site, "SZ-B")
    assert queue(theirs) == []
    assert site.last_entry().reason == "nothing found"
    assert theirs.get(f"{REVIEWS}/{review}").status_code == 404
    assert queue(ours) == [review]
    assert registrar(site).get(f"{REVIEWS}/{NOBODY}").status_code == 404
    assert site.facility_client().get(REVIEWS).status_code == 403


def test_what_a_registrar_decided_stands_whatever_a_record_says_later(site: Site) -> None:
    apart, known = registered(site, "SZ-A"), registered(site, "SZ-B", phone="19900000001")
    moved, home = registered(site, "SZ-C", phone="19900000002"), registered(site, "SZ-C", "M2")
    keeper = registrar(site)
    keeper.post(
        SEPARATIONS, {"recordIds": [apart["recordId"], known["recordId"]], "reason": "Twins."}
    )
    by_hand(keeper, "links", home["patientId"], moved["recordId"])
    for record, facility in ((apart, "SZ-A"), (moved, "SZ-C")):
        body = a_body(facility, phone="19900000001")
        address = f"{PATIENTS}/records/{record['recordId']}"
        answer = site.facility_client(facility).put(address, body, headers={"If-Match": '"1"'})
        assert answer.status_code == 200, answer.text
    assert record_ids(keeper, apart["patientId"]) == [apart["recordId"]]
    assert record_ids(keeper, home["patientId"]) == sorted([home["recordId"], moved["recordId"]])
    decisions = site.read(lambda uow: uow.session.scalars(select(PatientMatchDecisionRow)).all())
    last = max((each for each in decisions if each.record_id == apart["recordId"]), key=by_id)
    assert last.patient_id is None, "with the other's phone it would be the other"
    vetoes = {each["patientId"]: each["vetoes"] for each in last.evidence["persons"]}
    assert vetoes[known["patientId"]] == ["separated-by-registrar"]


def by_id(decision: PatientMatchDecisionRow) -> str:
    return decision.id


def test_records_are_marked_as_two_people_by_hand(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    body = {"recordIds": [first["recordId"], second["recordId"]], "reason": "Twins."}
    made = keeper.post(SEPARATIONS, body)
    assert made.status_code == 201, made.text
    assert keeper.post(SEPARATIONS, body).get_json() == made.get_json()
    assert len(site.last_entry().subjects) == 2
    stranger = registrar(site, "SZ-C")
    assert slug_of(stranger.post(SEPARATIONS, body)) == "foreign-records"
    lift = f"{SEPARATIONS}/{made.get_json()['id']}/lift"
    assert slug_of(stranger.post(lift, {"reason": "r"})) == "foreign-records"
    assert keeper.post(f"{SEPARATIONS}/{NOBODY}/lift", {"reason": "r"}).status_code == 404
    assert keeper.get(f"{PATIENTS}/{NOBODY}/separations").status_code == 404


def test_records_of_one_person_are_not_marked_as_two(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    merged(keeper, first["patientId"], second["patientId"])
    body = {"recordIds": [first["recordId"], second["recordId"]], "reason": "Twins."}
    assert slug_of(keeper.post(SEPARATIONS, body)) == "records-together"
    retired = keeper.get(f"{PATIENTS}/{second['patientId']}/separations")
    assert slug_of(retired) == "patient-retired"


@pytest.mark.parametrize(
    ("ids", "code"),
    [([NOBODY], "too-few"), ([NOBODY, NOBODY], "duplicate"), ([NOBODY, "x"], None)],
)
def test_what_is_wrong_with_a_mark_is_pointed_at(
    site: Site, ids: list[str], code: str | None
) -> None:
    answer = registrar(site).post(SEPARATIONS, {"recordIds": ids, "reason": "r"})
    assert answer.status_code == 422
    found = problem_of(answer)["errors"][0]
    assert found["pointer"] == "/recordIds"
    assert found["code"] == (code or "patient-record-unknown")
