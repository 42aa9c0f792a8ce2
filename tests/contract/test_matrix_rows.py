"""No operation is outside the access matrix."""

from tests.access_matrix import asks, rows
from tests.contract.document import written_contract


def test_every_operation_has_its_row_and_no_row_is_idle() -> None:
    declared = {each["operationId"] for _path, _method, each in written_contract().operations()}
    assert set(rows()) == declared
    assert set(asks()) <= declared
