"""matching.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_match_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", name=op.f("pk_patient_match_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "patient_match_decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=True),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("weights_version", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_match_decisions_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_match_decisions_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_match_decisions")),
    )
    with op.batch_alter_table("patient_match_decisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_match_decisions_record_id"), ["record_id"], unique=False
        )

    op.create_table(
        "patient_reviews",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("weights_version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", Instant(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", Instant(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", Instant(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'claimed', 'decided')", name=op.f("ck_patient_reviews_state")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_reviews_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_reviews_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_reviews")),
    )
    with op.batch_alter_table("patient_reviews", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_reviews_patient_id"), ["patient_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_patient_reviews_record_id"), ["record_id"], unique=False
        )
        batch_op.create_index("ix_patient_reviews_state_id", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_patient_reviews_open",
            ["record_id", "patient_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'decided'"),
            postgresql_where=sa.text("state <> 'decided'"),
        )

    op.create_table(
        "patient_separations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("other_record_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.CheckConstraint(
            "record_id < other_record_id", name=op.f("ck_patient_separations_order")
        ),
        sa.ForeignKeyConstraint(
            ["other_record_id"],
            ["patient_records.id"],
            name=op.f("fk_patient_separations_other_record_id"),
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_separations_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_separations")),
    )
    with op.batch_alter_table("patient_separations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_separations_other_record_id"), ["other_record_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_patient_separations_record_id"), ["record_id"], unique=False
        )
        batch_op.create_index(
            "uq_patient_separations_live",
            ["record_id", "other_record_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("patient_separations", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_patient_separations_live",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_patient_separations_record_id"))
        batch_op.drop_index(batch_op.f("ix_patient_separations_other_record_id"))

    op.drop_table("patient_separations")
    with op.batch_alter_table("patient_reviews", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_patient_reviews_open",
            sqlite_where=sa.text("state <> 'decided'"),
            postgresql_where=sa.text("state <> 'decided'"),
        )
        batch_op.drop_index("ix_patient_reviews_state_id")
        batch_op.drop_index(batch_op.f("ix_patient_reviews_record_id"))
        batch_op.drop_index(batch_op.f("ix_patient_reviews_patient_id"))

    op.drop_table("patient_reviews")
    with op.batch_alter_table("patient_match_decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_match_decisions_record_id"))

    op.drop_table("patient_match_decisions")
    op.drop_table("patient_match_keys")
