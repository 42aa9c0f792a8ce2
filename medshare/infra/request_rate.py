"""How many requests one caller may send a minute: a bucket of each process, in memory.

It keeps one caller from taking a process from the others, so it counts what this process does. A
counter that all processes share would cost every request a write (docs/adr).
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from medshare.kernel.audit import Unrecorded
from medshare.kernel.operation import Operation, Origin
from medshare.kernel.ports import Clock
from medshare.kernel.principal import Principal, PrincipalKind
from medshare.kernel.throttle import Allowance, Budget, TooManyRequestsError

MINUTE = timedelta(minutes=1)
CALLERS_MAX = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class RequestRate:
    """Implements the ``Throttle`` port for requests of any kind.

    Parameters
    ----------
    known, unknown
        Requests a minute of a client or person, and of an address whose callers are nobody
        known; 0 means any number. A whole minute's worth may come at once.
    """

    def __init__(self, clock: Clock, *, known: int, unknown: int) -> None:
        self._clock = clock
        self._known = Budget("requests", known, MINUTE)
        self._unknown = Budget("requests", unknown, MINUTE)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def admit(
        self, principal: Principal, operation: Operation, origin: Origin
    ) -> Sequence[Allowance]:
        """Take one request from the caller's bucket.

        Raises
        ------
        TooManyRequestsError
            It is empty.
        """
        budget = self._known if principal.is_known else self._unknown
        exempt = principal.kind is PrincipalKind.SYSTEM or isinstance(operation.audit, Unrecorded)
        if exempt or not budget.quota:
            return ()
        caller = principal.id if principal.is_known else f"@{origin.source_address}"
        rate = budget.quota / budget.window.total_seconds()
        with self._lock:
            bucket = self._filled(caller, budget, rate)
            if bucket.left < 1:
                wait = ceil((1 - bucket.left) / rate)
                raise TooManyRequestsError([Allowance(budget, 0, wait)])
            bucket.left -= 1
            left = bucket.left
        return (Allowance(budget, int(left), ceil((budget.quota - left) / rate)),)

    def _filled(self, caller: str, budget: Budget, rate: float) -> _Bucket:
        now = self._clock.now()
        bucket = self._buckets.pop(caller, None) or _Bucket(budget.quota, now)
        gained = (now - bucket.at).total_seconds() * rate
        bucket.left, bucket.at = min(budget.quota, bucket.left + max(gained, 0)), now
        self._buckets[caller] = bucket
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        return bucket
