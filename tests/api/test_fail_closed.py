"""While the trail cannot be written nothing is read, changed or even refused: every operation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access_matrix import COLUMNS, asks, rows
from tests.access_matrix.world import Ask, World, build_world
from tests.contract.tables import UNRECORDED
from tests.site import problem_of
from tests.viewer import require_bundle

RECORDED = sorted(set(rows()) - UNRECORDED)


@pytest.fixture(scope="module")
def world(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    built = build_world(embedded_template, tmp_path_factory.mktemp("closed"))
    built.lose_the_trail()
    yield built
    built.close()


@pytest.mark.parametrize("operation", RECORDED)
def test_no_operation_does_anything_unrecorded(world: World, operation: str) -> None:
    if operation.startswith("viewer."):
        require_bundle()
    cells = dict(zip(COLUMNS, rows()[operation], strict=True))
    let_in = next((name for name, cell in cells.items() if cell == "yes"), "own")
    before = world.changes()
    for name in (let_in, "none"):
        actor = world.actors[name]
        make = asks().get(operation)
        answer = world.asked(operation, actor, make(actor) if make else Ask())
        assert answer.status_code == 503, name
        assert answer.headers["Retry-After"] == "5"
        assert not any(each in answer.text for each in actor.about.kept_close)
    assert world.changes() == before


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/dicom-web/nowhere"])
def test_not_even_that_nothing_is_there_is_told(world: World, path: str) -> None:
    answer = world.site.anonymous().get(path)
    assert answer.status_code == 503
    assert problem_of(answer)["type"] == "urn:medshare:problem:audit-trail-unavailable"
