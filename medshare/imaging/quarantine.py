"""Use cases of the quarantine: what is in it, and what its sender decides.

A facility sees what it sent itself. It may dismiss any of it, and let other bytes of its own
instance take the place of the stored ones, which are kept as a version.
"""

from dataclasses import dataclass
from pathlib import Path

from medshare.facilities.model import CharsetPolicy
from medshare.imaging import quarantine_store as store
from medshare.imaging.attributes import DataSet
from medshare.imaging.bulk import Bulk
from medshare.imaging.cases import (
    CaseDecidedError,
    CaseUnknownError,
    NotAcceptableVersionError,
    QuarantinedInstance,
    QuarantineStatus,
)
from medshare.imaging.facts import StudyChanged
from medshare.imaging.ingest import bulk_uri
from medshare.imaging.layout import pixel_value
from medshare.imaging.model import StoredFile, Verdict
from medshare.imaging.scanner import ScannedInstance, scan
from medshare.imaging.service import read_dataset, read_layout
from medshare.imaging.store import take_turns_on_studies
from medshare.infra.paging import Page, read_cursor, write_cursor
from medshare.infra.spool import Spool
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.ports import BlobStore

_COMPARED_BYTES = 4 << 20


def page(
    uow: UnitOfWork,
    facility: FacilityCode,
    status: QuarantineStatus,
    *,
    cursor: str | None,
    limit: int,
) -> Page[QuarantinedInstance]:
    """List what a facility sent and is in quarantine, oldest first."""
    keys = read_cursor(cursor, 1)
    after = keys[0] if keys else ""
    found = store.page(uow.session, facility, status, after=after, limit=limit + 1)
    more = len(found) > limit
    return Page(found[:limit], write_cursor(found[limit - 1].id) if more else None)


def get(uow: UnitOfWork, facility: FacilityCode, case_id: str) -> QuarantinedInstance:
    """Return one instance of a facility's quarantine.

    Raises
    ------
    CaseUnknownError
        The facility sent no such instance.
    """
    found = store.find(uow.session, case_id)
    if found is None or found.facility != facility:
        raise CaseUnknownError
    return found


def scan_again(
    blobs: BlobStore, spool: Spool, case: QuarantinedInstance, policy: CharsetPolicy
) -> ScannedInstance:
    """Scan the bytes of a quarantined instance, with no transaction open.

    Raises
    ------
    NotAcceptableVersionError
        A scan of today refuses what one of yesterday kept.
    """
    with spool.open() as part:
        for chunk in blobs.stream(case.blob_key):
            part.write(chunk)
        part.wait()
        return _scanned(part.path, policy)


def _scanned(path: Path, policy: CharsetPolicy) -> ScannedInstance:
    scanned = scan(path, bulk_uri=bulk_uri, policy=policy)
    if not isinstance(scanned, ScannedInstance):
        raise NotAcceptableVersionError
    return scanned


@dataclass(frozen=True, slots=True)
class Standing:
    """What a facility's own quarantined instance can be held against.

    Parameters
    ----------
    dataset
        The metadata of the stored instance of its UID, or what the index keeps of its study.
    blob_key, pixels
        Where the stored instance's bytes are, and its pixel data in them; ``None`` of a study.
    """

    dataset: DataSet
    blob_key: str | None = None
    pixels: Bulk | None = None


def standing_of(uow: UnitOfWork, case: QuarantinedInstance) -> Standing | None:
    """Return what a case can be held against; ``None`` where that is another facility's."""
    found = store.find_standing(uow.session, case.sop_instance_uid)
    if found is not None and found.facility == case.facility:
        layout = read_layout(uow, found.key)
        pixels = None if layout.is_deflated else layout.pixels
        return Standing(read_dataset(uow, found.key), found.stored.blob_key, pixels)
    stated = store.find_own_study(uow.session, case.facility, case.study_instance_uid)
    return None if stated is None else Standing(stated)


def has_same_pixels(
    blobs: BlobStore, case: QuarantinedInstance, scanned: ScannedInstance, standing: Standing
) -> bool | None:
    """Tell whether the pixel data are the same bytes; ``None`` where that cannot be told."""
    arrived, stands = pixel_value(scanned.bulk), standing.pixels
    if arrived is None or stands is None or standing.blob_key is None or scanned.syntax.is_deflated:
        return None
    if arrived.length != stands.length:
        return False
    return all(
        blobs.read(case.blob_key, arrived.offset + at, size)
        == blobs.read(standing.blob_key, stands.offset + at, size)
        for at in range(0, arrived.length, _COMPARED_BYTES)
        for size in [min(_COMPARED_BYTES, arrived.length - at)]
    )


def dismiss(uow: UnitOfWork, case: QuarantinedInstance, by: str) -> QuarantinedInstance:
    """Leave the index as it is; the bytes stay in quarantine.

    Raises
    ------
    CaseDecidedError
        Somebody decided before.
    """
    return _decide(uow, case, QuarantineStatus.DISMISSED, by)


def accept(
    uow: UnitOfWork, case: QuarantinedInstance, scanned: ScannedInstance, by: str
) -> QuarantinedInstance:
    """Let the instance take the place of the stored one, whose bytes become a version.

    Raises
    ------
    CaseDecidedError
        Somebody decided before.
    NotAcceptableVersionError
        It is not other bytes of an instance of the sender's own.
    """
    take_turns_on_studies(uow.session, [case.study_instance_uid])
    decided = _decide(uow, case, QuarantineStatus.ACCEPTED, by)
    standing = store.find_standing(uow.session, case.sop_instance_uid)
    if standing is None or not _may_replace(case, standing):
        raise NotAcceptableVersionError
    stored = StoredFile(case.blob_key, case.sha256, case.size_bytes)
    store.replace(uow.session, standing, scanned, stored, uow.now())
    uow.tell(StudyChanged(case.study_instance_uid, case.facility))
    return decided


def _may_replace(case: QuarantinedInstance, standing: store.StandingInstance) -> bool:
    return (
        case.reason is Verdict.OTHER_BYTES
        and not standing.is_retracted
        and standing.stored.sha256 != case.sha256
        and (
            standing.facility,
            standing.study_instance_uid,
            standing.series_instance_uid,
            standing.patient_id,
        )
        == (case.facility, case.study_instance_uid, case.series_instance_uid, case.patient_id)
    )


def _decide(
    uow: UnitOfWork, case: QuarantinedInstance, status: QuarantineStatus, by: str
) -> QuarantinedInstance:
    if not store.decide(uow.session, case.id, status, uow.now(), by):
        raise CaseDecidedError
    return get(uow, case.facility, case.id)
