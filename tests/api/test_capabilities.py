"""Retrieve Capabilities (PS3.18 section 8.9, Annex H) and who may call from a browser (CORS)."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace

import pytest

from medshare.dicomweb.capabilities import NAMESPACE
from medshare.settings import SettingError, Settings
from medshare.web.cross_origin import read_origins
from medshare.web.endpoint import operations
from tests.dicom import SLICE, STUDIES, a_ct, store
from tests.site import Caller, Site

ROOT = "/dicom-web/"
IN = f"{{{NAMESPACE}}}"
VIEWER = "https://viewer.example"


def described(site: Site) -> ET.Element:
    answer = Caller(site).call("OPTIONS", ROOT)
    assert answer.status_code == 200
    assert answer.content_type == "application/vnd.sun.wadl+xml"
    return ET.fromstring(answer.data)


def test_every_route_is_described_where_it_stands(site: Site) -> None:
    found = set()

    def walk(resource: ET.Element, path: str) -> None:
        for each in resource:
            if each.tag == f"{IN}resource":
                walk(each, f"{path}{each.attrib['path']}/")
            elif each.tag == f"{IN}method":
                found.add((path.rstrip("/"), each.attrib["name"], each.attrib["id"]))

    (resources,) = described(site)
    assert resources.attrib["base"] == "https://medshare.test/dicom-web/"
    walk(resources, ROOT)

    assert {(method, f"dicomweb.{name}") for _path, method, name in found} == {
        (method, operation.name)
        for _rule, method, operation in operations(site.application.flask)
        if operation.name.startswith("dicomweb.") and method != "OPTIONS"
    }
    instance = f"{STUDIES}/{{study}}/series/{{series}}/instances/{{instance}}"
    assert (instance, "GET", "retrieve-instance") in found
    assert (f"{instance}/bulkdata/{{path}}", "GET", "retrieve-bulk-data") in found


def test_a_search_names_its_keys_and_a_store_what_it_takes(site: Site) -> None:
    methods = {each.attrib["id"]: each for each in described(site).iter(f"{IN}method")}

    keys = {each.attrib["name"] for each in methods["search-studies"].iter(f"{IN}param")}
    assert {"limit", "offset", "fuzzymatching", "includefield", "PatientID", "Accept"} <= keys
    assert "SeriesInstanceUID" not in keys
    taken = methods["store"].find(f"{IN}request")
    assert taken is not None
    assert 'multipart/related; type="application/dicom"' in {
        each.attrib["mediaType"] for each in taken.iter(f"{IN}representation")
    }
    statuses = {each.attrib["status"] for each in methods["store"].iter(f"{IN}response")}
    assert statuses == {"200", "202", "409"}


def test_another_description_is_not_acceptable(site: Site) -> None:
    answer = Caller(site).call("OPTIONS", ROOT, headers={"Accept": "text/html"})
    assert answer.status_code == 406


def test_head_is_answered_wherever_get_is(site: Site) -> None:
    for rule in site.application.flask.url_map.iter_rules():
        methods = rule.methods or set()
        assert ("GET" in methods) == ("HEAD" in methods), rule.rule
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    for path in (STUDIES, SLICE, f"{SLICE}/metadata", f"{SLICE}/frames/1", f"{SLICE}/rendered"):
        full, head = pacs.get(path), pacs.call("HEAD", path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.mimetype == full.mimetype
        assert head.headers.get("ETag") == full.headers.get("ETag")


class TestOtherOrigins:
    @pytest.fixture
    def open_site(self, settings: Settings) -> Iterator[Site]:
        opened = Site(replace(settings, cross_origins=f"{VIEWER}, http://localhost:3000"))
        yield opened
        opened.close()

    def preflight(self, caller: Caller, path: str, origin: str = VIEWER) -> dict[str, str]:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = caller.call("OPTIONS", path, headers=headers)
        is_granted = "Access-Control-Allow-Origin" in answer.headers
        assert answer.status_code == (204 if is_granted else 405)
        return {name: each for name, each in answer.headers.items() if name.startswith("Acc")}

    def test_nobody_may_by_default(self, site: Site) -> None:
        assert self.preflight(Caller(site), STUDIES) == {}
        answer = site.facility_client().get(STUDIES, headers={"Origin": VIEWER})
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_named_origin_may_ask_without_credentials_and_leaves_no_entry(
        self, open_site: Site
    ) -> None:
        before = len(open_site.entries())

        granted = self.preflight(Caller(open_site), SLICE)

        assert granted["Access-Control-Allow-Origin"] == VIEWER
        assert "Authorization" in granted["Access-Control-Allow-Headers"]
        assert "X-Acting-User" in granted["Access-Control-Allow-Headers"]
        assert {"GET", "POST", "DELETE"} <= set(granted["Access-Control-Allow-Methods"].split(", "))
        assert "Access-Control-Allow-Credentials" not in granted
        assert len(open_site.entries()) == before

    def test_the_page_reads_what_clients_need(self, open_site: Site) -> None:
        answer = open_site.facility_client().get(STUDIES, headers={"Origin": VIEWER})

        assert answer.headers["Access-Control-Allow-Origin"] == VIEWER
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"ETag", "Warning", "Content-Location", "X-Total-Count", "Link"} <= set(exposed)
        assert "Origin" in answer.headers["Vary"]

    def test_a_refusal_can_be_read_too(self, open_site: Site) -> None:
        answer = Caller(open_site).get(STUDIES, headers={"Origin": VIEWER})
        assert answer.status_code == 401
        assert answer.headers["Access-Control-Allow-Origin"] == VIEWER

    def test_other_origins_and_other_doors_stay_closed(self, open_site: Site) -> None:
        assert self.preflight(Caller(open_site), STUDIES, "https://viewer.example.evil") == {}
        assert self.preflight(Caller(open_site), "/api/v1/patients") == {}
        answer = open_site.facility_client().get(STUDIES, headers={"Origin": "null"})
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]

    @pytest.mark.parametrize("text", ["*", "viewer.example", "https://a.example/path", "null"])
    def test_an_origin_is_scheme_and_host(self, text: str) -> None:
        with pytest.raises(SettingError):
            read_origins(text)
