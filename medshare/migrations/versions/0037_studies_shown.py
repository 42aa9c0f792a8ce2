"""Studies by age: whose they are, and none that was retracted.

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_NEWEST = ("study_date", "study_time", "study_instance_uid")
_OF_FACILITY = ("facility_code", *_NEWEST)


def upgrade() -> None:
    shown = sa.text("retraction_id IS NULL")
    _drop()
    for name, columns in (
        ("ix_studies_newest", (*_NEWEST, "facility_code")),
        ("ix_studies_newest_of_facility", _OF_FACILITY),
    ):
        op.create_index(name, "studies", [*columns], sqlite_where=shown, postgresql_where=shown)


def downgrade() -> None:
    _drop()
    op.create_index("ix_studies_newest", "studies", [*_NEWEST])
    op.create_index("ix_studies_newest_of_facility", "studies", [*_OF_FACILITY])


def _drop() -> None:
    op.drop_index("ix_studies_newest", "studies")
    op.drop_index("ix_studies_newest_of_facility", "studies")
