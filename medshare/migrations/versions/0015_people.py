"""people.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_failures",
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name_hash", name=op.f("pk_login_failures")),
    )
    with op.batch_alter_table("login_failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_failures_last_at"), ["last_at"], unique=False)

    op.create_table(
        "provider_logins",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("next_path", sa.String(length=500), nullable=False),
        sa.Column("started_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_logins")),
    )
    with op.batch_alter_table("provider_logins", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_provider_logins_started_at"), ["started_at"], unique=False
        )

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
        batch_op.add_column(sa.Column("provider_subject", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("second_factor", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "second_factor_confirmed", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
        batch_op.add_column(
            sa.Column("second_factor_step", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.create_unique_constraint(
            batch_op.f("uq_accounts_provider_subject"), ["provider_subject"]
        )

    op.execute("DELETE FROM sessions")  # when these last proved themselves is not known
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proved_at", Instant(timezone=True), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("proved_at")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_accounts_provider_subject"), type_="unique")
        batch_op.drop_column("version")
        batch_op.drop_column("second_factor_step")
        batch_op.drop_column("second_factor_confirmed")
        batch_op.drop_column("second_factor")
        batch_op.drop_column("provider_subject")
        batch_op.drop_column("must_change_password")

    with op.batch_alter_table("provider_logins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_logins_started_at"))

    op.drop_table("provider_logins")
    with op.batch_alter_table("login_failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_failures_last_at"))

    op.drop_table("login_failures")
