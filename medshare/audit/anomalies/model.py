"""The rules of anomalies: pure functions over what the digest says of one entry.

A rule finds reasons to look, not faults: namesakes, night shifts and busy desks are everyday.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from medshare.audit.digest.model import Access, AccessKind
from medshare.audit.questions.model import WorkingHours
from medshare.kernel.errors import ConflictError, NotFoundError
from medshare.kernel.identifiers import FacilityCode, PatientId


class Rule(StrEnum):
    """Why somebody should look."""

    SAME_SURNAME = "same-surname"
    OUT_OF_HOURS = "out-of-hours"
    NO_CARE_RELATIONSHIP = "no-care-relationship"
    PATIENTS_AN_HOUR = "patients-an-hour"
    REGISTERED_THEN_READ = "registered-then-read"
    BULK = "bulk"


class AnomalyOutcome(StrEnum):
    """What somebody who looked found."""

    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"
    FALSE_ALARM = "false-alarm"


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters of the rules.

    Parameters
    ----------
    patients_an_hour
        From so many persons met by one actor in one hour (UTC) on.
    bulk_persons, bulk_released
        From so many persons named, or things released, by one entry on.
    registration
        How long after a registration a read of others' data of the same person follows at once.
    accepted_bases
        Bases of release on which others' data is read in order.
    """

    patients_an_hour: int
    bulk_persons: int
    bulk_released: int
    registration: timedelta
    work: WorkingHours
    accepted_bases: frozenset[str]


def read_limits(document: Mapping[str, object], zone: ZoneInfo) -> Limits:
    """Read limits from their JSON document, working hours by the clock of ``zone``.

    Raises
    ------
    ValueError
        One is missing, unknown or of the wrong kind.
    """
    counts = ("patientsAnHour", "bulkPersons", "bulkReleased", "registrationMinutes")
    times = ("workBegins", "workEnds")
    bases = document.get("acceptedBases")
    if set(document) != {*counts, *times, "acceptedBases"} or not isinstance(bases, list):
        raise ValueError("not the limits of anomalies")
    numbers = [document[each] for each in counts]
    if not all(type(each) is int and each > 0 for each in numbers):
        raise ValueError("a limit is not a positive number")
    an_hour, persons, released, minutes = (int(str(each)) for each in numbers)
    begin, end = (time.fromisoformat(str(document[each])) for each in times)
    return Limits(
        an_hour,
        persons,
        released,
        timedelta(minutes=minutes),
        WorkingHours(begin, end, zone),
        frozenset(map(str, bases)),
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """One entry and what the rules need to know around it.

    Parameters
    ----------
    accesses
        The rows of the entry, at least one.
    met
        The data of how many persons the actor met in that hour.
    registrations
        By patient, the last registration by the same facility before the entry.
    """

    accesses: Sequence[Access]
    met: int = 0
    registrations: Mapping[PatientId, Access] = field(default_factory=dict)

    @property
    def first(self) -> Access:
        """Return the row that stands for the entry."""
        return self.accesses[0]

    @property
    def foreign(self) -> list[Access]:
        """Return what was read of other facilities."""
        return [each for each in self.accesses if each.foreign and each.kind is AccessKind.READ]


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule fits an entry.

    Parameters
    ----------
    key
        What is found once only, however often the rule fits it.
    evidence
        Ids of entries.
    figures
        The numbers behind it, with the limit.
    """

    rule: Rule
    key: str
    access: Access
    evidence: tuple[str, ...]
    figures: Mapping[str, int] = field(default_factory=dict)
    patient_id: PatientId | None = None


def same_surname(scene: Scene, _limits: Limits) -> Iterator[Finding]:
    """Find reads of a person who bears the reader's family name: kin, perhaps."""
    for each in scene.accesses:
        if each.same_surname and each.kind is AccessKind.READ and each.patient_id:
            yield _of_patient(Rule.SAME_SURNAME, each, each.patient_id)


def out_of_hours(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Find reads of others' data outside working hours, but for emergencies."""
    first = scene.first
    if scene.foreign and not first.emergency and not limits.work.hold(first.recorded_at):
        day = limits.work.local(first.recorded_at).date().isoformat()
        key = _key(Rule.OUT_OF_HOURS, first, day)
        yield Finding(Rule.OUT_OF_HOURS, key, first, (first.entry_id,))


def no_care_relationship(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Find reads of others' data whose basis names neither care nor an emergency."""
    bases = {each.strip() for each in scene.first.basis.split(",")}
    if bases & limits.accepted_bases:
        return
    for each in scene.foreign:
        if each.patient_id:
            yield _of_patient(Rule.NO_CARE_RELATIONSHIP, each, each.patient_id)


def patients_an_hour(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Find hours in which one actor met the data of very many persons."""
    first = scene.first
    if first.patient_id and scene.met >= limits.patients_an_hour:
        figures = {"patients": scene.met, "limit": limits.patients_an_hour}
        key = _key(Rule.PATIENTS_AN_HOUR, first, first.hour.isoformat())
        yield Finding(Rule.PATIENTS_AN_HOUR, key, first, (first.entry_id,), figures)


def registered_then_read(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Find a registration that others' data of the same person is read right after."""
    for each in scene.foreign:
        registration = scene.registrations.get(each.patient_id) if each.patient_id else None
        if registration is None or each.patient_id is None:
            continue
        elapsed = each.recorded_at - registration.recorded_at
        if timedelta(0) <= elapsed <= limits.registration:
            yield Finding(
                Rule.REGISTERED_THEN_READ,
                _key(Rule.REGISTERED_THEN_READ, each, registration.entry_id),
                each,
                (registration.entry_id, each.entry_id),
                {"seconds": int(elapsed.total_seconds())},
                each.patient_id,
            )


def bulk(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Find single requests that released very much."""
    first = scene.first
    persons = len({each.patient_id for each in scene.accesses if each.patient_id})
    much = persons >= limits.bulk_persons or first.released >= limits.bulk_released
    if first.kind is AccessKind.READ and much:
        figures = {"patients": persons, "released": first.released}
        yield Finding(
            Rule.BULK, _key(Rule.BULK, first, first.entry_id), first, (first.entry_id,), figures
        )


RULES: tuple[Callable[[Scene, Limits], Iterator[Finding]], ...] = (
    same_surname,
    out_of_hours,
    no_care_relationship,
    patients_an_hour,
    registered_then_read,
    bulk,
)


def findings_of(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Yield what every rule finds in an entry."""
    for rule in RULES:
        yield from rule(scene, limits)


def _of_patient(rule: Rule, access: Access, patient_id: PatientId) -> Finding:
    key = _key(rule, access, patient_id)
    return Finding(rule, key, access, (access.entry_id,), patient_id=patient_id)


def _key(rule: Rule, access: Access, about: str) -> str:
    return "|".join([rule, access.facility or "", access.actor, about])


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What somebody who looked found."""

    outcome: AnomalyOutcome
    comment: str
    acknowledged_by: str
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A finding that was kept; ``recorded_at`` is when its entry was."""

    id: str
    rule: Rule
    recorded_at: datetime
    facility: FacilityCode | None
    actor: str
    patient_id: PatientId | None
    evidence: Sequence[str]
    figures: Mapping[str, int]
    acknowledgement: Acknowledgement | None = None

    @property
    def explanation(self) -> tuple[str, str]:
        """Say in English and Chinese why somebody should look."""
        english, chinese = EXPLANATIONS[self.rule]
        return english.format(**self.figures), chinese.format(**self.figures)


EXPLANATIONS = {
    Rule.SAME_SURNAME: (
        "The reader bears the patient's family name.",
        "访问者与患者同姓。",
    ),
    Rule.OUT_OF_HOURS: (
        "Another facility's data was read outside working hours, for no emergency.",
        "非紧急情况下，在工作时间以外访问了其他机构的数据。",
    ),
    Rule.NO_CARE_RELATIONSHIP: (
        "Another facility's data was read without a care relationship or an emergency.",
        "在无诊疗关系且非紧急的情况下访问了其他机构的数据。",
    ),
    Rule.PATIENTS_AN_HOUR: (
        "The data of {patients} persons was met in one hour; the limit is {limit}.",
        "一小时内接触了 {patients} 名患者的数据，阈值为 {limit}。",
    ),
    Rule.REGISTERED_THEN_READ: (
        "Another facility's data was read {seconds} seconds after the person was registered.",
        "登记患者 {seconds} 秒后即访问了其他机构的数据。",
    ),
    Rule.BULK: (
        "One request met the data of {patients} persons and released {released} things.",
        "一次请求接触了 {patients} 名患者的数据，输出 {released} 项。",
    ),
}


class AnomalyUnknownError(NotFoundError):
    """There is no such anomaly."""

    slug = "anomaly-unknown"
    title = "There is no such anomaly"
    title_zh = "没有该异常"


class AnomalyAcknowledgedError(ConflictError):
    """Somebody has looked already."""

    slug = "anomaly-acknowledged"
    title = "Somebody has looked at the anomaly already"
    title_zh = "该异常已被处理"
