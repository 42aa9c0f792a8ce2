"""A POST under a key of the caller happens once, and its answer is given again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from medshare.infra import idempotency
from medshare.kernel.errors import UnavailableError
from tests.exams import codes_of
from tests.orders import DECISIONS, EVALUATIONS, a_decision, a_doctor, a_prior, an_order, evaluated
from tests.site import Caller, Site, problem_of

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.fixture
def doctor(site: Site) -> Caller:
    a_prior(site)
    return a_doctor(site)


def post(caller: Caller, path: str, body: object, key: str = KEY) -> TestResponse:
    return caller.post(path, body, headers={"Idempotency-Key": key})


def evaluations(site: Site) -> int:
    """Count the changes that the trail knows of."""
    done = [each for each in site.entries() if each.operation == "recognition.evaluate"]
    return sum(each.outcome == "success" and each.reason != "replayed" for each in done)


def asks(doctor: Caller) -> dict[str, tuple[str, Any]]:
    """Return a request of every operation that takes a key."""
    evaluation = evaluated(doctor, orderReference="ORD-X")
    decision = a_decision(evaluation)
    made = doctor.post(DECISIONS, decision).get_json()
    view = {"result": decision["result"], "kind": "report"}
    return {
        "evaluate": (EVALUATIONS, an_order()),
        "evaluate-batch": (f"{EVALUATIONS}/batch", {"orders": [an_order()]}),
        "decide": (DECISIONS, decision),
        "decide-batch": (f"{DECISIONS}/batch", {"decisions": [decision]}),
        "view": (f"{EVALUATIONS}/{evaluation['id']}/views", view),
        "write-back": (
            f"{DECISIONS}/{made['id']}/write-backs",
            {"step": "order", "state": "written"},
        ),
    }


def test_a_repetition_gets_the_same_answer_and_its_own_entry(site: Site, doctor: Caller) -> None:
    for name, (path, body) in asks(doctor).items():
        first = post(doctor, path, body)
        assert first.status_code < 300, first.text
        told = site.last_entry()
        site.clock.advance(seconds=10)

        again = post(doctor, path, body)

        assert (again.status_code, again.data) == (first.status_code, first.data), name
        assert again.headers.get("Location") == first.headers.get("Location")
        assert again.mimetype == first.mimetype
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
        entry = site.last_entry()
        assert (entry.operation, entry.outcome) == (f"recognition.{name}", "success")
        assert entry.reason == "replayed"
        assert (entry.subjects, entry.objects) == (told.subjects, told.objects)


def test_without_a_key_or_with_another_one_it_happens_anew(site: Site, doctor: Caller) -> None:
    answers = [
        post(doctor, EVALUATIONS, an_order(), "one"),
        post(doctor, EVALUATIONS, an_order(), "two"),
        doctor.post(EVALUATIONS, an_order()),
        doctor.post(EVALUATIONS, an_order()),
    ]
    assert len({each.get_json()["id"] for each in answers}) == 4


def test_a_key_may_come_quoted(doctor: Caller) -> None:
    first = post(doctor, EVALUATIONS, an_order(), f'"{KEY}"')
    assert post(doctor, EVALUATIONS, an_order(), KEY).data == first.data


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "é", 'in"side'])
def test_a_key_that_is_none_is_refused(site: Site, doctor: Caller, key: str) -> None:
    refused = post(doctor, EVALUATIONS, an_order(), key)
    assert refused.status_code == 422
    assert codes_of(problem_of(refused)) == {"Idempotency-Key": "idempotency-key"}
    assert evaluations(site) == 0


def test_a_key_stands_for_one_request(site: Site, doctor: Caller) -> None:
    post(doctor, EVALUATIONS, an_order())
    for other in (
        post(doctor, EVALUATIONS, an_order(orderReference="ORD-2")),
        post(doctor.acting("d-008"), EVALUATIONS, an_order()),
    ):
        assert other.status_code == 422
        assert problem_of(other)["type"].endswith("idempotency-key-reused")
        assert site.last_entry().outcome == "malformed"
    assert evaluations(site) == 1


def test_callers_and_operations_have_keys_of_their_own(site: Site, doctor: Caller) -> None:
    evaluation = post(doctor, EVALUATIONS, an_order()).get_json()
    assert post(doctor, DECISIONS, a_decision(evaluation)).status_code == 201
    other = a_doctor(site, "SZ-C")
    answer = post(other, EVALUATIONS, an_order("SZ-C"))
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_a_refusal_is_not_kept(site: Site, doctor: Caller) -> None:
    evaluation = evaluated(doctor)
    faulty = a_decision(evaluation, outcome="repeated")
    assert post(doctor, DECISIONS, faulty).status_code == 422
    corrected = a_decision(evaluation, outcome="repeated", reason="EMERGENCY")
    assert post(doctor, DECISIONS, corrected).status_code == 201


def test_an_answer_is_kept_for_a_day(site: Site, doctor: Caller) -> None:
    first = post(doctor, EVALUATIONS, an_order()).get_json()
    site.clock.advance(hours=24)
    fresh_token = site.facility_client("SZ-B").acting()
    later = post(fresh_token, EVALUATIONS, an_order())
    assert later.status_code == 201
    assert later.get_json()["id"] != first["id"]


def test_what_cannot_be_kept_has_not_happened(
    site: Site, doctor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise UnavailableError

        broken.setattr(idempotency, "keep", fail)
        assert post(doctor, EVALUATIONS, an_order()).status_code == 503
    assert evaluations(site) == 0
    assert (site.last_entry().operation, site.last_entry().outcome) == (
        "recognition.evaluate",
        "failed",
    )

    assert post(doctor, EVALUATIONS, an_order()).status_code == 201
    assert evaluations(site) == 1


def test_two_at_once_are_one(site: Site, doctor: Caller) -> None:
    callers = [doctor, *(Caller(site, doctor.headers) for _ in range(3))]
    with ThreadPoolExecutor(len(callers)) as threads:
        answers = list(threads.map(lambda each: post(each, EVALUATIONS, an_order()), callers))
    assert {each.status_code for each in answers} == {201}
    assert len({each.data for each in answers}) == 1
    assert evaluations(site) == 1
