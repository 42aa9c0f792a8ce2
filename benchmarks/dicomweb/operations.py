"""The operations that are compared: what is asked, how often a round, and what is right.

Every answer is checked, outside the time taken: a server that answers less is not faster.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.dicomweb.measure import Answer, Exchange, Request, WrongAnswerError
from benchmarks.dicomweb.workload import (
    FULL_SIDE,
    NEWCOMER,
    SOUGHT,
    STUDIES_A_PATIENT,
    TINY_SIDE,
    Archive,
    Instance,
    Study,
    make_instances,
)

STUDIES = "/dicom-web/studies"
JSON = {"Accept": "application/dicom+json"}
FILES = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
OCTETS = {"Accept": 'multipart/related; type="application/octet-stream"'}
BOUNDARY = "benchmark-6f1c2a9de0b74c53"
FIRST_NEW_STUDY = 1_000_000
PAGE = 25
MATCHES_MAX = 100
OK = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to measure.

    Parameters
    ----------
    prepare
        Makes the exchanges of a round, counted from 0; both servers get the same.
    sends_files
        Its answers are stored bytes, as a server of plain files could send them.
    """

    title: str
    prepare: Callable[[int], list[Exchange]]
    sends_files: bool = False


def all_operations(archive: Archive) -> list[Operation]:
    """Return every operation, in the order of the report."""
    return [
        Operation("STOW, 1 CT slice", partial(_new_studies, first=0, times=5, slices=1)),
        Operation("STOW, 10 CT slices", partial(_new_studies, first=5, slices=10)),
        Operation("STOW, 50 CT slices", partial(_new_studies, first=6, slices=50)),
        Operation(
            "STOW, 50 tiny instances", partial(_new_studies, first=7, slices=50, side=TINY_SIDE)
        ),
        *_searches(archive),
        *_retrievals(archive.long_study),
        *_pictures(archive.long_study),
    ]


def store(instances: Sequence[Instance]) -> Exchange:
    """Store instances by one request."""
    files = [each.data for each in instances]
    head = f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    parts = b"".join(part for file in files for part in (head, file, b"\r\n"))
    content_type = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
    body = parts + f"--{BOUNDARY}--\r\n".encode()
    request = Request("POST", STUDIES, {**JSON, "Content-Type": content_type}, body)
    return Exchange(request, partial(_stored, {each.uid for each in instances}), files)


def _new_studies(
    round_number: int, *, first: int, slices: int, times: int = 1, side: int = FULL_SIDE
) -> list[Exchange]:
    """Store studies that no round and no other operation stored before."""
    numbers = range(first, first + times)
    studies = [Study(FIRST_NEW_STUDY + round_number * 10 + each, NEWCOMER) for each in numbers]
    return [store(list(make_instances(each, slices, side))) for each in studies]


def _searches(archive: Archive) -> list[Operation]:
    studies = [each.study for each in archive.background]
    named = [each for each in studies if SOUGHT in each.patient.name.lower()]
    long_study = archive.long_study[0].study
    uids = {each.uid for each in archive.long_study}
    page = Exchange(Request("GET", f"{STUDIES}?limit={PAGE}", JSON), _a_page)
    by_name = f"{STUDIES}?PatientName=*{SOUGHT}*&limit={MATCHES_MAX}"
    instances = f"{STUDIES}/{long_study.uid}/instances?limit={MATCHES_MAX}"

    def by_patient(round_number: int) -> list[Exchange]:
        patients = [
            archive.patients[(round_number * 20 + each) % len(archive.patients)]
            for each in range(20)
        ]
        return [
            Exchange(
                Request("GET", f"{STUDIES}?PatientID={patient.mrn}", JSON),
                partial(_found, "0020000D", {s.uid for s in studies if s.patient == patient}),
            )
            for patient in patients
        ]

    return [
        Operation(f"QIDO, studies by PatientID ({STUDIES_A_PATIENT} matches)", by_patient),
        _same(
            f"QIDO, studies by name *{SOUGHT}* ({len(named)} matches)",
            Exchange(
                Request("GET", by_name, JSON),
                partial(_found, "0020000D", {each.uid for each in named}),
            ),
            times=10,
        ),
        _same(f"QIDO, first page of {PAGE} studies", page, times=10),
        _same(
            f"QIDO, instances of a study ({len(uids)})",
            Exchange(Request("GET", instances, JSON), partial(_found, "00080018", uids)),
            times=5,
        ),
    ]


def _retrievals(slices: Sequence[Instance]) -> list[Operation]:
    study = slices[0].study
    address = f"{STUDIES}/{study.uid}"
    uids = {each.uid for each in slices}
    metadata = partial(_found, "00080018", uids)

    def every_fifth(round_number: int) -> Iterable[Instance]:
        return slices[round_number % 5 :: 5]

    def files(round_number: int) -> list[Exchange]:
        return [
            Exchange(Request("GET", _address(each), FILES), partial(_files, [each]))
            for each in every_fifth(round_number)
        ]

    def frames(round_number: int) -> list[Exchange]:
        return [
            Exchange(Request("GET", f"{_address(each)}/frames/1", OCTETS), partial(_files, [each]))
            for each in every_fifth(round_number)
        ]

    def described(coding: str) -> Exchange:
        headers = {**JSON, "Accept-Encoding": coding}
        return Exchange(Request("GET", f"{address}/metadata", headers), metadata)

    whole = Exchange(Request("GET", address, FILES), partial(_files, slices))
    return [
        _same(f"metadata of {len(slices)} instances, gzip accepted", described("gzip"), times=2),
        _same(f"metadata of {len(slices)} instances, identity", described("identity"), times=2),
        Operation(
            f"WADO, study of {len(slices)} CT slices", lambda _round: [whole], sends_files=True
        ),
        Operation("WADO, one CT slice", files, sends_files=True),
        Operation("WADO, one frame", frames, sends_files=True),
    ]


def _pictures(slices: Sequence[Instance]) -> list[Operation]:
    """Draw slices in a window that no round drew them in before, and in the same one again."""

    def drawn(media: str, window: str, round_number: int) -> list[Exchange]:
        chosen = slices[round_number % 5 :: 5]
        return [
            Exchange(
                Request("GET", f"{_address(each)}/rendered?window={window}", {"Accept": media}),
                partial(_a_picture, media),
            )
            for each in chosen
        ]

    def fresh(media: str) -> Callable[[int], list[Exchange]]:
        return lambda number: drawn(media, f"{1000 + number},400,linear", number)

    return [
        Operation("rendered, JPEG", fresh("image/jpeg")),
        Operation("rendered, PNG", fresh("image/png")),
        Operation("rendered, JPEG, again", lambda _: drawn("image/jpeg", "900,400,linear", 0)),
    ]


def _same(title: str, exchange: Exchange, *, times: int) -> Operation:
    """Repeat one exchange, the same in every round."""
    return Operation(title, lambda _round: [exchange] * times)


def _address(instance: Instance) -> str:
    study = instance.study
    return f"{STUDIES}/{study.uid}/series/{study.series_uid}/instances/{instance.uid}"


def _require(claim: object, otherwise: str) -> None:
    if not claim:
        raise WrongAnswerError(otherwise)


def _document(answer: Answer) -> Any:  # noqa: ANN401  # JSON as it came
    _require(answer.status == OK, f"status {answer.status}")
    coding = answer.headers.get("content-encoding", "identity")
    try:
        return json.loads(gzip.decompress(answer.body) if coding == "gzip" else answer.body)
    except (ValueError, EOFError, OSError):
        raise WrongAnswerError("no JSON") from None


def _values(datasets: Iterable[dict[str, Any]], tag: str) -> list[str]:
    try:
        return [each[tag]["Value"][0] for each in datasets]
    except (KeyError, IndexError, TypeError):
        raise WrongAnswerError(f"a data set without {tag}") from None


def _stored(uids: set[str], answer: Answer) -> None:
    """Hold a store to have taken every instance."""
    response = _document(answer)
    _require(isinstance(response, dict), "no store response")
    stored = _values(response.get("00081199", {}).get("Value", []), "00081155")
    _require(sorted(stored) == sorted(uids), f"{len(stored)} of {len(uids)} instances stored")
    _require(not response.get("00081198", {}).get("Value"), "instances failed")


def _found(tag: str, uids: set[str], answer: Answer) -> None:
    """Hold an answer to data sets that have these UIDs, each once."""
    found = _values(_document(answer), tag)
    _require(sorted(found) == sorted(uids), f"{len(found)} data sets, {len(uids)} are right")


def _a_page(answer: Answer) -> None:
    """Hold a page to be full of different studies."""
    found = set(_values(_document(answer), "0020000D"))
    _require(len(found) == PAGE, f"{len(found)} studies on a page of {PAGE}")


def _files(instances: Sequence[Instance], answer: Answer) -> None:
    """Hold the parts of an answer to end in the pixels of these instances, in any order."""
    _require(answer.status == OK, f"status {answer.status}")
    size = instances[0].pixel_bytes
    sent = sorted(hashlib.sha256(each.pixels).digest() for each in instances)
    parts = _parts(answer)
    came = sorted(hashlib.sha256(part[-size:]).digest() for part in parts)
    _require(came == sent, f"{len(parts)} parts, {len(sent)} are right, or other pixels")


def _a_picture(media: str, answer: Answer) -> None:
    """Hold an answer to a picture of the right kind."""
    begin = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG"}[media]
    _require(answer.status == OK, f"status {answer.status}")
    _require(answer.body.startswith(begin), "no picture")


def _parts(answer: Answer) -> list[bytes]:
    """Split a multipart answer into its parts' contents."""
    boundary = answer.headers.get("content-type", "").partition("boundary=")[2]
    mark = b"--" + boundary.partition(";")[0].strip('" ').encode()
    parts = answer.body.split(mark)[1:-1]
    return [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts]
