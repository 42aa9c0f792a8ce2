"""sealed trail.

Revision ID: 0016
Revises: 0015
"""

from medshare.migrations import sealed_trail

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sealed_trail.create()


def downgrade() -> None:
    sealed_trail.drop()
