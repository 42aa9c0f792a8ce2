"""What both servers are given: people, their studies, and slices that occur once.

Everything is made up and comes out the same at every run: the header of a scanner (the CT that
pydicom ships, 262 elements, many of them private) under new identities, with pixels of noise
around a disc. Names have letters only: Orthanc 1.10 answers an empty name where ideographs
follow, and the comparison is of speed.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

ROOT = "2.999.77"
FULL_SIDE = 512
TINY_SIDE = 8
STUDIES_A_PATIENT = 5
SURNAMES = "Wang Li Zhang Liu Chen Yang Zhao Huang Zhou Wu Xu Sun Ma Zhu Hu Guo He Lin Gao Luo"
GIVEN = (
    "Wei Fang Na Min Jing Lei Qiang Yan Jie Juan Tao Ming Chao Xia Ping Gang Hui Hao Bo Yun "
    "Zhihao Haoran Yichen Zihan Ruoxi"
)
SOUGHT = "ruo"


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody made up; the number makes them different from the others."""

    number: int

    @property
    def mrn(self) -> str:
        return f"B{self.number:06d}"

    @property
    def name(self) -> str:
        surnames, given = SURNAMES.split(), GIVEN.split()
        surname = surnames[self.number % len(surnames)]
        return f"{surname}^{given[self.number * 7 % len(given)]}"

    @property
    def birth_date(self) -> str:
        """As DICOM writes it."""
        return f"{1930 + self.number % 80}{1 + self.number % 12:02d}{1 + self.number % 28:02d}"


NEWCOMER = Patient(999_999)


@dataclass(frozen=True, slots=True)
class Study:
    """A study of one series."""

    number: int
    patient: Patient

    @property
    def uid(self) -> str:
        return f"{ROOT}.{self.number}"

    @property
    def series_uid(self) -> str:
        return f"{self.uid}.1"


@dataclass(frozen=True, slots=True)
class Instance:
    """One slice as a file; its pixels are the file's last bytes."""

    study: Study
    uid: str
    data: bytes
    pixel_bytes: int

    @property
    def pixels(self) -> bytes:
        return self.data[-self.pixel_bytes :]


@dataclass(frozen=True, slots=True)
class Archive:
    """What stands in both archives before anything is measured.

    Parameters
    ----------
    background
        One tiny instance of each study that searches go through.
    long_study
        The slices of the study that is retrieved.
    """

    patients: tuple[Patient, ...]
    background: tuple[Instance, ...]
    long_study: tuple[Instance, ...]


def make_archive(patients: int, slices: int) -> Archive:
    """Make an archive of some patients with five studies each, and a study of some slices."""
    people = tuple(Patient(number) for number in range(patients))
    studies = [
        Study(1000 + patient.number * STUDIES_A_PATIENT + each, patient)
        for patient in people
        for each in range(STUDIES_A_PATIENT)
    ]
    background = tuple(next(make_instances(each, 1, TINY_SIDE)) for each in studies)
    long_study = tuple(make_instances(Study(1, NEWCOMER), slices, FULL_SIDE))
    return Archive(people, background, long_study)


def make_instances(study: Study, count: int, side: int) -> Iterator[Instance]:
    """Make the slices of a study, each of ``side`` by ``side`` pixels of two bytes."""
    dataset = _header(study, side)
    for number in range(1, count + 1):
        uid = f"{study.series_uid}.{number}"
        pixels = _pixels(study.number, number, side)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
        dataset.InstanceNumber = number
        dataset.SliceLocation = f"{number * 1.25:.2f}"
        dataset.PixelData = pixels
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
        yield Instance(study, uid, buffer.getvalue(), len(pixels))


def _header(study: Study, side: int) -> Dataset:
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    del dataset[0xFFFC, 0xFFFC]  # padding behind the pixels
    given = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientID": study.patient.mrn,
        "PatientName": study.patient.name,
        "PatientBirthDate": study.patient.birth_date,
        "StudyInstanceUID": study.uid,
        "SeriesInstanceUID": study.series_uid,
        "AccessionNumber": f"R{study.number}",
        "StudyDate": f"2026{1 + study.number % 12:02d}{1 + study.number % 28:02d}",
        "StudyTime": f"{study.number % 24:02d}3000",
        "StudyDescription": "CT chest",
        "InstitutionName": "Benchmark Hospital",
        "Rows": side,
        "Columns": side,
    }
    for keyword, value in given.items():
        setattr(dataset, keyword, value)
    return dataset


def _pixels(study: int, number: int, side: int) -> bytes:
    """Cut a slice out of the noise, each from another place, and lay it over the disc."""
    noise = _noise()
    start = (study * 7919 + number * 104_729) % (len(noise) - side * side)
    return (_disc(side) + noise[start : start + side * side]).tobytes()


@cache
def _noise() -> NDArray[np.int16]:
    return np.random.default_rng(20261122).normal(0, 12, 1 << 20).astype("<i2")


@cache
def _disc(side: int) -> NDArray[np.int16]:
    across = np.linspace(-1, 1, side)
    inside = across[:, None] ** 2 + across[None, :] ** 2 < 0.8
    return np.where(inside, 1060, 0).astype("<i2").ravel()


def batches(instances: Iterable[Instance], size: int) -> Iterator[list[Instance]]:
    """Yield instances in order, ``size`` at a time."""
    batch: list[Instance] = []
    for each in instances:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
