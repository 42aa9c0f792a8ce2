"""Values of one element, from bytes to what DICOM JSON holds.

References
----------
DICOM PS3.5 section 6.2 (value representations); PS3.18 sections F.2.3 to F.2.6.
"""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from struct import Struct, unpack
from typing import cast

from medshare.imaging.buffers import swap_words
from medshare.imaging.charsets import Charset
from medshare.imaging.refusals import Problems, WarningCode

Values = list[object]
Decode = Callable[[bytes, Problems], Values]

BINARY_VRS = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
# The size of the words that byte order is about.
WORD_BYTES = {
    **dict.fromkeys(("AT", "US", "SS", "OW"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), 8),
}
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
# Beyond this a JSON reader that uses doubles would change the number; F.2.3 allows text instead.
_SAFE_INTEGER = (1 << 53) - 1
_PADDING = " \0"
_NUMBER_PADDING = b" \0"
_DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# Twelve characters is what IS allows; some more are forgiven, thousands are not.
_INTEGER = re.compile(rb"[+-]?\d{1,15}")
PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


@lru_cache(maxsize=64)
def decoders_for(charset: Charset, *, is_big_endian: bool) -> dict[str, Decode]:
    """Return a decoder for each VR that DICOM JSON writes under ``Value``.

    A decoder gets the raw value, at least one byte, and a list to which it adds warning codes.
    It returns no values for a value of padding only, ``None`` for an empty one among several
    (F.2.5), and text instead of a number that is none (F.2.3).
    """
    numbers = {vr: _numbers(code, is_big_endian=is_big_endian) for vr, code in NUMBERS.items()}
    return {
        **dict.fromkeys(("AE", "AS", "CS", "DA", "DT", "TM", "UI"), _codes),
        **dict.fromkeys(("LO", "SH"), _texts(charset, str.strip)),
        "UC": _texts(charset, str.rstrip),
        **dict.fromkeys(("ST", "LT", "UT"), _one_text(charset)),
        "UR": _uri,
        "PN": _person_names(charset),
        "DS": _decimals,
        "IS": _integers,
        "AT": _tags(is_big_endian=is_big_endian),
        **numbers,
        **{vr: _finite(numbers[vr]) for vr in ("FL", "FD")},
        **{vr: _safe(numbers[vr]) for vr in ("SV", "UV")},
    }


def _codes(raw: bytes, problems: Problems) -> Values:
    # These VRs never use the Specific Character Set (PS3.5 section 6.1.2.2).
    text = raw.decode("latin-1").strip(_PADDING)
    if not raw.isascii():
        problems.append(WarningCode.VALUE_FORMAT)
    if "\\" in text:
        return [value.strip(_PADDING) or None for value in text.split("\\")]
    return [text] if text else []


def _uri(raw: bytes, problems: Problems) -> Values:
    if not raw.isascii():
        problems.append(WarningCode.VALUE_FORMAT)
    text = raw.decode("latin-1").rstrip(_PADDING)
    return [text] if text else []


def _texts(charset: Charset, strip: Callable[[str, str], str]) -> Decode:
    decode_text = charset.decode_text

    def decode(raw: bytes, problems: Problems) -> Values:
        text = strip(decode_text(raw, problems), _PADDING)
        if "\\" in text:
            return [strip(value, _PADDING) or None for value in text.split("\\")]
        return [text] if text else []

    return decode


def _one_text(charset: Charset) -> Decode:
    decode_text = charset.decode_text

    def decode(raw: bytes, problems: Problems) -> Values:
        text = decode_text(raw, problems).rstrip(_PADDING)
        return [text] if text else []

    return decode


def _person_names(charset: Charset) -> Decode:
    decode_name = charset.decode_name

    def decode(raw: bytes, problems: Problems) -> Values:
        text = decode_name(raw, problems).rstrip(_PADDING)
        if "\\" in text or "=" in text:
            return [_person_name(value, problems) for value in text.split("\\")]
        return [{"Alphabetic": text}] if text else []

    return decode


def _person_name(text: str, problems: Problems) -> dict[str, str] | None:
    groups = [group.rstrip(_PADDING) for group in text.split("=")]
    if len(groups) > len(PN_GROUPS):
        problems.append(WarningCode.VALUE_FORMAT)
    name = {label: group for label, group in zip(PN_GROUPS, groups, strict=False) if group}
    return name or None


def _decimals(raw: bytes, problems: Problems) -> Values:
    try:
        numbers = [float(value) for value in raw.rstrip(_NUMBER_PADDING).split(b"\\")]
    except ValueError:
        return _each_number(raw, _DECIMAL, float, problems)
    # float() also reads nan, infinity and 1_000, which DS does not know.
    if b"_" in raw or not math.isfinite(sum(numbers)):
        return _each_number(raw, _DECIMAL, float, problems)
    return list(numbers)


def _integers(raw: bytes, problems: Problems) -> Values:
    try:
        numbers = [int(value) for value in raw.rstrip(_NUMBER_PADDING).split(b"\\")]
    except ValueError:
        return _each_number(raw, _INTEGER, int, problems)
    if b"_" in raw or max(map(abs, numbers)) > _SAFE_INTEGER:
        return _each_number(raw, _INTEGER, int, problems)
    return list(numbers)


def _each_number(
    raw: bytes, grammar: re.Pattern[bytes], convert: Callable[[bytes], float], problems: Problems
) -> Values:
    """Convert one by one: empty ones to ``None``, what is no number to text with a warning."""
    text = raw.strip(_NUMBER_PADDING)
    values: Values = []
    for part in text.split(b"\\") if text else ():
        value = part.strip(_NUMBER_PADDING)
        number = convert(value) if grammar.fullmatch(value) else math.inf
        if not value:
            values.append(None)
        elif abs(number) == math.inf:
            problems.append(WarningCode.VALUE_FORMAT)
            values.append(value.decode("latin-1"))
        else:
            values.append(number)
    return values


def _tags(*, is_big_endian: bool) -> Decode:
    def decode(raw: bytes, problems: Problems) -> Values:
        if len(raw) % 4:
            problems.append(WarningCode.VALUE_LENGTH)
        words = swap_words(raw, 1 if is_big_endian else 2).hex().upper()
        return [words[at : at + 8] for at in range(0, len(raw) // 4 * 8, 8)]

    return decode


def _numbers(code: str, *, is_big_endian: bool) -> Decode:
    order = ">" if is_big_endian else "<"
    single = Struct(order + code)
    size, unpack_single = single.size, single.unpack

    def decode(raw: bytes, problems: Problems) -> Values:
        if len(raw) == size:
            return list(unpack_single(raw))
        count, rest = divmod(len(raw), size)
        if rest:
            problems.append(WarningCode.VALUE_LENGTH)
        return list(unpack(f"{order}{count}{code}", raw[: count * size]))

    return decode


def _finite(decode_floats: Decode) -> Decode:
    def decode(raw: bytes, problems: Problems) -> Values:
        values = cast("list[float]", decode_floats(raw, problems))
        # A sum of finite doubles may overflow: then each is asked.
        if not math.isfinite(sum(values)) and not all(map(math.isfinite, values)):
            problems.append(WarningCode.NON_FINITE)
        return [*values]

    return decode


def _safe(decode_integers: Decode) -> Decode:
    def decode(raw: bytes, problems: Problems) -> Values:
        values = cast("list[int]", decode_integers(raw, problems))
        return [value if abs(value) <= _SAFE_INTEGER else str(value) for value in values]

    return decode
