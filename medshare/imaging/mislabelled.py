"""Chinese text that says that it is something else, or nothing: GBK or Big5 by a sender's policy.

Many of a city's older modalities write GBK and declare no character set, or ISO_IR 100; newer
gateways write UTF-8 there, or GBK as ISO_IR 192. The repair is of what is read only, and each is
remarked; the stored bytes are the sender's.

References
----------
GB 2312-1980: two bytes of A1 to FE a character; the common ideographs are rows 16 to 55 (lead
bytes B0 to D7), the rarer ones rows 56 to 87 (D8 to F7).
"""

import re
from collections.abc import Callable

from medshare.facilities.model import CharsetPolicy
from medshare.imaging.refusals import Problems, WarningCode

DecodeText = Callable[[bytes, Problems], str]

_CODECS = {CharsetPolicy.GBK: "gb18030", CharsetPolicy.BIG5: "big5hkscs"}
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_IDEOGRAPHS = re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe])+")
_COMMON = range(0xB0, 0xD8)
_JUDGED_BYTES = 1 << 10
# U+4000 to U+9FFF. In GBK the same bytes would be rare ideographs and signs in turn.
_IDEOGRAPHS_OF_UTF_8 = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2})+")


def repairing(decode: DecodeText, initial: str | None, policy: CharsetPolicy) -> DecodeText:
    """Return a decoder that looks first whether a value is what its label denies.

    Parameters
    ----------
    decode
        Reads a value as it is labelled.
    initial
        The codec of the label, ``None`` where only ASCII is declared.
    """
    if policy is CharsetPolicy.AS_DECLARED:
        return decode

    def repaired(raw: bytes, problems: Problems) -> str:
        codec = None if raw.isascii() or b"\x1b" in raw else _codec_of(raw, initial, policy)
        text = None if codec is None else _decoded(raw, codec, problems)
        return decode(raw, problems) if text is None else text

    return repaired


def repair_undecodable(raw: bytes, policy: CharsetPolicy, problems: Problems) -> str | None:
    """Read a value that is not in the character set of its label; ``None`` if nobody can tell."""
    if policy is CharsetPolicy.AS_DECLARED:
        return None
    codec = _codec_of(raw, None, policy)
    return None if codec is None else _decoded(raw, codec, problems)


def _decoded(raw: bytes, codec: str, problems: Problems) -> str | None:
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        return None
    problems.append(WarningCode.CHARSET_REPAIRED)
    return text


def _codec_of(raw: bytes, initial: str | None, policy: CharsetPolicy) -> str | None:
    if policy in _CODECS:
        return _CODECS[policy]
    runs = list(_HIGH_RUN.finditer(raw))
    if all(_IDEOGRAPHS_OF_UTF_8.fullmatch(run[0]) for run in runs):
        return "utf-8"
    if not all(_is_chinese(run[0]) for run in runs):
        return None
    # CONCEI\xc7\xc3O is Portuguese: letters on both sides speak for the label.
    if initial is not None and any(_is_within_a_word(raw, *run.span()) for run in runs):
        return None
    return _CODECS[CharsetPolicy.GBK]


def _is_chinese(run: bytes) -> bool:
    """Tell whether bytes are ideographs of GB 2312, common ones at least by half.

    Accented small letters of Latin-1 are E0 to FF, so that two of them are no common ideograph.
    The beginning of a long text speaks for all of it.
    """
    if not _IDEOGRAPHS.fullmatch(run):
        return False
    leads = run[:_JUDGED_BYTES:2]
    return 2 * sum(lead in _COMMON for lead in leads) >= len(leads)


def _is_within_a_word(raw: bytes, start: int, stop: int) -> bool:
    return raw[max(0, start - 1) : start].isalpha() or raw[stop : stop + 1].isalpha()
