"""How a laboratory value went over time and across hospitals: what is known of it, in one unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from medshare.exams import reporting
from medshare.exams.conversion import factor, molar_masses
from medshare.exams.model import Exam
from medshare.exams.reports import (
    Flag,
    Observation,
    Observed,
    ReferenceRange,
    ReportStatus,
    ReportUnknownError,
)
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import ExamId, FacilityCode
from medshare.patients.sight import Sight
from medshare.viewer.figures import CRITICAL, between, rounded, usual, value
from medshare.viewer.hospitals import Hospital
from medshare.viewer.items import meaning_of, names_of
from medshare.viewer.timeline import Named

# More than anybody was measured in one item; beyond it the oldest are left out, and it is said.
POINTS_MAX = 500
_CONVERTED_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Point:
    """A value of the trend.

    Parameters
    ----------
    value, low, high
        In the trend's unit; ``value`` is ``None`` where it cannot be stated in it.
    is_here
        Whether it is the result that the trend was asked for from.
    """

    observed: Observed
    hospital: Hospital
    value: float | None
    low: float | None = None
    high: float | None = None
    is_converted: bool = False
    is_here: bool = False

    @property
    def at(self) -> datetime:
        """When the specimen was collected."""
        return self.observed.at

    @property
    def flag(self) -> Flag | None:
        """What the laboratory flagged it with, unless as normal."""
        flag = self.observed.observation.flag
        return None if flag is Flag.NORMAL else flag

    @property
    def is_critical(self) -> bool:
        """Whether the laboratory flagged it as in danger's range."""
        return self.flag in CRITICAL

    @property
    def is_restated(self) -> bool:
        """Whether it was reported in another unit, or cannot be stated as a number."""
        return self.is_converted or self.value is None

    @property
    def is_preliminary(self) -> bool:
        """Whether its report may still change."""
        return self.observed.report_status is ReportStatus.PRELIMINARY

    @property
    def shown(self) -> str:
        """The value in the trend's unit, as it is read; empty where it cannot be stated."""
        if self.value is None:
            return ""
        stated = self.observed.observation
        if not self.is_converted:
            return value(stated)
        return f"{stated.comparator or ''}{rounded(self.value, _CONVERTED_DIGITS)}"

    @property
    def reported(self) -> str:
        """The value as its laboratory reported it, with the unit."""
        stated = self.observed.observation
        return f"{value(stated)} {stated.unit}".strip()

    @property
    def usual(self) -> str:
        """The laboratory's reference range: in the trend's unit, else as it was stated."""
        observation = self.observed.observation
        stated = observation.reference_range
        if self.value is None and stated and not stated.text:
            return f"{usual(stated)} {observation.unit}".strip()
        if not self.is_converted or stated is None or stated.text:
            return usual(stated)
        ends = (
            None if each is None else float(rounded(each, _CONVERTED_DIGITS))
            for each in (self.low, self.high)
        )
        return between(*ends)


@dataclass(frozen=True, slots=True)
class Trend:
    """The values of one item, oldest first.

    Parameters
    ----------
    unit
        The unit of the result that it was asked for from, as it was sent.
    method_sensitive
        Whether values of different laboratories depend on how they measure.
    is_cut
        Whether there are older values than shown.
    """

    item: Named
    unit: str
    points: tuple[Point, ...]
    method_sensitive: bool = False
    is_cut: bool = False

    @property
    def drawn(self) -> Sequence[Point]:
        """Those that have a value in the trend's unit."""
        return [each for each in self.points if each.value is not None]

    @property
    def apart(self) -> Sequence[Point]:
        """Those that are listed only: words, and units that are not known to be convertible."""
        return [each for each in self.points if each.value is None]

    @property
    def exam_ids(self) -> frozenset[ExamId]:
        """The exams whose values are shown."""
        return frozenset(each.observed.exam_id for each in self.points)

    @property
    def here(self) -> Point | None:
        """The result that it was asked for from."""
        return next((each for each in self.points if each.is_here), None)


def trend_of(
    uow: UnitOfWork,
    sight: Sight,
    exam: Exam,
    position: int,
    known: Mapping[FacilityCode, Hospital],
) -> Trend:
    """Return how the value at a place of an exam's current report went.

    Raises
    ------
    ReportUnknownError
        The report has no value there, or its patient is not registered yet.
    """
    report = reporting.current_report(uow, exam)
    asked = report.draft.observations[position : position + 1] if report else ()
    if not asked or exam.patient_id is None:
        raise ReportUnknownError
    (stated,) = asked
    meaning = meaning_of(uow, stated.code)
    found = reporting.observed(uow, sight, exam.patient_id, meaning.codes, limit=POINTS_MAX + 1)
    points = [
        replace(
            point_of(each, stated, known[each.facility], molar_masses().get(meaning.item)),
            is_here=(each.exam_id, each.position) == (exam.id, position),
        )
        for each in found[:POINTS_MAX]
    ]
    (name,) = names_of(uow, [stated.code])
    return Trend(
        name,
        stated.unit,
        tuple(sorted(points, key=lambda each: each.at)),
        meaning.method_sensitive,
        is_cut=len(found) > POINTS_MAX,
    )


def point_of(
    observed: Observed, asked: Observation, hospital: Hospital, molar_mass: float | None
) -> Point:
    """Return a result as a point, in the unit of the result that was asked from."""
    stated = observed.observation
    by = 1.0 if stated.ucum == asked.ucum else None
    if stated.ucum and asked.ucum:
        by = factor(stated.ucum, asked.ucum, molar_mass)
    if by is None or stated.value is None:
        return Point(observed, hospital, None)
    limits = stated.reference_range or ReferenceRange()
    low, high = (None if each is None else each * by for each in (limits.low, limits.high))
    return Point(observed, hospital, stated.value * by, low, high, is_converted=by != 1.0)
