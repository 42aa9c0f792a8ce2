"""Entries of the trail as auditors read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medshare.kernel.audit import AuditEntry
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.principal import PrincipalKind
from medshare.viewer.hospitals import Hospital


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with the hospital that it was done for, where it was done for one."""

    entry: AuditEntry
    hospital: Hospital | None

    @property
    def who(self) -> str:
        """Return the actor's id, by which the trail is asked: the person before the system."""
        acting = self.entry.principal.acting_user
        return acting.id if acting else self.entry.principal.id

    @property
    def name(self) -> str:
        """Return the person's name, empty where a system acted by itself."""
        acting = self.entry.principal.acting_user
        return acting.name if acting else ""

    @property
    def system(self) -> str:
        """Return through which system a person acted, empty where they signed in themselves."""
        principal = self.entry.principal
        is_through = principal.kind is PrincipalKind.CLIENT and principal.acting_user is not None
        return principal.id if is_through else ""

    @property
    def patients(self) -> Sequence[PatientId]:
        """Return the persons whom it names, each once."""
        named = (each.patient_id for each in self.entry.subjects)
        return [each for each in dict.fromkeys(named) if each is not None]


def lines_of(
    entries: Sequence[AuditEntry], known: Mapping[FacilityCode, Hospital]
) -> Sequence[Line]:
    """Return entries with their hospitals."""
    return [line_of(each, known) for each in entries]


def line_of(entry: AuditEntry, known: Mapping[FacilityCode, Hospital]) -> Line:
    """Return an entry with its hospital."""
    facility = entry.principal.facility
    return Line(entry, known.get(facility) if facility else None)
