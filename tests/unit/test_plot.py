"""Where values stand in the drawing of a trend."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.exams.model import Coding
from medshare.exams.reports import Flag, Observation, Observed, ReferenceRange, ReportStatus
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import ExamId, FacilityCode, PatientId, RecordId
from medshare.viewer.hospitals import Hospital
from medshare.viewer.plot import BOTTOM, LEFT, RIGHT, TOP, plot_of, ticks_between
from medshare.viewer.timeline import Named
from medshare.viewer.trends import Point, Trend, point_of
from tests.site import a_facility

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
GLUCOSE = 180.156
LIMITS = ReferenceRange(3.9, 6.1)
ZONE = ZoneInfo("Asia/Shanghai")


def a_point(days: int, facility: str = "SZ-A", *, here: bool = False, **stated: object) -> Point:
    told = {"value": 5.0, "unit": "mmol/L", "ucum": "mmol/L"} | stated
    observation = Observation(Coding("urn:medshare:item", "LAB-GLU"), **told)  # type: ignore[arg-type]  # named
    observed = Observed(
        ExamId(f"e-{days}-{facility}"),
        FacilityCode(facility),
        Subject(PatientId("p"), RecordId("r")),
        START + timedelta(days=days),
        ReportStatus.FINAL,
        0,
        observation,
    )
    asked = Observation(observation.code, 5.0, unit="mmol/L", ucum="mmol/L")
    made = point_of(observed, asked, Hospital(a_facility(facility, 1), 0), GLUCOSE)
    return Point(
        made.observed, made.hospital, made.value, made.low, made.high, made.is_converted, here
    )


def a_trend(*points: Point, **changes: object) -> Trend:
    return Trend(Named("葡萄糖", "Glucose"), "mmol/L", points, **changes)  # type: ignore[arg-type]  # named


def test_later_stands_further_right_and_more_further_up() -> None:
    plot = plot_of(
        a_trend(a_point(0, value=4.0), a_point(10, value=9.0), a_point(40, value=6.0)), ZONE
    )
    assert plot is not None
    first, second, third = plot.marks
    assert LEFT < first.x < second.x < third.x < RIGHT
    assert TOP <= second.y < third.y < first.y <= BOTTOM
    assert [each.text for each in plot.times] == ["2026-01-05", "2026-01-25", "2026-02-14"]
    assert plot.lines == [f"{first.x},{first.y} {second.x},{second.y} {third.x},{third.y}"]


def test_a_value_in_another_unit_stands_where_it_belongs_and_is_told_as_it_was() -> None:
    point = a_point(1, "SZ-B", value=126, unit="mg/dL", ucum="mg/dL", reference_range=LIMITS)
    assert (point.shown, point.reported) == ("6.99", "126 mg/dL")
    assert point.usual == "0.216–0.339"  # a range in mg/dL, however odd
    assert a_point(1, comparator="<", value=0.3).shown == "<0.3"
    assert a_point(1, value=12345.678, unit="umol/L", ucum="umol/L").shown == "12.3"


@pytest.mark.parametrize(
    "stated",
    [
        {"value": 7.0, "unit": "IU/L", "ucum": "[iU]/L"},
        {"value": 7.0, "unit": "", "ucum": None},
        {"value": None, "value_text": "阳性"},
    ],
)
def test_what_cannot_be_stated_in_the_unit_is_listed_and_not_drawn(
    stated: dict[str, object],
) -> None:
    trend = a_trend(a_point(0), a_point(5, **stated))
    plot = plot_of(trend, ZONE)
    assert plot is not None
    assert len(plot.marks) == 1
    (apart,) = trend.apart
    assert apart.shown == ""
    assert apart.reported
    assert plot_of(a_trend(apart), ZONE) is None


def test_each_hospital_keeps_a_shape_and_methods_that_differ_have_lines_of_their_own() -> None:
    points = [a_point(n, each) for n, each in enumerate(("SZ-A", "SZ-B", "SZ-A", "SZ-B", "SZ-C"))]
    plot = plot_of(a_trend(*points, method_sensitive=True), ZONE)
    assert plot is not None
    shapes = [each.shape for each in plot.marks]
    assert shapes[0] == shapes[2] != shapes[1] == shapes[3] != shapes[4]
    assert [each.hospital.code for each in plot.keys] == ["SZ-A", "SZ-B", "SZ-C"]
    assert len(plot.lines) == 2
    assert all(line.count(",") == 2 for line in plot.lines)


@pytest.mark.parametrize(
    ("limits", "is_open"),
    [
        (LIMITS, (False, False)),
        (ReferenceRange(None, 6.1), (False, True)),
        (ReferenceRange(3.9, None), (True, False)),
    ],
)
def test_the_band_is_the_range_of_the_laboratory_that_was_opened(
    limits: ReferenceRange, is_open: tuple[bool, bool]
) -> None:
    plot = plot_of(
        a_trend(a_point(0, value=5.0), a_point(9, here=True, reference_range=limits)), ZONE
    )
    assert plot is not None
    assert plot.band is not None
    assert plot.band.top <= plot.marks[0].y <= plot.band.bottom
    assert (plot.band.top == TOP, plot.band.bottom == BOTTOM) == is_open
    without = plot_of(
        a_trend(a_point(0, here=True, reference_range=ReferenceRange(text="阴性"))), ZONE
    )
    assert without is not None
    assert without.band is None


def test_a_single_value_stands_in_the_middle_and_flags_are_arrows() -> None:
    plot = plot_of(a_trend(a_point(0, flag=Flag.CRITICALLY_HIGH)), ZONE)
    assert plot is not None
    (mark,) = plot.marks
    assert mark.x == (LEFT + RIGHT) / 2
    assert mark.arrow == "⇈"
    assert plot.lines == []
    usual = plot_of(a_trend(a_point(0, flag=Flag.NORMAL)), ZONE)
    assert usual is not None
    assert usual.marks[0].arrow == ""


def test_a_stay_is_told_by_the_hour() -> None:
    plot = plot_of(a_trend(a_point(0), a_point(1)), ZONE)
    assert plot is not None
    assert plot.times[0].text == "2026-01-05 16:00"


@given(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(1e-6, 1e6, allow_nan=False) | st.just(0.0),
)
def test_ticks_are_few_even_and_enclose_what_is_drawn(low: float, span: float) -> None:
    ticks = ticks_between(low, low + span)
    assert 2 <= len(ticks) <= 8
    slack = 1e-6 * max(abs(low), span, 1.0)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + span - slack
