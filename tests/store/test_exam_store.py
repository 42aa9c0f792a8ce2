from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import inspect, text

from medshare.exams import reporting, service, store
from medshare.exams.items import packaged_items
from medshare.exams.model import (
    AccessionInUseError,
    Coding,
    Details,
    ExamFilter,
    ExamKind,
    ExamOrder,
    ExamRegistered,
    ExamStatus,
    IdentifierRef,
    Laterality,
    Stamp,
)
from medshare.exams.reports import Language, ReportDraft, ReportStatus, ReportText, Signer
from medshare.facilities import service as facilities
from medshare.infra.db import Database
from medshare.infra.uow import UnitOfWork
from medshare.kernel.identifiers import ExamId, FacilityCode, StudyInstanceUid
from medshare.migrations import downgrade, upgrade
from medshare.patients import service as patients
from medshare.patients.model import (
    HumanName,
    PatientIdentifier,
    RecordRegistered,
    Registration,
    Sex,
)
from medshare.patients.sight import everything
from tests.site import StandingClock, a_facility

HERE = FacilityCode("SZ-A")
SYSTEM = "urn:oid:2.999.1.1"
CLOCK = StandingClock()
WHEN = Stamp(datetime(2026, 11, 19, tzinfo=UTC), "2026-11-19T00:00:00Z")


def an_order(accession_number: str = "ACC-1", *uids: str, number: str = "MRN-1") -> ExamOrder:
    studies = tuple(StudyInstanceUid(each) for each in uids)
    return ExamOrder(
        accession_number=accession_number,
        kind=ExamKind.IMAGING,
        item=Coding("urn:medshare:item", "US-ABD"),
        happened=WHEN,
        patient=IdentifierRef(SYSTEM, number),
        details=Details(ExamStatus.COMPLETED, study_instance_uids=studies),
    )


def a_draft(words: str) -> ReportDraft:
    return ReportDraft(
        ReportStatus.PRELIMINARY,
        Signer("d-1", "x"),
        WHEN,
        texts=(ReportText(Language.ENGLISH, words),),
    )


@pytest.fixture
def home(database: Database) -> Database:
    """A database with one facility."""
    change(database, lambda uow: facilities.add(uow, a_facility("SZ-A", 1)))
    return database


def change(database: Database, work: Callable[[UnitOfWork], Any]) -> Any:
    with database.write() as session:
        return work(UnitOfWork(session, CLOCK))


def register_patient(uow: UnitOfWork) -> RecordRegistered:
    number = PatientIdentifier(SYSTEM, "MRN-1", "MR")
    content = Registration((number,), HumanName(text="测试甲"), Sex.MALE)
    record = patients.register(uow, HERE, content).record
    return RecordRegistered(
        record.record_id, record.patient_id, record.facility, [[SYSTEM, "MRN-1"]]
    )


def at_once(database: Database, *works: Callable[[UnitOfWork], Any]) -> list[Any]:
    """Run several changes at the same time; return what each returned or raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[UnitOfWork], Any]) -> Any:
        barrier.wait()
        try:
            return change(database, work)
        except AccessionInUseError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_items_are_seeded_again_without_harm_and_repaired(database: Database) -> None:
    with database.write() as session:
        session.execute(text("update exam_items set name_en = 'x' where code = 'LAB-K'"))
    change(database, service.seed_items)
    with database.read() as session:
        rows = session.execute(text("select code, name_en from exam_items")).all()
    assert {code: name for code, name in rows} == {  # noqa: C416  # a row is no pair
        each.code: each.name_en for each in packaged_items()
    }


def test_the_same_exam_sent_twice_at_once_is_one(home: Database) -> None:
    def register(uow: UnitOfWork) -> service.Registered:
        return service.register(uow, HERE, an_order("ACC-1", "2.999.1"))

    done = at_once(home, register, register, register)
    assert len({each.exam.id for each in done}) == 1
    assert sorted(each.fresh for each in done) == [False, False, True]


def test_two_exams_with_one_number_at_once_are_one_and_a_conflict(home: Database) -> None:
    done = at_once(
        home,
        lambda uow: service.register(uow, HERE, an_order(number="MRN-1")),
        lambda uow: service.register(uow, HERE, an_order(number="MRN-2")),
    )
    assert sorted(type(each).__name__ for each in done) == ["AccessionInUseError", "Registered"]


def test_reports_sent_at_once_are_versions_in_a_row(home: Database) -> None:
    exam = change(home, lambda uow: service.register(uow, HERE, an_order())).exam

    def report(words: str) -> Callable[[UnitOfWork], Any]:
        return lambda uow: reporting.add_report(uow, HERE, exam.id, a_draft(words))

    done = at_once(home, report("a"), report("b"), report("c"), report("c"))
    assert sorted(each.report.version for each in done if each.fresh) == [1, 2, 3]
    assert [each.fresh for each in done].count(False) == 1


def test_an_exam_that_looked_too_early_looks_once_more(home: Database) -> None:
    exam = change(home, lambda uow: service.register(uow, HERE, an_order())).exam
    fact = ExamRegistered(exam.id, HERE, "ACC-1")
    assert change(home, lambda uow: service.attach_exam(uow, fact)) == []
    known = change(home, register_patient)
    (subject,) = change(home, lambda uow: service.attach_exam(uow, fact))
    assert subject.record_id == known.record_id
    assert subject.patient_id == known.patient_id
    assert change(home, lambda uow: service.attach_exam(uow, fact)) == []


def test_a_record_gathers_the_exams_that_wait_for_it_and_no_others(home: Database) -> None:
    for number in ("ACC-1", "ACC-2"):
        change(home, lambda uow, number=number: service.register(uow, HERE, an_order(number)))
    change(home, lambda uow: service.register(uow, HERE, an_order("ACC-3", number="MRN-9")))
    fact = change(home, register_patient)
    change(home, lambda uow: service.attach_to_record(uow, fact))
    links = change(
        home,
        lambda uow: [
            service.find_by_accession(uow, HERE, number) for number in ("ACC-1", "ACC-2", "ACC-3")
        ],
    )
    assert [each.record_id for each in links] == [fact.record_id, fact.record_id, None]
    assert change(home, lambda uow: service.attach_to_record(uow, fact)) == []


def test_a_study_leads_to_its_exam_and_no_longer_when_it_was_taken_away(home: Database) -> None:
    uid = StudyInstanceUid("2.999.1")
    exam = change(home, lambda uow: service.register(uow, HERE, an_order("ACC-1", uid))).exam
    link = change(home, lambda uow: service.find_by_study(uow, HERE, uid))
    assert (link.exam_id, link.accession_number) == (exam.id, "ACC-1")
    bare = replace(exam.order.details, study_instance_uids=())
    change(home, lambda uow: service.change(uow, HERE, ExamId(exam.id), bare, 1))
    assert change(home, lambda uow: service.find_by_study(uow, HERE, uid)) is None


def test_an_exam_read_by_the_driver_is_the_one_that_the_mapper_reads(home: Database) -> None:
    details = Details(
        ExamStatus.COMPLETED,
        department="影像科",
        claimed_mark="HR-CN",
        laterality=Laterality.LEFT,
        study_instance_uids=(StudyInstanceUid("2.999.1"), StudyInstanceUid("2.999.20")),
    )
    order = replace(an_order(), details=details, modality="US", body_site="ABDOMEN")
    change(home, register_patient)
    for each in (order, an_order("ACC-2", number="MRN-2")):
        exam = change(home, lambda uow, o=each: service.register(uow, HERE, o)).exam
    draft = a_draft("words")
    change(home, lambda uow: reporting.add_report(uow, HERE, exam.id, draft))
    wanted = ExamFilter(facility=HERE, status=ExamStatus.COMPLETED, since=WHEN.at, until=WHEN.at)
    with home.read() as session:
        found = [store.find_by_accession(session, HERE, each) for each in ("ACC-2", "ACC-1")]
        mapped = [each[0] for each in found if each is not None]
        assert [store.find_seen(session, everything, each.id) for each in mapped] == mapped
        assert list(store.page_seen(session, everything, wanted, after=None, limit=9)) == mapped
        rest = store.page_seen(session, everything, wanted, after=mapped[0].id, limit=9)
        assert list(rest) == mapped[1:]
        of_us = replace(wanted, modalities=frozenset(("CT", "MR", "US")), patient_id=None)
        found_by_modality = store.page_seen(session, everything, of_us, after=None, limit=9)
        assert list(found_by_modality) == [each for each in mapped if each.order.modality == "US"]
        (report,) = store.reports_of(session, exam.id, after=0, limit=9)
        assert store.find_report(session, exam.id, 1) == report


def test_the_tables_of_exams_go_and_come_back(database: Database) -> None:
    def tables() -> set[str]:
        return set(inspect(database.engine).get_table_names())

    before = tables()
    downgrade(database, "0002")
    assert not {each for each in tables() if each.startswith("exam")}
    upgrade(database)
    assert tables() == before
