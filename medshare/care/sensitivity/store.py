"""Rows and queries of classes of sensitive results."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, SQLColumnExpression, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.care.sensitivity.model import SensitivityClass
from medshare.infra.db import Row


class SensitivityClassRow(Row):
    """A class of results, and what policy asks of it."""

    __tablename__ = "sensitivity_classes"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    consent_required: Mapped[bool]
    sealed: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))


def add_missing(session: Session, classes: Iterable[SensitivityClass]) -> None:
    """Insert the classes that do not stand yet: what policy made of the others stays."""
    standing = set(session.scalars(select(SensitivityClassRow.code)))
    for each in classes:
        if each.code not in standing:
            put(session, each)


def put(session: Session, wanted: SensitivityClass) -> None:
    """Insert a class, or change the one that stands."""
    row = session.get(SensitivityClassRow, wanted.code) or SensitivityClassRow(code=wanted.code)
    row.name_en, row.name_zh = wanted.name_en, wanted.name_zh
    row.consent_required, row.sealed = wanted.consent_required, wanted.sealed
    row.reason = wanted.reason
    session.add(row)
    session.flush()


def all_classes(session: Session) -> list[SensitivityClass]:
    """Return every class, by code."""
    rows = session.scalars(select(SensitivityClassRow).order_by(SensitivityClassRow.code))
    return [
        SensitivityClass(
            row.code, row.name_en, row.name_zh, row.consent_required, row.sealed, row.reason
        )
        for row in rows
    ]


def is_known(session: Session, code: str) -> bool:
    """Tell whether there is a class."""
    return session.get(SensitivityClassRow, code) is not None


def asks_for_consent(sensitivity: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Say in SQL that results of a class are shared only with consent."""
    asking = select(SensitivityClassRow.code).where(SensitivityClassRow.consent_required)
    return sensitivity.in_(asking)


def is_sealed(sensitivity: SQLColumnExpression[str | None]) -> ColumnElement[bool]:
    """Say in SQL that emergency access leaves results of a class closed."""
    return sensitivity.in_(select(SensitivityClassRow.code).where(SensitivityClassRow.sealed))
