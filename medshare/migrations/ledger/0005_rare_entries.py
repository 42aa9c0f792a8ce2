# ruff: noqa: N999  # migrations are numbered
"""What is rare in the trail is found by indexes.

Revision ID: 0005
Revises: 0004
"""

from medshare.migrations import rare_entries

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rare_entries.create()


def downgrade() -> None:
    rare_entries.drop()
