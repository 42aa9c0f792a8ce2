"""Rows and queries of wrapped keys; each ledger keeps those of its own entries."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import cast

from sqlalchemy import Connection, LargeBinary, String, Table, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from medshare.audit.vault.model import WrappedKey
from medshare.infra.compiled import Fixed, Insertion, Wire
from medshare.infra.db import Row


class AuditKeyRow(Row):
    """The key of a patient's or a month's words. Once it is gone nothing opens them."""

    __tablename__ = "audit_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64), unique=True)
    wrapped_by: Mapped[str] = mapped_column(String(16))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


KEYS = cast("Table", AuditKeyRow.__table__)


_ADD = Insertion(KEYS, skips_known=True)
_OF_HOLDER = Fixed(select(KEYS).where(KEYS.c.holder == bindparam("holder")))


def by_holder(connection: Wire, holders: Collection[str]) -> dict[str, WrappedKey]:
    """Return the keys of holders, by holder."""
    found = (_OF_HOLDER.first(connection, holder=each) for each in holders)
    return {row[1]: WrappedKey(*row) for row in found if row is not None}


def by_id(connection: Connection, key_ids: Collection[str]) -> dict[str, WrappedKey]:
    """Return keys by their ids; those that are gone are left out."""
    rows = connection.execute(select(KEYS).where(KEYS.c.id.in_(sorted(key_ids))))
    return {row.id: WrappedKey(*row) for row in rows}


def add(connection: Wire, keys: Iterable[WrappedKey]) -> None:
    """Insert keys; whose holder has got one meanwhile is passed over."""
    _ADD.run(connection, [asdict(each) for each in keys])


def forget(connection: Connection, holders: Collection[str]) -> int:
    """Delete the keys of holders; return how many there were."""
    gone = connection.execute(
        delete(KEYS).where(KEYS.c.holder.in_(sorted(holders))).returning(KEYS.c.id)
    )
    return len(gone.all())


def wrapped_otherwise(connection: Connection, key_id: str, limit: int) -> list[WrappedKey]:
    """Return keys that another than this wrapping key has wrapped."""
    chosen = select(KEYS).where(KEYS.c.wrapped_by != key_id).order_by(KEYS.c.id).limit(limit)
    return [WrappedKey(*row) for row in connection.execute(chosen.with_for_update())]


def rewrap(connection: Connection, wrapped: WrappedKey) -> None:
    """Put a key's new wrapping in the place of its present one."""
    connection.execute(
        update(KEYS)
        .where(KEYS.c.id == wrapped.id)
        .values(wrapped_by=wrapped.wrapped_by, wrapped=wrapped.wrapped)
    )
