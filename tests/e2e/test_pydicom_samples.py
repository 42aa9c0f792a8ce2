"""The Python dicomweb-client stores, finds and retrieves what ships inside pydicom.

Each sample goes into an empty archive: many of them carry the same UIDs.
"""

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pydicom
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from sqlalchemy import delete

from medshare.imaging.rows import (
    InstanceHolderRow,
    InstanceMetadataRow,
    InstanceRow,
    SeriesMetadataRow,
    SeriesRequestRow,
    SeriesRow,
    StudyRow,
)
from medshare.infra.db import Database
from medshare.settings import Settings
from tests.e2e.served import Served, serving
from tests.samples import NOT_STORABLE, SAMPLE_NAMES, SAMPLES

FACILITY = """{"code": "SZ-A", "name": {"zh": "测试医院", "en": "Test Hospital"}, "level": 3,
 "oid": "2.999.1", "patientIdentifierSystem": "urn:oid:2.999.1.1"}"""
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
# pydicom remarks on what is out of order in some of its samples.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
STORABLE = sorted(set(SAMPLE_NAMES) - set(NOT_STORABLE))
WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
TABLES = (
    InstanceMetadataRow,
    InstanceHolderRow,
    SeriesMetadataRow,
    InstanceRow,
    SeriesRequestRow,
    SeriesRow,
    StudyRow,
)


class Archive:
    """A served archive, its client, and a way to empty it."""

    def __init__(self, served: Served, settings: Settings) -> None:
        served.command("facility", "add", "-", text=FACILITY)
        self._secret = served.command("client", "add", "pacs", "--facility", "SZ-A")
        self._served = served
        self._database = Database(settings.effective_database_url)

    def client(self) -> DICOMwebClient:
        session = create_session()
        session.trust_env = False
        token = self._served.token("pacs", self._secret)
        session.headers["Authorization"] = f"Bearer {token}"
        self.session = session
        return DICOMwebClient(f"{self._served.base}/dicom-web", session=session)

    def empty(self) -> None:
        with self._database.write() as session:
            for row in TABLES:
                session.execute(delete(row))

    def close(self) -> None:
        self._database.dispose()


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    settings = replace(settings, low_water_bytes=0)
    with serving(settings) as served:
        opened = Archive(served, settings)
        yield opened
        opened.close()


def test_every_storable_sample_comes_back_as_it_went(archive: Archive) -> None:
    client = archive.client()
    for name in STORABLE:
        archive.empty()
        sent = (SAMPLES / name).read_bytes()
        uids = store_file(client.base_url, archive.session, sent, name)
        assert search(client, uids) == [uids], name
        check(sent, retrieve(archive.session, client.base_url, uids), name)
        metadata = client.retrieve_instance_metadata(*uids)
        assert metadata["00080018"]["Value"] == [uids[2]], name


def test_the_client_gets_back_what_it_sent(archive: Archive) -> None:
    client = archive.client()
    for name in STORABLE:
        dataset = pydicom.dcmread(SAMPLES / name, force=True)
        sent = as_the_client_writes(dataset)
        if sent is None:
            continue
        archive.empty()
        response = client.store_instances([dataset])
        assert "FailedSOPSequence" not in response, name
        uids = (dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID)
        check(sent, retrieve(archive.session, client.base_url, uids), name)
        returned = client.retrieve_instance(*uids, media_types=(("application/dicom", "*"),))
        assert returned.SOPInstanceUID == dataset.SOPInstanceUID, name


def as_the_client_writes(dataset: pydicom.Dataset) -> bytes | None:
    """Return the bytes that the client sends, ``None`` where pydicom cannot write a sample."""
    buffer = io.BytesIO()
    try:
        pydicom.dcmwrite(buffer, dataset)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return buffer.getvalue()


def store_file(
    base: str, session: requests.Session, sent: bytes, name: str
) -> tuple[str, str, str]:
    answer = session.post(
        f"{base}/studies", data=sent, headers={"Content-Type": "application/dicom"}
    )
    (stored,) = answer.json()["00081199"]["Value"]
    assert answer.status_code == (202 if "00081196" in stored else 200), (name, answer.text)
    reference = stored["00081190"]["Value"][0]
    study, _, series, _, instance = reference.partition("/studies/")[2].split("/")
    return study, series, instance


def search(client: DICOMwebClient, uids: tuple[str, str, str]) -> list[tuple[str, ...]]:
    found = client.search_for_instances(search_filters={"SOPInstanceUID": uids[2]})
    return [
        tuple(each[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
        for each in found
    ]


def retrieve(session: requests.Session, base: str, uids: tuple[str, str, str]) -> bytes:
    answer = session.get(
        f"{base}/studies/{uids[0]}/series/{uids[1]}/instances/{uids[2]}",
        headers={"Accept": AS_STORED},
    )
    assert answer.status_code == 200, answer.text
    boundary = answer.headers["Content-Type"].partition("boundary=")[2].encode()
    content = answer.content
    end = b"\r\n--" + boundary + b"--\r\n"
    assert content.startswith(b"--" + boundary + b"\r\n")
    assert content.endswith(end)
    return content.partition(b"\r\n\r\n")[2].removesuffix(end)


def check(sent: bytes, returned: bytes, name: str) -> None:
    """Bit for bit but for a blanked preamble; data set by data set where it had to be converted."""
    original = pydicom.dcmread(io.BytesIO(sent), force=True)
    syntax = original.file_meta.TransferSyntaxUID
    if syntax in (ImplicitVRLittleEndian, ExplicitVRBigEndian):
        converted = pydicom.dcmread(io.BytesIO(returned))
        assert converted.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian, name
        before = values(original, swap=syntax == ExplicitVRBigEndian)
        assert values(converted, swap=False) == before, name
        return
    start = 128 if sent[128:132] == b"DICM" else 0
    assert returned[128:] == b"DICM" + sent[start:].removeprefix(b"DICM"), name
    assert returned[:128] in (bytes(128), sent[:128]), name


def values(dataset: pydicom.Dataset, *, swap: bool) -> dict[tuple[int, ...], object]:
    """Return every value by its path; group lengths are no values."""
    found: dict[tuple[int, ...], object] = {}
    for element in dataset:
        if element.tag.element == 0:
            continue
        if element.VR == "SQ":
            found[(element.tag,)] = len(element.value)
            for number, item in enumerate(element.value):
                nested = values(item, swap=swap)
                found |= {(element.tag, number, *path): value for path, value in nested.items()}
        else:
            word = WORDS.get(element.VR, 1)
            if element.keyword == "PixelData":  # pixels of 32 bits are words of 32 bits
                word = max(word, dataset.BitsAllocated // 8)
            found[(element.tag,)] = normal(element.value, word if swap else 1)
    return found


def normal(value: object, word_bytes: int) -> object:
    if not isinstance(value, bytes):
        return str(value)
    if word_bytes > 1:
        return np.frombuffer(value, f"u{word_bytes}").byteswap().tobytes()
    return value
