"""Rows and queries of the sealed tree.

They stand in the ledger of reads (on PostgreSQL the one database), so that sealing does not wait
for the index's writer. Each ledger has its own ``audit_pending``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.audit.tree.tiles import WIDTH, Place, pack, unpack
from medshare.infra.compiled import Insertion, Wire
from medshare.infra.db import Instant, Row

POSITION = BigInteger().with_variant(Integer, "sqlite")


class PendingRow(Row):
    """An entry that is not in the tree yet; written with it, in one transaction."""

    __tablename__ = "audit_pending"

    entry_id: Mapped[str] = mapped_column(String(36), primary_key=True)


class LeafRow(Row):
    """Where an entry stands in the tree, and the salts of what its leaf withholds.

    A salt is ``None`` once the part is forgotten; that of *about* also where it is kept in the
    vault, with the entry's words.
    """

    __tablename__ = "audit_leaves"

    position: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(36), unique=True)
    who_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    about_salt: Mapped[bytes | None] = mapped_column(LargeBinary)


class TileRow(Row):
    """Up to 256 hashes of a level."""

    __tablename__ = "audit_tiles"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes]


class BundleRow(Row):
    """Up to 256 leaves, each behind its length."""

    __tablename__ = "audit_bundles"

    number: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    leaves: Mapped[bytes]


class CheckpointRow(Row):
    """A signed checkpoint."""

    __tablename__ = "audit_checkpoints"

    size: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    signed_at: Mapped[datetime] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text)


class CosignatureRow(Row):
    """The newest signature line of a witness under a checkpoint."""

    __tablename__ = "audit_cosignatures"

    size: Mapped[int] = mapped_column(POSITION, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, slots=True)
class SealedLeaf:
    """A leaf, the entry it tells of and the salts of what it withholds."""

    entry_id: str
    leaf: bytes
    who_salt: bytes
    about_salt: bytes | None


_AWAIT = Insertion(cast("Table", PendingRow.__table__))


def await_sealing(connection: Wire, entry_ids: Iterable[str]) -> None:
    """Note in the entries' own transaction that they are to be sealed."""
    _AWAIT.run(connection, [{"entry_id": each} for each in entry_ids])


def pending(session: Session, limit: int) -> list[str]:
    """Return the ids of entries that wait, oldest first."""
    return list(
        session.scalars(select(PendingRow.entry_id).order_by(PendingRow.entry_id).limit(limit))
    )


def settle(session: Session, entry_ids: Sequence[str]) -> None:
    """Note that entries wait no longer."""
    session.execute(delete(PendingRow).where(PendingRow.entry_id.in_(entry_ids)))


def sealed_among(session: Session, entry_ids: Sequence[str]) -> set[str]:
    """Return which of the entries stand in the tree already."""
    return set(session.scalars(select(LeafRow.entry_id).where(LeafRow.entry_id.in_(entry_ids))))


def about_salts(session: Session, entry_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the salts of *about* that stand beside the leaves of entries."""
    rows = session.execute(
        select(LeafRow.entry_id, LeafRow.about_salt).where(
            LeafRow.entry_id.in_(entry_ids), LeafRow.about_salt.is_not(None)
        )
    )
    return {entry_id: salt for entry_id, salt in rows if salt is not None}


def forget_about_salts(session: Session, entry_ids: Sequence[str]) -> None:
    """Delete them."""
    session.execute(update(LeafRow).where(LeafRow.entry_id.in_(entry_ids)).values(about_salt=None))


def latest(session: Session) -> tuple[int, str] | None:
    """Return size and note of the newest checkpoint, ``None`` before the first."""
    row = session.scalars(
        select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1)
    ).first()
    return (row.size, row.note) if row else None


def checkpoints_between(
    session: Session, after: int, until: int, limit: int
) -> list[tuple[int, str]]:
    """Return size and note of the newest checkpoints of sizes beyond one, up to another."""
    row = CheckpointRow
    statement = select(row).where(row.size > after, row.size <= until)
    found = session.scalars(statement.order_by(row.size.desc()).limit(limit))
    return [(each.size, each.note) for each in found]


def checkpoint_at(session: Session, size: int) -> str | None:
    """Return the note of the checkpoint of a size, ``None`` when none was signed at it."""
    row = session.get(CheckpointRow, size)
    return row.note if row else None


def put_cosignature(
    session: Session, size: int, witness: str, line: str, received_at: datetime
) -> None:
    """Keep a witness's signature under the checkpoint of a size, in the place of an earlier one."""
    session.merge(CosignatureRow(size=size, witness=witness, line=line, received_at=received_at))


def cosignatures(session: Session, size: int) -> list[str]:
    """Return the signature lines of witnesses under the checkpoint of a size, by witness."""
    row = CosignatureRow
    return list(session.scalars(select(row.line).where(row.size == size).order_by(row.witness)))


def vouched_sizes(session: Session) -> list[int]:
    """Return up to which sizes witnesses vouch: the newest of each, ascending."""
    newest = select(func.max(CosignatureRow.size)).group_by(CosignatureRow.witness)
    return sorted(set(session.scalars(newest)))


def newest_cosigned(session: Session, at_least: int) -> int | None:
    """Return the size of the newest checkpoint that so many witnesses signed."""
    row = CosignatureRow
    return session.scalar(
        select(row.size)
        .group_by(row.size)
        .having(func.count(row.witness) >= at_least)
        .order_by(row.size.desc())
        .limit(1)
    )


def add_checkpoint(session: Session, size: int, note: str, signed_at: datetime) -> None:
    """Keep a signed checkpoint."""
    session.add(CheckpointRow(size=size, note=note, signed_at=signed_at))


def tile(session: Session, place: Place) -> bytes:
    """Return what stands of a tile, empty bytes where there is none."""
    row = session.get(TileRow, place)
    return row.hashes if row else b""


def save_tiles(session: Session, tiles: Mapping[Place, bytes]) -> None:
    """Write tiles that have grown."""
    dialect = session.get_bind().dialect.name
    statement = (insert_sqlite if dialect == "sqlite" else insert_postgresql)(TileRow)
    statement = statement.on_conflict_do_update(
        index_elements=["level", "number"], set_={"hashes": statement.excluded.hashes}
    )
    session.execute(
        statement,
        [
            {"level": level, "number": number, "hashes": hashes}
            for (level, number), hashes in tiles.items()
        ],
    )


def add_leaves(session: Session, first: int, leaves: Sequence[SealedLeaf]) -> None:
    """Append leaves from a position on: whoever lost a race for it fails on the key."""
    session.execute(
        insert(LeafRow),
        [
            {
                "position": first + number,
                "entry_id": each.entry_id,
                "who_salt": each.who_salt,
                "about_salt": each.about_salt,
            }
            for number, each in enumerate(leaves)
        ],
    )
    position = first
    for number in range(first // WIDTH, (first + len(leaves) - 1) // WIDTH + 1):
        end = min((number + 1) * WIDTH, first + len(leaves))
        packed = pack(each.leaf for each in leaves[position - first : end - first])
        row = session.get(BundleRow, number)
        if row is None:
            session.add(BundleRow(number=number, leaves=packed))
        else:
            row.leaves += packed
        position = end


def bundle(session: Session, number: int) -> list[bytes]:
    """Return the leaves of a bundle, none where it does not stand."""
    row = session.get(BundleRow, number)
    return list(unpack(row.leaves)) if row else []


def first_bundle(session: Session) -> int:
    """Return the number of the first bundle that stands, 0 in an empty log."""
    return session.scalar(select(func.min(BundleRow.number))) or 0


def drop_bundle(session: Session, number: int) -> None:
    """Delete a bundle and what is known of its leaves; their hashes stay in the tiles."""
    begin, end = number * WIDTH, (number + 1) * WIDTH
    session.execute(delete(LeafRow).where(LeafRow.position >= begin, LeafRow.position < end))
    session.execute(delete(BundleRow).where(BundleRow.number == number))


def leaf_rows(session: Session, number: int) -> list[LeafRow]:
    """Return whose leaves a bundle holds, in order."""
    return list(
        session.scalars(
            select(LeafRow)
            .where(LeafRow.position >= number * WIDTH, LeafRow.position < (number + 1) * WIDTH)
            .order_by(LeafRow.position)
            .limit(WIDTH)
        )
    )


def position_of(session: Session, entry_id: str) -> int | None:
    """Return where an entry stands in the tree, ``None`` while it does not."""
    return session.scalar(select(LeafRow.position).where(LeafRow.entry_id == entry_id))
