"""What is kept beside the rows so that they are found at once: names, requests, counts.

Written in the transaction of the rows that it is about.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from medshare.imaging.attributes import DataSet, name_groups, text, values
from medshare.imaging.names import forms_of, name_text
from medshare.imaging.rows import (
    InstanceRow,
    PersonNameFormRow,
    PersonNameRow,
    SeriesRequestRow,
    SeriesRow,
    StudyRow,
)

REQUEST_ATTRIBUTES = "00400275"
REQUEST_COLUMNS: Mapping[str, str] = {
    "00080050": "accession_number",
    "00401001": "requested_procedure_id",
    "00400009": "scheduled_procedure_step_id",
}


def find_or_add_name(session: Session, dataset: DataSet, tag: str) -> int | None:
    """Return the key of the name that an attribute gives, ``None`` when it gives none."""
    written = name_text(name_groups(dataset, tag))
    if not written:
        return None
    of_this_text = select(PersonNameRow.id).where(PersonNameRow.text == written)
    known: int | None = session.scalar(of_this_text)
    if known is not None:
        return known
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    upsert = insert_postgresql if on_postgresql else insert_sqlite
    added: int | None = session.scalar(
        upsert(PersonNameRow)
        .values(text=written)
        .on_conflict_do_nothing()
        .returning(PersonNameRow.id)
    )
    if added is None:  # another study brought it in this very moment
        return session.scalars(of_this_text).one()
    forms = [
        {"name_key": added, "component": str(each.component), "form": each.form}
        for each in forms_of(written)
    ]
    session.execute(insert(PersonNameFormRow), forms)
    return added


def add_requests(session: Session, series_key: int, dataset: DataSet) -> None:
    """Note what the items of a new series' Request Attributes Sequence are matched by."""
    items = [each for each in values(dataset, REQUEST_ATTRIBUTES) if isinstance(each, Mapping)]
    rows = [
        {"series_key": series_key, "position": position}
        | {column: text(item, tag) for tag, column in REQUEST_COLUMNS.items()}
        for position, item in enumerate(items, start=1)
    ]
    if rows:
        session.execute(insert(SeriesRequestRow), rows)


def renew_counts(session: Session, series_keys: Collection[int]) -> None:
    """Count again what a search tells of these series and of their studies.

    What was retracted does not count.
    """
    instances = (
        select(func.count())
        .where(InstanceRow.series_key == SeriesRow.id, InstanceRow.retraction_id.is_(None))
        .correlate(SeriesRow)
        .scalar_subquery()
    )
    session.execute(
        update(SeriesRow)
        .where(SeriesRow.id.in_(series_keys))
        .values(instance_count=instances)
        .execution_options(synchronize_session=False)
    )
    touched = select(SeriesRow.study_key).where(SeriesRow.id.in_(series_keys))
    series = session.execute(
        select(SeriesRow.study_key, SeriesRow.modality, SeriesRow.instance_count).where(
            SeriesRow.study_key.in_(touched)
        )
    )
    by_study: dict[int, list[tuple[str, int]]] = {}
    for study_key, modality, count in series:
        by_study.setdefault(study_key, []).append((modality, count))
    for study_key, counted in by_study.items():
        present = [(modality, count) for modality, count in counted if count]
        session.execute(
            update(StudyRow)
            .where(StudyRow.id == study_key)
            .values(
                series_count=len(present),
                instance_count=sum(count for _modality, count in present),
                modalities=" ".join(sorted({each for each, _count in present if each})),
            )
            .execution_options(synchronize_session=False)
        )
