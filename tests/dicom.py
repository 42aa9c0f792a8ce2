"""DICOM files and DICOMweb bodies for tests of the doors."""

import io
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.site import Caller

BOUNDARY = "frontier"
COMMON = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    "SpecificCharacterSet": "ISO_IR 192",
    "Modality": "CT",
    "PatientID": "A-1",
    "PatientName": "Wang^XiaoMing=王^小明",
    "PatientBirthDate": "19620517",
    "PatientSex": "M",
    "StudyTime": "093000",
    "StudyDescription": "CT chest",
    "SeriesNumber": 1,
    "Rows": 8,
    "Columns": 8,
    "BitsAllocated": 16,
    "BitsStored": 16,
    "HighBit": 15,
    "SamplesPerPixel": 1,
    "PixelRepresentation": 0,
    "PhotometricInterpretation": "MONOCHROME2",
}
STUDIES = "/dicom-web/studies"
SLICE = f"{STUDIES}/2.999.9.1/series/2.999.9.1.1/instances/2.999.9.1.1.1"
AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PIXELS = 'multipart/related; type="application/octet-stream"'


def a_ct(number: int = 1, study: int = 1, **attributes: Any) -> bytes:
    """Return one CT slice of a study as a file; keywords set attributes, ``None`` leaves out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    own = {
        "SOPInstanceUID": f"2.999.9.{study}.1.{number}",
        "StudyInstanceUID": f"2.999.9.{study}",
        "SeriesInstanceUID": f"2.999.9.{study}.1",
        "StudyDate": f"202603{study:02d}",
        "AccessionNumber": f"R{study}",
        "InstanceNumber": number,
        "PixelData": np.full((8, 8), number, np.uint16).tobytes(),
    }
    for keyword, value in (COMMON | own | attributes).items():
        if value is not None:
            setattr(dataset, keyword, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def multipart(*files: bytes, part_type: str = "application/dicom") -> dict[str, Any]:
    """Return the body and Content-Type of a store request."""
    parts = b"".join(
        f"--{BOUNDARY}\r\nContent-Type: {part_type}\r\n\r\n".encode() + each + b"\r\n"
        for each in files
    )
    return {
        "data": parts + f"--{BOUNDARY}--\r\n".encode(),
        "content_type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}',
    }


def parts_of(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """Return (Content-Type, content) of each part of a multipart answer."""
    boundary = content_type.partition("boundary=")[2].encode()
    pieces = body.removesuffix(b"\r\n--" + boundary + b"--\r\n").split(b"--" + boundary + b"\r\n")
    found = []
    for piece in pieces[1:]:
        head, _, content = piece.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        found.append((lines["Content-Type"], content.removesuffix(b"\r\n")))
    return found


def store(caller: Caller, *files: bytes, status: int = 200, path: str = STUDIES) -> dict[str, Any]:
    answer = caller.post(path, **multipart(*files))
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/dicom+json"
    return dict(answer.get_json(force=True))
