"""One archive for the whole checklist: its tests store under UIDs of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medshare.settings import Settings
from tests.checklist.archive import Archive, filled
from tests.site import Site


@pytest.fixture(scope="package")
def archive(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    directory = tmp_path_factory.mktemp("checklist")
    for name in ("index.db", "audit.db"):
        (directory / name).write_bytes((embedded_template / name).read_bytes())
    site = Site(Settings(data_dir=directory, low_water_bytes=0))
    yield filled(site)
    site.close()
