"""Every operation that reads a body refuses one that is too large, before it reads it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.access_matrix import COLUMNS, asks, rows
from tests.access_matrix.world import Ask, World, build_world
from tests.contract.document import written_contract

SENT = {
    each["operationId"]: next(iter(each["requestBody"]["content"]))
    for _path, _method, each in written_contract().operations()
    if "requestBody" in each and each["operationId"] != "embedded.decide"
}
"""By operation; the one left out is refused to all who lack the framed page's own cookie."""
TOO_LARGE = 9 << 30


@pytest.fixture(scope="module")
def world(embedded_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    built = build_world(embedded_template, tmp_path_factory.mktemp("bodies"))
    yield built
    built.close()


class Unread(io.BytesIO):
    """A body that nobody may begin to read."""

    def read(self, *_arguments: object) -> bytes:
        raise AssertionError("It was read.")

    readline = readinto = read


@pytest.mark.parametrize("operation", SENT)
def test_a_body_that_is_announced_too_large_is_not_read(world: World, operation: str) -> None:
    cells = dict(zip(COLUMNS, rows()[operation], strict=True))
    readers = (name for name, cell in cells.items() if cell in ("yes", "404", "409"))
    actor = world.actors[next(readers, "none")]
    make = asks().get(operation)
    usual = make(actor) if make else Ask()
    kind = SENT[operation]
    if kind.startswith("multipart/related"):
        kind = 'multipart/related; type="application/dicom"; boundary=frontier'
    body = {
        "CONTENT_LENGTH": str(TOO_LARGE),
        "CONTENT_TYPE": kind,
        "wsgi.input": Unread(),
    }
    asked = replace(usual, json=None, body={"environ_overrides": body})
    answer = world.asked(operation, actor, asked)
    assert answer.status_code == 413, answer.text
