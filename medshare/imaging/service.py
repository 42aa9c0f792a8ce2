"""Use cases of imaging once instances are in: search, retrieve, show their metadata."""

from collections.abc import Iterator

from medshare.access.model import Visibility
from medshare.care.model import CareWindows
from medshare.imaging import retrieval, search
from medshare.imaging.ingest import BULK_PREFIX
from medshare.imaging.layout import Layout
from medshare.imaging.model import (
    ImagingQuery,
    Matches,
    Selection,
    StudyNotFoundError,
    StudyRetractedError,
)
from medshare.imaging.retrieval import Found
from medshare.imaging.sight import Sight
from medshare.infra.uow import UnitOfWork


def find_matches(uow: UnitOfWork, query: ImagingQuery, windows: CareWindows) -> Matches:
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
    StudyRetractedError
        It was there, and the caller might have seen it.
    """
    sight = Sight(uow.now(), windows)
    found = retrieval.find(uow.session, selection, visibility, sight)
    if found is None:
        if retrieval.was_retracted(uow.session, selection, visibility, sight):
            raise StudyRetractedError
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
