"""Tickets for embedded pages, and the origin that may frame them for a client.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

from medshare.infra.db import Instant

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embed_tickets",
        sa.Column("ticket_hash", sa.String(length=64), nullable=False),
        sa.Column("page_hash", sa.String(length=64), nullable=True),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=200), nullable=False),
        sa.Column("user_name", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=36), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_embed_tickets_client_id_clients")
        ),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_embed_tickets")),
        sa.UniqueConstraint("page_hash", name=op.f("uq_embed_tickets_page_hash")),
    )
    with op.batch_alter_table("embed_tickets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_embed_tickets_expires_at"), ["expires_at"], unique=False
        )
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("embed_origin", sa.String(length=200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_column("embed_origin")
    with op.batch_alter_table("embed_tickets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_embed_tickets_expires_at"))

    op.drop_table("embed_tickets")
