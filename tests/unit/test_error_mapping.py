import pytest

from medshare.infra.perform import OUTCOMES
from medshare.kernel import errors
from medshare.kernel.audit import AuditOutcome
from medshare.kernel.errors import ErrorKind, MedshareError
from medshare.web.problems import STATUSES


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_of_error_has_a_status_and_an_outcome(kind: ErrorKind) -> None:
    assert 400 <= STATUSES[kind] < 600
    assert OUTCOMES[kind] not in (AuditOutcome.SUCCESS, AuditOutcome.PARTIAL)


@pytest.mark.parametrize("kind", ErrorKind)
def test_a_fault_of_the_server_is_recorded_as_failed_and_no_other_is(kind: ErrorKind) -> None:
    assert (STATUSES[kind] >= 500) == (OUTCOMES[kind] is AuditOutcome.FAILED)


def test_every_error_of_the_kernel_has_a_slug_and_two_titles_of_its_own() -> None:
    classes = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, MedshareError)
    ]
    assert len({each.slug for each in classes}) == len(classes)
    assert len({each.title for each in classes}) == len(classes)
    assert len({each.title_zh for each in classes}) == len(classes)
