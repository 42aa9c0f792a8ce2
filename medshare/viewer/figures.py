"""How laboratory values and their reference ranges are written."""

from medshare.exams.reports import Flag, Observation, ReferenceRange

CRITICAL = frozenset({Flag.CRITICALLY_LOW, Flag.CRITICALLY_HIGH})
_DIGITS = 12  # more than any analyser tells, fewer than a float makes up


def number(figure: float) -> str:
    """Write a number without what binary fractions add."""
    return f"{figure:.{_DIGITS}g}"


def rounded(figure: float, digits: int) -> str:
    """Write a number with so many significant digits, but never a rounded integer part."""
    whole = len(str(int(abs(figure))))
    return number(float(f"{figure:.{max(digits, whole)}g}"))


def value(observation: Observation) -> str:
    """Write the value of an observation, without its unit."""
    if observation.value is None:
        return observation.value_text or ""
    return f"{observation.comparator or ''}{number(observation.value)}"


def usual(stated: ReferenceRange | None) -> str:
    """Write a reference range, empty where none is stated."""
    if stated is None:
        return ""
    return stated.text or between(stated.low, stated.high)


def between(low: float | None, high: float | None) -> str:
    """Write a range whose ends may be open."""
    if low is not None and high is not None:
        return f"{number(low)}–{number(high)}"
    if low is not None:
        return f"≥ {number(low)}"
    return "" if high is None else f"≤ {number(high)}"
