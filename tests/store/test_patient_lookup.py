"""Finding somebody by few words."""

from typing import Any

import pytest

from medshare.infra.db import Database
from medshare.kernel.identifiers import PatientId
from medshare.patients.lookup import service
from medshare.patients.lookup.words import read_words
from medshare.patients.model import HumanName
from medshare.patients.service import replace_record
from medshare.patients.sight import everything
from tests.patient_index import ONLY_A, WANG, A, ask, change, index, register
from tests.registrations import a_registration

__all__ = ["index"]


def find(database: Database, typed: str, sight: Any = everything) -> list[PatientId]:
    found = ask(database, lambda uow: service.find(uow, read_words(typed), sight, limit=50))
    return [each.patient_id for each in found]


@pytest.mark.parametrize(
    "typed", ["王小", "王小明", "wangx", "Wang Xiaoming", "wxm", "M1", WANG, "138 0000-0009"]
)
def test_somebody_is_found_by_part_of_the_name_and_by_whole_numbers(
    index: Database, typed: str
) -> None:
    wang = register(index, a_registration(number=WANG, phone="13800000009"))
    register(index, a_registration(mrn="M2", name=HumanName("赵雨晴")))
    assert find(index, typed) == [wang.record.patient_id]


@pytest.mark.parametrize("typed", ["小明", "angxiao", "wangz", "13800000008", "M10"])
def test_the_middle_of_a_name_and_another_number_find_nobody(index: Database, typed: str) -> None:
    register(index, a_registration(number=WANG, phone="13800000009"))
    assert find(index, typed) == []


def test_a_record_is_found_by_the_name_that_it_has_now(index: Database) -> None:
    done = register(index, a_registration())
    renamed, record = a_registration(name=HumanName("赵雨晴")), done.record
    change(index, lambda uow: replace_record(uow, A, record.record_id, renamed, 1))
    assert find(index, "王小明") == []
    assert find(index, "zyq") == [done.record.patient_id]


def test_nobody_is_found_by_a_record_that_may_not_be_seen(index: Database) -> None:
    register(index, a_registration("SZ-B", number=WANG))
    own = register(index, a_registration("SZ-A", number=WANG, name=HumanName("王晓明")))

    assert find(index, "王小明", ONLY_A) == []
    assert find(index, "王晓明", ONLY_A) == [own.record.patient_id]
