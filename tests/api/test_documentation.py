"""The contract as file and as page."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests.conftest import EMBEDDED
from tests.site import Site

pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
ROOT = Path(__file__).parents[2]
OF_CODE = {"script", "style", "iframe", "object", "embed", "form", "base"}
WITHOUT_END = {"meta", "link", "br"}


class Page(HTMLParser):
    """What a test asks of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in WITHOUT_END:
            self.open.append(tag)
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.add(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def page(site: Site) -> Page:
    return Page(site.anonymous().get("/docs").text)


def test_the_file_is_served_as_it_is_written(site: Site) -> None:
    written = (ROOT / "openapi.yaml").read_bytes()
    assert site.anonymous().get("/openapi.yaml").data == written
    assert site.anonymous().get("/openapi.json").get_json() == yaml.safe_load(written)


def test_the_page_holds_every_operation_and_schema(site: Site, page: Page) -> None:
    document = yaml.safe_load((ROOT / "openapi.yaml").read_bytes())
    operations = {
        each["operationId"]
        for item in document["paths"].values()
        for each in item.values()
        if isinstance(each, dict)
    }
    schemas = {f"schema-{name}" for name in document["components"]["schemas"]}
    assert operations | schemas <= set(page.ids)


def test_the_page_is_well_formed_and_its_links_lead_somewhere(site: Site, page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert site.anonymous().get(link).status_code == 200


def test_the_page_needs_no_script_and_nothing_from_elsewhere(site: Site, page: Page) -> None:
    answer = site.anonymous().get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not page.tags & OF_CODE
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert not [link for link in page.links if "://" in link]
    assert "url(" not in site.anonymous().get("/docs/style.css").text


def test_a_call_can_be_pasted_into_a_terminal(site: Site) -> None:
    text = site.anonymous().get("/docs").text
    assert re.search(r"curl -X DELETE -b cookies.txt -H &#34;X-CSRF-Token: \$CSRF&#34;", text)
    assert "curl -H &#34;Authorization: Bearer $TOKEN&#34; https://" in text
    assert "Content-Type: application/dicom&#39; --data-binary @file https://" in text


def test_reading_it_leaves_no_entry(site: Site) -> None:
    for path in ("/docs", "/docs/style.css", "/openapi.yaml", "/openapi.json"):
        site.anonymous().get(path)
    assert site.entries() == []
