"""The administrator's pages: facilities, clients, accounts."""

import pytest

from medshare.access.model import Role
from tests.conftest import EMBEDDED
from tests.site import Caller, Site
from tests.viewer import require_bundle

ADMINISTRATION = "/viewer/administration"
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


def shown(caller: Caller, path: str = "") -> str:
    answer = caller.get(f"{ADMINISTRATION}{path}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_facilities_stand_with_what_they_are_changed_by(site: Site) -> None:
    page = shown(site.administrator())
    assert 'data-act="PUT" data-address="/api/v1/facilities/SZ-A"' in page
    assert "Test Hospital 2" in page


def test_a_client_is_shown_without_its_secret_and_revoked_without_acts(site: Site) -> None:
    keeper = site.administrator()
    added = keeper.post(
        "/api/v1/clients",
        {"id": "his", "name": "<b>HIS</b>", "facility": "SZ-A", "scopes": ["system/*.rs"]},
    ).get_json()
    page = shown(keeper, "/clients")
    assert "&lt;b&gt;HIS" in page
    assert added["secret"] not in page
    assert "/api/v1/clients/his/secret" in page
    assert keeper.delete("/api/v1/clients/his").status_code == 204
    page = shown(keeper, "/clients")
    assert "/api/v1/clients/his/secret" not in page
    assert "revoked" in page


def test_an_account_is_changed_on_the_version_that_was_seen(site: Site) -> None:
    site.person(Role.CLINICIAN, "SZ-A", "dr.a")
    page = shown(site.administrator(), "/accounts")
    assert "dr.a" in page
    assert 'data-version="1"' in page
    assert 'value="clinician" data-kind="each" checked' in page
    assert page.count('/password" data-shows="password"') == 1  # nobody resets their own


@pytest.mark.parametrize("path", ["", "/clients", "/accounts"])
def test_only_administrators_open_the_pages(site: Site, path: str) -> None:
    for role in (Role.CLINICIAN, Role.AUDITOR, Role.REGISTRAR, Role.QUALITY_OFFICER):
        caller = site.person(role, "SZ-A", f"{role}-x")
        assert caller.get(f"{ADMINISTRATION}{path}").status_code == 403
    assert site.anonymous().get(f"{ADMINISTRATION}{path}").status_code == 401
