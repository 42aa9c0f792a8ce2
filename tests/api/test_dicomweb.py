"""STOW-RS and QIDO-RS as hospital systems use them, and who sees what was stored."""

import random
from typing import Any

from medshare.dicomweb.keys import key_names
from medshare.dicomweb.search_routes import SEARCHES
from medshare.imaging.attributes import BY_KEYWORD, Matching
from tests.dicom import SLICE, STUDIES, a_ct, multipart, store
from tests.site import Caller, Site, problem_of

MATCHING = [
    "PatientID=A-1",
    "00100020=A-1",
    "PatientName=WANG*",
    "PatientName=王*",
    "PatientName=*小?",
    "StudyDate=20260301",
    "StudyDate=20260301-",
    "StudyTime=0930",
    "StudyTime=0930-0930",
    "ModalitiesInStudy=MR,CT",
    "AccessionNumber=R?",
    "StudyInstanceUID=2.999.9.7,2.999.9.1",
    "StudyDescription=",
    "StudyDescription=CT*&PatientSex=M",
]
NOT_MATCHING = [
    "PatientID=a-1",
    "PatientName=李*",
    "StudyDate=20260201-20260228",
    "StudyDate=-20260228",
    "StudyTime=1000-",
    "ModalitiesInStudy=MR",
    "AccessionNumber=R[1]",
    "AccessionNumber=R_",
]
REFUSED = {
    "NoSuchThing=1": "attribute-not-supported",
    "Modality=CT": "attribute-not-supported",
    "StudyDate=yesterday": "range",
    "StudyDate=20260201-20260210-20260228": "range",
    "StudyDate=20260302-20260301": "range",
    "StudyInstanceUID=../../x": "uid",
    "limit=-1": "out-of-range",
    "limit=1&limit=2": "out-of-range",
    "offset=x": "out-of-range",
    "includefield=NoSuchThing": "attribute-unknown",
    "RequestAttributesSequence=1": "attribute-not-supported",
    "fuzzymatching=perhaps": "boolean",
    "orderby=PatientName": "order",
    "cursor=x": "cursor",
    "PatientID=1&PatientID=2": "repeated-parameter",
    "PatientID=A%00": "control-character",
    "ModalitiesInStudy=CT,%00": "control-character",
}
# A value of the one slice for each way of matching.
VALUES = {
    Matching.UID: "2.999.9.1",
    Matching.TEXT: "*",
    Matching.PATIENT_ID: "A-1",
    Matching.REQUESTS: "*",
    Matching.NAME: "*",
    Matching.DATE: "20260301-",
    Matching.TIME: "0930",
    Matching.NUMBER: "1",
    Matching.MODALITIES: "CT",
}


def element(tag: bytes, vr: bytes, value: bytes) -> bytes:
    """Return an element in explicit VR little endian."""
    return tag + vr + len(value).to_bytes(2, "little") + value


PATIENT_ID, ROWS, NUMBER = b"\x10\0\x20\0", b"\x28\0\x10\0", b"\x20\0\x13\0"
# More than an index page holds, and too irregular to be squeezed into one.
LONG = random.Random(7).randbytes(4500).hex().encode()
# What no writer of files should write and some do, each in place of a good element.
ODD = [
    (element(PATIENT_ID, b"LO", b"A-1 "), element(PATIENT_ID, b"LO", b"A\x001 ")),
    (element(PATIENT_ID, b"LO", b"A-1 "), element(PATIENT_ID, b"LO", LONG)),
    (element(ROWS, b"US", b"\x08\0"), element(ROWS, b"UL", b"\xff\xff\xff\xff")),
    (element(NUMBER, b"IS", b"1 "), element(NUMBER, b"IS", b"9" * 26)),
]


def failures(response: dict[str, Any]) -> list[int]:
    items = response.get("00081198", {}).get("Value", [])
    return [item["00081197"]["Value"][0] for item in items]


def study_uids(caller: Caller, query: str = "") -> list[str]:
    answer = caller.get(f"{STUDIES}?{query}")
    assert answer.status_code == 200, answer.text
    return [each["0020000D"]["Value"][0] for each in answer.get_json(force=True)]


class TestStore:
    def test_instances_are_stored_and_named(self, site: Site) -> None:
        response = store(site.facility_client(), a_ct(1), a_ct(2))

        stored = [item["00081155"]["Value"][0] for item in response["00081199"]["Value"]]
        assert stored == ["2.999.9.1.1.1", "2.999.9.1.1.2"]
        assert response["00081190"]["Value"] == [
            "https://medshare.test/dicom-web/studies/2.999.9.1"
        ]
        entry = site.last_entry()
        assert (entry.operation, entry.outcome) == ("dicomweb.store", "success")
        assert entry.counts == {"instances": 2, "refused": 0}
        assert [each.id for each in entry.objects] == ["2.999.9.1"]

    def test_the_same_bytes_again_get_the_same_answer(self, site: Site) -> None:
        pacs = site.facility_client()
        first = store(pacs, a_ct(1))

        assert store(pacs, a_ct(1)) == first
        assert len(pacs.get("/dicom-web/instances").get_json(force=True)) == 1

    def test_other_bytes_under_a_known_uid_are_kept_out(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))

        response = store(pacs, a_ct(1, StudyDescription="altered"), status=409)

        assert failures(response) == [0x0110]
        kept = pacs.get(f"{SLICE}/metadata").get_json(force=True)[0]
        assert kept["00081030"]["Value"] == ["CT chest"]
        assert site.entries(operation="dicomweb.store")[-1].outcome == "refused"

    def test_good_parts_are_stored_beside_bad_ones(self, site: Site) -> None:
        pacs = site.facility_client()

        response = store(pacs, a_ct(1), b"no DICOM at all", status=202)

        assert response["0008119A"]["Value"] == [{"00081197": {"vr": "US", "Value": [0xC000]}}]
        assert study_uids(pacs) == ["2.999.9.1"]
        assert site.entries(operation="dicomweb.store")[-1].outcome == "partial"

    def test_a_study_does_not_take_another_patients_slices(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))

        assert failures(store(pacs, a_ct(2, PatientID="A-2"), status=409)) == [0xA900]

    def test_another_facility_adds_nothing_to_a_study(self, site: Site) -> None:
        store(site.facility_client("SZ-A"), a_ct(1))

        assert failures(store(site.facility_client("SZ-B"), a_ct(2), status=409)) == [0x0110]

    def test_an_address_with_a_study_takes_only_that_study(self, site: Site) -> None:
        response = store(
            site.facility_client(), a_ct(1, study=2), status=409, path=f"{STUDIES}/2.999.9.1"
        )
        assert failures(response) == [0xA900]

    def test_a_value_that_no_column_holds_refuses_no_instance(self, site: Site) -> None:
        pacs = site.facility_client()
        for study, (good, odd) in enumerate(ODD, start=1):
            plain = a_ct(1, study=study)
            assert good in plain
            answer = pacs.post(STUDIES, **multipart(plain.replace(good, odd)))
            assert answer.status_code in (200, 202), answer.text
            uid = f"2.999.9.{study}"
            assert study_uids(pacs, f"StudyInstanceUID={uid}") == [uid]

    def test_what_is_stored_with_a_warning_is_202_each_time(self, site: Site) -> None:
        pacs = site.facility_client()
        remarked = a_ct(1)[128:]  # no preamble

        first = store(pacs, remarked, status=202)
        again = store(pacs, remarked, status=202)
        mixed = store(pacs, a_ct(2), remarked, status=202)

        assert first == again
        assert first["00081199"]["Value"][0]["00081196"]["Value"] == [0xB007]
        assert "00081196" not in mixed["00081199"]["Value"][0]

    def test_a_single_file_may_be_the_body(self, site: Site) -> None:
        answer = site.facility_client().post(
            STUDIES, data=a_ct(1), content_type="application/dicom"
        )
        assert answer.status_code == 200

    def test_a_cut_upload_stores_nothing(self, site: Site) -> None:
        pacs = site.facility_client()
        body = multipart(a_ct(1), a_ct(2))
        body["data"] = body["data"][:-20]

        answer = pacs.post(STUDIES, **body)

        assert answer.status_code == 400
        assert problem_of(answer)["type"].endswith("truncated-upload")
        assert study_uids(pacs) == []

    def test_another_media_type_is_415(self, site: Site) -> None:
        pacs = site.facility_client()
        for content_type in ("application/json", "multipart/form-data; boundary=b"):
            answer = pacs.post(STUDIES, data=b"{}", content_type=content_type)
            assert answer.status_code == 415, content_type

    def test_a_client_without_the_scope_is_refused(self, site: Site) -> None:
        reader = site.facility_client(scope="system/ImagingStudy.rs")
        assert reader.post(STUDIES, **multipart(a_ct(1))).status_code == 403
        assert site.last_entry().outcome == "denied"


class TestSearch:
    def test_the_newest_study_comes_first_with_the_required_attributes(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1, study=1), a_ct(2, study=1), a_ct(1, study=2))

        found = pacs.get(STUDIES).get_json(force=True)

        assert [each["0020000D"]["Value"][0] for each in found] == ["2.999.9.2", "2.999.9.1"]
        assert found[1]["00201208"] == {"vr": "IS", "Value": [2]}
        assert found[1]["00080061"] == {"vr": "CS", "Value": ["CT"]}
        assert found[1]["00080090"] == {"vr": "PN"}
        assert list(found[1]) == sorted(found[1])

    def test_keys_match_as_the_standard_says(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))
        for query in MATCHING:
            assert study_uids(pacs, query) == ["2.999.9.1"], query
        for query in NOT_MATCHING:
            assert study_uids(pacs, query) == [], query

    def test_a_search_never_widens_silently(self, site: Site) -> None:
        pacs = site.facility_client()
        for query, code in REFUSED.items():
            answer = pacs.get(f"{STUDIES}?{query}")
            assert answer.status_code == 400, query
            assert problem_of(answer)["errors"][0]["code"] == code, query

    def test_every_key_is_matched_at_every_level_below_its_own(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))
        for rule, level in SEARCHES.values():
            address = rule.replace("<study>", "2.999.9.1").replace("<series>", "2.999.9.1.1")
            for name in key_names(level):
                matching = BY_KEYWORD[name.partition(".")[0]].matching
                answer = pacs.get(f"{address}?{name}={VALUES[matching]}")
                assert answer.status_code == 200, (rule, name)

    def test_a_series_is_found_by_another_modality_of_its_study(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1), a_ct(2, Modality="SR", SeriesInstanceUID="2.999.9.1.2"))

        found = pacs.get("/dicom-web/series?ModalitiesInStudy=SR").get_json(force=True)

        assert {each["00080060"]["Value"][0] for each in found} == {"CT", "SR"}

    def test_a_number_beyond_an_integer_string_is_refused(self, site: Site) -> None:
        answer = site.facility_client().get("/dicom-web/instances?Rows=999999999999")
        assert answer.status_code == 400
        fault = problem_of(answer)["errors"][0]
        assert (fault["pointer"], fault["code"]) == ("/Rows", "integer")

    def test_a_limit_says_what_remains(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, *(a_ct(1, study=number) for number in range(1, 5)))

        answer = pacs.get(f"{STUDIES}?limit=2&offset=1&includefield=00101010")

        assert len(answer.get_json(force=True)) == 2
        warnings = answer.headers.getlist("Warning")
        assert "not included: 00101010" in warnings[0]
        assert "There are 1 additional results" in warnings[1]

    def test_every_level_is_searched(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1), a_ct(2))
        for path, count in {
            "/dicom-web/series": 1,
            "/dicom-web/instances": 2,
            f"{STUDIES}/2.999.9.1/series": 1,
            f"{STUDIES}/2.999.9.1/instances?InstanceNumber=2": 1,
            f"{STUDIES}/2.999.9.1/series/2.999.9.1.1/instances": 2,
            f"{STUDIES}/2.999.9.1/series/2.999.9.1.9/instances": 0,
        }.items():
            found = pacs.get(path).get_json(force=True)
            assert len(found) == count, path
        assert "00100010" in pacs.get("/dicom-web/instances").get_json(force=True)[0]

    def test_only_json_is_offered(self, site: Site) -> None:
        pacs = site.facility_client()
        assert pacs.get(STUDIES, headers={"Accept": "text/html"}).status_code == 406
        assert pacs.get(STUDIES, headers={"Accept": "application/json"}).status_code == 200


class TestSight:
    """Whose studies a caller sees."""

    def test_another_facilitys_study_looks_like_none(self, site: Site) -> None:
        store(site.facility_client("SZ-A"), a_ct(1))
        other = site.facility_client("SZ-B").acting()

        assert study_uids(other) == []
        known = other.get(f"{STUDIES}/2.999.9.1")
        unknown = other.get(f"{STUDIES}/2.999.9.8")
        assert known.status_code == unknown.status_code == 404
        assert problem_of(known)["detail"] == problem_of(unknown)["detail"]

    def test_nobody_and_administrators_see_no_images(self, site: Site) -> None:
        store(site.facility_client("SZ-A"), a_ct(1))
        assert site.anonymous().get(STUDIES).status_code == 401
        assert site.administrator().get(STUDIES).status_code == 403


def test_what_cannot_be_read_any_more_is_a_refusal_not_a_broken_answer(site: Site) -> None:
    pacs = site.facility_client()
    assert pacs.post("/dicom-web/studies", **multipart(a_ct(1))).status_code == 200
    blobs = site.application.house.blobs
    blobs.delete([key for key, _put_at in blobs.keys("dicom")])
    for path in ("", "/series/2.999.9.1.1/instances/2.999.9.1.1.1/frames/1"):
        answer = pacs.get(f"/dicom-web/studies/2.999.9.1{path}")
        assert answer.status_code >= 400
        assert answer.content_type == "application/problem+json"
