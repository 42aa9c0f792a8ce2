"""Rows and queries of tickets for embedded pages; neither ticket nor page key is stored."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.access.model.embedding import Binding, Embedding, PageLanguage
from medshare.access.store.clients import ClientRow
from medshare.infra.db import Instant, Row
from medshare.kernel.identifiers import FacilityCode
from medshare.kernel.principal import ActingUser, PurposeOfUse


class EmbedTicketRow(Row):
    """A ticket; once redeemed it stands for the page, and expires with that."""

    __tablename__ = "embed_tickets"

    ticket_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    page_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.id"))
    user_id: Mapped[str] = mapped_column(String(200))
    user_name: Mapped[str] = mapped_column(String(200))
    department: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(16))
    about: Mapped[str] = mapped_column(String(36))
    language: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def add(session: Session, ticket_hash: str, binding: Binding, expires_at: datetime) -> None:
    """Insert a ticket."""
    session.add(
        EmbedTicketRow(
            ticket_hash=ticket_hash,
            client_id=binding.client_id,
            user_id=binding.acting_user.id,
            user_name=binding.acting_user.name,
            department=binding.acting_user.department,
            purpose=binding.purpose,
            about=binding.about,
            language=binding.language,
            expires_at=expires_at,
        )
    )
    session.flush()


def redeem(
    session: Session, ticket_hash: str, page_hash: str, now: datetime, expires_at: datetime
) -> bool:
    """Turn a ticket into a page; return whether it was there, unexpired, and unused."""
    used = session.execute(
        update(EmbedTicketRow)
        .where(
            EmbedTicketRow.ticket_hash == ticket_hash,
            EmbedTicketRow.page_hash.is_(None),
            EmbedTicketRow.expires_at > now,
        )
        .values(page_hash=page_hash, expires_at=expires_at)
        .returning(EmbedTicketRow.ticket_hash)
    )
    return used.first() is not None


def find_page(session: Session, page_hash: str, now: datetime) -> Embedding | None:
    """Return what an unexpired page is for, while its client may embed."""
    return _find(session, EmbedTicketRow.page_hash == page_hash, EmbedTicketRow.expires_at > now)


def drop_expired(session: Session, before: datetime) -> None:
    """Delete what expired before an instant."""
    session.execute(delete(EmbedTicketRow).where(EmbedTicketRow.expires_at < before))


def _find(session: Session, *conditions: ColumnElement[bool]) -> Embedding | None:
    found = session.execute(
        select(EmbedTicketRow, ClientRow.facility_code, ClientRow.embed_origin)
        .join(ClientRow, ClientRow.id == EmbedTicketRow.client_id)
        .where(ClientRow.disabled.is_(False), *conditions)
    ).first()
    if found is None or found.embed_origin is None:
        return None
    row = found.EmbedTicketRow
    binding = Binding(
        client_id=row.client_id,
        acting_user=ActingUser(row.user_id, row.user_name, row.department),
        purpose=PurposeOfUse(row.purpose),
        about=row.about,
        language=PageLanguage(row.language),
    )
    return Embedding(binding, FacilityCode(found.facility_code), found.embed_origin)
