"""Entries of the trail as auditors read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from medshare.access.model import Basis
from medshare.kernel.audit import AuditEntry
from medshare.kernel.errors import MedshareError
from medshare.kernel.identifiers import FacilityCode, PatientId
from medshare.kernel.principal import PrincipalKind
from medshare.viewer.hospitals import Hospital
from medshare.viewer.words import Language, Translate

PERMISSION = "permission "
BASES = frozenset({*Basis, "public"})
THINGS = frozenset(
    {
        *("account", "alert", "anomaly", "audit-entry", "audit-hold", "audit-key", "break-glass"),
        *("certificate", "checkpoint", "client", "code", "decision", "defect", "encounter"),
        *("evaluation", "exam", "facility", "item", "job", "key", "month", "opt-in", "opt-out"),
        *("patient", "patient-act", "patient-act-proposal", "patient-review"),
        *("patient-separation", "policy", "quarantined-instance", "report", "scope"),
        *("sensitivity-class", "study", "token", "webhook"),
    }
)
COUNTS = frozenset(
    {
        *("alerts", "anomalies", "bulk", "candidates", "cards", "changes", "claims", "decisions"),
        *("defects", "entries", "evaluations", "events", "exams", "figures", "frames"),
        *("instances", "leaves", "loaded", "matches", "metadata", "observations", "pixel_data"),
        *("records", "rendered", "reports", "studies"),
    }
)


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


def basis_words(basis: str, t: Translate) -> Sequence[str]:
    """Say on what bases something was allowed; a permission stands by its name."""
    parts = (each.strip() for each in basis.split(","))
    return [_basis(each, t) for each in parts if each]


def _basis(part: str, t: Translate) -> str:
    if part.startswith(PERMISSION):
        return t("audit.by-permission", name=part.removeprefix(PERMISSION))
    return t(f"audit-basis.{part}") if part in BASES else part


def thing_words(kind: str, t: Translate) -> str:
    """Say what kind of thing was touched."""
    return t(f"audit-thing.{kind}") if kind in THINGS else kind


def count_words(name: str, t: Translate) -> str:
    """Say what was counted."""
    return t(f"audit-count.{name}") if name in COUNTS else name


def refusal_words(slug: str, language: Language) -> str:
    """Return the title of the error by which something was refused, empty where there is none."""
    return language.choose(*_titles().get(slug, ("", "")))


@cache
def _titles() -> Mapping[str, tuple[str, str]]:
    return {
        each.slug: (each.title_zh, each.title)
        for each in _below(MedshareError)
        if "slug" in vars(each)
    }


def _below(kind: type[MedshareError]) -> Iterator[type[MedshareError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)
