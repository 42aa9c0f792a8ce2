"""Cosignatures of witnesses.

Revision ID: 0032
Revises: 0031
"""

from medshare.migrations import cosignatures

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cosignatures.create()


def downgrade() -> None:
    cosignatures.drop()
