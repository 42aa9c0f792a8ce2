"""The tables of imaging.

Matched attributes have columns; what a search returns stands beside them as one excerpt a level,
so that an answer is assembled without touching a file. An excerpt is lines, one an attribute, as
``medshare.imaging.excerpts`` writes and reads them. What would have to be counted at every search
is kept with its parent and renewed in the transaction that changes it.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Instant, Row

Key = BigInteger().with_variant(Integer, "sqlite")
_NEWEST = ("study_date", "study_time", "study_instance_uid")
_IS_SHOWN = sql_text("retraction_id IS NULL")


class StudyRow(Row):
    """A study, its patient as the sender named them, and what it is attached to.

    The indexes by age hold whose each study is, and none that was retracted: a facility's studies
    are counted and skipped without a look at their rows.
    """

    __tablename__ = "studies"
    __table_args__ = (
        Index("ix_studies_patient", "patient_id", "patient_identifier_system"),
        Index(
            "ix_studies_newest",
            *_NEWEST,
            "facility_code",
            sqlite_where=_IS_SHOWN,
            postgresql_where=_IS_SHOWN,
        ),
        Index(
            "ix_studies_newest_of_facility",
            "facility_code",
            *_NEWEST,
            sqlite_where=_IS_SHOWN,
            postgresql_where=_IS_SHOWN,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    record_id: Mapped[str | None] = mapped_column(ForeignKey("patient_records.id"), index=True)
    exam_id: Mapped[str | None] = mapped_column(ForeignKey("exams.id"), index=True)
    patient_identifier_system: Mapped[str] = mapped_column(String(200))
    patient_id: Mapped[str] = mapped_column(Text)
    patient_name_key: Mapped[int | None] = mapped_column(ForeignKey("person_names.id"), index=True)
    patient_birth_date: Mapped[str] = mapped_column(Text)
    patient_sex: Mapped[str] = mapped_column(Text)
    issuer_of_patient_id: Mapped[str] = mapped_column(Text)
    study_date: Mapped[str] = mapped_column(Text)
    study_time: Mapped[str] = mapped_column(Text)
    accession_number: Mapped[str] = mapped_column(Text, index=True)
    referring_name_key: Mapped[int | None] = mapped_column(
        ForeignKey("person_names.id"), index=True
    )
    study_id: Mapped[str] = mapped_column(Text)
    study_description: Mapped[str] = mapped_column(Text)
    series_count: Mapped[int] = mapped_column(server_default="0")
    instance_count: Mapped[int] = mapped_column(server_default="0")
    modalities: Mapped[str] = mapped_column(Text, server_default="")
    excerpt: Mapped[bytes]
    stored_at: Mapped[datetime] = mapped_column(Instant)
    retraction_id: Mapped[str | None] = mapped_column(ForeignKey("retractions.id"))


class PersonNameRow(Row):
    """A name as studies give it, once however many of them do.

    ``text`` is its folded component groups, joined by ``=``.
    """

    __tablename__ = "person_names"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    text: Mapped[str] = mapped_column(Text, unique=True)


class PersonNameFormRow(Row):
    """A form under which a name is found, and the component that it stands for.

    Stands by its form: a search reads forms, whether one, those that begin alike or all of them.
    """

    __tablename__ = "person_name_forms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    form: Mapped[str] = mapped_column(Text, primary_key=True)
    component: Mapped[str] = mapped_column(String(16), primary_key=True)
    name_key: Mapped[int] = mapped_column(ForeignKey("person_names.id"), primary_key=True)


class SeriesRow(Row):
    """A series."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_key", "series_instance_uid"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    study_key: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    series_instance_uid: Mapped[str] = mapped_column(String(64), index=True)
    modality: Mapped[str] = mapped_column(Text)
    series_number: Mapped[int | None] = mapped_column(BigInteger)
    series_description: Mapped[str] = mapped_column(Text)
    body_part_examined: Mapped[str] = mapped_column(Text)
    laterality: Mapped[str] = mapped_column(Text)
    performed_procedure_step_start_date: Mapped[str] = mapped_column(Text)
    performed_procedure_step_start_time: Mapped[str] = mapped_column(Text)
    instance_count: Mapped[int] = mapped_column(server_default="0")
    excerpt: Mapped[bytes]
    retraction_id: Mapped[str | None] = mapped_column(ForeignKey("retractions.id"))


class SeriesRequestRow(Row):
    """An item of a series' Request Attributes Sequence, as far as it is matched."""

    __tablename__ = "series_requests"

    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    accession_number: Mapped[str] = mapped_column(Text, index=True)
    requested_procedure_id: Mapped[str] = mapped_column(Text, index=True)
    scheduled_procedure_step_id: Mapped[str] = mapped_column(Text, index=True)


class SeriesMetadataRow(Row):
    """The metadata of some of a series' instances in one piece, ready to be sent.

    ``deflated`` is raw deflate that ends on a byte and may be continued; ``crc32`` and
    ``raw_bytes`` are of what it inflates to: data sets separated by commas, with BulkDataURIs
    below ``base``. ``last_instance_key`` names the last of them.
    """

    __tablename__ = "series_metadata"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    base: Mapped[str] = mapped_column(Text)
    instance_count: Mapped[int]
    last_instance_key: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    crc32: Mapped[int] = mapped_column(BigInteger)
    raw_bytes: Mapped[int] = mapped_column(BigInteger)
    deflated: Mapped[bytes]


class InstanceRow(Row):
    """An instance, where its bytes are and how they were sent."""

    __tablename__ = "instances"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    series_key: Mapped[int] = mapped_column(ForeignKey("series.id"), index=True)
    sop_instance_uid: Mapped[str] = mapped_column(String(64), unique=True)
    sop_class_uid: Mapped[str] = mapped_column(String(64))
    transfer_syntax_uid: Mapped[str] = mapped_column(String(64))
    instance_number: Mapped[int | None] = mapped_column(BigInteger)
    number_of_frames: Mapped[int | None] = mapped_column(BigInteger)
    rows: Mapped[int | None] = mapped_column(Integer)
    columns: Mapped[int | None] = mapped_column(Integer)
    bits_allocated: Mapped[int | None] = mapped_column(Integer)
    excerpt: Mapped[bytes]
    blob_key: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    crc32: Mapped[int | None] = mapped_column(BigInteger)
    warnings: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime] = mapped_column(Instant)
    retraction_id: Mapped[str | None] = mapped_column(ForeignKey("retractions.id"))


class InstanceMetadataRow(Row):
    """What is only read with one instance in hand: its metadata, bulk values and frames.

    ``dataset`` is DICOM JSON and ``layout`` the JSON of bulk values and frames, both deflated.
    """

    __tablename__ = "instance_metadata"

    instance_key: Mapped[int] = mapped_column(ForeignKey("instances.id"), primary_key=True)
    dataset: Mapped[bytes]
    layout: Mapped[bytes]


class InstanceHolderRow(Row):
    """A facility that sent the very same bytes."""

    __tablename__ = "instance_holders"

    instance_key: Mapped[int] = mapped_column(ForeignKey("instances.id"), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(Instant)


class InstanceVersionRow(Row):
    """The bytes that an instance had until its facility accepted others in their place."""

    __tablename__ = "instance_versions"

    instance_key: Mapped[int] = mapped_column(ForeignKey("instances.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    blob_key: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    stored_at: Mapped[datetime] = mapped_column(Instant)
    replaced_at: Mapped[datetime] = mapped_column(Instant)


class QuarantinedInstanceRow(Row):
    """An instance that was kept out of the index: its bytes, its sender, why, what was decided."""

    __tablename__ = "quarantined_instances"
    __table_args__ = (
        UniqueConstraint("sop_instance_uid", "facility_code", "sha256"),
        Index("ix_quarantined_instances_waiting", "facility_code", "status", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    reason: Mapped[str] = mapped_column(String(32))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    series_instance_uid: Mapped[str] = mapped_column(String(64))
    sop_instance_uid: Mapped[str] = mapped_column(String(64))
    sop_class_uid: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[str] = mapped_column(Text)
    blob_key: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[str] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(String(200))


class RetractionRow(Row):
    """A facility's withdrawal of a study, a series or an instance; what it holds points at it."""

    __tablename__ = "retractions"
    __table_args__ = (Index("ix_retractions_facility_code", "facility_code", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    series_instance_uid: Mapped[str] = mapped_column(String(64))
    sop_instance_uid: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(32))
    instances: Mapped[int]
    retracted_at: Mapped[datetime] = mapped_column(Instant)
    retracted_by: Mapped[str] = mapped_column(String(200))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(String(200))


class StudyAssignmentRow(Row):
    """A person's or a system's word for whose study it is, given where the index found nobody."""

    __tablename__ = "study_assignments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    study_key: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"))
    assigned_at: Mapped[datetime] = mapped_column(Instant)
    assigned_by: Mapped[str] = mapped_column(String(200))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(String(200))
