"""The tables of the trail's digest, which both histories bring: the index's and the ledger's."""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "ix_audit_accesses_patient": ["patient_id", "entry_id"],
    "ix_audit_accesses_actor": ["actor", "entry_id"],
    "ix_audit_accesses_across": ["facility", "owner", "entry_id"],
    "ix_audit_accesses_kind": ["kind", "entry_id"],
    "ix_audit_accesses_hour": ["actor", "hour", "facility", "patient_id"],
}
SUMS = ("reads", "changes", "foreign", "emergencies", "denied")
TABLES = (
    "audit_followers",
    "audit_facility_hours",
    "audit_actor_hours",
    "audit_touched",
    "audit_accesses",
)


def create() -> None:
    """Create them; the follower fills them from the first leaf on."""
    _create_accesses()
    _create_touched()
    _create_hours("audit_actor_hours", sa.Column("actor", sa.String(200), nullable=False))
    _create_hours("audit_facility_hours")
    op.create_table(
        "audit_followers",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("position", POSITION, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_followers")),
    )


def _create_accesses() -> None:
    op.create_table(
        "audit_accesses",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.Column("hour", Instant(timezone=True), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("facility", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.String(length=100), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("released", POSITION, nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=True),
        sa.Column("record_id", sa.String(length=36), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("same_surname", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("position", "place", name=op.f("pk_audit_accesses")),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_accesses", columns)


def _create_touched() -> None:
    op.create_table(
        "audit_touched",
        sa.Column("position", POSITION, autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("operation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("position", "place", name=op.f("pk_audit_touched")),
    )
    op.create_index("ix_audit_touched_object", "audit_touched", ["kind", "object_id", "entry_id"])


def _create_hours(table: str, *further: sa.Column[str]) -> None:
    keys = ["hour", "facility", *(each.name for each in further)]
    counted = [*SUMS, "patients"] if further else SUMS
    op.create_table(
        table,
        sa.Column("hour", Instant(timezone=True), nullable=False),
        sa.Column("facility", sa.String(length=64), nullable=False),
        *further,
        *(sa.Column(each, sa.Integer(), nullable=False) for each in counted),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{table}")),
    )


def drop() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
