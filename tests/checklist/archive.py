"""What the checklist asks for: a few studies of one hospital, and how they are asked for."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from werkzeug.test import TestResponse

from tests.dicom import a_ct, multipart, parts_of
from tests.samples import SAMPLES
from tests.site import Caller, Site

AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
DICOM_JSON = "application/dicom+json"
DICOM = "application/dicom"
OCTETS = "application/octet-stream"
RELATED = "multipart/related"
PARTS_OF_OCTETS = f"{RELATED}; type={OCTETS}"
CHEST, HEAD, CINE = 1, 2, 3
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
EXPLICIT, IMPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
MPEG_4 = "1.2.840.10008.1.2.4.102"
FIRST_OWN_STUDY = 100


@dataclass(frozen=True)
class Archive:
    """The studies ``CHEST`` (3 slices), ``HEAD`` (1) and ``CINE`` (3 frames) of facility SZ-A."""

    site: Site
    pacs: Caller
    _numbers: Any = field(default_factory=lambda: count(FIRST_OWN_STUDY))

    def get(self, path: str, accept: str = "", **headers: str) -> TestResponse:
        """Ask below ``/dicom-web``."""
        asked = {"Accept": accept} if accept else {}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.pacs.get(f"/dicom-web{path}", headers=asked | names)

    def found(self, query: str, path: str = "/studies") -> list[dict[str, Any]]:
        """Return the matches of a search."""
        answer = self.get(f"{path}?{query}", DICOM_JSON)
        assert answer.status_code == 200, answer.text
        return list(answer.get_json(force=True))

    def uids(self, query: str) -> list[str]:
        """Return the studies that a search finds."""
        return [each["0020000D"]["Value"][0] for each in self.found(query)]

    def own_study(self) -> int:
        """Return the number of a study that no other test stores."""
        return next(self._numbers)

    def own_slice(self, **attributes: Any) -> bytes:
        """Return a slice of a study that no other test stores."""
        return a_slice(self.own_study(), **attributes)

    def post(self, path: str = "/studies", **body: Any) -> TestResponse:
        return self.pacs.post(f"/dicom-web{path}", **body)

    def store(self, *files: bytes) -> TestResponse:
        return self.post(**multipart(*files))

    def sample(self, name: str) -> str:
        """Store a file of pydicom's under UIDs of its own; return its address."""
        dataset = pydicom.dcmread(SAMPLES / "test_files" / name)
        uid = f"2.999.9.{self.own_study()}"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid, f"{uid}.1"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.1.1"
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        answer = self.post(data=buffer.getvalue(), content_type=DICOM)
        assert answer.status_code in (200, 202), answer.text
        stored = answer.get_json(force=True)["00081199"]["Value"][0]
        return str(stored["00081190"]["Value"][0].partition("/dicom-web")[2])


def filled(site: Site) -> Archive:
    """Fill a fresh site."""
    archive = Archive(site, site.facility_client())
    pixels = {"PixelData": RAMP.tobytes(), "WindowCenter": 32, "WindowWidth": 64}
    files = [a_ct(each, CHEST, **pixels) for each in (1, 2, 3)]
    files.append(a_ct(1, HEAD, StudyDescription="CT head", StudyTime="143000", Modality="MR"))
    frames = b"".join((RAMP + each).tobytes() for each in range(3))
    files.append(a_ct(1, CINE, NumberOfFrames=3, PixelData=frames, PatientID="A-3"))
    answer = archive.store(*files)
    assert answer.status_code == 200, answer.text
    return archive


def a_video(number: int, *fragments: bytes) -> bytes:
    """Return a test's own study of one video, of ten frames."""
    dataset = pydicom.dcmread(io.BytesIO(a_slice(number, NumberOfFrames=10)))
    dataset.file_meta.TransferSyntaxUID = MPEG_4
    dataset.PixelData = encapsulate(list(fragments), has_bot=True)
    dataset["PixelData"].VR = "OB"
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def a_slice(study_number: int, number: int = 1, **attributes: Any) -> bytes:
    """Return a CT slice of a test's own study."""
    return a_ct(number, study_number, **{"StudyDate": "20260401"} | attributes)


def study(number: int) -> str:
    """Return the address of a study below ``/dicom-web``."""
    return f"/studies/2.999.9.{number}"


def series(number: int) -> str:
    return f"{study(number)}/series/2.999.9.{number}.1"


def instance(number: int, slice_number: int = 1) -> str:
    return f"{series(number)}/instances/2.999.9.{number}.1.{slice_number}"


def parts(answer: TestResponse) -> list[tuple[str, bytes]]:
    """Return (Content-Type, content) of each part."""
    assert answer.status_code == 200, answer.text
    return parts_of(answer.data, answer.content_type)


def element(dataset: Mapping[str, Any], tag: str) -> Any:
    """Return the first value of an attribute."""
    return dataset[tag]["Value"][0]
