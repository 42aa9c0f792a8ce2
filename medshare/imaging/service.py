"""Use cases of imaging: take instances in, find them, attach them to what comes later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.facilities.model import Facility
from medshare.imaging import attachment, retrieval, search, store
from medshare.imaging.attributes import text
from medshare.imaging.layout import Layout
from medshare.imaging.model import (
    Candidate,
    ImagingQuery,
    Match,
    Selection,
    StoredFile,
    StudyArrived,
    StudyClaim,
    StudyHolding,
    StudyNotFoundError,
    Verdict,
    judge,
)
from medshare.imaging.refusals import Refusal
from medshare.imaging.retrieval import Found
from medshare.imaging.scanner import ScannedInstance, scan
from medshare.imaging.sight import Sight
from medshare.infra.blobs import make_key
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.ports import BlobStore

NAMESPACE = "dicom"
BULK_PREFIX = "urn:medshare:bulk:"


@dataclass(frozen=True, slots=True)
class Received:
    """An instance that arrived whole, on disk, and what its scan said."""

    path: Path
    sha256: str
    size_bytes: int
    scanned: ScannedInstance | Refusal


@dataclass(frozen=True, slots=True)
class Kept:
    """An instance that is durable and indexed, and whose it is."""

    scanned: ScannedInstance
    subject: Subject | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class KeptOut:
    """An instance that could be read and must not be stored, and why."""

    scanned: ScannedInstance
    verdict: Verdict


Outcome = Kept | KeptOut | Refusal


def receive(path: Path, *, sha256: str, size_bytes: int) -> Received:
    """Scan an instance that was spooled whole; no transaction is open."""
    return Received(path, sha256, size_bytes, scan(path, bulk_uri=_bulk_uri))


def _bulk_uri(uids: object, path: str) -> str:
    del uids
    return BULK_PREFIX + path


def make_durable(blobs: BlobStore, received: Sequence[Received]) -> None:
    """Put the bytes of every readable instance into the blob store, durable on return.

    What is not indexed afterwards is an orphan that a sweep removes; an index entry without its
    bytes cannot come about.
    """
    readable = [each for each in received if isinstance(each.scanned, ScannedInstance)]
    blobs.put_files([(make_key(NAMESPACE, each.sha256), each.path) for each in readable])


def index(uow: UnitOfWork, facility: Facility, received: Sequence[Received]) -> list[Outcome]:
    """Judge each instance against the index and insert those that are new, in one transaction.

    Raises
    ------
    StoredMeanwhileError
        Another request stored one of them in the same moment; the whole may be sent again.
    """
    scans = [each.scanned for each in received if isinstance(each.scanned, ScannedInstance)]
    store.take_turns_on_studies(uow.session, [each.uids.study_instance_uid for each in scans])
    return [_index_one(uow, facility, each) for each in received]


def _index_one(uow: UnitOfWork, facility: Facility, received: Received) -> Outcome:
    scanned = received.scanned
    if isinstance(scanned, Refusal):
        return scanned
    study = store.find_study(uow.session, scanned.uids.study_instance_uid)
    instance = store.find_instance(uow.session, scanned.uids.sop_instance_uid)
    patient_id = text(scanned.dataset, "00100020")
    candidate = Candidate(facility.code, patient_id, received.sha256)
    verdict = judge(candidate, study, instance)
    if verdict not in (Verdict.NEW, Verdict.KNOWN):
        return KeptOut(scanned, verdict)
    if verdict is Verdict.NEW:
        study = study or _begin_study(uow, facility, scanned)
        series_key = store.find_or_add_series(uow.session, study.id, scanned)
        key = make_key(NAMESPACE, received.sha256)
        stored = StoredFile(key, received.sha256, received.size_bytes)
        store.add_instance(uow.session, series_key, scanned, stored, uow.now())
    store.add_holder(uow.session, scanned.uids.sop_instance_uid, facility.code, uow.now())
    subject = None
    if study is not None and study.facility == facility.code and study.record_id is not None:
        subject = attachment.subject_of(uow, study.record_id)
    return Kept(scanned, subject, fresh=verdict is Verdict.NEW)


def _begin_study(uow: UnitOfWork, facility: Facility, scanned: ScannedInstance) -> StudyHolding:
    claim = StudyClaim(
        facility=facility.code,
        patient_identifier_system=facility.patient_identifier_system,
        patient_id=text(scanned.dataset, "00100020"),
        accession_number=text(scanned.dataset, "00080050"),
        study_instance_uid=scanned.uids.study_instance_uid,
    )
    links = attachment.find_links(uow, claim)
    key = store.add_study(uow.session, scanned, claim, links, uow.now())
    if links.record_id is None or links.exam_id is None:
        uow.tell(StudyArrived(claim.study_instance_uid))
    return StudyHolding(key, facility.code, claim.patient_id, links.record_id)


def find_matches(
    uow: UnitOfWork, query: ImagingQuery, windows: CareWindows
) -> tuple[list[Match], int]:
    """Answer a search: one page of matches, and how many remain behind it."""
    return search.search(uow.session, query, Sight(uow.now(), windows))


def find_instances(
    uow: UnitOfWork, selection: Selection, visibility: Visibility, windows: CareWindows
) -> Found:
    """Return the instances that a selection names.

    Raises
    ------
    StudyNotFoundError
        Nothing is there, or nothing that may be seen.
    """
    found = retrieval.find(uow.session, selection, visibility, Sight(uow.now(), windows))
    if found is None:
        raise StudyNotFoundError
    return found


def read_metadata(uow: UnitOfWork, found: Found, bulk_base: str) -> Iterator[bytes]:
    """Yield each instance's DICOM JSON, its BulkDataURIs as addresses below ``bulk_base``."""
    keys = [each.id for each in found.instances]
    marker = f'"BulkDataURI":"{BULK_PREFIX}'.encode()
    for instance, dataset in zip(
        found.instances, retrieval.metadata(uow.session, keys), strict=True
    ):
        address = (
            f"{bulk_base}/studies/{instance.study_instance_uid}"
            f"/series/{instance.series_instance_uid}"
            f"/instances/{instance.sop_instance_uid}/bulkdata/"
        )
        yield dataset.replace(marker, f'"BulkDataURI":"{address}'.encode())


def read_layout(uow: UnitOfWork, instance_key: int) -> Layout:
    """Return where an instance's bulk values and frames stand."""
    return retrieval.layout(uow.session, instance_key)
