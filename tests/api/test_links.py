from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from medshare.kernel.audit import AuditAction, AuditOutcome
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
    version_of,
)
from tests.registrations import a_body, an_identity_number
from tests.site import PASSWORD, Site, issues_of, problem_of

NOBODY = "00000000-0000-7000-8000-000000000000"


def slug_of(answer: Any) -> str:
    return str(problem_of(answer)["type"].rpartition(":")[2])


# --- merge and unmerge ---------------------------------------------------------------------


def test_a_merge_makes_one_person_and_the_old_id_leads_on(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    assert (act["kind"], act["patientId"], act["otherPatientId"]) == (
        "merge",
        first["patientId"],
        second["patientId"],
    )
    entry = site.entries(operation="patients.merge")[-1]
    assert (entry.outcome, entry.action) == (AuditOutcome.SUCCESS, AuditAction.UPDATE)
    assert {(each.patient_id, each.record_id) for each in entry.subjects} == {
        (each["patientId"], each["recordId"]) for each in (first, second)
    }
    both = sorted([first["recordId"], second["recordId"]])
    assert record_ids(keeper, first["patientId"]) == both
    led = site.facility_client("SZ-B").get(f"{PATIENTS}/{second['patientId']}")
    assert led.status_code == 308
    assert led.headers["Location"] == f"{PATIENTS}/{first['patientId']}"
    assert led.get_json() == {
        "patientId": second["patientId"],
        "replacedBy": first["patientId"],
    }
    stranger = site.facility_client("SZ-C").get(f"{PATIENTS}/{second['patientId']}")
    assert stranger.status_code == 404


def test_an_unmerge_leaves_both_sides_as_before(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    before = [keeper.get(f"{PATIENTS}/{each['patientId']}").get_json() for each in (first, second)]
    act = merged(keeper, first["patientId"], second["patientId"])
    undone = ask_unmerge(keeper, act["id"])
    assert undone.status_code == 201, undone.text
    assert undone.get_json()["undoes"] == act["id"]
    after = [keeper.get(f"{PATIENTS}/{each['patientId']}").get_json() for each in (first, second)]
    assert after == before
    again = site.facility_client("SZ-B").post(PATIENTS, a_body("SZ-B"))
    assert (again.status_code, again.get_json()["explanation"]) == (200, second["explanation"])
    assert keeper.get(f"{PATIENTS}/merges/{act['id']}").get_json()["undoneBy"]


def test_the_same_merge_and_the_same_unmerge_again_change_nothing(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    again = ask_merge(keeper, first["patientId"], second["patientId"])
    assert (again.status_code, again.get_json()) == (200, act)
    undone = ask_unmerge(keeper, act["id"]).get_json()
    repeated = ask_unmerge(keeper, act["id"])
    assert (repeated.status_code, repeated.get_json()) == (200, undone)
    anew = merged(keeper, first["patientId"], second["patientId"])
    assert anew["id"] != act["id"]


def test_a_record_that_came_after_the_merge_stays_with_the_survivor(site: Site) -> None:
    first, second = two_persons(site)
    third = registered(site, "SZ-C")
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    by_hand(keeper, "links", first["patientId"], third["recordId"])
    ask_unmerge(keeper, act["id"])
    kept = sorted([first["recordId"], third["recordId"]])
    assert record_ids(keeper, first["patientId"]) == kept
    assert record_ids(keeper, second["patientId"]) == [second["recordId"]]


def test_a_chain_of_merges_is_undone_from_its_end(site: Site) -> None:
    first, second = two_persons(site)
    third = registered(site, "SZ-C")
    keeper = registrar(site)
    early = merged(keeper, second["patientId"], third["patientId"])
    late = merged(keeper, first["patientId"], second["patientId"])
    led = keeper.get(f"{PATIENTS}/{third['patientId']}")
    assert led.headers["Location"] == f"{PATIENTS}/{first['patientId']}"
    assert slug_of(ask_unmerge(keeper, early["id"])) == "later-act-stands"
    assert ask_unmerge(keeper, late["id"]).status_code == 201
    assert ask_unmerge(keeper, early["id"]).status_code == 201
    for each in (first, second, third):
        assert record_ids(keeper, each["patientId"]) == [each["recordId"]]


def test_persons_are_not_merged_in_a_circle(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    assert slug_of(ask_merge(keeper, first["patientId"], first["patientId"])) == "same-patient"
    merged(keeper, first["patientId"], second["patientId"])
    back = ask_merge(keeper, second["patientId"], first["patientId"])
    assert back.status_code == 409
    assert slug_of(back) == "patient-retired"
    assert problem_of(back)["params"] == {"replacedBy": first["patientId"]}


def test_two_identity_numbers_are_two_people_unless_a_registrar_says_why(site: Site) -> None:
    first = registered(site, "SZ-A", number=an_identity_number(11))
    second = registered(site, "SZ-B", number=an_identity_number(13))
    keeper = registrar(site)
    refused = ask_merge(keeper, first["patientId"], second["patientId"])
    assert slug_of(refused) == "identity-numbers-conflict"
    done = ask_merge(keeper, first["patientId"], second["patientId"], despiteConflict=True)
    assert done.status_code == 201, done.text


def test_nobody_acts_on_links_that_they_have_not_seen(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    address = f"{PATIENTS}/{first['patientId']}/merges"
    body = {"retiredId": second["patientId"], "retiredVersion": 1, "reason": "r"}
    assert keeper.post(address, body).status_code == 428
    assert keeper.post(address, body, headers={"If-Match": '"9"'}).status_code == 412
    stale = body | {"retiredVersion": 7}
    assert keeper.post(address, stale, headers={"If-Match": '"1"'}).status_code == 412
    assert keeper.post(address, body, headers={"If-Match": '"1"'}).status_code == 201


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"retiredId": NOBODY}, ("/retiredId", "patient-unknown")),
        ({"reason": " "}, ("/reason", "too-short")),
        ({"despiteConflict": "yes"}, ("/despiteConflict", "boolean")),
        ({"why": "x"}, ("/why", "unknown-field")),
    ],
)
def test_what_is_wrong_with_a_merge_is_pointed_at(
    site: Site, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    first, second = two_persons(site)
    body = {"retiredId": second["patientId"], "retiredVersion": 1, "reason": "r", **change}
    address = f"{PATIENTS}/{first['patientId']}/merges"
    answer = registrar(site).post(address, body, headers={"If-Match": '"1"'})
    assert issues_of(answer) == [fault]
    assert site.last_entry().outcome is AuditOutcome.MALFORMED


def test_only_registrars_act_on_links(site: Site) -> None:
    first, second = two_persons(site)
    body = {"retiredId": second["patientId"], "retiredVersion": 1, "reason": "r"}
    address = f"{PATIENTS}/{first['patientId']}/merges"
    for caller in (site.facility_client(), site.administrator()):
        assert caller.post(address, body, headers={"If-Match": '"1"'}).status_code == 403
        assert site.last_entry().outcome is AuditOutcome.DENIED
    unknown = registrar(site).post(f"{PATIENTS}/{NOBODY}/merges", body, headers={"If-Match": '"1"'})
    assert unknown.status_code == 404


def test_a_facilitys_registrar_moves_the_facilitys_own_records_only(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site, "SZ-B")
    foreign = ask_merge(keeper, second["patientId"], first["patientId"])
    assert (foreign.status_code, slug_of(foreign)) == (403, "foreign-records")
    assert ask_merge(keeper, first["patientId"], second["patientId"]).status_code == 201


# --- two persons ---------------------------------------------------------------------------


@pytest.fixture
def careful(site: Site) -> Iterator[Site]:
    """The same site under the policy that two registrars have to agree."""
    settings = replace(site.settings, two_person_merge=True)
    built = Site(settings, site.clock, fresh=False)
    yield built
    built.close()


def test_a_merge_waits_for_another_registrar(careful: Site) -> None:
    first, second = two_persons(careful)
    author, other = registrar(careful, name="author"), registrar(careful, name="other")
    answer = ask_merge(author, first["patientId"], second["patientId"])
    assert answer.status_code == 202, answer.text
    proposal = answer.get_json()
    again = ask_merge(author, first["patientId"], second["patientId"])
    assert again.get_json() == proposal
    assert record_ids(author, second["patientId"]) == [second["recordId"]]
    listed = other.get(f"{PATIENTS}/merge-proposals").get_json()["items"]
    assert [each["id"] for each in listed] == [proposal["id"]]
    decision = f"{PATIENTS}/merge-proposals/{proposal['id']}/decision"
    assert slug_of(author.post(decision, {"confirm": True})) == "second-person-needed"
    done = other.post(decision, {"confirm": True})
    assert done.status_code == 200, done.text
    act = done.get_json()["act"]
    assert act["actor"] == proposal["proposedBy"] != act["secondedBy"]
    assert len(record_ids(author, first["patientId"])) == 2
    assert slug_of(other.post(decision, {"confirm": True})) == "proposal-closed"
    undo = ask_unmerge(author, act["id"])
    assert undo.status_code == 202
    undoing = f"{PATIENTS}/merge-proposals/{undo.get_json()['id']}/decision"
    assert other.post(undoing, {"confirm": True}).get_json()["act"]["kind"] == "unmerge"
    assert record_ids(author, second["patientId"]) == [second["recordId"]]


def test_a_proposal_is_rejected_or_overtaken(site: Site, careful: Site) -> None:
    first, second = two_persons(careful)
    third = registered(careful, "SZ-C")
    author, other = registrar(careful, name="author"), registrar(careful, name="other")
    proposal = ask_merge(author, first["patientId"], second["patientId"]).get_json()
    decision = f"{PATIENTS}/merge-proposals/{proposal['id']}/decision"
    # Before the policy came into force nobody else was asked.
    earlier = by_hand(
        registrar(site, name="earlier"), "links", first["patientId"], third["recordId"]
    )
    assert earlier.status_code == 201
    assert other.post(decision, {"confirm": True}).status_code == 412
    assert author.post(decision, {"confirm": False}).get_json()["state"] == "rejected"
    assert author.get(f"{PATIENTS}/merge-proposals").get_json()["items"] == []
    rejected = author.get(f"{PATIENTS}/merge-proposals?state=rejected").get_json()["items"]
    assert [each["id"] for each in rejected] == [proposal["id"]]
    missing = f"{PATIENTS}/merge-proposals/{NOBODY}/decision"
    assert other.post(missing, {"confirm": True}).status_code == 404


# --- by hand -------------------------------------------------------------------------------


def test_a_record_is_put_to_another_person_and_taken_out_again(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    linked = by_hand(keeper, "links", first["patientId"], second["recordId"])
    assert linked.status_code == 201, linked.text
    assert len(record_ids(keeper, first["patientId"])) == 2
    assert keeper.get(f"{PATIENTS}/{second['patientId']}").status_code == 308
    there = by_hand(keeper, "links", first["patientId"], second["recordId"])
    assert slug_of(there) == "record-there"
    taken = by_hand(keeper, "unlink", first["patientId"], second["recordId"])
    assert taken.status_code == 201, taken.text
    own = taken.get_json()["patientId"]
    assert own not in (first["patientId"], second["patientId"])
    assert record_ids(keeper, own) == [second["recordId"]]
    alone = by_hand(keeper, "unlink", own, second["recordId"])
    assert slug_of(alone) == "only-record"
    entry = site.entries(operation="patients.unlink")[0]
    assert {each.record_id for each in entry.subjects} == {first["recordId"], second["recordId"]}


@pytest.mark.parametrize("act", ["links", "unlink"])
def test_a_record_that_is_not_there_is_pointed_at(site: Site, act: str) -> None:
    first, _second = two_persons(site)
    answer = by_hand(registrar(site), act, first["patientId"], NOBODY)
    assert answer.status_code == 422
    assert problem_of(answer)["errors"][0]["code"] == "patient-record-unknown"


def test_a_facilitys_registrar_leaves_others_records(site: Site) -> None:
    first, second = two_persons(site)
    answer = by_hand(registrar(site, "SZ-A"), "links", first["patientId"], second["recordId"])
    assert slug_of(answer) == "foreign-records"


# --- what the links say --------------------------------------------------------------------


def test_the_history_reads_as_it_happened(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    ask_unmerge(keeper, act["id"])
    history = keeper.get(f"{PATIENTS}/{first['patientId']}/history").get_json()
    assert [each["kind"] for each in history["acts"]] == ["merge", "unmerge"]
    assert [each["recordId"] for each in history["stays"]] == [
        first["recordId"],
        second["recordId"],
    ]
    assert "endedAt" not in history["stays"][0]
    assert history["stays"][1]["explanation"][0]["code"] == "by-registrar"
    record = keeper.get(f"{PATIENTS}/records/{second['recordId']}/history").get_json()
    assert [each["patientId"] for each in record["stays"]] == [
        second["patientId"],
        first["patientId"],
        second["patientId"],
    ]
    assert [each["id"] for each in record["acts"]] == [act["id"]]
    assert len(site.last_entry().subjects) == 2
    assert keeper.get(f"{PATIENTS}/{NOBODY}/history").status_code == 404
    assert keeper.get(f"{PATIENTS}/records/{NOBODY}/history").status_code == 404
    his = site.facility_client()
    assert his.get(f"{PATIENTS}/{first['patientId']}/history").status_code == 403
    assert version_of(keeper, first["patientId"]) == 3


def test_cross_references_are_those_of_records_that_may_be_seen(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    merged(keeper, first["patientId"], second["patientId"])
    address = f"{PATIENTS}/{second['patientId']}/identifiers"
    shown = site.facility_client("SZ-B").get(address).get_json()
    assert shown["patientId"] == first["patientId"]
    assert [each["facility"] for each in shown["identifiers"]] == ["SZ-B"]
    everything = keeper.get(address).get_json()["identifiers"]
    assert {each["facility"] for each in everything} == {"SZ-A", "SZ-B"}
    assert site.facility_client("SZ-C").get(address).status_code == 404


def test_the_golden_view_says_where_each_value_comes_from(site: Site) -> None:
    first = registered(site, "SZ-A", phone="19900000001")
    site.clock.advance(hours=1)
    second = registered(site, "SZ-B", phone="19900000002", address="测试路 1 号")
    keeper = registrar(site)
    merged(keeper, first["patientId"], second["patientId"])
    golden = keeper.get(f"{PATIENTS}/{first['patientId']}/golden").get_json()
    found = {each["attribute"]: each for each in golden["attributes"]}
    assert found["phone"] == {
        "attribute": "phone",
        "value": "19900000002",
        "recordId": second["recordId"],
        "rule": "latest",
    }
    assert found["name"]["value"]["text"] == "王小明"
    assert found["birthDate"]["rule"] == "most-stated"
    own = site.facility_client("SZ-A").get(f"{PATIENTS}/{first['patientId']}/golden").get_json()
    assert {each["recordId"] for each in own["attributes"]} == {first["recordId"]}
    assert site.anonymous().get(f"{PATIENTS}/{NOBODY}/golden").status_code == 401


# --- what is grave -------------------------------------------------------------------------


def test_where_two_have_to_agree_nobody_merges_by_linking_a_persons_only_record(
    careful: Site,
) -> None:
    first, second = two_persons(careful)
    alone = registrar(careful)
    refused = by_hand(alone, "links", first["patientId"], second["recordId"])
    assert (refused.status_code, slug_of(refused)) == (409, "two-have-to-agree")
    assert record_ids(alone, second["patientId"]) == [second["recordId"]]


def test_merging_and_undoing_it_ask_for_the_password_again_after_five_minutes(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    site.clock.advance(minutes=5)
    refused = ask_merge(keeper, first["patientId"], second["patientId"])
    assert (refused.status_code, slug_of(refused)) == (403, "step-up-required")
    keeper.post("/api/v1/session/step-up", {"password": PASSWORD})
    act = merged(keeper, first["patientId"], second["patientId"])
    site.clock.advance(minutes=5)
    assert ask_unmerge(keeper, act["id"]).status_code == 403
    keeper.post("/api/v1/session/step-up", {"password": PASSWORD})
    assert ask_unmerge(keeper, act["id"]).status_code == 201
