"""Lines of a load file: what ``POST /api/v1/patients`` takes, with the ``facility`` beside it."""

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import orjson
from marshmallow import post_load

from medshare.kernel.errors import InvalidError, Issue
from medshare.kernel.identifiers import FacilityCode
from medshare.patients.loading.model import Line, Refused
from medshare.patients.model import Registration
from medshare.patients.schemas import RegistrationSchema
from medshare.web.body import load
from medshare.web.fields import Code

LINE_BYTES = 64 << 10
_TOO_LONG = Issue(
    "", "line-too-long", "Send a record in a line of at most 64 KiB.", "每行记录不得超过 64 KiB。"
)
_BROKEN = Issue(
    "",
    "broken-json",
    "Send one JSON object a line, in UTF-8.",
    "每行须为一个 UTF-8 编码的 JSON 对象。",
)


class LineSchema(RegistrationSchema):
    """What a facility says about a person, and which facility it is."""

    facility = Code(required=True)

    @post_load
    def make(self, data: dict[str, Any], **unused: object) -> tuple[FacilityCode, Registration]:
        """Make the model."""
        return FacilityCode(data["facility"]), super().make(data, **unused)


_LINE = LineSchema()


def read_lines(file: BinaryIO) -> Iterator[Line | Refused]:
    """Read a file line by line, never more than a line at once; empty lines are passed over."""
    number = 0
    while text := file.readline(LINE_BYTES + 1):
        number += 1
        if len(text) > LINE_BYTES:
            _skip_rest(file, text)
            yield Refused(number, (_TOO_LONG,))
        elif text.strip():
            yield _read_line(number, text)


def _skip_rest(file: BinaryIO, text: bytes) -> None:
    while text and not text.endswith(b"\n"):
        text = file.readline(LINE_BYTES)


def _read_line(number: int, text: bytes) -> Line | Refused:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Refused(number, (_BROKEN,))
    try:
        facility, registration = cast("tuple[FacilityCode, Registration]", load(_LINE, document))
    except InvalidError as error:
        return Refused(number, tuple(error.issues))
    return Line(number, facility, registration)


def dump_refused(refused: Refused) -> list[dict[str, object]]:
    """Show what is wrong with a line, nothing of what stands in it."""
    return [
        {"line": refused.number, "field": each.pointer, "rule": each.code, "en": each.en}
        for each in refused.issues
    ]
