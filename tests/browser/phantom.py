"""A CT series that looks like nothing else: each block of each slice has a value of its own."""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RLELossless

Hounsfield = npt.NDArray[np.int16]
ROWS, COLUMNS, BLOCK = 96, 128, 16
INTERCEPT = -1024


@dataclass(frozen=True)
class Phantom:
    """Slices of blocks with grain, none of them like its mirror image or its neighbour."""

    study: str
    slices: int
    gap_mm: float = 5.0
    first_mm: float = 0.0
    spacing_mm: float = 0.8

    @property
    def series(self) -> str:
        """The UID of its one series."""
        return f"{self.study}.1"

    def pixels(self, index: int) -> Hounsfield:
        """Draw a slice in HU, the index from 0 on."""
        chance = np.random.default_rng(index)
        blocks = chance.integers(-900, 900, (ROWS // BLOCK, COLUMNS // BLOCK))
        grain = chance.integers(-20, 21, (ROWS, COLUMNS))
        whole = np.kron(blocks, np.ones((BLOCK, BLOCK), np.int64)) + grain
        return whole.astype(np.int16)

    def file(self, index: int, patient: str, date: str, *, compressed: bool = False) -> bytes:
        """Write a slice as a DICOM file; numbers run against the direction of z."""
        stored = (self.pixels(index) - INTERCEPT).astype("<u2")
        return self.write(index, patient, date, stored, compressed=compressed)

    def write(
        self,
        index: int,
        patient: str,
        date: str,
        stored: npt.NDArray[np.uint16],
        *,
        compressed: bool = False,
    ) -> bytes:
        """Write a slice of other pixels than its own, as they are stored: HU + 1024."""
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        for keyword, value in self._attributes(index, patient, date).items():
            setattr(dataset, keyword, value)
        dataset.Rows, dataset.Columns = stored.shape
        dataset.PixelData = stored.tobytes()
        dataset["PixelData"].VR = "OW"
        if compressed:
            dataset.compress(RLELossless, stored, generate_instance_uid=False)
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    def _attributes(self, index: int, patient: str, date: str) -> dict[str, object]:
        z = self.first_mm - index * self.gap_mm
        return {
            "SOPClassUID": CTImageStorage,
            "SOPInstanceUID": f"{self.series}.{index + 1}",
            "StudyInstanceUID": self.study,
            "SeriesInstanceUID": self.series,
            "FrameOfReferenceUID": f"{self.study}.9",
            "SpecificCharacterSet": "ISO_IR 192",
            "Modality": "CT",
            "PatientID": patient,
            "PatientName": "Test^Person",
            "StudyDate": date,
            "StudyTime": "093000",
            "StudyDescription": "CT blocks",
            "SeriesDescription": "blocks",
            "BodyPartExamined": "CHEST",
            "SeriesNumber": 1,
            "InstanceNumber": index + 1,
            "ImagePositionPatient": [-50, -40, z],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "PixelSpacing": [self.spacing_mm, self.spacing_mm],
            "SliceThickness": self.gap_mm,
            "BitsAllocated": 16,
            "BitsStored": 12,
            "HighBit": 11,
            "SamplesPerPixel": 1,
            "PixelRepresentation": 0,
            "PhotometricInterpretation": "MONOCHROME2",
            "RescaleIntercept": INTERCEPT,
            "RescaleSlope": 1,
            "RescaleType": "HU",
            "WindowCenter": 40,
            "WindowWidth": 400,
        }


def windowed(pixels: npt.NDArray[np.generic], centre: float, width: float) -> npt.NDArray[np.uint8]:
    """Apply the function LINEAR of PS3.3 C.11.2.1.2.1, black 0 and white 255."""
    shown = ((pixels.astype(float) - (centre - 0.5)) / (width - 1) + 0.5) * 255
    return np.rint(shown.clip(0, 255)).astype(np.uint8)


NOW = Phantom("2.999.70.1", slices=12)
PRIOR = Phantom("2.999.70.2", slices=5, gap_mm=12.0, first_mm=300.0)
HOSTILES = Phantom("2.999.70.3", slices=1)


def files(phantom: Phantom, patient: str, date: str) -> list[bytes]:
    """Write all slices of a phantom, every other one compressed."""
    return [
        phantom.file(index, patient, date, compressed=index % 2 == 1)
        for index in range(phantom.slices)
    ]
