"""The image page in Chromium: what is drawn is what pydicom and numpy say should be drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.browser.city import HOSTILE
from tests.browser.conftest import Visitor, everywhere
from tests.browser.image_page import ImagePage
from tests.browser.phantom import (
    BLOCK,
    COLUMNS,
    HOSTILES,
    NOW,
    PRIOR,
    ROWS,
    Phantom,
    windowed,
)

LUNG, BONE = (-600, 1500), (400, 1800)
FRAME = f"**/instances/{NOW.series}.2/frames/1"


@pytest.fixture
def images(visit: Callable[..., Visitor]) -> ImagePage:
    visitor = visit()
    visitor.sign_in()
    return ImagePage(visitor)


def assert_drawn(
    images: ImagePage, phantom: Phantom, index: int, window: tuple[int, int], pane: int = 0
) -> None:
    """Compare the middle of each block with its pixels, windowed."""
    shown, grey = windowed(phantom.pixels(index), *window), images.grey(pane)
    for row in range(BLOCK // 2, ROWS, BLOCK):
        for column in range(BLOCK // 2, COLUMNS, BLOCK):
            right, down = images.place_of(row, column, pane)
            drawn = int(grey[int(down), int(right)])
            near = shown[row - 1 : row + 2, column - 1 : column + 2].astype(int)
            assert near.min() - 2 <= drawn <= near.max() + 2, (row, column, drawn, near)


def test_a_slice_is_drawn_the_right_way_round_in_its_window(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    assert_drawn(images, NOW, 0, (40, 400))
    images.press("1")
    assert_drawn(images, NOW, 0, LUNG)
    images.press("3")
    assert_drawn(images, NOW, 0, BONE)
    edges = [images.pane().locator(f".edge-{each}").inner_text() for each in ("top", "left")]
    assert edges == ["A", "R"]


def test_scrolling_shows_the_slices_in_their_order_stored_in_whatever_way(
    images: ImagePage,
) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("1", "ArrowDown")
    images.wait_for_place(2, NOW.slices)
    assert_drawn(images, NOW, 1, LUNG)
    images.press("End")
    assert_drawn(images, NOW, NOW.slices - 1, LUNG)
    images.pane().locator("[data-part=canvas]").hover()
    images.page.mouse.wheel(0, -120)
    images.wait_for_place(NOW.slices - 1, NOW.slices)
    images.press("Home")
    images.wait_for_place(1, NOW.slices)


def test_inverting_and_resetting(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    before = images.grey()
    images.press("1", "i")
    right, down = (int(each) for each in images.place_of(24, 24))
    lung = windowed(NOW.pixels(0), *LUNG)[23:26, 23:26].astype(int)
    assert 255 - lung.max() - 2 <= int(images.grey()[down, right]) <= 255 - lung.min() + 2
    images.press("+", "0")
    assert np.abs(images.grey().astype(int) - before).max() <= 1


def test_a_length_is_in_millimetres_of_the_patient(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("l")
    images.drag((20, 10), (60, 100))
    pixels = np.hypot(60 - 20, 100 - 10)
    (length,) = images.measured()
    assert length == pytest.approx(pixels * NOW.spacing_mm, abs=0.6)


def test_an_ellipse_states_the_hounsfield_units_that_numpy_finds(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("e")
    centre, corner = (40.0, 60.0), (62.0, 90.0)
    images.drag(centre, corner)
    mean, deviation, low, high = images.measured()
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
    inside = ((rows - centre[0]) / 22) ** 2 + ((columns - centre[1]) / 30) ** 2 <= 1
    values = NOW.pixels(0)[inside].astype(float)
    assert mean == pytest.approx(values.mean(), abs=0.02 * values.std())
    assert deviation == pytest.approx(values.std(), rel=0.02)
    assert (low, high) == pytest.approx((values.min(), values.max()), abs=25)


def test_measures_are_made_by_keys_alone(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("l", "Enter")
    (before,) = images.measured()
    images.press(*["ArrowRight"] * 10, "Enter")
    (after,) = images.measured()
    assert after > before > 0
    images.press("Delete")
    assert images.measured() == []


def test_a_prior_hangs_beside_the_study_and_scrolls_with_it(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("c")
    images.wait_for_place(1, PRIOR.slices, pane=1)
    images.pane(1).locator("xpath=self::*[contains(@class, 'is-whole')]").wait_for()
    images.page.set_viewport_size({"width": 1200, "height": 500})
    images.press("-", "-")
    assert [images.is_fitted(each) for each in range(2)] == [True, True]
    drawn = [np.ptp(np.flatnonzero(images.grey(each).max(axis=0))) for each in range(2)]
    assert drawn[0] == pytest.approx(drawn[1], rel=0.02)  # a millimetre is as long in both
    images.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
    images.wait_for_place(6, NOW.slices)
    images.wait_for_place(3, PRIOR.slices, pane=1)  # 25 mm on: two of its gaps of 12 mm
    assert "2025-06-12" in images.pane(1).inner_text()
    images.press("y", "End")
    images.wait_for_place(NOW.slices, NOW.slices)
    images.wait_for_place(3, PRIOR.slices, pane=1)
    images.press("c")
    assert images.page.locator(".pane").count() == 1


def test_ct_is_cut_along_three_planes(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("m")
    images.pane(2).wait_for()
    images.page.wait_for_timeout(2000)
    sides = [images.pane(each).locator(".edge-left").inner_text() for each in range(3)]
    tops = [images.pane(each).locator(".edge-top").inner_text() for each in range(3)]
    assert (sides, tops) == (["R", "A", "R"], ["A", "H", "H"])
    assert all(len(np.unique(images.grey(each))) > 20 for each in range(3))
    assert [images.is_fitted(each) for each in range(3)] == [True, True, True]
    images.press("1")
    assert "-600" in images.pane(1).locator("[data-part=window]").inner_text()
    images.press("m")
    images.wait_for_place(1, NOW.slices)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": ""},
        {"status": 200, "content_type": "application/octet-stream", "body": "cut off"},
    ],
)
def test_an_image_that_does_not_come_is_covered_by_words(
    images: ImagePage, answer: dict[str, Any]
) -> None:
    images.page.route(FRAME, lambda route: route.fulfill(**answer))
    images.visitor.go(f"/viewer/studies/{NOW.study}/images")
    images.wait_for_place(1, NOW.slices)
    images.press("ArrowDown")
    cover = images.pane().locator("[data-part=cover]")
    cover.wait_for()
    assert "无法显示" in cover.inner_text()
    images.wait_for_place(2, NOW.slices)
    images.page.unroute(FRAME)
    images.pane().locator("[data-part=retry]").click()
    cover.wait_for(state="hidden")
    images.press("1")
    assert_drawn(images, NOW, 1, LUNG)
    images.visitor.faults.clear()  # the loader's own, of what this test broke


def test_a_name_is_text_wherever_it_stands(images: ImagePage) -> None:
    images.open(HOSTILES.study, HOSTILES.slices)
    assert images.pane().locator("[data-part=name]").inner_text() == HOSTILE
    assert images.page.title() != "1"


def test_the_mouse_is_as_it_was_set_before(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.page.locator("[data-action=mouse]").click()
    images.page.select_option("#mouse-primary", "window")
    images.page.reload()
    images.wait_for_place(1, NOW.slices)
    pressed = images.page.locator('[data-command="tool-window"]')
    assert pressed.get_attribute("aria-pressed") == "true"


def test_slice_and_window_are_read_aloud(images: ImagePage) -> None:
    images.open(NOW.study, NOW.slices)
    images.press("1", "ArrowDown")
    images.page.locator("#live").filter(has_text="第 2 / 12 张, 窗宽 1500").wait_for(
        state="attached"
    )


@everywhere
def test_the_page_is_whole_in_every_size_and_language(
    visit: Callable[..., Visitor], language: str, size: str
) -> None:
    visitor = visit(language, size)
    visitor.sign_in()
    images = ImagePage(visitor)
    images.open(NOW.study, NOW.slices)
    images.pane().locator("[data-part=slices]").fill("5")
    images.wait_for_place(6, NOW.slices)
    visitor.look("images")
    images.press("c")
    images.wait_for_place(3, PRIOR.slices, pane=1)
    visitor.look("images-compared")


def test_the_first_image_waits_for_nothing_but_the_page(images: ImagePage) -> None:
    before = len(images.visitor.requested)
    images.open(NOW.study, NOW.slices)
    asked = [each for each in images.visitor.requested[before:] if "/static/" not in each]
    assert asked[0].endswith(f"/viewer/studies/{NOW.study}/images")
    assert asked[1].endswith(f"/instances/{NOW.series}.1/frames/1")
    assert sum(each.endswith("/metadata") for each in asked) == 1
