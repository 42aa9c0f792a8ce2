"""The revision of the registers: a key that changes with them, so that caches know."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Row
from medshare.infra.uow import UnitOfWork

_ONLY = 1


class RevisionRow(Row):
    """The one row that every change of a register renews."""

    __tablename__ = "recognition_revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(36))


def renew(uow: UnitOfWork) -> None:
    """Say that a register changes in this transaction."""
    row = uow.session.get(RevisionRow, _ONLY)
    if row is None:
        uow.session.add(RevisionRow(id=_ONLY, key=uow.new_key()))
    else:
        row.key = uow.new_key()
    uow.session.flush()


def current(session: Session) -> str:
    """Return the present revision, empty before the first change."""
    row = session.get(RevisionRow, _ONLY)
    return "" if row is None else row.key
