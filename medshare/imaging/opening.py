"""What a viewer needs to show a study's first image with one request, and what else there is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy.orm import Session

from medshare.access.model import Visibility
from medshare.imaging import metadata, retrieval, search
from medshare.imaging.attributes import BY_KEYWORD, DataSet, Level, Matching, at_or_above, text
from medshare.imaging.excerpts import join_lines
from medshare.imaging.model import Condition, ImagingQuery, Match, Selection
from medshare.imaging.retrieval import Seen
from medshare.imaging.sight import Sight
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import PatientId

SERIES_MAX = 500
OTHERS_MAX = 200
ROWS, SERIES_UID = "00280010", "0020000E"


@dataclass(frozen=True, slots=True)
class OtherStudy:
    """Another study of the same person: what the index says of it, and whose record it is of."""

    dataset: DataSet
    subject: Subject


@dataclass(frozen=True, slots=True)
class Opening:
    """A study as a viewer opens it.

    ``series`` in their order; ``first`` is the metadata of the first image among them, ``None``
    where none has pixels; ``others`` newest first, empty while the study's patient is not known.
    """

    seen: Seen
    study: DataSet
    series: Sequence[DataSet]
    first: DataSet | None
    others: Sequence[OtherStudy]


def open_study(
    session: Session, study_instance_uid: str, visibility: Visibility, sight: Sight
) -> Opening | None:
    """Return a study's opening, ``None`` when nothing is there or may be seen."""
    seen = retrieval.see(session, Selection(study_instance_uid), visibility, sight)
    if seen is None or not seen.instance_count:
        return None
    finder = _Finder(session, visibility, sight)
    named = {"StudyInstanceUID": study_instance_uid}
    study = next(finder.find(Level.STUDY, named, limit=1))
    series = [_read(each) for each in finder.find(Level.SERIES, named, limit=SERIES_MAX)]
    first = finder.first_image(named, series)
    patient = seen.subject.patient_id if seen.subject else None
    others = finder.others(patient, study) if patient else ()
    return Opening(seen, _read(study), series, first, list(others))


class _Finder:
    """Searches of the index by one caller."""

    def __init__(self, session: Session, visibility: Visibility, sight: Sight) -> None:
        self._session = session
        self._visibility = visibility
        self._sight = sight

    def find(
        self,
        level: Level,
        named: Mapping[str, str],
        *,
        limit: int,
        patient: PatientId | None = None,
    ) -> Iterator[Match]:
        """Yield what has some UIDs, with every attribute of its level."""
        query = ImagingQuery(
            level=level,
            visibility=self._visibility,
            conditions=tuple(
                Condition(BY_KEYWORD[keyword], (uid,), Matching.UID)
                for keyword, uid in named.items()
            ),
            patient=patient,
            returned=frozenset(each.tag for each in at_or_above(level) if each.level is level),
            limit=limit,
        )
        yield from search.search(self._session, query, self._sight).page

    def first_image(self, study: Mapping[str, str], series: Sequence[DataSet]) -> DataSet | None:
        """Return the metadata of the first image of the first series that has pixels."""
        for each in series:
            named = {**study, "SeriesInstanceUID": text(each, SERIES_UID)}
            for match in self.find(Level.INSTANCE, named, limit=1):
                if text(_read(match), ROWS):
                    return self._metadata(match)
        return None

    def _metadata(self, match: Match) -> DataSet | None:
        selection = Selection(
            match.study_instance_uid, match.series_instance_uid, match.sop_instance_uid
        )
        found = retrieval.find(self._session, selection, self._visibility, self._sight)
        if found is None:
            return None
        (described,) = metadata.described(self._session, [found.instances[0].id])
        dataset: DataSet = orjson.loads(described.addressed(""))
        return dataset

    def others(self, patient: PatientId, study: Match) -> Iterator[OtherStudy]:
        """Yield the person's other studies."""
        for match in self.find(Level.STUDY, {}, limit=OTHERS_MAX, patient=patient):
            if match.subject and match.study_instance_uid != study.study_instance_uid:
                yield OtherStudy(_read(match), match.subject)


def _read(match: Match) -> DataSet:
    found: DataSet = orjson.loads(join_lines(match.lines))
    return found
