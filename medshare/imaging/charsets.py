"""Text under a Specific Character Set (0008,0005), decoded for UTF-8 JSON.

The table below is an allow-list: a term of a file never reaches Python's codec registry, which
knows such things as ``zlib_codec``. Nothing here raises for bad bytes: they are replaced or read
by the likeliest rule, and a warning says so.

References
----------
DICOM PS3.3 section C.12.1.1.2 (the terms); PS3.5 sections 6.1.2 and 6.1.2.5 (code extensions).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from medshare.facilities.model import CharsetPolicy
from medshare.imaging.mislabelled import DecodeText, repair_undecodable, repairing
from medshare.imaging.refusals import Problems, WarningCode


@dataclass(frozen=True, slots=True)
class Charset:
    """How the texts of one data set are read.

    Parameters
    ----------
    decode_text
        For LO, LT, SH, ST, UC, UT.
    decode_name
        For PN, where ``^`` and ``=`` end a code extension as well.
    is_known
        Whether every declared term is one of the standard's.
    declared
        The raw terms, from which ``charset_of`` makes the same again.
    """

    decode_text: DecodeText
    decode_name: DecodeText
    is_known: bool = True
    declared: bytes = b""


# Codecs whose lower half is ASCII, by the number of the ISO registration.
_SINGLE_BYTE = {
    "100": "iso8859_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "144": "iso8859_5",
    "127": "iso8859_6",
    "126": "iso8859_7",
    "138": "iso8859_8",
    "148": "iso8859_9",
    "203": "iso8859_15",
    "166": "iso8859_11",
    "13": "shift_jis",
}
_MULTI_BYTE_G1 = {"149": "euc_kr", "58": "gb2312"}
_MULTI_BYTE_G0 = frozenset(("87", "159"))
_DEFAULT_REPERTOIRE = "6"
_STAND_ALONE = {"ISO IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
# Senders write GBK under IR 58 and Windows code page 949 under IR 149: wider by the same bytes.
_WIDER = {"gb2312": "gb18030", "euc_kr": "cp949"}

_ESCAPE = re.compile(rb"\x1b(\([BJ]|\$[@B]|\$\(D|\$\)[AC]|-[ABCDFGHLMTb]|\)I)?")
_ESCAPES_G1 = {
    b"-A": "iso8859_1",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-L": "iso8859_5",
    b"-G": "iso8859_6",
    b"-F": "iso8859_7",
    b"-H": "iso8859_8",
    b"-M": "iso8859_9",
    b"-b": "iso8859_15",
    b"-T": "iso8859_11",
    b")I": "shift_jis",
    b"$)C": "euc_kr",
    b"$)A": "gb2312",
}
_ESCAPES_G0 = {b"$@": b"\x1b$B", b"$B": b"\x1b$B", b"$(D": b"\x1b$(D"}
_TO_ASCII = b"\x1b(B"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# After these the code elements are those of the first term again (PS3.5 section 6.1.2.5.3).
_RESET_TEXT = re.compile(rb"[\\\t\n\f\r]")
_RESET_NAME = re.compile(rb"[\\^=\t\n\f\r]")


@lru_cache(maxsize=256)
def charset_of(declared: bytes, policy: CharsetPolicy = CharsetPolicy.DETECT) -> Charset:
    """Return the character set that the raw value of Specific Character Set declares.

    Where it declares none, or ISO_IR 100 alone, and where text is not in what it declares, the
    policy for the sender repairs what is not meant so, in what is read only: the bytes stay.
    Usual misspellings (``ISO-IR 100``, ``iso_ir_192``) are forgiven. Terms that are not the
    standard's count as absent.
    """
    text = declared.decode("latin-1").strip("\0 ")
    terms = [re.sub(r"[ _-]+", " ", term.strip(" \0")).upper() for term in text.split("\\")]
    for term in terms:
        if term in _STAND_ALONE:
            decode = _strict_codec(_STAND_ALONE[term], policy)
            return Charset(decode, decode, declared=declared)
    numbers = [_registration(term) for term in terms]
    known = [number for number in numbers if number is not None]
    initial = _SINGLE_BYTE.get(known[0]) if known and numbers[0] is not None else None
    declared_g1 = tuple(
        codec for codec in map((_SINGLE_BYTE | _MULTI_BYTE_G1).get, known) if codec is not None
    )
    repair = policy if set(declared_g1) <= {"iso8859_1"} else CharsetPolicy.AS_DECLARED
    return Charset(
        repairing(_CodeExtensions(initial, declared_g1, _RESET_TEXT).decode, initial, repair),
        repairing(_CodeExtensions(initial, declared_g1, _RESET_NAME).decode, initial, repair),
        is_known=None not in numbers,
        declared=declared,
    )


def _registration(term: str) -> str | None:
    """Return the registration number in a term such as ``ISO 2022 IR 87``."""
    number = term.removeprefix("ISO ").removeprefix("2022 ").removeprefix("IR ")
    if not term:
        return _DEFAULT_REPERTOIRE
    is_known = number in _SINGLE_BYTE or number in _MULTI_BYTE_G1 or number in _MULTI_BYTE_G0
    return number if is_known or number == _DEFAULT_REPERTOIRE else None


def _strict_codec(codec: str, policy: CharsetPolicy) -> DecodeText:
    def decode(raw: bytes, problems: Problems) -> str:
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            repaired = repair_undecodable(raw, policy, problems)
            if repaired is not None:
                return repaired
            problems.append(WarningCode.CHARSET_UNDECODABLE)
            return raw.decode(codec, "replace")

    return decode


class _CodeExtensions:
    """ISO 2022 as DICOM narrows it: ASCII or a Japanese set in G0, something else in G1.

    Decoding happens before splitting at backslashes, since the bytes of a two-byte set in G0
    may equal a delimiter's.
    """

    def __init__(
        self, initial: str | None, declared: tuple[str, ...], reset: re.Pattern[bytes]
    ) -> None:
        self._initial = initial
        self._declared = declared
        self._reset = reset

    def decode(self, raw: bytes, problems: Problems) -> str:
        """Decode a whole value."""
        if b"\x1b" not in raw:
            if raw.isascii():
                return raw.decode("ascii")
            return self._high(raw, self._initial, problems)
        return self._extended(raw, problems)

    def _extended(self, raw: bytes, problems: Problems) -> str:
        pieces = []
        g0, g1 = b"", self._initial
        position = 0
        for escape in _ESCAPE.finditer(raw):
            piece, g1 = self._segment(raw[position : escape.start()], g0, g1, problems)
            pieces.append(piece)
            sequence = escape[1]
            if sequence is None:
                problems.append(WarningCode.CHARSET_UNDECODABLE)
                pieces.append("\ufffd")
            elif sequence in _ESCAPES_G1:
                g1 = _ESCAPES_G1[sequence]
            else:
                g0 = _ESCAPES_G0.get(sequence, b"")
            position = escape.end()
        piece, _ = self._segment(raw[position:], g0, g1, problems)
        return "".join((*pieces, piece))

    def _segment(
        self, raw: bytes, g0: bytes, g1: str | None, problems: Problems
    ) -> tuple[str, str | None]:
        """Decode what stands between two escapes; also return the G1 set in force after it."""
        if g0:
            return self._two_byte_g0(raw, g0, g1, problems), g1
        delimiter = self._reset.search(raw)
        if delimiter is None:
            return self._high(raw, g1, problems), g1
        before = self._high(raw[: delimiter.start()], g1, problems)
        after = raw[delimiter.start() :]
        if after.isascii() or self._initial is not None:
            return before + self._high(after, self._initial, problems), self._initial
        # The set was to be invoked again after the delimiter; many senders do not.
        problems.append(WarningCode.CHARSET_UNDECLARED)
        return before + self._high(after, g1, problems), g1

    def _two_byte_g0(self, raw: bytes, g0: bytes, g1: str | None, problems: Problems) -> str:
        pieces = []
        position = 0
        for run in (*_HIGH_RUN.finditer(raw), None):
            low = raw[position : run.start() if run else len(raw)]
            pieces.append(_japanese(low, g0, problems))
            if run:
                pieces.append(self._high(run[0], g1, problems))
                position = run.end()
        return "".join(pieces)

    def _high(self, raw: bytes, g1: str | None, problems: Problems) -> str:
        """Decode ASCII mixed with bytes of the G1 set."""
        if raw.isascii():
            return raw.decode("ascii")
        for codec in (g1,) if g1 else self._declared:
            for candidate in (codec, _WIDER.get(codec, codec)):
                try:
                    text = raw.decode(candidate)
                except UnicodeDecodeError:
                    continue
                if candidate != g1:
                    problems.append(WarningCode.CHARSET_UNDECLARED)
                return text
        problems.append(WarningCode.CHARSET_UNDECODABLE)
        # ISO 8859-1 where nothing is declared: what was meant can be recovered from it bytewise.
        return raw.decode(g1, "replace") if g1 else raw.decode("iso8859_1")


def _japanese(raw: bytes, g0: bytes, problems: Problems) -> str:
    try:
        return (g0 + raw + _TO_ASCII).decode("iso2022_jp_2")
    except UnicodeDecodeError:
        problems.append(WarningCode.CHARSET_UNDECODABLE)
        return (g0 + raw + _TO_ASCII).decode("iso2022_jp_2", "replace")
