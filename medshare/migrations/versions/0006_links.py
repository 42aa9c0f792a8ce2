"""links.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_acts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("other_patient_id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_facility", sa.String(length=64), nullable=True),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("seconded_by", sa.String(length=64), nullable=True),
        sa.Column("undoes", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_facility"], ["facilities.code"], name=op.f("fk_patient_acts_actor_facility")
        ),
        sa.ForeignKeyConstraint(
            ["other_patient_id"], ["patients.id"], name=op.f("fk_patient_acts_other_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_acts_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_acts_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["patient_acts.id"], name=op.f("fk_patient_acts_undoes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_acts")),
        sa.UniqueConstraint("undoes", name=op.f("uq_patient_acts_undoes")),
    )
    with op.batch_alter_table("patient_acts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_acts_other_patient_id"), ["other_patient_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_patient_acts_patient_id"), ["patient_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_patient_acts_record_id"), ["record_id"], unique=False)

    op.create_table(
        "patient_act_proposals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("other_patient_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposer_facility", sa.String(length=64), nullable=True),
        sa.Column("proposed_at", Instant(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("other_version", sa.Integer(), nullable=False),
        sa.Column("despite_conflict", sa.Boolean(), nullable=False),
        sa.Column("undoes", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["other_patient_id"],
            ["patients.id"],
            name=op.f("fk_patient_act_proposals_other_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_act_proposals_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposer_facility"],
            ["facilities.code"],
            name=op.f("fk_patient_act_proposals_proposer_facility"),
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["patient_acts.id"], name=op.f("fk_patient_act_proposals_undoes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_act_proposals")),
    )
    with op.batch_alter_table("patient_act_proposals", schema=None) as batch_op:
        batch_op.create_index("ix_patient_act_proposals_state_id", ["state", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("patient_act_proposals", schema=None) as batch_op:
        batch_op.drop_index("ix_patient_act_proposals_state_id")

    op.drop_table("patient_act_proposals")
    with op.batch_alter_table("patient_acts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_acts_record_id"))
        batch_op.drop_index(batch_op.f("ix_patient_acts_patient_id"))
        batch_op.drop_index(batch_op.f("ix_patient_acts_other_patient_id"))

    op.drop_table("patient_acts")
