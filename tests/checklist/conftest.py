"""One archive for the whole checklist: its tests store under UIDs of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checklist.archive import Archive, filled
from tests.site import Site, copy_stores


@pytest.fixture(scope="session")
def archive(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    site = Site(copy_stores(embedded_template, tmp_path_factory.mktemp("checklist")))
    yield filled(site)
    site.close()
