"""Two workers are killed while they write and seal: nothing acknowledged is missing from the tree.

Then the log is checked as an auditor and a witness do, with the real commands.
"""

import threading
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import requests

from medshare.settings import Settings
from tests.conftest import EMBEDDED
from tests.e2e.hospital import Party, open_auditor, open_hospital
from tests.e2e.served import serving
from tests.e2e.test_crash import kill

pytestmark = [pytest.mark.long, pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)]

ASKED = "/dicom-web/studies?PatientID=1"
READERS = 4
ACKNOWLEDGED = 200


class Readers:
    """Threads that ask one thing after another and remember what was answered."""

    def __init__(self, hospital: Party) -> None:
        self._hospital = hospital
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(READERS)]
        for each in self._threads:
            each.start()

    def join(self) -> None:
        for each in self._threads:
            each.join(30)

    def _ask(self) -> None:
        with requests.Session() as session:
            while True:
                try:
                    answer = session.get(
                        self._hospital.base + ASKED,
                        headers=self._hospital.headers,
                        timeout=30,
                    )
                except requests.RequestException:
                    return
                assert answer.ok, answer.text
                self.acknowledged.append(answer.headers["X-Request-Id"])
                if len(self.acknowledged) >= ACKNOWLEDGED:
                    self.enough.set()


def test_nothing_acknowledged_is_missing_from_the_tree(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, low_water_bytes=0, base_url="http://medshare.test", workers=2)
    kept, exported = tmp_path / "kept", tmp_path / "export.ndjson"
    with serving(settings) as served:
        hospital = open_hospital(served, "SZ-A", 1)
        key = served.command("audit", "key")
        readers = Readers(hospital)
        assert readers.enough.wait(60)
        served.command("audit", "witness", served.base, "--key", key, "--keep", str(kept))
        kill(served)
        readers.join()

    with serving(settings) as served:
        hospital.base = served.base
        asked = hospital.get(ASKED).headers["X-Request-Id"]
        exported.write_bytes(open_auditor(served).get("/api/v1/audit/export").content)
        lines = [orjson.loads(each) for each in exported.read_bytes().splitlines()[1:-1]]
        callers = [orjson.loads(each["who"]["text"])["requestId"] for each in lines]
        for each in (*readers.acknowledged, asked):
            assert callers.count(each) == 1
        verify = ("audit", "verify", str(exported), "--key", key, "--checkpoint", str(kept))
        assert served.command(*verify).endswith("sound")
        served.command("audit", "witness", served.base, "--key", key, "--keep", str(kept))
