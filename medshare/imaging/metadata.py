"""Metadata as they are sent: the data sets of a series in few deflated pieces, kept at ingest.

A request for metadata joins pieces; it parses, sorts and compresses nothing. The pieces are a copy:
where they are not complete, the metadata of the single instances stand in.

References
----------
DICOM PS3.18 section 10.4.1.1.2; Annex F.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from medshare.imaging.layout import inflate
from medshare.imaging.retrieval import LAST_NUMBER, NEVER
from medshare.imaging.rows import (
    InstanceMetadataRow,
    InstanceRow,
    SeriesMetadataRow,
    SeriesRow,
    StudyRow,
)
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, Insertion
from medshare.infra.deflate import Piece, continued, deflate
from medshare.infra.statements import Statements, padded

BULK_PREFIX = "urn:medshare:bulk:"
PIECE_MAX_BYTES = 1 << 16
CHUNK = 200
STATEMENTS = Statements(LAST_NUMBER)
_MARKER = f'"BulkDataURI":"{BULK_PREFIX}'.encode()


@dataclass(frozen=True, slots=True)
class Described:
    """An instance and its DICOM JSON, whose BulkDataURIs begin with ``BULK_PREFIX``."""

    series_key: int
    instance_key: int
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    dataset: bytes

    def addressed(self, base: str) -> bytes:
        """Return the data set with its BulkDataURIs as addresses below the DICOMweb root."""
        address = (
            f'"BulkDataURI":"{base}/studies/{self.study_instance_uid}'
            f"/series/{self.series_instance_uid}/instances/{self.sop_instance_uid}/bulkdata/"
        )
        return self.dataset.replace(_MARKER, address.encode())


@dataclass(frozen=True, slots=True)
class PieceMark:
    """What tells one state of a piece from another, without its content."""

    id: int
    base: str
    instance_count: int
    crc32: int
    raw_bytes: int


def append(session: Session, instances: Iterable[Described], base: str) -> None:
    """Add the metadata of new instances to their series' pieces.

    Parameters
    ----------
    base
        The address of the DICOMweb root, under which BulkDataURIs are written.
    """
    ordered = sorted(instances, key=attrgetter("series_key"))
    for series_key, added in groupby(ordered, key=attrgetter("series_key")):
        _append_to(session, series_key, list(added), base)


def rebuild(session: Session, series_keys: Collection[int]) -> None:
    """Write the pieces of series anew: instances were taken out, brought back or replaced."""
    row = SeriesMetadataRow
    written = session.execute(
        delete(row)
        .where(row.series_key.in_(series_keys))
        .returning(row.series_key, row.base)
        .execution_options(synchronize_session=False)
    )
    for series_key, base in dict(written.all()).items():
        live = select(InstanceRow.id).where(
            InstanceRow.series_key == series_key, InstanceRow.retraction_id.is_(None)
        )
        keys = session.scalars(live.order_by(InstanceRow.id)).all()
        append(session, described(session, keys), base)


def described(session: Session, keys: Sequence[int]) -> Iterator[Described]:
    """Yield instances with their DICOM JSON, in the order of their keys given."""
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        asked = {f"instance_{n}": each for n, each in enumerate(padded(chunk))}
        shape = ("described", len(asked))
        rows = STATEMENTS.rows(session, shape, partial(_described, asked), asked, NEVER)
        found = {
            key: Described(series_key, key, study, series, instance, inflate(dataset))
            for series_key, key, study, series, instance, dataset in rows
        }
        yield from (found[key] for key in chunk)


def marks(session: Session, study_uid: str, series_uid: str | None) -> Sequence[PieceMark]:
    """Return the marks of a study's or a series' pieces, in the order in which they are sent."""
    row = SeriesMetadataRow
    columns = (row.id, row.base, row.instance_count, row.crc32, row.raw_bytes)
    return [PieceMark(*each) for each in _rows(session, "marks", columns, study_uid, series_uid)]


def pieces(session: Session, study_uid: str, series_uid: str | None) -> Sequence[Piece]:
    """Return a study's or a series' pieces, in the same order."""
    row = SeriesMetadataRow
    columns = (row.deflated, row.crc32, row.raw_bytes)
    return [Piece(*each) for each in _rows(session, "pieces", columns, study_uid, series_uid)]


def are_complete(found: Sequence[PieceMark], instances: int) -> bool:
    """Tell whether pieces hold the metadata of so many instances."""
    return sum(each.instance_count for each in found) == instances


@dataclass(frozen=True, slots=True)
class _LastPiece:
    id: int
    base: str
    instance_count: int
    last_instance_key: int
    crc32: int
    raw_bytes: int
    deflated: bytes


_LAST_PIECE = Fixed(
    select(*(getattr(SeriesMetadataRow, each.name) for each in fields(_LastPiece)))
    .where(SeriesMetadataRow.series_key == bindparam("series_key"))
    .order_by(SeriesMetadataRow.id.desc())
    .limit(1)
)
_ADD_PIECE = Insertion(cast("Table", SeriesMetadataRow.__table__))


def _append_to(session: Session, series_key: int, added: Sequence[Described], base: str) -> None:
    text = b",".join(each.addressed(base) for each in added)
    row = _LAST_PIECE.first(wire_of(session), series_key=series_key)
    last = None if row is None else _LastPiece(*row)
    now: Mapping[str, object] = {"last_instance_key": added[-1].instance_key}
    if last is None or last.base != base or len(last.deflated) > PIECE_MAX_BYTES:
        values = {**now, **_values(deflate(text)), "instance_count": len(added)}
        _ADD_PIECE.run(wire_of(session), [{"series_key": series_key, "base": base, **values}])
        return
    (before,) = described(session, [last.last_instance_key])
    following = deflate(b"," + text, before.addressed(base))
    longer = continued(Piece(last.deflated, last.crc32, last.raw_bytes), following)
    values = {**now, **_values(longer), "instance_count": last.instance_count + len(added)}
    session.execute(
        update(SeriesMetadataRow)
        .where(SeriesMetadataRow.id == last.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _values(piece: Piece) -> dict[str, object]:
    return {"deflated": piece.deflated, "crc32": piece.crc32, "raw_bytes": piece.raw_bytes}


def _described(asked: Collection[str]) -> Select[Any]:
    columns: list[Any] = [
        InstanceRow.series_key,
        InstanceRow.id,
        StudyRow.study_instance_uid,
        SeriesRow.series_instance_uid,
        InstanceRow.sop_instance_uid,
        InstanceMetadataRow.dataset,
    ]
    return (
        select(*columns)
        .join(SeriesRow, SeriesRow.id == InstanceRow.series_key)
        .join(StudyRow, StudyRow.id == SeriesRow.study_key)
        .join(InstanceMetadataRow, InstanceMetadataRow.instance_key == InstanceRow.id)
        .where(InstanceRow.id.in_([bindparam(each) for each in asked]))
    )


def _rows(
    session: Session, what: str, columns: Sequence[Any], study_uid: str, series_uid: str | None
) -> Sequence[Any]:
    values = {"study": study_uid} | ({} if series_uid is None else {"series": series_uid})

    def build() -> Select[Any]:
        statement = (
            select(*columns)
            .join(SeriesRow, SeriesRow.id == SeriesMetadataRow.series_key)
            .join(StudyRow, StudyRow.id == SeriesRow.study_key)
            .where(StudyRow.study_instance_uid == bindparam("study"))
            .order_by(
                func.coalesce(SeriesRow.series_number, LAST_NUMBER),
                SeriesRow.id,
                SeriesMetadataRow.id,
            )
        )
        if series_uid is None:
            return statement
        return statement.where(SeriesRow.series_instance_uid == bindparam("series"))

    return STATEMENTS.rows(session, (what, *values), build, values, NEVER)
