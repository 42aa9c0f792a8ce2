"""A hospital's own system frames the page of an order, and is told what its doctor decided."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from medshare.access import service as access
from medshare.infra.uow import UnitOfWork
from tests.browser.city import FINDINGS
from tests.browser.conftest import Place, Visitor, everywhere
from tests.orders import an_order
from tests.site import Site, StandingClock

PAGE = "/embed/recognition"
FRAMING = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>HIS</title><main><h1>HIS</h1><form method="post" action="{address}" target="frame">
<input type="hidden" name="ticket" value="{ticket}"></form><iframe name="frame" title="medshare"
style="width:100%;height:85vh;border:0"></iframe></main><script>window.told=[];
addEventListener("message",(said)=>told.push([said.origin,said.data]));
document.forms[0].submit()</script></html>"""


class HospitalSystem:
    """A page of another site: ``localhost`` is none of the sites of ``127.0.0.1``."""

    def __init__(self) -> None:
        self.page = ""
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(served.page.encode())

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def hospital() -> Iterator[HospitalSystem]:
    system = HospitalSystem()
    yield system
    system.server.shutdown()
    system.server.server_close()


@pytest.fixture
def ticket(place: Place, hospital: HospitalSystem) -> Iterator[Callable[[str], str]]:
    """Let the hospital's system ask for a ticket, as a second process beside the server."""
    site = Site(place.settings, StandingClock(instant=datetime.now(UTC)), fresh=False)

    def allow(uow: UnitOfWork) -> None:
        client = access.get_client(uow, "his-SZ-B")
        access.replace_client(uow, replace(client, embed_origin=hospital.origin), client.version)

    site.write(allow)

    def ask(language: str) -> str:
        doctor = site.facility_client("SZ-B").acting()
        answer = doctor.post(
            "/api/v1/recognition/tickets", {"order": an_order(), "language": language}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["ticket"])

    yield ask
    site.close()


def framed(somebody: Visitor, hospital: HospitalSystem, ticket: str) -> Any:
    """Open the hospital's page; return the frame in it."""
    somebody.page.set_default_timeout(60_000)
    address = somebody.place.base + PAGE
    hospital.page = FRAMING.format(address=address, ticket=ticket)
    somebody.page.goto(hospital.origin)
    somebody.page.wait_for_selector("iframe")
    frame = somebody.page.frame_locator("iframe")
    frame.locator("main.embedded").wait_for()
    return frame


@everywhere
def test_a_framed_decision_is_told_to_the_framing_page_alone(
    visit: Callable[..., Visitor],
    hospital: HospitalSystem,
    ticket: Callable[[str], str],
    language: str,
    size: str,
) -> None:
    somebody = visit(language, size)
    frame = framed(somebody, hospital, ticket(language))
    frame.locator('[data-action="view"]').first.click()
    frame.get_by_text(FINDINGS).first.wait_for()
    for shown in (".doc", ".document-curve", ".document-frame"):
        frame.locator(shown).first.wait_for()
    somebody.look("embedded", whole=True)
    frame.locator('[data-action="decline"]').first.press("Enter")
    frame.locator('#decline [name="reason"]:not([data-needs-text])').first.check()
    somebody.look("embedded-decline")
    frame.locator('#decline [type="submit"]').press("Enter")
    somebody.page.wait_for_function("told.length > 0")
    frame.locator("#decline").wait_for(state="hidden")
    frame.locator(".badge-decided").first.wait_for()
    somebody.look("embedded-decided")
    (told,) = somebody.page.evaluate("told")
    assert told[0] == somebody.place.base
    assert told[1]["type"] == "medshare.recognition.decided"
    assert told[1]["outcome"] == "repeated"
    assert told[1]["orderReference"] == "ORD-1"
    assert not [each for each in somebody.requested if "ticket" in each or "ORD-1" in each]


def test_a_ticket_that_was_used_opens_nothing(
    visit: Callable[..., Visitor], hospital: HospitalSystem, ticket: Callable[[str], str]
) -> None:
    once = ticket("en")
    framed(visit("en", "desk"), hospital, once)
    again = visit("en", "desk")
    again.page.goto(hospital.origin)
    refusal = again.page.frame_locator("iframe").locator("body")
    refusal.wait_for()
    assert again.page.frame_locator("iframe").locator(".candidate").count() == 0
    again.look("embedded-refused")


def test_no_other_page_frames_it(
    visit: Callable[..., Visitor], hospital: HospitalSystem, ticket: Callable[[str], str]
) -> None:
    somebody = visit("en", "desk")
    hospital.page = FRAMING.format(address=somebody.place.base + PAGE, ticket=ticket("en"))
    stranger = hospital.origin.replace("localhost", "127.0.0.1")
    somebody.page.goto(stranger)
    somebody.page.wait_for_timeout(1500)
    assert somebody.page.frame_locator("iframe").locator(".candidate").count() == 0
