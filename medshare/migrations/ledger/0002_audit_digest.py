# ruff: noqa: N999  # migrations are numbered
"""digest of the audit trail.

Revision ID: 0002
Revises: 0001
"""

from medshare.migrations import digest

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    digest.create()


def downgrade() -> None:
    digest.drop()
