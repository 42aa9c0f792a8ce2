"""Taking instances in: scan, make durable, judge, index.

The steps are separate so that no transaction is open while bytes arrive, and the one that is
opened at the end is short.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medshare.facilities.model import CharsetPolicy, Sender
from medshare.imaging import attachment, quarantine_store, store
from medshare.imaging.attributes import text
from medshare.imaging.facts import StudyStored
from medshare.imaging.metadata import BULK_PREFIX
from medshare.imaging.model import (
    Candidate,
    InstanceHolding,
    StoredFile,
    StudyArrived,
    StudyClaim,
    StudyHolding,
    Verdict,
    judge,
)
from medshare.imaging.part10 import HEAD_BYTES, leaves_as_it_stands
from medshare.imaging.quarantine_store import KeptOutInstance
from medshare.imaging.refusals import Refusal
from medshare.imaging.repeats import Repeats
from medshare.imaging.scanner import ScannedInstance, scan_buffer
from medshare.infra.blobs import make_key
from medshare.infra.spool import SpooledPart
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import RecordId, StudyInstanceUid
from medshare.kernel.ports import BlobStore, SpooledFile

NAMESPACE = "dicom"


@dataclass(frozen=True, slots=True)
class Received:
    """An instance that arrived whole, on disk, and what its scan said.

    ``crc32`` as of a ``StoredFile``.
    """

    path: Path
    sha256: str
    size_bytes: int
    scanned: ScannedInstance | Refusal
    crc32: int | None = None
    is_synced: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """An instance that is durable and indexed, and whose it is."""

    scanned: ScannedInstance
    subject: Subject | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class KeptOut:
    """An instance that could be read and is not indexed, and why; its bytes are quarantined."""

    scanned: ScannedInstance
    verdict: Verdict


Outcome = Kept | KeptOut | Refusal


@dataclass(frozen=True, slots=True)
class Arrival:
    """An instance that arrived whole and was scanned, while it may still be on its way to disk."""

    part: SpooledPart
    scanned: ScannedInstance | Refusal
    keeps_head: bool

    def received(self) -> Received:
        """Return the instance once it is on disk.

        Raises
        ------
        StorageFullError
            There is no room for it.
        """
        part = self.part
        part.wait()
        crc32 = part.crc32 if self.keeps_head else None
        return Received(
            part.path, part.sha256, part.size_bytes, self.scanned, crc32, part.is_synced
        )


def receive(
    part: SpooledPart,
    *,
    policy: CharsetPolicy = CharsetPolicy.DETECT,
    repeats: Repeats | None = None,
) -> Arrival:
    """Scan an instance that was spooled whole; no transaction is open."""
    with part.content() as data:
        scanned = scan_buffer(data, bulk_uri=bulk_uri, policy=policy, repeats=repeats)
        return Arrival(part, scanned, leaves_as_it_stands(data[:HEAD_BYTES]))


def bulk_uri(uids: object, path: str) -> str:
    """Make the BulkDataURI under which metadata are kept; the address is put in when they leave."""
    del uids
    return BULK_PREFIX + path


def make_durable(blobs: BlobStore, received: Sequence[Received]) -> None:
    """Put the bytes of every readable instance into the blob store, durable on return.

    What is not indexed afterwards is an orphan that a sweep removes; an index entry without its
    bytes cannot come about.
    """
    readable = [each for each in received if isinstance(each.scanned, ScannedInstance)]
    blobs.put_files(
        [
            SpooledFile(make_key(NAMESPACE, each.sha256), each.path, each.is_synced)
            for each in readable
        ]
    )


def index(
    uow: UnitOfWork, sender: Sender, received: Sequence[Received], base: str
) -> list[Outcome]:
    """Judge each instance against the index and insert those that are new, in one transaction.

    Parameters
    ----------
    base
        The address of the DICOMweb root, below which bulk data are found.

    Raises
    ------
    StoredMeanwhileError
        Another request stored one of them in the same moment; the whole may be sent again.
    """
    scans = [each.scanned for each in received if isinstance(each.scanned, ScannedInstance)]
    store.take_turns_on_studies(uow.session, [each.uids.study_instance_uid for each in scans])
    known = store.find_instances(uow.session, [each.uids.sop_instance_uid for each in scans])
    indexing = _Indexing(uow, sender, known, base)
    outcomes = [indexing.take(each) for each in received]
    indexing.write()
    return outcomes


class _Indexing:
    """One request's way into the index: what it has looked up it remembers, and writes at once.

    Parameters
    ----------
    known
        Those of its instances that are indexed already, by SOP Instance UID.
    """

    def __init__(
        self, uow: UnitOfWork, sender: Sender, known: dict[str, InstanceHolding], base: str
    ) -> None:
        self._base = base
        self._uow = uow
        self._sender = sender
        self._facility = sender.facility
        self._known = known
        self._studies: dict[str, StudyHolding | None] = {}
        self._series: dict[tuple[int, str], int] = {}
        self._subjects: dict[RecordId, Subject] = {}
        self._fresh: list[store.NewInstance] = []
        self._arrivals: Counter[StudyInstanceUid] = Counter()
        self._begun: set[StudyInstanceUid] = set()
        self._unattached: list[StudyArrived] = []
        self._sent_again: list[int] = []
        self._kept_out: list[KeptOutInstance] = []

    def take(self, received: Received) -> Outcome:
        """Judge one instance and keep it for ``write``."""
        scanned = received.scanned
        if isinstance(scanned, Refusal):
            return scanned
        study = self._study(scanned)
        known = self._known.get(scanned.uids.sop_instance_uid)
        patient_id = text(scanned.dataset, "00100020")
        verdict = judge(Candidate(self._facility, patient_id, received.sha256), study, known)
        if verdict not in (Verdict.NEW, Verdict.KNOWN):
            self._keep_out(received, scanned, verdict)
            return KeptOut(scanned, verdict)
        if verdict is Verdict.NEW:
            study = study or self._begin_study(scanned)
            self._add(study, scanned, received)
        elif known is not None and known.id is not None:
            self._sent_again.append(known.id)
        return Kept(scanned, self._subject(study), fresh=verdict is Verdict.NEW)

    def write(self) -> None:
        """Insert what is new, note who sent what was there, and tell of it."""
        now = self._uow.now()
        quarantine_store.add(self._uow.session, self._kept_out, now)
        keys = store.add_instances(self._uow.session, self._fresh, self._base, now)
        store.add_holders(self._uow.session, [*keys, *self._sent_again], self._facility, now)
        stored = (StudyStored(uid, self._facility, n) for uid, n in self._arrivals.items())
        self._uow.tell_all([*self._unattached, *stored])

    def _study(self, scanned: ScannedInstance) -> StudyHolding | None:
        uid = scanned.uids.study_instance_uid
        if uid not in self._studies:
            self._studies[uid] = store.find_study(self._uow.session, uid)
        return self._studies[uid]

    def _begin_study(self, scanned: ScannedInstance) -> StudyHolding:
        claim = StudyClaim(
            facility=self._facility,
            patient_identifier_system=self._sender.patient_identifier_system,
            patient_id=text(scanned.dataset, "00100020"),
            accession_number=text(scanned.dataset, "00080050"),
            study_instance_uid=scanned.uids.study_instance_uid,
        )
        links = attachment.find_links(self._uow, claim)
        key = store.add_study(self._uow.session, scanned, claim, links, self._uow.now())
        if links.record_id is None or links.exam_id is None:
            self._unattached.append(StudyArrived(claim.study_instance_uid))
        self._begun.add(claim.study_instance_uid)
        study = StudyHolding(key, claim.facility, claim.patient_id, links.record_id)
        self._studies[claim.study_instance_uid] = study
        return study

    def _add(self, study: StudyHolding, scanned: ScannedInstance, received: Received) -> None:
        place = (study.id, scanned.uids.series_instance_uid)
        if place not in self._series:
            self._series[place] = self._find_or_add_series(study, scanned)
        self._fresh.append(store.NewInstance(self._series[place], scanned, _stored(received)))
        self._arrivals[scanned.uids.study_instance_uid] += 1
        self._known[scanned.uids.sop_instance_uid] = InstanceHolding(None, received.sha256)

    def _find_or_add_series(self, study: StudyHolding, scanned: ScannedInstance) -> int:
        uids, session = scanned.uids, self._uow.session
        if uids.study_instance_uid not in self._begun:
            known = store.find_series(session, study.id, uids.series_instance_uid)
            if known is not None:
                return known
        return store.add_series(session, study.id, scanned)

    def _keep_out(self, received: Received, scanned: ScannedInstance, verdict: Verdict) -> None:
        """Quarantine what is not indexed; bytes that were retracted are kept already."""
        known = self._known.get(scanned.uids.sop_instance_uid)
        if known is not None and known.sha256 == received.sha256:
            return
        self._kept_out.append(
            KeptOutInstance(
                id=self._uow.new_key(),
                facility=self._facility,
                reason=verdict,
                scanned=scanned,
                patient_id=text(scanned.dataset, "00100020"),
                stored=_stored(received),
            )
        )

    def _subject(self, study: StudyHolding | None) -> Subject | None:
        """Return whose an instance is, if its study is the sender's own and attached."""
        if study is None or study.facility != self._facility or study.record_id is None:
            return None
        if study.record_id not in self._subjects:
            self._subjects[study.record_id] = attachment.subject_of(self._uow, study.record_id)
        return self._subjects[study.record_id]


def _stored(received: Received) -> StoredFile:
    blob_key = make_key(NAMESPACE, received.sha256)
    return StoredFile(blob_key, received.sha256, received.size_bytes, received.crc32)
