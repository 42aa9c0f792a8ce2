"""What a unit is in another one: only what is known is converted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.exams.conversion import factor, molar_masses
from medshare.exams.items import packaged_items
from medshare.exams.units import is_ucum

UNITS = ["g/L", "g/dL", "mg/dL", "ug/mL", "mmol/L", "umol/L", "U/L", "10*9/L", "10*3/uL", "%"]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("g/dL", "g/L", 10),
        ("ng/mL", "ug/L", 1),
        ("10*3/uL", "10*9/L", 1),
        ("u[IU]/mL", "m[IU]/L", 1),
        ("u[IU]/mL", "m[iU]/L", 1),
        ("%", "L/L", 0.01),
        ("l/l", "%", 100),
        ("mg/(24.h)", "mg/(24.h)", 1),
        ("{COI}", "{COI}", 1),
        ("mm/h", "mm/h", 1),
        ("/min", "/s", 1 / 60),
    ],
)
def test_units_of_one_dimension_differ_by_a_number(
    source: str, target: str, expected: float
) -> None:
    assert factor(source, target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("item", "source", "target", "value", "expected"),
    [
        ("LAB-GLU", "mg/dL", "mmol/L", 126, 6.99),
        ("LAB-GLU", "mmol/L", "mg/dL", 7.0, 126.1),
        ("LAB-CREA", "mg/dL", "umol/L", 1.0, 88.4),
        ("LAB-TC", "mg/dL", "mmol/L", 200, 5.17),
        ("LAB-TG", "mg/dL", "mmol/L", 150, 1.69),
        ("LAB-UA", "mg/dL", "umol/L", 7.0, 416.4),
        ("LAB-TBIL", "mg/dL", "umol/L", 1.0, 17.1),
        ("LAB-CA", "mg/dL", "mmol/L", 10.0, 2.495),
        ("LAB-PHOS", "mg/dL", "mmol/L", 3.0, 0.969),
        ("LAB-FT4", "ng/dL", "pmol/L", 1.0, 12.87),
        ("LAB-VITD", "ng/mL", "nmol/L", 20, 49.9),
    ],
)
def test_mass_and_amount_differ_by_what_a_mole_of_the_item_weighs(
    item: str, source: str, target: str, value: float, expected: float
) -> None:
    by = factor(source, target, molar_masses()[item])
    assert by is not None
    assert value * by == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize(
    ("source", "target", "molar_mass"),
    [
        ("mg/dL", "mmol/L", None),
        ("U/L", "mmol/L", 180.0),
        ("U/L", "[iU]/L", None),
        ("copies", "g/L", 180.0),
        ("{copies}/mL", "/mL", None),
        ("{COI}", "{s_co_ratio}", None),
        ("mg/(24.h)", "mg/d", None),
        ("kg/m2", "g/m2", None),
        ("mmol/mol", "%", None),
        ("g/mol", "mol/g", 10.0),
        ("L/L", "mmol/L", 180.0),
        ("Cel", "[degF]", None),
    ],
)
def test_what_measures_other_things_or_is_not_understood_is_not_converted(
    source: str, target: str, molar_mass: float | None
) -> None:
    assert factor(source, target, molar_mass) is None


@given(st.sampled_from(UNITS), st.sampled_from(UNITS), st.sampled_from([None, 180.156]))
def test_there_and_back_again_is_the_same_value(
    source: str, target: str, mass: float | None
) -> None:
    there, back = factor(source, target, mass), factor(target, source, mass)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert there * back == pytest.approx(1.0)


def test_every_molar_mass_is_of_a_managed_item() -> None:
    assert molar_masses().keys() <= {each.code for each in packaged_items()}
    assert "LAB-UREA" not in molar_masses()
    assert all(map(is_ucum, UNITS))
