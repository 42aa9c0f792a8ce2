"""Metadata of studies: checklist sections 1, 5 and 7 as hospital systems see them."""

import gzip
import json
from typing import Any

from tests.dicom import SLICE, STUDIES, a_ct, store
from tests.site import Caller, Site

STUDY = f"{STUDIES}/2.999.9.1"
GZIP = {"Accept-Encoding": "gzip"}
HOST = "https://medshare.test"


def metadata(caller: Caller, path: str = STUDY, **headers: str) -> list[dict[str, Any]]:
    answer = caller.get(f"{path}/metadata", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    coded = answer.headers.get("Content-Encoding") == "gzip"
    return list(json.loads(gzip.decompress(answer.data) if coded else answer.data))


def numbers(datasets: list[dict[str, Any]]) -> set[int]:
    return {each["00200013"]["Value"][0] for each in datasets}


def test_metadata_are_those_of_every_request_that_stored(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1), a_ct(2))
    store(pacs, a_ct(3))
    store(pacs, a_ct(4, SeriesInstanceUID="2.999.9.1.2"))

    plain = metadata(pacs)

    assert numbers(plain) == {1, 2, 3, 4}
    assert metadata(pacs, **GZIP) == plain
    assert numbers(metadata(pacs, f"{STUDY}/series/2.999.9.1.2")) == {4}
    assert metadata(pacs, SLICE) == [each for each in plain if each["00200013"]["Value"] == [1]]
    assert plain[0]["00083002"] == {"vr": "UI", "Value": ["1.2.840.10008.1.2.1"]}
    assert all(list(each) == sorted(each) for each in plain)


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    for path in (STUDY, SLICE):
        first = pacs.get(f"{path}/metadata", headers=GZIP)
        tag = first.headers["ETag"]

        again = pacs.get(f"{path}/metadata", headers=GZIP | {"If-None-Match": f'"x", {tag}'})

        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert pacs.get(f"{path}/metadata").headers["ETag"] != tag  # the coding makes another
    entry = site.last_entry()
    assert (entry.operation, entry.outcome) == ("dicomweb.retrieve-study-metadata", "success")

    store(pacs, a_ct(2))
    changed = pacs.get(f"{STUDY}/metadata", headers=GZIP | {"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_bulk_data_are_found_at_whatever_address_the_caller_uses(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    store(pacs, a_ct(2))
    own = pacs.get(f"{STUDY}/metadata", headers=GZIP)

    def ask(**headers: str) -> Any:
        return pacs.http.get(
            f"{STUDY}/metadata", headers=pacs.headers | headers, base_url="https://other.test"
        )

    expected = gzip.decompress(own.data).replace(HOST.encode(), b"https://other.test")
    assert b'"BulkDataURI":"https://other.test/dicom-web/studies/2.999.9.1/series/' in expected
    for _ in range(2):  # the first time they are written, the second they are known
        assert gzip.decompress(ask(**GZIP).data) == ask().data == expected
    store(pacs, a_ct(3))
    assert numbers(ask().get_json(force=True)) == {1, 2, 3}

    tag = ask(**GZIP).headers["ETag"]
    assert tag != pacs.get(f"{STUDY}/metadata", headers=GZIP).headers["ETag"]
    assert ask(**GZIP, **{"If-None-Match": tag}).status_code == 304


def test_metadata_of_what_was_retracted_are_gone(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1), a_ct(2))
    gone = pacs.delete(f"{SLICE}?reason=quality")
    assert gone.status_code == 204, gone.text
    assert numbers(metadata(pacs, **GZIP)) == {2}

    store(pacs, a_ct(3))

    assert numbers(metadata(pacs)) == {2, 3}


def test_another_facilitys_metadata_look_like_none(site: Site) -> None:
    store(site.facility_client("SZ-A"), a_ct(1))
    assert site.facility_client("SZ-B").acting().get(f"{STUDY}/metadata").status_code == 404
    assert site.last_entry().outcome == "missing"


def test_no_cache_on_the_way_keeps_what_tells_of_patients(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    for path in ("", "/2.999.9.1/metadata"):
        first = pacs.get(f"/dicom-web/studies{path}")
        again = pacs.get(
            f"/dicom-web/studies{path}", headers={"If-None-Match": first.headers["ETag"]}
        )
        assert [first.status_code, again.status_code] == [200, 304]
        assert {first.headers["Cache-Control"], again.headers["Cache-Control"]} == {"no-store"}
