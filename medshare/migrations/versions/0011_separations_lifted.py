"""separations_lifted.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient_separations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_reason", sa.String(length=500), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("patient_separations", schema=None) as batch_op:
        batch_op.drop_column("ended_reason")
