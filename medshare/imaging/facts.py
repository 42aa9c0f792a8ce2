"""What imaging tells the packages above it, besides ``StudyArrived``."""

from dataclasses import dataclass

from medshare.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class OfStudy(Fact):
    """What is told of a study, and of the facility that brought it."""

    study_instance_uid: str
    facility: str

    @property
    def subject(self) -> str:
        """Return the study's UID."""
        return self.study_instance_uid


@dataclass(frozen=True, slots=True)
class StudyStored(OfStudy):
    """A request brought new instances of a study; there is one fact for each request and study."""

    kind = "imaging.study-stored"

    instances: int


@dataclass(frozen=True, slots=True)
class StudyChanged(OfStudy):
    """An instance of a study got other bytes, or the study another patient."""

    kind = "imaging.study-changed"


@dataclass(frozen=True, slots=True)
class StudyRetracted(OfStudy):
    """A study, a series or an instance of it was retracted; the UIDs below it may be empty."""

    kind = "imaging.study-retracted"

    retraction_id: str
    series_instance_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class StudyRestored(OfStudy):
    """A retraction was undone."""

    kind = "imaging.study-restored"

    retraction_id: str
