"""Rows and queries of facilities."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import CheckConstraint, ForeignKey, String, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from medshare.facilities.model import CharsetPolicy, Facility, FacilityTakenError, Member, Sender
from medshare.infra.begun import wire_of
from medshare.infra.compiled import Fixed
from medshare.infra.db import Row
from medshare.kernel.identifiers import FacilityCode


class FacilityRow(Row):
    """A facility."""

    __tablename__ = "facilities"
    __table_args__ = (CheckConstraint("level between 1 and 3", name="level"),)

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    level: Mapped[int]
    oid: Mapped[str] = mapped_column(String(64), unique=True)
    patient_identifier_system: Mapped[str] = mapped_column(String(200), unique=True)
    time_zone: Mapped[str] = mapped_column(String(64))
    charset_policy: Mapped[str] = mapped_column(String(16), server_default=CharsetPolicy.DETECT)
    ae_titles: Mapped[list["AeTitleRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="AeTitleRow.ae_title"
    )
    scopes: Mapped[list["FacilityScopeRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="FacilityScopeRow.scope"
    )


class AeTitleRow(Row):
    """A DICOM application entity of a facility."""

    __tablename__ = "facility_ae_titles"

    ae_title: Mapped[str] = mapped_column(String(16), primary_key=True)
    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), index=True)


class FacilityScopeRow(Row):
    """A facility's membership of a recognition scope."""

    __tablename__ = "facility_scopes"

    facility_code: Mapped[str] = mapped_column(ForeignKey("facilities.code"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)


def add(session: Session, facility: Facility) -> None:
    """Insert a facility.

    Raises
    ------
    FacilityTakenError
        Something of it that must be unique is taken.
    """
    session.add(_row(facility))
    try:
        session.flush()
    except IntegrityError:
        raise FacilityTakenError from None


def replace(session: Session, facility: Facility) -> None:
    """Put a facility in the place of the one with its code.

    Raises
    ------
    FacilityTakenError
        Something of it that must be unique is another's.
    """
    row = session.get_one(FacilityRow, facility.code)
    try:
        # Not session.merge: it would find the AE title of another facility by its key and take it.
        row.ae_titles, row.scopes = [], []
        session.flush()
        fresh = _row(facility)
        for column in FacilityRow.__table__.columns:
            setattr(row, column.name, getattr(fresh, column.name))
        row.ae_titles = [AeTitleRow(ae_title=each) for each in facility.ae_titles]
        row.scopes = [FacilityScopeRow(scope=each) for each in facility.scopes]
        session.flush()
    except IntegrityError:
        raise FacilityTakenError from None


# Every registration asks for its facility: by the session it took longer than to match.
_FACILITY = Fixed(
    select(
        FacilityRow.code,
        FacilityRow.name_zh,
        FacilityRow.name_en,
        FacilityRow.level,
        FacilityRow.oid,
        FacilityRow.patient_identifier_system,
        FacilityRow.time_zone,
        FacilityRow.charset_policy,
    ).where(FacilityRow.code == bindparam("code"))
)
_AE_TITLES = Fixed(
    select(AeTitleRow.ae_title)
    .where(AeTitleRow.facility_code == bindparam("code"))
    .order_by(AeTitleRow.ae_title)
)
_SCOPES = Fixed(
    select(FacilityScopeRow.scope)
    .where(FacilityScopeRow.facility_code == bindparam("code"))
    .order_by(FacilityScopeRow.scope)
)


def find(session: Session, code: FacilityCode) -> Facility | None:
    """Return a facility by its code."""
    session.flush()
    connection = wire_of(session)
    found = _FACILITY.first(connection, code=code)
    if found is None:
        return None
    _, name_zh, name_en, level, oid, system, time_zone, charset_policy = found
    return Facility(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        level=level,
        oid=oid,
        patient_identifier_system=system,
        time_zone=time_zone,
        ae_titles=tuple(each for (each,) in _AE_TITLES.rows(connection, code=code)),
        scopes=tuple(each for (each,) in _SCOPES.rows(connection, code=code)),
        charset_policy=CharsetPolicy(charset_policy),
    )


_SENDER = Fixed(
    select(FacilityRow.patient_identifier_system, FacilityRow.charset_policy).where(
        FacilityRow.code == bindparam("code")
    )
)


def find_sender(session: Session, code: FacilityCode) -> Sender | None:
    """Return what ingest asks of a facility."""
    found = _SENDER.first(wire_of(session), code=code)
    return None if found is None else Sender(code, found[0], CharsetPolicy(found[1]))


def find_by_ae_title(session: Session, ae_title: str) -> Facility | None:
    """Return the facility that an application entity belongs to."""
    row = session.scalar(
        select(FacilityRow).join(AeTitleRow).where(AeTitleRow.ae_title == ae_title)
    )
    return None if row is None else _facility(row)


def find_by_identifier_system(session: Session, system: str) -> Facility | None:
    """Return the facility whose patient numbers a system names."""
    row = session.scalar(select(FacilityRow).where(FacilityRow.patient_identifier_system == system))
    return None if row is None else _facility(row)


def page(session: Session, *, after: str, limit: int) -> Sequence[Facility]:
    """Return at most ``limit`` facilities whose code is greater than ``after``, in order."""
    rows: Iterable[FacilityRow] = session.scalars(
        select(FacilityRow).where(FacilityRow.code > after).order_by(FacilityRow.code).limit(limit)
    )
    return [_facility(row) for row in rows]


def members(session: Session) -> list[Member]:
    """Return what recognition asks of every facility, by code; two narrow queries."""
    scopes: defaultdict[str, list[str]] = defaultdict(list)
    joined = select(FacilityScopeRow.facility_code, FacilityScopeRow.scope)
    for code, scope in session.execute(
        joined.order_by(FacilityScopeRow.facility_code, FacilityScopeRow.scope)
    ):
        scopes[code].append(scope)
    levels = select(FacilityRow.code, FacilityRow.level).order_by(FacilityRow.code)
    return [
        Member(FacilityCode(code), level, tuple(scopes[code]))
        for code, level in session.execute(levels)
    ]


def _row(facility: Facility) -> FacilityRow:
    return FacilityRow(
        code=facility.code,
        name_zh=facility.name_zh,
        name_en=facility.name_en,
        level=facility.level,
        oid=facility.oid,
        patient_identifier_system=facility.patient_identifier_system,
        time_zone=facility.time_zone,
        charset_policy=facility.charset_policy,
        ae_titles=[AeTitleRow(ae_title=each) for each in facility.ae_titles],
        scopes=[FacilityScopeRow(scope=each) for each in facility.scopes],
    )


def _facility(row: FacilityRow) -> Facility:
    return Facility(
        code=FacilityCode(row.code),
        name_zh=row.name_zh,
        name_en=row.name_en,
        level=row.level,
        oid=row.oid,
        patient_identifier_system=row.patient_identifier_system,
        time_zone=row.time_zone,
        ae_titles=tuple(each.ae_title for each in row.ae_titles),
        scopes=tuple(each.scope for each in row.scopes),
        charset_policy=CharsetPolicy(row.charset_policy),
    )
