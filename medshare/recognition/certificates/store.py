"""Rows and queries of scopes and certificates."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from medshare.infra.db import Instant, Row
from medshare.recognition.certificates.model import Basis, Certificate, Scope
from medshare.recognition.programme import QualityCertificate, Withdrawal


class ScopeRow(Row):
    """A scope."""

    __tablename__ = "recognition_scopes"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    rank: Mapped[int]
    inside: Mapped[list["ScopeInsideRow"]] = relationship(
        lazy="selectin",
        cascade="all, delete-orphan",
        order_by="ScopeInsideRow.inside",
        foreign_keys="ScopeInsideRow.scope",
    )


class ScopeInsideRow(Row):
    """A scope that lies inside another one."""

    __tablename__ = "recognition_scope_parts"

    scope: Mapped[str] = mapped_column(ForeignKey("recognition_scopes.code"), primary_key=True)
    inside: Mapped[str] = mapped_column(String(64), primary_key=True)


class CertificateRow(Row):
    """A certificate."""

    __tablename__ = "recognition_certificates"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)
    scope: Mapped[str] = mapped_column(ForeignKey("recognition_scopes.code"))
    mark: Mapped[str] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(200))
    scheme: Mapped[str] = mapped_column(String(200))
    cycle: Mapped[str] = mapped_column(String(64))
    score: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_to: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    invalid_from: Mapped[datetime | None] = mapped_column(Instant)
    withdrawal_reason: Mapped[str] = mapped_column(Text)
    items: Mapped[list["CertificateItemRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="CertificateItemRow.item"
    )


class CertificateItemRow(Row):
    """An item of a certificate."""

    __tablename__ = "recognition_certificate_items"

    certificate_id: Mapped[str] = mapped_column(
        ForeignKey("recognition_certificates.id"), primary_key=True
    )
    item: Mapped[str] = mapped_column(String(64), primary_key=True)


def put_scopes(session: Session, scopes: Iterable[Scope]) -> None:
    """Insert scopes, or change those that stand."""
    for scope in scopes:
        session.merge(
            ScopeRow(
                code=scope.code,
                name_zh=scope.name_zh,
                name_en=scope.name_en,
                rank=scope.rank,
                inside=[ScopeInsideRow(scope=scope.code, inside=each) for each in scope.contains],
            )
        )
    session.flush()


def scopes(session: Session) -> list[Scope]:
    """Return every scope, the widest first."""
    rows = session.scalars(select(ScopeRow).order_by(ScopeRow.rank, ScopeRow.code))
    return [
        Scope(
            row.code, row.name_zh, row.name_en, row.rank, tuple(each.inside for each in row.inside)
        )
        for row in rows
    ]


def add(session: Session, certificate: Certificate) -> None:
    """Insert a certificate."""
    rule, basis = certificate.rule, certificate.basis
    session.add(
        CertificateRow(
            id=rule.id,
            facility_code=rule.facility,
            scope=rule.scope,
            mark=rule.mark,
            issuer=certificate.issuer,
            scheme=basis.scheme,
            cycle=basis.cycle,
            score=basis.score,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            withdrawn_at=None,
            invalid_from=None,
            withdrawal_reason="",
            items=[CertificateItemRow(item=each) for each in sorted(rule.items)],
        )
    )
    session.flush()


def withdraw(session: Session, certificate_id: str, withdrawal: Withdrawal, reason: str) -> None:
    """Write down that a certificate ended before its time."""
    row = session.get_one(CertificateRow, certificate_id)
    row.withdrawn_at, row.invalid_from = withdrawal.at, withdrawal.invalid_from
    row.withdrawal_reason = reason
    session.flush()


def find(session: Session, certificate_id: str) -> Certificate | None:
    """Return a certificate."""
    row = session.get(CertificateRow, certificate_id)
    return None if row is None else _certificate(row)


def find_to_change(session: Session, certificate_id: str) -> Certificate | None:
    """Return a certificate and keep others from changing it until the commit."""
    held = select(CertificateRow.id).where(CertificateRow.id == certificate_id)
    session.execute(held.with_for_update())
    return find(session, certificate_id)


def certificates(session: Session) -> list[Certificate]:
    """Return every certificate, by id."""
    return [
        _certificate(row)
        for row in session.scalars(select(CertificateRow).order_by(CertificateRow.id))
    ]


def page(session: Session, *, after: str, limit: int) -> list[Certificate]:
    """Return at most ``limit`` certificates whose id is greater than ``after``, in order."""
    rows = select(CertificateRow).where(CertificateRow.id > after)
    return [
        _certificate(row) for row in session.scalars(rows.order_by(CertificateRow.id).limit(limit))
    ]


def _certificate(row: CertificateRow) -> Certificate:
    withdrawn = (
        Withdrawal(row.withdrawn_at, row.invalid_from)
        if row.withdrawn_at is not None and row.invalid_from is not None
        else None
    )
    rule = QualityCertificate(
        row.id,
        row.facility_code,
        frozenset(each.item for each in row.items),
        row.scope,
        row.mark,
        row.valid_from,
        row.valid_to,
        withdrawn,
    )
    basis = Basis(row.scheme, row.cycle, row.score)
    return Certificate(rule, row.issuer, basis, row.withdrawal_reason)
