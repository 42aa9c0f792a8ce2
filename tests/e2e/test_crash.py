"""What was acknowledged survives kill -9: instances with their bytes, and the trail's entries."""

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import requests

from medshare.settings import Settings
from tests.dicom import a_ct, multipart
from tests.e2e.hospital import Party, open_auditor, open_hospital
from tests.e2e.served import Served, serving

WRITERS = 3
KILL_AFTER = 12


class Writers:
    """Threads that store one instance after another and remember what was acknowledged."""

    def __init__(self, hospital: Party) -> None:
        self._hospital = hospital
        self._lock = threading.Lock()
        self.acknowledged: dict[int, str] = {}
        self.enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._store, args=(first,)) for first in range(WRITERS)
        ]

    def start(self) -> None:
        for each in self._threads:
            each.start()

    def join(self) -> None:
        for each in self._threads:
            each.join(30)

    def _store(self, first: int) -> None:
        number = first + 1
        while True:
            body = multipart(a_ct(number, study=first + 1))
            try:
                answer = requests.post(
                    f"{self._hospital.base}/dicom-web/studies",
                    data=body["data"],
                    headers=self._hospital.headers | {"Content-Type": body["content_type"]},
                    timeout=30,
                )
            except requests.RequestException:
                return
            if answer.status_code == 200:
                with self._lock:
                    self.acknowledged[number] = answer.headers["X-Request-Id"]
                    if len(self.acknowledged) >= KILL_AFTER:
                        self.enough.set()
            number += WRITERS


def kill(served: Served) -> None:
    """Kill the server and its workers as a power cut would, without a word."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    workers = [int(each) for each in children.read_text().split()]
    for pid in (served.process.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    served.process.wait()


def test_nothing_that_was_acknowledged_is_lost(settings: Settings) -> None:
    # The address stands in tokens: they outlive the restart on another port.
    settings = replace(settings, low_water_bytes=0, base_url="http://medshare.test")
    with serving(settings) as served:
        hospital = open_hospital(served, "SZ-A", 1)
        writers = Writers(hospital)
        writers.start()
        assert writers.enough.wait(60)
        kill(served)
        writers.join()

    with serving(settings) as served:
        hospital.base = served.base
        auditor = open_auditor(served)
        logged = auditor.get("/api/v1/audit/export").text
        for number, request_id in writers.acknowledged.items():
            study = (number - 1) % WRITERS + 1
            uid = f"2.999.9.{study}"
            answer = requests.get(
                f"{served.base}/dicom-web/studies/{uid}/series/{uid}.1/instances/{uid}.1.{number}",
                headers=hospital.headers | {"Accept": "application/dicom"},
                timeout=30,
            )
            assert answer.status_code == 200, answer.text
            assert answer.content == a_ct(number, study=study)
            assert request_id in logged


def test_a_server_that_is_told_to_stop_closes_the_reads_of_studies(settings: Settings) -> None:
    settings = replace(settings, low_water_bytes=0, base_url="http://medshare.test")
    study = "/dicom-web/studies/2.999.9.1"
    with serving(settings) as served:
        hospital = open_hospital(served, "SZ-A", 1)
        body = multipart(a_ct(1), a_ct(2))
        hospital.call(
            "POST",
            "/dicom-web/studies",
            status=200,
            data=iter([body["data"]]),  # chunked: without a Content-Length
            headers={"Content-Type": body["content_type"]},
        )
        for _ in range(2):
            hospital.get(study, headers={"Accept": "multipart/related; type=application/dicom"})

    with serving(settings) as served:
        auditor = open_auditor(served)
        asked = "/api/v1/audit/events?operation=dicomweb.retrieve-study"
        entries = auditor.get(asked).json()["items"]
        assert [each["phase"] for each in entries] == ["closing", "opening"]
        assert entries[0]["counts"] == {"instances": 4}
