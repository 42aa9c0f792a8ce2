"""What a unit is in another one, where that is known; a factor is never guessed.

Units of one dimension differ by a number (``g/dL`` and ``g/L``). Mass and amount of substance
differ by what a mole weighs, which is data of each item (``molar_masses.csv``). Urea is missing
from it on purpose: what is sent in mg/dL is urea or urea nitrogen, and nothing tells which.

References
----------
The Unified Code for Units of Measure 2.1: tables 1 (prefixes) and 3 to 6 (units).
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PREFIXES = {"P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "": 1.0, "d": 1e-1}
_PREFIXES |= {"c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18}
_METRIC = {"g": "g", "mol": "mol", "L": "L", "l": "L", "U": "U", "[iU]": "[iU]", "[IU]": "[iU]"}
_METRIC |= {"kat": "kat", "eq": "eq", "osm": "osm", "s": "s", "m": "m", "Pa": "Pa"}
# Units without prefixes, in a base unit of their dimension; a share has no dimension.
_SINGLE = {"min": ("s", 60.0), "h": ("s", 3600.0), "d": ("s", 86400.0), "wk": ("s", 604800.0)}
_SHARES = {"%": 1e-2, "[ppth]": 1e-3, "[ppm]": 1e-6, "1": 1.0}
_POWER = re.compile(r"10[*^](-?\d{1,2})")
_MASS, _AMOUNT, _VOLUME = "g", "mol", "L"
_DIGITS = 12  # so that powers of ten are powers of ten


@dataclass(frozen=True, slots=True)
class _Measure:
    """So many of the base units; annotations stand as units of their own.

    Only volumes cancel out (``L/L`` is a share). ``mmol/mol`` is no share of its own: HbA1c is
    stated in it and in percent, and the two are defined by different methods.
    """

    number: float
    units: Mapping[str, int]


def factor(source: str, target: str, molar_mass: float | None = None) -> float | None:
    """Return what a value in one UCUM unit is multiplied with to stand in another.

    Parameters
    ----------
    molar_mass
        Grams that a mole weighs, where mass and amount of substance may stand for each other.

    Returns
    -------
    float or None
        ``None`` where the units measure different things, or one of them is not understood.
    """
    if source == target:
        return 1.0
    have, want = _measure(source), _measure(target)
    if have is None or want is None:
        return None
    ratio = float(f"{have.number / want.number:.{_DIGITS}g}")
    left = Counter(have.units)
    left.subtract(want.units)
    rest = {unit: power for unit, power in left.items() if power}
    if not rest:
        return ratio
    if molar_mass is None:
        return None
    if rest == {_MASS: 1, _AMOUNT: -1}:
        return ratio / molar_mass
    return ratio * molar_mass if rest == {_MASS: -1, _AMOUNT: 1} else None


@cache
def molar_masses() -> Mapping[str, float]:
    """Return grams a mole of managed items, by code."""
    text = (files(__package__ or "") / "molar_masses.csv").read_text(encoding="utf-8")
    return {row["item"]: float(row["g_per_mol"]) for row in csv.DictReader(text.splitlines())}


@cache
def _measure(ucum: str) -> _Measure | None:
    """Read a term without parentheses or exponents of units."""
    number, units = 1.0, Counter[str]()
    for sign, component in re.findall(r"([./]?)([^./]+)", ucum):
        found = _component(component)
        if found is None:
            return None
        unit, power = found[0], -1 if sign == "/" else 1
        number *= found[1] ** power
        if unit == _VOLUME:
            units[unit] += power
        elif unit:
            units[sign.replace(".", "") + unit] += 1
    return _Measure(number, {unit: power for unit, power in units.items() if power})


def _component(text: str) -> tuple[str, float] | None:
    """Return the base unit of a component and how many of it there are."""
    power = _POWER.fullmatch(text)
    if power:
        return "", 10.0 ** int(power[1])
    if text in _SHARES:
        return "", _SHARES[text]
    if text in _SINGLE:
        return _SINGLE[text]
    if text.startswith("{") and text.endswith("}"):
        return text, 1.0
    for length in (0, 1):
        prefix, atom = text[:length], text[length:]
        if prefix in _PREFIXES and atom in _METRIC:
            return _METRIC[atom], _PREFIXES[prefix]
    return None
