"""What of a person's timeline a link of another system asks for (IHE RAD-106)."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from medshare.exams.model import ExamFilter, ExamKind
from medshare.kernel.identifiers import PatientId
from medshare.kernel.principal import PurposeOfUse


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which examinations are shown; nothing set: all of them, and laboratory tests too.

    Parameters
    ----------
    modalities
        One of them; as DICOM writes them, separated by commas.
    since, until
        Bounds of the time performed, both included.
    latest
        At most so many, the newest.
    """

    modalities: str = ""
    since: datetime | None = None
    until: datetime | None = None
    latest: int | None = None

    @property
    def is_set(self) -> bool:
        """Tell whether anything is left out."""
        return self != Narrowing()

    @property
    def address(self) -> str:
        """Return the query string that asks for it."""
        values = {
            "modalities": self.modalities,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "latest": self.latest,
        }
        return urlencode({name: value for name, value in values.items() if value})

    def of(self, patient_id: PatientId) -> ExamFilter:
        """Return which exams of a person it lets through."""
        return ExamFilter(
            patient_id=patient_id,
            kind=ExamKind.IMAGING if self.is_set else None,
            modalities=frozenset(filter(None, self.modalities.split(","))),
            since=self.since,
            until=self.until,
        )


@dataclass(frozen=True, slots=True)
class View:
    """How a patient's page is asked for: the purpose, if not the usual one, and from where on."""

    purpose: PurposeOfUse | None = None
    cursor: str | None = None
    narrowing: Narrowing = Narrowing()
