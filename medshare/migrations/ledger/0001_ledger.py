# ruff: noqa: N999  # migrations are numbered
"""ledger of reads.

Revision ID: 0001
Revises: None
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant
from medshare.migrations import sealed_trail

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Earlier builds made these two tables without a history.
    if not sa.inspect(op.get_bind()).has_table("audit_entries"):
        _create_entries()
    sealed_trail.create()


def _create_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("basis", sa.String(length=100), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("principal_kind", sa.String(length=16), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("facility", sa.String(length=64), nullable=True),
        sa.Column("acting_user", sa.String(length=200), nullable=False),
        sa.Column("acting_name", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("source_address", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("objects", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_entries_acting_user_id", ["acting_user", "id"], unique=False
        )
        batch_op.create_index("ix_audit_entries_facility_id", ["facility", "id"], unique=False)
        batch_op.create_index(
            "ix_audit_entries_principal_id_id", ["principal_id", "id"], unique=False
        )
        batch_op.create_index("ix_audit_entries_recorded_at", ["recorded_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entries_request_id"), ["request_id"], unique=False
        )

    op.create_table(
        "audit_subjects",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=True),
        sa.Column("record_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entries.id"], name=op.f("fk_audit_subjects_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_audit_subjects")),
    )
    with op.batch_alter_table("audit_subjects", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_subjects_patient_id_entry_id", ["patient_id", "entry_id"], unique=False
        )


def downgrade() -> None:
    sealed_trail.drop()
    op.drop_table("audit_subjects")
    op.drop_table("audit_entries")
