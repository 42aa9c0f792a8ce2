"""exams.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exam_items",
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("body_site", sa.String(length=64), nullable=False),
        sa.Column("laterality_required", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("system", "code", name=op.f("pk_exam_items")),
    )
    op.create_table(
        "exams",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("accession_number", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("item_system", sa.String(length=64), nullable=False),
        sa.Column("item_code", sa.String(length=64), nullable=False),
        sa.Column("item_display", sa.String(length=200), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=True),
        sa.Column("body_site", sa.String(length=64), nullable=False),
        sa.Column("happened_at", Instant(timezone=True), nullable=False),
        sa.Column("happened_text", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("laterality", sa.String(length=16), nullable=True),
        sa.Column("record_id", sa.String(length=36), nullable=True),
        sa.Column("patient_system", sa.String(length=200), nullable=True),
        sa.Column("patient_value", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("report_version", sa.Integer(), nullable=False),
        sa.Column("report_status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_exams_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_exams_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exams")),
        sa.UniqueConstraint(
            "facility_code",
            "accession_number",
            name=op.f("uq_exams_facility_code_accession_number"),
        ),
    )
    with op.batch_alter_table("exams", schema=None) as batch_op:
        batch_op.create_index("ix_exams_accession_number", ["accession_number"], unique=False)
        batch_op.create_index(
            "ix_exams_facility_code_happened_at_id",
            ["facility_code", "happened_at", "id"],
            unique=False,
        )
        batch_op.create_index("ix_exams_happened_at_id", ["happened_at", "id"], unique=False)
        batch_op.create_index(
            "ix_exams_patient_system_patient_value",
            ["patient_system", "patient_value"],
            unique=False,
        )
        batch_op.create_index(
            "ix_exams_record_id_happened_at_id", ["record_id", "happened_at", "id"], unique=False
        )

    op.create_table(
        "exam_reports",
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("verifier_id", sa.String(length=64), nullable=True),
        sa.Column("verifier_name", sa.String(length=200), nullable=True),
        sa.Column("signed_at", Instant(timezone=True), nullable=False),
        sa.Column("signed_text", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_exam_reports_exam_id")),
        sa.PrimaryKeyConstraint("exam_id", "version", name=op.f("pk_exam_reports")),
        sa.UniqueConstraint("exam_id", "digest", name=op.f("uq_exam_reports_exam_id_digest")),
    )
    op.create_table(
        "exam_studies",
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_exam_studies_exam_id")),
        sa.PrimaryKeyConstraint(
            "facility_code", "study_instance_uid", name=op.f("pk_exam_studies")
        ),
    )
    with op.batch_alter_table("exam_studies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exam_studies_exam_id"), ["exam_id"], unique=False)

    op.create_table(
        "exam_observations",
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("display", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("value_text", sa.String(length=1000), nullable=True),
        sa.Column("comparator", sa.String(length=2), nullable=True),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("ucum", sa.String(length=64), nullable=True),
        sa.Column("has_range", sa.Boolean(), nullable=False),
        sa.Column("range_low", sa.Double(), nullable=True),
        sa.Column("range_high", sa.Double(), nullable=True),
        sa.Column("range_text", sa.String(length=200), nullable=False),
        sa.Column("flag", sa.String(length=2), nullable=True),
        sa.Column("specimen", sa.String(length=200), nullable=False),
        sa.Column("collected_at", Instant(timezone=True), nullable=True),
        sa.Column("collected_text", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["exam_id", "version"],
            ["exam_reports.exam_id", "exam_reports.version"],
            name=op.f("fk_exam_observations_exam_id_version"),
        ),
        sa.PrimaryKeyConstraint(
            "exam_id", "version", "position", name=op.f("pk_exam_observations")
        ),
    )
    with op.batch_alter_table("exam_observations", schema=None) as batch_op:
        batch_op.create_index("ix_exam_observations_system_code", ["system", "code"], unique=False)

    op.create_table(
        "exam_report_texts",
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("impression", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam_id", "version"],
            ["exam_reports.exam_id", "exam_reports.version"],
            name=op.f("fk_exam_report_texts_exam_id_version"),
        ),
        sa.PrimaryKeyConstraint(
            "exam_id", "version", "position", name=op.f("pk_exam_report_texts")
        ),
    )


def downgrade() -> None:
    op.drop_table("exam_report_texts")
    with op.batch_alter_table("exam_observations", schema=None) as batch_op:
        batch_op.drop_index("ix_exam_observations_system_code")

    op.drop_table("exam_observations")
    with op.batch_alter_table("exam_studies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exam_studies_exam_id"))

    op.drop_table("exam_studies")
    op.drop_table("exam_reports")
    with op.batch_alter_table("exams", schema=None) as batch_op:
        batch_op.drop_index("ix_exams_record_id_happened_at_id")
        batch_op.drop_index("ix_exams_patient_system_patient_value")
        batch_op.drop_index("ix_exams_happened_at_id")
        batch_op.drop_index("ix_exams_facility_code_happened_at_id")
        batch_op.drop_index("ix_exams_accession_number")

    op.drop_table("exams")
    op.drop_table("exam_items")
