"""PS3.18 section 8.9: what the service can do, told to whoever asks."""

from xml.etree import ElementTree as ET

from tests.checklist.archive import CHEST, Archive, study
from tests.checklist.rules import rule

WADL = "{http://wadl.dev.java.net/2009/02}"


@rule("8.9.1", "OPTIONS of the base answers a WADL document with every resource.")
def test_capabilities(archive: Archive) -> None:
    answer = archive.site.anonymous().call("OPTIONS", "/dicom-web/")
    assert answer.content_type.startswith("application/vnd.sun.wadl+xml")
    document = ET.fromstring(answer.data)  # our own document
    paths = {each.get("path") for each in document.iter(f"{WADL}resource")}
    assert {"studies", "metadata", "rendered", "thumbnail"} <= {str(each) for each in paths}


@rule("8.9.3", "The document comes as JSON where that is accepted.")
def test_capabilities_as_json(archive: Archive) -> None:
    answer = archive.site.anonymous().call(
        "OPTIONS", "/dicom-web/", headers={"Accept": "application/json"}
    )
    assert answer.content_type == "application/json"
    (resources,) = answer.get_json()["application"]["resources"]
    (studies,) = (each for each in resources["resource"] if each["path"] == "studies")
    assert {each["name"] for each in studies["method"]} == {"GET", "POST"}
    (one,) = studies["resource"]
    (accept,) = (
        each for each in one["method"][1]["request"][0]["param"] if each["name"] == "Accept"
    )
    assert {"value": "application/dicom"} not in accept["option"]


@rule("8.5", "A method that a resource does not have is 405 with those that it has.")
def test_methods(archive: Archive) -> None:
    answer = archive.pacs.call("PATCH", f"/dicom-web{study(CHEST)}")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
