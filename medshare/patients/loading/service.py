"""Use cases of loading: a batch of lines in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from medshare.facilities import service as facilities
from medshare.facilities.model import Facility, FacilityUnknownError
from medshare.infra.uow import UnitOfWork
from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.patients import service
from medshare.patients import store as patients
from medshare.patients.insertion import Entry, add
from medshare.patients.links.store import hold_persons
from medshare.patients.loading import store
from medshare.patients.loading.model import Line, Loaded, Refused
from medshare.patients.matching import service as matching
from medshare.patients.model import (
    Decision,
    LinkedRecord,
    Outcome,
    PatientIdentifier,
    Reason,
    RecordStandsError,
)

_STANDS = Issue(
    "",
    RecordStandsError.slug,
    "The number is registered with other content; change it by PUT on the record.",
    RecordStandsError.title_zh,
)
_NO_FACILITY = Issue(
    "/facility",
    FacilityUnknownError.slug,
    "Name a facility that takes part.",
    "请填写已参与的机构代码。",
)

_UNMATCHED = Decision(Outcome.NEW, (Reason.LOADED_UNMATCHED,), None, "loading")
Checked = tuple[Line, PatientIdentifier]


def load(uow: UnitOfWork, lines: Sequence[Line]) -> list[Loaded | Refused]:
    """Register the records of some lines, one after another, as ``POST`` does.

    Whatever the batch could meet is held before its first record, keys and then persons, each in
    one order, so nobody waits in a circle: neither another batch nor a merge.
    """
    checked, refused = _checked(uow, lines)
    _hold(uow, checked)
    registrations = [line.registration for line, _ in checked]
    matching.hold(uow, *registrations)
    hold_persons(uow.session, matching.persons_met(uow, registrations))
    return [*refused, *(_registered(uow, line) for line, _ in checked)]


def load_unmatched(uow: UnitOfWork, lines: Sequence[Line]) -> list[Loaded | Refused]:
    """Let every record of some lines begin a person of its own, compared with nobody.

    For the first records of an index: whoever comes later is compared with them.
    """
    checked, refused = _checked(uow, lines)
    _hold(uow, checked)
    known = store.standing(uow.session, [number for _, number in checked])
    done: list[Loaded | Refused] = list(refused)
    fresh: list[Entry] = []
    for line, number in checked:
        if number in known:
            done.append(_repeated(uow, line, known[number], fresh))
            continue
        record = LinkedRecord(RecordId(uow.new_key()), PatientId(uow.new_key()), line.facility)
        known[number] = record.record_id
        fresh.append(Entry(record, line.registration, _UNMATCHED))
        done.append(Loaded(line.number, record, Outcome.NEW))
    add(uow, fresh)
    return done


def _checked(uow: UnitOfWork, lines: Iterable[Line]) -> tuple[list[Checked], list[Refused]]:
    homes: dict[FacilityCode, Facility] = {}
    checked, refused = [], []
    for line in lines:
        try:
            if line.facility not in homes:
                homes[line.facility] = facilities.get(uow, line.facility)
            number, registration = service.check(uow, homes[line.facility], line.registration)
        except FacilityUnknownError:
            refused.append(Refused(line.number, (_NO_FACILITY,)))
        except InvalidError as error:
            refused.append(Refused(line.number, tuple(error.issues)))
        else:
            checked.append((replace(line, registration=registration), number))
    return checked, refused


def _hold(uow: UnitOfWork, checked: Iterable[Checked]) -> None:
    numbers = {number for _, number in checked}
    for each in sorted(numbers, key=lambda number: (number.system, number.value)):
        patients.take_turns(uow.session, each)


def _registered(uow: UnitOfWork, line: Line) -> Loaded | Refused:
    try:
        done = service.register(uow, line.facility, line.registration)
    except RecordStandsError:
        return Refused(line.number, (_STANDS,))
    outcome = done.outcome if done.fresh else None
    return Loaded(line.number, done.record, outcome, done.united)


def _repeated(
    uow: UnitOfWork, line: Line, record_id: RecordId, fresh: Iterable[Entry]
) -> Loaded | Refused:
    """Tell whether the very same stands already, in the index or earlier in the batch."""
    known = {each.record.record_id: (each.record, each.registration) for each in fresh}
    if record_id not in known and (entry := patients.load(uow.session, record_id)):
        known[record_id] = entry.linked, entry.registration
    record, registration = known[record_id]
    if registration != line.registration:
        return Refused(line.number, (_STANDS,))
    return Loaded(line.number, record, None)
