"""recognition_registers.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recognition_codes",
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("system", "code", name=op.f("pk_recognition_codes")),
    )
    op.create_table(
        "recognition_components",
        sa.Column("panel", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("panel", "position", name=op.f("pk_recognition_components")),
    )
    op.create_table(
        "recognition_covers",
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("covered", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("item", "covered", name=op.f("pk_recognition_covers")),
    )
    op.create_table(
        "recognition_facets",
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("phases", sa.String(length=64), nullable=False),
        sa.Column("specimen", sa.String(length=64), nullable=False),
        sa.Column("ucum", sa.String(length=64), nullable=False),
        sa.Column("comparability_group", sa.String(length=64), nullable=False),
        sa.Column("method_sensitive", sa.Boolean(), nullable=False),
        sa.Column("dose_class", sa.String(length=16), nullable=False),
        sa.Column("card_mode", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_recognition_facets")),
    )
    op.create_table(
        "recognition_policies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("effective_from", Instant(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.String(length=64), nullable=False),
        sa.Column("drafted_at", Instant(timezone=True), nullable=False),
        sa.Column("enacted_by", sa.String(length=64), nullable=True),
        sa.Column("enacted_at", Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_policies")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_recognition_policies_content_hash")),
    )
    op.create_table(
        "recognition_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_revision")),
    )
    op.create_table(
        "recognition_scopes",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_recognition_scopes")),
    )
    op.create_table(
        "recognition_certificates",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("scheme", sa.String(length=200), nullable=False),
        sa.Column("cycle", sa.String(length=64), nullable=False),
        sa.Column("score", sa.String(length=64), nullable=False),
        sa.Column("valid_from", Instant(timezone=True), nullable=False),
        sa.Column("valid_to", Instant(timezone=True), nullable=False),
        sa.Column("withdrawn_at", Instant(timezone=True), nullable=True),
        sa.Column("invalid_from", Instant(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facility_code"],
            ["facilities.code"],
            name=op.f("fk_recognition_certificates_facility_code"),
        ),
        sa.ForeignKeyConstraint(
            ["scope"], ["recognition_scopes.code"], name=op.f("fk_recognition_certificates_scope")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_certificates")),
    )
    with op.batch_alter_table("recognition_certificates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_certificates_facility_code"), ["facility_code"], unique=False
        )

    op.create_table(
        "recognition_scope_parts",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("inside", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope"], ["recognition_scopes.code"], name=op.f("fk_recognition_scope_parts_scope")
        ),
        sa.PrimaryKeyConstraint("scope", "inside", name=op.f("pk_recognition_scope_parts")),
    )
    op.create_table(
        "recognition_certificate_items",
        sa.Column("certificate_id", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["recognition_certificates.id"],
            name=op.f("fk_recognition_certificate_items_certificate_id"),
        ),
        sa.PrimaryKeyConstraint(
            "certificate_id", "item", name=op.f("pk_recognition_certificate_items")
        ),
    )
    op.create_table(
        "recognition_defects",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("decision", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("exam_id", sa.String(length=36), nullable=False),
        sa.Column("facility_code", sa.String(length=64), nullable=False),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("opened_at", Instant(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", Instant(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("resolved_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["exams.id"], name=op.f("fk_recognition_defects_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["facility_code"],
            ["facilities.code"],
            name=op.f("fk_recognition_defects_facility_code"),
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["facilities.code"], name=op.f("fk_recognition_defects_reported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_defects")),
        sa.UniqueConstraint("decision", name=op.f("uq_recognition_defects_decision")),
    )
    with op.batch_alter_table("recognition_defects", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recognition_defects_exam_id"), ["exam_id"], unique=False
        )
        batch_op.create_index(
            "ix_recognition_defects_facility_code_id", ["facility_code", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("recognition_defects", schema=None) as batch_op:
        batch_op.drop_index("ix_recognition_defects_facility_code_id")
        batch_op.drop_index(batch_op.f("ix_recognition_defects_exam_id"))

    op.drop_table("recognition_defects")
    op.drop_table("recognition_certificate_items")
    op.drop_table("recognition_scope_parts")
    with op.batch_alter_table("recognition_certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recognition_certificates_facility_code"))

    op.drop_table("recognition_certificates")
    op.drop_table("recognition_scopes")
    op.drop_table("recognition_revision")
    op.drop_table("recognition_policies")
    op.drop_table("recognition_facets")
    op.drop_table("recognition_covers")
    op.drop_table("recognition_components")
    op.drop_table("recognition_codes")
