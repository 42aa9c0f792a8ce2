"""What a recognition is about: the patient's past, the order, the verdicts and decisions.

All instants are aware. The rules that it is judged by are in ``programme``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from medshare.recognition.reasons import Code, Reason


class Laterality(StrEnum):
    """The side of a paired body part."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


class Status(StrEnum):
    """The status of a result's report, with the names of FHIR's DiagnosticReport."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class ImageQuality(StrEnum):
    """What quality control said of the images."""

    ACCEPT = "accept"
    REJECT = "reject"


class Link(StrEnum):
    """How sure the patient index is that a result belongs to its person."""

    CERTAIN = "certain"
    PROBABLE = "probable"


class CareContext(StrEnum):
    """A circumstance of the order in which the rules permit a repeat."""

    EMERGENCY = "emergency"
    PRE_OP = "pre-op"
    FORENSIC = "forensic"


class Tier(StrEnum):
    """What a verdict asks for; in the order in which verdicts are shown."""

    DUE = "due"
    DISCRETIONARY = "discretionary"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Identity:
    """What the patient index knows: who became whom, and which links are not certain."""

    survivors: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Link] = field(default_factory=dict)

    def person(self, patient: str) -> str:
        """Return whom a patient is after all merges."""
        seen = {patient}
        while (survivor := self.survivors.get(patient, patient)) not in seen:
            seen.add(survivor)
            patient = survivor
        return patient


@dataclass(frozen=True, slots=True)
class OptOut:
    """A person's refusal to share: the results of all facilities (``None``), or of some."""

    facilities: frozenset[str] | None = None

    def hides(self, facility: str) -> bool:
        """Tell whether the results of a facility are not to be seen by others."""
        return self.facilities is None or facility in self.facilities


@dataclass(frozen=True, slots=True)
class Result:
    """One version of an existing result.

    Parameters
    ----------
    performed_at
        When the exam was performed or the specimen collected, never when it was reported.
    time_trusted
        False where ``performed_at`` had to be guessed.
    images
        Whether the images themselves can be had; means nothing for laboratory items.
    replaces
        Ids of the results that this one was issued instead of.
    """

    id: str
    item: str
    performed_at: datetime
    facility: str
    patient: str
    status: Status = Status.FINAL
    replaces: frozenset[str] = frozenset()
    laterality: Laterality | None = None
    images: bool = True
    quality: ImageQuality = ImageQuality.ACCEPT
    method: str = ""
    time_trusted: bool = True


@dataclass(frozen=True, slots=True)
class Past:
    """What is recorded around a patient; others' results in it do no harm.

    ``behind_glass`` names the results that are seen only by emergency access, for whatever reason.
    """

    results: tuple[Result, ...] = ()
    identity: Identity = field(default_factory=Identity)
    opt_outs: Mapping[str, OptOut] = field(default_factory=dict)
    behind_glass: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Order:
    """What a doctor is about to ask for, where and in which circumstance."""

    item: str
    facility: str
    patient: str
    laterality: Laterality | None = None
    method: str = ""
    context: CareContext | None = None
    break_glass: bool = False

    @property
    def breaks_glass(self) -> bool:
        """Whether refusals to share are overridden: in an emergency only."""
        return self.break_glass and self.context is CareContext.EMERGENCY


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one result.

    Parameters
    ----------
    reasons
        All of them, in the order of their codes.
    mark
        The widest mark that covers the receiver; ``None`` without a usable certificate.
    valid_until
        The last instant of the window in the policy's zone; ``None`` where there is no window.
    """

    result: str
    tier: Tier
    reasons: tuple[Reason, ...] = ()
    mark: str | None = None
    valid_until: datetime | None = None

    @property
    def recognisable(self) -> bool:
        """Whether the result must not be repeated without a reason."""
        return self.tier is Tier.DUE

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes of the reasons."""
        return tuple(reason.code for reason in self.reasons)


class Outcome(StrEnum):
    """What a doctor did with an existing result; overlooked is inferred, never told."""

    RECOGNISED = "recognised"
    PARTLY = "partly"
    REPEATED = "repeated"
    OVERLOOKED = "overlooked"


@dataclass(frozen=True, slots=True)
class Decision:
    """A doctor's decision on a result, which may have been revoked since."""

    id: str
    result: str
    outcome: Outcome
    doctor: str
    facility: str
    revoked: bool = False

    @property
    def relies(self) -> bool:
        """Whether somebody is treated on the strength of the result, whole or in part."""
        return not self.revoked and self.outcome in (Outcome.RECOGNISED, Outcome.PARTLY)


def earlier_versions(results: Iterable[str], known: Iterable[Result]) -> frozenset[str]:
    """Return the ids given and those of everything that they replaced, step by step."""
    replaced = {result.id: result.replaces for result in known}
    found: set[str] = set()
    pending = set(results)
    while pending:
        found |= pending
        pending = {old for new in pending for old in replaced.get(new, ())} - found
    return frozenset(found)
