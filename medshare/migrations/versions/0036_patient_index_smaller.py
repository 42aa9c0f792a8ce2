"""What the patient index is searched by: once, and on SQLite without rowids.

Revision ID: 0036
Revises: 0035
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_KEY = sa.String(length=36)
_SPELLING = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
_RECORD = ("record_id", "patient_records.id")


def upgrade() -> None:
    _mark_forms()
    op.drop_table("patient_name_forms")
    op.drop_index("ix_patient_spellings_spelling", "patient_spellings")
    _key_spellings("spelling", "record_id", with_rowid=False)
    op.drop_index("ix_patient_identifiers_system_value", "patient_identifiers")
    op.drop_index("ix_patient_identifiers_value", "patient_identifiers")
    _build_patients_and_identifiers(with_rowid=False)
    op.create_index(
        "ix_patient_identifiers_value_system", "patient_identifiers", ["value", "system"]
    )
    op.drop_index("ix_patient_records_facility_code", "patient_records")


def downgrade() -> None:
    op.create_index("ix_patient_records_facility_code", "patient_records", ["facility_code"])
    op.drop_index("ix_patient_identifiers_value_system", "patient_identifiers")
    _build_patients_and_identifiers(with_rowid=True)
    op.create_index("ix_patient_identifiers_value", "patient_identifiers", ["value"])
    op.create_index(
        "ix_patient_identifiers_system_value", "patient_identifiers", ["system", "value"]
    )
    op.create_table(
        "patient_name_forms",
        sa.Column("record_id", _KEY, nullable=False),
        sa.Column("form", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint([_RECORD[0]], [_RECORD[1]], name="fk_patient_name_forms_record_id"),
        sa.PrimaryKeyConstraint("record_id", "form", name="pk_patient_name_forms"),
    )
    op.create_index("ix_patient_name_forms_form", "patient_name_forms", ["form"])
    op.execute(
        "INSERT INTO patient_name_forms (record_id, form)"
        " SELECT record_id, spelling FROM patient_spellings WHERE is_form"
    )
    _key_spellings("record_id", "spelling", with_rowid=True)
    op.create_index("ix_patient_spellings_spelling", "patient_spellings", ["spelling"])
    op.drop_column("patient_spellings", "is_form")


def _mark_forms() -> None:
    """Tell the forms among the spellings; whatever form is none of them becomes one."""
    op.add_column(
        "patient_spellings",
        sa.Column("is_form", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    known = sa.table("patient_spellings", *map(sa.column, ("record_id", "spelling", "is_form")))
    stated = sa.table("patient_name_forms", *map(sa.column, ("record_id", "form")))
    form = sa.collate(stated.c.form, "C") if _is_postgresql() else stated.c.form
    both = sa.and_(stated.c.record_id == known.c.record_id, form == known.c.spelling)
    op.execute(known.update().values(is_form=sa.true()).where(sa.exists().where(both)))
    unknown = sa.select(stated.c.record_id, form, sa.true()).where(~sa.exists().where(both))
    op.execute(known.insert().from_select(["record_id", "spelling", "is_form"], unknown))


def _key_spellings(*key: str, with_rowid: bool) -> None:
    if _is_postgresql():
        op.alter_column("patient_spellings", "is_form", server_default=None)
        op.drop_constraint("pk_patient_spellings", "patient_spellings")
        op.create_primary_key("pk_patient_spellings", "patient_spellings", list(key))
        return
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("spelling", _SPELLING, nullable=False),
        sa.Column("record_id", _KEY, nullable=False),
        sa.Column("is_form", sa.Boolean(), nullable=False),
    )
    _build_anew("patient_spellings", columns, key, _RECORD, with_rowid=with_rowid)


def _build_patients_and_identifiers(*, with_rowid: bool) -> None:
    if _is_postgresql():  # all its tables are heaps
        return
    patients: tuple[sa.Column[Any], ...] = (
        sa.Column("id", _KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    _build_anew("patients", patients, ["id"], None, with_rowid=with_rowid)
    identifiers: tuple[sa.Column[Any], ...] = (
        sa.Column("record_id", _KEY, nullable=False),
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
    )
    key = ("record_id", "system", "value")
    _build_anew("patient_identifiers", identifiers, key, _RECORD, with_rowid=with_rowid)
    is_record_number = sa.text("type = 'MR'")
    op.create_index(
        "uq_patient_identifiers_record_number",
        "patient_identifiers",
        ["system", "value"],
        unique=True,
        sqlite_where=is_record_number,
    )


def _build_anew(
    table: str,
    columns: Sequence[sa.Column[Any]],
    key: Sequence[str],
    reference: tuple[str, str] | None,
    *,
    with_rowid: bool,
) -> None:
    """Build a table of SQLite's anew with another layout, in the order of its new key."""
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*key, name=f"pk_{table}")]
    if reference is not None:
        own, other = reference
        constraints.append(sa.ForeignKeyConstraint([own], [other], name=f"fk_{table}_{own}"))
    op.create_table(f"new_{table}", *columns, *constraints, sqlite_with_rowid=with_rowid)
    names = ", ".join(each.name for each in columns)
    op.execute(
        f"INSERT INTO new_{table} ({names})"  # noqa: S608  # names of this file
        f" SELECT {names} FROM {table} ORDER BY {', '.join(key)}"
    )
    op.drop_table(table)
    op.rename_table(f"new_{table}", table)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
