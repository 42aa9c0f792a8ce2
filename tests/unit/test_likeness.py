from hypothesis import given
from hypothesis import strategies as st

from medshare.imaging.likeness import pieces, tolerance

LETTERS = "abc王"


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a form, and what becomes of it by as many slips as are tolerated."""
    form = draw(st.text(LETTERS, min_size=1, max_size=14))
    written = form
    for _ in range(tolerance(form)):
        place = draw(st.integers(0, len(written)))
        left_out = draw(st.integers(0, 1))
        written = written[:place] + draw(st.text(LETTERS, max_size=1)) + written[place + left_out :]
    return form, written


@given(slips())
def test_a_piece_of_a_form_outlives_what_is_tolerated(drawn: tuple[str, str]) -> None:
    form, written = drawn
    assert "".join(pieces(form)) == form
    assert any(each in written for each in pieces(form))
