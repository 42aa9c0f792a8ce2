"""The image page as a test looks at it: words, canvas, and where a pixel of the image stands."""

import base64
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.browser.conftest import Visitor
from tests.browser.phantom import COLUMNS, ROWS

CANVAS = """pane => {
  const canvas = pane.querySelector('canvas.cornerstone-canvas');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let text = '';
  for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(data[at]);
  return [canvas.width, canvas.height, btoa(text)];
}"""
FITTED = """pane => {
  const canvas = pane.querySelector('canvas.cornerstone-canvas');
  return canvas.width === canvas.clientWidth && canvas.height === canvas.clientHeight;
}"""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
DRAWN_WITHIN_MS = 400


@dataclass(frozen=True)
class ImagePage:
    """The page of a study's images before somebody who is signed in."""

    visitor: Visitor

    @property
    def page(self) -> Any:
        """Return the browser's page."""
        return self.visitor.page

    def open(self, study: str, slices: int) -> None:
        """Open a study and wait until all of it is there."""
        self.visitor.go(f"/viewer/studies/{study}/images")
        self.wait_for_place(1, slices)
        self.page.locator(".pane.is-whole").first.wait_for()

    def pane(self, number: int = 0) -> Any:
        """Return a pane that is on show."""
        return self.page.locator(".pane:not([hidden])").nth(number)

    def wait_for_place(self, slice_number: int, slices: int, pane: int = 0) -> None:
        """Wait until a pane shows a slice."""
        place = self.pane(pane).locator("[data-part=place]")
        place.filter(has_text=re.compile(rf"\b{slice_number}\D+{slices}\b")).wait_for()

    def press(self, *keys: str) -> None:
        """Press keys, and wait until what they do is drawn."""
        for key in keys:
            self.page.keyboard.press(key)
        self.page.wait_for_timeout(DRAWN_WITHIN_MS)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from the centre of one pixel of the image to that of another, row first."""
        box = self.pane().locator("[data-part=canvas]").bounding_box()
        (x, y), (to_x, to_y) = self.place_of(*start), self.place_of(*end)
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + to_x, box["y"] + to_y, steps=5)
        self.page.mouse.up()
        self.page.wait_for_timeout(DRAWN_WITHIN_MS)

    def grey(self, pane: int = 0) -> npt.NDArray[np.uint8]:
        """Read the canvas."""
        width, height, text = self.pane(pane).evaluate(CANVAS)
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width)

    def is_fitted(self, pane: int = 0) -> bool:
        """Tell whether a canvas is as large as its place; else what is measured lies elsewhere."""
        return bool(self.pane(pane).evaluate(FITTED))

    def place_of(self, row: float, column: float, pane: int = 0) -> tuple[float, float]:
        """Return where the centre of a pixel of the image stands on the canvas, right and down.

        A phantom fills its pane, as images do that have just been opened.
        """
        height, width = self.grey(pane).shape
        scale = min(width / COLUMNS, height / ROWS)
        right = width / 2 + (column + 0.5 - COLUMNS / 2) * scale
        return right, height / 2 + (row + 0.5 - ROWS / 2) * scale

    def measured(self) -> list[float]:
        """Return the numbers of the measures on show."""
        words = self.pane().locator("svg text tspan").all_text_contents()
        return [float(each) for each in NUMBER.findall("\n".join(words))]
