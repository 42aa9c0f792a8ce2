"""consents.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "glass_grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=200), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("granted_at", Instant(timezone=True), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.String(length=200), nullable=False),
        sa.Column("reviewed_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_glass_grants_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_glass_grants_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glass_grants")),
    )
    with op.batch_alter_table("glass_grants", schema=None) as batch_op:
        batch_op.create_index("ix_glass_grants_queue", ["reviewed_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_glass_grants_record_id"), ["record_id"], unique=False)
        batch_op.create_index(
            "ix_glass_grants_user", ["facility_code", "user_id", "expires_at"], unique=False
        )

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
        batch_op.create_index(
            batch_op.f("ix_opt_outs_facility_code"), ["facility_code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_opt_outs_record_id"), ["record_id"], unique=False)

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


def downgrade() -> None:
    op.drop_table("opt_out_facilities")
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opt_outs_record_id"))
        batch_op.drop_index(batch_op.f("ix_opt_outs_facility_code"))

    op.drop_table("opt_outs")
    with op.batch_alter_table("glass_grants", schema=None) as batch_op:
        batch_op.drop_index("ix_glass_grants_user")
        batch_op.drop_index(batch_op.f("ix_glass_grants_record_id"))
        batch_op.drop_index("ix_glass_grants_queue")

    op.drop_table("glass_grants")
