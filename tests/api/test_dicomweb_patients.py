"""Patients across facilities: who has studies, whose number is whose (beyond PS3.18)."""

from typing import Any

import pytest
from pydicom import Dataset

from medshare.imaging import people
from tests.dicom import STUDIES, a_ct, store
from tests.exams import register, take_into_care
from tests.site import Caller, Site, problem_of

PATIENTS = "/dicom-web/patients"
NAME, NUMBER, ISSUER, QUALIFIERS, OTHERS = (
    "00100010",
    "00100020",
    "00100021",
    "00100024",
    "00101002",
)


def value(dataset: dict[str, Any], tag: str) -> Any:
    return dataset[tag]["Value"][0]


def authority(dataset: dict[str, Any]) -> tuple[str, str]:
    (item,) = dataset[QUALIFIERS]["Value"]
    return value(item, "00400032"), value(item, "00400033")


def others(dataset: dict[str, Any]) -> list[tuple[str, str]]:
    return [(value(each, NUMBER), authority(each)[0]) for each in dataset[OTHERS].get("Value", [])]


def found(caller: Caller, path: str, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json(force=True))


@pytest.fixture
def hospitals(site: Site) -> tuple[Caller, Caller]:
    """Two hospitals of one person, who is in the care of the second, with a study at either."""
    one, other = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting()
    register(one, "A-1", "SZ-A")
    register(other, "B-7", "SZ-B")
    store(one, a_ct(1, study=1, PatientID="A-1", IssuerOfPatientID="HIS A"))
    store(one, a_ct(1, study=2, PatientID="A-2", PatientName="Li^Si"))
    store(other, a_ct(1, study=3, PatientID="B-7"))
    site.deliver()
    take_into_care(other, "B-7", "SZ-B")
    return one, other


def test_a_person_is_one_match_with_the_askers_own_number(
    site: Site, hospitals: tuple[Caller, Caller]
) -> None:
    one, other = hospitals

    (seen,) = found(other, PATIENTS, "PatientID=A-1")
    (own,) = found(one, PATIENTS, "PatientID=A-1")

    # The newest study of the person is the second hospital's.
    assert (value(seen, NUMBER), authority(seen)) == ("B-7", ("2.999.2.1", "ISO"))
    assert others(seen) == []
    assert (value(own, NUMBER), authority(own)) == ("A-1", ("2.999.1.1", "ISO"))
    assert others(own) == []
    assert value(seen, NAME)["Ideographic"] == "王^小明"
    url = value(seen, "00081190").removeprefix("https://medshare.test")
    assert len(found(other, url)) == 2
    (entry, *_) = site.entries(operation="dicomweb.search-patients")
    assert (entry.counts, len(entry.subjects)) == ({"matches": 1}, 1)


def test_own_studies_and_those_of_others_in_care_are_counted_once(
    hospitals: tuple[Caller, Caller],
) -> None:
    _one, other = hospitals
    first, last = (other.get(f"{STUDIES}?limit=1&offset={n}&total=true") for n in (0, 1))
    assert [each.headers["X-Total-Count"] for each in (first, last)] == ["2", "2"]
    assert "There are 1 additional results" in first.headers["Warning"]
    assert "Warning" not in last.headers


def test_the_studies_of_a_person_say_whose_number_is_whose(
    hospitals: tuple[Caller, Caller],
) -> None:
    _one, other = hospitals
    (person,) = found(other, PATIENTS, "PatientID=B-7")
    url = value(person, "00081190").removeprefix("https://medshare.test")

    studies = {value(each, NUMBER): each for each in found(other, url)}

    assert set(studies) == {"A-1", "B-7"}
    assert authority(studies["A-1"]) == ("2.999.1.1", "ISO")
    assert value(studies["A-1"], ISSUER) == "HIS A"
    assert others(studies["A-1"]) == [("B-7", "2.999.2.1")]
    assert others(studies["B-7"]) == []


def test_a_search_of_studies_says_so_where_it_is_asked(hospitals: tuple[Caller, Caller]) -> None:
    _one, other = hospitals
    fields = "includefield=OtherPatientIDsSequence,00100024"

    plain = found(other, STUDIES, "StudyInstanceUID=2.999.9.1")[0]
    asked = found(other, STUDIES, f"StudyInstanceUID=2.999.9.1&{fields}")[0]
    series = found(other, "/dicom-web/series", f"StudyInstanceUID=2.999.9.1&{fields}")[0]

    assert QUALIFIERS not in plain
    assert OTHERS not in plain
    for each in (asked, series):
        assert others(each) == [("B-7", "2.999.2.1")]
        assert authority(each) == ("2.999.1.1", "ISO")


@pytest.mark.parametrize("path", ["2.999.9.1", "2.999.9.1/series/2.999.9.1.1"])
def test_metadata_say_so_where_they_are_asked(hospitals: tuple[Caller, Caller], path: str) -> None:
    _one, other = hospitals
    address = f"{STUDIES}/{path}/metadata"

    (plain,) = found(other, address)
    (asked,) = found(other, address, "includefield=OtherPatientIDsSequence&includefield=00100024")
    (qualified,) = found(other, address, "includefield=IssuerOfPatientIDQualifiersSequence")

    assert OTHERS not in plain
    assert (others(asked), authority(asked)) == ([("B-7", "2.999.2.1")], ("2.999.1.1", "ISO"))
    assert {**asked, **plain} == asked
    assert list(asked) == sorted(asked)
    assert OTHERS not in qualified


def test_the_numbers_that_the_sender_wrote_stay(site: Site) -> None:
    pacs = site.facility_client()
    register(pacs, "A-1", "SZ-A")
    elsewhere = Dataset()
    elsewhere.PatientID, elsewhere.TypeOfPatientID = "X-9", "TEXT"
    store(pacs, a_ct(1, PatientID="A-0", OtherPatientIDsSequence=[elsewhere]))

    (asked,) = found(pacs, f"{STUDIES}/2.999.9.1/metadata", "includefield=OtherPatientIDsSequence")

    assert [value(each, NUMBER) for each in asked[OTHERS]["Value"]] == ["X-9"]


def test_a_patient_is_found_only_where_a_study_may_be_seen(
    site: Site, hospitals: tuple[Caller, Caller]
) -> None:
    third = site.facility_client("SZ-C").acting()

    assert found(third, PATIENTS, "PatientID=A-1") == []
    assert found(hospitals[1], PATIENTS, "PatientName=Li*") == []
    assert [value(each, NUMBER) for each in found(hospitals[0], PATIENTS, "PatientName=Li*")] == [
        "A-2"
    ]


def test_who_is_not_registered_is_their_number_at_the_facility(
    hospitals: tuple[Caller, Caller],
) -> None:
    one, _other = hospitals
    store(one, a_ct(1, study=4, PatientID="A-2", PatientName="Li^Si"))

    (unknown,) = found(one, PATIENTS, "PatientID=A-2")

    assert authority(unknown) == ("2.999.1.1", "ISO")
    assert unknown["00081190"] == {"vr": "UR"}


def test_pages_go_through_persons_once(hospitals: tuple[Caller, Caller]) -> None:
    one, _other = hospitals
    for study in range(10, 15):
        store(one, a_ct(1, study=study, PatientID=f"N-{study}"))
        store(one, a_ct(1, study=study + 10, PatientID=f"N-{study}"))
    seen: list[str] = []
    query = "PatientBirthDate=19620517&limit=2&total=true"
    answer = one.get(f"{PATIENTS}?{query}")
    assert answer.headers["X-Total-Count"] == "7"
    assert "5 additional results" in answer.headers["Warning"]
    while True:
        seen += [value(each, NUMBER) for each in answer.get_json(force=True)]
        if "Link" not in answer.headers:
            break
        address = answer.headers["Link"].partition(">")[0].strip("<")
        answer = one.get(address.removeprefix("https://medshare.test"))
    assert sorted(seen) == ["A-1", "A-2", *(f"N-{study}" for study in range(10, 15))]
    assert found(one, PATIENTS, f"{query}&offset=6")[0][NUMBER] == {"vr": "LO", "Value": [seen[6]]}
    oldest = found(one, PATIENTS, "PatientBirthDate=19620517&orderby=StudyDate")
    assert [value(each, NUMBER) for each in oldest] == seen[::-1]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "patient-key-required"),
        ("PatientName=*", "patient-key-required"),
        ("PatientSex=M", "patient-key-required"),
        ("PatientID=A-1&StudyDate=20260301", "attribute-not-supported"),
        ("PatientID=A-1&Nonsense=1", "attribute-not-supported"),
    ],
)
def test_a_search_names_a_patient_and_nothing_below(
    site: Site, hospitals: tuple[Caller, Caller], query: str, code: str
) -> None:
    answer = hospitals[0].get(f"{PATIENTS}?{query}")

    assert answer.status_code == 400
    assert problem_of(answer)["errors"][0]["code"] == code


def test_a_search_that_finds_half_the_city_is_refused(
    hospitals: tuple[Caller, Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _other = hospitals
    monkeypatch.setattr(people, "STUDIES_MAX", 1)

    assert len(found(one, PATIENTS, "PatientName=Li*")) == 1
    answer = one.get(f"{PATIENTS}?PatientBirthDate=19620517")

    assert answer.status_code == 400
    assert problem_of(answer)["errors"][0]["code"] == "too-broad"


def test_names_are_found_as_in_any_search(hospitals: tuple[Caller, Caller]) -> None:
    one, _other = hospitals

    assert len(found(one, PATIENTS, "PatientName=wangxiaoming")) == 1
    assert len(found(one, PATIENTS, "PatientName=Wang Xiaomin&fuzzymatching=true")) == 1
    assert one.get(f"{PATIENTS}?PatientID=nobody", headers={"Accept": "*/*"}).get_json() == []
