# ruff: noqa: N999  # migrations are numbered
"""Cosignatures of witnesses.

Revision ID: 0004
Revises: 0003
"""

from medshare.migrations import cosignatures

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    cosignatures.create()


def downgrade() -> None:
    cosignatures.drop()
