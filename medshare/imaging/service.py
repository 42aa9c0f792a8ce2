"""Use cases of imaging once instances are in: search, retrieve, show their metadata."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

import orjson

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.imaging import (
    attachment,
    availability,
    identity,
    metadata,
    opening,
    people,
    retrieval,
    search,
    store,
)
from medshare.imaging.availability import AttachedDocument
from medshare.imaging.excerpts import line
from medshare.imaging.known import Described
from medshare.imaging.layout import Layout
from medshare.imaging.metadata import PieceMark
from medshare.imaging.model import (
    ImagingQuery,
    Matches,
    Selection,
    StudyNotFoundError,
    StudyRetractedError,
)
from medshare.imaging.opening import Opening
from medshare.imaging.projection import Path, projected
from medshare.imaging.rendering.reading import DataSet
from medshare.imaging.retrieval import Found, Seen
from medshare.imaging.sight import Sight
from medshare.infra.deflate import Piece
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.errors import MedshareError
from medshare.kernel.identifiers import ExamId, FacilityCode


def find_matches(uow: UnitOfWork, query: ImagingQuery, windows: CareWindows) -> Matches:
    """Answer a search: one page of matches, and how many remain behind it."""
    return search.search(uow.session, query, Sight(uow.now(), windows))


def add_fields(uow: UnitOfWork, matches: Matches, paths: Sequence[Path], base: str) -> None:
    """Add to instances what the index does not keep, read from their metadata."""
    keys = [each.instance_key for each in matches.page]
    found = metadata.described(uow.session, keys)
    for match, each in zip(matches.page, found, strict=True):
        fields = projected(orjson.loads(each.addressed(base)), paths)
        known = {line_[1:9] for line_ in match.lines}
        match.lines.extend(
            line(tag, element) for tag, element in fields.items() if tag.encode() not in known
        )


def find_people(uow: UnitOfWork, query: ImagingQuery, windows: CareWindows) -> Matches:
    """Answer a search for patients: one match for each person of whom a study is found."""
    return people.search_people(uow.session, query, Sight(uow.now(), windows))


def find_instances(
    uow: UnitOfWork,
    selection: Selection,
    visibility: Visibility,
    windows: CareWindows,
    *,
    with_layouts: bool = False,
) -> Found:
    """Return the instances that a selection names, and with them their layouts if these are wanted.

    Raises
    ------
    StudyNotFoundError
        Nothing is there, or nothing that may be seen.
    StudyRetractedError
        It was there, and the caller might have seen it.
    """
    sight = Sight(uow.now(), windows)
    found = retrieval.find(uow.session, selection, visibility, sight, with_layouts=with_layouts)
    if found is None:
        raise _missing(uow, selection, visibility, sight)
    return found


def see_study(
    uow: UnitOfWork, selection: Selection, visibility: Visibility, windows: CareWindows
) -> Seen:
    """Return the study of a selection without its instances.

    Raises
    ------
    StudyNotFoundError
        Nothing is there, or nothing that may be seen.
    StudyRetractedError
        It was there, and the caller might have seen it.
    """
    sight = Sight(uow.now(), windows)
    seen = retrieval.see(uow.session, selection, visibility, sight)
    if seen is None or not seen.instance_count:
        raise _missing(uow, selection, visibility, sight)
    return seen


def open_study(
    uow: UnitOfWork, study_instance_uid: str, visibility: Visibility, windows: CareWindows
) -> Opening:
    """Return what a viewer opens a study with.

    Raises
    ------
    StudyNotFoundError
        Nothing is there, or nothing that may be seen.
    StudyRetractedError
        It was there, and the caller might have seen it.
    """
    sight = Sight(uow.now(), windows)
    opened = opening.open_study(uow.session, study_instance_uid, visibility, sight)
    if opened is None:
        raise _missing(uow, Selection(study_instance_uid), visibility, sight)
    return opened


def _missing(
    uow: UnitOfWork, selection: Selection, visibility: Visibility, sight: Sight
) -> MedshareError:
    """Return why nothing is to be had: retracted, where the caller might have seen it."""
    if retrieval.was_retracted(uow.session, selection, visibility, sight):
        return StudyRetractedError()
    return StudyNotFoundError()


def read_datasets(uow: UnitOfWork, found: Found, base: str) -> Iterator[bytes]:
    """Yield each instance's DICOM JSON, its BulkDataURIs as addresses below ``base``."""
    keys = [each.id for each in found.instances]
    return (each.addressed(base) for each in metadata.described(uow.session, keys))


def read_identity(
    uow: UnitOfWork, study_instance_uid: str, subject: Subject | None, asker: FacilityCode | None
) -> Mapping[str, Mapping[str, object]]:
    """Return whose number a study's Patient ID is, and the asker's own numbers of its person."""
    stated = store.find_claim(uow.session, study_instance_uid)
    if stated is None:
        raise StudyNotFoundError
    claim, _links = stated
    numbers: Sequence[identity.Number] = ()
    if subject is not None and subject.patient_id is not None and asker is not None:
        found = identity.own_numbers(uow.session, asker, [subject.patient_id])
        numbers = found.get(subject.patient_id, ())
    own = (claim.patient_identifier_system, claim.patient_id)
    return {
        identity.QUALIFIERS: identity.qualifiers_of(own[0]),
        identity.OTHER_IDS: identity.other_ids(numbers, own),
    }


def read_marks(uow: UnitOfWork, selection: Selection) -> Sequence[PieceMark]:
    """Return what the metadata of a study or a series stand in, without it."""
    study, series = selection.study_instance_uid, selection.series_instance_uid
    return metadata.marks(uow.session, study, series)


def read_pieces(uow: UnitOfWork, selection: Selection) -> Sequence[Piece]:
    """Return the metadata of a study or a series, ready to be joined."""
    study, series = selection.study_instance_uid, selection.series_instance_uid
    return metadata.pieces(uow.session, study, series)


def read_layout(uow: UnitOfWork, instance_key: int) -> Layout:
    """Return where an instance's bulk values and frames stand."""
    return retrieval.layout(uow.session, instance_key)


def read_described(uow: UnitOfWork, instance_key: int) -> Described:
    """Return an instance's metadata, its bulk values without addresses, and their layout."""
    dataset, layout = retrieval.described(uow.session, instance_key)
    return Described(orjson.loads(dataset), layout, len(dataset))


def exams_with_images(uow: UnitOfWork, exam_ids: Collection[ExamId]) -> frozenset[ExamId]:
    """Return of which exams the images themselves can be had."""
    return availability.exams_with_images(uow.session, exam_ids)


def exams_with_pictures(uow: UnitOfWork, exam_ids: Collection[ExamId]) -> frozenset[ExamId]:
    """Return which exams hold images proper, not documents and waveforms alone."""
    return availability.exams_with_pictures(uow.session, exam_ids)


def documents_in(uow: UnitOfWork, study_instance_uid: str) -> Sequence[AttachedDocument]:
    """Return the reports, documents and waveforms among a study's instances."""
    return availability.documents_in(uow.session, study_instance_uid)


def documents_of(uow: UnitOfWork, exam_id: ExamId) -> Sequence[AttachedDocument]:
    """Return the reports, documents and waveforms among an exam's instances."""
    return availability.documents_of(uow.session, exam_id)


def studies_with_images(uow: UnitOfWork, exam_id: ExamId) -> frozenset[str]:
    """Return which of an exam's studies hold images, by their UIDs."""
    return availability.studies_with_images(uow.session, exam_id)


def exam_of(uow: UnitOfWork, study_instance_uid: str) -> ExamId | None:
    """Return the exam that a study is attached to, retracted or not."""
    return availability.exam_of(uow.session, study_instance_uid)


def subject_of(uow: UnitOfWork, study_instance_uid: str) -> Subject | None:
    """Return whose a study is now, retracted or not; ``None`` while nobody's."""
    study = store.find_study(uow.session, study_instance_uid)
    if study is None or study.record_id is None:
        return None
    return attachment.subject_of(uow, study.record_id)


def read_dataset(uow: UnitOfWork, instance_key: int) -> DataSet:
    """Return one instance's metadata as they stand in the index."""
    (described,) = metadata.described(uow.session, [instance_key])
    return cast("DataSet", orjson.loads(described.addressed("")))
