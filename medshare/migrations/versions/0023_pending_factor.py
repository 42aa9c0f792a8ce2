"""pending factor.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ACCOUNTS = sa.table(
    "accounts",
    sa.column("second_factor", sa.Text()),
    sa.column("second_factor_pending", sa.Text()),
    sa.column("second_factor_confirmed", sa.Boolean()),
)


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("second_factor_pending", sa.Text(), nullable=True))
    op.execute(
        sa.update(ACCOUNTS)
        .where(sa.not_(ACCOUNTS.c.second_factor_confirmed))
        .values(second_factor_pending=ACCOUNTS.c.second_factor, second_factor=None)
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_column("second_factor_confirmed")


def downgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "second_factor_confirmed", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
    op.execute(
        sa.update(ACCOUNTS)
        .where(ACCOUNTS.c.second_factor.is_not(None))
        .values(second_factor_confirmed=True)
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.alter_column("second_factor_confirmed", server_default=None)
        batch_op.drop_column("second_factor_pending")
