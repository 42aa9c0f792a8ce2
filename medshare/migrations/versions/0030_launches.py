"""What links of other systems asked to be shown, until somebody signed in takes it.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "launches",
        sa.Column("ticket_hash", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.String(length=4000), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_launches")),
    )
    with op.batch_alter_table("launches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_launches_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("launches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_launches_expires_at"))

    op.drop_table("launches")
