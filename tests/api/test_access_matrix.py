"""Every operation, as every actor: the tables of ``tests/access_matrix`` against the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access_matrix import COLUMNS, asks, rows
from tests.access_matrix.world import Actor, Ask, World, build_world
from tests.viewer import require_bundle


@pytest.fixture(scope="module")
def world(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    built = build_world(embedded_template, tmp_path_factory.mktemp("matrix"))
    yield built
    built.close()


def cell_of(world: World, operation: str, actor: Actor) -> str:
    """Return what an actor gets, in the words of the tables."""
    make = asks().get(operation)
    ask = make(actor) if make else Ask()
    answer = world.asked(operation, actor, ask)
    text = answer.get_data()
    answer.close()
    world.put_back()
    if answer.status_code < 400:
        cell = "yes" if ask.shows.encode() in text else "nil"
    else:
        cell = str(answer.status_code)
    # Others' words and numbers stand in no refusal and in no answer that shows nothing.
    leaks = cell != "yes" and any(each.encode() in text for each in actor.about.kept_close)
    return f"{cell}, and tells" if leaks else cell


@pytest.mark.parametrize("operation", rows())
def test_everybody_gets_what_the_matrix_says(world: World, operation: str) -> None:
    if operation.startswith("viewer."):
        require_bundle()
    found = [cell_of(world, operation, world.actors[name]) for name in COLUMNS]
    assert dict(zip(COLUMNS, found, strict=True)) == dict(
        zip(COLUMNS, rows()[operation], strict=True)
    )
