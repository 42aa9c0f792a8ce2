"""Names once, counts with their parents, requests of series, metadata in one piece a series.

Revision ID: 0007
Revises: 0006
"""

from collections.abc import Iterator
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from medshare.imaging.attributes import Level, text
from medshare.imaging.excerpts import write_excerpt
from medshare.imaging.findable import REQUEST_COLUMNS
from medshare.imaging.names import GROUPS, forms_of, name_text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAMES = {"patient_name_key": "patient_name", "referring_name_key": "referring_name"}
COLUMNS = [f"{prefix}_{group}" for prefix in NAMES.values() for group in GROUPS]
EXCERPTS = {"studies": Level.STUDY, "series": Level.SERIES, "instances": Level.INSTANCE}
CHUNK = 500


def upgrade() -> None:
    op.create_table(
        "person_names",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_names")),
        sa.UniqueConstraint("text", name=op.f("uq_person_names_text")),
    )
    op.create_table(
        "person_name_forms",
        sa.Column("name_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("component", sa.String(length=16), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name_key"], ["person_names.id"], name=op.f("fk_person_name_forms_name_key")
        ),
        sa.PrimaryKeyConstraint("name_key", "component", "form", name=op.f("pk_person_name_forms")),
    )
    with op.batch_alter_table("person_name_forms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_name_forms_form"), ["form"], unique=False)

    op.create_table(
        "series_requests",
        sa.Column(
            "series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("requested_procedure_id", sa.Text(), nullable=False),
        sa.Column("scheduled_procedure_step_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_key"], ["series.id"], name=op.f("fk_series_requests_series_key")
        ),
        sa.PrimaryKeyConstraint("series_key", "position", name=op.f("pk_series_requests")),
    )
    with op.batch_alter_table("series_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_series_requests_accession_number"), ["accession_number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_series_requests_requested_procedure_id"),
            ["requested_procedure_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_series_requests_scheduled_procedure_step_id"),
            ["scheduled_procedure_step_id"],
            unique=False,
        )

    op.create_table(
        "series_metadata",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "series_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column(
            "last_instance_key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("crc32", sa.BigInteger(), nullable=False),
        sa.Column("raw_bytes", sa.BigInteger(), nullable=False),
        sa.Column("deflated", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["last_instance_key"],
            ["instances.id"],
            name=op.f("fk_series_metadata_last_instance_key"),
        ),
        sa.ForeignKeyConstraint(
            ["series_key"], ["series.id"], name=op.f("fk_series_metadata_series_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_metadata")),
    )
    with op.batch_alter_table("series_metadata", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_series_metadata_series_key"), ["series_key"], unique=False
        )

    # Plain statements, not batches: SQLite would drop a table that others refer to.
    key = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for column in NAMES:
        op.execute(
            f"ALTER TABLE studies ADD COLUMN {column} {key} "
            f"CONSTRAINT fk_studies_{column} REFERENCES person_names (id)"
        )
        op.create_index(f"ix_studies_{column}", "studies", [column])
    for table, column in (
        ("studies", "series_count"),
        ("studies", "instance_count"),
        ("series", "instance_count"),
    ):
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER DEFAULT '0' NOT NULL")
    op.execute("ALTER TABLE studies ADD COLUMN modalities TEXT DEFAULT '' NOT NULL")
    op.drop_index("ix_studies_facility_code", "studies")
    op.drop_index("ix_studies_study_date", "studies")
    newest = ["study_date", "study_time", "study_instance_uid"]
    op.create_index("ix_studies_newest", "studies", newest)
    op.create_index("ix_studies_newest_of_facility", "studies", ["facility_code", *newest])
    _fill()
    for column in COLUMNS:
        op.execute(f"ALTER TABLE studies DROP COLUMN {column}")


def _fill() -> None:
    for column, prefix in NAMES.items():
        _name_studies(column, prefix)
    for key, excerpt in _rows("series", "excerpt"):
        _add_requests(key, orjson.loads(excerpt))
    for table, level in EXCERPTS.items():
        for key, excerpt in _rows(table, "excerpt"):
            _set(table, key, "excerpt", write_excerpt(orjson.loads(excerpt), level))
    op.execute(
        "UPDATE series SET instance_count = "
        "(SELECT count(*) FROM instances WHERE series_key = series.id)"
    )
    op.execute(
        "UPDATE studies SET series_count = (SELECT count(*) FROM series WHERE study_key = "
        "studies.id), instance_count = coalesce((SELECT sum(instance_count) FROM series WHERE "
        "study_key = studies.id), 0)"
    )
    for key, _uid in _rows("studies", "study_instance_uid"):
        found = op.get_bind().execute(
            sa.text("SELECT DISTINCT modality FROM series WHERE study_key = :k"), {"k": key}
        )
        modalities = sorted(each for (each,) in found if each)
        _set("studies", key, "modalities", " ".join(modalities))


def _name_studies(column: str, prefix: str) -> None:
    connection = op.get_bind()
    groups = [f"{prefix}_{group}" for group in GROUPS]
    for key, alphabetic, ideographic, phonetic in _rows("studies", *groups):
        name = name_text((alphabetic, ideographic, phonetic))
        if not name:
            continue
        known = connection.execute(
            sa.text("SELECT id FROM person_names WHERE text = :t"), {"t": name}
        ).scalar()
        if known is None:
            known = connection.execute(
                sa.text("INSERT INTO person_names (text) VALUES (:t) RETURNING id"), {"t": name}
            ).scalar_one()
            for each in forms_of(name):
                connection.execute(
                    sa.text("INSERT INTO person_name_forms VALUES (:k, :c, :f)"),
                    {"k": known, "c": str(each.component), "f": each.form},
                )
        _set("studies", key, column, known)


def _add_requests(key: int, excerpt: dict[str, dict[str, object]]) -> None:
    items = excerpt.get("00400275", {}).get("Value", [])
    for position, item in enumerate(items if isinstance(items, list) else [], start=1):
        values = {column: text(item, tag) for tag, column in REQUEST_COLUMNS.items()}
        op.get_bind().execute(
            sa.text(
                "INSERT INTO series_requests VALUES (:series_key, :position, :accession_number, "
                ":requested_procedure_id, :scheduled_procedure_step_id)"
            ),
            {"series_key": key, "position": position, **values},
        )


def _rows(table: str, *columns: str) -> Iterator[Any]:
    """Yield the key and some columns of each row, read in chunks."""
    named = ", ".join(columns)
    statement = f"SELECT id, {named} FROM {table} WHERE id > :a ORDER BY id LIMIT :n"  # noqa: S608  # names of our own
    after = 0
    while True:
        rows = op.get_bind().execute(sa.text(statement), {"a": after, "n": CHUNK})
        chunk = rows.all()
        yield from chunk
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].id


def _set(table: str, key: int, column: str, value: object) -> None:
    statement = f"UPDATE {table} SET {column} = :v WHERE id = :k"  # noqa: S608  # names of our own
    op.get_bind().execute(sa.text(statement), {"v": value, "k": key})


def downgrade() -> None:
    for column in COLUMNS:
        op.execute(f"ALTER TABLE studies ADD COLUMN {column} TEXT DEFAULT '' NOT NULL")
    for column, prefix in NAMES.items():
        _write_names_back(column, prefix)
    for table in EXCERPTS:
        for key, excerpt in _rows(table, "excerpt"):
            joined = b"{" + bytes(excerpt).replace(b"\n", b",") + b"}"
            _set(table, key, "excerpt", joined)
    op.drop_index("ix_studies_newest", "studies")
    op.drop_index("ix_studies_newest_of_facility", "studies")
    op.create_index("ix_studies_facility_code", "studies", ["facility_code"])
    op.create_index("ix_studies_study_date", "studies", ["study_date", "id"])
    for column in NAMES:
        op.drop_index(f"ix_studies_{column}", "studies")
    for column in (*NAMES, "series_count", "instance_count", "modalities"):
        op.execute(f"ALTER TABLE studies DROP COLUMN {column}")
    op.execute("ALTER TABLE series DROP COLUMN instance_count")

    with op.batch_alter_table("series_metadata", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_metadata_series_key"))

    op.drop_table("series_metadata")
    with op.batch_alter_table("series_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_requests_scheduled_procedure_step_id"))
        batch_op.drop_index(batch_op.f("ix_series_requests_requested_procedure_id"))
        batch_op.drop_index(batch_op.f("ix_series_requests_accession_number"))

    op.drop_table("series_requests")
    with op.batch_alter_table("person_name_forms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_name_forms_form"))

    op.drop_table("person_name_forms")
    op.drop_table("person_names")


def _write_names_back(column: str, prefix: str) -> None:
    names = dict(_rows("person_names", "text"))
    for key, name in _rows("studies", column):
        for group, written in zip(GROUPS, names.get(name, "").split("="), strict=False):
            _set("studies", key, f"{prefix}_{group}", written)
