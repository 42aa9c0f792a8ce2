"""The CRC-32 of instances that leave as they stand, for archives of known length.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


# Not by batch: that would copy the largest table.
def upgrade() -> None:
    op.add_column("instances", sa.Column("crc32", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("instances", "crc32")
