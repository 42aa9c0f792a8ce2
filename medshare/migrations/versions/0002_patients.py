"""patients and care.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patients",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
    )
    op.create_table(
        "patient_records",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_text", sa.String(length=200), nullable=False),
        sa.Column("name_family", sa.String(length=200), nullable=False),
        sa.Column("name_given", sa.String(length=200), nullable=False),
        sa.Column("name_alphabetic", sa.String(length=200), nullable=False),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("deceased_on", sa.Date(), nullable=True),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("updated_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_patient_records_facility_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_records")),
    )
    with op.batch_alter_table("patient_records", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_records_facility_code"), ["facility_code"], unique=False
        )

    op.create_table(
        "encounters",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("started_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_encounters_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_encounters_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounters")),
        sa.UniqueConstraint(
            "facility_code", "kind", "number", name=op.f("uq_encounters_facility_code_kind_number")
        ),
    )
    with op.batch_alter_table("encounters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_encounters_record_id"), ["record_id"], unique=False)

    op.create_table(
        "patient_identifiers",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_identifiers_record_id")
        ),
        sa.PrimaryKeyConstraint(
            "record_id", "system", "value", name=op.f("pk_patient_identifiers")
        ),
    )
    with op.batch_alter_table("patient_identifiers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_patient_identifiers_system_value", ["system", "value"], unique=False
        )
        batch_op.create_index(
            "uq_patient_identifiers_record_number",
            ["system", "value"],
            unique=True,
            sqlite_where=sa.text("type = 'MR'"),
            postgresql_where=sa.text("type = 'MR'"),
        )

    op.create_table(
        "patient_links",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("explanation", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_links_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_links_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_links")),
    )
    with op.batch_alter_table("patient_links", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_links_patient_id"), ["patient_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_patient_links_record_id"), ["record_id"], unique=False)
        batch_op.create_index(
            "uq_patient_links_live",
            ["record_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "patient_name_forms",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("form", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_name_forms_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", "form", name=op.f("pk_patient_name_forms")),
    )
    with op.batch_alter_table("patient_name_forms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_name_forms_form"), ["form"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("patient_name_forms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_name_forms_form"))

    op.drop_table("patient_name_forms")
    with op.batch_alter_table("patient_links", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_patient_links_live",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_patient_links_record_id"))
        batch_op.drop_index(batch_op.f("ix_patient_links_patient_id"))

    op.drop_table("patient_links")
    with op.batch_alter_table("patient_identifiers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_patient_identifiers_record_number",
            sqlite_where=sa.text("type = 'MR'"),
            postgresql_where=sa.text("type = 'MR'"),
        )
        batch_op.drop_index("ix_patient_identifiers_system_value")

    op.drop_table("patient_identifiers")
    with op.batch_alter_table("encounters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_encounters_record_id"))

    op.drop_table("encounters")
    with op.batch_alter_table("patient_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_records_facility_code"))

    op.drop_table("patient_records")
    op.drop_table("patients")
