"""The class of a study's images is looked up where it is judged, no longer kept beside it.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("studies", "sensitivity")


def downgrade() -> None:
    op.add_column("studies", sa.Column("sensitivity", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE studies SET sensitivity ="
        " (SELECT exams.sensitivity FROM exams WHERE exams.id = studies.exam_id)"
    )
