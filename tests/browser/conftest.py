"""A real Chromium at a served medshare; one server a module."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from medshare.access.authenticator import COOKIE
from medshare.settings import Settings
from tests.browser.city import NAME, NUMBER, PHONE, City, fill
from tests.e2e.served import ROOT, serving
from tests.exams import IDENTITY_NUMBER
from tests.site import PASSWORD, copy_stores
from tests.viewer import require_bundle

# A container gives it no sandbox of its own; images are drawn by WebGL without a graphics card.
SWITCHES = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
SIZES = {"desk": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
LANGUAGES = ("zh-CN", "en")
# A way through pages is walked in both languages and at both sizes; where it looks at one, the
# page is looked at in all four.
everywhere = pytest.mark.parametrize(("language", "size"), [("zh-CN", "desk"), ("en", "phone")])
SCREENSHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "viewer" / "node_modules" / "axe-core" / "axe.min.js"
PRIVATE = (NAME, NUMBER, PHONE, IDENTITY_NUMBER)
RUN_AXE = """axe.run(document, {resultTypes: ["violations"]}).then((found) =>
    found.violations.map((each) => [each.id, each.nodes.map((node) => node.html.slice(0, 200))]))"""

# Nobody clicks before a page's script is there: until then nothing takes the pointer. A document
# in a sandbox, which has no origin, runs no script to wait for.
WAIT_FOR_SCRIPT = """(() => {
    if (origin === "null") return;
    const still = new CSSStyleSheet();
    still.replaceSync("* { pointer-events: none !important }");
    document.adoptedStyleSheets = [still];
    addEventListener("load", () => { document.adoptedStyleSheets = []; });
})()"""

NEXT_FRAME = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, where there is one; under continuous integration there has to be."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH")
    require_bundle()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # not on every machine

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Place:
    """A served medshare and whom it knows."""

    base: str
    city: City
    settings: Settings


@pytest.fixture(scope="module")
def place(
    chromium: Any, embedded_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    settings = copy_stores(embedded_template, tmp_path_factory.mktemp("served"))
    city = fill(settings)
    with serving(settings) as served:
        yield Place(served.base, city, settings)


@dataclass
class Visitor:
    """Somebody at a page, in a language and at a size; what goes wrong in the page is a fault."""

    place: Place
    page: Any
    language: str
    size: str
    faults: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Tell the visit from others that fill in the same pages."""
        return f"{self.size}-{self.language}"

    def sign_in(self, username: str = "dr.test") -> None:
        """Come with a session; the form that opens one is for ``sign_in_by_form``."""
        given = requests.post(
            f"{self.place.base}/api/v1/session",
            json={"username": username, "password": PASSWORD},
            timeout=30,
        )
        cookie = {"name": COOKIE, "value": given.cookies[COOKIE], "domain": "127.0.0.1"}
        self.page.context.add_cookies([cookie | {"path": "/", "secure": True, "httpOnly": True}])
        self.go("/viewer")
        self.page.wait_for_selector(".who")

    def sign_in_by_form(self, username: str = "dr.test") -> None:
        self.go("/viewer")
        self.page.fill('[name="username"]', username)
        self.page.fill('[data-form="sign-in"] [name="password"]', PASSWORD)
        self.page.click('[data-form="sign-in"] button[type="submit"]')
        self.page.wait_for_selector(".who")

    def go(self, path: str) -> None:
        self.page.goto(self.place.base + path)

    def leave_open(self, minutes: int = 6) -> None:
        """Let every session be one that proved its person so long ago, as on a ward."""
        before = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=minutes)
        with closing(sqlite3.connect(self.place.settings.data_dir / "index.db")) as index:
            index.execute("UPDATE sessions SET proved_at = ?", [before.isoformat(" ")])
            index.commit()

    def open_patient(self) -> None:
        self.go(f"/viewer/patients/{self.place.city.patient_id}")
        self.page.wait_for_selector(".exam-open")

    def look(self, name: str, *, whole: bool = False, sizes: Iterable[str] = SIZES) -> None:
        """Keep pictures of the page at both sizes, and hold it to WCAG 2.2 AA and to its width."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for size in sorted(sizes, key=lambda size: size == self.size):
            self.page.set_viewport_size(SIZES[size])
            self.page.evaluate(NEXT_FRAME)
            picture = SCREENSHOTS / f"{name}-{size}-{self.language}.png"
            self.page.screenshot(path=picture, full_page=whole)
            assert self.page.evaluate(RUN_AXE) == [], (name, size)
            wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} is {wide} px too wide for a {size}"

    def check(self) -> None:
        """Hold the whole visit to what no page may do."""
        assert self.faults == []
        kept = self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        cookies = json.dumps(self.page.context.cookies(), ensure_ascii=False)
        for private in PRIVATE:
            assert private not in kept
            assert private not in cookies
            assert not [each for each in self.requested if private in each]


@pytest.fixture
def visit(chromium: Any, place: Place) -> Iterator[Callable[..., Visitor]]:
    """Open a page as somebody; every visit is checked at its end."""
    contexts, visitors = [], []

    def open_page(language: str = "zh-CN", size: str = "desk") -> Visitor:
        phone = size == "phone"
        context = chromium.new_context(
            viewport=SIZES[size], locale=language, has_touch=phone, is_mobile=phone
        )
        context.set_default_timeout(15_000)
        context.add_init_script(path=AXE)
        context.add_init_script(WAIT_FOR_SCRIPT)
        page = context.new_page()
        visitor = Visitor(place, page, language, size)
        page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        page.on("console", lambda message: _note(visitor, message))
        page.on("request", lambda request: visitor.requested.append(request.url))
        contexts.append(context)
        visitors.append(visitor)
        return visitor

    yield open_page
    try:
        for each in visitors:
            each.check()
    finally:
        for each in contexts:
            each.close()


def _note(visitor: Visitor, message: Any) -> None:
    # A refusal that the page asked for and tells is no fault of the page.
    if message.type == "error" and "status of 4" not in message.text:
        visitor.faults.append(message.text)
