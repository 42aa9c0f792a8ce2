"""Somebody takes a study along: the archive as a real browser saves it."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import Visitor, everywhere
from tests.browser.image_page import ImagePage
from tests.browser.phantom import NOW

Visit = Callable[..., Visitor]
WORDS = {"zh-CN": "下载影像（ZIP）", "en": "Download the images (ZIP)"}


def saved(page: Any, link: Any, directory: Path) -> tuple[str, list[str]]:
    """Follow a link to a file; return its name and what it holds."""
    with page.expect_download() as waiting:
        link.click()
    path = directory / "saved.zip"
    waiting.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return waiting.value.suggested_filename, archive.namelist()


@everywhere
def test_the_report_pane_hands_out_the_study(
    visit: Visit, tmp_path: Path, language: str, size: str
) -> None:
    somebody = visit(language, size)
    somebody.sign_in()
    somebody.open_patient()
    somebody.page.click('.exam[data-modality="CT"] .exam-open')
    link = somebody.page.locator(".report a[download$='.zip']")
    link.wait_for()
    assert link.inner_text() == WORDS[language]
    somebody.look("report-download")

    name, files = saved(somebody.page, link, tmp_path)

    assert name.endswith(".zip")
    assert files[0] == "DICOMDIR"
    assert "REPORT/VERSION1.TXT" in files
    assert "DICOM/SE000001/IM000001" in files


def test_the_image_page_hands_out_its_study(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    visitor.sign_in()
    images = ImagePage(visitor)
    images.open(NOW.study, NOW.slices)
    visitor.look("images-download")

    name, files = saved(visitor.page, visitor.page.locator(".image-tools a[download]"), tmp_path)

    assert name == f"{NOW.study}.zip"
    assert len([each for each in files if each.startswith("DICOM/")]) == NOW.slices
