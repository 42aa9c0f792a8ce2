"""Rows and queries of the catalogue."""

from collections import defaultdict

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from medshare.infra.db import Row
from medshare.recognition.catalogue.model import CardMode, Catalogue, DoseClass, Facets
from medshare.recognition.programme import Phase


class FacetsRow(Row):
    """The facets of a managed item."""

    __tablename__ = "recognition_facets"

    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    phases: Mapped[str] = mapped_column(String(64))
    specimen: Mapped[str] = mapped_column(String(64))
    ucum: Mapped[str] = mapped_column(String(64))
    comparability_group: Mapped[str] = mapped_column(String(64))
    method_sensitive: Mapped[bool]
    dose_class: Mapped[str] = mapped_column(String(16))
    card_mode: Mapped[str] = mapped_column(String(16))


class CoversRow(Row):
    """An item and one that it stands for too."""

    __tablename__ = "recognition_covers"

    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    covered: Mapped[str] = mapped_column(String(64), primary_key=True)


class ComponentRow(Row):
    """A component of a panel."""

    __tablename__ = "recognition_components"

    panel: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    component: Mapped[str] = mapped_column(String(64))


class CodeRow(Row):
    """What a code of some system means."""

    __tablename__ = "recognition_codes"

    system: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    item: Mapped[str] = mapped_column(String(64))


def put(session: Session, catalogue: Catalogue) -> None:
    """Insert the parts of a catalogue, or change those that stand."""
    for facets in catalogue.facets.values():
        session.merge(_facets_row(facets))
    for item, covered in catalogue.covers:
        session.merge(CoversRow(item=item, covered=covered))
    for panel, components in catalogue.components.items():
        session.execute(delete(ComponentRow).where(ComponentRow.panel == panel))
        for position, component in enumerate(components):
            session.add(ComponentRow(panel=panel, position=position, component=component))
    for (system, code), item in catalogue.codes.items():
        session.merge(CodeRow(system=system, code=code, item=item))
    session.flush()


def load(session: Session) -> Catalogue:
    """Return the whole catalogue."""
    components: defaultdict[str, list[str]] = defaultdict(list)
    ordered = select(ComponentRow).order_by(ComponentRow.panel, ComponentRow.position)
    for row in session.scalars(ordered):
        components[row.panel].append(row.component)
    return Catalogue(
        {row.item: _facets(row) for row in session.scalars(select(FacetsRow))},
        frozenset((row.item, row.covered) for row in session.scalars(select(CoversRow))),
        {panel: tuple(each) for panel, each in components.items()},
        {(row.system, row.code): row.item for row in session.scalars(select(CodeRow))},
    )


def find_code(session: Session, system: str, code: str) -> str | None:
    """Return the item that a code means."""
    row = session.get(CodeRow, (system, code))
    return None if row is None else row.item


def codes_of(session: Session, prefix: str) -> frozenset[tuple[str, str]]:
    """Return the mapped codes of the systems that begin in one way."""
    mapped = select(CodeRow.system, CodeRow.code).where(
        CodeRow.system.startswith(prefix, autoescape=True)
    )
    return frozenset((system, code) for system, code in session.execute(mapped))


def _facets_row(facets: Facets) -> FacetsRow:
    return FacetsRow(
        item=facets.item,
        phases=" ".join(sorted(facets.phases)),
        specimen=facets.specimen,
        ucum=facets.ucum,
        comparability_group=facets.comparability_group,
        method_sensitive=facets.method_sensitive,
        dose_class=facets.dose_class,
        card_mode=facets.card_mode,
    )


def _facets(row: FacetsRow) -> Facets:
    return Facets(
        row.item,
        frozenset(Phase(each) for each in row.phases.split()),
        row.specimen,
        row.ucum,
        row.comparability_group,
        row.method_sensitive,
        DoseClass(row.dose_class),
        CardMode(row.card_mode),
    )


def remove_code(session: Session, system: str, code: str) -> None:
    """Delete what a code means."""
    session.delete(session.get_one(CodeRow, (system, code)))
    session.flush()
