"""A study's instances as a file-set: each file's name, and the DICOMDIR over them.

References
----------
DICOM PS3.10 sections 8.2 (File IDs: upper case, no extensions) and 8.6 (DICOMDIR).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from medshare.imaging.attributes import name_groups, text
from medshare.imaging.disc.directory import FileReference, Record, write_directory
from medshare.imaging.disc.record_types import DataSet, keys_of, type_of
from medshare.imaging.model import RetrievedInstance

FOLDER = "DICOM"
_NUMBERS = {"PATIENT": "", "STUDY": "00200010", "SERIES": "00200011"}
_INSTANCE_NUMBER = "00200013"
_DATE, _TIME = "00080020", "00080030"
_NAME, _PATIENT_ID = "00100010", "00100020"


@dataclass(frozen=True, slots=True)
class File:
    """An instance, the transfer syntax in which it leaves, and its File ID."""

    instance: RetrievedInstance
    transfer_syntax_uid: str
    file_id: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileSet:
    """The files of a study, its DICOMDIR, whose it is by its own words, and when it was made.

    Date and time are DA and TM, empty where they are unknown.
    """

    files: Sequence[File]
    directory: bytes
    patient: str
    study_date: str
    study_time: str


def lay_out(instances: Iterable[tuple[RetrievedInstance, str, bytes]]) -> FileSet:
    """Lay out the instances of one study, in their order; there is one at least.

    Parameters
    ----------
    instances
        Each with the transfer syntax in which it leaves and its DICOM JSON. One at a time is
        read; of what it says only the keys of its record are kept.
    """
    source = iter(instances)
    instance, syntax, described = next(source)
    layout = _Layout(orjson.loads(described))
    layout.add(instance, syntax, orjson.loads(described))
    for instance, syntax, described in source:
        layout.add(instance, syntax, orjson.loads(described))
    return layout.made()


class _Layout:
    """A file-set that grows; its patient and its study are those of the first instance."""

    def __init__(self, first: DataSet) -> None:
        self._files: list[File] = []
        self._series: dict[str, tuple[int, Record]] = {}
        self._study = _record("STUDY", first, 1)
        self._patient = _record("PATIENT", first, 1)
        self._patient.below.append(self._study)
        names = (*reversed(name_groups(first, _NAME)), text(first, _PATIENT_ID))
        self._whose = " ".join(each.replace("^", " ").strip() for each in names if each)
        self._date, self._time = text(first, _DATE), text(first, _TIME)

    def add(self, instance: RetrievedInstance, syntax: str, dataset: DataSet) -> None:
        uid = instance.series_instance_uid
        if uid not in self._series:
            begun = len(self._series) + 1, _record("SERIES", dataset, len(self._series) + 1)
            self._series[uid] = begun
            self._study.below.append(begun[1])
        above, series = self._series[uid]
        number = len(series.below) + 1
        file = File(instance, syntax, (FOLDER, f"SE{above:06d}", f"IM{number:06d}"))
        self._files.append(file)
        series.below.append(_leaf(file, dataset, number))

    def made(self) -> FileSet:
        directory = write_directory(self._patient, _uid_of(self._files))
        return FileSet(self._files, directory, self._whose, self._date, self._time)


def _record(kind: str, dataset: DataSet, number: int) -> Record:
    return Record(kind, _numbered(keys_of(kind, dataset), _NUMBERS[kind], number))


def _leaf(file: File, dataset: DataSet, number: int) -> Record:
    instance = file.instance
    kind = type_of(instance.sop_class_uid, dataset)
    reference = FileReference(
        file.file_id, instance.sop_class_uid, instance.sop_instance_uid, file.transfer_syntax_uid
    )
    return Record(kind, _numbered(keys_of(kind, dataset), _INSTANCE_NUMBER, number), reference)


def _numbered(
    keys: Mapping[str, Mapping[str, Any]], tag: str, number: int
) -> Mapping[str, Mapping[str, Any]]:
    """Give a record that must have a number its place as one, where the sender gave none.

    Nothing else is made up: a date that nobody knows stays empty.
    """
    if tag not in keys or keys[tag].get("Value"):
        return keys
    return {**keys, tag: {"vr": keys[tag]["vr"], "Value": [number]}}


def _uid_of(files: Iterable[File]) -> str:
    """Make the UID of a DICOMDIR: the same for the same files (PS3.5 annex B.2)."""
    named = "\n".join(f"{each.instance.blob_key} {each.transfer_syntax_uid}" for each in files)
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, named).int}"
