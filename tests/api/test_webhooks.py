import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from medshare.changes.model import WEBHOOKS_MAX
from medshare.kernel.audit import AuditAction
from tests.links import merged, registered, registrar, two_persons
from tests.receiver import Receiver, receiver
from tests.site import Caller, Site, problem_of

WEBHOOKS = "/api/v1/webhooks"
NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def near(site: Site) -> Iterator[Site]:
    """The site under the policy that webhooks may lead to the loopback."""
    built = Site(replace(site.settings, webhook_addresses="loopback"), site.clock, fresh=False)
    yield built
    built.close()


@pytest.fixture
def hospital() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


def subscribe(caller: Caller, url: str, **changes: Any) -> dict[str, Any]:
    answer = caller.post(WEBHOOKS, {"url": url, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def deliver(site: Site) -> int:
    site.deliver()
    return site.application.webhooks.deliver_due()


def listed(caller: Caller, webhook: dict[str, Any], state: str = "dead") -> list[Any]:
    answer = caller.get(f"{WEBHOOKS}/{webhook['id']}/deliveries?state={state}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def test_a_merge_arrives_signed_and_audited(near: Site, hospital: Receiver) -> None:
    first, second = two_persons(near)
    his = near.facility_client("SZ-B")
    webhook = subscribe(his, hospital.url, kinds=["patients.merged"])
    merged(registrar(near), first["patientId"], second["patientId"])
    assert deliver(near) == 1
    ((headers, body),) = hospital.arrived
    told = json.loads(body)
    assert (told["kind"], told["otherPatientId"]) == ("patients.merged", second["patientId"])
    key = base64.b64decode(webhook["secret"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    entry = near.entries(operation="changes.deliver")[-1]
    assert entry.action is AuditAction.EXPORT
    assert [each.patient_id for each in entry.subjects] == [first["patientId"]]
    assert [each["sequence"] for each in listed(his, webhook, "delivered")] == [told["sequence"]]
    assert near.application.webhooks.deliver_due() == 0


def test_what_the_facility_may_not_hear_of_does_not_arrive(near: Site, hospital: Receiver) -> None:
    subscribe(near.facility_client("SZ-C"), hospital.url)
    two_persons(near)
    assert deliver(near) == 0
    registered(near, "SZ-C")
    assert deliver(near) == 1


def test_a_failed_delivery_is_tried_again_with_the_same_id(near: Site, hospital: Receiver) -> None:
    hospital.answers = [503, 302, 204]
    his = near.facility_client("SZ-A")
    webhook = subscribe(his, hospital.url)
    registered(near, "SZ-A")
    assert deliver(near) == 1
    assert near.application.webhooks.deliver_due() == 0
    near.clock.advance(seconds=5)
    assert near.application.webhooks.deliver_due() == 1
    assert listed(his, webhook, "pending")[0]["answer"] == "302"
    near.clock.advance(seconds=15)
    near.application.webhooks.deliver_due()
    ids = [headers["webhook-id"] for headers, _body in hospital.arrived]
    assert len(ids) == 3
    assert len(set(ids)) == 1
    (done,) = listed(near.facility_client("SZ-A"), webhook, "delivered")
    assert (done["attempts"], done["answer"]) == (3, "204")


def test_after_a_day_it_is_a_dead_letter_until_it_is_replayed(
    near: Site, hospital: Receiver
) -> None:
    hospital.answers = [500]
    webhook = subscribe(near.facility_client("SZ-A"), hospital.url)
    registered(near, "SZ-A")
    deliver(near)
    for _each in range(3):
        near.clock.advance(hours=12)
        near.application.webhooks.deliver_due()
    his = near.facility_client("SZ-A")
    (dead,) = listed(his, webhook)
    assert (dead["answer"], dead["attempts"]) == ("500", 3)
    hospital.answers = [200]
    answer = his.post(f"{WEBHOOKS}/{webhook['id']}/replay", {})
    assert (answer.status_code, answer.get_json()) == (202, {"queued": 1})
    assert near.application.webhooks.deliver_due() == 1
    assert listed(his, webhook) == []
    again = his.post(f"{WEBHOOKS}/{webhook['id']}/replay", {"since": 0})
    assert again.get_json() == {"queued": 1}
    near.application.webhooks.deliver_due()
    assert len(hospital.arrived) == 5


def test_a_receiver_that_is_gone_is_told_nothing_more(near: Site, hospital: Receiver) -> None:
    hospital.answers = [410]
    his = near.facility_client("SZ-A")
    webhook = subscribe(his, hospital.url)
    registered(near, "SZ-A", "M1")
    registered(near, "SZ-A", "M2")
    deliver(near)
    near.application.webhooks.deliver_due()
    assert his.get(f"{WEBHOOKS}/{webhook['id']}").get_json()["stopped"] is True
    registered(near, "SZ-A", "M3")
    assert deliver(near) == 0


def test_a_webhook_removed_during_a_round_is_told_nothing(
    near: Site, hospital: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    his = near.facility_client("SZ-A")
    webhook = subscribe(his, hospital.url)
    registered(near, "SZ-A")

    def removed_now() -> bool:
        answer = near.facility_client("SZ-A").call("DELETE", f"/api/v1/webhooks/{webhook['id']}")
        return bool(answer.status_code == 204)

    near.deliver()
    monkeypatch.setattr(near.application.webhooks, "_may_run", removed_now)
    near.application.webhooks.deliver_due()
    assert hospital.arrived == []
    assert near.entries(operation="changes.deliver")[-1].reason == "webhook removed meanwhile"


def test_a_receiver_that_does_not_answer_is_a_failed_delivery(near: Site) -> None:
    with receiver() as gone:
        url = gone.url
    his = near.facility_client("SZ-A")
    webhook = subscribe(his, url)
    registered(near, "SZ-A")
    deliver(near)
    assert listed(his, webhook, "pending")[0]["answer"] == "unreachable"


def test_a_webhook_belongs_to_its_facility(near: Site) -> None:
    his, theirs = near.facility_client("SZ-A"), near.facility_client("SZ-B")
    made = subscribe(his, "https://his.example/medshare")
    address = f"{WEBHOOKS}/{made['id']}"
    shown = his.get(address).get_json()
    assert "secret" in made
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert his.get(WEBHOOKS).get_json() == {"items": [shown]}
    assert theirs.get(WEBHOOKS).get_json() == {"items": []}
    for answer in (
        theirs.get(address),
        theirs.delete(address),
        theirs.get(f"{address}/deliveries"),
        theirs.post(f"{address}/replay", {}),
        his.get(f"{WEBHOOKS}/{NOBODY}"),
    ):
        assert answer.status_code == 404
    assert his.delete(address).status_code == 204
    assert his.get(address).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://his.example/medshare",
        "https://user@his.example/",
        "https://his.example/#part",
        "https://169.254.169.254/latest",
        "https://127.0.0.1/",
        "https://[::1]/",
        "ftp://his.example/",
        "https:///path",
    ],
)
def test_an_address_that_policy_forbids_is_refused(site: Site, url: str) -> None:
    answer = site.facility_client().post(WEBHOOKS, {"url": url})
    assert answer.status_code == 422
    assert [each["code"] for each in problem_of(answer)["errors"]] == ["webhook-url"]


def test_a_facility_has_a_limit_of_webhooks(site: Site) -> None:
    his = site.facility_client()
    for number in range(WEBHOOKS_MAX):
        subscribe(his, f"https://his.example/{number}")
    answer = his.post(WEBHOOKS, {"url": "https://his.example/more"})
    assert answer.status_code == 409


def test_a_webhook_needs_the_right(site: Site) -> None:
    body = {"url": "https://his.example/"}
    reader = site.facility_client(scope="system/Subscription.r")
    assert reader.post(WEBHOOKS, body).status_code == 403
    assert reader.get(WEBHOOKS).status_code == 200
    assert site.administrator().get(WEBHOOKS).status_code == 403
