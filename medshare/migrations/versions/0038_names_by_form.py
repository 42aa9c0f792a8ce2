"""The forms of names stand by form, on SQLite without rowids.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_BY_FORM = ("form", "component", "name_key")
_BY_NAME = ("name_key", "component", "form")


def upgrade() -> None:
    op.drop_index("ix_person_name_forms_form", "person_name_forms")
    _key(*_BY_FORM, with_rowid=False)


def downgrade() -> None:
    _key(*_BY_NAME, with_rowid=True)
    op.create_index("ix_person_name_forms_form", "person_name_forms", ["form"])


def _key(*key: str, with_rowid: bool) -> None:
    """Give the table another key; on SQLite it is built anew, in the order of the key."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_person_name_forms", "person_name_forms")
        op.create_primary_key("pk_person_name_forms", "person_name_forms", [*key])
        return
    op.create_table(
        "new_person_name_forms",
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("component", sa.String(length=16), nullable=False),
        sa.Column("name_key", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_key"], ["person_names.id"], name="fk_person_name_forms_name_key"
        ),
        sa.PrimaryKeyConstraint(*key, name="pk_person_name_forms"),
        sqlite_with_rowid=with_rowid,
    )
    columns = ", ".join(_BY_FORM)
    op.execute(
        f"INSERT INTO new_person_name_forms ({columns})"  # noqa: S608  # names of this file
        f" SELECT {columns} FROM person_name_forms ORDER BY {', '.join(key)}"
    )
    op.drop_table("person_name_forms")
    op.rename_table("new_person_name_forms", "person_name_forms")
