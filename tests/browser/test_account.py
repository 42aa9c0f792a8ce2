"""Somebody sets up a second factor, signs in with it, and gives it up."""

import time
from collections.abc import Callable

import pyotp

from tests.browser.conftest import Visitor, everywhere
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
STEP_S = 30


@everywhere
def test_a_second_factor_from_the_first_code_to_none(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in()
    somebody.leave_open()
    page.click("a.who")
    page.wait_for_url("**/viewer/account")
    somebody.look("account")
    page.click('[data-form="begin-factor"] button')
    page.fill('#proof[open] [name="password"]', PASSWORD)
    page.click('#proof [type="submit"]')
    page.wait_for_selector(".qr")
    page.click(".steps summary")
    somebody.look("second-factor")
    factor = pyotp.TOTP("".join(page.locator(".secret code").all_inner_texts()))
    page.fill("#factor-code", "000000")
    page.click('.steps [type="submit"]')
    page.wait_for_selector('.steps [data-part="fault"]:not(:empty)')
    page.fill("#factor-code", factor.now())
    page.click('.steps [type="submit"]')
    page.wait_for_selector('[data-act="DELETE"]')
    somebody.look("second-factor-on")
    somebody.leave_open()
    page.click('[data-act="DELETE"] button')
    page.fill('#proof[open] [name="password"]', PASSWORD)
    page.click('#proof [type="submit"]')
    page.wait_for_selector("#proof-code:visible")
    page.fill("#proof-code", factor.at(time.time() + STEP_S))  # each code serves once
    page.click('#proof [type="submit"]')
    page.wait_for_selector('[data-form="begin-factor"]')
