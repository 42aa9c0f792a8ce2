import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.exams.units import METRIC, PREFIXES, SINGLE, is_ucum, normalise

ATOMS = st.sampled_from(sorted(SINGLE - {"10*", "10^"})) | st.builds(
    "".join, st.tuples(st.sampled_from(["", *sorted(PREFIXES)]), st.sampled_from(sorted(METRIC)))
)
FACTORS = st.builds(
    "".join,
    st.tuples(
        ATOMS | st.sampled_from(["10*9", "10^3", "24", "1"]),
        st.sampled_from(["", "2", "-1", "+3"]),
        st.sampled_from(["", "{cells}", "{1.73_m2}"]),
    ),
).filter(lambda factor: not re.match(r"\d+[+-]|10[*^]\d[+-]", factor))


@st.composite
def terms(draw: st.DrawFn) -> str:
    factors = draw(st.lists(FACTORS, min_size=1, max_size=3))
    operators = draw(st.lists(st.sampled_from("./"), min_size=len(factors), max_size=len(factors)))
    term = factors[0] + "".join(o + f for o, f in zip(operators, factors[1:], strict=False))
    return draw(st.sampled_from(["", "/"])) + term


@pytest.mark.parametrize(
    ("sent", "ucum"),
    [
        ("x10^9/L", "10*9/L"),
        ("×10⁹/L", "10*9/L"),
        ("10*9/L", "10*9/L"),
        ("10E12/L", "10*12/L"),
        ("10^9个/L", "10*9/L"),
        ("10^3/ul", "10*3/uL"),
        ("μmol/L", "umol/L"),
        ("µmol/L", "umol/L"),
        ("umol/l", "umol/L"),
        ("MMOL/L", "mmol/L"),
        ("mg/dl", "mg/dL"),
        ("Mg/dL", "mg/dL"),
        ("mcg/mL", "ug/mL"),
        ("个/HP", "/[HPF]"),
        ("/HPF", "/[HPF]"),
        ("个/μl", "/uL"),
        ("INR", "{INR}"),
        ("S/CO", "{s_co_ratio}"),
        ("U/L", "U/L"),
        ("IU/mL", "[iU]/mL"),
        ("μIU/ml", "u[iU]/mL"),
        ("MIU/ML", "m[iU]/mL"),
        ("AU/mL", "[arb'U]/mL"),
        ("copies/mL", "{copies}/mL"),
        ("％", "%"),
        ("‰", "[ppth]"),
        ("℃", "Cel"),
        ("秒", "s"),
        ("mm/1h", "mm/h"),
        ("次/分", "/min"),
        ("mg/24h", "mg/(24.h)"),
        ("ml/min/1.73㎡", "mL/min/{1.73_m2}"),
        ("ml/min/1.73m^2", "mL/min/{1.73_m2}"),
        ("mmHg", "mm[Hg]"),
        ("kBq", "kBq"),
        ("MBq", "MBq"),
        ("mGy·cm", "mGy.cm"),
        ("fL", "fL"),
        ("pH", "[pH]"),
    ],
)
def test_what_laboratories_write_is_brought_to_ucum(sent: str, ucum: str) -> None:
    assert normalise(sent) == ucum
    assert is_ucum(ucum)


@pytest.mark.parametrize(
    "sent", ["", "/", "个", "foo", "mg/foo", "mg//L", "10^9/foo", "阳性", "iu/" * 20 + "iu"]
)
def test_what_is_not_understood_is_not_guessed(sent: str) -> None:
    assert normalise(sent) is None


@pytest.mark.parametrize("sent", ["G/L", "T/L", "mM", "uM", "M"])
def test_what_has_two_readings_is_not_understood(sent: str) -> None:
    assert normalise(sent) is None


@pytest.mark.parametrize(
    "term",
    [
        "mmol/L",
        "10*9/L",
        "10^9/L",
        "m2",
        "cm[H2O]",
        "mm[Hg]",
        "[iU]/mL",
        "k[iU]/L",
        "[arb'U]",
        "%",
        "%{HbA1c}",
        "{INR}",
        "/min",
        "/[HPF]",
        "mg/(24.h)",
        "mL/min/{1.73_m2}",
        "g.m/s2",
        "m.s-2",
        "1",
        "[CCID_50]/mL",
        "Cel",
        "ug/(kg.h)",
        "dB",
    ],
)
def test_ucum_terms_are_known(term: str) -> None:
    assert is_ucum(term)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mmol / L",
        "MMOL/L",
        "IU/L",
        "mg/",
        "mg//L",
        "(mg",
        "mg)",
        "()",
        "{open",
        "k%",
        "kmin",
        "10*9x",
        "μmol/L",
        "²",
        "m" * 65,
        "m/" * 32 + "s",
    ],
)
def test_what_is_no_ucum_is_told(text: str) -> None:
    assert not is_ucum(text)


@given(terms())
def test_whatever_the_grammar_makes_is_ucum(term: str) -> None:
    assert is_ucum(term)


@given(terms(), st.data())
def test_a_space_is_never_ucum(term: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(term)))
    assert not is_ucum(term[:at] + " " + term[at:])


@given(st.text(max_size=80))
def test_a_normal_form_is_ucum_and_its_own_normal_form(sent: str) -> None:
    found = normalise(sent)
    if found is not None:
        assert is_ucum(found)
        assert normalise(found) == found


@given(st.text(alphabet="muLIgU/10^*9xhHP个{}[]().%", max_size=12))
def test_a_normal_form_of_unit_like_text_is_ucum_and_its_own_normal_form(sent: str) -> None:
    test_a_normal_form_is_ucum_and_its_own_normal_form.hypothesis.inner_test(sent)
