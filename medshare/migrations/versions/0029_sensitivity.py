"""Classes of sensitive results; opt-outs become consents, which may name a class.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WORD = (
    "id, facility_code, record_id, everything, given_by, guardian, proof, recorded_by, recorded_at,"
    " withdrawn_at, withdrawn_given_by, withdrawn_guardian, withdrawn_proof, withdrawn_recorded_by"
)
# What an opt-out could say before there were classes.
WHOLE = "permits is false and sensitivity is null"


def upgrade() -> None:
    op.create_table(
        "sensitivity_classes",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("consent_required", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sensitivity_classes")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("permits", sa.Boolean(), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("sensitivity", sa.String(length=64), nullable=True),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column("guardian", sa.String(length=200), nullable=False),
        sa.Column("proof", sa.String(length=500), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.Column("withdrawn_at", Instant(timezone=True), nullable=True),
        sa.Column("withdrawn_given_by", sa.String(length=16), nullable=False),
        sa.Column("withdrawn_guardian", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_proof", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_recorded_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_consents_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_consents_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["sensitivity"], ["sensitivity_classes.code"], name=op.f("fk_consents_sensitivity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_facility_code"), ["facility_code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_consents_record_id"), ["record_id"], unique=False)

    op.create_table(
        "consent_facilities",
        sa.Column("consent_id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name=op.f("fk_consent_facilities_consent_id")
        ),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_consent_facilities_facility_code")
        ),
        sa.PrimaryKeyConstraint("consent_id", "facility_code", name=op.f("pk_consent_facilities")),
    )
    op.execute(f"insert into consents (permits, {WORD}) select false, {WORD} from opt_outs")  # noqa: S608  # constants
    op.execute(
        "insert into consent_facilities (consent_id, facility_code)"
        " select opt_out_id, facility_code from opt_out_facilities"
    )
    op.drop_table("opt_out_facilities")
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opt_outs_facility_code"))
        batch_op.drop_index(batch_op.f("ix_opt_outs_record_id"))

    op.drop_table("opt_outs")
    # Not by batch: that would copy the largest tables.
    op.execute(
        "ALTER TABLE exams ADD COLUMN sensitivity VARCHAR(64)"
        " CONSTRAINT fk_exams_sensitivity REFERENCES sensitivity_classes (code)"
    )
    op.execute("ALTER TABLE exams ADD COLUMN sensitivity_reason VARCHAR(500) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE studies ADD COLUMN sensitivity VARCHAR(64)")


def downgrade() -> None:
    op.execute("ALTER TABLE studies DROP COLUMN sensitivity")
    op.execute("ALTER TABLE exams DROP COLUMN sensitivity_reason")
    op.execute("ALTER TABLE exams DROP COLUMN sensitivity")

    op.create_table(
        "opt_outs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(length=16), nullable=False),
        sa.Column("guardian", sa.String(length=200), nullable=False),
        sa.Column("proof", sa.String(length=500), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.Column("withdrawn_at", Instant(timezone=True), nullable=True),
        sa.Column("withdrawn_given_by", sa.String(length=16), nullable=False),
        sa.Column("withdrawn_guardian", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_proof", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_recorded_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_opt_outs_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_opt_outs_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
    )
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opt_outs_record_id"), ["record_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_opt_outs_facility_code"), ["facility_code"], unique=False
        )

    op.create_table(
        "opt_out_facilities",
        sa.Column("opt_out_id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_opt_out_facilities_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["opt_out_id"], ["opt_outs.id"], name=op.f("fk_opt_out_facilities_opt_out_id")
        ),
        sa.PrimaryKeyConstraint("opt_out_id", "facility_code", name=op.f("pk_opt_out_facilities")),
    )
    op.execute(f"insert into opt_outs ({WORD}) select {WORD} from consents where {WHOLE}")  # noqa: S608  # constants
    op.execute(
        "insert into opt_out_facilities (opt_out_id, facility_code)"  # noqa: S608  # constants
        " select consent_id, facility_code from consent_facilities"
        f" where consent_id in (select id from consents where {WHOLE})"
    )
    op.drop_table("consent_facilities")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_record_id"))
        batch_op.drop_index(batch_op.f("ix_consents_facility_code"))

    op.drop_table("consents")
    op.drop_table("sensitivity_classes")
