"""A button in a hospital's own system opens a patient and a study here, signed in or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from tests.browser.city import NAME, NUMBER
from tests.browser.conftest import Visitor
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
OTHER_SITE = "http://his.example/"


@dataclass
class Button:
    """A page of another site with one link to us."""

    visitor: Visitor

    def press(self, **query: str) -> None:
        address = f"{self.visitor.place.base}/IHEInvokeImageDisplay?{urlencode(query)}"
        page = self.visitor.page
        html = f'<!doctype html><html lang="en"><title>HIS</title><a href="{address}">images</a>'
        page.route(
            OTHER_SITE,
            lambda route: route.fulfill(
                body=html.replace("&r", "&amp;r"), content_type="text/html"
            ),
        )
        page.goto(OTHER_SITE)
        page.click("a")


@pytest.fixture
def button(visit: Visit) -> Iterator[Button]:
    visitor = visit()
    yield Button(visitor)
    # The standard's own address holds what it asks for; none of ours does.
    visitor.requested = [each for each in visitor.requested if "IHEInvoke" not in each]


def test_somebody_signed_in_is_led_from_another_site_to_the_patient(button: Button) -> None:
    page = button.visitor.page
    button.visitor.sign_in()
    button.press(requestType="PATIENT", patientID=NUMBER)
    page.wait_for_url(f"**/viewer/patients/{button.visitor.place.city.patient_id}")
    assert page.inner_text(".banner-name") == NAME
    button.press(requestType="STUDY", accessionNumber="LAB-1")
    page.wait_for_selector(".report .is-critical")


def test_somebody_else_signs_in_on_the_way(button: Button) -> None:
    page = button.visitor.page
    button.press(requestType="PATIENT", patientID=NUMBER)
    page.wait_for_url("**/viewer/launch/*")
    page.fill('[name="username"]', "dr.test")
    page.fill('[data-form="sign-in"] [name="password"]', PASSWORD)
    page.click('[data-form="sign-in"] button[type="submit"]')
    page.wait_for_selector(".exam-open")
    assert page.inner_text(".banner-name") == NAME


def test_a_wrong_number_is_told_on_a_page(button: Button) -> None:
    button.visitor.sign_in()
    button.press(requestType="PATIENT", patientID="NOBODY-1")
    button.visitor.page.wait_for_selector("main .card h1")
    button.visitor.look("launch-missing")
