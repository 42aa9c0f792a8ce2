"""What every answer of every operation tells browsers, whoever asks and whatever comes of it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from medshare.access.authenticator import COOKIE
from tests.access_matrix import COLUMNS, asks, rows
from tests.access_matrix.world import Ask, World, build_world
from tests.conftest import EMBEDDED
from tests.site import Site
from tests.viewer import require_bundle

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The page in another site's frame; here it is refused, which every site may show.
FRAMED = ("embedded.open", "embedded.page")
WITHOUT_DATA = ("documentation.", "viewer.asset", "access.smart-configuration", "fhir.metadata")


@pytest.fixture(scope="module")
def world(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    built = build_world(embedded_template, tmp_path_factory.mktemp("shields"))
    yield built
    built.close()


@pytest.mark.parametrize("operation", rows())
def test_every_answer_is_shielded(world: World, operation: str) -> None:
    if operation.startswith("viewer."):
        require_bundle()
    cells = dict(zip(COLUMNS, rows()[operation], strict=True))
    let_in = next((name for name, cell in cells.items() if cell == "yes"), "own")
    for name in (let_in, "none"):
        actor = world.actors[name]
        make = asks().get(operation)
        answer = world.asked(operation, actor, make(actor) if make else Ask())
        world.put_back()
        headers = answer.headers
        expected = ALWAYS | ({"X-Frame-Options": None} if operation in FRAMED else {})
        assert {each: headers.get(each) for each in ALWAYS} == expected
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        framing = "*" if operation in FRAMED else "'none'"
        assert f"frame-ancestors {framing}" in policy
        assert "unsafe" not in policy
        assert "Access-Control-Allow-Origin" not in headers
        assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", headers["X-Request-Id"])
        if not operation.startswith(WITHOUT_DATA):
            cached = headers["Cache-Control"]
            assert "no-store" in cached or ("private" in cached and "no-cache" in cached), cached
        for cookie in headers.getlist("Set-Cookie"):
            flags = {each.strip() for each in cookie.split(";")[1:]}
            assert cookie.startswith(f"{COOKIE}=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= flags


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
def test_over_tls_browsers_are_told_to_stay_with_it(site: Site) -> None:
    assert "Strict-Transport-Security" not in site.anonymous().get("/health/live").headers
    served = Site(replace(site.settings, base_url="https://medshare.test"), site.clock, fresh=False)
    answer = served.anonymous().get("/health/live")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    served.close()
