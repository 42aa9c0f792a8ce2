"""Time a CDS Hooks call: ``order-sign`` for a patient with 200 existing exams at other hospitals.

Run ``python -m benchmarks.cds_hooks``. In process, on the embedded pair, audited and committed as
every call is; the exams are chest CTs with final reports, so each of them is a candidate. The goal
is 150 ms at the 95th percentile.
"""

import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fixtures import programme
from fixtures.demo import client_of, facility_of
from fixtures.hospital import Hospital
from fixtures.places import FACILITIES
from medshare.access import service as access
from medshare.access.model import Client
from medshare.app import Application, build
from medshare.cli import prepare
from medshare.facilities import service as facilities
from medshare.infra.logging import configure_logging
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.settings import Settings

PRIORS = 200
ROUNDS = 100
NUMBER = "urn:oid:2.16.156.10011.1.3"
PERSON = {"name": {"text": "测试甲"}, "sex": "male", "birthDate": "1962-05-17"}
SERVICE = "/cds-services/medshare-order-sign"


def open_city(application: Application) -> dict[str, Hospital]:
    """Add the facilities, their clients and the sample programme."""
    secrets = {}
    with application.house.database.write() as session:
        uow = UnitOfWork(session, application.house.clock)
        for place in FACILITIES:
            facilities.add(uow, facility_of(place))
            code = FacilityCode(place.code)
            client = Client(client_of(code), place.name_en, code, ("system/*.cruds",))
            secrets[code] = access.add_client(uow, application.keys, client) or ""
        soon = timedelta(seconds=2)  # before all exams are registered
        programme.enact(uow, [each.code for each in FACILITIES], soon)
    return {
        code: Hospital(application.flask, client_of(code), secret)
        for code, secret in secrets.items()
    }


def fill(city: dict[str, Hospital]) -> None:
    """Register one person everywhere, and the exams at all hospitals but the first."""
    now = datetime.now(UTC)
    for place in FACILITIES:
        own = {"system": place.mrn_system, "value": "B-1", "type": "MR"}
        citizen = {"system": NUMBER, "value": "999999196205170114", "type": "NNCHN"}
        city[place.code].post("/api/v1/patients", {"identifiers": [own, citizen], **PERSON})
    receiver, *sources = FACILITIES
    city[receiver.code].post(
        "/api/v1/encounters",
        {
            "kind": "encounter",
            "number": "B-1",
            "patient": {"system": receiver.mrn_system, "value": "B-1"},
            "startedAt": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        },
    )
    signer = {"id": "d-1", "name": "测试医师"}
    for number in range(PRIORS):
        place = sources[number % len(sources)]
        performed = f"{now - timedelta(days=1 + number):%Y-%m-%dT%H:%M:%SZ}"
        exam = {
            "accessionNumber": f"B-{number}",
            "item": {"system": "urn:medshare:item", "code": "CT-CHEST-PLAIN"},
            "performedAt": performed,
            "status": "completed",
            "patient": {"system": place.mrn_system, "value": "B-1"},
        }
        made = city[place.code].post("/api/v1/exams", exam)
        report = {
            "status": "final",
            "texts": [{"language": "en", "impression": "Nothing found."}],
            "author": signer,
            "verifier": signer,
            "signedAt": performed,
        }
        city[place.code].post(f"/api/v1/exams/{made['id']}/reports", report)


def a_call() -> dict[str, Any]:
    draft = {
        "resourceType": "ServiceRequest",
        "id": "draft-1",
        "code": {"coding": [{"system": "urn:medshare:item", "code": "CT-CHEST-PLAIN"}]},
    }
    return {
        "hook": "order-sign",
        "hookInstance": "bench",
        "context": {
            "userId": "Practitioner/1",
            "patientId": "B-1",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": draft}]},
        },
    }


def main() -> None:
    configure_logging("ERROR")
    with tempfile.TemporaryDirectory() as directory:
        settings = replace(Settings(), data_dir=Path(directory), low_water_bytes=0)
        prepare(settings)
        application = build(settings)
        application.start()
        try:
            city = open_city(application)
            fill(city)
            hospital, call = city[FACILITIES[0].code], a_call()
            taken_ms = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                cards = hospital.post(SERVICE, call)["cards"]
                taken_ms.append((time.perf_counter() - start) * 1000)
        finally:
            application.stop()
    print(f"ms per order-sign at {PRIORS} priors, {ROUNDS} rounds, {len(cards)} card")
    print(f"median {statistics.median(taken_ms):.1f}  min {min(taken_ms):.1f}  ", end="")
    print(f"p95 {statistics.quantiles(taken_ms, n=20)[-1]:.1f}  max {max(taken_ms):.1f}")


if __name__ == "__main__":
    main()
