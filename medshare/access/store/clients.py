"""Rows and queries of clients, their used assertions, and tokens taken back."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Text, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.access.model import (
    Client,
    ClientTakenError,
    FacilityMissingError,
)
from medshare.infra.db import Instant, Row, lacks_reference
from medshare.kernel.identifiers import FacilityCode

CLOCKS_APART = timedelta(minutes=5)


class ClientRow(Row):
    """A client; ``secret_hash`` is HMAC-SHA-256 under the server's own key."""

    __tablename__ = "clients"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)
    scopes: Mapped[str] = mapped_column(Text)
    jwks: Mapped[str | None] = mapped_column(Text)
    jwks_uri: Mapped[str | None] = mapped_column(String(500))
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    former_secret_hash: Mapped[str | None] = mapped_column(String(64))
    former_secret_until: Mapped[datetime | None] = mapped_column(Instant)
    disabled: Mapped[bool]
    embed_origin: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)


class AssertionRow(Row):
    """A client assertion that was used; kept until it has expired."""

    __tablename__ = "used_assertions"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti: Mapped[str] = mapped_column(String(255), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class RevokedTokenRow(Row):
    """An access token taken back; kept until it has expired."""

    __tablename__ = "revoked_tokens"

    token_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def add_client(
    session: Session, client: Client, secret_hash: str | None, created_at: datetime
) -> None:
    """Insert a client.

    Raises
    ------
    ClientTakenError, FacilityMissingError
        Its id is taken, or its facility does not take part.
    """
    if session.get(ClientRow, client.id) is not None:
        raise ClientTakenError
    session.add(
        ClientRow(
            id=client.id,
            name=client.name,
            facility_code=client.facility,
            scopes=" ".join(client.scopes),
            jwks=client.jwks,
            jwks_uri=client.jwks_uri,
            secret_hash=secret_hash,
            disabled=client.disabled,
            embed_origin=client.embed_origin,
            version=client.version,
            created_at=created_at,
        )
    )
    try:
        session.flush()
    except IntegrityError as error:
        raise (FacilityMissingError if lacks_reference(error) else ClientTakenError) from None


def find_client(session: Session, client_id: str) -> Client | None:
    """Return a client by its id."""
    row = session.get(ClientRow, client_id)
    return None if row is None else _client(row)


def find_secret_hashes(session: Session, client_id: str, now: datetime) -> tuple[str, ...]:
    """Return the keyed hashes of the secrets that count for a client now."""
    row = session.get(ClientRow, client_id)
    if row is None:
        return ()
    until = row.former_secret_until
    former = row.former_secret_hash if until is not None and now < until else None
    return tuple(filter(None, (row.secret_hash, former)))


def replace_client(session: Session, client: Client) -> None:
    """Write what a client is now; one that has keys loses its secrets."""
    changes: dict[str, object] = {
        "name": client.name,
        "scopes": " ".join(client.scopes),
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "disabled": client.disabled,
        "embed_origin": client.embed_origin,
        "version": client.version,
    }
    if client.has_keys:
        changes |= {"secret_hash": None, "former_secret_hash": None}
    session.execute(update(ClientRow).where(ClientRow.id == client.id).values(changes))


def renew_hash(session: Session, client_id: str, former: str, present: str) -> None:
    """Put the hash by the present key in the place of that by the former one, wherever it is."""
    mine = update(ClientRow).where(ClientRow.id == client_id)
    session.execute(mine.where(ClientRow.secret_hash == former).values(secret_hash=present))
    session.execute(
        mine.where(ClientRow.former_secret_hash == former).values(former_secret_hash=present)
    )


def replace_secret(
    session: Session, client_id: str, secret_hash: str, *, former_until: datetime
) -> None:
    """Give a client a new secret; the one it had counts until ``former_until``."""
    session.execute(
        update(ClientRow)
        .where(ClientRow.id == client_id)
        .values(
            former_secret_hash=ClientRow.secret_hash,
            former_secret_until=former_until,
            secret_hash=secret_hash,
            version=ClientRow.version + 1,
        )
    )


def page_clients(session: Session, *, after: str, limit: int) -> list[Client]:
    """Return at most ``limit`` clients whose id is greater than ``after``, in order."""
    rows = session.scalars(
        select(ClientRow).where(ClientRow.id > after).order_by(ClientRow.id).limit(limit)
    )
    return [_client(row) for row in rows]


def disable_client(session: Session, client_id: str) -> None:
    """Let a client ask for no more tokens."""
    session.execute(
        update(ClientRow)
        .where(ClientRow.id == client_id)
        .values(disabled=True, version=ClientRow.version + 1)
    )


def use_assertion(
    session: Session, client_id: str, jti: str, *, expires_at: datetime, now: datetime
) -> bool:
    """Mark an assertion as used; return whether this was its first use.

    Used ones are kept for a while after they expired: another process's clock may be behind.
    """
    session.execute(delete(AssertionRow).where(AssertionRow.expires_at < now - CLOCKS_APART))
    session.add(AssertionRow(client_id=client_id, jti=jti, expires_at=expires_at))
    try:
        session.flush()
    except IntegrityError:
        return False
    return True


def revoke_token(session: Session, token_id: str, *, expires_at: datetime, now: datetime) -> None:
    """Take a token back; harmless when that was done before."""
    session.execute(delete(RevokedTokenRow).where(RevokedTokenRow.expires_at < now - CLOCKS_APART))
    session.merge(RevokedTokenRow(token_id=token_id, expires_at=expires_at))


def revoked_tokens(session: Session, now: datetime) -> frozenset[str]:
    """Return the ids of all tokens that were taken back and have not expired."""
    unexpired = RevokedTokenRow.expires_at >= now - CLOCKS_APART
    return frozenset(session.scalars(select(RevokedTokenRow.token_id).where(unexpired)))


def _client(row: ClientRow) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        facility=FacilityCode(row.facility_code),
        scopes=tuple(row.scopes.split()),
        jwks=row.jwks,
        disabled=row.disabled,
        jwks_uri=row.jwks_uri,
        version=row.version,
        embed_origin=row.embed_origin,
    )
