"""Time a clinician's way to a report in Chromium: search, timeline of 200 exams, report, course.

Run ``python -m benchmarks.patient_page`` with Debian's Chromium on the PATH. Two hundred exams of
three hospitals with reports, half of them laboratory panels, under a policy in force, so that
every result is judged; two thousand other persons to be told apart by name. Milliseconds.

*drawn* is what a person waits for: from the click until the frame that shows the whole timeline.
*server* is until the answer's first byte, *computing* the server's processor time, which does not
grow with what else the machine does. *search* is from Enter until the frame with the persons.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from medshare.access.model import Role
from medshare.cli import prepare
from medshare.settings import Settings
from tests.browser.conftest import SIZES
from tests.e2e.served import serving
from tests.exams import SYSTEMS, a_patient, a_report, a_test, an_exam, an_observation
from tests.site import PASSWORD, Caller, Site, StandingClock

EXAMS, OTHERS, ROUNDS = 200, 2000, 9
WHO, OWN = "dr.bench", "SZ-B"
IMAGING = ("CT-CHEST-PLAIN", "US-ABD", "DX-CHEST", "CT-HEAD-PLAIN", "MR-BRAIN-PLAIN")
ANALYTES = ("LAB-K", "LAB-NA", "LAB-CL", "LAB-GLU", "LAB-CREA", "LAB-UA", "LAB-TC", "LAB-TG")
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"
CLOCK = """document.addEventListener('DOMContentLoaded', () => requestAnimationFrame(() =>
  requestAnimationFrame(() => { window.drawn = performance.now(); })));"""
DRAWN = """() => new Promise((done) => {
  const look = () => {
    if (window.drawn === undefined) { setTimeout(look, 5); return; }
    const page = performance.getEntriesByType('navigation')[0];
    done([window.drawn, page.responseStart, page.decodedBodySize]);
  };
  look();
})"""
# From the act until the next frame after the page has what was waited for.
UNTIL = """async ([act, selector, value]) => {
  const from = performance.now();
  const shown = () => new Promise((done) => {
    const look = () => document.querySelector(selector) ? requestAnimationFrame(done)
      : setTimeout(look, 1);
    look();
  });
  if (act === 'submit') document.querySelector('[data-form="search"]').requestSubmit();
  if (act === 'click') document.querySelector(value).click();
  if (act === 'choose') {
    const field = document.querySelector(value);
    field.selectedIndex = 1;
    field.dispatchEvent(new Event('change', {bubbles: true}));
  }
  await shown();
  return performance.now() - from;
}"""


def fill(settings: Settings) -> str:
    """Let three hospitals examine somebody, and the city live; return the person's id."""
    prepare(settings)
    site = Site(settings, StandingClock(instant=datetime.now(UTC)))
    try:
        hospitals = {code: site.facility_client(code) for code in SYSTEMS}
        for code, caller in hospitals.items():
            patient = sent(caller, "/api/v1/patients", a_patient(f"MRN-{code}", code))
        encounter = {
            "kind": "encounter",
            "number": "V-1",
            "patient": {"system": SYSTEMS[OWN], "value": f"MRN-{OWN}"},
            "startedAt": site.clock.instant.isoformat(),
        }
        sent(hospitals[OWN], "/api/v1/encounters", encounter)
        for number in range(EXAMS):
            code = list(hospitals)[number % len(hospitals)]
            at = site.clock.instant - timedelta(days=4 * number + 1)
            examine(hospitals[code], code, number, at)
        for number in range(OTHERS):
            sent(hospitals[OWN], "/api/v1/patients", somebody(number))
        site.deliver()
        site.person(Role.CLINICIAN, OWN, WHO)
    finally:
        site.close()
    return str(patient["patientId"])


def sent(caller: Caller, path: str, document: object) -> dict[str, Any]:
    """Send what must be taken."""
    answer = caller.post(path, document)
    if answer.status_code not in (200, 201):
        sys.exit(answer.text)
    return dict(answer.get_json())


def examine(caller: Caller, code: str, number: int, at: datetime) -> None:
    """Register an exam with its report."""
    common = {
        "accessionNumber": f"B-{number}",
        "patient": {"system": SYSTEMS[code], "value": f"MRN-{code}"},
    }
    if number % 2:
        code_of = IMAGING[number // 2 % len(IMAGING)]
        item = {"system": "urn:medshare:item", "code": code_of}
        exam = an_exam(**common, item=item, performedAt=at.isoformat(), studyInstanceUids=None)
        report = a_report(signedAt=at.isoformat())
    else:
        exam = a_test(**common, collectedAt=at.isoformat())
        measured = [
            an_observation(code={"system": "urn:medshare:item", "code": each}) for each in ANALYTES
        ]
        report = a_report(signedAt=at.isoformat(), texts=[], observations=measured)
    exam_id = sent(caller, "/api/v1/exams", exam)["id"]
    sent(caller, f"/api/v1/exams/{exam_id}/reports", report)


def somebody(number: int) -> dict[str, Any]:
    """Return somebody else whom the clinician's hospital registers."""
    family, rest = FAMILY[number % 20], number // 20
    born = date(1935, 1, 1) + timedelta(days=number * 37 % 32000)
    return {
        "identifiers": [{"system": SYSTEMS[OWN], "value": f"O-{number}", "type": "MR"}],
        "name": {"text": family + GIVEN[rest % 22] + GIVEN[rest * 7 % 22]},
        "sex": "male" if number % 2 else "female",
        "birthDate": born.isoformat(),
        "phone": f"139{number:08d}",
    }


def median(rows: Sequence[float]) -> float:
    return round(statistics.median(rows), 1)


def cpu_ms(pid: int) -> float:
    """Return what a process and those that it started have computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    ticks = int(fields[11]) + int(fields[12])
    own = ticks * 1000 / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_ms(int(each)) for each in started)


def timeline(page: Page, address: str, pid: int) -> dict[str, float]:
    """Open the timeline again and again."""
    rows = []
    page.goto(address)
    before = cpu_ms(pid)
    for _ in range(ROUNDS):
        page.goto(address)
        rows.append(page.evaluate(DRAWN))
    drawn, answered, sizes = zip(*rows, strict=True)
    return {
        "timeline, computing of the server": round((cpu_ms(pid) - before) / ROUNDS, 1),
        "timeline, server": median(answered),
        "timeline, drawn": median(drawn),
        "timeline, kB": round(sizes[0] / 1000, 1),
    }


def acts(page: Page, address: str) -> dict[str, float]:
    """Narrow the timeline, and open reports and the course of a value."""
    page.goto(address)
    reports, courses = [], []
    for number in range(ROUNDS):
        opener = f".group li:nth-child({2 * number + 1}) [data-exam]"
        exam = page.get_attribute(opener, "data-exam")
        wanted = f'.report[data-exam="{exam}"]'
        reports.append(page.evaluate(UNTIL, ["click", wanted, opener]))
        courses.append(page.evaluate(UNTIL, ["click", ".trend", ".item-open"]))
    narrowed = page.evaluate(UNTIL, ["choose", ".exam[hidden]", '[name="modality"]'])
    return {
        "report": median(reports),
        "course of a value, 100 of them": median(courses),
        "timeline narrowed": round(narrowed, 1),
    }


def searches(page: Page, base: str) -> dict[str, float]:
    """Search by a whole name, by initials, and by a number."""
    found = {}
    for name, words in (("name", "王伟芳"), ("initials", "zml"), ("number", "O-1711")):
        rows = []
        for _ in range(ROUNDS):
            page.goto(f"{base}/viewer")
            page.fill("#words", words)
            rows.append(page.evaluate(UNTIL, ["submit", ".found, .empty", ""]))
        found[f"search by {name}"] = median(rows)
    return found


def main() -> None:
    """Fill, serve, measure, print."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        settings = Settings(data_dir=Path(directory), low_water_bytes=0)
        patient_id = fill(settings)
        with serving(settings) as served:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_context(viewport=SIZES["desk"], locale="zh-CN").new_page()
            page.add_init_script(CLOCK)
            page.goto(f"{served.base}/viewer")
            page.fill('[name="username"]', WHO)
            page.fill('[data-form="sign-in"] [name="password"]', PASSWORD)
            page.click('[data-form="sign-in"] button[type="submit"]')
            page.wait_for_selector(".who")
            address = f"{served.base}/viewer/patients/{patient_id}"
            found = (
                searches(page, served.base)
                | timeline(page, address, served.process.pid)
                | acts(page, address)
            )
            sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
            browser.close()


if __name__ == "__main__":
    main()
