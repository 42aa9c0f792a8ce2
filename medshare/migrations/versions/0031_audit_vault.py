"""Keys under which the words of entries are kept.

Revision ID: 0031
Revises: 0030
"""

from medshare.migrations import vault

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    vault.create()


def downgrade() -> None:
    vault.drop()
