"""QIDO-RS beyond the basics: checklist section 4, names in any script, pages, persons."""

from typing import Any

from pydicom import Dataset

from tests.api.test_dicomweb import study_uids
from tests.dicom import STUDIES, a_ct, store
from tests.registrations import a_body, an_identity_number
from tests.site import Caller, Site, problem_of

PEOPLE = {1: "Wang^XiaoMing=王^小明", 2: "Müller^José", 3: "吕布", 4: "Zhang^Wei=张^伟"}
NAMES = {
    "wang*": {1},
    "*MING": {1},
    "王*": {1},
    "*明*": {1},
    "wangxiaoming": {1},
    "Wang Xiaoming": {1},
    "wxm": {1},
    "muller^jose": {2},
    "MÜLLER*": {2},
    "lvbu": {3},
    "吕*": {3},
    "*布": {3},
    "=王*": {1},
    "wang*=张*": set(),
    "zhang*=张*": {4},
    "wang": set(),
    "[wW]ang*": set(),
    "100%": set(),
}
LIKE = {
    "wang xiaomin": {1},
    "汪小明": {1},
    "Muler^Jose": {2},
    "zhangwie": {4},
    "liubei": set(),
    "zhang": {4},
}


def requested(step: str, procedure: str) -> Dataset:
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = step, procedure
    return item


def found(caller: Caller, path: str) -> list[dict[str, Any]]:
    answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json(force=True))


def numbers(uids: list[str]) -> set[int]:
    return {int(each.rpartition(".")[2]) for each in uids}


def test_names_are_found_in_every_group_and_spelling(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, *(a_ct(1, study=study, PatientName=name) for study, name in PEOPLE.items()))
    for name, studies in NAMES.items():
        answer = pacs.get(STUDIES, query_string={"PatientName": name})
        got = [each["0020000D"]["Value"][0] for each in answer.get_json(force=True)]
        assert numbers(got) == studies, name
    for name, studies in LIKE.items():
        query = {"PatientName": name, "fuzzymatching": "true"}
        answer = pacs.get(STUDIES, query_string=query)
        got = [each["0020000D"]["Value"][0] for each in answer.get_json(force=True)]
        assert numbers(got) == studies, name


def test_all_keys_of_a_sequence_must_hold_of_one_item(site: Site) -> None:
    pacs = site.facility_client()
    items = [requested("S1", "P1"), requested("S2", "P2")]
    store(pacs, a_ct(1, RequestAttributesSequence=items))
    for query, count in {
        "RequestAttributesSequence.ScheduledProcedureStepID=S2": 1,
        "00400275.00401001=P1": 1,
        "00400275.00400009=S*&00400275.00401001=P2": 1,
        "00400275.00400009=S1&00400275.00401001=P2": 0,
    }.items():
        assert len(found(pacs, f"/dicom-web/series?{query}")) == count, query
    shown = found(pacs, "/dicom-web/series")[0]["00400275"]["Value"]
    assert [each["00400009"]["Value"] for each in shown] == [["S1"], ["S2"]]


def test_dates_and_times_with_ranges_are_one_range_of_instants(site: Site) -> None:
    pacs = site.facility_client()
    for study, time in {1: "220000", 2: "100000", 3: "020000"}.items():
        store(pacs, a_ct(1, study=study, StudyTime=time))
    night = "StudyDate=20260301-20260303&StudyTime=2100-0300"
    assert numbers(study_uids(pacs, night)) == {1, 2, 3}
    assert numbers(study_uids(pacs, "StudyDate=20260301-20260302&StudyTime=2300-0900")) == set()
    days = "StudyDate=20260301-20260303"
    assert numbers(study_uids(pacs, f"{days}&StudyTime=02")) == {3}
    assert numbers(study_uids(pacs, f"{days}&StudyTime=1200-1200")) == {1, 2, 3}
    assert numbers(study_uids(pacs, f"{days}&StudyTime=1200")) == set()


def test_empty_and_several_values_are_matched_where_asked_for(site: Site) -> None:
    pacs = site.facility_client()
    store(
        pacs, a_ct(1), a_ct(1, study=2, StudyDescription=""), a_ct(1, study=3, AccessionNumber="")
    )
    empty = "emptyvaluematching=true"
    assert numbers(study_uids(pacs, f'StudyDescription=""&{empty}')) == {2}
    assert numbers(study_uids(pacs, f'ReferringPhysicianName=""&{empty}')) == {1, 2, 3}
    assert numbers(study_uids(pacs, 'StudyDescription=""')) == set()
    several = "multiplevaluematching=true"
    assert numbers(study_uids(pacs, f"AccessionNumber=R1\\R2&{several}")) == {1, 2}
    assert numbers(study_uids(pacs, "AccessionNumber=R1\\R2")) == set()


def test_pages_by_cursor_show_each_match_once_while_studies_arrive(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, *(a_ct(1, study=study) for study in (2, 4, 6, 8)))
    first = pacs.get(f"{STUDIES}?limit=2&total=true")
    assert first.headers["X-Total-Count"] == "4"
    assert "There are 2 additional results" in first.headers["Warning"]
    store(pacs, a_ct(1, study=9))

    link = first.headers["Link"].partition(">")[0].removeprefix("<https://medshare.test")
    second = pacs.get(link)

    pages = [each.get_json(force=True) for each in (first, second)]
    uids = [each["0020000D"]["Value"][0] for page in pages for each in page]
    assert uids == [f"2.999.9.{study}" for study in (8, 6, 4, 2)]
    assert "Link" not in second.headers
    assert study_uids(pacs, "orderby=StudyDate&limit=1") == ["2.999.9.2"]


def test_instances_are_paged_by_cursor_across_series(site: Site) -> None:
    pacs = site.facility_client()
    other = {"SeriesInstanceUID": "2.999.9.1.2", "SeriesNumber": None}
    store(pacs, *(a_ct(n) for n in (1, 2, 3)), *(a_ct(n, **other) for n in (4, 5)))
    path, seen = "/dicom-web/instances?limit=2", []
    while path:
        answer = pacs.get(path)
        seen += [each["00200013"]["Value"][0] for each in answer.get_json(force=True)]
        link = answer.headers.get("Link", "").partition(">")[0]
        path = link.removeprefix("<https://medshare.test")
    assert seen == [1, 2, 3, 4, 5]


def test_levels_that_the_address_does_not_name_come_back_too(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    for path, patient, modality in (
        ("/dicom-web/instances", True, True),
        (f"{STUDIES}/2.999.9.1/instances", False, True),
        (f"{STUDIES}/2.999.9.1/series/2.999.9.1.1/instances", False, False),
        (f"{STUDIES}/2.999.9.1/series", False, True),
    ):
        match = found(pacs, path)[0]
        assert ("00100020" in match, "00080060" in match) == (patient, modality), path
    asked = found(pacs, f"{STUDIES}/2.999.9.1/series?includefield=PatientID,StudyDescription")[0]
    assert (asked["00100020"]["Value"], asked["00081030"]["Value"]) == (["A-1"], ["CT chest"])


def test_a_search_that_finds_the_same_is_not_sent_again(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    tag = pacs.get(STUDIES).headers["ETag"]
    assert pacs.get(STUDIES, headers={"If-None-Match": tag}).status_code == 304
    store(pacs, a_ct(2))
    assert pacs.get(STUDIES, headers={"If-None-Match": tag}).status_code == 200


def test_a_persons_studies_of_every_facility_are_found_by_any_of_their_numbers(site: Site) -> None:
    number = an_identity_number()
    callers = {code: site.facility_client(code) for code in ("SZ-A", "SZ-B")}
    registered = [
        caller.post("/api/v1/patients", a_body(code, f"M-{code}", number)).get_json()
        for code, caller in callers.items()
    ]
    for study, (code, caller) in enumerate(callers.items(), start=1):
        store(caller, a_ct(1, study=study, PatientID=f"M-{code}"))
    site.deliver()
    asker = callers["SZ-B"].acting()
    patient = registered[0]["patientId"]
    assert study_uids(asker, "PatientID=M-SZ-B") == ["2.999.9.2"]  # not in care yet
    encounter = {"kind": "encounter", "number": "E1", "startedAt": "2026-11-20T01:00:00Z"}
    person = {"patient": {"system": "urn:oid:2.999.2.1", "value": "M-SZ-B"}}
    assert asker.post("/api/v1/encounters", encounter | person).status_code == 201

    for number_of in ("M-SZ-A", "M-SZ-B"):
        assert numbers(study_uids(asker, f"PatientID={number_of}")) == {1, 2}
    studies = found(asker, f"/dicom-web/patients/{patient}/studies")
    assert numbers([each["0020000D"]["Value"][0] for each in studies]) == {1, 2}
    assert {each.patient_id for each in site.last_entry().subjects} == {patient}
    assert found(asker, "/dicom-web/patients/nobody/studies") == []
    assert site.anonymous().get(f"/dicom-web/patients/{patient}/studies").status_code == 401
    refused = asker.get(f"/dicom-web/patients/{patient}/studies?Nonsense=1")
    assert problem_of(refused)["errors"][0]["code"] == "attribute-not-supported"
