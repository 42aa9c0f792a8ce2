"""A data set as DICOM JSON, built from tokens without recursion.

References
----------
DICOM PS3.18 Annex F.
"""

import base64
from dataclasses import dataclass, field
from struct import Struct

from medshare.facilities.model import CharsetPolicy
from medshare.imaging import refusals
from medshare.imaging.buffers import Buffer, swap_words
from medshare.imaging.bulk import INLINE_BYTES_MAX, TEXT_BYTES_MAX, Bulk, is_bulk
from medshare.imaging.charsets import Charset, charset_of
from medshare.imaging.dictionary import describe_tag
from medshare.imaging.elements import (
    DELIMITER_GROUP,
    END_OF_ITEM,
    END_OF_SEQUENCE,
    FRAGMENTS,
    HEADER_BYTES,
    ITEM,
    SEQUENCE,
    SHORT_VRS,
    ElementReader,
)
from medshare.imaging.limits import (
    CHARSET_COST,
    ELEMENT_COST,
    ITEM_COST,
    NAME_COST,
    PROBLEM_COST,
    SEQUENCE_COST,
    STEP_COST,
    VALUE_COST,
    ScanLimits,
)
from medshare.imaging.refusals import Problems, RefusedError, Remarks, WarningCode
from medshare.imaging.repeats import Element, Known, Memory, Repeats, Row, Run
from medshare.imaging.values import BINARY_VRS, WORD_BYTES, Decode, decoders_for

DicomJson = dict[str, Element]
"""A data set: keys of eight upper-case hex digits, ascending."""

_CHARSET_TEXTS = frozenset(("LT", "ST", "UC", "UT"))
# Without significance (PS3.10 section 7.2): kept in the file, left out of what is said of it.
_TRAILING_PADDING = "FFFCFFFC"
_CHARACTER_SET = "00080005"
_LENGTH = Struct("<6xH").unpack_from


@dataclass(slots=True)
class _OpenSequence:
    """A sequence under construction, and the element that it will be the value of."""

    key: str
    element: Element
    items: list[DicomJson] = field(default_factory=list)


_PASSED_OVER: Known = ("", {}, 0)


class DicomJsonBuilder:
    """Turns the tokens of one data set into DICOM JSON and a list of what was left out of it.

    Parameters
    ----------
    data
        What the reader reads.
    reader
        Fresh; it is used up by ``build``.
    limits, remarks
        The caps, and where warnings go.
    policy
        For texts of the sender that are not what they are declared to be.
    repeats
        From the data sets before, where these are likely to be alike.
    """

    def __init__(
        self,
        data: Buffer,
        reader: ElementReader,
        limits: ScanLimits,
        remarks: Remarks,
        policy: CharsetPolicy = CharsetPolicy.DETECT,
        repeats: Repeats | None = None,
    ) -> None:
        self._data = data
        self._policy = policy
        self._repeats = repeats
        self._memory = Memory({})
        self._row: Row = []  # of known elements that stand one after another
        self._problems: Problems = []
        self._reader = reader
        self._remarks = remarks
        self._limit = self._bytes_left = limits.memory_bytes
        self._dataset: DicomJson = {}
        self._charset = charset_of(b"", policy)
        self._is_big_endian = False
        self._decoders: dict[str, Decode] = {}
        self._parents: list[tuple[DicomJson, Charset]] = []
        self._sequences: list[_OpenSequence] = []
        self.bulk: dict[str, tuple[Bulk, Element]] = {}
        """Each bulk value with its element, whose ``BulkDataURI`` is its path until replaced."""
        self.repeated: set[str] = set()
        """Paths of what stands more than once in its data set."""

    @property
    def memory_bytes(self) -> int:
        """What the data set takes, by the costs of ``limits``."""
        return self._limit - self._bytes_left

    def build(self) -> DicomJson:
        """Read the whole data set.

        Raises
        ------
        RefusedError
            From the reader, or because the values decoded exceed the limit.
        """
        if self._repeats is not None:
            self._reader.take_plain = self._take_plain
        try:
            return self._built()
        finally:
            self._reader.take_plain = None  # the two would hold each other, and the file

    def _built(self) -> DicomJson:
        data = self._data
        problems = self._problems
        self._use(self._charset)
        dataset = self._dataset
        used = 0
        for key, vr, start, stop in self._reader:
            size = stop - start
            decode = self._decoders.get(vr)
            if decode is None or size > INLINE_BYTES_MAX:
                self._structure_or_value(key, vr, start, stop)
                dataset = self._dataset
                continue
            if key in dataset:
                self._repeat(key)
            values = decode(data[start:stop], problems) if size else None
            used += size + ELEMENT_COST
            if values:
                dataset[key] = {"vr": vr, "Value": values}
                used += len(values) * (NAME_COST if vr == "PN" else VALUE_COST)
            else:
                dataset[key] = {"vr": vr}
            if problems or key == _CHARACTER_SET:
                self._follow_up(key, vr, start, stop, problems)
            if used > self._bytes_left:
                break
        self._spend(used)
        return self._in_order(self._dataset)

    def _take_plain(self, position: int, stop: int, left: int) -> tuple[int, int]:
        """Take elements as long as they are of the usual kind; see ``TakePlain``."""
        data, row = self._data, self._row
        used, limit = 0, self._bytes_left
        while left and position + HEADER_BYTES <= stop and used <= limit:
            (length,) = _LENGTH(data, position)
            end = position + HEADER_BYTES + length
            if length > INLINE_BYTES_MAX or end > stop:
                break
            raw = data[position:end]
            run = self._memory.runs.get(raw)
            if run is not None and self._stands(run, position, stop, left):
                self._dataset.update(run.elements)
                used, left = used + run.cost, left - len(run.elements)
                position += len(run.text)
                row.clear()
                continue
            found = self._memory.known.get(raw)
            if found is not None:
                row.append((raw, found))
            else:
                self._end_row()
                found = self._plain(raw, position)
                if found is None:
                    break
            used += self._take_over(*found)
            left -= 1
            position = end
        self._end_row()
        self._spend(used)
        return position, left

    def _end_row(self) -> None:
        self._memory.learn(self._row)
        self._row.clear()

    def _take_over(self, key: str, element: Element, cost: int) -> int:
        """Put an element that is known into the data set; return what it costs."""
        if key:
            if key in self._dataset:
                self._repeat(key)
            self._dataset[key] = element
        return cost

    def _stands(self, run: Run, position: int, stop: int, left: int) -> bool:
        """Tell whether a run stands at a position, and none of its elements before."""
        end = position + len(run.text)
        return (
            end <= stop
            and len(run.elements) <= left
            and self._data[position:end] == run.text
            and self._dataset.keys().isdisjoint(run.elements.keys())
        )

    def _plain(self, raw: bytes, position: int) -> Known | None:
        """Return what an element comes to, ``None`` if it is not of the usual kind."""
        vr, (key, _) = SHORT_VRS.get(raw[4:6]), describe_tag(raw[:4])
        if vr is None or (not key and raw.startswith(DELIMITER_GROUP)):
            return None
        if not key:
            return _PASSED_OVER
        problems, size = self._problems, len(raw) - HEADER_BYTES
        values = self._decoders[vr](raw[HEADER_BYTES:], problems) if size else None
        cost, element = size + ELEMENT_COST, Element(vr=vr)
        if values:
            cost += len(values) * (NAME_COST if vr == "PN" else VALUE_COST)
            element["Value"] = values
        found = key, element, cost
        if problems or key == _CHARACTER_SET:
            self._settle(found, vr, position + HEADER_BYTES, size)
            return _PASSED_OVER
        self._memory.keep(raw, found)
        return found

    def _settle(self, found: Known, vr: str, start: int, size: int) -> None:
        """Take an element that is out of order, or that says how others are read."""
        key, element, cost = found
        if key in self._dataset:
            self._repeat(key)
        self._spend(cost)
        self._dataset[key] = element
        self._follow_up(key, vr, start, start + size, self._problems)

    def _structure_or_value(self, key: str, vr: str, start: int, stop: int) -> None:
        """Handle what is not a short value with a decoder."""
        if vr == ITEM:
            self._spend(ITEM_COST)
            self._parents.append((self._dataset, self._charset))
            self._dataset = {}
        elif vr == END_OF_ITEM:
            self._sequences[-1].items.append(self._in_order(self._dataset))
            self._dataset, charset = self._parents.pop()
            self._use(charset)
        elif vr == SEQUENCE:
            self._spend(SEQUENCE_COST)
            self._sequences.append(_OpenSequence(key, self._put(key, SEQUENCE)))
        elif vr == END_OF_SEQUENCE:
            sequence = self._sequences.pop()
            if sequence.items:
                sequence.element["Value"] = sequence.items
        elif vr == FRAGMENTS:
            self._point_at(key, "OB", start, stop)
        else:
            self._binary_or_long(key, vr, start, stop)
            return
        # Byte order may change with the level: items of an unknown VR are little endian.
        self._use(self._charset)

    def _binary_or_long(self, key: str, vr: str, start: int, stop: int) -> None:
        size = stop - start
        if key == _TRAILING_PADDING:
            return
        if not size:
            self._put(key, vr)
        elif is_bulk(key, vr, size):
            self._point_at(key, vr, start, stop)
        elif vr in BINARY_VRS:
            self._spend(size)
            raw = swap_words(self._data[start:stop], self._word_bytes(vr))
            self._put(key, vr)["InlineBinary"] = base64.b64encode(raw).decode("ascii")
        elif size > TEXT_BYTES_MAX:
            # Only implicit VR can write this, and DICOM JSON has no place for it but as unknown.
            self._remarks.add(WarningCode.VALUE_TOO_LONG, self._path(key))
            self._point_at(key, "UN", start, stop)
        else:
            self._spend(size)
            problems: Problems = []
            values = self._decoders[vr](self._data[start:stop], problems)
            element = self._put(key, vr)
            if values:
                self._spend(len(values) * (NAME_COST if vr == "PN" else VALUE_COST))
                element["Value"] = values
            self._follow_up(key, vr, start, stop, problems)

    def _follow_up(self, key: str, vr: str, start: int, stop: int, problems: Problems) -> None:
        """Act on what a value turned out to be."""
        self._spend(len(problems) * PROBLEM_COST)
        if key == _CHARACTER_SET:
            self._spend(CHARSET_COST)
            self._use(charset_of(self._data[start:stop], self._policy))
            if not self._charset.is_known:
                self._remarks.add(WarningCode.CHARSET_UNKNOWN, self._path(key))
        if WarningCode.NON_FINITE in problems:
            # JSON has no NaN; bulk data may stand for any number (F.2.2).
            del self._dataset[key]
            self._point_at(key, vr, start, stop)
        for code in dict.fromkeys(problems):
            self._remarks.add(code, self._path(key))
        problems.clear()

    def _use(self, charset: Charset) -> None:
        is_big_endian = self._reader.is_big_endian
        if self._decoders and charset is self._charset and is_big_endian == self._is_big_endian:
            return
        self._charset, self._is_big_endian = charset, is_big_endian
        self._decoders = decoders_for(charset, is_big_endian=is_big_endian)
        if self._repeats is not None:
            self._memory = self._repeats.under(charset)

    def _put(self, key: str, vr: str) -> Element:
        if key in self._dataset:
            self._repeat(key)
        self._spend(ELEMENT_COST)
        element: Element = {"vr": vr}
        self._dataset[key] = element
        return element

    def _repeat(self, key: str) -> None:
        """Remark a duplicate; the last one counts."""
        path = self._path(key)
        self._remarks.add(WarningCode.DUPLICATE, path)
        self.repeated.add(path)
        self.bulk.pop(path, None)

    def _path(self, key: str) -> str:
        self._spend(len(self._sequences) * STEP_COST)
        steps = [f"{sequence.key}/{len(sequence.items) + 1}/" for sequence in self._sequences]
        return "".join((*steps, key))

    def _point_at(self, key: str, vr: str, start: int, stop: int) -> None:
        element = self._put(key, vr)
        path = element["BulkDataURI"] = self._path(key)
        charset = self._charset.declared if vr in _CHARSET_TEXTS else None
        bulk = Bulk(path, vr, start, stop - start, self._word_bytes(vr), charset)
        self.bulk[path] = (bulk, element)

    def _word_bytes(self, vr: str) -> int:
        return WORD_BYTES.get(vr, 1) if self._reader.is_big_endian else 1

    def _spend(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise RefusedError(refusals.TOO_MUCH_METADATA)

    def _in_order(self, dataset: DicomJson) -> DicomJson:
        keys = list(dataset)
        ascending = sorted(keys)
        if keys == ascending:
            return dataset
        self._remarks.add(WarningCode.UNORDERED)
        return {key: dataset[key] for key in ascending}
