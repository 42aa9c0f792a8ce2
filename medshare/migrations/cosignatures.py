"""The cosignatures of witnesses, beside the tree: used by the histories of both."""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create() -> None:
    """Make their table."""
    op.create_table(
        "audit_cosignatures",
        sa.Column("size", POSITION, autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_audit_cosignatures")),
    )


def drop() -> None:
    """Drop it."""
    op.drop_table("audit_cosignatures")
