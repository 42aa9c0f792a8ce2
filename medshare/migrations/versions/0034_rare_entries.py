"""What is rare in the trail is found by indexes.

Revision ID: 0034
Revises: 0033
"""

from medshare.migrations import rare_entries

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rare_entries.create()


def downgrade() -> None:
    rare_entries.drop()
