"""What registrars do in tests: one person or two, and the acts on them."""

from typing import Any

from medshare.access.model import Role
from tests.registrations import a_body, an_identity_number
from tests.site import Caller, Site

PATIENTS = "/api/v1/patients"
WANG = an_identity_number()


def registered(site: Site, facility: str, mrn: str = "M1", **changes: Any) -> dict[str, Any]:
    """Register somebody at a facility; without an identity number nobody is linked."""
    answer = site.facility_client(facility).post(PATIENTS, a_body(facility, mrn, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def two_persons(site: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """Register one human being at SZ-A and at SZ-B, as two persons."""
    return registered(site, "SZ-A"), registered(site, "SZ-B")


def one_person(site: Site) -> str:
    """Register one human being at SZ-A and at SZ-B by the identity number; return their id."""
    first, second = (registered(site, code, number=WANG) for code in ("SZ-A", "SZ-B"))
    assert second["patientId"] == first["patientId"]
    return str(first["patientId"])


def registrar(site: Site, facility: str | None = None, name: str | None = None) -> Caller:
    return site.person(Role.REGISTRAR, facility, name)


def version_of(caller: Caller, patient_id: str) -> int:
    answer = caller.get(f"{PATIENTS}/{patient_id}/history")
    assert answer.status_code == 200, answer.text
    return int(answer.headers["ETag"].strip('"'))


def ask_merge(caller: Caller, survivor: str, retired: str, **changes: Any) -> Any:
    """Merge on the versions that stand."""
    body = {
        "retiredId": retired,
        "retiredVersion": version_of(caller, retired),
        "reason": "Same person by the photograph.",
        **changes,
    }
    tag = {"If-Match": f'"{version_of(caller, survivor)}"'}
    return caller.post(f"{PATIENTS}/{survivor}/merges", body, headers=tag)


def merged(caller: Caller, survivor: str, retired: str) -> dict[str, Any]:
    answer = ask_merge(caller, survivor, retired)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def ask_unmerge(caller: Caller, merge_id: str) -> Any:
    address = f"{PATIENTS}/merges/{merge_id}"
    tag = {"If-Match": caller.get(address).headers["ETag"]}
    return caller.post(f"{address}/undo", {"reason": "It was the twin."}, headers=tag)


def by_hand(caller: Caller, act: str, patient_id: str, record_id: str) -> Any:
    """Link or unlink a record on the version that stands."""
    tag = {"If-Match": f'"{version_of(caller, patient_id)}"'}
    body = {"recordId": record_id, "reason": "The desk took the wrong card."}
    return caller.post(f"{PATIENTS}/{patient_id}/{act}", body, headers=tag)


def record_ids(caller: Caller, patient_id: str) -> list[str]:
    answer = caller.get(f"{PATIENTS}/{patient_id}")
    assert answer.status_code == 200, answer.text
    return sorted(each["recordId"] for each in answer.get_json()["records"])
