"""The rows of a search as matches: lines of excerpts, and what is counted of a study."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from medshare.imaging.attributes import Level
from medshare.imaging.excerpts import line, lines_of
from medshare.imaging.identity import OTHER_IDS, QUALIFIERS, Number, other_ids, qualifiers_of
from medshare.imaging.model import ImagingQuery, Match
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import PatientId, RecordId

AVAILABLE = line("00080056", {"vr": "CS", "Value": ["ONLINE"]})
STUDY_COLUMNS, COMMON_COLUMNS = 6, 5
PERSON = 2  # its place among the common columns

Numbers = Mapping[str, Sequence[Number]]
"""The asker's own numbers of persons."""


def matches_of(query: ImagingQuery, rows: Sequence[Any], numbers: Numbers) -> list[Match]:
    """Return rows, whose columns are those that ``search`` selects, as matches."""
    reader = _Reader(query, numbers)
    return [reader.read(row) for row in rows]


class _Reader:
    """Reads rows; what several of them share is read once."""

    def __init__(self, query: ImagingQuery, numbers: Numbers) -> None:
        self._numbers = numbers
        self._level = query.level
        self._of_study = Level.STUDY in query.levels
        self._of_series = Level.SERIES in query.levels
        self._tags = frozenset(each.encode() for each in query.returned)
        self._tells_availability = query.level is Level.INSTANCE or b"00080056" in self._tags
        self._tells_identity = not {QUALIFIERS, OTHER_IDS}.isdisjoint(query.returned)
        self._parents: dict[str, list[bytes]] = {}
        self._subjects: dict[str, Subject] = {}

    def read(self, row: Any) -> Match:  # noqa: ANN401  # a row of the driver
        study_uid, record_id, person, date, time = row[:COMMON_COLUMNS]
        place = COMMON_COLUMNS
        keys: tuple[str | int, ...] = (date, time, study_uid)
        lines = [AVAILABLE] if self._tells_availability else []
        if self._of_study:
            columns = (person, *row[place : place + STUDY_COLUMNS])
            lines += self._shared(study_uid, self._study_lines, columns)
            place += STUDY_COLUMNS
        series_uid = instance_uid = ""
        key = 0
        if self._level is not Level.STUDY:
            series_uid, number = row[place : place + 2]
            place += 2
            keys += (number, series_uid)
        if self._of_series:
            lines += self._shared(series_uid, self._series_lines, row[place : place + 2])
            place += 2
        if self._level is Level.INSTANCE:
            key, instance_uid, number, excerpt = row[place:]
            keys += (number, instance_uid)
            lines += lines_of(excerpt, self._tags)
        subject = None if record_id is None else self._subject(person, record_id)
        return Match(lines, subject, study_uid, series_uid, instance_uid, keys, key)

    def _shared(self, uid: str, make: Any, columns: Any) -> list[bytes]:  # noqa: ANN401  # of a row
        known = self._parents.get(uid)
        if known is None:
            known = self._parents[uid] = make(*columns)
        return known

    def _study_lines(self, person: str | None, *columns: Any) -> list[bytes]:  # noqa: ANN401  # of a row
        series, instances, modalities, system, patient_id, excerpt = columns
        lines = lines_of(excerpt, self._tags)
        if b"00080061" in self._tags:
            lines.append(_modalities_line(modalities))
        if b"00201206" in self._tags:
            lines.append(b'"00201206":{"vr":"IS","Value":[%d]}' % series)
        if b"00201208" in self._tags:
            lines.append(b'"00201208":{"vr":"IS","Value":[%d]}' % instances)
        if self._tells_identity:
            lines += self._identity_lines(person, (system, patient_id))
        return lines

    def _identity_lines(self, person: str | None, own: Number) -> list[bytes]:
        """Return whose number the study's Patient ID is, and the asker's own of its person."""
        lines = []
        if QUALIFIERS.encode() in self._tags:
            lines.append(line(QUALIFIERS, qualifiers_of(own[0])))
        if OTHER_IDS.encode() in self._tags:
            lines.append(line(OTHER_IDS, other_ids(self._numbers.get(person or "", ()), own)))
        return lines

    def _series_lines(self, instances: int, excerpt: bytes) -> list[bytes]:
        counted = b'"00201209":{"vr":"IS","Value":[%d]}' % instances
        own = [counted] if b"00201209" in self._tags else []
        return own + lines_of(excerpt, self._tags)

    def _subject(self, person: str, record_id: str) -> Subject:
        if record_id not in self._subjects:
            self._subjects[record_id] = Subject(PatientId(person), RecordId(record_id))
        return self._subjects[record_id]


@lru_cache(maxsize=256)  # the same few, study after study
def _modalities_line(modalities: str) -> bytes:
    values: dict[str, object] = {"Value": modalities.split(" ")} if modalities else {}
    return line("00080061", {"vr": "CS", **values})
