"""Drop whole programmes: what is in force comes from the registers alone.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recognition_programmes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_programmes_effective_at"))

    op.drop_table("recognition_programmes")


def downgrade() -> None:
    op.create_table(
        "recognition_programmes",
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("effective_at", Instant(timezone=True), nullable=False),
        sa.Column("enacted_at", Instant(timezone=True), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_recognition_programmes")),
    )
    with op.batch_alter_table("recognition_programmes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_programmes_effective_at"), ["effective_at"], unique=False
        )
