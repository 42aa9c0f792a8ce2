"""Add the mark that a facility claims for its result.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("exams", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("claimed_mark", sa.String(length=64), server_default="", nullable=False)
        )
        batch_op.create_index("ix_exams_claimed_mark_id", ["claimed_mark", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exams", schema=None) as batch_op:
        batch_op.drop_index("ix_exams_claimed_mark_id")
        batch_op.drop_column("claimed_mark")
