"""An operation: the unit that is authorised, run, audited and committed as one."""

from dataclasses import dataclass

from medshare.kernel.audit import AuditAction, Unrecorded
from medshare.kernel.permission import Permission, Public


@dataclass(frozen=True, slots=True)
class Recorded:
    """How an operation stands in the trail.

    ``about_patients`` makes the operation answerable: it must name the records whose data it
    touched, or say why it touched nobody's. ``look_up``: it tells whose a number is, though its
    permission does not say so; how often it stands in the trail is held to a budget.
    """

    action: AuditAction
    about_patients: bool = True
    look_up: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """A thing that medshare does for a caller, declared before it can be done.

    ``name`` is ``<package>.<verb>``, unique, and never changes once released: auditors search
    by it. ``step_up`` asks of a person that they proved themselves in the last minutes.
    """

    name: str
    access: Permission | Public
    audit: Recorded | Unrecorded
    step_up: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: what the trail says besides who and what."""

    request_id: str
    source_address: str = ""
    query: str = ""
