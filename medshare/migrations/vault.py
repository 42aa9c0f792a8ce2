"""The vault of the trail's words, in each ledger: used by the histories of both."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    """Make the table of wrapped keys, and room for what they encrypt."""
    op.create_table(
        "audit_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("wrapped_by", sa.String(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_keys")),
        sa.UniqueConstraint("holder", name=op.f("uq_audit_keys_holder")),
    )
    op.add_column("audit_entries", sa.Column("key_id", sa.String(length=36), nullable=True))
    op.add_column("audit_entries", sa.Column("sealed_query", sa.LargeBinary(), nullable=True))


def drop() -> None:
    """Take them away, and with them what was asked."""
    op.drop_column("audit_entries", "sealed_query")
    op.drop_column("audit_entries", "key_id")
    op.drop_table("audit_keys")
