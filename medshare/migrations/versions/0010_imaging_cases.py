"""imaging_cases.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
RETRACTED = ("studies", "series", "instances")


def upgrade() -> None:
    op.create_table(
        "quarantined_instances",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_class_uid", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("blob_key", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", Instant(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("decided_at", Instant(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_code"],
            ["facilities.code"],
            name=op.f("fk_quarantined_instances_facility_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_instances")),
        sa.UniqueConstraint(
            "sop_instance_uid",
            "facility_code",
            "sha256",
            name=op.f("uq_quarantined_instances_sop_instance_uid_facility_code_sha256"),
        ),
    )
    with op.batch_alter_table("quarantined_instances", schema=None) as batch_op:
        batch_op.create_index(
            "ix_quarantined_instances_waiting", ["facility_code", "status", "id"], unique=False
        )

    op.create_table(
        "retractions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.Column("retracted_at", Instant(timezone=True), nullable=False),
        sa.Column("retracted_by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", Instant(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_retractions_facility_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retractions")),
    )
    with op.batch_alter_table("retractions", schema=None) as batch_op:
        batch_op.create_index("ix_retractions_facility_code", ["facility_code", "id"], unique=False)

    op.create_table(
        "study_assignments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column(
            "study_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("assigned_at", Instant(timezone=True), nullable=False),
        sa.Column("assigned_by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", Instant(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_study_assignments_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["study_key"], ["studies.id"], name=op.f("fk_study_assignments_study_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_assignments")),
    )
    with op.batch_alter_table("study_assignments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_study_assignments_study_key"), ["study_key"], unique=False
        )

    op.create_table(
        "instance_versions",
        sa.Column(
            "instance_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("blob_key", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", Instant(timezone=True), nullable=False),
        sa.Column("replaced_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_key"], ["instances.id"], name=op.f("fk_instance_versions_instance_key")
        ),
        sa.PrimaryKeyConstraint("instance_key", "sha256", name=op.f("pk_instance_versions")),
    )
    for table in RETRACTED:
        # Not by batch: that would copy the largest tables.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN retraction_id VARCHAR(36) "
            f"CONSTRAINT fk_{table}_retraction_id REFERENCES retractions (id)"
        )


def downgrade() -> None:
    for table in RETRACTED:
        op.execute(f"ALTER TABLE {table} DROP COLUMN retraction_id")
    op.drop_table("instance_versions")
    with op.batch_alter_table("study_assignments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_study_assignments_study_key"))

    op.drop_table("study_assignments")
    with op.batch_alter_table("retractions", schema=None) as batch_op:
        batch_op.drop_index("ix_retractions_facility_code")

    op.drop_table("retractions")
    with op.batch_alter_table("quarantined_instances", schema=None) as batch_op:
        batch_op.drop_index("ix_quarantined_instances_waiting")

    op.drop_table("quarantined_instances")
