"""Every method of the Python dicomweb-client, and its command, against a served medshare."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
from pydicom import Dataset

from medshare.settings import Settings
from tests.checklist.archive import a_video
from tests.conftest import EMBEDDED
from tests.dicom import a_ct
from tests.documents import an_sr
from tests.e2e.served import Served, serving
from tests.e2e.test_pydicom_samples import FACILITY

RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
FRAMES = [(RAMP + number).tobytes() for number in range(3)]
CINE = ("2.999.9.1", "2.999.9.1.1", "2.999.9.1.1.1")
SR = ("2.999.9.1", "2.999.9.1.2", "2.999.9.1.2.1")
VIDEO = ("2.999.9.7", "2.999.9.7.1", "2.999.9.7.1.1")
JPEG_LS = "1.2.840.10008.1.2.4.80"
STREAM = b"a stream of video."


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


STORED = [
    read(a_ct(1, NumberOfFrames=3, PixelData=b"".join(FRAMES))),
    read(a_ct(2, Rows=1024, Columns=1024, PixelData=bytes(2 << 20))),  # sent in chunks
    read(an_sr(SeriesInstanceUID=SR[1], SOPInstanceUID=SR[2])),
    read(a_video(7, STREAM)),
]


@dataclass(frozen=True)
class Walk:
    """A client of a served medshare."""

    served: Served
    token: str
    client: DICOMwebClient


@pytest.fixture
def walk(settings: Settings) -> Iterator[Walk]:
    with serving(replace(settings, low_water_bytes=0)) as served:
        served.command("facility", "add", "-", text=FACILITY)
        token = served.token("pacs", served.command("client", "add", "pacs", "--facility", "SZ-A"))
        session = create_session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        yield Walk(served, token, DICOMwebClient(f"{served.base}/dicom-web", session=session))


@pytest.mark.parametrize("pair", [EMBEDDED])
def test_the_client_does_all_it_can(walk: Walk, tmp_path: Path) -> None:
    for each in STORED:
        response = walk.client.store_instances([each])
        assert response.RetrieveURL.startswith(f"{walk.served.base}/dicom-web/studies/2.999.9.")
        assert len(response.ReferencedSOPSequence) == 1
    finds(walk.client)
    retrieves(walk.client)
    retrieves_pixels(walk.client)
    shows(walk.client)
    runs_as_a_command(walk, tmp_path)


def finds(client: DICOMwebClient) -> None:
    assert len(client.search_for_studies(limit=1, get_remaining=True)) == 2
    (study,) = client.search_for_studies(
        fuzzymatching=True,
        fields=["StudyDescription"],
        search_filters={"PatientName": "wang*", "ModalitiesInStudy": "SR"},
    )
    assert study["00081030"]["Value"] == ["CT chest"]
    assert len(client.search_for_series(CINE[0])) == 2
    assert len(client.search_for_series(search_filters={"Modality": "SR"})) == 1
    assert len(client.search_for_instances(*CINE[:2], fields=["all"])) == 2
    assert len(client.search_for_instances(search_filters={"SOPInstanceUID": SR[2]})) == 1


def retrieves(client: DICOMwebClient) -> None:
    assert len(client.retrieve_study_metadata(CINE[0])) == 3
    assert len(client.retrieve_series_metadata(*CINE[:2])) == 2
    assert client.retrieve_instance_metadata(*SR)["00080060"]["Value"] == ["SR"]
    assert len(client.retrieve_study(CINE[0])) == len(list(client.iter_study(CINE[0]))) == 3
    assert len(client.retrieve_series(*CINE[:2])) == 2
    assert len(list(client.iter_series(*CINE[:2]))) == 2
    coded = client.retrieve_instance(*CINE, media_types=(("application/dicom", JPEG_LS),))
    assert coded.file_meta.TransferSyntaxUID == JPEG_LS


def retrieves_pixels(client: DICOMwebClient) -> None:
    wanted = [FRAMES[2], FRAMES[0]]
    for media in (None, ("application/octet-stream",), (("application/octet-stream", "*"),)):
        assert client.retrieve_instance_frames(*CINE, [3, 1], media_types=media) == wanted
    assert list(client.iter_instance_frames(*CINE, [3, 1])) == wanted
    (today,) = client.retrieve_instance_frames(*CINE, [1], media_types=(("image/jls", JPEG_LS),))
    older = (("image/x-jls", JPEG_LS),)
    assert client.retrieve_instance_frames(*CINE, [1], media_types=older) == [today]
    for uids, value in ((CINE, b"".join(FRAMES)), (VIDEO, STREAM)):
        address = client.retrieve_instance_metadata(*uids)["7FE00010"]["BulkDataURI"]
        for media in (None, ("application/octet-stream",)):
            assert client.retrieve_bulkdata(address, media_types=media) == [value], media
        assert list(client.iter_bulkdata(address)) == [value]


def shows(client: DICOMwebClient) -> None:
    drawn = {"viewport": (16, 16), "window": (32, 64, "linear"), "quality": 80}
    picture = client.retrieve_instance_rendered(*CINE, media_types=("image/jpeg",), params=drawn)
    assert picture.startswith(b"\xff\xd8")
    png = client.retrieve_instance_frames_rendered(*CINE, [2], media_types=("image/png",))
    assert png.startswith(b"\x89PNG")
    assert client.retrieve_series_rendered(*CINE[:2]).count(b"\xff\xd8\xff") == 2
    html = client.retrieve_instance_rendered(*SR, media_types=("text/html",))
    assert html.startswith(b"<!DOCTYPE html>")
    for media in (None, ("video/mp4",)):
        assert client.retrieve_instance_rendered(*VIDEO, media_types=media) == STREAM


def runs_as_a_command(walk: Walk, directory: Path) -> None:
    def run(*arguments: str) -> str:
        command = [Path(sys.executable).with_name("dicomweb_client"), "--url"]
        command += [f"{walk.served.base}/dicom-web", "--bearer-token", walk.token, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    uids = ["--study", CINE[0], "--series", CINE[1]]
    assert len(json.loads(run("search", "studies", "--filter", "PatientName=wang*"))) == 2
    run("retrieve", "series", *uids, "full", "--save", "--output-dir", str(directory))
    files = sorted(directory.glob("*.dcm"))
    assert [each.name for each in files] == ["2.999.9.1.1.1.dcm", "2.999.9.1.1.2.dcm"]
    run("store", "instances", *map(str, files))
