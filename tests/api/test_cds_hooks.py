"""CDS Hooks as an EHR calls it: discovery, cards and feedback."""

from typing import Any

import pytest

from tests.cds import SERVICES, SIGN, a_call, a_request, an_ehr, cards
from tests.exams import SYSTEMS, a_test, an_exam, an_observation, post_report, register
from tests.exams import codes_of as faults_of
from tests.orders import DECISIONS, a_prior
from tests.site import Caller, Site, problem_of

PANEL = "PANEL-ELECTROLYTE"
AN_ITEM = {"system": "urn:medshare:item"}


def test_anybody_may_discover_the_services(site: Site) -> None:
    answer = site.anonymous().get(SERVICES)

    services = answer.get_json()["services"]
    assert [each["hook"] for each in services] == ["patient-view", "order-select", "order-sign"]
    assert all({"id", "title", "description", "prefetch"} <= each.keys() for each in services)


def test_a_due_result_warns_and_offers_to_cancel_the_draft(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)

    (card,) = cards(ehr, a_call(), headers={"Accept-Language": "en"})

    assert len(card["summary"]) < 140
    assert "Test Hospital 1" in card["summary"]
    assert card["indicator"] == "warning"
    suggestion, *_repeats = card["suggestions"]
    assert suggestion["isRecommended"] is True
    assert suggestion["actions"][0]["type"] == "delete"
    assert suggestion["actions"][0]["resourceId"] == "ServiceRequest/draft-1"
    assert card["overrideReasons"]
    assert card["source"]["label"]
    entry = site.last_entry()
    assert entry.operation == "cdshooks.order-sign"
    assert entry.principal.acting_user is not None
    assert entry.principal.acting_user.id == "Practitioner/d-007"
    assert len(entry.subjects) == 2


def test_cards_speak_chinese_unless_asked_otherwise(site: Site) -> None:
    a_prior(site)

    (card,) = cards(an_ehr(site), a_call())

    assert "测试医院1" in card["summary"]


@pytest.mark.parametrize(
    ("draft", "images", "indicator"),
    [({}, False, "info"), ({"priority": "stat"}, True, "info")],
    ids=["discretionary", "emergency"],
)
def test_what_may_be_repeated_only_informs(
    site: Site, draft: dict[str, Any], images: bool, indicator: str
) -> None:
    a_prior(site, images=images)

    (card,) = cards(an_ehr(site), a_call(a_request(**draft)))

    assert card["indicator"] == indicator


def test_only_the_selected_orders_are_judged(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    drafts = (a_request(number=1), a_request(number=2))
    path = f"{SERVICES}/medshare-order-select"

    none = cards(ehr, a_call(*drafts, hook="order-select", selections=[]), path)
    call = a_call(*drafts, hook="order-select", selections=["ServiceRequest/draft-2"])
    (card,) = cards(ehr, call, path)

    assert none == []
    action = card["suggestions"][0]["actions"][0]
    assert action["resourceId"] == "ServiceRequest/draft-2"


def test_a_panel_is_reduced_to_what_is_missing(site: Site) -> None:
    exam_id = a_potassium(site)
    ehr = an_ehr(site)

    (card,) = cards(ehr, a_call(a_request(PANEL)))

    deleted, *created = card["suggestions"][0]["actions"]
    assert deleted["type"] == "delete"
    codes = [each["resource"]["code"]["coding"][0]["code"] for each in created]
    assert codes
    assert "LAB-K" not in codes
    assert all("id" not in each["resource"] for each in created)
    feedback(ehr, card, {"outcome": "accepted", "acceptedSuggestions": [chosen(card)]})
    (decision,) = decisions_on(ehr, card)
    assert decision["result"] == f"{exam_id}@1"


def test_a_patient_is_found_by_the_context_alone(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    for named in ("MRN-SZ-B", f"{SYSTEMS['SZ-B']}|MRN-SZ-B"):
        call = a_call(patientId=named)
        del call["prefetch"]
        assert len(cards(ehr, call)) == 1


def test_nobody_known_and_nothing_mapped_get_no_card(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    stranger = a_call()
    stranger["prefetch"] = {}

    assert cards(ehr, stranger) == []
    assert site.last_entry().subjects == ()
    assert cards(ehr, a_call(a_request("NO-SUCH"))) == []
    assert cards(ehr, a_call({"resourceType": "MedicationRequest", "id": "m"})) == []


def test_a_patient_in_view_is_told_of_what_is_due(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)

    (card,) = cards(ehr, a_call(hook="patient-view"), f"{SERVICES}/medshare-patient-view")

    assert card["indicator"] == "info"
    assert "suggestions" not in card
    assert len(site.last_entry().subjects) == 2


def chosen(card: dict[str, Any]) -> dict[str, Any]:
    return {"id": card["suggestions"][0]["uuid"]}


def feedback(ehr: Caller, card: dict[str, Any], told: dict[str, Any]) -> None:
    answer = ehr.post(f"{SIGN}/feedback", {"feedback": [{"card": card["uuid"], **told}]})
    assert answer.status_code == 200, answer.text


def decisions_on(ehr: Caller, card: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/api/v1/recognition/evaluations/{card['uuid']}/decisions"
    found: list[dict[str, Any]] = ehr.get(path).get_json()["items"]
    return found


def test_an_accepted_suggestion_is_a_recognition(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    (card,) = cards(ehr, a_call())

    feedback(ehr, card, {"outcome": "accepted", "acceptedSuggestions": [chosen(card)]})

    (decision,) = decisions_on(ehr, card)
    assert decision["outcome"] == "recognised"
    assert decision["channel"] == "cds-hooks"
    assert decision["doctor"] == "Practitioner/d-007"
    assert ehr.get(f"{DECISIONS}/{decision['id']}").status_code == 200


def test_an_override_with_a_reason_is_a_repeat(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    (card,) = cards(ehr, a_call())
    reason = card["overrideReasons"][0]

    override = {"reason": reason, "userComment": "worse since"}
    feedback(ehr, card, {"outcome": "overridden", "overrideReason": override})

    (decision,) = decisions_on(ehr, card)
    assert decision["outcome"] == "repeated"
    assert decision["reason"] == reason["code"]
    assert decision["freeText"] == "worse since"


def policy_reasons(ehr: Caller) -> list[dict[str, Any]]:
    return list(ehr.get("/api/v1/recognition/reasons").get_json()["reasons"])


def test_a_card_that_informs_offers_the_national_reasons_at_one_click(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)

    (card,) = cards(ehr, a_call(), headers={"Accept-Language": "en"})

    _result, *kept = card["suggestions"]
    wordless = [
        each["en"]
        for each in policy_reasons(ehr)
        if each["parent"] == each["code"] and not each["needsText"]
    ]
    assert wordless
    assert [each["label"] for each in kept] == [f"Order all the same: {each}" for each in wordless]
    assert all("actions" not in each for each in kept)
    assert card["extension"] == {"urn:medshare:recognition:card-mode": "informative"}
    assert "choose a reason" not in card["detail"]
    accepted = [{"id": kept[-1]["uuid"]}]
    feedback(ehr, card, {"outcome": "accepted", "acceptedSuggestions": accepted})
    (decision,) = decisions_on(ehr, card)
    assert (decision["outcome"], decision["reason"]) == ("repeated", "FORENSIC")


def a_potassium(site: Site) -> str:
    """Let SZ-A measure potassium of the test person; return the exam's id."""
    source = site.facility_client("SZ-A")
    register(source)
    test = source.post("/api/v1/exams", a_test()).get_json()
    post_report(source, test["id"], observations=[an_observation()])
    return str(test["id"])


def test_a_card_of_a_mechanical_item_asks_for_the_reason(site: Site) -> None:
    a_potassium(site)
    ehr = an_ehr(site)

    (card,) = cards(ehr, a_call(a_request("LAB-K")), headers={"Accept-Language": "en"})

    assert len(card["suggestions"]) == 1
    assert card["detail"].endswith("choose a reason.")
    assert card["extension"] == {"urn:medshare:recognition:card-mode": "mechanical"}
    assert {each["code"] for each in card["overrideReasons"]} >= {"OTHER", "PATIENT_REQUEST"}


def test_a_panel_that_is_ordered_whole_for_a_reason_repeats_what_exists(site: Site) -> None:
    exam_id = a_potassium(site)
    ehr = an_ehr(site)
    (card,) = cards(ehr, a_call(a_request(PANEL)))
    assert card["detail"].endswith("请选择原因。")

    override = {"reason": {"code": "RAPID_CHANGE"}}
    feedback(ehr, card, {"outcome": "overridden", "overrideReason": override})

    (decision,) = decisions_on(ehr, card)
    assert (decision["outcome"], decision["result"]) == ("repeated", f"{exam_id}@1")


def test_an_ignored_card_is_overlooked_once_the_orders_own_result_arrives(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    (card,) = cards(ehr, a_call())
    path = f"/api/v1/recognition/evaluations/{card['uuid']}/decisions"
    site.clock.advance(minutes=3)
    done = {
        "patient": {"system": SYSTEMS["SZ-B"], "value": "MRN-SZ-B"},
        "performedAt": site.clock.now().isoformat(),
        "studyInstanceUids": [],
    }
    head = an_exam(accessionNumber="B-1", **done) | {"item": {**AN_ITEM, "code": "CT-HEAD-PLAIN"}}
    assert ehr.post("/api/v1/exams", head).status_code == 201
    assert ehr.get(path).get_json()["overlooked"] == []

    assert ehr.post("/api/v1/exams", an_exam(accessionNumber="B-2", **done)).status_code == 201

    (result,) = ehr.get(path).get_json()["overlooked"]
    assert result.endswith("@1")
    feedback(ehr, card, {"outcome": "accepted", "acceptedSuggestions": [chosen(card)]})
    assert ehr.get(path).get_json()["overlooked"] == []


def test_a_dismissed_card_and_a_strangers_card_lead_to_nothing(site: Site) -> None:
    a_prior(site)
    ehr = an_ehr(site)
    (card,) = cards(ehr, a_call())

    feedback(ehr, card, {"outcome": "overridden"})
    feedback(ehr, {"uuid": "no-such-card"}, {"outcome": "accepted"})
    told = {"outcome": "accepted", "acceptedSuggestions": [chosen(card)]}
    feedback(site.facility_client("SZ-C"), card, told)

    assert decisions_on(ehr, card) == []


def test_a_fault_of_a_call_is_named(site: Site) -> None:
    ehr = an_ehr(site)
    cases: list[tuple[Any, dict[str, str]]] = [
        ([], {"": "object"}),
        (a_call(hook="patient-view"), {"/hook": "hook"}),
        (a_call() | {"context": None}, {"/context": "object"}),
        (a_call(patientId=7), {"/context/patientId": "required"}),
        (a_call() | {"hookInstance": ""}, {"/hookInstance": "required"}),
    ]
    for call, faults in cases:
        answer = ehr.post(SIGN, call)
        assert answer.status_code == 422, answer.text
        assert faults_of(problem_of(answer)) == faults
    for told in ({}, {"feedback": []}):
        assert ehr.post(f"{SIGN}/feedback", told).status_code == 422
    assert ehr.post(SIGN, data="{", content_type="application/json").status_code == 400
    assert ehr.post(SIGN, data="{}", content_type="text/plain").status_code == 415


def test_whatever_stands_in_the_resources_is_no_fault_of_ours(site: Site) -> None:
    ehr = an_ehr(site)
    for odd in (None, 7, "x", [], [None], {"coding": {}}, {"coding": [None, {"code": 5}]}):
        drafts = (a_request(code=odd), a_request(bodySite=odd), a_request(id=odd))
        assert ehr.post(SIGN, a_call(*drafts)).status_code == 200
        assert ehr.post(SIGN, a_call() | {"prefetch": odd}).status_code == 200
        assert ehr.post(SIGN, a_call(draftOrders=odd)).status_code == 200
