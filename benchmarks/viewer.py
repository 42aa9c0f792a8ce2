"""Time the image page in Chromium: a CT of 500 slices, first image, windows, scrolling, memory.

Run ``python -m benchmarks.viewer`` with Debian's Chromium on the PATH, twice in one run: as on a
computer without graphics card, and with WebGL imitated by SwiftShader (what the browser tests use;
reconstructions need it). *OHIF's pattern* is what that viewer asks for before it can show
anything: the study's series, then the metadata of each whole, then frames. Both ways of opening
are taken in turns, on one server and by one page, so that they differ in what is asked for and in
nothing else: OHIF itself is not run. Once more on a line of 30 Mbit/s with 10 ms of delay, which
Chromium imitates. Times are milliseconds; the machine's load stands beside each figure.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from fixtures.phantoms.chest_ct import AIR, Chest, Nodule, grow_vessels
from medshare.settings import Settings
from tests.browser.conftest import SIZES, SWITCHES
from tests.browser.phantom import Phantom
from tests.dicom import multipart
from tests.e2e.hospital import PASSWORD, Party, open_hospital
from tests.e2e.served import Served, serving

SLICES, SIZE, BATCH, DRAWN = 500, 512, 25, 25
STUDY = Phantom("2.999.71.1", slices=SLICES, gap_mm=0.6, spacing_mm=0.7)
WHO = "dr.bench"
ROUNDS = 5
BROWSERS = {
    "no graphics card": ["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"],
    "WebGL imitated": SWITCHES,
}
CLOCK = """document.addEventListener('CORNERSTONE_STACK_NEW_IMAGE', (event) => {
  event.target.addEventListener('CORNERSTONE_IMAGE_RENDERED', () => {
    window.firstImage ??= performance.now();
  });
}, true);"""
FIRST = """() => new Promise((done) => {
  const look = () => window.firstImage === undefined
    ? setTimeout(look, 5) : done(window.firstImage);
  look();
})"""
SIGN_IN = """async ([username, password]) => (await fetch('/api/v1/session', {
  method: 'POST', headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({username, password})})).status"""
# Each key is pressed when the picture of the one before stands: milliseconds from key to picture,
# and those of them after the browser's frame had begun.
KEYS = """async (keys) => {
  const canvas = document.querySelector('.pane [data-part=canvas]');
  const times = [];
  for (const key of keys) {
    const drawn = new Promise((done) =>
      canvas.addEventListener('CORNERSTONE_IMAGE_RENDERED', done, {once: true}));
    const from = performance.now();
    let began = from;
    requestAnimationFrame(() => { began = performance.now(); });
    document.dispatchEvent(new KeyboardEvent('keydown', {key}));
    await drawn;
    times.push([performance.now() - from, performance.now() - began]);
  }
  return times;
}"""
# The first frame that the page wants waits, as do all others, until the series of the study and the
# metadata of each were asked for and read.
OHIF = """if (location.hash === '#ohif') {
  const ask = async (address) => (await fetch(address, {
    headers: {Accept: 'application/dicom+json'}, cache: 'no-store'})).json();
  const root = location.pathname.replace('/viewer/studies', '/dicom-web/studies')
    .replace('/images', '');
  const whole = async () => Promise.all((await ask(root + '/series')).map(
    (each) => ask(root + '/series/' + each['0020000E'].Value[0] + '/metadata')));
  const send = XMLHttpRequest.prototype.send;
  let read;
  XMLHttpRequest.prototype.send = function (...body) {
    read ??= whole();
    read.then((series) => {
      window.described = series.flat().length;
      send.apply(this, body);
    });
  };
}"""
DESCRIBING = """() => performance.getEntriesByType('resource')
  .filter((each) => /\\/(series|metadata)$/.test(each.name))
  .reduce((sum, each) => sum + each.transferSize, 0)"""
PATTERNS = {"ours": "", "OHIF's pattern": "#ohif"}
SLOW = {"downloadThroughput": 30e6 / 8, "uploadThroughput": 30e6 / 8, "latency": 10}
FREE = {"downloadThroughput": -1, "uploadThroughput": -1, "latency": 0}
Figures = dict[str, dict[str, float]]


def drawn() -> list[np.ndarray[Any, np.dtype[np.uint16]]]:
    """Draw the slices that differ; the others repeat them, for a viewer does not notice."""
    noise = np.random.default_rng(7)
    chest = Chest((grow_vessels(noise), grow_vessels(noise)), Nodule(8))
    levels = np.linspace(0.1, 0.9, DRAWN)
    return [
        (np.rint(chest.slice_at(level, SIZE, noise)) - AIR).clip(0, 4095).astype(np.uint16)
        for level in levels
    ]


def files() -> Iterator[list[bytes]]:
    """Yield the study's files in batches, uncompressed as most scanners send them."""
    pictures = drawn()
    for start in range(0, SLICES, BATCH):
        indices = range(start, start + BATCH)
        yield [STUDY.write(each, "V-1", "20261020", pictures[each % DRAWN]) for each in indices]


def fill(served: Served) -> None:
    """Store the study and open a clinician's account."""
    party = open_hospital(served, "SZ-V", 71)
    number = {"system": "urn:oid:2.999.71.1", "value": "V-1", "type": "MR"}
    person = {"identifiers": [number], "name": {"text": "测试乙"}, "sex": "female"}
    party.post("/api/v1/patients", person)
    for batch in files():
        store(party, batch)
    served.command(
        *("account", "add", WHO, "--name", "Bench", "--role", "clinician", "--facility", "SZ-V"),
        text=PASSWORD,
    )


def store(party: Party, batch: Sequence[bytes]) -> None:
    body = multipart(*batch)
    headers = {"Content-Type": body["content_type"]}
    party.call("POST", "/dicom-web/studies", status=200, data=body["data"], headers=headers)


def open_images(page: Page, base: str, pattern: str = "") -> float:
    """Open the study; return the milliseconds from the click to the first image."""
    page.goto("about:blank")  # an address that differs in its end only would load nothing
    page.goto(f"{base}/viewer/studies/{STUDY.study}/images{pattern}")
    drawn = float(page.evaluate(FIRST))
    if pattern and page.evaluate("() => window.described") != SLICES:
        sys.exit("OHIF's pattern has not read the metadata of every slice.")
    return drawn


def patterns(page: Page, base: str, line: str, limits: dict[str, float]) -> Figures:
    """Open the study in both patterns by turns, over a line."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    rows: dict[str, list[float]] = {name: [] for name in PATTERNS}
    loads = []
    for _ in range(ROUNDS):
        for name, pattern in PATTERNS.items():
            rows[name].append(open_images(page, base, pattern))
            loads.append(os.getloadavg()[0])
    read = page.evaluate(DESCRIBING)  # OHIF's pattern was the last
    session.send("Network.emulateNetworkConditions", {"offline": False, **FREE})
    session.detach()
    load = statistics.median(loads)
    found = {
        f"first image, {line}, {name}": figure(statistics.median(each), load)
        for name, each in rows.items()
    }
    return found | {f"read before a frame, {line}, OHIF's pattern, kB": figure(read / 1000)}


def figure(value: float, load: float | None = None) -> dict[str, float]:
    """Return a figure with the machine's load of the last minute, the present one if not given."""
    return {"value": round(value, 1), "load": round(load or os.getloadavg()[0], 1)}


def memory(page: Page) -> Figures:
    """Read what the page holds, in MB: objects of the script, and pixels."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return {
        "objects, MB": figure(usage["usedSize"] / 1e6),
        "pixels, MB": figure(usage.get("backingStorageSize", 0) / 1e6),
    }


def measure(page: Page, base: str) -> Figures:
    """Take every figure on one page."""
    page.add_init_script(CLOCK)
    page.add_init_script(OHIF)
    page.goto(base + "/viewer")
    page.evaluate(SIGN_IN, [WHO, PASSWORD])
    found = {"first image, nothing kept by the browser": figure(open_images(page, base))}
    found |= patterns(page, base, "loopback", FREE)
    found |= patterns(page, base, "30 Mbit/s", SLOW)
    open_images(page, base)
    page.wait_for_timeout(1000)
    windows, drawing = zip(*page.evaluate(KEYS, ["1", "2"] * 60), strict=True)
    found["window change, median"] = figure(statistics.median(windows))
    found["window change, drawing in its frame"] = figure(statistics.median(drawing))
    page.wait_for_load_state("networkidle")  # all that the budget holds is there
    scrolled = [key for key, _ in page.evaluate(KEYS, ["ArrowDown"] * 150 + ["ArrowUp"] * 150)]
    found["scroll, median"] = figure(statistics.median(scrolled))
    found["scroll, p95"] = figure(float(np.quantile(scrolled, 0.95)))
    return found | memory(page)


def main() -> None:
    """Serve, fill, measure, print."""
    with (
        tempfile.TemporaryDirectory() as directory,
        sync_playwright() as playwright,
        serving(Settings(data_dir=Path(directory))) as served,
    ):
        fill(served)
        for name, switches in BROWSERS.items():
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=switches
            )
            page = browser.new_context(viewport=SIZES["desk"]).new_page()
            found = measure(page, served.base)
            sys.stdout.write(f"{name}: {json.dumps(found, indent=1)}\n")
            browser.close()


if __name__ == "__main__":
    main()
