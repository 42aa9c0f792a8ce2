"""The report of the DICOMweb comparison says what its samples say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dicomweb.measure import Answer, Sample, WrongAnswerError
from benchmarks.dicomweb.operations import store
from benchmarks.dicomweb.report import (
    HEADINGS,
    Limits,
    Rate,
    Row,
    Series,
    document,
    number,
    ratio,
    spread_of,
    table,
)
from benchmarks.dicomweb.workload import NEWCOMER, Study, batches, make_instances

times = st.lists(st.floats(0.01, 10_000), min_size=1, max_size=9)


def series(*walls_ms: float, wrong: str = "") -> Series:
    return Series([Sample(wall, wall / 2, 2500) for wall in walls_ms], wrong)


def cells(row: Row) -> list[str]:
    return [cell.strip() for cell in table([row]).splitlines()[2].strip("|").split("|")]


def test_a_row_compares_the_medians() -> None:
    row = Row("STOW", series(10, 30, 20), series(50, 40, 30))

    assert cells(row) == [
        "STOW",
        "20.0 (10.0-30.0)",
        "40.0 (30.0-50.0)",
        "**0.50**",
        "10.0 (5.00-15.0)",
        "20.0 (15.0-25.0)",
        "**0.50**",
        "2.50 / 2.50",
    ]


def test_a_wrong_answer_is_told_and_gives_no_ratio() -> None:
    row = Row("STOW", series(10), series(1, wrong="9 of 10 instances stored"))

    shown = cells(row)
    assert row.wrong
    assert shown[1] == "10.0 (10.0-10.0)"
    assert shown[2] == shown[5] == "WRONG: 9 of 10 instances stored"
    assert shown[3] == shown[6] == "-"


def test_every_line_of_the_table_has_every_column() -> None:
    rows = [Row("one", series(1), series(2)), Row("two", series(wrong="x"), series(2))]

    assert {line.count("|") for line in table(rows).splitlines()} == {len(HEADINGS) + 1}


@given(times, times)
def test_the_ratio_is_below_one_only_where_ours_is_less(
    ours: list[float], theirs: list[float]
) -> None:
    said = float(ratio(ours, theirs))
    difference = spread_of(ours).median - spread_of(theirs).median
    assert (said - 1) * difference >= 0 or abs(said - 1) < 0.01


@given(times)
def test_the_median_lies_in_its_spread(values: list[float]) -> None:
    spread = spread_of(values)
    assert spread.low <= spread.median <= spread.high


@given(st.floats(0.01, 1e6))
def test_a_number_keeps_its_size_and_shows_no_exponent(value: float) -> None:
    written = number(value)
    assert "e" not in written
    assert float(written) == pytest.approx(value, abs=0.006, rel=0.006)


def test_the_document_holds_the_facts_the_rows_and_the_limits() -> None:
    rows = [Row("STOW", series(1), series(2)), Row("WADO", series(8), series(9))]
    limits = Limits(disk={"STOW": [0.3, 0.4, 0.5]}, plain_files={"WADO": [4.0]})

    written = document(
        {"processor": "abacus"}, rows, limits, [Rate("STOW, 4 clients", [30.0], [20.0])]
    )

    assert "- processor: abacus" in written
    assert table(rows) in written
    assert "| STOW | write + fsync one by one | 0.40 (0.30-0.50) | **0.40** |" in written
    assert "| WADO | nginx, sendfile | 4.00 (4.00-4.00) | **0.50** |" in written
    assert "| STOW, 4 clients | 30.0 (30.0-30.0) | 20.0 (20.0-20.0) | **1.50** |" in written


def test_slices_come_out_the_same_again_and_differ_from_each_other() -> None:
    study = Study(7, NEWCOMER)
    first, again = (list(make_instances(study, 3, 8)) for _ in range(2))

    assert first == again
    assert len({each.pixels for each in first}) == 3
    assert len({each.uid for each in first}) == 3


def test_batches_hold_every_instance_in_order() -> None:
    instances = list(make_instances(Study(7, NEWCOMER), 5, 8))

    assert [len(each) for each in batches(instances, 2)] == [2, 2, 1]
    assert [one for batch in batches(instances, 2) for one in batch] == instances


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"00081199":{"vr":"SQ","Value":[]}}', b'{"00081199":{"Value":[{}]}}'],
)
def test_a_store_that_names_no_instance_is_wrong(body: bytes) -> None:
    exchange = store(list(make_instances(Study(7, NEWCOMER), 1, 8)))

    with pytest.raises(WrongAnswerError):
        exchange.check(Answer(200, {}, body))
