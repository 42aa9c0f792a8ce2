"""patient_spellings.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

from medshare.patients.lookup.words import spellings_of
from medshare.patients.model import HumanName

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_spellings",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column(
            "spelling",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["patient_records.id"], name=op.f("fk_patient_spellings_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", "spelling", name=op.f("pk_patient_spellings")),
    )
    with op.batch_alter_table("patient_spellings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_spellings_spelling"), ["spelling"], unique=False
        )

    with op.batch_alter_table("patient_identifiers", schema=None) as batch_op:
        batch_op.create_index("ix_patient_identifiers_value", ["value"], unique=False)

    with op.batch_alter_table("patient_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_records_phone"), ["phone"], unique=False)
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """Let the records that stand be found too."""
    records, spellings = _table("patient_records"), _table("patient_spellings")
    names = connection.execute(
        sa.select(
            records.c.id,
            records.c.name_text,
            records.c.name_family,
            records.c.name_given,
            records.c.name_alphabetic,
        )
    ).all()
    for record_id, *parts in names:
        rows = [
            {"record_id": record_id, "spelling": each}
            for each in sorted(spellings_of(HumanName(*parts)))
        ]
        if rows:
            connection.execute(sa.insert(spellings), rows)


def _table(name: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("patient_records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_records_phone"))

    with op.batch_alter_table("patient_identifiers", schema=None) as batch_op:
        batch_op.drop_index("ix_patient_identifiers_value")

    with op.batch_alter_table("patient_spellings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_spellings_spelling"))

    op.drop_table("patient_spellings")
