"""A study's opening as the scripts of the image page read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from medshare.facilities import service as facilities
from medshare.facilities.model import Facility
from medshare.imaging.attributes import DataSet, text, values
from medshare.imaging.opening import Opening
from medshare.infra.uow import UnitOfWork
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode
from medshare.patients import service as patients
from medshare.viewer.banner import Banner, banner_of
from medshare.viewer.shown import local_day
from medshare.viewer.words import Language, translator

DATE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Teller:
    """Turns an opening into a document in one language; looks up whose records it is about."""

    uow: UnitOfWork
    language: Language
    zone: ZoneInfo

    def document(self, opening: Opening) -> Mapping[str, object]:
        """Return the document of ``viewer/src/images/study.ts``."""
        study = opening.study
        return {
            "studyInstanceUid": text(study, "0020000D"),
            "date": day_of(text(study, "00080020")),
            "description": text(study, "00081030"),
            "facility": self._place(opening.seen.facility),
            "banner": self._banner(opening).document,
            "series": [_series(each) for each in opening.series],
            "first": opening.first,
            "priors": [self._prior(each.dataset, each.subject) for each in opening.others],
        }

    def _banner(self, opening: Opening) -> Banner:
        t, subject = translator(self.language), opening.seen.subject
        facility = facilities.get(self.uow, opening.seen.facility)
        record_id = subject.record_id if subject else None
        loaded = patients.load_record(self.uow, record_id) if record_id else None
        if loaded is None:
            return _stated(opening.study, t("banner.unmatched"), self._named(facility))
        today = local_day(self.uow.now(), self.zone)
        return banner_of(loaded.registration, facility, today, t, self.language)

    def _prior(self, dataset: DataSet, subject: Subject) -> Mapping[str, object]:
        record_id = subject.record_id
        record = patients.get_record(self.uow, record_id) if record_id else None
        return {
            "studyInstanceUid": text(dataset, "0020000D"),
            "date": day_of(text(dataset, "00080020")),
            "modalities": [str(each) for each in values(dataset, "00080061")],
            "description": text(dataset, "00081030"),
            "facility": "" if record is None else self._place(record.facility),
        }

    def _place(self, code: FacilityCode) -> str:
        return self._named(facilities.get(self.uow, code))

    def _named(self, facility: Facility) -> str:
        return self.language.choose(facility.name_zh, facility.name_en)


def day_of(date: str) -> str:
    """Write a DA value as 2026-11-20, empty where it is none."""
    is_date = len(date) == DATE_LENGTH and date.isdigit()
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if is_date else ""


def _series(dataset: DataSet) -> Mapping[str, object]:
    number, count = text(dataset, "00200011"), text(dataset, "00201209")
    return {
        "seriesInstanceUid": text(dataset, "0020000E"),
        "number": int(number) if number else None,
        "modality": text(dataset, "00080060"),
        "description": text(dataset, "0008103E"),
        "bodyPart": text(dataset, "00180015"),
        "instanceCount": int(count or 0),
    }


def _stated(study: DataSet, unmatched: str, place: str) -> Banner:
    """Say whom the images are of by their own words, while no record is known."""
    names: Sequence[object] = values(study, "00100010")
    name = names[0] if names and isinstance(names[0], Mapping) else {}
    written = str(name.get("Ideographic") or name.get("Alphabetic") or "–").replace("^", " ")
    details = (text(study, "00100040"), day_of(text(study, "00100030")), text(study, "00100020"))
    return Banner(written, tuple(filter(None, (*details, place, unmatched))))
