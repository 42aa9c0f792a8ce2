"""One non-recursive walk over the elements of a data set, with every length checked.

This is the gate in front of everything else that parses: no value is looked at, nothing is
allocated by what the file declares, and nesting costs a list entry, not a stack frame.

References
----------
DICOM PS3.5 sections 7.1 to 7.5 and 6.2.2 (unknown VR), Annex A.4 (encapsulated pixel data).
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct

from medshare.imaging import refusals
from medshare.imaging.buffers import Buffer, swap_words
from medshare.imaging.dictionary import describe_tag
from medshare.imaging.limits import Purse, ScanLimits
from medshare.imaging.refusals import RefusedError, Remarks, WarningCode
from medshare.imaging.transfer_syntaxes import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Encoding

UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = "7FE00010"
_PIXEL_REPRESENTATION = "00280103"

# What stands in the place of a VR in a token that opens or closes something.
SEQUENCE = "SQ"
ITEM = "item"
END_OF_ITEM = "end of item"
END_OF_SEQUENCE = "end of sequence"
FRAGMENTS = "fragments"

Token = tuple[str, str, int, int]
"""Key (eight hex digits), VR or one of the words above, start and end of the value."""

TakePlain = Callable[[int, int, int], tuple[int, int]]
"""Takes plain elements; gets where they start, where their data set ends and how many may come.

Returns where it stopped and how many may still come.
"""

# VRs with a 16-bit length field, and those with a 32-bit one (PS3.5 section 7.1.2).
SHORT_VRS = {
    vr.encode(): vr
    for vr in (
        *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"),
        *("LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"),
    )
}
_LONG_VRS = {
    vr.encode(): vr
    for vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
}
_SHORT_HEADER = Struct("<4s2sH").unpack_from
_LENGTH = {False: Struct("<I").unpack_from, True: Struct(">I").unpack_from}
_SHORT_LENGTH = {False: Struct("<H").unpack_from, True: Struct(">H").unpack_from}

_ITEM_TAG = b"\xfe\xff\x00\xe0"
_END_OF_ITEM_TAG = b"\xfe\xff\x0d\xe0"
_END_OF_SEQUENCE_TAG = b"\xfe\xff\xdd\xe0"
DELIMITER_GROUP = b"\xfe\xff"
_NO_TAG = b"\0\0\0\0"
HEADER_BYTES = 8
_US_OR_SS = "US or SS"
# Zero bytes after the last element are looked at as padding up to here.
_PADDING_MAX = 1 << 20


def is_short_vr(vr: str) -> bool:
    """Tell whether explicit VR writes the length of a value of this VR in 16 bits."""
    return vr.encode("ascii") in SHORT_VRS


@dataclass(slots=True, kw_only=True)
class _Level:
    """An open data set (the root, an item) or sequence; ``stop`` is its end or its parent's."""

    stop: int
    encoding: Encoding
    is_sequence: bool = False
    is_delimited: bool = False
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class _Header:
    """VR, start and length of a value, and how items in it are encoded."""

    vr: str
    start: int
    length: int
    content: Encoding


class ElementReader:
    """Yields the tokens of a data set in the order of the file.

    Parameters
    ----------
    data
        The bytes; offsets in tokens are offsets into it.
    start, stop
        Where the data set lies in them.
    encoding
        From the transfer syntax. Items of an unknown VR are implicit little endian inside
        whatever surrounds them: ask ``is_big_endian`` for the value at hand.

    Raises
    ------
    RefusedError
        During iteration: the file lies about a length, or exceeds a limit.
    """

    def __init__(
        self,
        data: Buffer,
        start: int,
        stop: int,
        encoding: Encoding,
        limits: ScanLimits,
        remarks: Remarks,
    ) -> None:
        self._data = data
        self._position = start
        self._limits = limits
        self._remarks = remarks
        self._purse = Purse(limits.elements, limits.items, limits.fragments)
        self._levels = [_Level(stop=stop, encoding=encoding)]
        self.take_plain: TakePlain | None = None
        """Takes the elements of the usual kind past the tokens: explicit, short, little endian."""
        self.fragments: array[int] | None = None
        """Offset and length, in turn, of each item of the root's encapsulated pixel data."""

    @property
    def is_big_endian(self) -> bool:
        """Byte order of the values of the data set that the walk is in."""
        return self._levels[-1].encoding.is_big_endian

    def __iter__(self) -> Iterator[Token]:
        levels = self._levels
        while True:
            level = levels[-1]
            if self._position >= level.stop:
                if len(levels) == 1:
                    return
                yield self._close_at_stop(level)
            elif level.is_sequence:
                yield from self._next_item(level)
            else:
                if level.encoding is EXPLICIT_LITTLE:
                    yield from self._plain_elements(level)
                if self._position < level.stop:
                    yield from self._element(level)

    def _plain_elements(self, level: _Level) -> Iterator[Token]:
        """Yield elements as long as they are of the usual kind: the fast path."""
        if self.take_plain is not None:
            self._position, self._purse.elements = self.take_plain(
                self._position, level.stop, self._purse.elements
            )
            return
        data, stop, position = self._data, level.stop, self._position
        left = self._purse.elements
        while position + HEADER_BYTES <= stop and left:
            tag, raw_vr, length = _SHORT_HEADER(data, position)
            vr = SHORT_VRS.get(raw_vr)
            end = position + HEADER_BYTES + length
            if vr is None or end > stop:
                break
            key, _ = describe_tag(tag)
            if key:
                yield key, vr, position + HEADER_BYTES, end
            elif tag.startswith(DELIMITER_GROUP):
                break
            left -= 1
            position = end
        self._position = position
        self._purse.elements = left

    def _element(self, level: _Level) -> Iterator[Token]:
        """Yield what one element of any kind comes to: at most one token."""
        tag = self._tag(level)
        is_padding = tag == _NO_TAG and not self._names_a_vr(level)
        if is_padding or level.stop - self._position < HEADER_BYTES:
            self._skip_padding(level)
            return
        if tag.startswith(DELIMITER_GROUP):
            yield from self._delimiter(level, tag)
            return
        self._purse.spend_element()
        key, dictionary_vr = describe_tag(tag)
        header = self._header(level, key, dictionary_vr)
        if not key and (header.vr == SEQUENCE or header.length == UNDEFINED):
            # What is left out of the data set is a number or text: nothing may open in it.
            raise RefusedError(refusals.MALFORMED_SEQUENCE)
        if header.length == UNDEFINED:
            token = self._undefined(level, key, header)
        else:
            token = self._defined(level, key, header, dictionary_vr)
        if key:
            yield token

    def _names_a_vr(self, level: _Level) -> bool:
        """Tell whether a VR stands where that of an element would, as in a stray command set."""
        raw_vr = self._data[self._position + 4 : self._position + 6]
        return not level.encoding.is_implicit and (raw_vr in SHORT_VRS or raw_vr in _LONG_VRS)

    def _tag(self, level: _Level) -> bytes:
        tag = self._data[self._position : self._position + 4]
        return swap_words(tag, 2) if level.encoding.is_big_endian else tag

    def _length(self, level: _Level, position: int) -> int:
        """Read a 32-bit length field."""
        if position + 4 > level.stop:
            raise RefusedError(refusals.TRUNCATED)
        length: int = _LENGTH[level.encoding.is_big_endian](self._data, position)[0]
        return length

    def _header(self, level: _Level, key: str, dictionary_vr: str) -> _Header:
        position, encoding = self._position, level.encoding
        if encoding.is_implicit:
            length = self._length(level, position + 4)
            return _Header(dictionary_vr, position + HEADER_BYTES, length, encoding)
        raw_vr = self._data[position + 4 : position + 6]
        vr = SHORT_VRS.get(raw_vr)
        if vr is not None:
            (length,) = _SHORT_LENGTH[encoding.is_big_endian](self._data, position + 6)
            return _Header(vr, position + HEADER_BYTES, length, encoding)
        vr = _LONG_VRS.get(raw_vr)
        if vr is None and not (raw_vr.isalpha() and raw_vr.isupper()):
            # Some senders leave single elements of an explicit data set implicit.
            self._remarks.add(WarningCode.IMPLICIT_ELEMENT, key)
            length = self._length(level, position + 4)
            implicit = Encoding(is_implicit=True, is_big_endian=encoding.is_big_endian)
            return _Header(dictionary_vr, position + HEADER_BYTES, length, implicit)
        if vr is None:
            # VRs of later editions have the long form (PS3.5 section 7.1.2).
            self._remarks.add(WarningCode.UNKNOWN_VR, key)
        # The items of an unknown VR are implicit little endian (PS3.5 section 6.2.2).
        content = encoding if vr == SEQUENCE else IMPLICIT_LITTLE
        length = self._length(level, position + HEADER_BYTES)
        return _Header(vr or "UN", position + HEADER_BYTES + 4, length, content)

    def _defined(self, level: _Level, key: str, header: _Header, dictionary_vr: str) -> Token:
        start, stop = header.start, header.start + header.length
        if stop > level.stop:
            is_cut = stop > self._levels[0].stop
            raise RefusedError(refusals.TRUNCATED if is_cut else refusals.BEYOND_PARENT)
        vr = self._resolve(level, header, dictionary_vr)
        if vr == SEQUENCE:
            self._open_sequence(level, header, stop)
        else:
            self._position = stop
        if key == PIXEL_DATA and level is self._levels[0]:
            self.fragments = None  # of an earlier duplicate
        if key == _PIXEL_REPRESENTATION:
            level.is_signed = any(self._data[start : min(stop, start + 2)])
        return key, vr, start, stop

    def _resolve(self, level: _Level, header: _Header, dictionary_vr: str) -> str:
        """Settle what the header leaves open: an unknown VR, or a choice of several."""
        vr = header.vr
        if vr == "UN" and not level.encoding.is_implicit:
            if level.encoding.is_big_endian or dictionary_vr == _US_OR_SS:
                return vr
            if dictionary_vr == SEQUENCE and not self._is_implicit_sequence(header):
                return vr
            vr = dictionary_vr
        if vr == _US_OR_SS:
            return "SS" if level.is_signed else "US"
        # What is left is a choice with OW, which implicit VR always takes (PS3.5 Annex A.1).
        return "OW" if vr.endswith(" or OW") else vr

    def _is_implicit_sequence(self, header: _Header) -> bool:
        """Tell whether a value of unknown VR can be walked as a sequence from end to end."""
        stop = header.start + header.length
        trial = ElementReader(
            self._data, header.start, stop, IMPLICIT_LITTLE, self._limits, Remarks()
        )
        # A trial spends from the same purse: many of them must not cost more than the limits.
        trial._purse = self._purse
        trial._open_sequence(trial._levels[-1], header, stop)
        try:
            for _ in trial:
                pass
        except RefusedError:
            return False
        return True

    def _undefined(self, level: _Level, key: str, header: _Header) -> Token:
        start = header.start
        if header.vr in (SEQUENCE, "UN"):
            self._open_sequence(level, header, level.stop)
            return key, SEQUENCE, start, start
        if header.vr not in ("OB", "OW", "OB or OW"):
            raise RefusedError(refusals.UNDEFINED_LENGTH)
        stop = self._walk_fragments(level, key, start)
        self._position = stop + HEADER_BYTES
        return key, FRAGMENTS, start, stop

    def _walk_fragments(self, level: _Level, key: str, position: int) -> int:
        """Step over encapsulated pixel data; return where their delimiter stands."""
        found = array("Q")
        while True:
            self._position = position
            tag, length = self._tag(level), self._length(level, position + 4)
            if tag == _END_OF_SEQUENCE_TAG:
                break
            if tag != _ITEM_TAG or length == UNDEFINED:
                raise RefusedError(refusals.MALFORMED_SEQUENCE)
            start = position + HEADER_BYTES
            position = start + length
            if position > level.stop:
                raise RefusedError(refusals.TRUNCATED)
            found.extend((start, length))
            self._purse.spend_fragment()
        if key == PIXEL_DATA and len(self._levels) == 1:
            self.fragments = found
        return position

    def _next_item(self, level: _Level) -> Iterator[Token]:
        """Open the next item of a sequence, or close the sequence at its delimiter."""
        tag = self._tag(level)
        length = self._length(level, self._position + 4)
        start = self._position + HEADER_BYTES
        self._position = start
        if tag == _ITEM_TAG:
            yield self._open_item(level, start, length)
        elif tag != _END_OF_SEQUENCE_TAG:
            raise RefusedError(refusals.MALFORMED_SEQUENCE)
        elif level.is_delimited:
            self._levels.pop()
            yield "", END_OF_SEQUENCE, start, start
        else:
            self._pass_stray_delimiter()

    def _open_item(self, level: _Level, start: int, length: int) -> Token:
        self._purse.spend_item()
        is_delimited = length == UNDEFINED
        stop = level.stop if is_delimited else start + length
        if stop > level.stop:
            raise RefusedError(refusals.BEYOND_PARENT)
        signed = level.is_signed
        self._levels.append(
            _Level(stop=stop, encoding=level.encoding, is_delimited=is_delimited, is_signed=signed)
        )
        return "", ITEM, start, stop

    def _delimiter(self, level: _Level, tag: bytes) -> Iterator[Token]:
        """Close an item at its delimiter; step over a delimiter that closes nothing."""
        self._position += HEADER_BYTES
        if level.is_delimited and tag == _END_OF_ITEM_TAG:
            self._levels.pop()
            yield "", END_OF_ITEM, self._position, self._position
        elif level.is_delimited or tag not in (_END_OF_ITEM_TAG, _END_OF_SEQUENCE_TAG):
            raise RefusedError(refusals.MALFORMED_SEQUENCE)
        else:
            self._pass_stray_delimiter()

    def _pass_stray_delimiter(self) -> None:
        self._purse.spend_element()
        self._remarks.add(WarningCode.STRAY_DELIMITER)

    def _open_sequence(self, level: _Level, header: _Header, stop: int) -> None:
        # The root, then a sequence and an item for each depth.
        if len(self._levels) >= 2 * self._limits.depth:
            raise RefusedError(refusals.TOO_DEEP)
        self._levels.append(
            _Level(
                stop=stop,
                encoding=header.content,
                is_sequence=True,
                is_delimited=header.length == UNDEFINED,
                is_signed=level.is_signed,
            )
        )
        self._position = header.start

    def _close_at_stop(self, level: _Level) -> Token:
        """Close what ends with its length; what needed a delimiter and met none is cut."""
        if level.is_delimited:
            raise RefusedError(refusals.TRUNCATED)
        self._levels.pop()
        word = END_OF_SEQUENCE if level.is_sequence else END_OF_ITEM
        return "", word, level.stop, level.stop

    def _skip_padding(self, level: _Level) -> None:
        """Step over zero bytes behind the last element of the file, or refuse what else it is."""
        size = level.stop - self._position
        if size >= HEADER_BYTES and (len(self._levels) > 1 or size > _PADDING_MAX):
            raise RefusedError(refusals.NO_ELEMENT)
        if len(self._levels) > 1 or any(self._data[self._position : level.stop]):
            cut = size < HEADER_BYTES
            raise RefusedError(refusals.TRUNCATED if cut else refusals.NO_ELEMENT)
        self._remarks.add(WarningCode.TRAILING_PADDING)
        self._position = level.stop
