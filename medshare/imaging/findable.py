"""What is kept beside the rows so that they are found at once: names, requests, counts.

Written in the transaction of the rows that it is about.
"""

from collections.abc import Collection, Mapping
from typing import cast

from sqlalchemy import Table, bindparam, func, select, update
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
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed, Insertion, Wire

REQUEST_ATTRIBUTES = "00400275"
REQUEST_COLUMNS: Mapping[str, str] = {
    "00080050": "accession_number",
    "00401001": "requested_procedure_id",
    "00400009": "scheduled_procedure_step_id",
}
_NAME_KEY = Fixed(select(PersonNameRow.id).where(PersonNameRow.text == bindparam("text")))
_ADD_NAME = Insertion(cast("Table", PersonNameRow.__table__), skips_known=True)
_ADD_FORMS = Insertion(cast("Table", PersonNameFormRow.__table__))
_ADD_REQUESTS = Insertion(cast("Table", SeriesRequestRow.__table__))
_COUNT_INSTANCES = Fixed(
    update(SeriesRow)
    .where(SeriesRow.id == bindparam("series_key"))
    .values(
        instance_count=select(func.count())
        .where(
            InstanceRow.series_key == bindparam("series_key"), InstanceRow.retraction_id.is_(None)
        )
        .scalar_subquery()
    )
)
_ADD_TO_SERIES = Fixed(
    update(SeriesRow)
    .where(SeriesRow.id == bindparam("series_key"))
    .values(instance_count=SeriesRow.instance_count + bindparam("added"))
    .returning(SeriesRow.study_key, SeriesRow.instance_count)
)
_ADD_TO_STUDY = Fixed(
    update(StudyRow)
    .where(StudyRow.id == bindparam("study_key"))
    .values(instance_count=StudyRow.instance_count + bindparam("added"))
)
_STUDY_KEY = Fixed(select(SeriesRow.study_key).where(SeriesRow.id == bindparam("series_key")))
_SERIES_OF = Fixed(
    select(SeriesRow.modality, SeriesRow.instance_count).where(
        SeriesRow.study_key == bindparam("study_key")
    )
)
_COUNT_SERIES = Fixed(
    update(StudyRow)
    .where(StudyRow.id == bindparam("study_key"))
    .values(
        series_count=bindparam("series"),
        instance_count=bindparam("instances"),
        modalities=bindparam("present"),
    )
)


def find_or_add_name(session: Session, dataset: DataSet, tag: str) -> int | None:
    """Return the key of the name that an attribute gives, ``None`` when it gives none."""
    written = name_text(name_groups(dataset, tag))
    if not written:
        return None
    connection = wire_of(session)
    known = _NAME_KEY.first(connection, text=written)
    if known is not None:
        return int(known[0])
    added = _ADD_NAME.key_if_new(connection, {"text": written})
    if added is None:  # another study brought it in this very moment
        return int(_NAME_KEY.rows(connection, text=written)[0][0])
    forms = [
        {"name_key": added, "component": str(each.component), "form": each.form}
        for each in forms_of(written)
    ]
    _ADD_FORMS.run(connection, forms)
    return added


def add_requests(session: Session, series_key: int, dataset: DataSet) -> None:
    """Note what the items of a new series' Request Attributes Sequence are matched by."""
    items = [each for each in values(dataset, REQUEST_ATTRIBUTES) if isinstance(each, Mapping)]
    rows = [
        {"series_key": series_key, "position": position}
        | {column: text(item, tag) for tag, column in REQUEST_COLUMNS.items()}
        for position, item in enumerate(items, start=1)
    ]
    _ADD_REQUESTS.run(wire_of(session), rows)


def renew_counts(session: Session, series_keys: Collection[int]) -> None:
    """Count again what a search tells of these series and of their studies.

    What was retracted does not count.
    """
    connection = wire_of(session)
    studies: set[int] = set()
    for series_key in sorted(series_keys):
        _COUNT_INSTANCES.run(connection, series_key=series_key)
        studies.update(key for (key,) in _STUDY_KEY.rows(connection, series_key=series_key))
    for study_key in sorted(studies):
        _count_series(connection, study_key)


def add_to_counts(session: Session, added: Mapping[int, int]) -> None:
    """Add new instances, by series, to what a search tells of these series and their studies."""
    connection = wire_of(session)
    begun: set[int] = set()
    for series_key, count in sorted(added.items()):
        found = _ADD_TO_SERIES.first(connection, series_key=series_key, added=count)
        study_key, counted = found
        if counted == count:  # its first: the study has a series more, perhaps a modality
            begun.add(study_key)
        else:
            _ADD_TO_STUDY.run(connection, study_key=study_key, added=count)
    for study_key in sorted(begun):
        _count_series(connection, study_key)


def _count_series(connection: Wire, study_key: int) -> None:
    """Sum up what a study's series hold."""
    series = _SERIES_OF.rows(connection, study_key=study_key)
    present = [(modality, count) for modality, count in series if count]
    _COUNT_SERIES.run(
        connection,
        study_key=study_key,
        series=len(present),
        instances=sum(count for _modality, count in present),
        present=" ".join(sorted({each for each, _count in present if each})),
    )
