"""A person's exams as the timeline shows them: regions, facets and the state of each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from medshare.exams.model import MANAGED_ITEMS, Exam, ExamKind
from medshare.recognition.decisions.model import Recorded as Decision
from medshare.recognition.model import Verdict
from medshare.viewer.hospitals import Hospital
from medshare.viewer.shown import local_day
from medshare.viewer.words import Language


class Region(StrEnum):
    """A part of the body as clinicians look for results of it, from head to foot."""

    HEAD = "head"
    NECK = "neck"
    CHEST = "chest"
    BREAST = "breast"
    HEART = "heart"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    SPINE = "spine"
    LIMBS = "limbs"
    WHOLE = "whole"
    LABORATORY = "laboratory"
    OTHER = "other"


# Terms of DICOM PS3.16 annex L, Body Part Examined.
_SITES = {
    Region.HEAD: "BRAIN EAR EYE FACE HEAD JAW ORBIT SINUS SKULL",
    Region.NECK: "CAROTID NECK THYROID",
    Region.CHEST: "CHEST CLAVICLE LUNG RIB STERNUM",
    Region.BREAST: "BREAST",
    Region.HEART: "AORTA CORONARYARTERY HEART",
    Region.ABDOMEN: "ABDOMEN KIDNEY LIVER PANCREAS STOMACH",
    Region.PELVIS: "BLADDER PELVIS PROSTATE UTERUS",
    Region.SPINE: "CSPINE LSPINE SPINE SSPINE TSPINE",
    Region.LIMBS: "ANKLE ARM ELBOW FOOT HAND HIP KNEE LEG SHOULDER WRIST",
    Region.WHOLE: "WHOLEBODY",
}
_REGIONS = {site: region for region, sites in _SITES.items() for site in sites.split()}


def region_of(exam: Exam) -> Region:
    """Return the region that an exam is of."""
    if exam.order.kind is ExamKind.LABORATORY:
        return Region.LABORATORY
    return _REGIONS.get(exam.order.body_site.upper(), Region.OTHER)


@dataclass(frozen=True, slots=True)
class Named:
    """What an item is called in either language."""

    zh: str
    en: str

    def name(self, language: Language) -> str:
        """Return the name in a language."""
        return language.choose(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Entry:
    """One exam of the timeline.

    Parameters
    ----------
    has_images
        Whether they, or documents and waveforms in their place, have come.
    has_pictures
        Whether there is more to look at than documents and waveforms.
    verdict
        How its result would stand if the same were ordered now; ``None`` where nothing is said.
    decision
        What the own hospital has decided on it, if anything.
    sensitivity
        What its class of sensitive results is called, where it belongs to one.
    """

    exam: Exam
    item: Named
    hospital: Hospital
    has_images: bool = False
    verdict: Verdict | None = None
    decision: Decision | None = None
    sensitivity: Named | None = None
    has_pictures: bool = False

    @property
    def happened_at(self) -> datetime:
        """When it was performed or collected."""
        return self.exam.order.happened.at

    @property
    def region(self) -> Region:
        """Which region it is of."""
        return region_of(self.exam)

    @property
    def modality(self) -> str:
        """Its modality, ``LAB`` of a laboratory test."""
        if self.exam.order.kind is ExamKind.LABORATORY:
            return "LAB"
        return self.exam.order.modality or "OT"  # DICOM's own term for other


def name_of_item(exam: Exam, names: Mapping[str, tuple[str, str]]) -> Named:
    """Return what an exam's item is called: the managed list's name, else the sender's."""
    item = exam.order.item
    if item.system == MANAGED_ITEMS and item.code in names:
        return Named(*names[item.code])
    return Named(item.display or item.code, item.display or item.code)


@dataclass(frozen=True, slots=True)
class Facets:
    """By what the entries can be narrowed, and how many there are of each."""

    hospitals: Sequence[tuple[Hospital, int]]
    modalities: Sequence[tuple[str, int]]
    regions: Sequence[tuple[Region, int]]


def facets_of(entries: Sequence[Entry]) -> Facets:
    """Count by what the entries can be narrowed."""
    by_code = {each.hospital.code: each.hospital for each in entries}
    codes = Counter(each.hospital.code for each in entries)
    regions = Counter(each.region for each in entries)
    return Facets(
        hospitals=[(by_code[code], codes[code]) for code in sorted(codes)],
        modalities=sorted(Counter(each.modality for each in entries).items()),
        regions=[(each, regions[each]) for each in Region if each in regions],
    )


def by_year(entries: Sequence[Entry], zone: ZoneInfo) -> list[tuple[str, list[Entry]]]:
    """Group entries by their year in a zone, in their order."""
    groups: dict[str, list[Entry]] = {}
    for each in entries:
        groups.setdefault(str(local_day(each.happened_at, zone).year), []).append(each)
    return list(groups.items())
