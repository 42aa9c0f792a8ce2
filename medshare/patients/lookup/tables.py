"""The spellings under which records are found."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from medshare.infra.db import Row
from medshare.patients.lookup.words import SPELLING_LENGTH

# Compared byte by byte in both databases, so that an index serves a beginning.
_BYTEWISE = String(SPELLING_LENGTH).with_variant(
    String(SPELLING_LENGTH, collation="C"), "postgresql"
)


class PatientSpellingRow(Row):
    """One spelling of the name in a record; ``is_form`` tells what was stated, folded, from Pinyin.

    By the spelling alone: what a record's are follows from its name.
    """

    __tablename__ = "patient_spellings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    spelling: Mapped[str] = mapped_column(_BYTEWISE, primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("patient_records.id"), primary_key=True)
    is_form: Mapped[bool]
