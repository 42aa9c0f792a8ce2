# migrations are numbered
"""digest of the audit trail.

Revision ID: 0020
Revises: 0019
"""

from medshare.migrations import digest

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    digest.create()


def downgrade() -> None:
    digest.drop()
