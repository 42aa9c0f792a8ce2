"""Units of measure: which texts are UCUM, and what hospitals write instead of it.

A unit is kept as it was sent, beside its UCUM form: only the second can be compared or computed
with. What is not understood is refused, never guessed: a wrong factor is a wrong dose.

References
----------
The Unified Code for Units of Measure 2.1: sections 2 (grammar), 4 (tables of atoms and prefixes).
"""

import re
import unicodedata

LENGTH_MAX = 64
# Section 4's symbols: prefixes, atoms that take one ("metric"), and atoms that stand alone.
_PREFIXES = "Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti"
_METRIC = """
    m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L t ar bar u eV pc
    m[H2O] m[Hg] eq osm kat U [iU] [IU] cal Np B g% bit By Bd st dyn erg P Ky G St Ci R RAD REM mho
"""
_SINGLE = """
    10* 10^ % [ppth] [ppm] [ppb] [pptr] [pi] deg ' '' gon min h d wk mo a a_j mo_s [pH] [degF]
    [in_i] [ft_i] [lb_av] [oz_av] [diop] [g] [HPF] [LPF] [arb'U] [USP'U] [GPL'U] [MPL'U] [APL'U]
    [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U] [mclg'U] [tb'U]
    [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] [PNU] [Lf] [D'ag'U] [ELU] [EU]
    [S] [Ch] [drp] [MET] [hnsf'U] [mesh_i]
"""
PREFIXES = frozenset(_PREFIXES.split())
METRIC = frozenset(_METRIC.split())
SINGLE = frozenset(_SINGLE.split())
_ANNOTATION = r"\{[!-z|~]*\}"
_SYMBOL = r"10[*^]|(?:[A-Za-z_%']|\[[!-Z^-z|~]+\])+"
_COMPONENT = re.compile(rf"(?:(?P<symbol>{_SYMBOL})(?:[+-]?\d+)?|\d+)(?:{_ANNOTATION})?")
_ONLY_ANNOTATION = re.compile(_ANNOTATION)


def is_ucum(text: str) -> bool:
    """Tell whether a text is a valid case-sensitive UCUM term over the atoms known here.

    Prefixes, exponents (``10*9``, ``m2``), factors (``24.h``), parentheses and annotations in
    braces are understood; special units of rare use (``[p'diop]`` and the like) are not known.
    """
    if not 0 < len(text) <= LENGTH_MAX:
        return False
    end = _term(text, 1 if text.startswith("/") else 0)
    return end == len(text)


def _term(text: str, at: int) -> int:
    """Return where the term that begins at ``at`` ends, -1 where none does."""
    at = _factor(text, at)
    while 0 <= at < len(text) and text[at] in "./":
        at = _factor(text, at + 1)
    return at


def _factor(text: str, at: int) -> int:
    if text.startswith("(", at):
        end = _term(text, at + 1)
        return end + 1 if end > 0 and text.startswith(")", end) else -1
    alone = _ONLY_ANNOTATION.match(text, at)
    if alone:
        return alone.end()
    found = _COMPONENT.match(text, at)
    if found is None or not (found["symbol"] is None or _is_simple_unit(found["symbol"])):
        return -1
    return found.end()


def _is_simple_unit(symbol: str) -> bool:
    if symbol in METRIC or symbol in SINGLE:
        return True
    return any(symbol[:n] in PREFIXES and symbol[n:] in METRIC for n in (1, 2))


# One part of a ratio as hospitals write it, in lower case, and its UCUM form.
_PARTS = {
    **{
        prefix + sent: prefix + ucum
        for sent, ucum, prefixes in (
            ("mol", "mol", ("", "m", "u", "n", "p", "f")),
            ("g", "g", ("", "k", "m", "u", "n", "p", "f")),
            ("l", "L", ("", "d", "m", "u", "n", "p", "f")),
            ("m", "m", ("", "c", "m", "u", "n")),
            ("u", "U", ("", "k", "m", "u")),
            ("iu", "[iU]", ("", "k", "m", "u")),
            ("[iu]", "[iU]", ("", "k", "m", "u")),
            ("eq", "eq", ("", "m", "u")),
            ("osm", "osm", ("", "m")),
            ("s", "s", ("", "m")),
            ("kat", "kat", ("", "u", "n")),
            ("bq", "Bq", ("k",)),  # MBq is mega, not milli: as UCUM has it
            ("pa", "Pa", ("k",)),
            ("v", "V", ("m",)),
        )
        for prefix in prefixes
    },
    "mcg": "ug",
    "mosmol": "mosm",
    "sec": "s",
    "秒": "s",
    "min": "min",
    "分": "min",
    "分钟": "min",
    "h": "h",
    "hr": "h",
    "小时": "h",
    "d": "d",
    "天": "d",
    "24h": "(24.h)",
    "毫米": "mm",
    "mmhg": "mm[Hg]",
    "cmh2o": "cm[H2O]",
    "au": "[arb'U]",
    "ru": "[arb'U]",
    "cfu": "[CFU]",
    "hp": "[HPF]",
    "hpf": "[HPF]",
    "高倍视野": "[HPF]",
    "lp": "[LPF]",
    "lpf": "[LPF]",
    "低倍视野": "[LPF]",
    "copies": "{copies}",
    "拷贝": "{copies}",
    "wbc": "{WBC}",
    "hgb": "{Hb}",
    "hb": "{Hb}",
}
# What only says that things are counted; UCUM has no unit for it.
_COUNTS = frozenset({"", "个", "#", "cell", "cells", "次", "beats"})
_WHOLES = {
    "%": "%",
    "‰": "[ppth]",
    "inr": "{INR}",
    "ratio": "{ratio}",
    "比值": "{ratio}",
    "s/co": "{s_co_ratio}",
    "coi": "{COI}",
    "index": "{index}",
    "ph": "[pH]",
    "°c": "Cel",
    "bpm": "/min",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/(min.1.73m2)": "mL/min/{1.73_m2}",
    "ml/min.1.73m2": "mL/min/{1.73_m2}",
    "kg/m2": "kg/m2",
    "g/cm2": "g/cm2",
    "g/cm3": "g/cm3",
    "mm/1h": "mm/h",
    "mgy.cm": "mGy.cm",
    "mgy": "mGy",
    "msv": "mSv",
}
# Giga or gram, tera or tesla: Europe counts cells by the first, the letters say the second.
# Molar or metre: lower case makes a length of a concentration.
_AMBIGUOUS = frozenset({"G/L", "T/L", "G/l", "T/l", "M", "mM", "uM", "nM"})
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_POWER = re.compile(r"[x×*]?10(?:\^|\*\*?|[eE])(-?\d{1,2})(.*)")


def normalise(unit: str) -> str | None:
    """Return the UCUM form of a unit as a hospital writes it, ``None`` when it is not understood.

    ``×10⁹/L``, ``μmol/L``, ``mg/dl``, ``个/HP`` and ``IU/mL`` are understood, in capitals too. What
    is known as a habit of laboratories goes before the letter of UCUM: ``Mg/dL`` is milligrams.
    """
    text = _plain(unit)
    if text in _AMBIGUOUS:
        return None
    found = _WHOLES.get(text.casefold()) or _ratio(text) or unit
    return found if is_ucum(found) else None


def _plain(unit: str) -> str:
    """Write a unit without spaces, full-width forms, raised digits or the Greek letter."""
    raised = _RAISED.sub(lambda found: "^" + found[0].translate(_SUPERSCRIPTS), unit)
    plain = unicodedata.normalize("NFKC", raised).replace("μ", "u").replace("·", ".")
    plain = "".join(plain.split())
    return plain.replace("m^2", "m2").replace("m^3", "m3")


def _ratio(text: str) -> str | None:
    power = _POWER.fullmatch(text)
    head, rest = (f"10*{power[1]}", power[2]) if power else ("", text)
    first, *others = rest.casefold().split("/")
    if first in _COUNTS:
        top = head or ("" if others else None)
    else:
        top = None if head else _PARTS.get(first)
    below = [_PARTS.get(each) for each in others]
    if top is None or None in below:
        return None
    return "/".join([top, *filter(None, below)])
