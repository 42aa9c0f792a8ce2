"""Rows and queries of accounts, sessions, failed logins and logins under way elsewhere."""

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import ForeignKey, String, Text, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.access.model import (
    Account,
    AccountTakenError,
    FacilityMissingError,
    Failures,
    ProviderLogin,
    Role,
    SessionState,
)
from medshare.infra.db import Instant, Row, lacks_reference
from medshare.kernel.identifiers import FacilityCode


class AccountRow(Row):
    """A person's account.

    ``second_factor`` is the TOTP secret that counts, ``second_factor_pending`` one that its owner
    has not confirmed yet; both are encrypted by the server's key.
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(200))
    facility_code: Mapped[str | None] = mapped_column(ForeignKey("facilities.code"), index=True)
    department: Mapped[str] = mapped_column(String(200))
    roles: Mapped[bytes]
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool]
    provider_subject: Mapped[str | None] = mapped_column(String(255), unique=True)
    second_factor: Mapped[str | None] = mapped_column(Text)
    second_factor_pending: Mapped[str | None] = mapped_column(Text)
    second_factor_step: Mapped[int]
    disabled: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)


class SessionRow(Row):
    """A session; ``key_hash`` is the SHA-256 of what the cookie holds."""

    __tablename__ = "sessions"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    proved_at: Mapped[datetime] = mapped_column(Instant)


class LoginFailureRow(Row):
    """Failed logins under one user name, whether or not there is an account of that name."""

    __tablename__ = "login_failures"

    name_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant, index=True)


class ProviderLoginRow(Row):
    """A login that has gone to the identity provider and not come back yet."""

    __tablename__ = "provider_logins"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(128))
    next_path: Mapped[str] = mapped_column(String(500))
    started_at: Mapped[datetime] = mapped_column(Instant, index=True)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A TOTP secret as it is kept, and the last time step that was used."""

    sealed: str
    last_step: int


def add_account(
    session: Session, account: Account, password_hash: str, created_at: datetime
) -> None:
    """Insert an account.

    Raises
    ------
    AccountTakenError, FacilityMissingError
        Its user name or its subject at the provider is taken, or its facility does not take part.
    """
    values = _values(account) | {
        "id": account.id,
        "username": account.username,
        "password_hash": password_hash,
        "second_factor_step": 0,
        "created_at": created_at,
    }
    session.add(AccountRow(**values))
    _flush(session)


def replace_account(session: Session, account: Account) -> None:
    """Write what an account is now.

    Raises
    ------
    AccountTakenError, FacilityMissingError
        Its subject at the provider is taken, or its facility does not take part.
    """
    row = session.get_one(AccountRow, account.id)
    for name, value in _values(account).items():
        setattr(row, name, value)
    _flush(session)


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise (FacilityMissingError if lacks_reference(error) else AccountTakenError) from None


def _values(account: Account) -> dict[str, object]:
    return {
        "display_name": account.display_name,
        "facility_code": account.facility,
        "department": account.department,
        "roles": orjson.dumps(sorted(account.roles)),
        "must_change_password": account.must_change_password,
        "provider_subject": account.provider_subject,
        "disabled": account.disabled,
        "version": account.version,
    }


def find_account(session: Session, username: str) -> tuple[Account, str] | None:
    """Return an account and its password's hash by its user name."""
    row = session.scalar(select(AccountRow).where(AccountRow.username == username))
    return None if row is None else (_account(row), row.password_hash)


def get_account(session: Session, account_id: str) -> tuple[Account, str] | None:
    """Return an account and its password's hash by its id."""
    row = session.get(AccountRow, account_id)
    return None if row is None else (_account(row), row.password_hash)


def find_by_subject(session: Session, provider_subject: str) -> Account | None:
    """Return the account of a subject of the identity provider."""
    row = session.scalar(select(AccountRow).where(AccountRow.provider_subject == provider_subject))
    return None if row is None else _account(row)


def page_accounts(session: Session, *, after: str, limit: int) -> list[Account]:
    """Return at most ``limit`` accounts whose user name is greater than ``after``, in order."""
    rows = session.scalars(
        select(AccountRow)
        .where(AccountRow.username > after)
        .order_by(AccountRow.username)
        .limit(limit)
    )
    return [_account(row) for row in rows]


def set_password(session: Session, account_id: str, password_hash: str, *, temporary: bool) -> None:
    """Exchange an account's password; a temporary one must be changed at the next login."""
    session.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id)
        .values(
            password_hash=password_hash,
            must_change_password=temporary,
            version=AccountRow.version + 1,
        )
    )


def find_second_factor(session: Session, account_id: str) -> SecondFactor | None:
    """Return an account's second factor, if it has one."""
    row = session.get_one(AccountRow, account_id)
    if row.second_factor is None:
        return None
    return SecondFactor(row.second_factor, row.second_factor_step)


def find_pending_factor(session: Session, account_id: str) -> str | None:
    """Return the encrypted secret that an account has yet to confirm, if it asked for one."""
    return session.get_one(AccountRow, account_id).second_factor_pending


def set_pending_factor(session: Session, account_id: str, sealed: str) -> None:
    """Keep a secret beside the second factor that counts, until it is confirmed."""
    session.execute(
        update(AccountRow).where(AccountRow.id == account_id).values(second_factor_pending=sealed)
    )


def set_second_factor(session: Session, account_id: str, factor: SecondFactor | None) -> None:
    """Give an account a second factor, or take it away; none waits to be confirmed then."""
    session.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id)
        .values(
            second_factor=factor.sealed if factor else None,
            second_factor_pending=None,
            second_factor_step=factor.last_step if factor else 0,
        )
    )


def sealed_factors(session: Session) -> list[tuple[str, str | None, str | None]]:
    """Return the encrypted secrets of accounts that have any, held until the commit."""
    row = AccountRow
    chosen = select(row.id, row.second_factor, row.second_factor_pending).where(
        or_(row.second_factor.is_not(None), row.second_factor_pending.is_not(None))
    )
    found = session.execute(chosen.with_for_update())
    return [(account_id, present, pending) for account_id, present, pending in found]


def put_sealed_factors(
    session: Session, account_id: str, present: str | None, pending: str | None
) -> None:
    """Put encrypted secrets in the place of those that an account has."""
    session.execute(
        update(AccountRow)
        .where(AccountRow.id == account_id)
        .values(second_factor=present, second_factor_pending=pending)
    )


def use_step(session: Session, account_id: str, step: int) -> bool:
    """Use a time step of a second factor up; tell whether it was the first use of it or a later."""
    used = session.scalars(
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.second_factor_step < step)
        .values(second_factor_step=step)
        .returning(AccountRow.id)
    )
    return used.first() is not None


def add_session(
    session: Session, key_hash: str, account_id: str, now: datetime, *, proved_at: datetime
) -> None:
    """Insert a session."""
    session.add(
        SessionRow(
            key_hash=key_hash,
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            proved_at=proved_at,
        )
    )


def find_session(session: Session, key_hash: str) -> SessionState | None:
    """Return a session's account and its times."""
    row = session.get(SessionRow, key_hash)
    if row is None:
        return None
    account = session.get_one(AccountRow, row.account_id)
    return SessionState(_account(account), row.created_at, row.last_seen_at, row.proved_at)


def see_session(session: Session, key_hash: str, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(
        update(SessionRow).where(SessionRow.key_hash == key_hash).values(last_seen_at=now)
    )


def prove_session(session: Session, key_hash: str, now: datetime) -> None:
    """Note that the person of a session has proved themselves anew."""
    session.execute(update(SessionRow).where(SessionRow.key_hash == key_hash).values(proved_at=now))


def drop_session(session: Session, key_hash: str) -> None:
    """End a session."""
    session.execute(delete(SessionRow).where(SessionRow.key_hash == key_hash))


def drop_sessions_of(session: Session, account_id: str, *, but: str = "") -> None:
    """End all sessions of an account, but for the one of a key's hash."""
    session.execute(
        delete(SessionRow).where(SessionRow.account_id == account_id, SessionRow.key_hash != but)
    )


def drop_ended_sessions(session: Session, created_before: datetime) -> None:
    """Remove sessions that began before an instant."""
    session.execute(delete(SessionRow).where(SessionRow.created_at < created_before))


def find_failures(session: Session, name_hash: str) -> Failures:
    """Return how often a login under a name has failed in a row, and when last."""
    row = session.get(LoginFailureRow, name_hash)
    return Failures() if row is None else Failures(row.count, row.last_at)


def set_failures(session: Session, name_hash: str, failures: Failures) -> None:
    """Write how often a login under a name has failed in a row; none at all removes it."""
    if failures.last_at is None:
        session.execute(delete(LoginFailureRow).where(LoginFailureRow.name_hash == name_hash))
        return
    session.merge(
        LoginFailureRow(name_hash=name_hash, count=failures.count, last_at=failures.last_at)
    )


def drop_old_failures(session: Session, before: datetime) -> None:
    """Forget failures whose last is older than an instant."""
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.last_at < before))


def add_provider_login(session: Session, state_hash: str, login: ProviderLogin) -> None:
    """Insert a login that goes to the identity provider."""
    session.add(
        ProviderLoginRow(
            state_hash=state_hash,
            nonce=login.nonce,
            verifier=login.verifier,
            next_path=login.next_path,
            started_at=login.started_at,
        )
    )


def find_provider_login(session: Session, state_hash: str) -> ProviderLogin | None:
    """Return a login that has gone to the provider."""
    row = session.get(ProviderLoginRow, state_hash)
    if row is None:
        return None
    return ProviderLogin(row.nonce, row.verifier, row.next_path, row.started_at)


def take_provider_login(session: Session, state_hash: str) -> bool:
    """Remove a login that came back; tell whether it was there."""
    taken = session.scalars(
        delete(ProviderLoginRow)
        .where(ProviderLoginRow.state_hash == state_hash)
        .returning(ProviderLoginRow.state_hash)
    )
    return taken.first() is not None


def drop_old_provider_logins(session: Session, before: datetime) -> None:
    """Forget logins that went to the provider before an instant and never came back."""
    session.execute(delete(ProviderLoginRow).where(ProviderLoginRow.started_at < before))


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        username=row.username,
        display_name=row.display_name,
        roles=frozenset(Role(each) for each in orjson.loads(row.roles)),
        facility=FacilityCode(row.facility_code) if row.facility_code else None,
        department=row.department,
        disabled=row.disabled,
        must_change_password=row.must_change_password,
        provider_subject=row.provider_subject,
        has_second_factor=row.second_factor is not None,
        version=row.version,
    )
