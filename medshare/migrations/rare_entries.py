"""Indexes of what is rare in the trail, failures and addresses: used by the histories of both."""

import sqlalchemy as sa
from alembic import op

FAILURES, ADDRESSES = "ix_audit_entries_outcome_id", "ix_audit_entries_source_address_id"


def create() -> None:
    """Make them."""
    failed = sa.text("outcome <> 'success'")
    op.create_index(
        FAILURES, "audit_entries", ["outcome", "id"], sqlite_where=failed, postgresql_where=failed
    )
    op.create_index(ADDRESSES, "audit_entries", ["source_address", "id"])


def drop() -> None:
    """Drop them."""
    op.drop_index(ADDRESSES, "audit_entries")
    op.drop_index(FAILURES, "audit_entries")
