"""Programmes, evaluations, decisions and reliance alerts of mutual recognition.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recognition_programmes",
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("effective_at", Instant(timezone=True), nullable=False),
        sa.Column("enacted_at", Instant(timezone=True), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_recognition_programmes")),
    )
    with op.batch_alter_table("recognition_programmes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_programmes_effective_at"), ["effective_at"], unique=False
        )

    op.create_table(
        "recognition_evaluations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("doctor", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("laterality", sa.String(length=16), nullable=True),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("context", sa.String(length=16), nullable=True),
        sa.Column("encounter", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("asked_at", Instant(timezone=True), nullable=False),
        sa.Column("judged_at", Instant(timezone=True), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"],
            ["facilities.code"],
            name=op.f("fk_recognition_evaluations_facility_code"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_recognition_evaluations_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_recognition_evaluations_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_evaluations")),
    )
    with op.batch_alter_table("recognition_evaluations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recognition_evaluations_facility_code_asked_at",
            ["facility_code", "asked_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_recognition_evaluations_patient_id_asked_at",
            ["patient_id", "asked_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_recognition_evaluations_record_id"), ["record_id"], unique=False
        )

    op.create_table(
        "recognition_decisions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("result", sa.String(length=128), nullable=False),
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("source_facility", sa.String(length=64), nullable=False),
        sa.Column("source_item", sa.String(length=64), nullable=False),
        sa.Column("performed_at", Instant(timezone=True), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("source_record_id", sa.String(length=36), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("reason_parent", sa.String(length=64), nullable=False),
        sa.Column("reason_set", sa.String(length=64), nullable=False),
        sa.Column("free_text", sa.String(length=1000), nullable=False),
        sa.Column("explained_by", sa.String(length=200), nullable=True),
        sa.Column("explained_at", Instant(timezone=True), nullable=True),
        sa.Column("explained_method", sa.String(length=16), nullable=True),
        sa.Column("encounter", sa.String(length=64), nullable=False),
        sa.Column("order_reference", sa.String(length=200), nullable=False),
        sa.Column("doctor", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("dwell_ms", sa.Integer(), nullable=True),
        sa.Column("decided_at", Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["recognition_evaluations.id"],
            name=op.f("fk_recognition_decisions_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["exams.id"], name=op.f("fk_recognition_decisions_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["facility_code"],
            ["facilities.code"],
            name=op.f("fk_recognition_decisions_facility_code"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_recognition_decisions_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_recognition_decisions_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_facility"],
            ["facilities.code"],
            name=op.f("fk_recognition_decisions_source_facility"),
        ),
        sa.ForeignKeyConstraint(
            ["source_record_id"],
            ["patient_records.id"],
            name=op.f("fk_recognition_decisions_source_record_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_decisions")),
    )
    with op.batch_alter_table("recognition_decisions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recognition_decisions_evaluation_id_result",
            ["evaluation_id", "result"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_recognition_decisions_exam_id"), ["exam_id"], unique=False
        )
        batch_op.create_index(
            "ix_recognition_decisions_facility_code_decided_at",
            ["facility_code", "decided_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_recognition_decisions_patient_id"), ["patient_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_recognition_decisions_record_id"), ["record_id"], unique=False
        )
        batch_op.create_index(
            "ix_recognition_decisions_source_facility_performed_at",
            ["source_facility", "performed_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_recognition_decisions_source_record_id"),
            ["source_record_id"],
            unique=False,
        )

    op.create_table(
        "recognition_eligible",
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("source_facility", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["recognition_evaluations.id"],
            name=op.f("fk_recognition_eligible_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["exams.id"], name=op.f("fk_recognition_eligible_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_facility"],
            ["facilities.code"],
            name=op.f("fk_recognition_eligible_source_facility"),
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "position", name=op.f("pk_recognition_eligible")),
    )
    with op.batch_alter_table("recognition_eligible", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_eligible_exam_id"), ["exam_id"], unique=False
        )

    op.create_table(
        "recognition_views",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("result", sa.String(length=128), nullable=False),
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("viewer", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("dwell_ms", sa.Integer(), nullable=True),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["recognition_evaluations.id"],
            name=op.f("fk_recognition_views_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["exams.id"], name=op.f("fk_recognition_views_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_recognition_views_facility_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_views")),
    )
    with op.batch_alter_table("recognition_views", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_views_evaluation_id"), ["evaluation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_recognition_views_exam_id"), ["exam_id"], unique=False)

    op.create_table(
        "recognition_alerts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("evaluation_id", sa.String(length=36), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("result", sa.String(length=128), nullable=False),
        sa.Column("doctor", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("patient_id", sa.String(length=36), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("source_record_id", sa.String(length=36), nullable=False),
        sa.Column("raised_at", Instant(timezone=True), nullable=False),
        sa.Column("acknowledged_at", Instant(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["recognition_decisions.id"],
            name=op.f("fk_recognition_alerts_decision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["recognition_evaluations.id"],
            name=op.f("fk_recognition_alerts_evaluation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["facility_code"], ["facilities.code"], name=op.f("fk_recognition_alerts_facility_code")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_recognition_alerts_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_recognition_alerts_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_record_id"],
            ["patient_records.id"],
            name=op.f("fk_recognition_alerts_source_record_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_alerts")),
        sa.UniqueConstraint(
            "evaluation_id",
            "result",
            "doctor",
            "cause",
            "source",
            name=op.f("uq_recognition_alerts_evaluation_id_result_doctor_cause_source"),
        ),
    )
    with op.batch_alter_table("recognition_alerts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_alerts_decision_id"), ["decision_id"], unique=False
        )
        batch_op.create_index(
            "ix_recognition_alerts_facility_code_id", ["facility_code", "id"], unique=False
        )

    op.create_table(
        "recognition_revocations",
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("revoked_at", Instant(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["recognition_decisions.id"],
            name=op.f("fk_recognition_revocations_decision_id"),
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_recognition_revocations")),
    )
    op.create_table(
        "recognition_write_backs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["recognition_decisions.id"],
            name=op.f("fk_recognition_write_backs_decision_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_write_backs")),
    )
    with op.batch_alter_table("recognition_write_backs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_write_backs_decision_id"), ["decision_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("recognition_write_backs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_write_backs_decision_id"))

    op.drop_table("recognition_write_backs")
    op.drop_table("recognition_revocations")
    with op.batch_alter_table("recognition_alerts", schema=None) as batch_op:
        batch_op.drop_index("ix_recognition_alerts_facility_code_id")
        batch_op.drop_index(batch_op.f("ix_recognition_alerts_decision_id"))

    op.drop_table("recognition_alerts")
    with op.batch_alter_table("recognition_views", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_views_exam_id"))
        batch_op.drop_index(batch_op.f("ix_recognition_views_evaluation_id"))

    op.drop_table("recognition_views")
    with op.batch_alter_table("recognition_eligible", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_eligible_exam_id"))

    op.drop_table("recognition_eligible")
    with op.batch_alter_table("recognition_decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_decisions_source_record_id"))
        batch_op.drop_index("ix_recognition_decisions_source_facility_performed_at")
        batch_op.drop_index(batch_op.f("ix_recognition_decisions_record_id"))
        batch_op.drop_index(batch_op.f("ix_recognition_decisions_patient_id"))
        batch_op.drop_index("ix_recognition_decisions_facility_code_decided_at")
        batch_op.drop_index(batch_op.f("ix_recognition_decisions_exam_id"))
        batch_op.drop_index("ix_recognition_decisions_evaluation_id_result")

    op.drop_table("recognition_decisions")
    with op.batch_alter_table("recognition_evaluations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_evaluations_record_id"))
        batch_op.drop_index("ix_recognition_evaluations_patient_id_asked_at")
        batch_op.drop_index("ix_recognition_evaluations_facility_code_asked_at")

    op.drop_table("recognition_evaluations")
    with op.batch_alter_table("recognition_programmes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_programmes_effective_at"))

    op.drop_table("recognition_programmes")
