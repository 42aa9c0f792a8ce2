"""The tables of the sealed trail, which both histories bring: the index's and the ledger's."""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("audit_checkpoints", "audit_bundles", "audit_tiles", "audit_leaves", "audit_pending")


def create() -> None:
    """Create them; every entry that stands waits to be sealed."""
    op.create_table(
        "audit_pending",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_pending")),
    )
    op.create_table(
        "audit_leaves",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("who_salt", sa.LargeBinary(), nullable=True),
        sa.Column("about_salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_leaves")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_leaves_entry_id")),
    )
    op.create_table(
        "audit_tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", POSITION, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_audit_tiles")),
    )
    op.create_table(
        "audit_bundles",
        sa.Column("number", POSITION, autoincrement=False, nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_bundles")),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("size", POSITION, autoincrement=False, nullable=False),
        sa.Column("signed_at", Instant(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoints")),
    )
    op.execute("insert into audit_pending select id from audit_entries")


def drop() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
