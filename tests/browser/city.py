"""What the pages are tried on: patients, results and people, dated by the real clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from fixtures.pdf import page
from medshare.access.model import Role
from medshare.settings import Settings
from tests.browser.phantom import HOSTILES, NOW, PRIOR, files
from tests.dicom import a_ct, multipart
from tests.documents import (
    a_document,
    a_group,
    a_waveform,
    an_sr,
    channel,
    content,
    in_series,
    measurement,
)
from tests.exams import SYSTEMS, a_patient, a_report, a_test, an_exam, an_observation
from tests.site import Caller, Site, StandingClock

NAME, NUMBER, PHONE = "测试甲", "MRN-SZ-B", "13800000009"
HOSTILE = '<img src=x onerror="document.title=1">'
HOSTILE_NUMBER = "M-9"
IMAGES = (
    (NOW, NUMBER, "20261020"),
    (PRIOR, NUMBER, "20250612"),
    (HOSTILES, HOSTILE_NUMBER, "20261020"),
)
GLUCOSE = {"system": "urn:medshare:item", "code": "LAB-GLU"}
USUAL_GLUCOSE = {"low": 3.9, "high": 6.1}
FINDINGS = "双肺纹理清晰，未见结节。"


@dataclass(frozen=True)
class City:
    """Who can be looked for."""

    patient_id: str
    hostile_id: str
    twin_ids: tuple[str, str]
    double_ids: tuple[str, str]
    united_ids: tuple[str, str]


def fill(settings: Settings) -> City:
    """Let SZ-A examine somebody whom SZ-B treats, and SZ-B register a name that is a script."""
    clock = StandingClock(instant=datetime.now(UTC))
    site = Site(settings, clock)
    try:
        source, reader = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        made(source.post("/api/v1/patients", a_patient()))
        patient = made(
            reader.post("/api/v1/patients", a_patient(NUMBER, "SZ-B") | {"phone": PHONE})
        )
        made(reader.post("/api/v1/encounters", _encounter(NUMBER, clock.instant)))
        exam_id = _examine(source, clock.instant)
        _measure_again(reader, clock.instant)
        _open_in_an_emergency(reader, exam_id)
        hostile = _register_hostile(reader, clock.instant)
        for phantom, number, date in IMAGES:
            made(reader.post("/dicom-web/studies", **multipart(*files(phantom, number, date))))
        site.deliver()
        site.person(Role.CLINICIAN, "SZ-B", "dr.test")
        site.person(Role.REGISTRAR, username="registrar")
        site.person(Role.AUDITOR, username="auditor")
        site.person(Role.REGISTRAR, "SZ-B", "registrar.b")
        twins = register_twins(source, reader, "测试双", "TWIN", "1981-04-05")
        doubles = register_twins(source, reader, "测试偶", "DOUBLE", "1992-08-09")
        united = register_twins(source, reader, "测试合", "UNITED", "1963-02-01")
        made(reader.post("/dicom-web/studies", **multipart(a_ct(1, 7, PatientID="LOST-7"))))
        for description in ("CT altered", "CT altered again"):
            altered = a_ct(1, 7, PatientID="LOST-7", StudyDescription=description)
            assert reader.post("/dicom-web/studies", **multipart(altered)).status_code == 409
    finally:
        site.close()
    return City(patient["patientId"], hostile, twins, doubles, united)


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.get_json())


def _examine(source: Caller, now: datetime) -> str:
    """Report what was examined; return the id of the newest exam."""
    yesterday, long_ago = now - timedelta(days=1), now - timedelta(days=700)
    ct = an_exam(performedAt=yesterday.isoformat(), studyInstanceUids=["2.999.9.1"])
    exam_id = str(made(source.post("/api/v1/exams", ct))["id"])
    _report(source, exam_id, yesterday)
    slice_ = a_ct(1, 1, PatientID="MRN-1", AccessionNumber="ACC-1")
    made(source.post("/dicom-web/studies", **multipart(slice_, *_documents())))
    old = an_exam(
        accessionNumber="ACC-0", performedAt=long_ago.isoformat(), studyInstanceUids=["2.999.9.2"]
    )
    _report(source, made(source.post("/api/v1/exams", old))["id"], long_ago)
    test_id = made(source.post("/api/v1/exams", a_test(collectedAt=yesterday.isoformat())))["id"]
    results = [
        an_observation(value=6.9, flag="HH"),
        an_observation(value=3.1, flag="L"),
        an_observation(code=GLUCOSE, value=6.6, flag="H", referenceRange=USUAL_GLUCOSE),
    ]
    _report(source, test_id, yesterday, texts=[], observations=results)
    return exam_id


def _measure_again(reader: Caller, now: datetime) -> None:
    """Let SZ-B measure glucose in its own unit, and once in one that cannot be converted."""
    for number, (days, value, unit, flag) in enumerate(
        (
            (400, 149, "mg/dL", "H"),
            (250, 96, "mg/dL", "N"),
            (120, 133, "mg/dL", "H"),
            (90, 2, "U/L", "N"),
        )
    ):
        at = now - timedelta(days=days)
        test = a_test(
            accessionNumber=f"B-LAB-{number}",
            collectedAt=at.isoformat(),
            patient={"system": SYSTEMS["SZ-B"], "value": NUMBER},
        )
        measured = an_observation(
            code=GLUCOSE, value=value, unit=unit, flag=flag, referenceRange={"low": 70, "high": 110}
        )
        exam_id = made(reader.post("/api/v1/exams", test))["id"]
        _report(reader, exam_id, at, texts=[], observations=[measured])


def _documents() -> Iterator[bytes]:
    """Yield what comes with the chest CT and is no image; the last is a script."""
    of_exam = {"PatientID": "MRN-1", "AccessionNumber": "ACC-1"}
    beats = np.rint(1000 * np.sin(np.arange(5000) / 50)[:, None] * np.ones(3)).astype(np.int16)
    leads = [channel(each) for each in ("I", "II", "III")]
    measured = content("CONTAINER", "测量", measurement("最大径", "8", "mm"))
    yield an_sr(measured, **in_series(2), **of_exam)
    yield a_waveform(a_group(beats, *leads), **in_series(3), **of_exam)
    pdf = page("Report", ["Synthetic data: this patient does not exist."])
    yield a_document(pdf, "application/pdf", **in_series(4), **of_exam)
    hostile = content("TEXT", HOSTILE, TextValue=HOSTILE)
    yield an_sr(hostile, **in_series(5), **of_exam)


def _report(source: Caller, exam_id: str, at: datetime, **changes: Any) -> None:
    texts = [{"language": "zh-CN", "findings": FINDINGS, "impression": "未见异常。"}]
    report = a_report(texts=texts, signedAt=at.isoformat()) | changes
    made(source.post(f"/api/v1/exams/{exam_id}/reports", report))


def _register_hostile(reader: Caller, now: datetime) -> str:
    own = {"system": SYSTEMS["SZ-B"], "value": HOSTILE_NUMBER}
    person = {"identifiers": [own | {"type": "MR"}], "name": {"text": HOSTILE}, "sex": "male"}
    patient = made(reader.post("/api/v1/patients", person))
    exam = an_exam(
        accessionNumber="B-9",
        patient=own,
        performedAt=now.isoformat(),
        department=HOSTILE,
        studyInstanceUids=[],
    )
    texts = [{"language": "zh-CN", "findings": HOSTILE, "impression": HOSTILE}]
    _report(reader, made(reader.post("/api/v1/exams", exam))["id"], now, texts=texts)
    return str(patient["patientId"])


def register_twins(
    source: Caller, reader: Caller, name: str, numbers: str, born: str
) -> tuple[str, str]:
    """Register one human being at two hospitals without a number that would link them."""
    ids = []
    for caller, facility in ((source, "SZ-A"), (reader, "SZ-B")):
        number = f"{numbers}-{facility[-1]}"
        person = {
            "identifiers": [{"system": SYSTEMS[facility], "value": number, "type": "MR"}],
            "name": {"text": name},
            "sex": "female",
            "birthDate": born,
            "phone": f"1380000000{len(ids) + 1}",
        }
        ids.append(str(made(caller.post("/api/v1/patients", person))["patientId"]))
    return ids[0], ids[1]


def _open_in_an_emergency(reader: Caller, exam_id: str) -> None:
    """Let physicians of SZ-B break the glass and read what SZ-A examined.

    There are four: one for each language and size in which an auditor judges one.
    """
    patient = {"system": SYSTEMS["SZ-B"], "value": NUMBER}
    reason = {"patient": patient, "reason": "unconscious", "text": "Brought in unconscious."}
    for number in range(6, 10):
        hurried = reader.acting(f"d-{number}", "BTG")
        made(hurried.post("/api/v1/break-glass", reason))
        made(hurried.get(f"/api/v1/exams/{exam_id}"))


def _encounter(number: str, now: datetime) -> dict[str, Any]:
    return {
        "kind": "encounter",
        "number": f"V-{number}",
        "patient": {"system": SYSTEMS["SZ-B"], "value": number},
        "startedAt": now.isoformat(),
    }
