# ruff: noqa: N999  # migrations are numbered
"""Keys under which the words of entries are kept.

Revision ID: 0003
Revises: 0002
"""

from medshare.migrations import vault

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    vault.create()


def downgrade() -> None:
    vault.drop()
